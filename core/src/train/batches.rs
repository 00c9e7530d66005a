//! From examples to the plan's batch.

use crate::network::Model;
use crate::plan::Plan;
use crate::rng::{Rng, Stream};
use crate::threads::{Shared, Threads};

/// Labelled examples, found by number. Reading one is independent of all others.
pub trait Samples: Send + Sync {
    /// How many.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Numbers per example.
    fn inputs(&self) -> usize;
    /// How many classes there are.
    fn classes(&self) -> usize;
    /// The class of example `index`, 0 … classes − 1.
    fn class(&self, index: usize) -> usize;
    /// Writes the inputs of example `index`.
    fn read(&self, index: usize, into: &mut [f32]);
    /// As [`Samples::read`], while training: may change the example at random, by draws of `rng` alone, so that it is
    /// seen a little different in every epoch.
    fn read_varied(&self, index: usize, _rng: &mut Rng, into: &mut [f32]) {
        self.read(index, into);
    }
    /// How much example `index` counts.
    fn weight(&self, _index: usize) -> f32 {
        1.0
    }
}

/// Which examples are for what.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// The weights are fitted to these.
    pub train: Vec<u32>,
    /// Decisions (when to stop, which weights are best) are made by these.
    pub validation: Vec<u32>,
    /// The final score is measured on these; nothing is decided by them.
    pub test: Vec<u32>,
}

/// Puts examples `indices` where the plan reads them: as they are, or varied by (seed, epoch). The draws of an example
/// are keyed by its number, not by its place in the order.
pub(super) fn fill(
    plan: &mut Plan,
    model: &Model,
    data: &dyn Samples,
    indices: &[u32],
    class_weights: &[f32],
    varied: Option<(u64, u64)>,
    threads: &Threads,
) {
    let inputs = model.inputs;
    let rows = Shared::of(plan.data("input"));
    let read = |i: usize| {
        // SAFETY: rows are disjoint.
        let row = unsafe { rows.slice(i * inputs..(i + 1) * inputs) };
        match varied {
            None => data.read(indices[i] as usize, row),
            Some((seed, epoch)) => {
                let mut rng = Rng::new(seed, Stream::Augment, epoch << 32 | indices[i] as u64);
                data.read_varied(indices[i] as usize, &mut rng, row);
            }
        }
    };
    // Waking a thread costs about as much as reading some thousand numbers.
    if inputs * indices.len() < 20_000 {
        (0..indices.len()).for_each(read);
    } else {
        threads.for_each(indices.len(), &read);
    }
    let targets = model.targets();
    for (target, i) in plan.data("target").chunks_exact_mut(targets).zip(indices) {
        model.write_target(data.class(*i as usize), target);
    }
    for (weight, i) in plan.data("weight").iter_mut().zip(indices) {
        *weight = data.weight(*i as usize) * class_weights[data.class(*i as usize)];
    }
}
