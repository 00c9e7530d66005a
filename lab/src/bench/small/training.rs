//! A training that goes step by step, forward and back.
//!
//! It takes the steps that [`gradus::train::Trainer`] takes, bit for bit (a test compares them); what it adds is that it
//! can be stopped anywhere, and sent to any step it has been at, or has not.

use std::time::{Duration, Instant};

use gradus::message::Message;
use gradus::network::Model;
use gradus::op::Moment;
use gradus::optimizer::{Optimizer, Reason, Setup, Step};
use gradus::optimizers::Choice;
use gradus::plan::Plan;
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;
use gradus::{Result, train::Batch};
use serde::Serialize;

use super::asked::Asked;
use super::config::Config;
use super::data::{Data, Example, Task};
use super::history::{History, State};
use super::suits::{check_work, model};
use crate::bench::limits;

/// Where a training stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Place {
    /// Steps made.
    pub step: u64,
    /// Epochs ended.
    pub epoch: u64,
    /// Examples seen of the epoch under way.
    pub seen: usize,
    /// The loss that the last step saw on its batch.
    pub batch_loss: Option<f32>,
}

/// A model, its data, and how far it has come.
pub struct Training {
    /// What decides it.
    pub config: Config,
    /// Its examples.
    pub data: Data,
    /// The network and its loss.
    pub model: Model,
    /// The optimizer's line.
    pub choice: Choice,
    /// η
    pub learning_rate: f64,
    threads: Threads,
    optimizer: Box<dyn Optimizer>,
    /// For a full batch, and for a shorter last one.
    plans: Vec<(usize, Plan)>,
    order: Vec<u32>,
    theta: Vec<f32>,
    memory: Vec<f32>,
    place: Place,
    history: History,
    /// Why there is no next step.
    halted: Option<Halt>,
}

/// Why a training cannot go on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Halt {
    /// The loss or a weight is no longer a number; the weights are those before.
    Diverged {
        /// The step that could not be made.
        step: u64,
        /// η
        learning_rate: f64,
    },
    /// The optimizer sees no use in going on.
    Ended {
        /// Why.
        reason: Reason,
        /// The same, in words.
        text: Message,
    },
}

impl Halt {
    fn ended(reason: Reason) -> Halt {
        Halt::Ended { reason, text: Message::of(reason.words()) }
    }
}

impl Training {
    /// Ready for the first step.
    ///
    /// # Errors
    /// If a line cannot be read, network, loss and data do not suit each other, or a step would take too long to watch.
    pub fn new(config: Config) -> Result<Training> {
        let data = Data::of(&config)?;
        let model = model(&config, &data)?;
        let threads = Threads::new(1);
        let choice = limits::optimizer(&config.optimizer)?;
        let setup = Setup::new(model.layout(), &threads).around(config.around()).seed(config.seed);
        let batch = match config.batch {
            Batch::All => data.train.len(),
            Batch::Of(n) => n.min(data.train.len()),
        };
        check_work(&choice, &model, batch)?;
        choice.check(&setup)?;
        let optimizer = choice.build(&setup);
        let mut plans = vec![(batch, model.training_plan(batch, &threads)?)];
        let rest = data.train.len() % batch;
        if rest > 0 {
            plans.push((rest, model.training_plan(rest, &threads)?));
        }
        let mut training = Training {
            theta: model.layout().start(config.seed),
            memory: model.layout().memory().to_vec(),
            order: (0..data.train.len() as u32).collect(),
            learning_rate: config.learning_rate.unwrap_or(choice.dialect.learning_rate),
            place: Place::default(),
            history: History::default(),
            halted: None,
            config,
            data,
            model,
            choice,
            threads,
            optimizer,
            plans,
        };
        training.shuffle();
        training.remember_state();
        Ok(training)
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The weights the next gradient is asked at.
    pub fn theta(&self) -> &[f32] {
        &self.theta
    }

    /// The weights to use: θ, or what the optimizer makes of it (an average, for example).
    pub fn answer(&self) -> Vec<f32> {
        let mut answer = self.theta.clone();
        self.optimizer.answer(&self.theta, &mut answer);
        answer
    }

    /// What ops remember from batch to batch.
    pub fn memory(&self) -> &[f32] {
        &self.memory
    }

    /// What the optimizer keeps, by name.
    pub fn kept(&mut self) -> Vec<(String, Vec<f64>)> {
        self.optimizer.state().into_iter().map(|(name, slot)| (name, slot.to_vec())).collect()
    }

    /// Why it cannot go on, once that is so.
    pub fn halted(&self) -> Option<&Halt> {
        self.halted.as_ref()
    }

    /// Steps of an epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.order.len().div_ceil(self.plans[0].0)
    }

    /// Examples of a full batch.
    pub fn batch(&self) -> usize {
        self.plans[0].0
    }

    /// Who computes.
    pub fn threads(&self) -> &Threads {
        &self.threads
    }

    /// The plan of the step that comes next, its batch filled in, at its moment.
    pub fn next_batch(&mut self) -> &mut Plan {
        let seen = self.place.seen;
        let take = self.plans[0].0.min(self.order.len() - seen);
        let moment =
            Moment { training: true, seed: self.config.seed, step: self.place.step + 1, ..Moment::default() };
        let Training { plans, order, data, model, config, .. } = self;
        let found = plans.iter_mut().find(|(examples, _)| *examples == take);
        let (_, plan) = found.expect("there is a plan for a full batch and for the rest");
        let examples = order[seen..seen + take].iter().map(|i| data.train[*i as usize]);
        fill(plan, model, data, config, examples);
        plan.at(moment);
        plan
    }

    /// The examples of the step that comes next, by their place among those to train on.
    pub fn next_examples(&self) -> &[u32] {
        let seen = self.place.seen;
        &self.order[seen..seen + self.plans[0].0.min(self.order.len() - seen)]
    }

    /// One step forward; whether there was one.
    pub fn step(&mut self) -> bool {
        if self.halted.is_some() {
            return false;
        }
        let at = Step { t: self.place.step + 1, learning_rate: self.learning_rate };
        let take = self.next_examples().len();
        self.next_batch();
        let (_, plan) = self.plans.iter_mut().find(|(n, _)| *n == take).expect("just filled");
        let due = !self.memory.is_empty();
        let mut asked = Asked { plan, memory: &mut self.memory, due };
        let loss = self.optimizer.step(at, &mut self.theta, &mut asked);
        if !loss.is_finite() || self.theta.iter().any(|w| !w.is_finite()) {
            let before = self.history.before(self.place.step).expect("the last is always kept").clone();
            self.restore(&before);
            self.halted = Some(Halt::Diverged { step: at.t, learning_rate: at.learning_rate });
            return false;
        }
        asked.catch_up(&self.theta);
        self.place.step += 1;
        self.place.seen += take;
        self.place.batch_loss = Some(loss);
        if self.place.seen == self.order.len() {
            self.place.epoch += 1;
            self.place.seen = 0;
            self.shuffle();
        }
        self.remember_state();
        self.halted = self.optimizer.ended().map(Halt::ended);
        true
    }

    /// Goes to the state after so many steps, forward or back, for as long as `patience` allows; `each` sees every step made
    /// that was not made before or is made anew. Whether it has arrived.
    pub fn seek(&mut self, step: u64, patience: Duration, each: &mut dyn FnMut(&mut Training)) -> bool {
        let began = Instant::now();
        if step < self.place.step {
            let state = self.history.before(step).expect("the start is always kept").clone();
            self.restore(&state);
        }
        while self.place.step < step {
            if !self.step() {
                return true;
            }
            each(self);
            if began.elapsed() >= patience {
                break;
            }
        }
        self.place.step == step
    }

    /// The order of the epoch under way: a function of the seed and its number alone.
    fn shuffle(&mut self) {
        self.order.iter_mut().enumerate().for_each(|(i, place)| *place = i as u32);
        Rng::new(self.config.seed, Stream::Shuffle, self.place.epoch).shuffle(&mut self.order);
    }

    fn remember_state(&mut self) {
        if !self.history.wants(self.place.step) {
            return;
        }
        let slots = self.optimizer.state().iter().map(|(_, slot)| slot.to_vec()).collect();
        let (theta, memory) = (self.theta.clone(), self.memory.clone());
        self.history.keep(State { place: self.place, theta, memory, slots });
    }

    fn restore(&mut self, state: &State) {
        self.theta.copy_from_slice(&state.theta);
        self.memory.copy_from_slice(&state.memory);
        for ((_, mut slot), kept) in self.optimizer.state().into_iter().zip(&state.slots) {
            slot.set(kept);
        }
        self.place = state.place;
        self.halted = self.optimizer.ended().map(Halt::ended);
        self.shuffle();
    }
}

/// Puts examples where a plan reads them.
pub fn fill(
    plan: &mut Plan,
    model: &Model,
    data: &Data,
    config: &Config,
    examples: impl Iterator<Item = Example> + Clone,
) {
    let rows = plan.data("input").chunks_exact_mut(config.features.len());
    for (row, example) in rows.zip(examples.clone()) {
        let [x, y] = data.seen(example.at);
        row.iter_mut().zip(&config.features).for_each(|(to, feature)| *to = (feature.of)(x, y) as f32);
    }
    for (target, example) in plan.data("target").chunks_exact_mut(model.targets()).zip(examples) {
        match data.task {
            Task::Classes(_) => model.write_target(example.label as usize, target),
            Task::Values => target[0] = example.label,
        }
    }
    plan.data("weight").fill(1.0);
}
