use super::{Dialect, Entry, Family, FromValues, Maker, decay};
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::Values;

pub(super) const ROW: Entry = Entry {
    name: "sign_sgd",
    about: "every weight moves by the rate alone, against the sign of its gradient",
    paper: "Bernstein et al. 2018, signSGD: Compressed Optimisation for Non-Convex Problems, arXiv 1802.04434",
    family: Family::Rule,
    dialects: &[Dialect {
        name: "optax",
        about: "optax.sign_sgd; with momentum optax.signum",
        formula: "m ← β m + (1 − β) g\nθ ← θ − η sign(m)",
        learning_rate: 0.001,
        parameters: &[decay("momentum", "β", 0.0, "memory of past gradients")],
        make: Maker::rule::<1, SignSgd>(),
    }],
};

/// Sign descent, [Bernstein et al. 2018](https://arxiv.org/abs/1802.04434), Algorithms 1 (β = 0) and 2 (Signum).
///
/// ```text
/// m ← β m + (1 − β) g
/// θ ← θ − η sign(m)
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SignSgd {
    /// β in [0, 1).
    pub momentum: f64,
}

impl FromValues for SignSgd {
    fn from_values(values: &Values) -> Self {
        SignSgd { momentum: values.get("momentum") }
    }
}

impl Rule<1> for SignSgd {
    const STATE: [&'static str; 1] = ["m"];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 1> {
        let (eta, beta, rest) = (R::of(at.learning_rate), R::of(self.momentum), R::of(1.0 - self.momentum));
        move |theta, g, [m]| {
            let m = beta * m + rest * g;
            (theta - eta * m.sign(), [m])
        }
    }
}
