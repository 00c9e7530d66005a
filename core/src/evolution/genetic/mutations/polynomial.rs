use super::{Entry, Mutation};
use crate::elementary::exp;
use crate::evolution::genetic::ln_root;
use crate::kernels::{Loop, widest};
use crate::rng::{MANY, Rng};
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
        let (power, mut draws) = (1.0 / (self.eta as f32 + 1.0), [0; MANY]);
        for into in into.chunks_mut(MANY) {
            let draws = &mut draws[..into.len()];
            rng.fill(draws);
            widest(Changes { draws, power, into });
        }
    }
}

/// δ of each draw.
struct Changes<'a> {
    draws: &'a [u32],
    power: f32,
    into: &'a mut [f32],
}

impl Loop for Changes<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        for (into, u) in self.into.iter_mut().zip(self.draws) {
            let (below, root) = ln_root(*u, self.power);
            let root = exp(root);
            *into = if below { root - 1.0 } else { 1.0 - root };
        }
    }
}
