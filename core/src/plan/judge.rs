//! The losses of a population: members shared among the threads, each thread with a block of memory of its own.
//!
//! Which thread judges which member is chance, but a member's loss is computed by one thread in one order, from θ and
//! the batch alone: its bits are those of [`Plan::loss`](super::Plan) on any number of threads.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::memory::{Block, Span};
use super::{MAX_INPUTS, Place, Plan, read};
use crate::op::Forward;
use crate::optimizer::Objective;
use crate::threads::{Shared, Threads};

/// Where an op reads and writes on a way forward without a way back.
pub(super) struct Aside {
    pub x: [Place; MAX_INPUTS],
    pub y: Span,
    pub keep: Span,
}

/// Memory to judge with.
pub(super) struct Bench {
    loss: Option<Span>,
    floats: usize,
    /// One for each thread, once they are needed.
    blocks: Vec<Block>,
    /// What the ops are given: a member is judged by one thread.
    alone: Threads,
}

impl Bench {
    pub fn new(loss: Option<Span>, floats: usize) -> Bench {
        Bench { loss, floats, blocks: Vec::new(), alone: Threads::new(1) }
    }
}

impl Plan {
    /// Makes the memory that judging a population needs, so that it allocates nothing later.
    pub fn prepare(&mut self) {
        let Bench { floats, blocks, .. } = &mut self.bench;
        blocks.resize_with(self.threads.count(), || Block::new(*floats));
    }

    pub(super) fn judge(&mut self, population: &[f32], losses: &mut [f32]) {
        let (weights, members) = (self.layout.weights(), losses.len());
        assert_eq!(population.len(), weights * members, "a population must be so many θ");
        let loss = self.bench.loss.expect("a plan made with Plan::training has a loss");
        let theta = |k: usize| &population[k * weights..(k + 1) * weights];
        if members < self.threads.count() {
            // Too few for all threads: let them share each.
            return losses.iter_mut().enumerate().for_each(|(k, to)| *to = self.loss(theta(k)));
        }
        if self.bench.blocks.is_empty() {
            self.prepare();
        }
        let batch = self.block.pieces();
        let next = AtomicUsize::new(0);
        let (losses, blocks) = (Shared::of(losses), Shared::of(&mut self.bench.blocks));
        let (runs, moment, alone, memory) = (&self.runs, self.moment, &self.bench.alone, &self.memory);
        self.threads.for_each(self.threads.count(), &|worker| {
            // SAFETY: each worker has its own block.
            let pieces = unsafe { blocks.slice(worker..worker + 1) }[0].pieces();
            loop {
                let k = next.fetch_add(1, Relaxed);
                if k >= members {
                    return;
                }
                for run in runs {
                    let x = run.aside.x.map(|place| read(place, pieces, batch, (theta(k), memory)));
                    // SAFETY: `settle` keeps apart all that is in use at one time; the batch is only read.
                    let (y, keep) = unsafe { (pieces.write(run.aside.y), pieces.write(run.aside.keep)) };
                    run.op.forward(Forward {
                        shapes: &run.shapes[..run.arity],
                        x: &x[..run.arity],
                        y,
                        keep,
                        moment,
                        id: run.id,
                        threads: alone,
                    });
                }
                // SAFETY: each member is taken by one worker; the ops are done.
                unsafe { losses.slice(k..k + 1)[0] = pieces.read(loss)[0] };
            }
        });
    }
}
