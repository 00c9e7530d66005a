//! Styblinski and Tang's 2ᴰ minima, one of them the best.
//!
//! ```text
//! f(x) = ½ Σ xᵢ⁴ − 16 xᵢ² + 5 xᵢ
//! ∂f/∂xᵢ = 2 xᵢ³ − 16 xᵢ + 2.5
//! ```
//!
//! Styblinski & Tang 1990, Neural Networks 3(4).

use super::formula::sum;
use super::{Dimension, Entry, Formula, Least, Wave, dim};

pub(super) const ROW: Entry = Entry {
    name: "styblinski_tang",
    aliases: &[],
    about: "two minima in each coordinate, one better: 2ᴰ in all",
    formula: "f(x) = ½ Σ xᵢ⁴ − 16 xᵢ² + 5 xᵢ",
    paper: "Styblinski & Tang 1990, Experiments in nonconvex optimization: stochastic approximation with function smoothing and simulated annealing",
    dimension: Dimension::Any,
    parameters: &[dim(1)],
    start: |dim| vec![0.0; dim],
    within: (-5.0, 5.0),
    noisy: false,
    build: |values| Box::new(StyblinskiTang { dim: values.whole("dim") }),
};

struct StyblinskiTang {
    dim: usize,
}

/// The least root of 2x³ − 16x + 2.5.
const PLACE: f64 = -2.903_534_027_771_177;

impl Formula for StyblinskiTang {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        let term = |x: R| x * (x * (x * x - R::of(16.0)) + R::of(5.0));
        R::of(0.5) * sum(x.iter().map(|x| term(*x)))
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        grad.iter_mut().zip(x).for_each(|(g, x)| *g = x * (2.0 * x * x - 16.0) + 2.5);
    }
    fn least(&self) -> Option<Least> {
        let place = vec![PLACE; self.dim];
        let value = Formula::value(self, &place[..]);
        Least::at(place, value)
    }
}
