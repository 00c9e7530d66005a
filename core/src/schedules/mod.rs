//! How the learning rate changes while a network trains, one schedule per file. A new one: its file, its `mod` line, its
//! row in the table.
//!
//! A schedule is a factor s that η is multiplied with: at the step that t steps came before, the rate is
//!
//! ```text
//! ηₜ = η s(t)        t = 0 at the first step
//! ```
//!
//! A length T is written `steps=500`, or `epochs=20` (so many times the steps of an epoch; parts of an epoch too), or
//! `steps=run`: as long as the training. The rate changes from step to step, also where T is written in epochs.

mod constant;
mod cosine;
mod exponential;
mod inverse_time;
mod multi_step;
mod noam;
mod one_cycle;
mod polynomial;
mod reduce_on_plateau;
mod step;
mod time;
mod warm_restarts;
mod warmup;

pub use time::{Horizon, Time, Times};

use serde::{Deserialize, Serialize};

use crate::elementary::turn;
use crate::error::did_you_mean;
use crate::message::Message;
use crate::words::{Parameter, Values, Words};
use crate::{Error, Result};

/// How the learning rate changes.
pub trait Schedule: Send {
    /// s(t): what η is multiplied with at the step that `t` steps came before.
    fn factor(&self, t: u64, seen: &Seen) -> f64;

    /// An epoch has ended after `t` steps: for schedules that look at how well it went.
    fn judged(&self, _t: u64, _epoch: &Judged, _seen: &mut Seen) {}
}

/// What a schedule has seen of the training: all that it keeps between steps. A checkpoint saves it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The best that was watched; none before the first epoch's end.
    pub best: Option<f64>,
    /// Epochs since then, or since the last cut.
    pub waited: u64,
    /// Epochs for which it still does not count.
    pub resting: u64,
    /// How many times it cut the rate.
    pub cuts: u64,
}

/// How an epoch went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// Mean loss of the epoch's batches.
    pub train_loss: f64,
    /// Mean loss over the validation part, where there is one and it is a number.
    pub validation_loss: Option<f64>,
    /// Share of the validation part that is right.
    pub validation_accuracy: Option<f64>,
    /// Whether the training goes by accuracy, not by loss.
    pub by_accuracy: bool,
}

/// A named schedule.
pub struct Entry {
    /// As `--schedule` writes it.
    pub name: &'static str,
    /// In one line.
    pub about: &'static str,
    /// s(t)
    pub formula: &'static str,
    /// Where it is from.
    pub paper: &'static str,
    /// Its T, if it has one.
    pub times: Option<Times>,
    /// Its other numbers.
    pub parameters: &'static [Parameter],
    /// Whether it comes before another: `warmup steps=500 over cosine`.
    pub wraps: bool,
    /// Makes it.
    pub make: fn(Made) -> Result<Box<dyn Schedule>>,
}

/// What a schedule is made from.
pub struct Made<'a> {
    /// Its numbers.
    pub values: &'a Values,
    /// Its T in steps, at least 1 each; several for [`Times::several`]; none if it has no T.
    pub times: Vec<u64>,
    /// What is known of the training.
    pub horizon: Horizon,
    /// Makes what it comes before, for what is left of the training.
    pub inner: &'a dyn Fn(&Horizon) -> Result<Box<dyn Schedule>>,
}

/// What `--schedule` accepts, `gradus list schedules` prints and the tests run.
pub static SCHEDULES: &[Entry] = &[
    constant::ROW,
    step::ROW,
    multi_step::ROW,
    exponential::ROW,
    polynomial::ROW,
    inverse_time::ROW,
    cosine::ROW,
    warm_restarts::ROW,
    one_cycle::ROW,
    noam::ROW,
    reduce_on_plateau::ROW,
    warmup::ROW,
];

/// A schedule with its numbers: read from a line such as `cosine steps=1000 end=0` or `warmup steps=500 over cosine`.
///
/// ```
/// use gradus::schedules::{Choice, Horizon, Seen};
/// let horizon = Horizon { steps_per_epoch: 50, steps: Some(1000), validates: true };
/// let schedule = Choice::parse("warmup epochs=2 over cosine")?.build(&horizon)?;
/// let factor = |t| schedule.factor(t, &Seen::default());
/// assert_eq!((factor(0), factor(99), factor(550), factor(1000)), (0.01, 1.0, 0.5, 0.0));
/// # Ok::<(), gradus::Error>(())
/// ```
#[derive(Clone)]
pub struct Choice {
    /// What comes first, the outermost first; the last comes before none.
    pub links: Vec<Link>,
}

/// One schedule of a line.
#[derive(Clone)]
pub struct Link {
    /// Its row.
    pub entry: &'static Entry,
    time: Option<Time>,
    values: Values,
}

impl Choice {
    /// Reads a line.
    ///
    /// # Errors
    /// [`Error::Line`] at a word that is wrong.
    pub fn parse(line: &str) -> Result<Choice> {
        let mut words = Words::of(line);
        let mut links = Vec::new();
        loop {
            let name = words.need("the name of a schedule", "for example cosine")?;
            let entry = SCHEDULES.iter().find(|e| e.name == name).ok_or_else(|| {
                let mend = did_you_mean(name, SCHEDULES.iter().map(|e| e.name));
                words.wrong(Message::of("no schedule is called `{name}`").with("name", name), mend)
            })?;
            let (values, time) = match &entry.times {
                None => (words.values(entry.parameters)?, None),
                Some(times) => {
                    let (values, pairs) = words.values_beside(entry.parameters, &["steps", "epochs"])?;
                    (values, Some(times.read(&words, &pairs)?))
                }
            };
            links.push(Link { entry, time, values });
            if !entry.wraps {
                words.end()?;
                return Ok(Choice { links });
            }
            match words.take() {
                Some("over") => {}
                Some(word) => {
                    let mend =
                        Message::of("write `over` between {name} and what comes after it").with("name", name);
                    return Err(
                        words.wrong(Message::of("`{word}` does not belong here").with("word", word), mend)
                    );
                }
                None => {
                    words.end()?;
                    links.extend(Choice::parse(constant::ROW.name)?.links);
                    return Ok(Choice { links });
                }
            }
        }
    }

    /// Makes it, for a training of which `horizon` is known.
    ///
    /// # Errors
    /// [`Error::Settings`] if it needs to know what is not known: how long the training is, or how well it validates.
    pub fn build(&self, horizon: &Horizon) -> Result<Box<dyn Schedule>> {
        fn make(links: &[Link], horizon: &Horizon) -> Result<Box<dyn Schedule>> {
            let (link, rest) = links.split_first().ok_or_else(|| Error::Settings {
                message: "a schedule without links does nothing".into(),
                mend: "write `constant`".into(),
            })?;
            let times = link.time.as_ref().map_or(Ok(Vec::new()), |t| t.in_steps(link.entry.name, horizon));
            (link.entry.make)(Made {
                values: &link.values,
                times: times?,
                horizon: *horizon,
                inner: &|horizon| make(rest, horizon),
            })
        }
        make(&self.links, horizon)
    }

    /// The line that reads back to it, every default written out.
    pub fn line(&self) -> String {
        let link = |link: &Link| {
            let time = link.time.as_ref().map_or(String::new(), Time::written);
            format!("{}{time}{}", link.entry.name, link.values.written())
        };
        self.links.iter().map(link).collect::<Vec<_>>().join(" over ")
    }

    /// Whether some T is the length of the training.
    pub fn follows_run(&self) -> bool {
        self.links.iter().any(|link| link.time == Some(Time::Run))
    }
}

/// (1 + cos πx) / 2 for x in [0, 1]: from 1 down to 0, level at both ends.
fn half_cosine(x: f64) -> f64 {
    0.5 * (1.0 + turn(0.5 * x).1)
}

/// A number in [0, 1], as a share of η.
const fn share(name: &'static str, symbol: &'static str, default: f64, about: &'static str) -> Parameter {
    Parameter::number(name, symbol, default, (0.0, 1.0), about)
}
