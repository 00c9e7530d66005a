//! Rosenbrock's valley: bent, easy to find, hard to follow.
//!
//! ```text
//! f(x) = Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²,  i = 1 … D − 1
//! ∂f/∂xᵢ = −400 xᵢ (xᵢ₊₁ − xᵢ²) − 2 (1 − xᵢ) + 200 (xᵢ − xᵢ₋₁²)
//! ```
//!
//! Rosenbrock 1960, The Computer Journal 3(3). From dimension 4 on there is a second, worse minimum near (−1, 1, …, 1).

use super::formula::{square, sum};
use super::{Dimension, Entry, Formula, Least, Wave, dim};

pub(super) const ROW: Entry = Entry {
    name: "rosenbrock",
    aliases: &[],
    about: "a bent valley, easy to find, hard to follow",
    formula: "f(x) = Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²,  i = 1 … D − 1",
    paper: "Rosenbrock 1960, An Automatic Method for Finding the Greatest or Least Value of a Function",
    dimension: Dimension::Any,
    parameters: &[dim(2)],
    start: |dim| (0..dim).map(|i| if i % 2 == 0 { -1.2 } else { 1.0 }).collect(),
    within: (-2.0, 2.0),
    noisy: false,
    build: |values| Box::new(Rosenbrock { dim: values.whole("dim") }),
};

struct Rosenbrock {
    dim: usize,
}

impl Formula for Rosenbrock {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        sum(x.windows(2).map(|w| {
            let (bend, rest) = (w[1] - w[0] * w[0], R::of(1.0) - w[0]);
            R::of(100.0) * square(bend) + square(rest)
        }))
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        grad.fill(0.0);
        for i in 0..x.len() - 1 {
            let bend = x[i + 1] - x[i] * x[i];
            grad[i] += -400.0 * x[i] * bend - 2.0 * (1.0 - x[i]);
            grad[i + 1] += 200.0 * bend;
        }
    }
    fn least(&self) -> Option<Least> {
        Least::at(vec![1.0; self.dim], 0.0)
    }
}
