//! How a child's genes change, one way per file. A new one: its file, its `mod` line, its row in the table.

mod gaussian;
mod polynomial;
mod self_adaptive;
mod uniform;

pub use {gaussian::Gaussian, polynomial::Polynomial, self_adaptive::SelfAdaptive, uniform::UniformMutation};

use crate::elementary::{above_zero, ln, ln64};
use crate::kernels::{Loop, widest};
use crate::real::Number;
use crate::rng::Rng;
use crate::words::Values;

/// A named mutation.
pub struct Entry {
    /// As `mutation=` writes it.
    pub name: &'static str,
    /// In one line.
    pub about: &'static str,
    /// What becomes of a gene that mutates.
    pub formula: &'static str,
    /// Where it is from.
    pub paper: &'static str,
    /// Makes it from the parameters of the genetic algorithm.
    pub make: fn(&Values) -> Box<dyn Mutation>,
}

/// What `mutation=` accepts.
pub static MUTATIONS: &[Entry] = &[gaussian::ROW, uniform::ROW, polynomial::ROW, self_adaptive::ROW];

/// Their names, the default first.
pub(crate) const NAMES: &[&str] = &["gaussian", "uniform", "polynomial", "self_adaptive"];

/// Changes genes.
pub trait Mutation: Send + Sync {
    /// Fills with changes of strength 1.
    fn changes(&self, rng: &mut Rng, into: &mut [f32]);

    /// How strongly a child mutates: what it inherited, unless that evolves too. `genes`: how many mutate on average.
    fn strength(&self, _rng: &mut Rng, inherited: f64, _genes: f64) -> f64 {
        inherited
    }
}

/// Genes changed at a time.
const BLOCK: usize = 128;

/// Changes each gene with probability `rate`, by `strength` times a change. The genes are found by the gaps between
/// them, which are geometric: ⌊ln u / ln(1 − rate)⌋ are left out before each. So few mutations take little time. How many
/// were changed.
pub fn mutate<R: Number>(
    mutation: &dyn Mutation,
    rate: f64,
    strength: f64,
    rng: &mut Rng,
    genes: &mut [R],
) -> usize {
    let (strength, mut changes) = (R::of(strength), [0.0; BLOCK]);
    let change = |gene: &mut R, by: f32| *gene = *gene + strength * R::of(by as f64);
    if rate >= 1.0 {
        for genes in genes.chunks_mut(BLOCK) {
            let changes = &mut changes[..genes.len()];
            mutation.changes(rng, changes);
            genes.iter_mut().zip(changes).for_each(|(gene, by)| change(gene, *by));
        }
        return genes.len();
    }
    let mut changed = 0;
    if rate > 0.0 {
        let (mut at, mut draws, mut gaps) = (0, [0; BLOCK], [0.0; BLOCK]);
        // ln(1 − rate), which is −rate where 1 − rate has lost its digits.
        let scale = (1.0 / if rate < 1e-8 { -rate } else { ln64(1.0 - rate) }) as f32;
        // A little more than are likely to be needed, at most a block at a time.
        while at < genes.len() {
            let few = BLOCK.min(((genes.len() - at) as f64 * rate * 1.2) as usize + 4);
            let (draws, gaps, changes) = (&mut draws[..few], &mut gaps[..few], &mut changes[..few]);
            rng.fill(draws);
            widest(Gaps { draws, gaps, scale });
            mutation.changes(rng, changes);
            for (gap, by) in gaps.iter().zip(changes) {
                at = at.saturating_add(*gap as usize);
                let Some(gene) = genes.get_mut(at) else { break };
                change(gene, *by);
                (at, changed) = (at + 1, changed + 1);
            }
        }
    }
    changed
}

/// ln u / ln(1 − rate)
struct Gaps<'a> {
    draws: &'a [u32],
    gaps: &'a mut [f32],
    scale: f32,
}

impl Loop for Gaps<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        for (gap, u) in self.gaps.iter_mut().zip(self.draws) {
            *gap = ln(above_zero(*u)) * self.scale;
        }
    }
}
