//! The easiest function of all.
//!
//! ```text
//! f(x) = Σ xᵢ²
//! ∂f/∂xᵢ = 2 xᵢ
//! ```
//!
//! Rechenberg 1973, *Evolutionsstrategie*: the model on which rates of progress are computed.

use super::formula::{square, sum};
use super::{Dimension, Entry, Formula, Least, Wave, dim};

pub(super) const ROW: Entry = Entry {
    name: "sphere",
    aliases: &[],
    about: "round and smooth: how fast at best",
    formula: "f(x) = Σ xᵢ²",
    paper: "Rechenberg 1973, Evolutionsstrategie",
    dimension: Dimension::Any,
    parameters: &[dim(1)],
    start: |dim| vec![3.0; dim],
    within: (-5.0, 5.0),
    noisy: false,
    build: |values| Box::new(Sphere { dim: values.whole("dim") }),
};

struct Sphere {
    dim: usize,
}

impl Formula for Sphere {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        sum(x.iter().map(|x| square(*x)))
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        grad.iter_mut().zip(x).for_each(|(g, x)| *g = 2.0 * x);
    }
    fn least(&self) -> Option<Least> {
        Least::at(vec![0.0; self.dim], 0.0)
    }
}
