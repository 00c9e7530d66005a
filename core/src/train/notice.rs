//! What goes wrong without being an end: told from the numbers of the epochs alone, with the epoch since when it is so.
//!
//! ```text
//! overfitting  the least validation loss is PATIENCE epochs old or older, the last is 5 % above it, and the training loss
//!              has fallen since; said until a validation loss is less than the least
//! diverging    the training loss is twice that of the first epoch
//! dead         more than a quarter of a layer's ReLUs are 0 on all examples looked at
//! saturated    more than half of the results of a layer's sigmoids or tanhs are at their ends
//! ```
//!
//! Nothing is measured here: losses and counts stand in each [`EpochRecord`], so that a training under way, a resumed one and
//! one read from its file are told the same.

use serde::{Serialize, Serializer};

use super::event::EpochRecord;
use super::units::Units;
use super::verdict::slower;
use crate::message::Message;

/// Epochs after the best one until it is called overfitting.
const PATIENCE: u64 = 8;
/// How far above the least a validation loss is until it has risen.
const RISE: f64 = 1.05;
/// How many times the first epoch's training loss is diverging.
const APART: f64 = 2.0;
/// The share of dead units that is worth a word.
const DEAD: f64 = 0.25;
/// The share of saturated results that is worth a word.
const SATURATED: f64 = 0.5;

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The epoch since when it is so; of overfitting the best epoch.
    pub since: u64,
    /// The epoch whose numbers these are.
    pub epoch: u64,
    /// What, with its numbers.
    pub found: Found,
}

/// What goes wrong, and its numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Found {
    /// The network learns its examples by heart.
    Overfitting {
        /// The least validation loss.
        validation_then: f64,
        /// The last.
        validation_now: f64,
        /// The training loss of the epoch with the least validation loss.
        train_then: f64,
        /// The last.
        train_now: f64,
    },
    /// Steps lead away from where they should.
    Diverging {
        /// The training loss of the first epoch.
        first: f64,
        /// The last.
        now: f64,
        /// The learning rate of the last step.
        learning_rate: f64,
    },
    /// Units that are 0 whatever comes.
    Dead {
        /// The layer: `2.dense`.
        layer: String,
        /// How many.
        dead: usize,
        /// Of how many.
        units: usize,
    },
    /// Units that hardly have a slope.
    Saturated {
        /// The layer: `2.dense`.
        layer: String,
        /// `sigmoid` or `tanh`.
        function: String,
        /// The share of results at the function's ends.
        share: f64,
    },
}

impl Notice {
    /// Whether two are about the same thing, whatever their numbers.
    fn is_as(&self, other: &Found) -> bool {
        match (&self.found, other) {
            (Found::Dead { layer: a, .. }, Found::Dead { layer: b, .. })
            | (Found::Saturated { layer: a, .. }, Found::Saturated { layer: b, .. }) => a == b,
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }

    /// What, since when, with the numbers.
    pub fn words(&self) -> Message {
        let loss = |x: &f64| format!("{x:.4}");
        let said = match &self.found {
            Found::Overfitting { validation_then, validation_now, train_then, train_now } => Message::of(
                "overfitting since epoch {since}: the validation loss was {validation_then} then and is {validation_now} now, \
                 while the training loss fell from {train_then} to {train_now}",
            )
            .with("validation_then", loss(validation_then))
            .with("validation_now", loss(validation_now))
            .with("train_then", loss(train_then))
            .with("train_now", loss(train_now)),
            Found::Diverging { first, now, .. } => Message::of(
                "diverging since epoch {since}: the training loss was {first} in the first epoch and is {now} now",
            )
            .with("first", loss(first))
            .with("now", loss(now)),
            Found::Dead { layer, dead, units } => Message::of(
                "{dead} of {units} units of {layer} are dead since epoch {since}: their ReLU is 0 on all examples looked at, so they \
                 no longer learn",
            )
            .with("layer", layer)
            .with("dead", dead)
            .with("units", units),
            Found::Saturated { layer, function, share } => Message::of(
                "{share} % of the results of {layer} are at the ends of its {function} since epoch {since}: slopes are nearly 0 there",
            )
            .with("layer", layer)
            .with("function", function)
            .with("share", format!("{:.0}", 100.0 * share)),
        };
        said.with("since", self.since)
    }

    /// What to do.
    pub fn mend(&self) -> Message {
        match &self.found {
            Found::Overfitting { .. } => Message::of(
                "the weights of the best epoch are kept; more dropout, changes of the examples (--augment) or weight decay help, \
                 more examples help most",
            ),
            Found::Diverging { learning_rate, .. } => slower(*learning_rate),
            Found::Dead { .. } => {
                Message::of("a lower learning rate keeps units alive; leaky_relu and elu never die")
            }
            Found::Saturated { .. } => Message::of(
                "start with smaller weights (init=glorot_normal), lower the learning rate, or use relu in hidden layers",
            ),
        }
    }
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}  mend: {}", self.words(), self.mend())
    }
}

/// `since`, `epoch`, `kind`, the numbers, and both sentences.
impl Serialize for Notice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told<'n> {
            since: u64,
            epoch: u64,
            #[serde(flatten)]
            found: &'n Found,
            words: Message,
            mend: Message,
        }
        let (words, mend) = (self.words(), self.mend());
        Told { since: self.since, epoch: self.epoch, found: &self.found, words, mend }.serialize(serializer)
    }
}

/// What goes wrong in a training, epoch by epoch.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    /// The training loss of the first epoch.
    first: Option<f64>,
    /// The epoch of the least validation loss, that loss and the training loss then.
    best: Option<(u64, f64, f64)>,
    now: Vec<Notice>,
}

impl Notices {
    /// After these epochs.
    pub fn of(history: &[EpochRecord]) -> Notices {
        let mut notices = Notices::default();
        for record in history {
            notices.add(record);
        }
        notices
    }

    /// What is wrong now.
    pub fn all(&self) -> &[Notice] {
        &self.now
    }

    /// Takes the numbers of an epoch; returns what was not wrong before it.
    pub fn add(&mut self, record: &EpochRecord) -> Vec<Notice> {
        let mut found: Vec<Found> = self.overfitting(record).into_iter().collect();
        let first = *self.first.get_or_insert(record.train_loss);
        if record.train_loss > APART * first && first > 0.0 {
            let (now, learning_rate) = (record.train_loss, record.learning_rate);
            found.push(Found::Diverging { first, now, learning_rate });
        }
        match &record.units {
            Some(units) => found.extend(units.iter().filter_map(unwell)),
            // Not counted in this epoch: what was found last still holds.
            None => {
                let kept = self.now.iter().map(|notice| &notice.found);
                found.extend(
                    kept.filter(|f| matches!(f, Found::Dead { .. } | Found::Saturated { .. })).cloned(),
                );
            }
        }
        let before = std::mem::take(&mut self.now);
        let mut fresh = Vec::new();
        for found in found {
            let known = before.iter().find(|notice| notice.is_as(&found));
            let begins = match (&found, self.best) {
                (Found::Overfitting { .. }, Some((epoch, ..))) => epoch,
                _ => record.epoch,
            };
            let since = known.map_or(begins, |notice| notice.since);
            self.now.push(Notice { since, epoch: record.epoch, found });
            if known.is_none() {
                fresh.extend(self.now.last().cloned());
            }
        }
        fresh
    }

    /// Whether the validation loss has risen while the training loss fell.
    fn overfitting(&mut self, record: &EpochRecord) -> Option<Found> {
        let validation_now = record.validation_loss?;
        let (epoch, validation_then, train_then) = match self.best {
            // An epoch before the best: the training was begun again.
            Some(best) if best.0 <= record.epoch && best.1 <= validation_now => best,
            _ => *self.best.insert((record.epoch, validation_now, record.train_loss)),
        };
        let train_now = record.train_loss;
        let begins = record.epoch - epoch >= PATIENCE
            && validation_now > RISE * validation_then
            && train_now < train_then;
        // Once said it holds until an epoch is better: a loss that trembles is no news.
        let goes_on =
            self.now.iter().any(|n| n.since == epoch && matches!(n.found, Found::Overfitting { .. }));
        (begins || goes_on).then_some(Found::Overfitting {
            validation_then,
            validation_now,
            train_then,
            train_now,
        })
    }
}

/// Whether too many of a layer's units no longer learn.
fn unwell(counted: &Units) -> Option<Found> {
    let layer = counted.layer.clone();
    match (counted.dead, counted.saturated) {
        (Some(dead), _) if dead as f64 > DEAD * counted.units as f64 => {
            Some(Found::Dead { layer, dead, units: counted.units })
        }
        (_, Some(share)) if share > SATURATED => {
            Some(Found::Saturated { layer, function: counted.function.clone(), share })
        }
        _ => None,
    }
}
