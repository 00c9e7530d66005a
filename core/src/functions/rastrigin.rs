//! Rastrigin's egg box: a bowl with a minimum at every point of a grid.
//!
//! ```text
//! f(x) = Σ xᵢ² + 10 (1 − cos 2πxᵢ)
//! ∂f/∂xᵢ = 2 xᵢ + 20π sin 2πxᵢ
//! ```
//!
//! Rastrigin 1974, in two dimensions; in any, Mühlenbein, Schomisch & Born 1991.

use std::f64::consts::PI;

use super::formula::sum;
use super::{Dimension, Entry, Formula, Least, Wave, dim};

pub(super) const ROW: Entry = Entry {
    name: "rastrigin",
    aliases: &[],
    about: "a bowl with a minimum at every point of a grid",
    formula: "f(x) = Σ xᵢ² + 10 (1 − cos 2πxᵢ)",
    paper: "Mühlenbein, Schomisch & Born 1991, The parallel genetic algorithm as function optimizer",
    dimension: Dimension::Any,
    parameters: &[dim(1)],
    start: |dim| vec![3.4; dim],
    within: (-5.12, 5.12),
    noisy: false,
    build: |values| Box::new(Rastrigin { dim: values.whole("dim") }),
};

struct Rastrigin {
    dim: usize,
}

impl Formula for Rastrigin {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        sum(x.iter().map(|x| *x * *x + R::of(10.0) * (R::of(1.0) - x.turns().1)))
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        grad.iter_mut().zip(x).for_each(|(g, x)| *g = 2.0 * x + 20.0 * PI * x.turns().0);
    }
    fn least(&self) -> Option<Least> {
        Least::at(vec![0.0; self.dim], 0.0)
    }
}
