//! Exponential natural evolution strategy.

use super::cma_es::few_enough;
use super::eigen::decompose;
use super::nes::{Nes, PARAMETERS};
use super::vectors::{add, dot};
use super::{Draws, Evolver, Made, MakeEvolver, Purpose, normals};
use crate::Result;
use crate::elementary::{exp64, ln64};
use crate::optimizer::{Reason, Setup};
use crate::optimizers::{Dialect, Entry, Family, Maker};
use crate::real::{Number, Slot};
use crate::threads::{Shared, Threads};
use crate::words::Values;

pub(crate) const ROW: Entry = Entry {
    name: "xnes",
    about: "follows the natural gradient of the expected loss, with a full covariance matrix; for up to 1000 weights",
    paper: "Glasmachers et al. 2010; Wierstra et al. 2014, Natural Evolution Strategies, JMLR 15, algorithm 5",
    family: Family::Evolution,
    dialects: &[Dialect {
        name: "paper",
        about: "η_σ = (9 + 3 ln n) / (5 n √n) unless given; η_B is the same",
        formula: "xₖ = m + σ B sₖ, sₖ ~ N(0, I)\n\
            m ← m + η_m σ B Σ uₖ sₖ\n\
            σ ← σ exp(η_σ / 2 · tr M / n), M = Σ uₖ (sₖ sₖᵀ − I)\n\
            B ← B exp(η_B / 2 · (M − tr M / n · I))",
        learning_rate: 1.0,
        parameters: PARAMETERS,
        make: Maker::evolver::<Xnes>(),
    }],
};

/// xNES, [Wierstra et al. 2014](https://jmlr.org/papers/v15/wierstra14a.html), algorithm 5.
///
/// ```text
/// xₖ = m + σ B sₖ, sₖ ~ N(0, I)                           k = 1 … λ
/// uₖ = max(0, ln(λ/2 + 1) − ln rank(k)) / Σ − 1/λ          rank 1 has the least loss
/// m ← m + η_m σ B Σ uₖ sₖ
/// σ ← σ exp(η_σ / 2 · tr M / n), M = Σ uₖ (sₖ sₖᵀ − I)      η_σ = (9 + 3 ln n) / (5 n √n)
/// B ← B exp(η_B / 2 · (M − tr M / n · I))                   η_B = η_σ
/// ```
///
/// The exponential of a matrix goes by its eigenvalues. B⁻¹ is moved along with B. It takes 32 n² bytes for n weights and
/// some 10 n³ operations a generation: more than [`Xnes::MOST`] weights are refused, `snes` takes any number.
///
/// `population` λ, `sigma` σ, `mean_rate` η_m, `sigma_rate` η_σ, `tolfun`, `tolx`, `target`, `budget` and `patience` as
/// [`Snes`](super::Snes) has them.
pub struct Xnes;

impl Xnes {
    /// More weights are refused.
    pub const MOST: usize = 1000;
}

impl MakeEvolver for Xnes {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Evolver<R>> {
        let n = setup.weights();
        let nes = Nes::of(values, setup);
        let usual = (9.0 + 3.0 * ln64(n.max(1) as f64)) / (5.0 * n as f64 * (n as f64).sqrt());
        let rate = if nes.sigma_rate > 0.0 { nes.sigma_rate } else { usual };
        Box::new(Search::<R> {
            rate,
            s: vec![0.0; nes.lambda * n],
            nes,
            mean: vec![0.0; n],
            sigma: [0.0],
            shape: vec![0.0; n * n],
            inverse: vec![0.0; n * n],
            natural: vec![0.0; n * n],
            along: vec![0.0; n * n],
            values: vec![0.0; n],
            spare: vec![0.0; 2 * n],
            step: vec![0.0; n],
            draws: Draws::of(setup.seed),
            threads: setup.threads.clone(),
        })
    }

    fn check(_: &Values, setup: &Setup) -> Result<()> {
        few_enough("xnes", setup.weights(), Xnes::MOST, 32.0, "snes")
    }
}

struct Search<R: Number> {
    nes: Nes<R>,
    /// η_σ = η_B
    rate: f64,
    mean: Vec<f64>,
    sigma: [f64; 1],
    /// B, row by row.
    shape: Vec<f64>,
    /// (B⁻¹)ᵀ, row by row.
    inverse: Vec<f64>,
    /// sₖ
    s: Vec<f64>,
    /// M, then its eigenvectors.
    natural: Vec<f64>,
    /// A matrix's rows, in terms of those.
    along: Vec<f64>,
    values: Vec<f64>,
    spare: Vec<f64>,
    step: Vec<f64>,
    draws: Draws,
    threads: Threads,
}

impl<R: Number> Search<R> {
    /// sₖ = B⁻¹ (xₖ − m) / σ
    fn normalise(&mut self, population: &[R]) {
        let (n, sigma, mean, inverse) = (self.mean.len(), self.sigma[0], &self.mean, &self.inverse);
        let s = Shared::of(&mut self.s);
        self.threads.for_each(self.nes.lambda, &|k| {
            // SAFETY: members are disjoint, and each is handled by one task.
            let s = unsafe { s.slice(k * n..(k + 1) * n) };
            s.fill(0.0);
            for ((x, m), row) in population[k * n..(k + 1) * n].iter().zip(mean).zip(inverse.chunks_exact(n))
            {
                add(s, (x.to_f64() - m) / sigma, row);
            }
        });
    }

    /// M = Σ uₖ sₖ sₖᵀ, as Σ uₖ = 0; then its eigenvalues and eigenvectors.
    fn gather(&mut self) {
        let (n, s, shares, natural) =
            (self.mean.len(), &self.s, &self.nes.shares, Shared::of(&mut self.natural));
        self.threads.for_each(n, &|i| {
            // SAFETY: rows are disjoint, and each is handled by one task.
            let row = unsafe { natural.slice(i * n..i * n + i + 1) };
            row.fill(0.0);
            for (u, s) in shares.iter().zip(s.chunks_exact(n)) {
                add(row, u * s[i], &s[..=i]);
            }
        });
        for i in 0..n {
            (0..i).for_each(|j| self.natural[j * n + i] = self.natural[i * n + j]);
        }
    }

    /// matrix ← matrix · exp(sign · η / 2 · (M − tr M / n · I)), M by its eigenvalues.
    fn stretch(&mut self, inverse: bool, trace: f64) {
        let n = self.mean.len();
        let factor = if inverse { -0.5 * self.rate } else { 0.5 * self.rate };
        let matrix = Shared::of(if inverse { &mut self.inverse } else { &mut self.shape });
        let (vectors, values, along) = (&self.natural, &self.values, Shared::of(&mut self.along));
        self.threads.for_each(n, &|i| {
            // SAFETY: rows are disjoint, and each is handled by one task.
            let (row, along) = unsafe { (matrix.slice(i * n..(i + 1) * n), along.slice(i * n..(i + 1) * n)) };
            for ((t, v), value) in along.iter_mut().zip(vectors.chunks_exact(n)).zip(values) {
                *t = dot(row, v) * exp64(factor * (value - trace / n as f64));
            }
            row.fill(0.0);
            for (t, v) in along.iter().zip(vectors.chunks_exact(n)) {
                add(row, *t, v);
            }
        });
    }
}

impl<R: Number> Evolver<R> for Search<R> {
    fn members(&self) -> usize {
        self.nes.lambda
    }

    fn begin(&mut self, theta: &[R]) {
        let n = self.mean.len();
        self.nes.begin(theta);
        self.mean.iter_mut().zip(theta).for_each(|(m, x)| *m = x.to_f64());
        self.sigma = [self.nes.sigma];
        for matrix in [&mut self.shape, &mut self.inverse] {
            matrix.fill(0.0);
            matrix.iter_mut().step_by(n + 1).for_each(|x| *x = 1.0);
        }
    }

    fn ask(&mut self, population: &mut [R]) {
        let (n, generation, sigma) = (self.mean.len(), self.nes.course.generation(), self.sigma[0]);
        let (mean, shape, draws) = (&self.mean, &self.shape, self.draws);
        let (members, s) = (Shared::of(population), Shared::of(&mut self.s));
        self.threads.for_each(self.nes.lambda, &|k| {
            // SAFETY: members are disjoint, and each is handled by one task.
            let (x, s) = unsafe { (members.slice(k * n..(k + 1) * n), s.slice(k * n..(k + 1) * n)) };
            normals(&mut draws.at(generation, Purpose::Noise, k), s);
            for ((x, m), row) in x.iter_mut().zip(mean).zip(shape.chunks_exact(n)) {
                *x = R::of(m + sigma * dot(row, s));
            }
        });
    }

    fn tell(&mut self, population: &[R], losses: &[R]) {
        let n = self.mean.len();
        if !self.nes.tell(population, losses) {
            return;
        }
        self.normalise(population);
        self.gather();
        let trace: f64 = (0..n).map(|i| self.natural[i * (n + 1)]).sum();
        self.step.fill(0.0);
        for (u, s) in self.nes.shares.iter().zip(self.s.chunks_exact(n)) {
            add(&mut self.step, *u, s);
        }
        for (m, row) in self.mean.iter_mut().zip(self.shape.chunks_exact(n)) {
            *m += self.nes.mean_rate * self.sigma[0] * dot(row, &self.step);
        }
        self.sigma[0] *= exp64(0.5 * self.rate * trace / n as f64);
        if decompose(&mut self.natural, &mut self.values, &mut self.spare) {
            self.stretch(false, trace);
            self.stretch(true, trace);
        } else {
            self.nes.course.end(Reason::IllConditioned);
        }
        let (shape, sigma) = (&self.shape, self.sigma[0]);
        let deviation = |i: usize| {
            let row = &shape[i * n..(i + 1) * n];
            sigma * dot(row, row).sqrt()
        };
        self.nes.judge(&self.mean, deviation);
    }

    fn answer(&self, theta: &mut [R]) {
        self.nes.answer(&self.mean, theta);
    }

    fn ended(&self) -> Option<Reason> {
        self.nes.course.ended(self.nes.lambda)
    }

    fn diversity(&self) -> f64 {
        self.sigma[0] * (dot(&self.shape, &self.shape) / self.mean.len() as f64).sqrt()
    }

    fn made(&self) -> Made {
        let (n, sigma) = (self.mean.len(), self.sigma[0]);
        let row = |i: usize| &self.shape[i * n..(i + 1) * n];
        // σ² B Bᵀ
        let covariance = (0..n * n).map(|k| sigma * sigma * dot(row(k / n), row(k % n))).collect();
        Made::Drawn { mean: self.mean.clone(), covariance, sigma: Some(sigma), path: None }
    }

    fn shares(&self) -> Vec<f64> {
        self.nes.shares.clone()
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let mut state = self.nes.state();
        for (name, numbers) in
            [("mean", &mut self.mean), ("shape", &mut self.shape), ("inverse", &mut self.inverse)]
        {
            state.push((name.into(), Slot::Double(numbers)));
        }
        state.push(("sigma".into(), Slot::Double(&mut self.sigma)));
        state
    }
}
