//! What follows when a search distribution has nothing more to find: another, from somewhere else.

use super::{Draws, Purpose};
use crate::elementary::{exp64, ln64};
use crate::real::Slot;
use crate::words::{Parameter, Values};

/// How large the population of the next run is, and how wide it starts.
///
/// ```text
/// none    there is one run
/// ipop    λ ← 2 λ,  σ = σ₀                                             (Auger & Hansen 2005)
/// bipop   large runs as ipop; a small one whenever small runs have used fewer evaluations than large ones:
///         λ = ⌊λ₀ (λ_large / (2 λ₀))^(u²)⌋,  σ = σ₀ 10^(−2u′),  at most half the evaluations of the last large run,
///         u and u′ uniform in [0, 1); the first run counts as neither   (Hansen 2009)
/// ```
///
/// A run after the first starts at m = θ₀ + 2 σ₀ u, u uniform in [−1, 1)ⁿ: a box of whose width σ₀ is a quarter. Memory
/// for the largest population, λ₀ 2^`max_restarts`, is there from the beginning.
pub(crate) struct Restarts {
    how: How,
    most: usize,
    lambda: usize,
    sigma: f64,
    draws: Draws,
    /// Doublings made, evaluations of large runs, of small runs, the limit of the run under way (0: none), whether it is
    /// small.
    counts: [f64; 5],
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    None,
    Ipop,
    Bipop,
}

pub(crate) const RESTARTS: Parameter = Parameter::word(
    "restarts",
    &["none", "ipop", "bipop"],
    "what follows when a run has nothing more to find: the end, runs twice as large, or small ones between them too",
);
pub(crate) const MAX_RESTARTS: Parameter =
    Parameter::whole("max_restarts", "max_restarts", 9, (0, 20), "how often the population doubles");

/// A run that begins.
pub(crate) struct Run {
    pub lambda: usize,
    pub sigma: f64,
}

impl Restarts {
    /// As the parameters `restarts`, `max_restarts` and `sigma` say, from λ₀ = `lambda`.
    pub fn of(values: &Values, lambda: usize, seed: u64) -> Self {
        let how = match values.word("restarts") {
            "none" => How::None,
            "ipop" => How::Ipop,
            _ => How::Bipop,
        };
        let (most, sigma) = (values.whole("max_restarts"), values.get("sigma"));
        Restarts { how, most, lambda, sigma, draws: Draws::of(seed), counts: [0.0; 5] }
    }

    /// Whether there may be more than one run.
    pub fn are_made(&self) -> bool {
        self.how != How::None
    }

    /// The largest population there can be.
    pub fn largest(&self) -> usize {
        if self.are_made() { self.lambda << self.most } else { self.lambda }
    }

    /// The first run.
    pub fn begin(&mut self) -> Run {
        self.counts = [0.0; 5];
        Run { lambda: self.lambda, sigma: self.sigma }
    }

    /// Whether the run under way has used up what it was granted.
    pub fn over(&self, spent: f64) -> bool {
        self.counts[3] > 0.0 && spent >= self.counts[3]
    }

    /// The run after one that spent so many evaluations; none if that was the last. `generation`: of all runs.
    pub fn next(&mut self, spent: f64, generation: u64) -> Option<Run> {
        let [doublings, large, small, limit, is_small] = &mut self.counts;
        if *is_small == 1.0 {
            *small += spent;
        } else if *doublings > 0.0 {
            *large += spent;
        }
        if self.how == How::Bipop && *small < *large {
            let mut rng = self.draws.at(generation, Purpose::Start, 0);
            let (u, v) = (rng.uniform() as f64, rng.uniform() as f64);
            let half = 0.5 * (1u64 << *doublings as u64) as f64;
            let lambda = (self.lambda as f64 * exp64(u * u * ln64(half.max(1.0)))) as usize;
            // Half of what the last large run spent: it is what precedes the first small run after it.
            if *is_small == 0.0 {
                *limit = (0.5 * spent).max(1.0);
            }
            *is_small = 1.0;
            let sigma = self.sigma * exp64(-2.0 * std::f64::consts::LN_10 * v);
            return Some(Run { lambda: lambda.max(self.lambda), sigma });
        }
        if self.how == How::None || *doublings >= self.most as f64 {
            return None;
        }
        *doublings += 1.0;
        (*limit, *is_small) = (0.0, 0.0);
        Some(Run { lambda: self.lambda << *doublings as usize, sigma: self.sigma })
    }

    /// Where a run after the first starts, around θ₀.
    pub fn place(&self, generation: u64, start: &[f64], mean: &mut [f64]) {
        let mut rng = self.draws.at(generation, Purpose::Start, 1);
        for (m, x) in mean.iter_mut().zip(start) {
            *m = x + 2.0 * self.sigma * (2.0 * rng.uniform() as f64 - 1.0);
        }
    }

    /// For checkpoints.
    pub fn state(&mut self) -> (String, Slot<'_>) {
        ("restarts".into(), Slot::Double(&mut self.counts))
    }
}
