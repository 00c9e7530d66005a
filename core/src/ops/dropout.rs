//! Dropout, [Srivastava et al. 2014](https://jmlr.org/papers/v15/srivastava14a.html), in the inverted form.
//!
//! ```text
//! training:  y = x m / (1 − p)     m = 1 with probability 1 − p, else 0, drawn anew each step
//! use:       y = x
//!
//! dx = dy m / (1 − p)
//! ```
//!
//! The draw is keyed by (seed, step, op, element): asking twice within a step gives the same mask, on any
//! number of threads.

use crate::error::{Error, Result};
use crate::gradients::Expression;
use crate::op::{Backward, Exact, ExactForward, Forward, Moment, Op, Shape, Written};
use crate::rng::{Rng, Stream};
use crate::threads::Shared;

/// Drops each input with probability p while training.
pub struct Dropout {
    /// p, in [0, 1).
    pub probability: f32,
}

/// Numbers handled by one task. Fixed, so that results never depend on the number of threads.
const CHUNK: usize = 8192;

impl Dropout {
    /// The mask of one chunk: m / (1 − p).
    fn rng(moment: Moment, id: usize, chunk: usize) -> Rng {
        let mut rng = Rng::new(moment.seed, Stream::Dropout, moment.step << 16 | id as u64);
        rng.seek((chunk * CHUNK) as u64);
        rng
    }
}

impl Op for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        match inputs {
            [x] => Ok(*x),
            _ => Err(Error::Shape {
                op: self.name().into(),
                inputs: inputs.to_vec(),
                needs: "one value".into(),
            }),
        }
    }

    fn forward(&self, run: Forward) {
        if !run.moment.training {
            return run.y.copy_from_slice(run.x[0]);
        }
        let (x, size) = (run.x[0], run.y.len());
        let y = Shared::of(run.y);
        let scale = 1.0 / (1.0 - self.probability);
        run.threads.for_each(size.div_ceil(CHUNK), &|chunk| {
            let range = chunk * CHUNK..size.min((chunk + 1) * CHUNK);
            let mut rng = Dropout::rng(run.moment, run.id, chunk);
            // SAFETY: chunks are disjoint.
            let y = unsafe { y.slice(range.clone()) };
            for (y, x) in y.iter_mut().zip(&x[range]) {
                *y = if rng.uniform() >= self.probability { x * scale } else { 0.0 };
            }
        });
    }

    fn backward(&self, run: Backward) {
        let Some(dx) = &mut run.dx[0] else { return };
        let (dy, size, add) = (&*run.dy, run.dy.len(), dx.add);
        let to = Shared::of(dx.to);
        let scale = 1.0 / (1.0 - self.probability);
        run.threads.for_each(size.div_ceil(CHUNK), &|chunk| {
            let range = chunk * CHUNK..size.min((chunk + 1) * CHUNK);
            let mut rng = Dropout::rng(run.moment, run.id, chunk);
            // SAFETY: chunks are disjoint.
            let to = unsafe { to.slice(range.clone()) };
            for (to, dy) in to.iter_mut().zip(&dy[range]) {
                let slope = if !run.moment.training {
                    *dy
                } else if rng.uniform() >= self.probability {
                    dy * scale
                } else {
                    0.0
                };
                *to = if add { *to + slope } else { slope };
            }
        });
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    fn formula(&self, inputs: &[&[Expression]], training: bool) -> Written {
        if training && self.probability > 0.0 {
            return Err(format!("dropout {} is drawn anew in every step", self.probability));
        }
        Ok(inputs[0].to_vec())
    }
}

impl Exact for Dropout {
    fn forward(&self, run: ExactForward) {
        run.y.copy_from_slice(run.x[0]);
        if !run.moment.training {
            return;
        }
        let scale = (1.0 / (1.0 - self.probability)) as f64;
        for (chunk, y) in run.y.chunks_mut(CHUNK).enumerate() {
            let mut rng = Dropout::rng(run.moment, run.id, chunk);
            y.iter_mut().for_each(|y| *y *= if rng.uniform() >= self.probability { scale } else { 0.0 });
        }
    }
}
