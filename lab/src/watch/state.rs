//! All that pages are told, and how much of it each has.

use std::time::Instant;

use gradus::message::Message;
use gradus::train::{Change, EpochRecord, Event, GradientCheck, Notices, Settings, Verdict};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::curve::{Curve, Known};
use super::scene::Scene;

/// Looks whose norms are kept.
const TRACE: usize = 512;

/// How a training ended.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Ended {
    /// As it should, or asked to: in words.
    Done {
        /// Why, for people.
        words: Message,
        /// The hash of the last weights.
        theta_hash: String,
    },
    /// Something became infinite or undefined.
    Verdict(Verdict),
    /// A file could not be written, or the like.
    Error {
        /// What.
        words: Message,
    },
}

/// How much a page has.
#[derive(Debug, Default)]
pub struct Cursor {
    scene: bool,
    start: bool,
    curve: Known,
    epochs: usize,
    changes: usize,
    check: u64,
    look: u64,
    now: u64,
    over: bool,
}

impl Cursor {
    /// Whether it has heard the end.
    pub fn is_over(&self) -> bool {
        self.over
    }
}

/// Where the training is.
#[derive(Clone, Debug, Default, Serialize)]
struct Now {
    step: u64,
    epoch: u64,
    seen: usize,
    seconds: f64,
    learning_rate: f64,
    paused: bool,
    /// Steps a second of training, over the last seconds.
    speed: f64,
    /// Seconds of training left, if it goes on to its end.
    left: Option<f64>,
    diversity: Option<f64>,
}

/// The state.
pub struct State {
    scene: Value,
    steps: Option<u64>,
    start: Option<Event>,
    curve: Curve,
    epochs: Vec<EpochRecord>,
    notices: Notices,
    changes: Vec<Change>,
    check: Option<GradientCheck>,
    checks: u64,
    look: Option<Value>,
    looks: u64,
    /// Of every look the norms of the parts' slopes and updates; every second one is dropped when they are too many.
    trace: Vec<Value>,
    now: Now,
    /// Counts whatever changes `now`.
    ticks: u64,
    /// A step and its second, some seconds ago; and since when.
    before: (u64, f64),
    since: Instant,
    end: Option<Ended>,
}

impl State {
    /// Before the start.
    pub fn new(scene: &Scene) -> State {
        State {
            steps: steps(&scene.settings, scene.parts.train.len()),
            scene: scene.describe(),
            start: None,
            curve: Curve::default(),
            epochs: Vec::new(),
            notices: Notices::default(),
            changes: Vec::new(),
            check: None,
            checks: 0,
            look: None,
            looks: 0,
            trace: Vec::new(),
            now: Now::default(),
            ticks: 0,
            before: (0, 0.0),
            since: Instant::now(),
            end: None,
        }
    }

    /// Takes an event.
    pub fn see(&mut self, event: &Event) {
        match event {
            Event::Start { step, .. } => {
                self.now.step = *step;
                self.before = (*step, self.now.seconds);
                self.start = Some(event.clone());
                if *step == 0 {
                    self.notices = Notices::default();
                }
            }
            Event::Step { step, epoch, loss, diversity, learning_rate, seen, seconds } => {
                self.curve.add(*step, *loss, *learning_rate, *seconds);
                let now = &mut self.now;
                (now.step, now.epoch, now.seen) = (*step, *epoch, *seen);
                (now.seconds, now.learning_rate, now.diversity) = (*seconds, *learning_rate, *diversity);
                self.measure();
            }
            Event::Epoch(record) => {
                self.notices.add(record);
                self.epochs.push(record.clone());
            }
            Event::GradientCheck(check) => (self.check, self.checks) = (Some(check.clone()), self.checks + 1),
            // Pages are told the numbers of all that are so now, not only of those that are new.
            Event::Notice(_) | Event::Verdict(_) => {}
        }
        self.ticks += 1;
    }

    /// Epochs of an earlier start of the run.
    pub fn history(&mut self, epochs: &[EpochRecord]) {
        (self.epochs, self.notices) = (epochs.to_vec(), Notices::of(epochs));
        if let Some(last) = epochs.last() {
            (self.now.seconds, self.now.epoch) = (last.seconds, last.epoch);
        }
        self.ticks += 1;
    }

    fn measure(&mut self) {
        let now = &mut self.now;
        let (step, seconds) = self.before;
        if now.seconds > seconds {
            now.speed = (now.step - step) as f64 / (now.seconds - seconds);
        }
        now.left = self.steps.map(|all| all.saturating_sub(now.step) as f64 / now.speed.max(1e-9));
        if self.since.elapsed().as_secs_f64() > 3.0 {
            (self.before, self.since) = ((now.step, now.seconds), Instant::now());
        }
    }

    /// Whether it waits.
    pub fn paused(&mut self, paused: bool) {
        if self.now.paused != paused {
            self.now.paused = paused;
            self.ticks += 1;
        }
    }

    /// All changes so far.
    pub fn changes(&mut self, changes: &[Change]) {
        self.changes = changes.to_vec();
        self.ticks += 1;
    }

    /// What was seen inside.
    pub fn look(&mut self, look: Value) {
        let of_parts = |name: &str| -> Vec<Value> {
            look["parts"].as_array().into_iter().flatten().map(|part| part[name].clone()).collect()
        };
        if self.trace.len() == TRACE {
            let mut kept = false;
            self.trace.retain(|_| {
                kept = !kept;
                kept
            });
        }
        let (gradient, update) = (of_parts("gradient"), of_parts("update"));
        self.trace.push(json!({ "step": look["step"], "gradient": gradient, "update": update }));
        (self.look, self.looks) = (Some(look), self.looks + 1);
        self.ticks += 1;
    }

    /// It is over.
    pub fn end(&mut self, end: Ended) {
        (self.end, self.now.paused) = (Some(end), false);
        self.ticks += 1;
    }

    /// What the page of this cursor does not have.
    pub fn news(&self, cursor: &mut Cursor) -> Option<Value> {
        if cursor.scene && cursor.now == self.ticks {
            return None;
        }
        let mut news = Map::new();
        if !cursor.scene {
            news.insert("scene".into(), self.scene.clone());
        }
        if let Some(start) = self.start.as_ref().filter(|_| !cursor.start) {
            news.insert("start".into(), json!(start));
        }
        if let Some(curve) = self.curve.news(&mut cursor.curve) {
            news.insert("curve".into(), json!(curve));
        }
        if cursor.epochs < self.epochs.len() {
            news.insert("epochs".into(), json!(self.epochs[cursor.epochs..]));
            news.insert("notices".into(), json!(self.notices.all()));
        }
        if cursor.changes < self.changes.len() {
            news.insert("changes".into(), json!(self.changes));
        }
        if cursor.check < self.checks {
            news.insert("check".into(), json!(self.check));
        }
        if let Some((_, earlier)) = self.trace.split_last().filter(|_| cursor.look == 0) {
            news.insert("trace".into(), json!(earlier));
        }
        if cursor.look < self.looks {
            news.insert("look".into(), json!(self.look));
        }
        if let Some(end) = self.end.as_ref().filter(|_| !cursor.over) {
            news.insert("end".into(), json!(end));
        }
        news.insert("now".into(), json!(self.now));
        (cursor.epochs, cursor.changes) = (self.epochs.len(), self.changes.len());
        (cursor.check, cursor.look, cursor.now) = (self.checks, self.looks, self.ticks);
        (cursor.scene, cursor.start, cursor.over) = (true, self.start.is_some(), self.end.is_some());
        Some(Value::Object(news))
    }
}

/// How many steps it makes if nothing ends it earlier.
fn steps(settings: &Settings, train: usize) -> Option<u64> {
    let by_epochs = (settings.epochs < Settings::ENDLESS && settings.epoch_passes.is_none())
        .then(|| settings.epochs.saturating_mul(settings.steps_per_epoch(train)));
    by_epochs.into_iter().chain(settings.steps).min()
}
