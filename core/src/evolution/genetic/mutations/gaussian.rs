use super::{Entry, Mutation};
use crate::evolution::normals;
use crate::rng::Rng;

pub(super) const ROW: Entry = Entry {
    name: "gaussian",
    about: "a normal change: mostly small, of any size",
    formula: "xᵢ ← xᵢ + σ z,  z ~ N(0, 1)",
    paper: "Rechenberg 1973, Evolutionsstrategie; Schwefel 1981, Numerical Optimization of Computer Models",
    make: |_| Box::new(Gaussian),
};

/// Gaussian mutation, Rechenberg 1973.
///
/// ```text
/// xᵢ ← xᵢ + σ z,  z ~ N(0, 1)
/// ```
pub struct Gaussian;

impl Mutation for Gaussian {
    fn changes(&self, rng: &mut Rng, into: &mut [f32]) {
        normals(rng, into);
    }
}
