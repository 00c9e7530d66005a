//! How and why a training ended.

use serde::{Deserialize, Serialize};

use super::event::EpochRecord;
use crate::message::Message;
use crate::optimizer::Reason;

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// All epochs are done.
    Epochs,
    /// All steps are done.
    Steps,
    /// The time is up.
    Time,
    /// The monitor did not improve for `patience` epochs.
    Patience,
    /// It was asked to; it can be resumed.
    Asked,
    /// Somebody who steered it ended it; it can be resumed.
    Steered,
    /// The optimizer sees no use in going on.
    Optimizer(Reason),
}

/// How a training ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Why.
    pub stopped: Stopped,
    /// The epoch whose weights are the best, and are kept.
    pub best_epoch: u64,
    /// All epochs.
    pub history: Vec<EpochRecord>,
    /// Steps made.
    pub steps: u64,
    /// Seconds of training, over all its starts.
    pub seconds: f64,
}

impl Outcome {
    /// Why it ended, for people.
    pub fn because(&self) -> Message {
        let (epochs, steps) = (self.history.len(), self.steps);
        match self.stopped {
            Stopped::Epochs => Message::of("ended after {epochs} epochs"),
            Stopped::Steps => Message::of("ended after {steps} steps"),
            Stopped::Time => Message::of("ended after {seconds} seconds of training, in epoch {epochs}")
                .with("seconds", format!("{:.1}", self.seconds)),
            Stopped::Patience => {
                Message::of("stopped early after {epochs} epochs, as validation no longer improved")
            }
            Stopped::Optimizer(reason) => {
                Message::of("ended after {steps} steps: {reason}").saying("reason", reason.words())
            }
            Stopped::Steered => Message::of("ended by hand after {steps} steps, in epoch {epochs}"),
            Stopped::Asked => Message::of("stopped when asked to"),
        }
        .with("epochs", epochs)
        .with("steps", steps)
    }
}
