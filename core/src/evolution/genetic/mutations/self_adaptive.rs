use super::{Entry, Mutation};
use crate::elementary::exp;
use crate::evolution::normals;
use crate::rng::Rng;

pub(super) const ROW: Entry = Entry {
    name: "self_adaptive",
    about: "a strength for each member, which is inherited and mutates too: what suits survives",
    formula: "σ ← σ e^(τ z₀),  xᵢ ← xᵢ + σ zᵢ,  z ~ N(0, 1),  τ = 1 / √n",
    paper: "Schwefel 1981, Numerical Optimization of Computer Models; Bäck & Schwefel 1993, Evol. Comput. 1(1)",
    make: |_| Box::new(SelfAdaptive),
};

/// Log-normal self-adaptation, [Bäck & Schwefel 1993](https://doi.org/10.1162/evco.1993.1.1.1), with one σ for each
/// member: the mean of its parents' where they are crossed. n is the number of genes that mutate on average.
///
/// ```text
/// σ ← σ e^(τ z₀),  xᵢ ← xᵢ + σ zᵢ,  z ~ N(0, 1),  τ = 1 / √n
/// ```
pub struct SelfAdaptive;

impl Mutation for SelfAdaptive {
    fn changes(&self, rng: &mut Rng, into: &mut [f32]) {
        normals(rng, into);
    }

    fn strength(&self, rng: &mut Rng, inherited: f64, genes: f64) -> f64 {
        let tau = 1.0 / genes.max(1.0).sqrt();
        // Beyond these no change is one.
        (inherited * exp(tau as f32 * rng.normal()) as f64).clamp(1e-30, 1e30)
    }
}
