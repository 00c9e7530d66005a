//! What an optimizer has asked for: the fair measure beside steps and seconds.
//!
//! ```text
//! passes = losses + 3 gradients
//! ```
//!
//! A gradient is a pass forward and a pass back; the way back makes two products for each one of the way forward
//! (into the weights, into the inputs), so it counts as three passes forward (Griewank & Walther 2008, *Evaluating
//! Derivatives*, bound it by four).

use serde::{Deserialize, Serialize};

use crate::optimizer::{Back, Objective};
use crate::real::Number;

/// Questions asked of an objective; of a network, each times the examples of the batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Losses without a gradient.
    pub losses: u64,
    /// Gradients, each with its loss.
    pub gradients: u64,
}

impl Cost {
    /// All of it in passes forward.
    pub fn passes(self) -> u64 {
        self.losses + 3 * self.gradients
    }
}

/// An objective that counts what it is asked.
pub struct Counted<'a, R: Number = f32> {
    objective: &'a mut dyn Objective<R>,
    examples: u64,
    /// What has been asked.
    pub cost: Cost,
}

impl<'a, R: Number> Counted<'a, R> {
    /// Counts each question as `examples` questions: a batch of so many, or 1 for a function.
    pub fn new(objective: &'a mut dyn Objective<R>, examples: usize) -> Self {
        Counted { objective, examples: examples as u64, cost: Cost::default() }
    }
}

impl<R: Number> Objective<R> for Counted<'_, R> {
    fn loss(&mut self, theta: &[R]) -> R {
        self.cost.losses += self.examples;
        self.objective.loss(theta)
    }
    fn gradient(&mut self, theta: &[R], grad: &mut [R]) -> R {
        self.cost.gradients += self.examples;
        self.objective.gradient(theta, grad)
    }
    fn forth(&mut self, theta: &[R]) -> Option<(R, &mut dyn Back<R>)> {
        let answer = self.objective.forth(theta)?;
        self.cost.gradients += self.examples;
        Some(answer)
    }
    fn losses(&mut self, population: &[R], losses: &mut [R]) {
        self.cost.losses += self.examples * losses.len() as u64;
        self.objective.losses(population, losses);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zero;
    impl Objective for Zero {
        fn loss(&mut self, _: &[f32]) -> f32 {
            0.0
        }
        fn gradient(&mut self, _: &[f32], _: &mut [f32]) -> f32 {
            0.0
        }
    }

    #[test]
    fn every_question_is_counted_once() {
        let mut zero = Zero;
        let mut counted = Counted::new(&mut zero, 10);
        counted.loss(&[1.0]);
        counted.gradient(&[1.0], &mut [0.0]);
        counted.losses(&[1.0, 2.0, 3.0], &mut [0.0; 3]);
        assert_eq!(counted.cost, Cost { losses: 40, gradients: 10 });
        assert_eq!(counted.cost.passes(), 70);
    }
}
