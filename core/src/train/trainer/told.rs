//! What a training tells of itself.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::Trainer;
use crate::gradients::{Check, check};
use crate::plan::Plan;
use crate::train::event::{Event, GradientCheck};
use crate::train::model_file::model_hash;
use crate::train::steering::Between;

impl Trainer<'_> {
    pub(super) fn start_event(&self) -> Event {
        Event::Start {
            weights: self.theta.len(),
            train: self.parts.train.len(),
            validation: self.parts.validation.len(),
            test: self.parts.test.len(),
            steps_per_epoch: self.settings.steps_per_epoch(self.parts.train.len()),
            epoch: self.progress.epoch + 1,
            step: self.progress.step,
            theta_hash: model_hash(&self.theta, &self.feed.memory),
        }
    }

    pub(super) fn between<'s>(&'s self, stop: &'s AtomicBool) -> Between<'s> {
        let (step, rate) = (self.progress.step, self.progress.rate);
        Between { step, theta: &self.theta, memory: &self.feed.memory, rate, stop }
    }
}

/// Compares a few slopes of the batch at hand in each part, and along two directions.
pub(super) fn check_in_passing(plan: &mut Plan, theta: &[f32], seed: u64, step: u64) -> GradientCheck {
    let began = Instant::now();
    // Other weights each time.
    let seed = seed ^ step.rotate_left(32);
    let how = Check { weights: Some(4), directions: 2, seed, sweep: false, cost: false, ..Check::default() };
    let report = check(plan, theta, None, &how);
    GradientCheck::of(report, step, began.elapsed().as_secs_f64())
}
