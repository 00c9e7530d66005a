//! What a training tells.

use serde::{Deserialize, Serialize};

use super::notice::Notice;
use super::steering::{Between, Order};
use super::units::Units;
use crate::Result;
use crate::gradients::{Fault, Report};

/// One line of a training's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// 1 at the first.
    pub epoch: u64,
    /// Steps so far.
    pub step: u64,
    /// Mean loss of the epoch's batches, each before its step and with dropout.
    pub train_loss: f64,
    /// Mean loss over the validation part, after the epoch; none if there is no such part, or if it is too large
    /// for a number.
    pub validation_loss: Option<f64>,
    /// Share of the validation part that is right.
    pub validation_accuracy: Option<f64>,
    /// The rate of the epoch's last step.
    pub learning_rate: f64,
    /// Seconds of training so far, over all its starts.
    pub seconds: f64,
    /// Passes of an example forward through the network that training has taken; a gradient counts as three.
    #[serde(default)]
    pub passes: u64,
    /// How far apart the population is, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diversity: Option<f64>,
    /// Examples per second in this epoch's training.
    pub examples_per_second: f64,
    /// Whether these are the best weights so far.
    pub best: bool,
    /// Units that no longer learn, layer by layer; in epochs after which they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<Vec<Units>>,
    /// The first 16 digits of SHA-256 over θ as little-endian f32.
    pub theta_hash: String,
}

/// Something that happened. Serialised, it is one JSON object whose `event` says which.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// Training begins, or goes on.
    Start {
        /// Weights in θ.
        weights: usize,
        /// Examples to train on.
        train: usize,
        /// Examples to validate with.
        validation: usize,
        /// Examples to test with.
        test: usize,
        /// Steps of an epoch.
        steps_per_epoch: u64,
        /// The epoch that comes next.
        epoch: u64,
        /// Steps already done.
        step: u64,
        /// Hash of the starting θ.
        theta_hash: String,
    },
    /// A step was made.
    Step {
        /// Its number.
        step: u64,
        /// The epoch it belongs to.
        epoch: u64,
        /// The batch's loss before the step; of evolution the least of the generation.
        loss: f32,
        /// How far apart the population is, if there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        diversity: Option<f64>,
        /// The rate it was made with.
        learning_rate: f64,
        /// Examples seen in this epoch.
        seen: usize,
        /// Seconds of training so far.
        seconds: f64,
    },
    /// An epoch ended.
    Epoch(EpochRecord),
    /// Something goes wrong since this epoch that did not before.
    Notice(Notice),
    /// The gradient of a step's batch was checked, before the step.
    #[serde(rename = "gradient_check")]
    GradientCheck(GradientCheck),
    /// Something is wrong and training stopped.
    Verdict(super::Verdict),
}

/// How far backpropagation and central differences were apart in mid-training.
#[derive(Clone, Debug, Serialize)]
pub struct GradientCheck {
    /// The step that was about to be made.
    pub step: u64,
    /// Weights compared one by one.
    pub checked: usize,
    /// Those of them whose difference crossed a kink.
    pub kinks: usize,
    /// The largest relative error of a slope, or along a direction.
    pub error: f64,
    /// Where that was.
    pub place: String,
    /// Whether all is within what rounding explains.
    pub agrees: bool,
    /// What is wrong, if something is.
    pub fault: Option<Fault>,
    /// How long it took; training's own seconds do not count it.
    pub seconds: f64,
}

impl GradientCheck {
    /// What of a report is told.
    pub(super) fn of(report: Report, step: u64, seconds: f64) -> GradientCheck {
        let ((checked, kinks), (error, place)) = (report.checked(), report.largest_error());
        let (place, agrees) = (place.to_string(), report.agrees());
        GradientCheck { step, checked, kinks, error, place, agrees, fault: report.fault, seconds }
    }
}

/// Who wants to know. Training never waits for a watcher: what it does must be short.
pub trait Watcher {
    /// Called for every event, in order.
    fn see(&mut self, event: &Event);

    /// Called before every step: whoever steers the training says what to do, and may wait (a pause). The answer must be
    /// written down ([`super::Record`]) if the run is to be repeated.
    ///
    /// # Errors
    /// Ends the training: for example if the record cannot be written.
    fn between(&mut self, _here: &Between) -> Result<Order> {
        Ok(Order::default())
    }
}

impl<F: FnMut(&Event)> Watcher for F {
    fn see(&mut self, event: &Event) {
        self(event);
    }
}
