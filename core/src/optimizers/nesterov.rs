use super::{Dialect, Entry, Family, FromValues, Maker, decay};
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::Values;

pub(super) const ROW: Entry = Entry {
    name: "nesterov",
    about: "momentum that looks ahead; the printed loss belongs to the look-ahead point",
    paper: "Nesterov 1983; in this form Sutskever et al. 2013, On the importance of initialization and momentum",
    family: Family::Rule,
    dialects: &[Dialect {
        name: "pytorch",
        about: "torch.optim.SGD(momentum=0.9, nesterov=True); the rate stands outside the velocity",
        formula: "b ← μ b + g\nθ ← θ − η (g + μ b)",
        learning_rate: 0.01,
        parameters: &[decay("momentum", "μ", 0.9, "how much of the last velocity is kept")],
        make: Maker::rule::<1, Nesterov>(),
    }],
};

/// Nesterov's momentum, [Sutskever et al. 2013](https://proceedings.mlr.press/v28/sutskever13.html), as the
/// frameworks write it: θ is the look-ahead point.
///
/// ```text
/// b ← μ b + g
/// θ ← θ − η (g + μ b)
/// ```
pub struct Nesterov {
    /// μ in [0, 1).
    pub momentum: f64,
}

impl FromValues for Nesterov {
    fn from_values(values: &Values) -> Self {
        Nesterov { momentum: values.get("momentum") }
    }
}

impl Rule<1> for Nesterov {
    const STATE: [&'static str; 1] = ["b"];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 1> {
        let (eta, mu) = (R::of(at.learning_rate), R::of(self.momentum));
        move |theta, g, [b]| {
            let b = mu * b + g;
            (theta - eta * (g + mu * b), [b])
        }
    }
}
