use super::{Dialect, Entry, Family, FromValues, Maker, decay, epsilon};
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::Values;

pub(super) const ROW: Entry = Entry {
    name: "rmsprop",
    about: "steps divided by the recent size of the gradient",
    paper: "Tieleman & Hinton 2012, Lecture 6.5 of Neural Networks for Machine Learning",
    family: Family::Rule,
    dialects: &[Dialect {
        name: "pytorch",
        about: "torch.optim.RMSprop; ε outside the root",
        formula: "v ← α v + (1 − α) g²\nθ ← θ − η g / (√v + ε)",
        learning_rate: 0.01,
        parameters: &[decay("alpha", "α", 0.99, "how much of the last mean square is kept"), epsilon(1e-8)],
        make: Maker::rule::<1, RmsProp>(),
    }],
};

/// RMSprop, [Tieleman & Hinton 2012](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf),
/// as PyTorch writes it.
///
/// ```text
/// v ← α v + (1 − α) g²
/// θ ← θ − η g / (√v + ε)
/// ```
pub struct RmsProp {
    /// α in [0, 1).
    pub alpha: f64,
    /// ε ≥ 0.
    pub epsilon: f64,
}

impl FromValues for RmsProp {
    fn from_values(values: &Values) -> Self {
        RmsProp { alpha: values.get("alpha"), epsilon: values.get("epsilon") }
    }
}

impl Rule<1> for RmsProp {
    const STATE: [&'static str; 1] = ["v"];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 1> {
        let (eta, epsilon) = (R::of(at.learning_rate), R::of(self.epsilon));
        let (alpha, rest) = (R::of(self.alpha), R::of(1.0 - self.alpha));
        move |theta, g, [v]| {
            let v = alpha * v + rest * g * g;
            (theta - eta * g / (v.sqrt() + epsilon), [v])
        }
    }
}
