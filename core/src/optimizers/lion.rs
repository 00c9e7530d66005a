use super::adamw::weight_decay;
use super::{Dialect, Entry, Family, FromValues, Maker, decay};
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "lion",
    about: "every weight moves by the rate alone, in the direction of an average gradient",
    paper: "Chen et al. 2023, Symbolic Discovery of Optimization Algorithms, arXiv 2302.06675",
    family: Family::Rule,
    dialects: &[
        dialect("optax", "optax.lion: with a weight decay of 0.001", &parameters(0.001)),
        dialect(
            "keras",
            "keras.optimizers.Lion: without weight decay; MLX and pytorch_optimizer do the same",
            &parameters(0.0),
        ),
    ],
};

const fn dialect(name: &'static str, about: &'static str, parameters: &'static [Parameter]) -> Dialect {
    let formula = "c = β₁ m + (1 − β₁) g\nθ ← (1 − η λ) θ − η sign(c)\nm ← β₂ m + (1 − β₂) g";
    Dialect { name, about, formula, learning_rate: 0.001, parameters, make: Maker::rule::<1, Lion>() }
}

const fn parameters(decays: f64) -> [Parameter; 3] {
    [
        decay("beta1", "β₁", 0.9, "how much of the average the direction takes"),
        decay("beta2", "β₂", 0.99, "memory of past gradients"),
        weight_decay(decays),
    ]
}

/// Lion, [Chen et al. 2023](https://arxiv.org/abs/2302.06675).
///
/// ```text
/// c = β₁ m + (1 − β₁) g
/// θ ← (1 − η λ) θ − η sign(c)
/// m ← β₂ m + (1 − β₂) g
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Lion {
    /// β₁ in [0, 1).
    pub beta1: f64,
    /// β₂ in [0, 1).
    pub beta2: f64,
    /// λ ≥ 0.
    pub weight_decay: f64,
}

impl FromValues for Lion {
    fn from_values(values: &Values) -> Self {
        let (beta1, beta2) = (values.get("beta1"), values.get("beta2"));
        Lion { beta1, beta2, weight_decay: values.get("weight_decay") }
    }
}

impl Rule<1> for Lion {
    const STATE: [&'static str; 1] = ["m"];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 1> {
        let (eta, keep) = (R::of(at.learning_rate), R::of(1.0 - at.learning_rate * self.weight_decay));
        let (beta1, rest1) = (R::of(self.beta1), R::of(1.0 - self.beta1));
        let (beta2, rest2) = (R::of(self.beta2), R::of(1.0 - self.beta2));
        move |theta, g, [m]| {
            let c = beta1 * m + rest1 * g;
            (keep * theta - eta * c.sign(), [beta2 * m + rest2 * g])
        }
    }
}
