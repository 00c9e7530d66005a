//! Looking at one op at a time, while a plan runs forward.

use super::profile::Lap;
use super::{MAX_INPUTS, Place, Plan, Run, read};
use crate::layout::Layout;
use crate::op::{Backward, Exact, ExactForward, Forward, Gradient, Moment, Shape, Sides};
use crate::threads::Threads;

/// An op right after it ran, with all it takes to run it again, or back.
pub(crate) struct Probe<'a> {
    run: &'a Run,
    layout: &'a Layout,
    pub x: &'a [&'a [f32]],
    pub y: &'a [f32],
    keep: &'a [f32],
    moment: Moment,
    threads: &'a Threads,
}

impl Plan {
    /// Runs forward and shows each op right after it ran, but for those that go through a batch piece by piece, as only
    /// plans in use have.
    ///
    /// # Panics
    /// If θ has another length than the layout.
    pub(crate) fn visit(&mut self, theta: &[f32], see: &mut dyn FnMut(Probe)) {
        assert_eq!(theta.len(), self.layout.weights(), "θ must be as long as the layout says");
        let pieces = self.block.pieces();
        let mut stretches = self.stretches.iter_mut().peekable();
        let mut next = 0;
        while next < self.runs.len() {
            if let Some(stretch) = stretches.next_if(|stretch| stretch.runs.start == next) {
                let runs = &self.runs[stretch.runs.clone()];
                next = stretch.runs.end;
                stretch.forward(runs, pieces, (theta, &self.memory), self.moment, &self.threads);
                continue;
            }
            let (i, run) = (next, &self.runs[next]);
            next += 1;
            let x = run.x.map(|place| read(place, pieces, pieces, (theta, &self.memory)));
            // SAFETY: `settle` keeps apart all that is in use at one time.
            let (y, keep) = unsafe { (pieces.write(run.y), pieces.write(run.keep)) };
            let forward = Forward {
                shapes: &run.shapes[..run.arity],
                x: &x[..run.arity],
                y,
                keep,
                moment: self.moment,
                id: run.id,
                threads: &self.threads,
            };
            Lap::time(self.watched.get_mut(i).map(|w| &mut w.forward), || run.op.forward(forward));
            // SAFETY: the op is done with what it wrote; it stays until the next op runs.
            let (y, keep) = unsafe { (pieces.read(run.y), pieces.read(run.keep)) };
            let (x, moment, threads) = (&x[..run.arity], self.moment, &self.threads);
            see(Probe { run, layout: &self.layout, x, y, keep, moment, threads });
        }
    }
}

/// The result of an op.
pub struct Shown<'a> {
    /// The layer it belongs to, for example `2.dense`; `loss`.
    pub scope: &'a str,
    /// What the op is called.
    pub op: &'static str,
    /// The lengths, the batch first.
    pub shape: Shape,
    /// Row-major.
    pub values: &'a [f32],
}

impl Plan {
    /// Runs forward and shows the result of each op, in order: what the network makes of the batch, layer by layer.
    /// A plan for use does not show what goes through a large batch piece by piece; a plan for training shows all.
    ///
    /// # Panics
    /// If θ has another length than the layout.
    pub fn show(&mut self, theta: &[f32], see: &mut dyn FnMut(Shown)) {
        self.visit(theta, &mut |probe| {
            let shape = probe.run.op.shape(probe.shapes()).expect("settled when the plan was made");
            see(Shown { scope: probe.scope(), op: probe.op(), shape, values: probe.y });
        });
    }
}

impl Probe<'_> {
    /// The layer it belongs to.
    pub fn scope(&self) -> &str {
        &self.run.scope
    }

    /// What the op is called.
    pub fn op(&self) -> &'static str {
        self.run.op.name()
    }

    /// What input `slot` is called, if anybody wants the slope with respect to it.
    pub fn wanted(&self, slot: usize) -> Option<String> {
        match self.run.dx[slot]?.0 {
            Place::Weights(span) => self.layout.part_of(span.at).map(|part| part.name.clone()),
            Place::Memory(_) | Place::Batch(_) | Place::Remembered(_) => Some("what comes before".into()),
        }
    }

    /// Its way forward in `f64`.
    pub fn exact(&self) -> Option<&dyn Exact> {
        self.run.op.exact()
    }

    fn shapes(&self) -> &[Shape] {
        &self.run.shapes[..self.run.arity]
    }

    /// The result of other inputs, in `f64` if the op knows how, and the sides of its kinks.
    pub fn again(&self, x: &[&[f64]], y: &mut [f64], sides: &mut Sides) {
        let (shapes, moment, id, threads) = (self.shapes(), self.moment, self.run.id, self.threads);
        sides.clear();
        if let Some(exact) = self.exact() {
            return exact.forward(ExactForward { shapes, x, y, sides, moment, id, threads });
        }
        let single: Vec<Vec<f32>> = x.iter().map(|x| x.iter().map(|x| *x as f32).collect()).collect();
        let x: Vec<&[f32]> = single.iter().map(Vec::as_slice).collect();
        let (mut result, mut keep) = (vec![0.0; y.len()], vec![0.0; self.keep.len()]);
        let (y_single, keep) = (result.as_mut_slice(), keep.as_mut_slice());
        self.run.op.forward(Forward { shapes, x: &x, y: y_single, keep, moment, id, threads });
        y.iter_mut().zip(result).for_each(|(y, x)| *y = x as f64);
    }

    /// The slope with respect to input `slot`, from those of the result; `dy` is used up.
    pub fn back(&self, dy: &mut [f32], slot: usize, into: &mut [f32]) {
        let mut into = Some(into);
        let mut dx: [Option<Gradient>; MAX_INPUTS] = std::array::from_fn(|s| {
            if s == slot { into.take().map(|to| Gradient { to, add: false }) } else { None }
        });
        self.run.op.backward(Backward {
            shapes: self.shapes(),
            x: self.x,
            y: self.y,
            keep: &mut self.keep.to_vec(),
            dy,
            ready: false,
            dx: &mut dx[..self.run.arity],
            through: None,
            moment: self.moment,
            id: self.run.id,
            threads: self.threads,
        });
    }
}
