//! A saddle: flat at its middle, which is no minimum.
//!
//! ```text
//! f(x, y) = x² − y²
//! ∂f/∂x = 2x
//! ∂f/∂y = −2y
//! ```
//!
//! It falls for ever along y, so there is no minimum: what counts is how soon an optimizer leaves the middle, started
//! nearly on the ridge (Dauphin et al. 2014).

use super::{Dimension, Entry, Formula, Least, Wave};

pub(super) const ROW: Entry = Entry {
    name: "saddle",
    aliases: &[],
    about: "flat where it is no minimum: who gets away, how soon",
    formula: "f(x, y) = x² − y²",
    paper: "Dauphin et al. 2014, Identifying and attacking the saddle point problem, arXiv 1406.2572",
    dimension: Dimension::Fixed(2),
    parameters: &[],
    start: |_| vec![1.5, 1e-3],
    within: (-2.0, 2.0),
    noisy: false,
    build: |_| Box::new(Saddle),
};

struct Saddle;

impl Formula for Saddle {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        x[0] * x[0] - x[1] * x[1]
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        grad.copy_from_slice(&[2.0 * x[0], -2.0 * x[1]]);
    }
    fn least(&self) -> Option<Least> {
        None
    }
}
