//! CMA-ES with the full covariance matrix.

use super::cma::{Cma, Covariance, PARAMETERS, has_room};
use super::eigen::decompose;
use super::vectors::{add, dot};
use super::{Evolver, MakeEvolver, in_words};
use crate::message::Message;
use crate::optimizer::Setup;
use crate::optimizers::{Dialect, Entry, Family, Maker};
use crate::real::{Number, Slot};
use crate::threads::{Shared, Threads};
use crate::words::Values;
use crate::{Error, Result};

pub(crate) const ROW: Entry = Entry {
    name: "cma_es",
    about: "learns how far to search in every direction, and which directions belong together; for up to 2000 weights",
    paper: "Hansen & Ostermeier 2001; Hansen 2016, The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772",
    family: Family::Evolution,
    dialects: &[Dialect {
        name: "tutorial",
        about: "every default as the tutorial's version of 2023 has it",
        formula: "xₖ = m + σ B D zₖ, zₖ ~ N(0, I), C = B D² Bᵀ\n\
            m ← m + σ ⟨y⟩, y = (x − m) / σ, ⟨y⟩ = Σ wᵢ yᵢ over the better half\n\
            p_σ ← (1 − c_σ) p_σ + √(c_σ (2 − c_σ) μ_eff) C^(−½) ⟨y⟩\n\
            p_c ← (1 − c_c) p_c + h_σ √(c_c (2 − c_c) μ_eff) ⟨y⟩\n\
            C ← (1 + c₁ δ − c₁ − c_μ Σ wᵢ) C + c₁ p_c p_cᵀ + c_μ Σ wᵢ yᵢ yᵢᵀ\n\
            σ ← σ exp((c_σ / d_σ) (‖p_σ‖ / χ − 1))",
        learning_rate: 1.0,
        parameters: PARAMETERS,
        make: Maker::evolver::<CmaEs>(),
    }],
};

/// CMA-ES, [Hansen & Ostermeier 2001](https://doi.org/10.1162/106365601750190398), as
/// [Hansen 2016](https://arxiv.org/abs/1604.00772) writes it.
///
/// ```text
/// xₖ = m + σ B D zₖ, zₖ ~ N(0, I), C = B D² Bᵀ                     k = 1 … λ
/// m ← m + σ ⟨y⟩, y = (x − m) / σ, ⟨y⟩ = Σ wᵢ yᵢ over the better half
/// p_σ ← (1 − c_σ) p_σ + √(c_σ (2 − c_σ) μ_eff) C^(−½) ⟨y⟩
/// h_σ = 1 where ‖p_σ‖ / √(1 − (1 − c_σ)^(2 g)) < (1.4 + 2 / (n + 1)) χ, else 0;  δ = (1 − h_σ) c_c (2 − c_c)
/// p_c ← (1 − c_c) p_c + h_σ √(c_c (2 − c_c) μ_eff) ⟨y⟩
/// C ← (1 + c₁ δ − c₁ − c_μ Σ wᵢ) C + c₁ p_c p_cᵀ + c_μ Σ wᵢ yᵢ yᵢᵀ    wᵢ n / ‖C^(−½) yᵢ‖² where wᵢ < 0
/// σ ← σ exp((c_σ / d_σ) (‖p_σ‖ / χ − 1))
/// ```
///
/// B and D are brought up to C every 1 / (10 n (c₁ + c_μ)) generations. It takes 12 n² bytes for n weights, and n³
/// operations each time: more than [`CmaEs::MOST`] weights are refused, `sep_cma_es` takes any number.
///
/// `population` λ ≥ 2 (0: 4 + ⌊3 ln n⌋); `sigma` σ > 0, at the start; `active`: whether wᵢ may be negative.
/// A run ends by appendix B.3: losses all within `tolfun` or stagnating ([`Reason::Stalled`]); steps below `tolx` σ₀ or
/// without effect in θ's digits ([`Reason::TinySteps`]); a condition of C above 10¹⁴ ([`Reason::IllConditioned`]); a
/// σ D that grew by 10⁴ ([`Reason::Runaway`]). Then `restarts` says what follows: `ipop` doubles the population up to
/// `max_restarts` times, `bipop` has small runs between. `target`, `budget` and `patience` end all runs, as
/// [`Course`](super::Course) says.
///
/// The answer is m; with restarts, or once the target is met, the best member ever.
///
/// [`Reason::Stalled`]: crate::optimizer::Reason::Stalled
/// [`Reason::TinySteps`]: crate::optimizer::Reason::TinySteps
/// [`Reason::IllConditioned`]: crate::optimizer::Reason::IllConditioned
/// [`Reason::Runaway`]: crate::optimizer::Reason::Runaway
pub struct CmaEs;

impl CmaEs {
    /// More weights are refused.
    pub const MOST: usize = 2000;
}

impl MakeEvolver for CmaEs {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Evolver<R>> {
        Box::new(Cma::<Full, R>::of(values, setup))
    }

    fn check(values: &Values, setup: &Setup) -> Result<()> {
        let n = setup.weights();
        few_enough("cma_es", n, CmaEs::MOST, 12.0, "sep_cma_es")?;
        has_room(values, n)
    }
}

/// Refuses a matrix of n × n weights with `bytes` for each pair, above `most` weights.
pub(crate) fn few_enough(name: &str, n: usize, most: usize, bytes: f64, instead: &str) -> Result<()> {
    if n <= most {
        return Ok(());
    }
    let needs = in_words(bytes * n as f64 * n as f64);
    Err(Error::Settings {
        message: Message::of(
            "{name} keeps numbers for every pair of weights: {n} weights would take {needs}; it takes up to {most} weights",
        )
        .with("name", name)
        .with("n", n)
        .with("needs", needs)
        .with("most", most),
        mend: Message::of("use {instead}, which takes any number of weights, or a smaller network").with("instead", instead),
    })
}

/// C, its lower half packed row by row, and its eigenvectors.
struct Full {
    n: usize,
    c: Vec<f64>,
    /// Bᵀ: a row each.
    vectors: Vec<f64>,
    /// D²
    squares: Vec<f64>,
    /// D, never zero.
    lengths: Vec<f64>,
    spare: Vec<f64>,
    threads: Threads,
}

/// Where row i of the packed matrix begins.
fn row(i: usize) -> usize {
    i * (i + 1) / 2
}

/// Rows of C that one task adapts.
const ROWS: usize = 8;

impl Full {
    fn axes(&self) -> impl Iterator<Item = (&[f64], f64)> {
        self.vectors.chunks_exact(self.n).zip(self.lengths.iter().copied())
    }
}

impl Covariance for Full {
    fn faster(_: usize) -> f64 {
        1.0
    }

    fn new(n: usize, threads: &Threads) -> Self {
        Full {
            n,
            c: vec![0.0; row(n)],
            vectors: vec![0.0; n * n],
            squares: vec![0.0; n],
            lengths: vec![0.0; n],
            spare: vec![0.0; 2 * n],
            threads: threads.clone(),
        }
    }

    fn begin(&mut self) {
        self.c.fill(0.0);
        self.vectors.fill(0.0);
        for i in 0..self.n {
            self.c[row(i) + i] = 1.0;
            self.vectors[i * self.n + i] = 1.0;
        }
        self.squares.fill(1.0);
        self.lengths.fill(1.0);
    }

    fn colour<R: Number>(&self, z: &[R], y: &mut [f64]) {
        y.fill(0.0);
        for ((axis, length), z) in self.axes().zip(z) {
            add(y, length * z.to_f64(), axis);
        }
    }

    fn whiten(&self, y: &[f64], into: &mut [f64]) {
        into.fill(0.0);
        for (axis, length) in self.axes() {
            add(into, dot(axis, y) / length, axis);
        }
    }

    fn length(&self, y: &[f64]) -> f64 {
        self.axes().map(|(axis, length)| dot(axis, y) / length).map(|x| x * x).sum()
    }

    fn adapt(&mut self, keep: f64, c_1: f64, path: &[f64], a: &[f64], y: &[f64]) {
        let (n, c) = (self.n, Shared::of(&mut self.c));
        self.threads.for_each(n.div_ceil(ROWS), &|block| {
            for i in block * ROWS..n.min((block + 1) * ROWS) {
                // SAFETY: rows are disjoint, and each is handled by one task.
                let c = unsafe { c.slice(row(i)..row(i + 1)) };
                c.iter_mut().for_each(|c| *c *= keep);
                add(c, c_1 * path[i], &path[..=i]);
                for (a, y) in a.iter().zip(y.chunks_exact(n)) {
                    add(c, a * y[i], &y[..=i]);
                }
            }
        });
    }

    fn refresh(&mut self, due: bool) {
        if !due {
            return;
        }
        let n = self.n;
        for i in 0..n {
            for j in 0..=i {
                let c = self.c[row(i) + j];
                (self.vectors[i * n + j], self.vectors[j * n + i]) = (c, c);
            }
        }
        if !decompose(&mut self.vectors, &mut self.squares, &mut self.spare) {
            self.squares.fill(f64::NAN);
        }
        for (length, square) in self.lengths.iter_mut().zip(&self.squares) {
            *length = square.max(1e-300).sqrt();
        }
    }

    fn entries(&self) -> Vec<f64> {
        let at = |i: usize, j: usize| self.c[row(i.max(j)) + i.min(j)];
        (0..self.n * self.n).map(|k| at(k / self.n, k % self.n)).collect()
    }

    fn deviation(&self, i: usize) -> f64 {
        self.c[row(i) + i].max(0.0).sqrt()
    }

    fn range(&self) -> (f64, f64) {
        (self.squares[0], self.squares[self.n - 1])
    }

    fn axis(&self, k: usize) -> Option<(&[f64], f64)> {
        Some((&self.vectors[k * self.n..(k + 1) * self.n], self.lengths[k]))
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        vec![
            ("covariance".into(), Slot::Double(&mut self.c)),
            ("axes".into(), Slot::Double(&mut self.vectors)),
            ("axis_squares".into(), Slot::Double(&mut self.squares)),
            ("axis_lengths".into(), Slot::Double(&mut self.lengths)),
        ]
    }
}
