//! Separable natural evolution strategy.

use super::nes::{Nes, PARAMETERS};
use super::{Draws, Evolver, Made, MakeEvolver, Purpose, normals};
use crate::elementary::{exp64, ln64};
use crate::optimizer::{Reason, Setup};
use crate::optimizers::{Dialect, Entry, Family, Maker};
use crate::real::{Number, Slot};
use crate::threads::{Shared, Threads};
use crate::words::Values;

pub(crate) const ROW: Entry = Entry {
    name: "snes",
    about: "follows the natural gradient of the expected loss, with a deviation for each weight; for any number of weights",
    paper: "Schaul, Glasmachers & Schmidhuber 2011; Wierstra et al. 2014, Natural Evolution Strategies, JMLR 15, algorithm 6",
    family: Family::Evolution,
    dialects: &[Dialect {
        name: "paper",
        about: "η_σ = (3 + ln n) / (5 √n) unless given",
        formula: "xₖ = m + σ sₖ, sₖ ~ N(0, I)\nm ← m + η_m σ Σ uₖ sₖ\nσ ← σ exp(η_σ / 2 · Σ uₖ (sₖ² − 1))",
        learning_rate: 1.0,
        parameters: PARAMETERS,
        make: Maker::evolver::<Snes>(),
    }],
};

/// SNES, [Wierstra et al. 2014](https://jmlr.org/papers/v15/wierstra14a.html), algorithm 6.
///
/// ```text
/// xₖ = m + σ sₖ, sₖ ~ N(0, I)                            k = 1 … λ, weight by weight
/// uₖ = max(0, ln(λ/2 + 1) − ln rank(k)) / Σ − 1/λ         rank 1 has the least loss
/// m ← m + η_m σ Σ uₖ sₖ
/// σ ← σ exp(η_σ / 2 · Σ uₖ (sₖ² − 1))                     η_σ = (3 + ln n) / (5 √n)
/// ```
///
/// `population` λ ≥ 2 (0: 4 + ⌊3 ln n⌋); `sigma` σ > 0, at the start; `mean_rate` η_m; `sigma_rate` η_σ. It ends when
/// losses lie within `tolfun` or stagnate ([`Reason::Stalled`]), when all steps are below `tolx` σ₀ or without effect
/// in θ's digits ([`Reason::TinySteps`]), and by `target`, `budget` and `patience` as [`Course`](super::Course) says.
/// The answer is m; once the target is met, the member that met it.
pub struct Snes;

impl MakeEvolver for Snes {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Evolver<R>> {
        let n = setup.weights();
        let nes = Nes::of(values, setup);
        let usual = (3.0 + ln64(n.max(1) as f64)) / (5.0 * (n as f64).sqrt());
        let sigma_rate = if nes.sigma_rate > 0.0 { nes.sigma_rate } else { usual };
        Box::new(Search::<R> {
            nes,
            sigma_rate,
            mean: vec![0.0; n],
            sigma: vec![0.0; n],
            draws: Draws::of(setup.seed),
            threads: setup.threads.clone(),
        })
    }
}

struct Search<R: Number> {
    nes: Nes<R>,
    sigma_rate: f64,
    mean: Vec<f64>,
    sigma: Vec<f64>,
    draws: Draws,
    threads: Threads,
}

/// Weights that one task moves.
const WEIGHTS: usize = 64;

impl<R: Number> Evolver<R> for Search<R> {
    fn members(&self) -> usize {
        self.nes.lambda
    }

    fn begin(&mut self, theta: &[R]) {
        self.nes.begin(theta);
        self.mean.iter_mut().zip(theta).for_each(|(m, x)| *m = x.to_f64());
        self.sigma.fill(self.nes.sigma);
    }

    fn ask(&mut self, population: &mut [R]) {
        let (n, generation, members) =
            (self.mean.len(), self.nes.course.generation(), Shared::of(population));
        let (mean, sigma, draws) = (&self.mean, &self.sigma, self.draws);
        self.threads.for_each(self.nes.lambda, &|k| {
            // SAFETY: members are disjoint, and each is written by one task.
            let x = unsafe { members.slice(k * n..(k + 1) * n) };
            normals(&mut draws.at(generation, Purpose::Noise, k), x);
            x.iter_mut().zip(mean).zip(sigma).for_each(|((x, m), sigma)| *x = R::of(m + sigma * x.to_f64()));
        });
    }

    fn tell(&mut self, population: &[R], losses: &[R]) {
        if !self.nes.tell(population, losses) {
            return;
        }
        let (n, shares) = (self.mean.len(), &self.nes.shares);
        let (mean_rate, sigma_rate) = (self.nes.mean_rate, self.sigma_rate);
        let (mean, sigma) = (Shared::of(&mut self.mean), Shared::of(&mut self.sigma));
        self.threads.for_each(n.div_ceil(WEIGHTS), &|block| {
            let some = block * WEIGHTS..n.min((block + 1) * WEIGHTS);
            // SAFETY: stretches are disjoint, and each is handled by one task.
            let (mean, sigma) = unsafe { (mean.slice(some.clone()), sigma.slice(some.clone())) };
            let (mut along, mut wide) = ([0.0; WEIGHTS], [0.0; WEIGHTS]);
            for (u, x) in shares.iter().zip(population.chunks_exact(n)) {
                for (i, x) in x[some.clone()].iter().enumerate() {
                    let s = (x.to_f64() - mean[i]) / sigma[i];
                    along[i] += u * s;
                    wide[i] += u * (s * s - 1.0);
                }
            }
            for (i, (m, sigma)) in mean.iter_mut().zip(sigma).enumerate() {
                *m += mean_rate * *sigma * along[i];
                *sigma *= exp64(0.5 * sigma_rate * wide[i]);
            }
        });
        self.nes.judge(&self.mean, |i| self.sigma[i]);
    }

    fn answer(&self, theta: &mut [R]) {
        self.nes.answer(&self.mean, theta);
    }

    fn ended(&self) -> Option<Reason> {
        self.nes.course.ended(self.nes.lambda)
    }

    fn diversity(&self) -> f64 {
        (self.sigma.iter().map(|s| s * s).sum::<f64>() / self.sigma.len() as f64).sqrt()
    }

    fn made(&self) -> Made {
        let covariance = self.sigma.iter().map(|s| s * s).collect();
        Made::Drawn { mean: self.mean.clone(), covariance, sigma: None, path: None }
    }

    fn shares(&self) -> Vec<f64> {
        self.nes.shares.clone()
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let mut state = self.nes.state();
        state.push(("mean".into(), Slot::Double(&mut self.mean)));
        state.push(("sigma".into(), Slot::Double(&mut self.sigma)));
        state
    }
}
