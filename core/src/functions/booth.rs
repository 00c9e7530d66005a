//! Booth's tilted bowl.
//!
//! ```text
//! f(x, y) = (x + 2y − 7)² + (2x + y − 5)²
//! ```
//!
//! Jamil & Yang 2013, arXiv 1308.4008, function 17.

use super::formula::square;
use super::{Dimension, Entry, Formula, Least, Wave};

pub(super) const ROW: Entry = Entry {
    name: "booth",
    aliases: &[],
    about: "a tilted bowl: least at (1, 3)",
    formula: "f(x, y) = (x + 2y − 7)² + (2x + y − 5)²",
    paper: "Jamil & Yang 2013, A Literature Survey of Benchmark Functions, arXiv 1308.4008",
    dimension: Dimension::Fixed(2),
    parameters: &[],
    start: |_| vec![-8.0, -8.0],
    within: (-10.0, 10.0),
    noisy: false,
    build: |_| Box::new(Booth),
};

struct Booth;

impl Formula for Booth {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        let two = R::of(2.0);
        square(x[0] + two * x[1] - R::of(7.0)) + square(two * x[0] + x[1] - R::of(5.0))
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        let (a, b) = (x[0] + 2.0 * x[1] - 7.0, 2.0 * x[0] + x[1] - 5.0);
        grad.copy_from_slice(&[2.0 * a + 4.0 * b, 4.0 * a + 2.0 * b]);
    }
    fn least(&self) -> Option<Least> {
        Least::at(vec![1.0, 3.0], 0.0)
    }
}
