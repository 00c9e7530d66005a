//! From examples to the plan's batch.

use super::reader::{WORTH_A_THREAD, write_target};
use crate::op::Shape;
use crate::plan::Plan;
use crate::rng::Rng;
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
    /// How they lie: for pictures [height, width, channels], which they must be to be changed by
    /// [`crate::augmentations`]; else all in a row.
    fn shape(&self) -> Shape {
        Shape::new(&[self.inputs()])
    }
    /// Whether reading an example takes much longer than copying its numbers: then batches are read ahead, on a thread of
    /// their own.
    fn is_costly(&self) -> bool {
        false
    }
    /// How many classes there are; 0 where a number is to be said of each example: its [`Samples::value`].
    fn classes(&self) -> usize;
    /// The class of example `index`, 0 … classes − 1; 0 where there are none.
    fn class(&self, index: usize) -> usize;
    /// The number to be said of example `index`: that of its class, where there are classes.
    fn value(&self, index: usize) -> f32 {
        self.class(index) as f32
    }
    /// Writes what is right for example `index`, as many numbers as its model has [targets](crate::network::Model::targets):
    /// its value, or a 1 among zeros.
    fn write_target(&self, index: usize, target: &mut [f32]) {
        match target {
            [target] => *target = self.value(index),
            _ => write_target(self.class(index), target),
        }
    }
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

/// Changes the numbers of the example of a row.
pub(super) type Look<'l> = dyn Fn(usize, &mut [f32]) + Sync + 'l;

/// Puts examples `indices` where the plan reads them, as they are, or as `look` then changes each.
pub(super) fn fill(
    plan: &mut Plan,
    data: &dyn Samples,
    indices: &[u32],
    threads: &Threads,
    look: Option<&Look<'_>>,
) {
    let inputs = data.inputs();
    let rows = Shared::of(plan.data("input"));
    let read = |i: usize| {
        // SAFETY: rows are disjoint.
        let row = unsafe { rows.slice(i * inputs..(i + 1) * inputs) };
        data.read(indices[i] as usize, row);
        if let Some(look) = look {
            look(i, row);
        }
    };
    if inputs * indices.len() < WORTH_A_THREAD {
        (0..indices.len()).for_each(read);
    } else {
        threads.for_each(indices.len(), &read);
    }
    let targets = plan.data("target").len() / indices.len();
    for (target, i) in plan.data("target").chunks_exact_mut(targets).zip(indices) {
        data.write_target(*i as usize, target);
    }
    for (weight, i) in plan.data("weight").iter_mut().zip(indices) {
        *weight = data.weight(*i as usize);
    }
}
