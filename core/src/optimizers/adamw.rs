use super::adam::{Adam, parameters as adams};
use super::{Dialect, Entry, Family, FromValues, Maker, positive};
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "adamw",
    about: "Adam with weight decay apart from the gradient, so that its scale does not touch it",
    paper: "Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization, arXiv 1711.05101",
    family: Family::Rule,
    dialects: &[
        dialect("pytorch", "torch.optim.AdamW: decay 0.01", PAPER, &parameters(0.01, 1e-8, 0)),
        dialect(
            "keras",
            "keras.optimizers.AdamW: decay 0.004, and Keras' ε̂",
            HAT,
            &parameters(0.004, 1e-7, 1),
        ),
        dialect("optax", "optax.adamw: decay 0.0001", PAPER, &parameters(1e-4, 1e-8, 0)),
        dialect(
            "mlx",
            "mlx.optimizers.AdamW: decay 0.01, averages are not corrected",
            NONE,
            &parameters(0.01, 1e-8, 2),
        ),
    ],
};

const PAPER: &str = "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nm̂ = m / (1 − β₁ᵗ)\nv̂ = v / (1 − β₂ᵗ)\nθ ← (1 − η λ) θ − η m̂ / (√(v̂ + ε_root) + ε)";
const HAT: &str = "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nθ ← (1 − η λ) θ − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)";
const NONE: &str = "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nθ ← (1 − η λ) θ − η m / (√v + ε)";

const fn dialect(
    name: &'static str,
    about: &'static str,
    formula: &'static str,
    parameters: &'static [Parameter],
) -> Dialect {
    Dialect { name, about, formula, learning_rate: 0.001, parameters, make: Maker::rule::<2, AdamW>() }
}

const fn parameters(decay: f64, small: f64, correction: usize) -> [Parameter; 6] {
    let [beta1, beta2, epsilon, epsilon_root, correction] = adams(small, correction);
    [weight_decay(decay), beta1, beta2, epsilon, epsilon_root, correction]
}

pub(super) const fn weight_decay(default: f64) -> Parameter {
    positive("weight_decay", "λ", default, "decay of weights, apart from the gradient")
}

/// AdamW, [Loshchilov & Hutter 2019](https://arxiv.org/abs/1711.05101), Algorithm 2 with the rate on the decay too, as
/// all frameworks have it; `correction` as [`Adam`]'s: paper, epsilon_hat, none.
///
/// ```text
/// m ← β₁ m + (1 − β₁) g
/// v ← β₂ v + (1 − β₂) g²
/// m̂ = m / (1 − β₁ᵗ)
/// v̂ = v / (1 − β₂ᵗ)
/// θ ← (1 − η λ) θ − η m̂ / (√(v̂ + ε_root) + ε)
/// θ ← (1 − η λ) θ − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)
/// θ ← (1 − η λ) θ − η m / (√v + ε)
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AdamW {
    /// What moves a weight once it has decayed.
    pub adam: Adam,
    /// λ ≥ 0.
    pub weight_decay: f64,
}

impl FromValues for AdamW {
    fn from_values(values: &Values) -> Self {
        AdamW { adam: Adam::from_values(values), weight_decay: values.get("weight_decay") }
    }
}

impl Rule<2> for AdamW {
    const STATE: [&'static str; 2] = ["m", "v"];
    const VELOCITIES: [bool; 2] = [true, false];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 2> {
        let adam = self.adam.update::<R>(at);
        let keep = R::of(1.0 - at.learning_rate * self.weight_decay);
        move |theta, g, kept| adam(keep * theta, g, kept)
    }
}
