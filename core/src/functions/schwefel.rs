//! Schwefel's deceit: the best minimum is far from the second best, near the edge of the box.
//!
//! ```text
//! f(x) = Σ 418.98… − xᵢ sin √|xᵢ|
//! ∂f/∂xᵢ = −sin √|xᵢ| − ½ √|xᵢ| cos √|xᵢ|
//! ```
//!
//! Schwefel 1981, *Numerical Optimization of Computer Models*. Outside of the box [−500, 500] it falls further: the minimum
//! given is that of the box.

use std::f64::consts::TAU;

use super::formula::sum;
use super::{Dimension, Entry, Formula, Least, Wave, dim};

pub(super) const ROW: Entry = Entry {
    name: "schwefel",
    aliases: &[],
    about: "the best minimum near a corner of the box, far from the second best",
    formula: "f(x) = Σ 418.98… − xᵢ sin √|xᵢ|",
    paper: "Schwefel 1981, Numerical Optimization of Computer Models",
    dimension: Dimension::Any,
    parameters: &[dim(1)],
    start: |dim| vec![100.0; dim],
    within: (-500.0, 500.0),
    noisy: false,
    build: |values| Box::new(Schwefel { dim: values.whole("dim") }),
};

struct Schwefel {
    dim: usize,
}

/// Where x sin √|x| is greatest in the box, and how great.
const PLACE: f64 = 420.968_746_359_982;
const PEAK: f64 = 418.982_887_272_433_74;

impl Formula for Schwefel {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        sum(x.iter().map(|x| R::of(PEAK) - *x * (x.abs().sqrt() / R::of(TAU)).turns().0))
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        for (g, x) in grad.iter_mut().zip(x) {
            let root = x.abs().sqrt();
            let (sin, cos) = (root / TAU).turns();
            *g = -sin - 0.5 * root * cos;
        }
    }
    fn least(&self) -> Option<Least> {
        Least::at(vec![PLACE; self.dim], 0.0)
    }
}
