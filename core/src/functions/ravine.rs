//! A quadratic that is much steeper across than along: where plain descent zigzags.
//!
//! ```text
//! f(x) = ½ Σ cᵢ xᵢ²,  cᵢ = κ^((i − 1) / (D − 1))
//! ∂f/∂xᵢ = cᵢ xᵢ
//! ```
//!
//! κ is the condition number: the steepest curvature is κ times the flattest, and plain descent at its best rate
//! 2 / (1 + κ) shrinks the error by (κ − 1) / (κ + 1) a step; with momentum (√κ − 1) / (√κ + 1) (Polyak 1964).

use super::formula::sum;
use super::{Dimension, Entry, Formula, Least, Wave, dim};
use crate::elementary::{exp64, ln64};
use crate::words::Parameter;

pub(super) const ROW: Entry = Entry {
    name: "ravine",
    aliases: &[],
    about: "badly conditioned quadratic: zigzag, and what momentum does about it",
    formula: "f(x) = ½ Σ cᵢ xᵢ²,  cᵢ = κ^((i − 1) / (D − 1))",
    paper: "Polyak 1964, Some methods of speeding up the convergence of iteration methods",
    dimension: Dimension::Any,
    parameters: &[
        dim(2),
        Parameter::number("condition", "κ", 50.0, (1.0, 1e12), "the steepest curvature over the flattest"),
    ],
    start: |dim| (0..dim).map(|i| if i + 1 < dim { -4.0 } else { 1.0 }).collect(),
    within: (-5.0, 5.0),
    noisy: false,
    build: |values| {
        let (dim, ln) = (values.whole("dim"), ln64(values.get("condition")));
        let curvature = |i: usize| exp64(ln * (i as f64 / (dim - 1) as f64));
        Box::new(Ravine { curvatures: (0..dim).map(curvature).collect() })
    },
};

struct Ravine {
    curvatures: Vec<f64>,
}

impl Formula for Ravine {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        R::of(0.5) * sum(x.iter().zip(&self.curvatures).map(|(x, c)| R::of(*c) * *x * *x))
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        grad.iter_mut().zip(x).zip(&self.curvatures).for_each(|((g, x), c)| *g = c * x);
    }
    fn least(&self) -> Option<Least> {
        Least::at(vec![0.0; self.curvatures.len()], 0.0)
    }
}
