use super::Entry;
use crate::optimizer::{Descent, Rule, Step, Update};
use crate::real::Real;

pub(super) const ROW: Entry = Entry {
    name: "sgd",
    about: "plain gradient descent: over all data, mini-batches or one example, as the batch says",
    formula: "θ ← θ − η g",
    paper: "Cauchy 1847; Robbins & Monro 1951, A Stochastic Approximation Method",
    dialect: "PyTorch: SGD",
    learning_rate: 0.01,
    parameters: &[],
    build: |_, around, weights, threads| Box::new(Descent::new(Sgd, around, weights, threads)),
};

/// Gradient descent, [Robbins & Monro 1951](https://doi.org/10.1214/aoms/1177729586).
///
/// ```text
/// θ ← θ − η g
/// ```
pub struct Sgd;

impl Rule<0> for Sgd {
    const STATE: [&'static str; 0] = [];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 0> {
        let eta = R::of(at.learning_rate);
        move |theta, g, []| (theta - eta * g, [])
    }
}
