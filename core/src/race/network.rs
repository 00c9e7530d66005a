//! A network with its data as a course.
//!
//! *Batches.* All optimizers judge on batches of the same size, evolution too: a generation costs a population times
//! the batch, and over all data one generation would cost more than most budgets. Only a line search (`lbfgs`) gets all
//! data, as it compares losses of one step with those of the next.
//!
//! *Epochs.* An epoch ends when the data are through, or when it took the passes of an epoch of gradients: three for each
//! example. So all are judged on the validation data after the same passes, and equally often. A run ends at the first
//! such end at which its budget is used up: it is exceeded by less than the price of one step (of evolution: one
//! generation), if it is a whole number of epochs.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::{Course, Point, Run};
use crate::network::Model;
use crate::optimizers::Choice;
use crate::threads::Threads;
use crate::train::{Batch, Event, Parts, Samples, Settings, Stopped, Trainer};
use crate::{Error, Result};

/// A network, its data and how long it is trained.
pub struct NetworkCourse<'a> {
    /// The network and its loss.
    pub model: &'a Model,
    /// The examples.
    pub data: &'a dyn Samples,
    /// Which are for what.
    pub parts: &'a Parts,
    /// All else: batch, regularisation. Optimizer, rate, seed and limits are set by the race.
    pub settings: Settings,
    /// Passes granted to each run.
    pub budget: u64,
    /// Who may help.
    pub threads: &'a Threads,
    /// Ends the race when true.
    pub stop: &'a AtomicBool,
}

impl Course for NetworkCourse<'_> {
    fn run(&self, choice: &Choice, learning_rate: f64, seed: u64) -> Result<Run> {
        let all = choice.wants_all_data() && !choice.judges_populations();
        let settings = Settings {
            optimizer: choice.line(),
            learning_rate,
            seed,
            batch: if all { Batch::All } else { self.settings.batch },
            accumulate: if all { 1 } else { self.settings.accumulate },
            epochs: Settings::ENDLESS,
            epoch_passes: Some(3 * self.parts.train.len() as u64),
            steps: None,
            seconds: None,
            patience: 0,
            ..self.settings.clone()
        };
        let mut run = Run { seed, points: Vec::new(), path: Vec::new(), result: f64::INFINITY, ended: None };
        let mut trainer =
            Trainer::new(self.model, self.data, self.parts.clone(), settings, self.threads, "race")?;
        // The epoch under way is not cut short: its end is where a run can be judged.
        let over = AtomicBool::new(false);
        let outcome = trainer.run(
            None,
            &mut |event: &Event| {
                if let Event::Epoch(e) = event {
                    run.points.push(Point {
                        step: e.step,
                        passes: e.passes,
                        seconds: e.seconds,
                        train: e.train_loss,
                        validation: e.validation_loss,
                        accuracy: e.validation_accuracy,
                    });
                    over.store(e.passes >= self.budget || self.stop.load(Relaxed), Relaxed);
                }
            },
            &over,
        );
        match outcome {
            Ok(outcome) => {
                let lowest = |value: fn(&Point) -> Option<f64>| {
                    run.points.iter().filter_map(value).min_by(f64::total_cmp)
                };
                let last = run.points.last().map_or(f64::INFINITY, |p| p.train);
                run.result = lowest(|p| p.validation).unwrap_or(last);
                if let Stopped::Optimizer(reason) = outcome.stopped {
                    run.ended = Some(reason.to_string());
                }
            }
            Err(Error::NotFinite(_)) => run.ended = Some("it diverged".into()),
            Err(error) => return Err(error),
        }
        if self.stop.load(Relaxed) {
            return Err(Error::Settings {
                message: "the race was stopped".into(),
                mend: "start it again; a race keeps nothing half run".into(),
            });
        }
        Ok(run)
    }

    fn measure(&self) -> &'static str {
        if self.parts.validation.is_empty() { "training loss" } else { "lowest validation loss" }
    }

    fn is_logarithmic(&self) -> bool {
        false
    }

    fn budget(&self) -> u64 {
        self.budget
    }
}
