//! Griewank's wide bowl with ripples: the more dimensions, the smoother.
//!
//! ```text
//! f(x) = 1 + Σ xᵢ² / 4000 − Π cos(xᵢ / √i)
//! ∂f/∂xᵢ = xᵢ / 2000 + sin(xᵢ / √i) / √i Πⱼ cos(xⱼ / √j),  j ≠ i
//! ```
//!
//! Griewank 1981, *Generalized descent for global optimization*.

use std::f64::consts::TAU;

use super::formula::{square, sum};
use super::{Dimension, Entry, Formula, Least, Wave, dim};

pub(super) const ROW: Entry = Entry {
    name: "griewank",
    aliases: &[],
    about: "a wide bowl with ripples, smoother in more dimensions",
    formula: "f(x) = 1 + Σ xᵢ² / 4000 − Π cos(xᵢ / √i)",
    paper: "Griewank 1981, Generalized descent for global optimization",
    dimension: Dimension::Any,
    parameters: &[dim(1)],
    start: |dim| vec![150.0; dim],
    within: (-600.0, 600.0),
    noisy: false,
    build: |values| {
        Box::new(Griewank { roots: (1..=values.whole("dim")).map(|i| (i as f64).sqrt()).collect() })
    },
};

struct Griewank {
    /// √i
    roots: Vec<f64>,
}

/// (sin, cos) of x / √i
fn ripple<R: Wave>(x: R, root: f64) -> (R, R) {
    (x / R::of(root * TAU)).turns()
}

impl Formula for Griewank {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        let bowl = sum(x.iter().map(|x| square(*x))) / R::of(4000.0);
        let ripples =
            x.iter().zip(&self.roots).fold(R::of(1.0), |product, (x, root)| product * ripple(*x, *root).1);
        bowl + (R::of(1.0) - ripples)
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        // The product of the cosines before i, then times those behind.
        let mut product = 1.0;
        for ((g, x), root) in grad.iter_mut().zip(x).zip(&self.roots) {
            *g = product;
            product *= ripple(*x, *root).1;
        }
        let mut product = 1.0;
        for ((g, x), root) in grad.iter_mut().zip(x).zip(&self.roots).rev() {
            let (sin, cos) = ripple(*x, *root);
            *g = x / 2000.0 + sin / root * *g * product;
            product *= cos;
        }
    }
    fn least(&self) -> Option<Least> {
        Least::at(vec![0.0; self.roots.len()], 0.0)
    }
}
