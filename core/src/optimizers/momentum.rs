use super::{Dialect, Entry, Family, FromValues, Maker, decay};
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::Values;

pub(super) const ROW: Entry = Entry {
    name: "momentum",
    about: "gradients with inertia: a ball rolling downhill",
    paper: "Polyak 1964, Some methods of speeding up the convergence of iteration methods",
    family: Family::Rule,
    dialects: &[Dialect {
        name: "pytorch",
        about: "torch.optim.SGD(momentum=0.9); the rate stands outside the velocity",
        formula: "b ← μ b + g\nθ ← θ − η b",
        learning_rate: 0.01,
        parameters: &[decay("momentum", "μ", 0.9, "how much of the last velocity is kept")],
        make: Maker::rule::<1, Momentum>(),
    }],
};

/// Momentum, [Polyak 1964](https://doi.org/10.1016/0041-5553(64)90137-5), as PyTorch writes it.
///
/// ```text
/// b ← μ b + g
/// θ ← θ − η b
/// ```
pub struct Momentum {
    /// μ in [0, 1).
    pub momentum: f64,
}

impl FromValues for Momentum {
    fn from_values(values: &Values) -> Self {
        Momentum { momentum: values.get("momentum") }
    }
}

impl Rule<1> for Momentum {
    const STATE: [&'static str; 1] = ["b"];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 1> {
        let (eta, mu) = (R::of(at.learning_rate), R::of(self.momentum));
        move |theta, g, [b]| {
            let b = mu * b + g;
            (theta - eta * b, [b])
        }
    }
}
