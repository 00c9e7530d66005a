use super::{Crossover, Entry, Maker};
use crate::optimizers::FromValues;
use crate::real::Number;
use crate::rng::Rng;
use crate::words::Values;

pub(super) const ROW: Entry = Entry {
    name: "blend",
    about: "BLX-α: anywhere between the parents, and a little beyond",
    formula: "cᵢ ~ U(min(aᵢ, bᵢ) − α |aᵢ − bᵢ|, max(aᵢ, bᵢ) + α |aᵢ − bᵢ|)",
    paper: "Eshelman & Schaffer 1993, Real-Coded Genetic Algorithms and Interval-Schemata",
    make: Maker::of::<Blend>(),
};

/// Blend crossover BLX-α, [Eshelman & Schaffer 1993](https://doi.org/10.1016/B978-0-08-094832-4.50018-0); d is drawn as
/// c is. Without selection α = 0.366 keeps a population's spread, more lets it grow.
///
/// ```text
/// cᵢ ~ U(min(aᵢ, bᵢ) − α |aᵢ − bᵢ|, max(aᵢ, bᵢ) + α |aᵢ − bᵢ|)
/// ```
pub struct Blend {
    /// α ≥ 0: how far beyond the parents, as a share of their distance.
    pub alpha: f64,
}

impl FromValues for Blend {
    fn from_values(values: &Values) -> Self {
        Blend { alpha: values.get("alpha") }
    }
}

impl<R: Number> Crossover<R> for Blend {
    fn cross(&self, rng: &mut Rng, a: &[R], b: &[R], first: &mut [R], second: &mut [R]) {
        for i in 0..a.len() {
            // From a (at 0) to b (at 1), α beyond either.
            let mut at = || R::of(rng.uniform() as f64 * (1.0 + 2.0 * self.alpha) - self.alpha);
            let (s, t) = (at(), at());
            first[i] = a[i] + s * (b[i] - a[i]);
            second[i] = a[i] + t * (b[i] - a[i]);
        }
    }
}
