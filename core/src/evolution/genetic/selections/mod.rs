//! Who becomes a parent, one way per file. A new one: its file, its `mod` line, its row in the table.

mod rank;
mod roulette;
mod stochastic_universal;
mod tournament;
mod truncation;

pub use {
    rank::Rank, roulette::Roulette, stochastic_universal::StochasticUniversal, tournament::Tournament,
    truncation::Truncation,
};

use crate::evolution::{Draws, Purpose};
use crate::rng::Rng;
use crate::words::Values;

/// A named selection.
pub struct Entry {
    /// As `selection=` writes it.
    pub name: &'static str,
    /// In one line.
    pub about: &'static str,
    /// How often each member is chosen.
    pub formula: &'static str,
    /// Where it is from.
    pub paper: &'static str,
    /// Makes it from the parameters of the genetic algorithm.
    pub make: fn(&Values) -> Box<dyn Selection>,
}

/// What `selection=` accepts.
pub static SELECTIONS: &[Entry] =
    &[tournament::ROW, roulette::ROW, stochastic_universal::ROW, rank::ROW, truncation::ROW];

/// Their names, the default first.
pub(crate) const NAMES: &[&str] = &["tournament", "roulette", "stochastic_universal", "rank", "truncation"];

/// Those to choose from.
pub struct Pool<'a> {
    /// Of each member; what is not finite is worst.
    pub losses: &'a [f64],
    /// The members, best first.
    pub order: &'a [u32],
    /// Room for one number for each member.
    pub shares: &'a mut [f64],
    /// Where random numbers come from.
    pub draws: Draws,
    /// And for which generation.
    pub generation: u64,
}

impl Pool<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.losses.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.losses.is_empty()
    }

    /// The random numbers by which parent `k` is chosen.
    pub fn rng(&self, k: usize) -> Rng {
        self.draws.at(self.generation, Purpose::Select, k)
    }
}

/// Chooses parents.
pub trait Selection: Send + Sync {
    /// Fills `parents` with members of a pool that is not empty. Neighbours will mate.
    fn select(&self, pool: &mut Pool, parents: &mut [u32]);
}

/// Uniform in [0, 1), on a grid of 2⁻³².
pub(crate) fn unit(rng: &mut Rng) -> f64 {
    rng.bits() as f64 * (1.0 / 4_294_967_296.0)
}

/// Writes to `shares[i]` the sum of what members 0 to i weigh, worst loss − loss each; if all weigh nothing, each
/// finite one 1 (if none is finite, each 1). The total.
fn pile_up(pool: &mut Pool) -> f64 {
    let Pool { losses, shares, .. } = pool;
    let finite = || losses.iter().copied().filter(|l| l.is_finite());
    let worst = finite().fold(f64::NEG_INFINITY, f64::max);
    let all_equal = finite().all(|l| l == worst);
    let any = finite().next().is_some();
    let mut sum = 0.0;
    for (share, loss) in shares.iter_mut().zip(*losses) {
        sum += match (loss.is_finite(), all_equal) {
            (true, false) => worst - loss,
            (true, true) => 1.0,
            (false, _) => {
                if any {
                    0.0
                } else {
                    1.0
                }
            }
        };
        *share = sum;
    }
    sum
}

/// The first whose piled-up share lies above `at`.
fn owner(shares: &[f64], at: f64) -> u32 {
    let found = shares.partition_point(|s| *s <= at);
    // Rounding may put `at` on the total: then the last who weighs anything.
    let total = shares[shares.len() - 1];
    found.min(shares.partition_point(|s| *s < total)) as u32
}
