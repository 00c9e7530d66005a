//! Ackley's funnel: flat and bumpy outside, a deep hole in the middle.
//!
//! ```text
//! f(x) = 20 (1 − e^(−r/5)) + e − eᵐ,  r = √(Σ xᵢ² / D),  m = Σ cos 2πxᵢ / D
//! ∂f/∂xᵢ = 4 e^(−r/5) xᵢ / (r D) + eᵐ 2π sin 2πxᵢ / D
//! ```
//!
//! Ackley 1987, *A Connectionist Machine for Genetic Hillclimbing*. The hole is a cone: its tip, the minimum, has no slope;
//! the gradient there is given as 0.

use std::f64::consts::{E, TAU};

use super::formula::{square, sum};
use super::{Dimension, Entry, Formula, Least, Wave, dim};
use crate::elementary::exp64;

pub(super) const ROW: Entry = Entry {
    name: "ackley",
    aliases: &[],
    about: "flat and bumpy outside, a deep hole in the middle",
    formula: "f(x) = 20 (1 − e^(−r/5)) + e − eᵐ,  r = √(Σ xᵢ² / D),  m = Σ cos 2πxᵢ / D",
    paper: "Ackley 1987, A Connectionist Machine for Genetic Hillclimbing",
    dimension: Dimension::Any,
    parameters: &[dim(1)],
    start: |dim| vec![12.3; dim],
    within: (-32.768, 32.768),
    noisy: false,
    build: |values| Box::new(Ackley { dim: values.whole("dim") }),
};

struct Ackley {
    dim: usize,
}

impl Formula for Ackley {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        let dim = R::of(x.len() as f64);
        let r = (sum(x.iter().map(|x| square(*x))) / dim).sqrt();
        let m = sum(x.iter().map(|x| x.turns().1)) / dim;
        R::of(20.0) * (R::of(1.0) - (-r / R::of(5.0)).exp()) + (R::of(E) - m.exp())
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        let dim = x.len() as f64;
        let r = (sum(x.iter().map(|x| square(*x))) / dim).sqrt();
        let bumps = exp64(sum(x.iter().map(|x| x.turns().1)) / dim) * TAU / dim;
        let pull = if r > 0.0 { 4.0 * exp64(-r / 5.0) / (r * dim) } else { 0.0 };
        grad.iter_mut().zip(x).for_each(|(g, x)| *g = pull * x + bumps * x.turns().0);
    }
    fn least(&self) -> Option<Least> {
        Least::at(vec![0.0; self.dim], 0.0)
    }
}
