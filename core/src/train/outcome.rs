//! How and why a training ended.

use serde::{Deserialize, Serialize};

use super::event::EpochRecord;
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
