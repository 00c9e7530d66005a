use super::{Crossover, Entry, Maker};
use crate::kernels::{Loop, widest};
use crate::optimizers::FromValues;
use crate::real::Number;
use crate::rng::Rng;
use crate::words::Values;
use std::hint::select_unpredictable;

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
        let mut coins = [0; COINS];
        let parents = a.chunks(32 * COINS).zip(b.chunks(32 * COINS));
        let children = first.chunks_mut(32 * COINS).zip(second.chunks_mut(32 * COINS));
        for ((a, b), (first, second)) in parents.zip(children) {
            let coins = &mut coins[..a.len().div_ceil(32)];
            rng.fill(coins);
            widest(Toss { coins, a, b, first, second });
        }
    }
}

/// So many times 32 coins are tossed at once.
const COINS: usize = 64;

/// A coin, the bits of `coins` one after another, for each gene.
struct Toss<'a, R> {
    coins: &'a [u32],
    a: &'a [R],
    b: &'a [R],
    first: &'a mut [R],
    second: &'a mut [R],
}

impl<R: Number> Loop for Toss<'_, R> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let parents = self.a.chunks(32).zip(self.b.chunks(32));
        let children = self.first.chunks_mut(32).zip(self.second.chunks_mut(32));
        for (coins, ((a, b), (c, d))) in self.coins.iter().zip(parents.zip(children)) {
            for (i, ((a, b), (c, d))) in a.iter().zip(b).zip(c.iter_mut().zip(d)).enumerate() {
                // Both are read, whatever the coin says: half of all jumps would be foretold wrongly.
                let (a, b, heads) = (*a, *b, coins & 1 << i == 0);
                *c = select_unpredictable(heads, a, b);
                *d = select_unpredictable(heads, b, a);
            }
        }
    }
}
