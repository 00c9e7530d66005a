//! The losses of a population: members shared among the threads, each thread with a block of memory of its own.
//!
//! Which thread judges which member is chance, but a member's loss is computed by one thread in one order, from θ and
//! the batch alone: its bits are those of [`Plan::loss`](super::Plan) on any number of threads, as long as its weights are finite. A
//! thread takes several members side by side where ops that read the batch are faster so
//! ([`Op::together`](crate::op::Op::together)).

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::memory::{Block, Pieces, Span};
use super::{MAX_INPUTS, Place, Plan, Run, read};
use crate::kernels::TOGETHER;
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
    /// How many members a thread takes at a time.
    together: usize,
    /// So many for each thread, once they are needed.
    blocks: Vec<Block>,
    /// What the ops are given: a member is judged by one thread.
    alone: Threads,
}

impl Bench {
    /// `together`: what the ops that read the batch would like.
    pub fn new(loss: Option<Span>, floats: usize, together: usize) -> Bench {
        let together = together.min(NUMBERS / floats.max(1)).clamp(1, TOGETHER);
        Bench { loss, floats, together, blocks: Vec::new(), alone: Threads::new(1) }
    }
}

/// Members are taken together only if all their values are no more numbers than this.
const NUMBERS: usize = 1 << 22;

impl Plan {
    /// Makes the memory that judging a population needs, so that it allocates nothing later.
    pub fn prepare(&mut self) {
        let Bench { floats, together, blocks, .. } = &mut self.bench;
        blocks.resize_with(self.threads.count() * *together, || Block::new(*floats));
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
        let (next, team, room) = (AtomicUsize::new(0), self.threads.count(), self.bench.together);
        // Fewer at a time towards the end: all threads come to it together.
        let count = |first: usize| room.min((members - first).div_ceil(team));
        let (losses, blocks) = (Shared::of(losses), Shared::of(&mut self.bench.blocks));
        let (runs, moment, alone, memory) = (&self.runs, self.moment, &self.bench.alone, &self.memory);
        self.threads.for_each(team, &|worker| {
            // SAFETY: each worker has its own blocks.
            let blocks = unsafe { blocks.slice(worker * room..(worker + 1) * room) };
            let after = |first| (first < members).then(|| first + count(first));
            while let Ok(first) = next.fetch_update(Relaxed, Relaxed, after) {
                let blocks = &mut blocks[..count(first)];
                let inputs = |run: &Run, k: usize, own: Pieces| {
                    run.aside.x.map(|place| read(place, own, batch, (theta(first + k), memory)))
                };
                if let [block] = blocks {
                    let own = block.pieces();
                    for run in runs {
                        let x = inputs(run, 0, own);
                        // SAFETY: `settle` keeps apart all that is in use at one time; the batch is only read.
                        run.op.forward(unsafe { run.handed(&x, Some(own), moment, alone) });
                    }
                } else {
                    let mut own = [None; TOGETHER];
                    blocks.iter_mut().zip(&mut own).for_each(|(block, own)| *own = Some(block.pieces()));
                    for run in runs {
                        let x: [_; TOGETHER] = std::array::from_fn(|k| {
                            own[k].map_or([&[][..]; MAX_INPUTS], |own| inputs(run, k, own))
                        });
                        // SAFETY: as above.
                        let mut each: [_; TOGETHER] =
                            std::array::from_fn(|k| unsafe { run.handed(&x[k], own[k], moment, alone) });
                        run.op.forward_each(&mut each[..blocks.len()]);
                    }
                }
                // SAFETY: each member is taken by one worker; the ops are done.
                let losses = unsafe { losses.slice(first..first + blocks.len()) };
                losses.iter_mut().zip(&*blocks).for_each(|(to, block)| *to = block.read(loss)[0]);
            }
        });
    }
}
