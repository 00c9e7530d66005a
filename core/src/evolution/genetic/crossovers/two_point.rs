use super::{Crossover, Entry, Maker, exchange};
use crate::optimizers::FromValues;
use crate::real::Number;
use crate::rng::Rng;
use crate::words::Values;

pub(super) const ROW: Entry = Entry {
    name: "two_point",
    about: "a stretch between two places is exchanged",
    formula: "cᵢ = bᵢ for p ≤ i < q, else aᵢ,  {p, q} ~ U of all pairs p < q from 0 … n",
    paper: "De Jong 1975, An Analysis of the Behavior of a Class of Genetic Adaptive Systems",
    make: Maker::of::<TwoPoint>(),
};

/// Two-point crossover, De Jong 1975; d is c with the parents exchanged.
///
/// ```text
/// cᵢ = bᵢ for p ≤ i < q, else aᵢ,  {p, q} ~ U of all pairs p < q from 0 … n
/// ```
pub struct TwoPoint;

impl FromValues for TwoPoint {
    fn from_values(_: &Values) -> Self {
        TwoPoint
    }
}

impl<R: Number> Crossover<R> for TwoPoint {
    fn cross(&self, rng: &mut Rng, a: &[R], b: &[R], first: &mut [R], second: &mut [R]) {
        // n + 1 places to cut; the second is one of the n others.
        let (p, q) = (rng.below(a.len() + 1), rng.below(a.len()));
        let q = if q >= p { q + 1 } else { q };
        exchange(a, b, (first, second), (p.min(q), p.max(q)));
    }
}
