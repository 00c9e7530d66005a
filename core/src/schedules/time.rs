//! The lengths T of schedules: in steps, in epochs, or as long as the training.

use crate::message::Message;
use crate::words::Words;
use crate::{Error, Result};

/// What a schedule can know of a training before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// Steps of an epoch.
    pub steps_per_epoch: u64,
    /// Steps of the whole training, if it is limited by steps or epochs.
    pub steps: Option<u64>,
    /// Whether there is a validation part.
    pub validates: bool,
}

/// How a schedule's T is written.
pub struct Times {
    /// When it is not: `steps=run`, `epochs=10`.
    pub default: &'static str,
    /// As the formula writes it.
    pub symbol: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Whether it is a list, separated by commas.
    pub several: bool,
}

/// A length, or several, each longer than the one before.
#[derive(Clone, Debug, PartialEq)]
pub enum Time {
    /// As long as the training.
    Run,
    /// So many steps.
    Steps(Vec<u64>),
    /// So many epochs.
    Epochs(Vec<f64>),
}

impl Times {
    /// The default, or what the pairs say.
    ///
    /// # Errors
    /// [`Error::Line`] at a pair that is wrong.
    pub fn read(&self, words: &Words, pairs: &[(&str, &str)]) -> Result<Time> {
        let (unit, text) = match pairs {
            [] => self.default.split_once('=').expect("a default is a pair"),
            [pair] => *pair,
            [first, second, ..] => {
                let message = Message::of("`{first}` and `{second}` say the same thing twice")
                    .with("first", first.0)
                    .with("second", second.0);
                return Err(words.wrong_pair(second.0, message, "keep one of them"));
            }
        };
        let time = match (unit, text) {
            ("steps", "run") if !self.several => Some(Time::Run),
            ("steps", _) => list(text, |n: &u64| *n >= 1).map(Time::Steps),
            _ => list(text, |n: &f64| *n > 0.0 && n.is_finite()).map(Time::Epochs),
        };
        time.filter(|time| self.several || time.count() == 1).ok_or_else(|| {
            let kind = if unit == "steps" { "a whole number from 1" } else { "a number above 0" };
            let mend = match (self.several, unit) {
                (true, _) => format!("{kind}, or several that grow, separated by commas: {}", self.default),
                (false, "steps") => format!("{kind}, or `run`: as long as the training"),
                _ => kind.into(),
            };
            words.wrong_pair(unit, format!("`{unit}` is `{text}`"), format!("it must be {mend}"))
        })
    }
}

/// Numbers separated by commas, each above the one before.
fn list<T: std::str::FromStr + PartialOrd>(text: &str, fits: impl Fn(&T) -> bool) -> Option<Vec<T>> {
    let numbers: Vec<T> = text.split(',').map(|n| n.parse().ok().filter(&fits)).collect::<Option<_>>()?;
    numbers.is_sorted_by(|a, b| a < b).then_some(numbers)
}

impl Time {
    fn count(&self) -> usize {
        match self {
            Time::Run => 1,
            Time::Steps(steps) => steps.len(),
            Time::Epochs(epochs) => epochs.len(),
        }
    }

    /// As it is read.
    pub fn written(&self) -> String {
        fn joined<T: ToString>(numbers: &[T]) -> String {
            numbers.iter().map(T::to_string).collect::<Vec<_>>().join(",")
        }
        match self {
            Time::Run => " steps=run".into(),
            Time::Steps(steps) => format!(" steps={}", joined(steps)),
            Time::Epochs(epochs) => format!(" epochs={}", joined(epochs)),
        }
    }

    /// In steps, at least one each.
    ///
    /// # Errors
    /// [`Error::Settings`] if it is as long as the training and nobody knows how long that is.
    pub fn in_steps(&self, name: &str, horizon: &Horizon) -> Result<Vec<u64>> {
        match self {
            Time::Steps(steps) => Ok(steps.clone()),
            Time::Epochs(epochs) => {
                let steps = |n: &f64| ((n * horizon.steps_per_epoch as f64).round() as u64).max(1);
                Ok(epochs.iter().map(steps).collect())
            }
            Time::Run => match horizon.steps {
                Some(steps) if steps > 0 => Ok(vec![steps]),
                Some(_) => Err(Error::Settings {
                    message: Message::of("nothing of the training is left for the schedule {name}").with("name", name),
                    mend: "make what comes before it shorter, or the training longer".into(),
                }),
                None => Err(Error::Settings {
                    message: Message::of(
                        "the schedule {name} must know how long the training is, and a limit on time does not tell",
                    )
                    .with("name", name),
                    mend: Message::of(
                        "write `{name} steps=…` or `{name} epochs=…`, or limit the training's steps or epochs",
                    )
                    .with("name", name),
                }),
            },
        }
    }
}
