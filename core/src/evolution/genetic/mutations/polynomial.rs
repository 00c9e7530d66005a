use super::{Entry, Mutation};
use crate::elementary::{exp, ln};
use crate::rng::Rng;
use crate::words::Values;

pub(super) const ROW: Entry = Entry {
    name: "polynomial",
    about: "never further than the strength, mostly much nearer",
    formula: "xᵢ ← xᵢ + σ δ,  δ = (2 u)^(1 / (η + 1)) − 1 for u < ½, else 1 − (2 − 2 u)^(1 / (η + 1)),  u ~ U(0, 1)",
    paper: "Deb & Goyal 1996, A Combined Genetic Adaptive Search (GeneAS) for Engineering Design",
    make: |values| Box::new(Polynomial::of(values)),
};

/// Polynomial mutation, [Deb & Goyal 1996](https://www.egr.msu.edu/~kdeb/papers/c1996c.pdf), with σ for the width of the
/// range: |δ| < 1.
///
/// ```text
/// xᵢ ← xᵢ + σ δ,  δ = (2 u)^(1 / (η + 1)) − 1 for u < ½, else 1 − (2 − 2 u)^(1 / (η + 1)),  u ~ U(0, 1)
///
/// p(δ) = ½ (η + 1) (1 − |δ|)^η
/// ```
pub struct Polynomial {
    /// η_m ≥ 0: the greater, the smaller the changes; 0 is uniform.
    pub eta: f64,
}

impl Polynomial {
    fn of(values: &Values) -> Self {
        Polynomial { eta: values.get("eta_m") }
    }
}

impl Mutation for Polynomial {
    fn changes(&self, rng: &mut Rng, into: &mut [f32]) {
        let power = 1.0 / (self.eta as f32 + 1.0);
        into.fill_with(|| {
            let u = (rng.bits() as f64 + 0.5) * (1.0 / 4_294_967_296.0);
            let root = |x: f64| exp(ln(x as f32) * power);
            if u < 0.5 { root(2.0 * u) - 1.0 } else { 1.0 - root(2.0 - 2.0 * u) }
        });
    }
}
