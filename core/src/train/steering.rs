//! A training steered by hand, so that it can be repeated: what was changed, after which step, is kept in the run's folder.
//!
//! `steering.jsonl` holds a line for each change, for example `{"after_step":120,"do":"rate","factor":0.5}`: the rates of the
//! steps from 121 on are half of what the settings and the schedule say. A line is on the disk before the change is made, so a
//! run that is killed finds it again. What changes no weight (a pause, a checkpoint) is not kept.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use super::files::write_whole;
use crate::{Error, Result};

/// Where a training stands between two steps, for whoever may steer it.
pub struct Between<'a> {
    /// Steps made.
    pub step: u64,
    /// θ
    pub theta: &'a [f32],
    /// What ops remember from batch to batch.
    pub memory: &'a [f32],
    /// What the rates of settings and schedule are multiplied with now.
    pub rate: f64,
    /// Becomes true when the training shall end: nobody may wait longer.
    pub stop: &'a AtomicBool,
}

/// What shall be done before the next step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Order {
    /// From now on multiply the rates of settings and schedule with this; above 0.
    pub rate: Option<f64>,
    /// Write a checkpoint.
    pub save: bool,
    /// End here: a checkpoint of this very step is written, and the epoch is judged as far as it came.
    pub stop: bool,
}

/// What was changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum What {
    /// The rates of settings and schedule are multiplied with `factor`.
    Rate {
        /// Above 0; 1 is what the settings say.
        factor: f64,
    },
    /// The training ended.
    Stop,
    /// It was resumed: the last stop counts no more.
    GoOn,
}

/// A line of the record.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// How many steps came before.
    pub after_step: u64,
    /// What was changed.
    #[serde(flatten)]
    pub what: What,
}

/// All changes of a run, in the order in which they were made, and the file that keeps them.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
    changes: Vec<Change>,
}

/// The record of a run.
pub fn steering_path(run: &Path) -> PathBuf {
    run.join("steering.jsonl")
}

impl Record {
    /// The record of a run; empty if nothing was changed.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::Damaged`] naming the line.
    pub fn open(run: &Path) -> Result<Record> {
        let path = steering_path(run);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            read => read.map_err(Error::file("read", &path))?,
        };
        let mut changes = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let change: Change = serde_json::from_str(line).map_err(|e| Error::Damaged {
                kind: "record of steering",
                path: path.clone(),
                reason: format!("line {}: {e}", number + 1),
                mend: "repair or delete that line; without it the run ends with other weights".into(),
            })?;
            changes.push(change);
        }
        Ok(Record { path, changes })
    }

    /// Begins the record of a new run with what was done in another: what was stopped and resumed never happened.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn repeat(run: &Path, of: &Record) -> Result<Record> {
        let record = Record { path: steering_path(run), changes: of.effective().collect() };
        record.write()?;
        Ok(record)
    }

    /// All changes.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Those that still count.
    fn effective(&self) -> impl Iterator<Item = Change> + '_ {
        let counts = |(i, change): (usize, &Change)| {
            let resumed = self.changes[i..].iter().any(|later| later.what == What::GoOn);
            match change.what {
                What::Rate { .. } => Some(*change),
                What::Stop => Some(*change).filter(|_| !resumed),
                What::GoOn => None,
            }
        };
        self.changes.iter().enumerate().filter_map(counts)
    }

    /// What was ordered after so many steps.
    pub fn at(&self, step: u64) -> Order {
        let mut order = Order::default();
        for change in self.effective().filter(|change| change.after_step == step) {
            match change.what {
                What::Rate { factor } => order.rate = Some(factor),
                What::Stop => order.stop = true,
                What::GoOn => {}
            }
        }
        order
    }

    /// Goes on with a run that was stopped.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn go_on(&mut self) -> Result<()> {
        let stop = self.effective().find(|change| change.what == What::Stop);
        match stop {
            Some(stop) => self.add(Change { what: What::GoOn, ..stop }),
            None => Ok(()),
        }
    }

    /// Writes a change down, durably.
    ///
    /// # Errors
    /// [`Error::Range`] if a factor is not above 0; [`Error::File`].
    pub fn add(&mut self, change: Change) -> Result<()> {
        if let What::Rate { factor } = change.what
            && !(factor > 0.0 && factor.is_finite())
        {
            return Err(Error::range("the factor of the learning rate", factor, "above 0"));
        }
        self.changes.push(change);
        self.write()
    }

    fn write(&self) -> Result<()> {
        let line = |change| format!("{}\n", serde_json::to_string(change).expect("plain values"));
        let lines: String = self.changes.iter().map(line).collect();
        write_whole(&self.path, lines.as_bytes(), None)
    }
}
