//! Functions to minimise, one per file: every optimizer can be tried, raced, drawn and tested without a network. A new
//! one: its file, its `mod` line, its row in the table.
//!
//! ```
//! use gradus::functions::Choice;
//! use gradus::optimizer::Objective;
//! use gradus::threads::Threads;
//!
//! let choice = Choice::parse("rosenbrock dim=3").unwrap();
//! let mut valley = choice.problem(1, &Threads::new(1));
//! assert_eq!(choice.start(), [-1.2, 1.0, -1.2]);
//! assert_eq!(valley.loss(&[1.0f32, 1.0, 1.0]), 0.0);
//! assert_eq!(valley.loss(&[0.0f64, 0.0, 0.0]), 2.0);
//! ```
//!
//! All are computed in `f64`; a θ in `f32` is widened before and the result rounded after. Those of this folder use only
//! the library's own `exp`, sine and cosine, so their bits are the same on every machine; [`bbob`] says where it differs.

mod ackley;
pub mod bbob;
mod beale;
mod booth;
mod formula;
mod griewank;
mod himmelblau;
mod noisy_bowl;
mod problem;
mod rastrigin;
mod ravine;
mod rosenbrock;
mod saddle;
mod schwefel;
mod sphere;
mod styblinski_tang;
mod three_hump_camel;
mod x_squared;

pub use formula::{Formula, Function, Least, Noise, Wave};
pub use problem::Problem;

use crate::Result;
use crate::error::did_you_mean;
use crate::rng::{Rng, Stream};
use crate::threads::Threads;
use crate::words::{Parameter, Values, Words};

/// How many numbers a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// So many.
    Fixed(usize),
    /// As many as its parameter `dim` says.
    Any,
}

/// A named function.
pub struct Entry {
    /// As `--function` writes it.
    pub name: &'static str,
    /// Other names people write; a `-` counts as a `_` anyway.
    pub aliases: &'static [&'static str],
    /// What it is good for.
    pub about: &'static str,
    /// f(x), with D for the dimension.
    pub formula: &'static str,
    /// Where it is from.
    pub paper: &'static str,
    /// How many numbers it takes.
    pub dimension: Dimension,
    /// Its numbers.
    pub parameters: &'static [Parameter],
    /// Where descents usually start, in so many dimensions.
    pub start: fn(usize) -> Vec<f64>,
    /// The least and greatest of every coordinate in the box that is usually searched.
    pub within: (f64, f64),
    /// Whether values and gradients differ from one evaluation to the next.
    pub noisy: bool,
    /// Makes it; its minimum is [`Function::least`].
    pub build: fn(&Values) -> Box<dyn Function>,
}

/// The functions of this folder. `--function` accepts these and the 24 of [`bbob`]: [`all`].
pub static FUNCTIONS: &[Entry] = &[
    x_squared::ROW,
    sphere::ROW,
    ravine::ROW,
    noisy_bowl::ROW,
    saddle::ROW,
    booth::ROW,
    rosenbrock::ROW,
    beale::ROW,
    himmelblau::ROW,
    three_hump_camel::ROW,
    styblinski_tang::ROW,
    rastrigin::ROW,
    ackley::ROW,
    griewank::ROW,
    schwefel::ROW,
];

/// All functions: those of this folder, then the 24 of [`bbob`].
pub fn all() -> impl Iterator<Item = &'static Entry> {
    FUNCTIONS.iter().chain(bbob::BBOB)
}

/// A function with its parameters, for example read from `rastrigin dim=10`.
#[derive(Clone)]
pub struct Choice {
    /// Its row.
    pub entry: &'static Entry,
    values: Values,
}

impl Choice {
    /// Reads a line such as `rosenbrock dim=10`, `noisy-bowl gradient_noise=0.5` or `f15 dim=5 instance=2`.
    ///
    /// # Errors
    /// [`crate::Error::Line`] at a word that is wrong.
    pub fn parse(line: &str) -> Result<Choice> {
        let mut words = Words::of(line);
        let written = words.need("the name of a function", "for example rosenbrock")?;
        let name = written.replace('-', "_");
        let is_it = |e: &&Entry| e.name == name || e.aliases.contains(&name.as_str());
        let entry = all().find(is_it).ok_or_else(|| {
            let mend = did_you_mean(&name, all().map(|e| e.name));
            words.wrong(format!("no function is called `{written}`"), mend)
        })?;
        let values = words.values(entry.parameters)?;
        words.end()?;
        Ok(Choice { entry, values })
    }

    /// The line that reads back to it, every default written out.
    pub fn line(&self) -> String {
        format!("{}{}", self.entry.name, self.values.written())
    }

    /// How many numbers θ has.
    pub fn dimension(&self) -> usize {
        match self.entry.dimension {
            Dimension::Fixed(dim) => dim,
            Dimension::Any => self.values.whole("dim"),
        }
    }

    /// The function itself.
    pub fn function(&self) -> Box<dyn Function> {
        (self.entry.build)(&self.values)
    }

    /// The function as an objective. `seed` decides its noise, if it has any.
    pub fn problem(&self, seed: u64, threads: &Threads) -> Problem {
        Problem::new(self.function(), self.dimension(), seed, threads)
    }

    /// Where descents usually start.
    pub fn start(&self) -> Vec<f64> {
        (self.entry.start)(self.dimension())
    }

    /// A start for every seed: uniform in the box that is usually searched.
    ///
    /// ```
    /// let choice = gradus::functions::Choice::parse("ackley dim=4").unwrap();
    /// assert_eq!(choice.start_of(7), choice.start_of(7));
    /// assert_ne!(choice.start_of(7), choice.start_of(8));
    /// ```
    pub fn start_of(&self, seed: u64) -> Vec<f64> {
        let mut rng = Rng::new(seed, Stream::Init, 0);
        let (low, high) = self.entry.within;
        (0..self.dimension()).map(|_| low + (high - low) * rng.uniform() as f64).collect()
    }

    /// How far f(x) is above the minimum, without noise; f(x) itself where there is no minimum.
    pub fn height(&self) -> impl Fn(&[f64]) -> f64 + use<> {
        let function = self.function();
        let least = function.least().map_or(0.0, |least| least.value);
        move |x| function.value(x, &mut vec![0.0; function.room()]) - least
    }
}

/// D: how many numbers.
const fn dim(least: u64) -> Parameter {
    Parameter::whole("dim", "D", 2, (least, 1_000_000), "how many numbers it takes")
}
