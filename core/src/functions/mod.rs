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
//! A function may also be typed: `Choice::parse("(x - 1)^2 + sin(2y)")` reads a formula of x, or of x and y
//! ([`Written`]).
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
mod written;
mod x_squared;

pub use formula::{Formula, Function, Least, Noise, Wave};
pub use problem::Problem;
pub use written::Written;

use std::sync::Arc;

use crate::Result;
use crate::error::did_you_mean;
use crate::message::Message;
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

/// A function with its parameters, for example read from `rastrigin dim=10`, or from its formula.
#[derive(Clone)]
pub struct Choice(What);

#[derive(Clone)]
enum What {
    Named(&'static Entry, Values),
    /// As it was typed.
    Typed(String, Arc<Written>),
}

impl Choice {
    /// Reads a line such as `rosenbrock dim=10`, `noisy-bowl gradient_noise=0.5` or `f15 dim=5 instance=2`; or a formula
    /// of x, or of x and y, such as `x^4 - 3x^2 + x/2` or `(x - y)^2 + sin(2x)`: [`Written::read`].
    ///
    /// # Errors
    /// [`crate::Error::Line`] at a word or a sign that is wrong.
    pub fn parse(line: &str) -> Result<Choice> {
        let mut words = Words::of(line);
        let written =
            words.need("the name of a function, or a formula", "for example rosenbrock, or x^2 + 3*y^2")?;
        let name = written.replace('-', "_");
        let is_it = |e: &&Entry| e.name == name || e.aliases.contains(&name.as_str());
        // `x^2 - y^2` begins with a name, and is a formula.
        let goes_on = words.peek().is_some() && written::is_formula(line);
        let Some(entry) = all().find(is_it).filter(|_| !goes_on) else {
            if written::is_formula(line) {
                return Ok(Choice(What::Typed(line.trim().into(), Arc::new(Written::read(line)?))));
            }
            let mend = did_you_mean(&name, all().map(|e| e.name));
            return Err(
                words.wrong(Message::of("no function is called `{written}`").with("written", written), mend)
            );
        };
        let values = words.values(entry.parameters)?;
        words.end()?;
        Ok(Choice(What::Named(entry, values)))
    }

    /// Its row, if it has a name.
    pub fn entry(&self) -> Option<&'static Entry> {
        match &self.0 {
            What::Named(entry, _) => Some(entry),
            What::Typed(..) => None,
        }
    }

    /// The line that reads back to it, every default written out.
    pub fn line(&self) -> String {
        match &self.0 {
            What::Named(entry, values) => format!("{}{}", entry.name, values.written()),
            What::Typed(line, _) => line.clone(),
        }
    }

    /// Its name; the formula itself if it was typed.
    pub fn name(&self) -> &str {
        match &self.0 {
            What::Named(entry, _) => entry.name,
            What::Typed(line, _) => line,
        }
    }

    /// f(x) = …
    pub fn formula(&self) -> String {
        match &self.0 {
            What::Named(entry, _) => entry.formula.into(),
            What::Typed(line, written) => {
                let of = if written.dimension() == 1 { "x" } else { "x, y" };
                format!("f({of}) = {}", Written::formula(written, false).unwrap_or(line))
            }
        }
    }

    /// The least and greatest of every coordinate in the box that is usually searched; ±3 for what was typed.
    pub fn within(&self) -> (f64, f64) {
        self.entry().map_or((-3.0, 3.0), |entry| entry.within)
    }

    /// How many numbers θ has.
    pub fn dimension(&self) -> usize {
        match &self.0 {
            What::Named(entry, values) => match entry.dimension {
                Dimension::Fixed(dim) => dim,
                Dimension::Any => values.whole("dim"),
            },
            What::Typed(_, written) => written.dimension(),
        }
    }

    /// The function itself.
    pub fn function(&self) -> Box<dyn Function> {
        match &self.0 {
            What::Named(entry, values) => (entry.build)(values),
            What::Typed(_, written) => Box::new(written.clone()),
        }
    }

    /// Its formula with those of its slopes; none if it has none, or no short one.
    pub fn written(&self) -> Option<Arc<Written>> {
        match &self.0 {
            What::Named(..) => Written::of(&*self.function(), self.dimension()).map(Arc::new),
            What::Typed(_, written) => Some(written.clone()),
        }
    }

    /// The function as an objective. `seed` decides its noise, if it has any.
    pub fn problem(&self, seed: u64, threads: &Threads) -> Problem {
        Problem::new(self.function(), self.dimension(), seed, threads)
    }

    /// Where descents usually start; from 2, or (2, 1.5), on what was typed.
    pub fn start(&self) -> Vec<f64> {
        let dim = self.dimension();
        self.entry().map_or_else(|| vec![2.0, 1.5][..dim].to_vec(), |entry| (entry.start)(dim))
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
        let (low, high) = self.within();
        (0..self.dimension()).map(|_| low + (high - low) * rng.uniform() as f64).collect()
    }

    /// How far f(x) is above the minimum, without noise; f(x) itself where there is no minimum, or none is known.
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
