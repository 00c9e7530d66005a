//! CMA-ES with the diagonal of the covariance matrix alone.

use super::cma::{Cma, Covariance, PARAMETERS, has_room};
use super::{Evolver, MakeEvolver};
use crate::Result;
use crate::optimizer::Setup;
use crate::optimizers::{Dialect, Entry, Family, Maker};
use crate::real::{Number, Slot};
use crate::threads::Threads;
use crate::words::Values;

pub(crate) const ROW: Entry = Entry {
    name: "sep_cma_es",
    about: "learns how far to search along each weight: CMA-ES for any number of weights",
    paper: "Ros & Hansen 2008, A Simple Modification in CMA-ES Achieving Linear Time and Space Complexity",
    family: Family::Evolution,
    dialects: &[Dialect {
        name: "tutorial",
        about: "the tutorial's defaults, c₁ and c_μ times (n + 2) / 3",
        formula: "xₖ = m + σ D zₖ, zₖ ~ N(0, I), D² = diag C\n\
            m ← m + σ ⟨y⟩, y = (x − m) / σ, ⟨y⟩ = Σ wᵢ yᵢ over the better half\n\
            p_σ ← (1 − c_σ) p_σ + √(c_σ (2 − c_σ) μ_eff) D⁻¹ ⟨y⟩\n\
            p_c ← (1 − c_c) p_c + h_σ √(c_c (2 − c_c) μ_eff) ⟨y⟩\n\
            D² ← (1 + c₁ δ − c₁ − c_μ Σ wᵢ) D² + c₁ p_c² + c_μ Σ wᵢ yᵢ²\n\
            σ ← σ exp((c_σ / d_σ) (‖p_σ‖ / χ − 1))",
        learning_rate: 1.0,
        parameters: PARAMETERS,
        make: Maker::evolver::<SepCmaEs>(),
    }],
};

/// Separable CMA-ES, [Ros & Hansen 2008](https://doi.org/10.1007/978-3-540-87700-4_30): [`CmaEs`](super::CmaEs) that
/// keeps only the diagonal of C, and adapts it faster.
///
/// ```text
/// xₖ = m + σ D zₖ, zₖ ~ N(0, I), D² = diag C
/// m ← m + σ ⟨y⟩, y = (x − m) / σ, ⟨y⟩ = Σ wᵢ yᵢ over the better half
/// p_σ ← (1 − c_σ) p_σ + √(c_σ (2 − c_σ) μ_eff) D⁻¹ ⟨y⟩
/// p_c ← (1 − c_c) p_c + h_σ √(c_c (2 − c_c) μ_eff) ⟨y⟩
/// D² ← (1 + c₁ δ − c₁ − c_μ Σ wᵢ) D² + c₁ p_c² + c_μ Σ wᵢ yᵢ²        wᵢ n / ‖D⁻¹ yᵢ‖² where wᵢ < 0
/// σ ← σ exp((c_σ / d_σ) (‖p_σ‖ / χ − 1))
/// ```
///
/// `population` λ, `sigma` σ, `active`, `restarts`, `max_restarts`, `tolfun`, `tolx`, `target`, `budget` and `patience` as
/// [`CmaEs`](super::CmaEs) has them.
pub struct SepCmaEs;

impl MakeEvolver for SepCmaEs {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Evolver<R>> {
        Box::new(Cma::<Diagonal, R>::of(values, setup))
    }

    fn check(values: &Values, setup: &Setup) -> Result<()> {
        has_room(values, setup.weights())
    }
}

/// D² and D.
struct Diagonal {
    squares: Vec<f64>,
    /// Never zero.
    lengths: Vec<f64>,
}

impl Covariance for Diagonal {
    fn faster(n: usize) -> f64 {
        (n as f64 + 2.0) / 3.0
    }

    fn new(n: usize, _: &Threads) -> Self {
        Diagonal { squares: vec![0.0; n], lengths: vec![0.0; n] }
    }

    fn begin(&mut self) {
        self.squares.fill(1.0);
        self.lengths.fill(1.0);
    }

    fn colour<R: Number>(&self, z: &[R], y: &mut [f64]) {
        y.iter_mut().zip(z).zip(&self.lengths).for_each(|((y, z), d)| *y = d * z.to_f64());
    }

    fn whiten(&self, y: &[f64], into: &mut [f64]) {
        into.iter_mut().zip(y).zip(&self.lengths).for_each(|((to, y), d)| *to = y / d);
    }

    fn length(&self, y: &[f64]) -> f64 {
        y.iter().zip(&self.lengths).map(|(y, d)| y / d).map(|x| x * x).sum()
    }

    fn adapt(&mut self, keep: f64, c_1: f64, path: &[f64], a: &[f64], y: &[f64]) {
        self.squares.iter_mut().zip(path).for_each(|(c, p)| *c = keep * *c + c_1 * p * p);
        for (a, y) in a.iter().zip(y.chunks_exact(path.len())) {
            self.squares.iter_mut().zip(y).for_each(|(c, y)| *c += a * y * y);
        }
    }

    fn refresh(&mut self, _: bool) {
        self.lengths.iter_mut().zip(&self.squares).for_each(|(d, c)| *d = c.max(1e-300).sqrt());
    }

    fn entries(&self) -> Vec<f64> {
        self.squares.clone()
    }

    fn deviation(&self, i: usize) -> f64 {
        self.lengths[i]
    }

    fn range(&self) -> (f64, f64) {
        let sum = |(least, greatest): (f64, f64), c: &f64| (least.min(*c), greatest.max(*c));
        self.squares.iter().fold((f64::INFINITY, 0.0), sum)
    }

    fn axis(&self, _: usize) -> Option<(&[f64], f64)> {
        None
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        vec![
            ("axis_squares".into(), Slot::Double(&mut self.squares)),
            ("axis_lengths".into(), Slot::Double(&mut self.lengths)),
        ]
    }
}
