//! The way back: the ops in reverse. The slopes of θ go into a vector, or into a sink as soon as they are there.

use super::memory::{Pieces, Span};
use super::profile::Lap;
use super::{MAX_INPUTS, Place, Plan, Run, read};
use crate::op::{Backward, Gradient, HandOver, InBlocks, Inlet};
use crate::optimizer::{Back, Sink};
use crate::sink::{hand_over, hand_over_zeros};

impl Plan {
    /// ∂L/∂θ of the last way forward, which was at the same θ.
    pub(super) fn slopes(&mut self, theta: &[f32], grad: &mut [f32]) {
        assert_eq!(grad.len(), theta.len(), "the gradient must be as long as θ");
        for part in &self.unused {
            grad[part.range()].fill(0.0);
        }
        let grad = Pieces::of(grad);
        // SAFETY: parts of θ do not overlap, and the gradient is borrowed.
        let slopes = |part: Span| unsafe { grad.write(part) };
        self.go_back(|plan, run, pieces| plan.op_back(run, pieces, theta, |_, part| Some(slopes(part))));
    }

    /// Begins at the loss and does something for each op that has a way back, the last first.
    fn go_back(&mut self, mut task: impl FnMut(&Plan, &Run, Pieces)) {
        let (_, slope) = self.loss.expect("a plan made with Plan::training has a loss");
        // No slope at all where nothing depends on a weight.
        self.block.slice(slope).fill(1.0);
        let (pieces, mut watched) = (self.block.pieces(), std::mem::take(&mut self.watched));
        for (i, run) in self.runs.iter().enumerate().rev().filter(|(_, run)| run.dy.len > 0) {
            Lap::time(watched.get_mut(i).map(|w| &mut w.back), || task(self, run, pieces));
        }
        self.watched = watched;
    }

    /// The way back of one op. `weights` says where the slopes of which of its inputs go that is part of θ, if anywhere.
    fn op_back<'a>(
        &self,
        run: &Run,
        pieces: Pieces,
        theta: &[f32],
        weights: impl Fn(usize, Span) -> Option<&'a mut [f32]>,
    ) {
        let x = run.x.map(|place| read(place, pieces, pieces, (theta, &self.memory)));
        let mut dx: [Option<Gradient>; MAX_INPUTS] = std::array::from_fn(|slot| {
            let (place, add) = run.dx[slot]?;
            let to = match place {
                // SAFETY: `settle` keeps apart all that is in use at one time.
                Place::Memory(span) | Place::Batch(span) => unsafe { pieces.write(span) },
                Place::Weights(span) => weights(slot, span)?,
                Place::Remembered(_) => unreachable!("a memory has no slope"),
            };
            Some(Gradient { to, add })
        });
        // SAFETY: as above.
        let (y, keep, dy) = unsafe { (pieces.read(run.y), pieces.write(run.keep), pieces.write(run.dy)) };
        run.op.backward(Backward {
            shapes: &run.shapes[..run.arity],
            x: &x[..run.arity],
            y,
            keep,
            dy,
            ready: run.ready,
            dx: &mut dx[..run.arity],
            through: run.through,
            moment: self.moment,
            id: run.id,
            threads: &self.threads,
        });
    }

    /// What an op that has gone back hands over in blocks.
    fn op_hands_over(&self, run: &Run, pieces: Pieces, op: &dyn InBlocks, into: Inlet) {
        let x = run.x.map(|place| match place {
            Place::Weights(_) => &[],
            _ => read(place, pieces, pieces, (&[], &self.memory)),
        });
        // SAFETY: `settle` keeps apart all that is in use at one time.
        let (y, keep, dy) = unsafe { (pieces.read(run.y), pieces.write(run.keep), pieces.write(run.dy)) };
        op.hand_over(HandOver {
            shapes: &run.shapes[..run.arity],
            x: &x[..run.arity],
            y,
            keep,
            dy,
            into,
            moment: self.moment,
            id: run.id,
            threads: &self.threads,
        });
    }
}

impl Back for Plan {
    fn back(&mut self, theta: &mut [f32], sink: &dyn Sink) {
        assert_eq!(theta.len(), self.layout.weights(), "θ must be as long as the layout says");
        for part in &self.unused {
            hand_over_zeros(sink, part.at, &mut theta[part.range()]);
        }
        self.go_back(|plan, run, pieces| {
            // SAFETY: `settle` keeps apart all that is in use at one time.
            let room = |span: Span| unsafe { pieces.write(span) };
            plan.op_back(run, pieces, theta, |slot, _| run.rooms[slot].map(|of| room(of.span)));
            for (dx, wait) in run.dx.iter().zip(run.rooms) {
                let Some((Place::Weights(part), _)) = *dx else { continue };
                let weights = &mut theta[part.range()];
                match (wait, run.op.in_blocks()) {
                    (Some(of), _) if of.last => {
                        hand_over(sink, part.at, weights, room(of.span), &plan.threads);
                    }
                    (Some(_), _) => {}
                    (None, Some(op)) => {
                        plan.op_hands_over(run, pieces, op, Inlet::new(sink, part.at, weights))
                    }
                    (None, None) => unreachable!("`settle` gives a room to what does not go in blocks"),
                }
            }
        });
    }
}
