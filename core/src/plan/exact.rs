//! The loss of a plan in `f64`: what finite differences are taken of.
//!
//! In `f32` the loss is known to about 10⁻⁷ of itself; a step small enough to give a slope changes it hardly more.
//! Here the same ops compute the same function of the same batch with sixteen digits.

use std::sync::{Arc, Mutex, PoisonError};

use super::memory::Span;
use super::{MAX_INPUTS, Place, Plan, Run};
use crate::op::{ExactForward, Forward, Moment, Op, Shape, Sides};
use crate::optimizer::Objective;
use crate::threads::{Shared, Threads};

/// The loss of a training plan, computed in `f64`; made by [`Plan::exact`]. It keeps a copy of the batch:
/// [`ExactPlan::follow`] brings it up to date.
///
/// An op without a way forward in `f64` ([`Op::exact`]) is computed in `f32`; [`ExactPlan::single`] names such.
pub struct ExactPlan {
    runs: Vec<ExactRun>,
    data: Vec<f64>,
    memory: Vec<f64>,
    /// Where in the plan's memory each stretch of data is.
    sources: Vec<Span>,
    loss: Span,
    /// One for each thread: several θ at a time.
    lanes: Vec<Mutex<Lane>>,
    moved: Vec<f64>,
    moment: Moment,
    threads: Threads,
    weights: usize,
}

struct ExactRun {
    op: Arc<dyn Op>,
    scope: String,
    id: usize,
    shapes: [Shape; MAX_INPUTS],
    x: [ExactPlace; MAX_INPUTS],
    arity: usize,
    y: Span,
    keeps: usize,
}

#[derive(Clone, Copy)]
enum ExactPlace {
    Data(Span),
    Value(Span),
    Weights(Span),
    Remembered(Span),
}

/// Memory for one θ.
struct Lane {
    values: Vec<f64>,
    sides: Sides,
    /// For ops that know `f32` only.
    single: Vec<f32>,
}

impl Plan {
    /// The same loss in `f64`, of the batch and at the moment that the plan is at.
    ///
    /// # Panics
    /// If the plan was not made for training.
    pub fn exact(&self) -> ExactPlan {
        let (loss, _) = self.loss.expect("a plan made with Plan::training has a loss");
        let mut sources = Vec::new();
        let (mut data, mut values, mut single) = (0, 0, 0);
        // Spans of the plan share memory over time; here each value has its own.
        let mut places: Vec<(Span, ExactPlace)> = Vec::new();
        for (.., span) in &self.data {
            places.push((*span, ExactPlace::Data(Span { at: data, len: span.len })));
            sources.push(*span);
            data += span.len;
        }
        let mut runs = Vec::new();
        for run in &self.runs {
            let place = |p: Place| match p {
                Place::Weights(span) => ExactPlace::Weights(span),
                Place::Remembered(span) => ExactPlace::Remembered(span),
                // The value made last at this place: earlier ones are no longer read.
                Place::Memory(span) | Place::Batch(span) => places
                    .iter()
                    .rev()
                    .find(|(s, _)| *s == span)
                    .map_or(ExactPlace::Data(Span::default()), |p| p.1),
            };
            let y = Span { at: values, len: run.y.len };
            let exact = ExactRun { x: run.x.map(place), y, ..ExactRun::of(run) };
            values += y.len;
            if exact.op.exact().is_none() {
                single = single.max(exact.single());
            }
            places.push((run.y, ExactPlace::Value(y)));
            runs.push(exact);
        }
        let loss = places.iter().rev().find(|(s, _)| *s == loss).map(|p| p.1);
        let Some(ExactPlace::Value(loss)) = loss else { unreachable!("a loss is computed") };
        // An op has at most one kink for each number it reads or makes.
        let kinks = runs.iter().map(ExactRun::single).sum();
        let lane =
            || Lane { values: vec![0.0; values], sides: Sides::with_room(kinks), single: vec![0.0; single] };
        let mut exact = ExactPlan {
            runs,
            data: vec![0.0; data],
            memory: vec![0.0; self.memory.len()],
            sources,
            loss,
            lanes: (0..self.threads.count()).map(|_| Mutex::new(lane())).collect(),
            moved: vec![0.0; self.layout.weights()],
            moment: self.moment,
            threads: self.threads.clone(),
            weights: self.layout.weights(),
        };
        exact.follow(self);
        exact
    }
}

impl ExactRun {
    fn of(run: &Run) -> ExactRun {
        ExactRun {
            op: run.op.clone(),
            scope: run.scope.clone(),
            id: run.id,
            shapes: run.shapes,
            x: [ExactPlace::Data(Span::default()); MAX_INPUTS],
            arity: run.arity,
            y: Span::default(),
            keeps: run.keep.len,
        }
    }

    /// Numbers in `f32` that are needed to run without a way forward in `f64`.
    fn single(&self) -> usize {
        let inputs: usize = self.shapes[..self.arity].iter().map(Shape::size).sum();
        inputs + self.y.len + self.keeps
    }

    fn forward(&self, x: &[&[f64]], y: &mut [f64], lane: (&mut Sides, &mut [f32]), at: (Moment, &Threads)) {
        let ((sides, single), (moment, threads)) = (lane, at);
        let shapes = &self.shapes[..self.arity];
        if let Some(exact) = self.op.exact() {
            return exact.forward(ExactForward { shapes, x, y, sides, moment, id: self.id, threads });
        }
        let (mut inputs, mut rest): ([&[f32]; MAX_INPUTS], &mut [f32]) = ([&[]; MAX_INPUTS], single);
        for (x, single) in x.iter().zip(&mut inputs) {
            let (own, others) = rest.split_at_mut(x.len());
            own.iter_mut().zip(*x).for_each(|(to, x)| *to = *x as f32);
            (*single, rest) = (own, others);
        }
        let (result, rest) = rest.split_at_mut(y.len());
        let keep = &mut rest[..self.keeps];
        let x = &inputs[..self.arity];
        self.op.forward(Forward { shapes, x, y: result, keep, moment, id: self.id, threads });
        y.iter_mut().zip(&*result).for_each(|(y, x)| *y = *x as f64);
    }
}

impl ExactPlan {
    /// Takes over the batch, the memory and the moment of the plan it was made from.
    ///
    /// # Panics
    /// If it is another plan, with other data.
    pub fn follow(&mut self, plan: &Plan) {
        self.moment = plan.moment;
        self.memory.iter_mut().zip(&plan.memory).for_each(|(to, x)| *to = *x as f64);
        let mut to = self.data.as_mut_slice();
        for source in &self.sources {
            let (own, rest) = to.split_at_mut(source.len);
            own.iter_mut().zip(plan.block.read(*source)).for_each(|(to, x)| *to = *x as f64);
            to = rest;
        }
    }

    /// How many weights θ holds.
    pub fn weights(&self) -> usize {
        self.weights
    }

    /// The ops that are computed in `f32`, as they have no other way: layer and op.
    pub fn single(&self) -> Vec<(String, &'static str)> {
        let without = self.runs.iter().filter(|run| run.op.exact().is_none());
        without.map(|run| (run.scope.clone(), run.op.name())).collect()
    }

    /// L(θ), and on which side of each kink every unit is.
    ///
    /// # Panics
    /// If θ has another length than the layout.
    pub fn loss_and_sides(&mut self, theta: &[f64], sides: &mut Sides) -> f64 {
        let loss = self.loss(theta);
        let lane = self.lanes[0].get_mut().unwrap_or_else(PoisonError::into_inner);
        sides.clone_from(&lane.sides);
        loss
    }

    fn forward(&self, theta: &[f64], lane: &mut Lane) -> f64 {
        assert_eq!(theta.len(), self.weights, "θ must be as long as the layout says");
        let Lane { values, sides, single } = lane;
        sides.clear();
        for run in &self.runs {
            // A value is made from earlier ones only.
            let (before, after) = values.split_at_mut(run.y.at);
            let x = run.x.map(|place| match place {
                ExactPlace::Data(s) => &self.data[s.at..s.at + s.len],
                ExactPlace::Value(s) => &before[s.at..s.at + s.len],
                ExactPlace::Weights(s) => &theta[s.at..s.at + s.len],
                ExactPlace::Remembered(s) => &self.memory[s.at..s.at + s.len],
            });
            let y = &mut after[..run.y.len];
            run.forward(&x[..run.arity], y, (sides, single), (self.moment, &self.threads));
        }
        values[self.loss.at]
    }
}

impl Objective<f64> for ExactPlan {
    fn loss(&mut self, theta: &[f64]) -> f64 {
        let lane = self.lanes[0].lock();
        self.forward(theta, &mut lane.unwrap_or_else(PoisonError::into_inner))
    }

    /// By central differences: ops know their way back in `f32` only.
    fn gradient(&mut self, theta: &[f64], grad: &mut [f64]) -> f64 {
        let mut moved = std::mem::take(&mut self.moved);
        moved.copy_from_slice(theta);
        for (i, slope) in grad.iter_mut().enumerate() {
            let h = crate::gradients::central_step::<f64>() * theta[i].abs().max(1.0);
            let [above, below] = [theta[i] + h, theta[i] - h].map(|w| {
                moved[i] = w;
                self.loss(&moved)
            });
            moved[i] = theta[i];
            *slope = (above - below) / ((theta[i] + h) - (theta[i] - h));
        }
        self.moved = moved;
        self.loss(theta)
    }

    /// Each thread takes one θ after another: the losses are the same, however many there are.
    fn losses(&mut self, population: &[f64], losses: &mut [f64]) {
        let members = losses.len();
        let lanes = self.lanes.len();
        let losses = Shared::of(losses);
        let this = &*self;
        self.threads.for_each(lanes, &|number| {
            let mut lane = this.lanes[number].lock().unwrap_or_else(PoisonError::into_inner);
            for member in (number..members).step_by(lanes) {
                let theta = &population[member * this.weights..(member + 1) * this.weights];
                let loss = this.forward(theta, &mut lane);
                // SAFETY: each member is handled by one task.
                let place = unsafe { losses.slice(member..member + 1) };
                place[0] = loss;
            }
        });
    }
}
