//! Optimizers side by side: the same network (or function), the same start and the same data for each, an equal budget
//! to tune and to run, several seeds, and which differences are more than noise.
//!
//! How a race goes:
//!
//! 1. *Tuning.* Each optimizer tries the same number of step sizes, spread evenly over powers of ten around its own
//!    default, on a seed that takes no part in the race; the one with the best result is kept. What the step size is
//!    its family says: the learning rate, or the spread of a population ([`Choice::sized`]).
//! 2. *Running.* Each seed decides start, order and noise; every optimizer gets the same seeds, and the same number of
//!    passes ([`crate::cost`]), so that one that asks for gradients makes fewer steps than its price.
//! 3. *Comparing.* Results are compared seed by seed with the best optimizer's ([`Difference`]).

mod function;
mod network;
mod noise;

use serde::Serialize;

pub use function::FunctionCourse;
pub use network::NetworkCourse;
pub use noise::Difference;

use crate::optimizers::Choice;
use crate::{Error, Result};

/// What is run through: a network with its data, or a function.
pub trait Course {
    /// One run of the optimizer with this step size from the start of `seed`, until the budget is used up.
    ///
    /// # Errors
    /// As for any training; one that diverges is a run like any other.
    fn run(&self, choice: &Choice, learning_rate: f64, seed: u64) -> Result<Run>;

    /// What [`Run::result`] measures, for tables and charts: `validation loss`.
    fn measure(&self) -> &'static str;

    /// Whether results spread over powers of ten, so that their logarithms are compared.
    fn is_logarithmic(&self) -> bool;

    /// Passes granted to each run.
    fn budget(&self) -> u64;
}

/// Where a run stood.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Steps (generations) made.
    pub step: u64,
    /// Passes taken.
    pub passes: u64,
    /// Seconds spent.
    pub seconds: f64,
    /// The loss on the training data; of a function its distance from the minimum.
    pub train: f64,
    /// The loss on the validation data, if there are any.
    pub validation: Option<f64>,
    /// The share of the validation data that is right, if there are any.
    pub accuracy: Option<f64>,
}

/// One optimizer, one seed.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Its seed.
    pub seed: u64,
    /// From the first point to the last.
    pub points: Vec<Point>,
    /// θ on its way, where it has two numbers.
    pub path: Vec<[f64; 2]>,
    /// What counts, less is better; infinite if it diverged.
    #[serde(serialize_with = "finite")]
    pub result: f64,
    /// Why it ended, if not because the budget was used up.
    pub ended: Option<String>,
}

/// A step size that was tried, and its result.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Trial {
    /// The learning rate or spread.
    pub size: f64,
    /// What came of it.
    #[serde(serialize_with = "finite")]
    pub result: f64,
}

/// JSON holds no infinity: `null` says that a run diverged.
fn finite<S: serde::Serializer>(x: &f64, to: S) -> std::result::Result<S::Ok, S::Error> {
    if x.is_finite() { to.serialize_f64(*x) } else { to.serialize_none() }
}

/// An optimizer in the race.
#[derive(Clone, Debug, Serialize)]
pub struct Racer {
    /// As it was entered.
    pub name: String,
    /// The line that reads back to it, every default and the tuned size written out.
    pub line: String,
    /// η it ran with.
    pub learning_rate: f64,
    /// The step size it ran with: η, or the spread of its population.
    pub size: f64,
    /// What was tried while tuning.
    pub trials: Vec<Trial>,
    /// Whether the best size was the least or greatest tried: a wider search might find a better one.
    pub at_the_edge: bool,
    /// One run a seed.
    pub runs: Vec<Run>,
    /// The median of the results.
    #[serde(serialize_with = "finite")]
    pub median: f64,
    /// How its results differ from those of the best racer (of their logarithms to base ten on a logarithmic course);
    /// none for the best itself, and where a run diverged.
    pub behind: Option<Difference>,
}

/// A race that was run.
#[derive(Clone, Debug, Serialize)]
pub struct Race {
    /// What the results measure.
    pub measure: &'static str,
    /// Passes granted to each run.
    pub budget: u64,
    /// Step sizes each racer tried, one run each.
    pub tries: usize,
    /// The racers, the best median first.
    pub racers: Vec<Racer>,
}

/// The seed that step sizes are tuned on: none that people choose for a race.
const TUNING_SEED: u64 = 1 << 40;

/// Runs a race of the optimizers `entries` (lines such as `adam beta1=0.8`) over `seeds`, each tuned by `tries` runs
/// (1: its default). `told` hears what is being run.
///
/// # Errors
/// [`Error::Line`] for a line that is wrong, [`Error::Settings`] if nothing is entered, and as for any training.
pub fn race(
    course: &dyn Course,
    entries: &[&str],
    seeds: &[u64],
    tries: usize,
    told: &mut dyn FnMut(&str, &str),
) -> Result<Race> {
    if entries.is_empty() || seeds.is_empty() || tries == 0 {
        return Err(Error::Settings {
            message: "a race needs an optimizer, a seed and a try at least".into(),
            mend: "for example --optimizers sgd,adam --seeds 5 --tries 5".into(),
        });
    }
    let choices = entries.iter().map(|line| Choice::parse(line)).collect::<Result<Vec<_>>>()?;
    let mut racers = Vec::new();
    for (name, choice) in entries.iter().zip(&choices) {
        racers.push(enter(course, name, choice, seeds, tries, told)?);
    }
    racers.sort_by(|a, b| a.median.total_cmp(&b.median));
    let logarithmic = course.is_logarithmic();
    let results = |racer: &Racer| -> Vec<f64> {
        let of = |run: &Run| if logarithmic { run.result.max(1e-300).log10() } else { run.result };
        racer.runs.iter().map(of).collect()
    };
    let best = results(&racers[0]);
    for racer in &mut racers[1..] {
        let own = results(racer);
        let compared = own.iter().chain(&best).all(|x| x.is_finite());
        racer.behind = compared.then(|| Difference::of(&own, &best));
    }
    Ok(Race { measure: course.measure(), budget: course.budget(), tries, racers })
}

fn enter(
    course: &dyn Course,
    name: &str,
    choice: &Choice,
    seeds: &[u64],
    tries: usize,
    told: &mut dyn FnMut(&str, &str),
) -> Result<Racer> {
    let mut trials = Vec::new();
    let mut best: Option<(f64, usize)> = None;
    for factor in factors(tries) {
        if tries == 1 {
            break;
        }
        let (sized, learning_rate, size) = choice.sized(factor);
        told(name, &format!("tuning: {size:.3e}"));
        let result = course.run(&sized, learning_rate, TUNING_SEED)?.result;
        if best.is_none_or(|(least, _)| result < least) {
            best = Some((result, trials.len()));
        }
        trials.push(Trial { size, result });
    }
    let kept = best.map_or(0, |(_, k)| k);
    let (sized, learning_rate, size) = choice.sized(factors(tries)[kept]);
    let mut runs = Vec::new();
    for seed in seeds {
        told(name, &format!("seed {seed}"));
        runs.push(course.run(&sized, learning_rate, *seed)?);
    }
    let mut results: Vec<f64> = runs.iter().map(|r| r.result).collect();
    Ok(Racer {
        name: name.into(),
        line: sized.line(),
        learning_rate,
        size,
        at_the_edge: tries > 1 && (kept == 0 || kept + 1 == tries),
        trials,
        median: median(&mut results),
        runs,
        behind: None,
    })
}

/// Powers of √10 around 1: for three tries 0.316, 1, 3.16.
fn factors(tries: usize) -> Vec<f64> {
    (0..tries).map(|k| 10f64.powf(0.5 * (k as f64 - (tries - 1) as f64 / 2.0))).collect()
}

/// The middle one; of an even number the mean of the two in the middle.
pub fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let n = numbers.len();
    match n {
        0 => f64::NAN,
        _ if n % 2 == 1 => numbers[n / 2],
        _ => 0.5 * (numbers[n / 2 - 1] + numbers[n / 2]),
    }
}
