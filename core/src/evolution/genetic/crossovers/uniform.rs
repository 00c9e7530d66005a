use super::{Crossover, Entry, Maker};
use crate::optimizers::FromValues;
use crate::real::Number;
use crate::rng::Rng;
use crate::words::Values;

pub(super) const ROW: Entry = Entry {
    name: "uniform",
    about: "each gene is from either parent, as a coin falls",
    formula: "cᵢ = aᵢ or bᵢ, with probability ½ each",
    paper: "Syswerda 1989, Uniform Crossover in Genetic Algorithms",
    make: Maker::of::<Uniform>(),
};

/// Uniform crossover, Syswerda 1989; d has what c has not.
///
/// ```text
/// cᵢ = aᵢ or bᵢ, with probability ½ each
/// ```
pub struct Uniform;

impl FromValues for Uniform {
    fn from_values(_: &Values) -> Self {
        Uniform
    }
}

impl<R: Number> Crossover<R> for Uniform {
    fn cross(&self, rng: &mut Rng, a: &[R], b: &[R], first: &mut [R], second: &mut [R]) {
        let parents = a.chunks(32).zip(b.chunks(32));
        for ((a, b), (c, d)) in parents.zip(first.chunks_mut(32).zip(second.chunks_mut(32))) {
            let coins = rng.bits();
            for i in 0..a.len() {
                (c[i], d[i]) = if coins >> i & 1 == 0 { (a[i], b[i]) } else { (b[i], a[i]) };
            }
        }
    }
}
