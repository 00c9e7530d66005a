use super::{Dialect, Entry, Family, FromValues, Maker};
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::Values;

pub(super) const ROW: Entry = Entry {
    name: "sgd",
    about: "plain gradient descent: over all data, mini-batches or one example, as the batch says",
    paper: "Cauchy 1847; Robbins & Monro 1951, A Stochastic Approximation Method",
    family: Family::Rule,
    dialects: &[
        dialect("pytorch", "torch.optim.SGD; optax.sgd, TensorFlow 1 and MLX do the same", 0.001),
        dialect("keras", "keras.optimizers.SGD: ten times PyTorch's rate", 0.01),
    ],
};

const fn dialect(name: &'static str, about: &'static str, learning_rate: f64) -> Dialect {
    let formula = "θ ← θ − η g";
    Dialect { name, about, formula, learning_rate, parameters: &[], make: Maker::rule::<0, Sgd>() }
}

/// Gradient descent, [Robbins & Monro 1951](https://doi.org/10.1214/aoms/1177729586).
///
/// ```text
/// θ ← θ − η g
/// ```
pub struct Sgd;

impl FromValues for Sgd {
    fn from_values(_: &Values) -> Self {
        Sgd
    }
}

impl Rule<0> for Sgd {
    const STATE: [&'static str; 0] = [];
    const STAYS: bool = true;

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 0> {
        let eta = R::of(at.learning_rate);
        move |theta, g, []| (theta - eta * g, [])
    }
}
