use super::{Crossover, Entry, Maker};
use crate::elementary::{exp, ln};
use crate::optimizers::FromValues;
use crate::real::Number;
use crate::rng::Rng;
use crate::words::Values;

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

impl Sbx {
    /// β
    fn factor(&self, rng: &mut Rng) -> f32 {
        // Never quite 0 or 1: β stays finite.
        let u = (rng.bits() as f64 + 0.5) * (1.0 / 4_294_967_296.0);
        let power = 1.0 / (self.eta as f32 + 1.0);
        if u < 0.5 { exp(ln((2.0 * u) as f32) * power) } else { exp(-ln((2.0 - 2.0 * u) as f32) * power) }
    }
}

impl<R: Number> Crossover<R> for Sbx {
    fn cross(&self, rng: &mut Rng, a: &[R], b: &[R], first: &mut [R], second: &mut [R]) {
        let half = R::of(0.5);
        for i in 0..a.len() {
            let coins = rng.bits();
            let (x, y) = if coins & 1 == 0 { (a[i], b[i]) } else { (b[i], a[i]) };
            (first[i], second[i]) = if coins & 2 == 0 {
                let (middle, arm) = (half * (x + y), half * R::of(self.factor(rng) as f64) * (x - y));
                (middle + arm, middle - arm)
            } else {
                (a[i], b[i])
            };
        }
    }
}
