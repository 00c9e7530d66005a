//! What a training tells of itself.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::Trainer;
use crate::Result;
use crate::gradients::{Check, check};
use crate::plan::Plan;
use crate::train::event::{Event, GradientCheck, Watcher};
use crate::train::model_file::model_hash;
use crate::train::steering::Between;
use crate::train::units::{self, Counter, Units};

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

    /// Ends the epoch, and tells of it and of what goes wrong since.
    pub(super) fn turn(&mut self, watcher: &mut dyn Watcher) -> Result<()> {
        let record = self.end_epoch()?;
        let fresh = self.notices.add(&record);
        watcher.see(&Event::Epoch(record));
        fresh.into_iter().for_each(|notice| watcher.see(&Event::Notice(notice)));
        Ok(())
    }

    /// Units that no longer learn, if it is time to count them.
    pub(super) fn count_units(&mut self) -> Result<Option<Vec<Units>>> {
        let p = &self.progress;
        if !units::is_due(p.history.last().map_or(0, |e| e.passes), p.cost.passes()) {
            return Ok(None);
        }
        if self.units.is_none() {
            self.units = Counter::new(self.model, self.data, &self.parts.train, self.evaluator.threads())?;
        }
        let at = (self.settings.seed, p.step);
        Ok(self.units.as_mut().map(|counter| counter.count(&self.theta, &self.feed.memory, at)))
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
