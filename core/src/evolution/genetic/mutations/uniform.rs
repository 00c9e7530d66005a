use super::{Entry, Mutation};
use crate::rng::Rng;

pub(super) const ROW: Entry = Entry {
    name: "uniform",
    about: "any change up to the strength, all equally likely",
    formula: "xᵢ ← xᵢ + σ z,  z ~ U(−1, 1)",
    paper: "Michalewicz 1992, Genetic Algorithms + Data Structures = Evolution Programs",
    make: |_| Box::new(UniformMutation),
};

/// Uniform mutation, [Michalewicz 1992](https://doi.org/10.1007/978-3-662-03315-9), around the gene.
///
/// ```text
/// xᵢ ← xᵢ + σ z,  z ~ U(−1, 1)
/// ```
pub struct UniformMutation;

impl Mutation for UniformMutation {
    fn changes(&self, rng: &mut Rng, into: &mut [f32]) {
        rng.uniforms(into);
        into.iter_mut().for_each(|z| *z = 2.0 * *z - 1.0);
    }
}
