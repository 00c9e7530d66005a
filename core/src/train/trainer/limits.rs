//! When a training is over.

use super::Trainer;
use crate::train::outcome::Stopped;

impl Trainer<'_> {
    /// Whether a limit of steps or time is reached, or the optimizer has come to its end.
    pub(super) fn limit_reached(&self) -> Option<Stopped> {
        let p = &self.progress;
        if self.settings.steps.is_some_and(|steps| p.step >= steps) {
            Some(Stopped::Steps)
        } else if self.settings.seconds.is_some_and(|seconds| p.seconds >= seconds) {
            Some(Stopped::Time)
        } else {
            self.optimizer.ended().map(Stopped::Optimizer)
        }
    }

    /// Whether the epoch under way, and those before it, took the passes granted to them.
    pub(super) fn passes_used_up(&self) -> bool {
        let p = &self.progress;
        self.settings.epoch_passes.is_some_and(|granted| p.cost.passes() >= (p.epoch + 1) * granted)
    }

    /// Whether there were epochs enough, or too many without a better one.
    pub(super) fn epoch_limit_reached(&self) -> Option<Stopped> {
        let p = &self.progress;
        let waited = p.epoch - p.best.map_or(p.epoch, |b| b.0);
        if p.epoch >= self.settings.epochs {
            Some(Stopped::Epochs)
        } else if self.settings.patience > 0 && waited >= self.settings.patience {
            Some(Stopped::Patience)
        } else {
            None
        }
    }
}
