//! Everything that decides a training, apart from the data.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::augmentations::Augment;
use crate::gradients::Way;
use crate::message::Message;
use crate::optimizer::Around;
use crate::schedules::Horizon;
use crate::{Error, Result};

/// How many examples each step sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Batch {
    /// All: gradient descent as the textbook has it.
    All,
    /// So many: mini-batches; 1 is stochastic gradient descent.
    Of(usize),
}

impl FromStr for Batch {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match (text, text.parse()) {
            ("all", _) => Ok(Batch::All),
            (_, Ok(n)) if n > 0 => Ok(Batch::Of(n)),
            _ => Err(format!("the batch is `{text}`: write `all`, or a whole number from 1")),
        }
    }
}
impl TryFrom<String> for Batch {
    type Error = String;
    fn try_from(text: String) -> std::result::Result<Self, String> {
        text.parse()
    }
}
impl From<Batch> for String {
    fn from(batch: Batch) -> String {
        match batch {
            Batch::All => "all".into(),
            Batch::Of(n) => n.to_string(),
        }
    }
}

/// Whether rare classes count more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassWeights {
    /// Every example counts the same.
    None,
    /// Every class counts the same: an example weighs n / (classes · n of its class).
    Balanced,
}

/// What early stopping watches, and what the best weights are best in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Monitor {
    /// The loss of the validation part: less is better.
    Loss,
    /// The accuracy on the validation part; among equals the lesser loss.
    Accuracy,
}

/// Everything that decides a training, apart from the data. With the same data, the same settings give the same
/// weights, bit for bit, on any machine and any number of threads (a limit on time apart).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The network line, for example `dense 128 relu, dense 1 sigmoid`.
    pub network: String,
    /// The loss line, for example `binary_cross_entropy`.
    pub loss: String,
    /// The optimizer line, for example `adam beta1=0.8`.
    pub optimizer: String,
    /// The way gradients are made.
    #[serde(default)]
    pub gradient: Way,
    /// Compare backpropagation with differences before every so many steps. It changes no weight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_gradient: Option<u64>,
    /// η > 0: what the schedule's factor is multiplied with.
    pub learning_rate: f64,
    /// The schedule line, for example `warmup epochs=1 over cosine`.
    #[serde(default = "constant")]
    pub schedule: String,
    /// Examples in memory at a time: those of a step, unless it accumulates.
    pub batch: Batch,
    /// How many batches a step is made from: so many times the examples, in the memory of one batch.
    #[serde(default = "one")]
    pub accumulate: u64,
    /// Stop after so many passes over the training part; [`Settings::ENDLESS`]: never for that reason.
    pub epochs: u64,
    /// End an epoch early once it took so many passes ([`crate::cost`]): evolution, which asks for a population at every
    /// step, would else be judged after many times the price of an epoch of gradients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch_passes: Option<u64>,
    /// Stop after so many steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// Stop after so many seconds of training; where it stops then depends on the machine's speed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Decides everything random.
    pub seed: u64,
    /// Limit on the slopes into each unit, as a share of the norm of its weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_adaptive: Option<f64>,
    /// Limit on the norm of the whole gradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// Limit on each slope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_value: Option<f64>,
    /// λ of L2 regularisation, added to the gradient.
    pub l2: f64,
    /// λ of L1 regularisation, added to the gradient.
    #[serde(default)]
    pub l1: f64,
    /// λ of decoupled weight decay.
    pub weight_decay: f64,
    /// Stop when the monitor has not improved for so many epochs; 0: never.
    pub patience: u64,
    /// What patience watches.
    pub monitor: Monitor,
    /// Whether rare classes count more.
    pub class_weights: ClassWeights,
    /// How pictures are changed while training, for example `flip, shift 4`, or `none`.
    #[serde(default = "none")]
    pub augment: String,
    /// α ≥ 0 of mixup: how evenly two examples are mixed; 0: not at all.
    #[serde(default)]
    pub mixup: f64,
    /// Seconds between checkpoints within an epoch; at the end of an epoch one is written if the last is a second old.
    pub checkpoint_seconds: f64,
}

fn constant() -> String {
    "constant".into()
}

fn none() -> String {
    "none".into()
}

fn one() -> u64 {
    1
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            network: "dense 128 relu, dense 1 sigmoid".into(),
            loss: "binary_cross_entropy".into(),
            optimizer: "adam".into(),
            gradient: Way::Backpropagation,
            check_gradient: None,
            learning_rate: 0.001,
            schedule: constant(),
            batch: Batch::Of(32),
            accumulate: one(),
            epochs: 30,
            epoch_passes: None,
            steps: None,
            seconds: None,
            seed: 1,
            clip_adaptive: None,
            clip_norm: None,
            clip_value: None,
            l2: 0.0,
            l1: 0.0,
            weight_decay: 0.0,
            patience: 0,
            monitor: Monitor::Loss,
            class_weights: ClassWeights::None,
            augment: none(),
            mixup: 0.0,
            checkpoint_seconds: 30.0,
        }
    }
}

impl Settings {
    /// As the number of epochs: no limit.
    pub const ENDLESS: u64 = u64::MAX >> 1;

    /// Checks every range.
    ///
    /// # Errors
    /// [`Error::Range`] for the first value outside its range; [`Error::Settings`] if a step would take more than all.
    pub fn check(&self) -> Result<()> {
        let positive = |x: f64| x > 0.0 && x.is_finite();
        let not_negative = |x: f64| x >= 0.0 && x.is_finite();
        let checks = [
            (positive(self.learning_rate), "learning_rate", self.learning_rate, "a number above 0"),
            (
                self.clip_adaptive.is_none_or(positive),
                "clip_adaptive",
                self.clip_adaptive.unwrap_or(0.0),
                "a number above 0",
            ),
            (
                self.clip_norm.is_none_or(positive),
                "clip_norm",
                self.clip_norm.unwrap_or(0.0),
                "a number above 0",
            ),
            (
                self.clip_value.is_none_or(positive),
                "clip_value",
                self.clip_value.unwrap_or(0.0),
                "a number above 0",
            ),
            (not_negative(self.mixup), "mixup", self.mixup, "a number from 0"),
            (not_negative(self.l2), "l2", self.l2, "a number from 0"),
            (not_negative(self.l1), "l1", self.l1, "a number from 0"),
            (not_negative(self.weight_decay), "weight_decay", self.weight_decay, "a number from 0"),
            (self.seconds.is_none_or(positive), "seconds", self.seconds.unwrap_or(0.0), "a number above 0"),
            (self.accumulate > 0, "accumulate", self.accumulate as f64, "a whole number from 1"),
            (self.epochs > 0, "epochs", self.epochs as f64, "a whole number from 1"),
            (
                self.steps.is_none_or(|n| n > 0),
                "steps",
                self.steps.unwrap_or(0) as f64,
                "a whole number from 1",
            ),
            (
                self.check_gradient.is_none_or(|n| n > 0),
                "check_gradient",
                self.check_gradient.unwrap_or(0) as f64,
                "a whole number from 1",
            ),
            (
                self.checkpoint_seconds >= 0.0,
                "checkpoint_seconds",
                self.checkpoint_seconds,
                "a number from 0",
            ),
        ];
        for (fine, name, value, range) in checks {
            if !fine {
                return Err(Error::range(name, value, range));
            }
        }
        if self.batch == Batch::All && self.accumulate > 1 {
            return Err(Error::Settings {
                message: Message::of("{times} times all examples are more than there are")
                    .with("times", self.accumulate),
                mend: "write a number of examples as the batch, or accumulate 1".into(),
            });
        }
        Augment::parse(&self.augment)?;
        if self.mixup > 0.0 && self.gradient == Way::ByHand {
            return Err(Error::Settings {
                message: "formulas written by hand know of one class an example, mixup of two".into(),
                mend: "take another way to the gradient, or no mixup".into(),
            });
        }
        Ok(())
    }

    /// How many of `examples` are in memory at a time, and how many a step takes.
    pub fn batch_and_step(&self, examples: usize) -> (usize, usize) {
        let batch = match self.batch {
            Batch::All => examples,
            Batch::Of(n) => n.min(examples),
        };
        let times = usize::try_from(self.accumulate).unwrap_or(usize::MAX);
        (batch, batch.saturating_mul(times).min(examples))
    }

    /// Steps of an epoch of `examples`.
    pub fn steps_per_epoch(&self, examples: usize) -> u64 {
        examples.div_ceil(self.batch_and_step(examples).1.max(1)) as u64
    }

    /// What a schedule can know of a training on so many examples.
    pub fn horizon(&self, examples: usize, validates: bool) -> Horizon {
        let steps_per_epoch = self.steps_per_epoch(examples);
        let by_epochs =
            (self.epochs < Settings::ENDLESS).then(|| self.epochs.saturating_mul(steps_per_epoch));
        let steps = by_epochs.into_iter().chain(self.steps).min();
        Horizon { steps_per_epoch, steps, validates }
    }

    /// What happens around the rule.
    pub fn around(&self) -> Around {
        Around {
            clip_adaptive: self.clip_adaptive.unwrap_or(f64::INFINITY),
            clip_norm: self.clip_norm.unwrap_or(f64::INFINITY),
            clip_value: self.clip_value.unwrap_or(f64::INFINITY),
            l2: self.l2,
            l1: self.l1,
            weight_decay: self.weight_decay,
        }
    }
}
