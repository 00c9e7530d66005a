//! One of the optimizers that race over the landscape.

use std::time::{Duration, Instant};

use gradus::{Error, Result};
use serde::Serialize;

use super::Slice;
use crate::bench::small::{Config, Halt, Scores, Training};

/// How many points of its path are kept, at least.
const POINTS: u64 = 60;

/// One optimizer on its way.
pub struct Racer {
    /// As given, with its rate.
    pub line: String,
    /// Its training.
    pub training: Training,
    /// Step, weights and loss along the way.
    pub path: Vec<(u64, Vec<f32>, f32)>,
}

/// A racer's way over the map.
#[derive(Clone, Debug, Serialize)]
pub struct Path {
    /// The optimizer's line, as given.
    pub name: String,
    /// η
    pub learning_rate: f64,
    /// Steps.
    pub step: Vec<u64>,
    /// Where it is in the plane.
    pub x: Vec<f64>,
    /// The same.
    pub y: Vec<f64>,
    /// The loss there, in truth.
    pub loss: Vec<f32>,
    /// How far it is from the plane, as a share of its distance from the middle.
    pub off: Vec<f64>,
    /// Why it stopped early.
    pub halted: Option<Halt>,
}

impl Racer {
    pub fn new(line: &str, config: &Config) -> Result<Racer> {
        let (words, rate) = split_rate(line)?;
        let config =
            Config { optimizer: words, learning_rate: rate.or(config.learning_rate), ..config.clone() };
        Ok(Racer { line: line.into(), training: Training::new(config)?, path: Vec::new() })
    }

    /// The loss at its end; the last known.
    pub fn loss(&self) -> f32 {
        self.path.last().map_or(f32::INFINITY, |last| if last.2.is_nan() { f32::INFINITY } else { last.2 })
    }

    pub fn at(&self) -> u64 {
        self.training.place().step
    }

    pub fn done(&self, steps: u64) -> bool {
        !self.path.is_empty() && (self.at() == steps || self.training.halted().is_some())
    }

    /// Races on; whether it has ended.
    pub fn run(&mut self, steps: u64, patience: Duration, scores: &mut Scores) -> bool {
        if self.path.is_empty() {
            self.note(scores);
        }
        if self.done(steps) {
            return true;
        }
        let every = (steps / POINTS).max(1);
        let began = Instant::now();
        while self.at() < steps && self.training.step() {
            if self.at().is_multiple_of(every) || self.at() == steps {
                self.note(scores);
            }
            if began.elapsed() >= patience {
                break;
            }
        }
        if self.training.halted().is_some() && self.path.last().is_none_or(|last| last.0 != self.at()) {
            self.note(scores);
        }
        self.done(steps)
    }

    fn note(&mut self, scores: &mut Scores) {
        let training = &self.training;
        let loss = scores.train_loss(&training.model, training.theta(), training.memory());
        self.path.push((training.place().step, training.theta().to_vec(), loss));
    }

    pub fn over(&self, slice: &Slice) -> Path {
        let places: Vec<([f64; 2], f64)> = self.path.iter().map(|(_, theta, _)| slice.place(theta)).collect();
        Path {
            name: self.line.clone(),
            learning_rate: self.training.learning_rate,
            step: self.path.iter().map(|p| p.0).collect(),
            x: places.iter().map(|p| p.0[0]).collect(),
            y: places.iter().map(|p| p.0[1]).collect(),
            loss: self.path.iter().map(|p| p.2).collect(),
            off: places.iter().map(|p| p.1).collect(),
            halted: self.training.halted().cloned(),
        }
    }
}

/// A line without its ` lr=…`, and the rate.
fn split_rate(line: &str) -> Result<(String, Option<f64>)> {
    let mut rate = None;
    let mut words = Vec::new();
    for word in line.split_whitespace() {
        let Some(text) = word.strip_prefix("lr=") else {
            words.push(word);
            continue;
        };
        let read = text.parse().ok().filter(|x: &f64| *x > 0.0 && *x <= 1e6);
        rate = Some(read.ok_or_else(|| Error::range("lr", text, "a number above 0, up to 1000000"))?);
    }
    Ok((words.join(" "), rate))
}
