//! The loop. Eight lines of it are the subject of this library ([`Trainer::step`]); the rest is when to stop,
//! what to keep, and whom to tell.

mod keep;
mod limits;
mod told;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use super::batches::{Parts, Samples};
use super::checkpoint::Progress;
use super::evaluate::Evaluator;
use super::event::{EpochRecord, Event, GradientCheck, Watcher};
use super::feed::Feed;
use super::model_file::model_hash;
use super::notice::Notices;
use super::outcome::{Outcome, Stopped};
use super::profile::Profile;
use super::settings::{Monitor, Settings};
use super::units::Counter;
use super::verdict;
use crate::cost::Counted;
use crate::network::Model;
use crate::op::Moment;
use crate::optimizer::{Optimizer, Setup, Step};
use crate::optimizers::Choice;
use crate::rng::{Rng, Stream};
use crate::schedules::{self, Judged, Schedule};
use crate::threads::Threads;
use crate::{Error, Result};
use told::check_in_passing;

/// A training: a model, its data, and how far it has come.
pub struct Trainer<'a> {
    model: &'a Model,
    data: &'a dyn Samples,
    parts: Parts,
    settings: Settings,
    feed: Feed<'a>,
    schedule: Box<dyn Schedule>,
    /// A check of the step under way, not yet told.
    checked: Option<GradientCheck>,
    evaluator: Evaluator<'a>,
    optimizer: Box<dyn Optimizer>,
    theta: Vec<f32>,
    /// The weights to use, where they are not θ itself.
    answer: Option<Vec<f32>>,
    best_theta: Vec<f32>,
    /// What is remembered beside those.
    best_memory: Vec<f32>,
    order: Vec<u32>,
    progress: Progress,
    /// Counts units that no longer learn, from the first time that it is due.
    units: Option<Counter>,
    notices: Notices,
    /// Steps and seconds that were watched.
    watched: Option<(u64, f64)>,
    /// Whether the optimizer judges populations.
    evolves: bool,
}

impl<'a> Trainer<'a> {
    /// Ready for the first step. `fingerprint` says what the data are: a checkpoint goes on only with the same.
    ///
    /// # Errors
    /// If a setting is out of range, there is nothing to train on, the optimizer would take too much memory, or the best is to be
    /// chosen by an accuracy that there is not.
    pub fn new(
        model: &'a Model,
        data: &'a dyn Samples,
        parts: Parts,
        settings: Settings,
        threads: &Threads,
        fingerprint: &str,
    ) -> Result<Self> {
        settings.check()?;
        if data.classes() == 0 && settings.monitor == Monitor::Accuracy {
            return Err(Error::Settings {
                message: "where a number is to be said, no example is simply right".into(),
                mend: "let the loss say which epoch is best: monitor loss".into(),
            });
        }
        let mut feed = Feed::new(model, data, &parts.train, &settings, threads)?;
        let horizon = settings.horizon(parts.train.len(), !parts.validation.is_empty());
        let schedule = schedules::Choice::parse(&settings.schedule)?.build(&horizon)?;
        let theta = model.layout().start(settings.seed);
        let setup = Setup::new(model.layout(), threads).around(settings.around()).seed(settings.seed);
        let choice = Choice::parse(&settings.optimizer)?;
        choice.check(&setup)?;
        let evolves = choice.judges_populations();
        if evolves {
            feed.prepare();
        }
        feed.read_ahead(&parts.train, settings.seed);
        let optimizer = choice.build(&setup);
        let progress = Progress::new(fingerprint);
        Ok(Trainer {
            order: parts.train.clone(),
            best_theta: theta.clone(),
            answer: optimizer.has_own_answer().then(|| theta.clone()),
            best_memory: model.layout().memory().to_vec(),
            evaluator: Evaluator::new(model, threads),
            model,
            data,
            parts,
            settings,
            feed,
            schedule,
            checked: None,
            optimizer,
            theta,
            progress,
            units: None,
            notices: Notices::default(),
            watched: None,
            evolves,
        })
    }

    /// The weights as they are now.
    pub fn theta(&self) -> &[f32] {
        &self.theta
    }

    /// The weights of the best epoch so far; of the last if there is nothing to validate with.
    pub fn best_theta(&self) -> &[f32] {
        &self.best_theta
    }

    /// What ops remember from batch to batch, as it is now (the running means and variances of batch norm).
    pub fn memory(&self) -> &[f32] {
        &self.feed.memory
    }

    /// What belongs to [`Trainer::best_theta`].
    pub fn best_memory(&self) -> &[f32] {
        &self.best_memory
    }

    /// From now on takes the time of everything a step is made of.
    pub fn watch(&mut self) {
        self.watched = Some((0, 0.0));
        self.feed.watch();
    }

    /// Where the time went since [`Trainer::watch`]; none without it.
    pub fn profile(&self) -> Option<Profile> {
        self.watched.map(|(steps, seconds)| Profile::of(&self.feed, steps, seconds))
    }

    /// All epochs so far.
    pub fn history(&self) -> &[EpochRecord] {
        &self.progress.history
    }

    /// Trains until the settings say to end, or `stop` becomes true. With a run folder, checkpoints go there.
    ///
    /// # Errors
    /// [`Error::NotFinite`] with a verdict; [`Error::File`] if a checkpoint cannot be written.
    pub fn run(
        &mut self,
        run: Option<&Path>,
        watcher: &mut dyn Watcher,
        stop: &AtomicBool,
    ) -> Result<Outcome> {
        match self.feed.loader() {
            None => self.train(run, watcher, stop),
            Some(loader) => {
                loader.beside((self.progress.epoch, self.progress.seen), || self.train(run, watcher, stop))
            }
        }
    }

    fn train(&mut self, run: Option<&Path>, watcher: &mut dyn Watcher, stop: &AtomicBool) -> Result<Outcome> {
        watcher.see(&self.start_event());
        let mut saved = Instant::now();
        if self.progress.seen == 0 {
            self.shuffle();
        }
        // Without a step there is nothing to keep: who is killed before the first begins anew, which is the same. That the folder
        // can be written is better known at once.
        let mut first = self.progress.step == 0;
        while self.progress.ended.is_none() {
            let order = watcher.between(&self.between(stop))?;
            self.progress.rate = order.rate.unwrap_or(self.progress.rate);
            let stops = order.stop && self.progress.step > 0;
            if let Some(run) = run.filter(|_| order.save || stops) {
                self.check_finite()?;
                self.save(run)?;
                saved = Instant::now();
            }
            if stops {
                // The checkpoint stands in mid-epoch: whoever resumes goes on as if there had been no stop.
                if self.progress.seen > 0 {
                    self.turn(watcher)?;
                }
                self.progress.ended = Some(Stopped::Steered);
                break;
            }
            let began = Instant::now();
            let loss = self.step()?;
            let mut spent = began.elapsed().as_secs_f64();
            if let Some(check) = self.checked.take() {
                spent -= check.seconds;
                watcher.see(&Event::GradientCheck(check));
            }
            if let Some((steps, seconds)) = &mut self.watched {
                *steps += 1;
                *seconds += spent;
            }
            self.progress.seconds += spent;
            self.progress.epoch_seconds += spent;
            watcher.see(&Event::Step {
                step: self.progress.step,
                epoch: self.progress.epoch + 1,
                loss,
                diversity: self.optimizer.diversity(),
                learning_rate: self.learning_rate(self.progress.step - 1),
                seen: self.progress.seen,
                seconds: self.progress.seconds,
            });
            let reason = self.limit_reached();
            let mut pause = self.settings.checkpoint_seconds;
            if self.progress.seen == self.order.len() || self.passes_used_up() || reason.is_some() {
                self.turn(watcher)?;
                self.progress.ended = reason.or(self.epoch_limit_reached());
                // Making a file durable takes as long as many a short epoch.
                pause = pause.min(1.0);
            }
            if self.progress.ended.is_none() && stop.load(Relaxed) {
                self.progress.ended = Some(Stopped::Asked);
            }
            let due = first || self.progress.ended.is_some() || saved.elapsed().as_secs_f64() >= pause;
            if let Some(run) = run.filter(|_| due) {
                self.check_finite()?;
                self.save(run)?;
                (saved, first) = (Instant::now(), false);
            }
        }
        Ok(Outcome {
            stopped: self.progress.ended.expect("the loop ends so"),
            best_epoch: self.progress.best.map_or(self.progress.epoch, |b| b.0),
            history: self.progress.history.clone(),
            steps: self.progress.step,
            seconds: self.progress.seconds,
        })
    }

    /// One step: the next batch, its gradient, better weights.
    fn step(&mut self) -> Result<f32> {
        let seen = self.progress.seen;
        let at = Step { t: self.progress.step + 1, learning_rate: self.learning_rate(self.progress.step) };
        let moment = Moment { training: true, seed: self.settings.seed, step: at.t, ..Moment::default() };
        let batch = seen..seen + self.feed.take(seen);
        let mut asked = self.feed.ask(&self.order, batch.clone(), moment, self.progress.epoch);
        if self.settings.check_gradient.is_some_and(|every| at.t.is_multiple_of(every)) {
            self.checked = Some(check_in_passing(asked.plan(), &self.theta, self.settings.seed, at.t));
        }
        let mut counted = Counted::new(&mut asked, batch.len());
        let loss = self.optimizer.step(at, &mut self.theta, &mut counted);
        let cost = counted.cost;
        let mut cost = asked.cost(cost, self.theta.len());

        if !loss.is_finite() {
            let rate = self.settings.learning_rate * self.progress.rate;
            let verdict = asked.verdict(&self.theta, at.t, rate);
            return Err(Error::NotFinite(Box::new(verdict)));
        }
        if asked.remember(&self.theta) {
            cost.losses += batch.len() as u64;
        }
        self.progress.step += 1;
        self.progress.cost.losses += cost.losses;
        self.progress.cost.gradients += cost.gradients;
        self.progress.seen += batch.len();
        self.progress.loss_sum += loss as f64 * batch.len() as f64;
        Ok(loss)
    }

    /// The rate of the step that `t` steps come before.
    fn learning_rate(&self, t: u64) -> f64 {
        self.settings.learning_rate * self.schedule.factor(t, &self.progress.schedule) * self.progress.rate
    }

    /// The order of the epoch under way: a function of the seed and its number alone.
    fn shuffle(&mut self) {
        self.order.copy_from_slice(&self.parts.train);
        Rng::new(self.settings.seed, Stream::Shuffle, self.progress.epoch).shuffle(&mut self.order);
    }

    /// That all weights are numbers: a checkpoint and a score are only made of such.
    fn check_finite(&mut self) -> Result<()> {
        if let Some(part) = self.theta.iter().position(|w| !w.is_finite()) {
            let place = self.model.layout().part_of(part).map_or("θ".into(), |p| p.name.clone());
            let plan = self.feed.any_plan();
            let rate = self.settings.learning_rate * self.progress.rate;
            let mut verdict = verdict::find(plan, &self.theta, self.progress.step, rate);
            verdict.place = place;
            return Err(Error::NotFinite(Box::new(verdict)));
        }
        Ok(())
    }

    /// Validates, remembers the best weights, and turns to the next epoch.
    fn end_epoch(&mut self) -> Result<EpochRecord> {
        self.check_finite()?;
        if let Some(answer) = &mut self.answer {
            self.optimizer.answer(&self.theta, answer);
        }
        let units = self.count_units()?;
        let memory = self.memory_of_answer();
        let answer = self.answer.as_ref().unwrap_or(&self.theta);
        let validated = if self.parts.validation.is_empty() {
            None
        } else {
            Some(self.evaluator.evaluate(answer, &memory, self.data, &self.parts.validation)?.scores)
        };
        let learning_rate = self.learning_rate(self.progress.step - 1);
        let p = &mut self.progress;
        p.epoch += 1;
        let better = match (&validated, p.best) {
            (None, _) | (_, None) => true,
            (Some(now), Some((_, loss, accuracy))) => match (self.settings.monitor, now.accuracy) {
                (Monitor::Accuracy, Some(now_right)) => {
                    now_right > accuracy || (now_right == accuracy && now.loss < loss)
                }
                _ => now.loss < loss,
            },
        };
        if better {
            p.best = Some((
                p.epoch,
                // A file of JSON holds no infinity.
                validated.as_ref().map_or(0.0, |s| s.loss.min(f64::MAX)),
                validated.as_ref().and_then(|s| s.accuracy).unwrap_or(0.0),
            ));
            self.best_theta.copy_from_slice(answer);
            self.best_memory.copy_from_slice(&memory);
        }
        let record = EpochRecord {
            epoch: p.epoch,
            step: p.step,
            train_loss: p.loss_sum / p.seen as f64,
            validation_loss: validated.as_ref().map(|s| s.loss).filter(|loss| loss.is_finite()),
            validation_accuracy: validated.as_ref().and_then(|s| s.accuracy),
            learning_rate,
            seconds: p.seconds,
            passes: p.cost.passes(),
            diversity: self.optimizer.diversity(),
            examples_per_second: p.seen as f64 / p.epoch_seconds.max(1e-9),
            best: better,
            units,
            theta_hash: model_hash(&self.theta, &self.feed.memory),
        };
        let judged = Judged {
            train_loss: record.train_loss,
            validation_loss: record.validation_loss,
            validation_accuracy: record.validation_accuracy,
            by_accuracy: self.settings.monitor == Monitor::Accuracy,
        };
        self.schedule.judged(p.step, &judged, &mut p.schedule);
        p.history.push(record.clone());
        (p.seen, p.loss_sum, p.epoch_seconds) = (0, 0.0, 0.0);
        self.shuffle();
        Ok(record)
    }

    /// What is remembered for the weights to use. Where they are not θ (averages, schedule-free) batch norm would not know
    /// their means: the epoch's batches go forward once more.
    fn memory_of_answer(&mut self) -> Vec<f32> {
        let own =
            self.answer.as_ref().filter(|answer| **answer != self.theta && !self.feed.memory.is_empty());
        let Some(answer) = own else {
            return self.feed.memory.clone();
        };
        let p = &mut self.progress;
        p.cost.losses += self.order.len() as u64;
        let moment = Moment { training: true, seed: self.settings.seed, step: p.step, ..Moment::default() };
        self.feed.means(answer, &self.order, moment, p.epoch)
    }
}
