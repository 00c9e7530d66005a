//! Dropout, [Srivastava et al. 2014](https://jmlr.org/papers/v15/srivastava14a.html), in the inverted form.
//!
//! ```text
//! training:  y = x m / (1 − p)     m = 1 with probability 1 − p, else 0, drawn anew each step
//! use:       y = x
//!
//! dx = dy m / (1 − p)
//! ```
//!
//! The draw is keyed by (seed, step, op, element of the step's batch): asking twice within a step gives the same mask, on
//! any number of threads, and so does a batch taken in parts.

use std::hint::select_unpredictable;
use std::ops::Range;

use crate::error::{Error, Result};
use crate::gradients::Expression;
use crate::kernels::{Loop, widest};
use crate::onnx::{Form, Value};
use crate::op::{Backward, Exact, ExactForward, Forward, Moment, Op, Shape, Written};
use crate::rng::{MANY, Rng, Stream};
use crate::threads::Shared;

/// Drops each input with probability p while training.
pub struct Dropout {
    /// p, in [0, 1).
    pub probability: f32,
}

/// Numbers handled by one task. Fixed, so that results never depend on the number of threads.
const CHUNK: usize = 8192;

impl Dropout {
    /// The draws of the elements of the whole batch from `first` to the end of its chunk.
    fn draws(moment: Moment, id: usize, first: usize) -> Rng {
        let mut rng = Rng::new(moment.seed, Stream::Dropout, moment.step << 16 | id as u64);
        rng.seek((first - first % CHUNK) as u64);
        rng.skip((first % CHUNK) as u64);
        rng
    }

    /// to ← (to +) from m / (1 − p), m by the next draws of `rng`, one for each element.
    fn pass(&self, mut rng: Rng, from: &[f32], to: &mut [f32], add: bool) {
        let (mut draws, probability) = ([0.0; MANY], self.probability);
        for (from, to) in from.chunks(MANY).zip(to.chunks_mut(MANY)) {
            let draws = &mut draws[..from.len()];
            rng.uniforms(draws);
            widest(Mask { draws, probability, from, to, add });
        }
    }
}

/// to ← (to +) from m / (1 − p), where m is 1 if a draw is no less than p, else 0.
struct Mask<'a> {
    draws: &'a [f32],
    probability: f32,
    from: &'a [f32],
    to: &'a mut [f32],
    add: bool,
}

impl Loop for Mask<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Mask { draws, probability, from, to, add } = self;
        let scale = 1.0 / (1.0 - probability);
        for ((to, from), draw) in to.iter_mut().zip(from).zip(draws) {
            // No jump that depends on a draw: half of them would be foretold wrongly.
            let kept = select_unpredictable(*draw >= probability, from * scale, 0.0);
            *to = if add { *to + kept } else { kept };
        }
    }
}

/// A value's elements, cut where chunks of the whole batch end: the draws of an element do not depend on the parts that
/// the batch is taken in.
#[derive(Clone, Copy)]
struct Cuts {
    /// The batch's elements before these.
    before: usize,
    size: usize,
}

impl Cuts {
    fn of(shape: Shape, moment: Moment) -> Cuts {
        let row = shape.size() / shape.dims().first().map_or(1, |rows| (*rows).max(1));
        Cuts { before: moment.before as usize * row, size: shape.size() }
    }

    fn count(self) -> usize {
        (self.before + self.size).div_ceil(CHUNK) - self.before / CHUNK
    }

    /// The elements of one cut, counted from the first of these.
    fn range(self, cut: usize) -> Range<usize> {
        let end = (self.before / CHUNK + cut + 1) * CHUNK - self.before;
        end.saturating_sub(CHUNK)..end.min(self.size)
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

    fn examples(&self) -> usize {
        1
    }

    fn forward(&self, run: Forward) {
        if !run.moment.training {
            return run.y.copy_from_slice(run.x[0]);
        }
        let (x, cuts) = (run.x[0], Cuts::of(run.shapes[0], run.moment));
        let y = Shared::of(run.y);
        run.threads.for_each(cuts.count(), &|cut| {
            let range = cuts.range(cut);
            let rng = Dropout::draws(run.moment, run.id, cuts.before + range.start);
            // SAFETY: cuts are disjoint.
            let to = unsafe { y.slice(range.clone()) };
            self.pass(rng, &x[range], to, false);
        });
    }

    fn backward(&self, run: Backward) {
        let Some(dx) = &mut run.dx[0] else { return };
        let (dy, add, cuts) = (&*run.dy, dx.add, Cuts::of(run.shapes[0], run.moment));
        let to = Shared::of(dx.to);
        run.threads.for_each(cuts.count(), &|cut| {
            let range = cuts.range(cut);
            // SAFETY: cuts are disjoint.
            let to = unsafe { to.slice(range.clone()) };
            if run.moment.training {
                let rng = Dropout::draws(run.moment, run.id, cuts.before + range.start);
                return self.pass(rng, &dy[range], to, add);
            }
            for (to, dy) in to.iter_mut().zip(&dy[range]) {
                *to = if add { *to + dy } else { *dy };
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

    fn onnx(&self, form: Form) -> std::result::Result<Value, String> {
        form.value(0)
    }
}

impl Exact for Dropout {
    fn forward(&self, run: ExactForward) {
        run.y.copy_from_slice(run.x[0]);
        if !run.moment.training {
            return;
        }
        let scale = (1.0 / (1.0 - self.probability)) as f64;
        let cuts = Cuts::of(run.shapes[0], run.moment);
        for range in (0..cuts.count()).map(|cut| cuts.range(cut)) {
            let mut rng = Dropout::draws(run.moment, run.id, cuts.before + range.start);
            let y = &mut run.y[range];
            y.iter_mut().for_each(|y| *y *= if rng.uniform() >= self.probability { scale } else { 0.0 });
        }
    }
}
