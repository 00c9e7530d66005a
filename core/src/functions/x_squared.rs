//! The parabola of every lecture on gradient descent.
//!
//! ```text
//! f(x) = x²
//! ∂f/∂x = 2x
//! ```
//!
//! Descent with rate η multiplies x by 1 − 2η: it creeps for small η, arrives in one step for η = ½, swings for η < 1 and
//! flies away beyond.

use super::{Dimension, Entry, Formula, Least, Wave};

pub(super) const ROW: Entry = Entry {
    name: "x_squared",
    aliases: &["x^2"],
    about: "one weight: rates too small, right, too large",
    formula: "f(x) = x²",
    paper: "Cauchy 1847, Méthode générale pour la résolution des systèmes d'équations simultanées: descent along the slope",
    dimension: Dimension::Fixed(1),
    parameters: &[],
    start: |_| vec![2.0],
    within: (-3.0, 3.0),
    noisy: false,
    build: |_| Box::new(XSquared),
};

struct XSquared;

impl Formula for XSquared {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        x[0] * x[0]
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        grad[0] = 2.0 * x[0];
    }
    fn least(&self) -> Option<Least> {
        Least::at(vec![0.0], 0.0)
    }
}
