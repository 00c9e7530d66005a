use super::adagrad::split;
use super::adam::betas;
use super::{Dialect, Entry, Family, FromValues, Maker, epsilon, word};
use crate::elementary::power;
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "adamax",
    about: "Adam with the greatest recent gradient for a scale",
    paper: "Kingma & Ba 2014, Adam: A Method for Stochastic Optimization, arXiv 1412.6980, Algorithm 2",
    family: Family::Rule,
    dialects: &[
        Dialect {
            name: "pytorch",
            about: "torch.optim.Adamax: ε inside the maximum; optax.adamax does the same",
            formula: "m ← β₁ m + (1 − β₁) g\nu ← max(β₂ u, |g| + ε)\nθ ← θ − η / (1 − β₁ᵗ) · m / u",
            learning_rate: 0.002,
            parameters: &parameters(1e-8, 1, true),
            make: Maker::rule::<2, Adamax>(),
        },
        Dialect {
            name: "keras",
            about: "keras.optimizers.Adamax: ε beside the maximum",
            formula: "m ← β₁ m + (1 − β₁) g\nu ← max(β₂ u, |g|)\nθ ← θ − η / (1 − β₁ᵗ) · m / (u + ε)",
            learning_rate: 0.001,
            parameters: &parameters(1e-7, 0, true),
            make: Maker::rule::<2, Adamax>(),
        },
        Dialect {
            name: "mlx",
            about: "mlx.optimizers.Adamax: as Keras, but m is not corrected",
            formula: "m ← β₁ m + (1 − β₁) g\nu ← max(β₂ u, |g|)\nθ ← θ − η m / (u + ε)",
            learning_rate: 0.001,
            parameters: &parameters(1e-8, 0, false),
            make: Maker::rule::<2, Adamax>(),
        },
    ],
};

const fn parameters(small: f64, place: usize, correct: bool) -> [Parameter; 5] {
    let [beta1, beta2] = betas();
    [
        beta1,
        beta2,
        epsilon(small),
        word(
            "epsilon_place",
            &["outside", "inside"],
            place,
            "whether ε stands outside the maximum or inside",
        ),
        Parameter::flag("correct", correct, "whether m is corrected for its start at 0"),
    ]
}

/// Adamax, [Kingma & Ba 2014](https://arxiv.org/abs/1412.6980), Algorithm 2, with the `epsilon_place` outside the
/// maximum or inside. `correct`: m / (1 − β₁ᵗ) stands for m. A weight without any gradient yet stays where it is.
///
/// ```text
/// m ← β₁ m + (1 − β₁) g
/// u ← max(β₂ u, |g|)
/// u ← max(β₂ u, |g| + ε)                      inside
/// θ ← θ − η / (1 − β₁ᵗ) · m / u               inside
/// θ ← θ − η / (1 − β₁ᵗ) · m / (u + ε)
/// θ ← θ − η m / (u + ε)                       not corrected
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Adamax {
    /// β₁ in [0, 1).
    pub beta1: f64,
    /// β₂ in [0, 1).
    pub beta2: f64,
    /// ε ≥ 0.
    pub epsilon: f64,
    /// ε inside the maximum.
    pub epsilon_inside: bool,
    /// m corrected for its start.
    pub correct: bool,
}

impl FromValues for Adamax {
    fn from_values(values: &Values) -> Self {
        Adamax {
            beta1: values.get("beta1"),
            beta2: values.get("beta2"),
            epsilon: values.get("epsilon"),
            epsilon_inside: values.word("epsilon_place") == "inside",
            correct: values.is("correct"),
        }
    }
}

impl Rule<2> for Adamax {
    const STATE: [&'static str; 2] = ["m", "u"];
    const VELOCITIES: [bool; 2] = [true, false];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 2> {
        let (beta1, rest1, beta2) = (R::of(self.beta1), R::of(1.0 - self.beta1), R::of(self.beta2));
        let correction = if self.correct { 1.0 - power(self.beta1, at.t) } else { 1.0 };
        let eta = R::of(at.learning_rate / correction);
        let (inside, outside) = split(self.epsilon, self.epsilon_inside);
        let (inside, outside) = (R::of(inside), R::of(outside));
        move |theta, g, [m, u]| {
            let m = beta1 * m + rest1 * g;
            let u = (beta2 * u).max(g.abs() + inside);
            let size = u + outside;
            (theta - (eta * m / size).where_positive(size, R::of(0.0)), [m, u])
        }
    }
}
