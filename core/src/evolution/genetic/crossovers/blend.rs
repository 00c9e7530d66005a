use super::{Crossover, Entry, Maker};
use crate::kernels::{Loop, widest};
use crate::optimizers::FromValues;
use crate::real::Number;
use crate::rng::{MANY, Rng};
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
        let mut draws = [[0.0; 2]; MANY];
        let parents = a.chunks(MANY).zip(b.chunks(MANY));
        let children = first.chunks_mut(MANY).zip(second.chunks_mut(MANY));
        for ((a, b), (first, second)) in parents.zip(children) {
            let draws = &mut draws[..a.len()];
            rng.uniforms(draws.as_flattened_mut());
            widest(Genes { draws, alpha: self.alpha, a, b, first, second });
        }
    }
}

/// Some genes, with two uniform draws each.
struct Genes<'a, R> {
    draws: &'a [[f32; 2]],
    alpha: f64,
    a: &'a [R],
    b: &'a [R],
    first: &'a mut [R],
    second: &'a mut [R],
}

impl<R: Number> Loop for Genes<'_, R> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        // From a (at 0) to b (at 1), α beyond either.
        let at = |u: f32| R::of(u as f64 * (1.0 + 2.0 * self.alpha) - self.alpha);
        let parents = self.a.iter().zip(self.b);
        let children = self.first.iter_mut().zip(self.second);
        for ([s, t], ((a, b), (first, second))) in self.draws.iter().zip(parents.zip(children)) {
            (*first, *second) = (*a + at(*s) * (*b - *a), *a + at(*t) * (*b - *a));
        }
    }
}
