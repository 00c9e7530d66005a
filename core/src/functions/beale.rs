//! Beale's plain with sharp walls at its corners.
//!
//! ```text
//! f(x, y) = (1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²
//! ```
//!
//! Beale 1958, *On an iterative method for finding a local minimum of a function of more than one variable*.

use super::formula::square;
use super::{Dimension, Entry, Formula, Least, Wave};

pub(super) const ROW: Entry = Entry {
    name: "beale",
    aliases: &[],
    about: "nearly flat inside, steep outside: least at (3, 0.5)",
    formula: "f(x, y) = (1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²",
    paper: "Beale 1958, On an iterative method for finding a local minimum of a function of more than one variable",
    dimension: Dimension::Fixed(2),
    parameters: &[],
    start: |_| vec![1.0, 1.0],
    within: (-4.5, 4.5),
    noisy: false,
    build: |_| Box::new(Beale),
};

struct Beale;

const AIMS: [f64; 3] = [1.5, 2.25, 2.625];

impl Formula for Beale {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        let (x, y) = (x[0], x[1]);
        let powers = [y, y * y, y * y * y];
        let term = |k: usize| square(R::of(AIMS[k]) - x + x * powers[k]);
        term(0) + term(1) + term(2)
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        let (x, y) = (x[0], x[1]);
        let (powers, slopes) = ([y, y * y, y * y * y], [1.0, 2.0 * y, 3.0 * y * y]);
        grad.fill(0.0);
        for k in 0..3 {
            let rest = AIMS[k] - x + x * powers[k];
            grad[0] += 2.0 * rest * (powers[k] - 1.0);
            grad[1] += 2.0 * rest * x * slopes[k];
        }
    }
    fn least(&self) -> Option<Least> {
        Least::at(vec![3.0, 0.5], 0.0)
    }
}
