//! The batch of a step, as an optimizer asks it.

use gradus::optimizer::Objective;
use gradus::plan::Plan;

/// A batch as something to be asked. What ops remember is renewed by the first gradient of a step, as the trainer does.
pub struct Asked<'p> {
    /// Over the batch.
    pub plan: &'p mut Plan,
    /// What ops remember.
    pub memory: &'p mut [f32],
    /// Whether the batch has still to be remembered.
    pub due: bool,
}

impl Asked<'_> {
    fn remember(&mut self) {
        self.due = false;
        self.plan.memory().copy_from_slice(self.memory);
        self.plan.remember(None);
        self.memory.copy_from_slice(self.plan.memory());
    }

    /// Where no gradient was asked for: the batch goes forward once more.
    pub fn catch_up(&mut self, theta: &[f32]) {
        if self.due {
            self.plan.forward(theta);
            self.remember();
        }
    }
}

impl Objective for Asked<'_> {
    fn loss(&mut self, theta: &[f32]) -> f32 {
        self.plan.loss(theta)
    }

    fn gradient(&mut self, theta: &[f32], grad: &mut [f32]) -> f32 {
        let loss = self.plan.gradient(theta, grad);
        if self.due && loss.is_finite() {
            self.remember();
        }
        loss
    }

    fn losses(&mut self, population: &[f32], losses: &mut [f32]) {
        self.plan.losses(population, losses);
    }
}
