use super::{Crossover, Entry, Maker};
use crate::elementary::exp;
use crate::evolution::genetic::ln_root;
use crate::kernels::{Loop, widest};
use crate::optimizers::FromValues;
use crate::real::Number;
use crate::rng::{Rng, Stock};
use crate::words::Values;
use std::hint::select_unpredictable;

pub(super) const ROW: Entry = Entry {
    name: "sbx",
    about: "simulated binary: children lie about the parents' mean as those of a one-point crossover of bits would",
    formula: "c, d = ((a + b) ± β (a − b)) / 2,  β = (2 u)^(1 / (η + 1)) for u < ½, else (2 − 2 u)^(−1 / (η + 1)),  u ~ U(0, 1)",
    paper: "Deb & Agrawal 1995, Simulated Binary Crossover for Continuous Search Space, Complex Systems 9",
    make: Maker::of::<Sbx>(),
};

/// Simulated binary crossover, [Deb & Agrawal 1995](https://www.complex-systems.com/abstracts/v09_i02_a02/), each gene
/// by itself, and with probability ½ not at all; where it is crossed, a coin says which child is on which side. The mean
/// of the children is that of the parents.
///
/// ```text
/// c, d = ((a + b) ± β (a − b)) / 2,  β = (2 u)^(1 / (η + 1)) for u < ½, else (2 − 2 u)^(−1 / (η + 1)),  u ~ U(0, 1)
///
/// p(β) = ½ (η + 1) β^η for β ≤ 1, else ½ (η + 1) / β^(η + 2)
/// ```
pub struct Sbx {
    /// η_c ≥ 0: the greater, the nearer children are to their parents.
    pub eta: f64,
}

impl FromValues for Sbx {
    fn from_values(values: &Values) -> Self {
        Sbx { eta: values.get("eta_c") }
    }
}

impl<R: Number> Crossover<R> for Sbx {
    fn cross(&self, rng: &mut Rng, a: &[R], b: &[R], first: &mut [R], second: &mut [R]) {
        let (mut draws, power) = (Stock::of(rng), 1.0 / (self.eta as f32 + 1.0));
        let mut drawn = [[0; 2]; BLOCK];
        let parents = a.chunks(BLOCK).zip(b.chunks(BLOCK));
        let children = first.chunks_mut(BLOCK).zip(second.chunks_mut(BLOCK));
        for ((a, b), (first, second)) in parents.zip(children) {
            let drawn = &mut drawn[..a.len()];
            drawn.fill_with(|| {
                let coins = draws.bits();
                // A gene that is not crossed has no u: what stands there is not used.
                [coins, draws.bits_if(crossed(coins))]
            });
            widest(Genes { drawn, power, a, b, first, second });
        }
    }
}

/// Genes crossed at a time.
const BLOCK: usize = 128;

/// Whether the second of two coins says so.
#[inline(always)]
fn crossed(coins: u32) -> bool {
    coins & 2 == 0
}

/// β, always finite.
#[inline(always)]
fn factor(u: u32, power: f32) -> f32 {
    let (below, root) = ln_root(u, power);
    exp(if below { root } else { -root })
}

/// Some genes, with two coins and a u of each.
struct Genes<'a, R> {
    drawn: &'a [[u32; 2]],
    power: f32,
    a: &'a [R],
    b: &'a [R],
    first: &'a mut [R],
    second: &'a mut [R],
}

impl<R: Number> Loop for Genes<'_, R> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let half = R::of(0.5);
        let parents = self.a.iter().zip(self.b);
        let children = self.first.iter_mut().zip(self.second);
        for ([coins, u], ((a, b), (first, second))) in self.drawn.iter().zip(parents.zip(children)) {
            let (a, b, straight, cross) = (*a, *b, coins & 1 == 0, crossed(*coins));
            let x = select_unpredictable(straight, a, b);
            let y = select_unpredictable(straight, b, a);
            let (middle, arm) = (half * (x + y), half * R::of(factor(*u, self.power) as f64) * (x - y));
            *first = select_unpredictable(cross, middle + arm, a);
            *second = select_unpredictable(cross, middle - arm, b);
        }
    }
}
