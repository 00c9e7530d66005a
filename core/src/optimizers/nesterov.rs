use super::{Entry, decay};
use crate::optimizer::{Descent, Rule, Step, Update};
use crate::real::Real;

pub(super) const ROW: Entry = Entry {
    name: "nesterov",
    about: "momentum that looks ahead; the printed loss belongs to the look-ahead point",
    formula: "b ← μ b + g\nθ ← θ − η (g + μ b)",
    paper: "Nesterov 1983; in this form Sutskever et al. 2013, On the importance of initialization and momentum",
    dialect: "PyTorch: SGD(momentum=0.9, nesterov=True)",
    learning_rate: 0.01,
    parameters: &[decay("momentum", "μ", 0.9, "how much of the last velocity is kept")],
    build: |values, around, weights, threads| {
        Box::new(Descent::new(Nesterov { momentum: values.get("momentum") }, around, weights, threads))
    },
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
