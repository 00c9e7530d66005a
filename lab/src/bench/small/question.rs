//! What the pages of small trainings ask: how far to go, for how long to compute, and whatever else is theirs.

use std::time::Duration;

use gradus::message::Message;
use gradus::{Error, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::bench::Deadline;

/// How far to go.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Travel {
    /// So many steps, back if negative.
    #[serde(default)]
    pub by: i64,
    /// Or to this step.
    #[serde(default)]
    pub to: Option<u64>,
    /// Milliseconds to compute at most.
    #[serde(default)]
    pub milliseconds: Option<u64>,
}

impl Travel {
    /// A question's way, and what else it asks.
    ///
    /// # Errors
    /// [`Error::Settings`] if it is no question.
    pub fn read<More: for<'q> Deserialize<'q>>(question: &Value) -> Result<(Travel, More)> {
        let is_mine = |key: &str| ["by", "to", "milliseconds"].contains(&key);
        let all: Map<String, Value> = read(question)?;
        let (mine, more): (Map<_, _>, Map<_, _>) = all.into_iter().partition(|(key, _)| is_mine(key));
        Ok((read(&Value::Object(mine))?, read(&Value::Object(more))?))
    }

    /// So many steps.
    pub fn by(steps: i64) -> Travel {
        Travel { by: steps, ..Travel::default() }
    }

    /// To a step.
    pub fn to(step: u64) -> Travel {
        Travel { to: Some(step), ..Travel::default() }
    }

    /// Where it leads from a step.
    pub fn from(&self, step: u64) -> u64 {
        self.to.unwrap_or_else(|| step.saturating_add_signed(self.by))
    }

    /// How long to compute.
    pub fn patience(&self, deadline: &Deadline) -> Duration {
        patience(self.milliseconds, deadline)
    }
}

/// Reads a question of the page.
///
/// # Errors
/// [`Error::Settings`] if it is none.
pub fn read<Q: for<'q> Deserialize<'q>>(question: &Value) -> Result<Q> {
    Q::deserialize(question).map_err(|error| Error::Settings {
        message: Message::of("this question cannot be read: {error}").with("error", error),
        mend: "load the page again: it may be older than the program".into(),
    })
}

/// How long to compute: as long as is asked for, but never up to the deadline.
pub fn patience(milliseconds: Option<u64>, deadline: &Deadline) -> Duration {
    let left = deadline.at().saturating_duration_since(std::time::Instant::now());
    Duration::from_millis(milliseconds.unwrap_or(30).min(2000)).min(left / 2)
}
