//! A function as the objective of an optimizer.

use super::{Function, Noise};
use crate::optimizer::Objective;
use crate::real::Number;
use crate::rng::{Rng, Stream};
use crate::threads::{Shared, Threads};

/// A function, the memory to evaluate it in, and its noise.
///
/// Noise is a function of (seed, evaluation, coordinate): the k-th evaluation is the same on any number of threads and
/// whatever was asked before it. Evaluations are counted from 0, values and gradients alike, each member of a population
/// by itself; [`Problem::evaluations`] may be set, so that a run that is taken up again meets the same noise.
///
/// A θ with another number of coordinates than the function takes has no value: NaN.
pub struct Problem {
    asked: Asked,
    /// How many evaluations there have been.
    pub evaluations: u64,
    /// x, ∂f/∂x and room for the function, once for each task.
    memory: Vec<f64>,
    tasks: usize,
    threads: Threads,
}

/// Populations with fewer numbers than this are evaluated by the caller alone.
const SMALL: usize = 512;

impl Problem {
    pub(super) fn new(function: Box<dyn Function>, dim: usize, seed: u64, threads: &Threads) -> Problem {
        let noise = function.noise();
        let asked = Asked { function, dim, noise, seed };
        // Each member's value is computed by one task alone, so how many tasks there are decides nothing.
        let tasks = if threads.count() == 1 { 1 } else { 4 * threads.count() };
        let memory = vec![0.0; tasks * asked.room()];
        Problem { asked, evaluations: 0, memory, tasks, threads: threads.clone() }
    }
}

impl<R: Number> Objective<R> for Problem {
    fn loss(&mut self, theta: &[R]) -> R {
        let evaluation = self.evaluations;
        self.evaluations += 1;
        R::of(self.asked.value(theta, &mut self.memory, evaluation))
    }

    fn gradient(&mut self, theta: &[R], grad: &mut [R]) -> R {
        let evaluation = self.evaluations;
        self.evaluations += 1;
        R::of(self.asked.gradient(theta, grad, &mut self.memory, evaluation))
    }

    fn losses(&mut self, population: &[R], losses: &mut [R]) {
        let (members, first) = (losses.len(), self.evaluations);
        self.evaluations += members as u64;
        let tasks = if population.len() < SMALL { 1 } else { self.tasks };
        let (weights, share, room) =
            (population.len() / members.max(1), members.div_ceil(tasks), self.asked.room());
        let (asked, memory, losses) = (&self.asked, Shared::of(&mut self.memory), Shared::of(losses));
        self.threads.for_each(tasks, &|task| {
            let range = (task * share).min(members)..((task + 1) * share).min(members);
            // SAFETY: each task has its own part of the memory.
            let memory = unsafe { memory.slice(task * room..(task + 1) * room) };
            // SAFETY: the ranges of members are disjoint.
            let losses = unsafe { losses.slice(range.clone()) };
            for (member, loss) in range.zip(losses) {
                let theta = &population[member * weights..(member + 1) * weights];
                *loss = R::of(asked.value(theta, memory, first + member as u64));
            }
        });
    }
}

/// What is evaluated.
struct Asked {
    function: Box<dyn Function>,
    dim: usize,
    noise: Noise,
    seed: u64,
}

impl Asked {
    /// How much memory one evaluation needs.
    fn room(&self) -> usize {
        2 * self.dim + self.function.room()
    }

    fn value<R: Number>(&self, theta: &[R], memory: &mut [f64], evaluation: u64) -> f64 {
        if theta.len() != self.dim {
            return f64::NAN;
        }
        let (x, room) = memory.split_at_mut(self.dim);
        widen(theta, x);
        let value = self.function.value(x, &mut room[self.dim..]);
        if self.noise.value == 0.0 {
            return value;
        }
        value + self.noise.value * self.draws(evaluation).normal() as f64
    }

    fn gradient<R: Number>(&self, theta: &[R], grad: &mut [R], memory: &mut [f64], evaluation: u64) -> f64 {
        if theta.len() != self.dim || grad.len() != self.dim {
            grad.fill(R::of(f64::NAN));
            return f64::NAN;
        }
        let (x, rest) = memory.split_at_mut(self.dim);
        let (slopes, room) = rest.split_at_mut(self.dim);
        widen(theta, x);
        let mut value = self.function.gradient(x, slopes, room);
        if self.noise != Noise::default() {
            // Coordinate i has the draws of element i + 1, the value those of element 0.
            let mut draws = self.draws(evaluation);
            value += self.noise.value * draws.normal() as f64;
            slopes.iter_mut().for_each(|slope| *slope += self.noise.gradient * draws.normal() as f64);
        }
        grad.iter_mut().zip(slopes).for_each(|(g, slope)| *g = R::of(*slope));
        value
    }

    fn draws(&self, evaluation: u64) -> Rng {
        Rng::new(self.seed, Stream::Noise, evaluation)
    }
}

fn widen<R: Number>(from: &[R], to: &mut [f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = from.to_f64());
}
