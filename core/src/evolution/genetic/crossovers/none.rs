use super::{Crossover, Entry, Maker};
use crate::optimizers::FromValues;
use crate::real::Number;
use crate::rng::Rng;
use crate::words::Values;

pub(super) const ROW: Entry = Entry {
    name: "none",
    about: "children are copies of their parents: mutation alone changes them",
    formula: "c = a,  d = b",
    paper: "Fogel, Owens & Walsh 1966, Artificial Intelligence through Simulated Evolution",
    make: Maker::of::<NoCrossover>(),
};

/// No crossover, as in evolutionary programming (Fogel, Owens & Walsh 1966).
///
/// ```text
/// c = a,  d = b
/// ```
pub struct NoCrossover;

impl FromValues for NoCrossover {
    fn from_values(_: &Values) -> Self {
        NoCrossover
    }
}

impl<R: Number> Crossover<R> for NoCrossover {
    fn cross(&self, _: &mut Rng, a: &[R], b: &[R], first: &mut [R], second: &mut [R]) {
        first.copy_from_slice(a);
        second.copy_from_slice(b);
    }
}
