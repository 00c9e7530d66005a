use super::{Crossover, Entry, Maker, exchange};
use crate::optimizers::FromValues;
use crate::real::Number;
use crate::rng::Rng;
use crate::words::Values;

pub(super) const ROW: Entry = Entry {
    name: "one_point",
    about: "both parents are cut at one place, and the tails exchanged",
    formula: "cᵢ = aᵢ for i < p, else bᵢ,  p ~ U{1 … n − 1}",
    paper: "Holland 1975, Adaptation in Natural and Artificial Systems",
    make: Maker::of::<OnePoint>(),
};

/// One-point crossover, Holland 1975; d is c with the parents exchanged.
///
/// ```text
/// cᵢ = aᵢ for i < p, else bᵢ,  p ~ U{1 … n − 1}
/// ```
pub struct OnePoint;

impl FromValues for OnePoint {
    fn from_values(_: &Values) -> Self {
        OnePoint
    }
}

impl<R: Number> Crossover<R> for OnePoint {
    fn cross(&self, rng: &mut Rng, a: &[R], b: &[R], first: &mut [R], second: &mut [R]) {
        let n = a.len();
        let from = if n > 1 { 1 + rng.below(n - 1) } else { n };
        exchange(a, b, (first, second), (from, n));
    }
}
