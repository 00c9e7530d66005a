use super::{Dialect, Entry, Family, FromValues, Maker, decay, epsilon};
use crate::elementary::power;
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::Values;

pub(super) const ROW: Entry = Entry {
    name: "adam",
    about: "momentum and scale together, both corrected for their start at zero",
    paper: "Kingma & Ba 2014, Adam: A Method for Stochastic Optimization, arXiv 1412.6980, Algorithm 1",
    family: Family::Rule,
    dialects: &[Dialect {
        name: "pytorch",
        about: "torch.optim.Adam; ε outside the root, both averages corrected",
        formula: "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nm̂ = m / (1 − β₁ᵗ)\nv̂ = v / (1 − β₂ᵗ)\nθ ← θ − η m̂ / (√v̂ + ε)",
        learning_rate: 0.001,
        parameters: &[
            decay("beta1", "β₁", 0.9, "memory of past gradients"),
            decay("beta2", "β₂", 0.999, "memory of past squared gradients"),
            epsilon(1e-8),
        ],
        make: Maker::rule::<2, Adam>(),
    }],
};

/// Adam, [Kingma & Ba 2014](https://arxiv.org/abs/1412.6980), Algorithm 1.
///
/// ```text
/// m ← β₁ m + (1 − β₁) g
/// v ← β₂ v + (1 − β₂) g²
/// m̂ = m / (1 − β₁ᵗ)
/// v̂ = v / (1 − β₂ᵗ)
/// θ ← θ − η m̂ / (√v̂ + ε)
/// ```
pub struct Adam {
    /// β₁ in [0, 1): memory of past gradients.
    pub beta1: f64,
    /// β₂ in [0, 1): memory of past squared gradients.
    pub beta2: f64,
    /// ε ≥ 0: keeps the division finite.
    pub epsilon: f64,
}

impl FromValues for Adam {
    fn from_values(values: &Values) -> Self {
        let (beta1, beta2) = (values.get("beta1"), values.get("beta2"));
        Adam { beta1, beta2, epsilon: values.get("epsilon") }
    }
}

impl Rule<2> for Adam {
    const STATE: [&'static str; 2] = ["m", "v"];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 2> {
        let (beta1, rest1) = (R::of(self.beta1), R::of(1.0 - self.beta1));
        let (beta2, rest2) = (R::of(self.beta2), R::of(1.0 - self.beta2));
        // η m̂ = (η / (1 − β₁ᵗ)) m and √v̂ = √v / √(1 − β₂ᵗ): two divisions a step, not two a weight.
        let rate = R::of(at.learning_rate / (1.0 - power(self.beta1, at.t)));
        let root = R::of(1.0 / (1.0 - power(self.beta2, at.t)).sqrt());
        let epsilon = R::of(self.epsilon);
        move |theta, g, [m, v]| {
            let m = beta1 * m + rest1 * g;
            let v = beta2 * v + rest2 * g * g;
            (theta - rate * m / (v.sqrt() * root + epsilon), [m, v])
        }
    }
}
