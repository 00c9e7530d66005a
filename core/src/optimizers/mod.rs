//! Every optimizer, one per file. A new one: its file, its `mod` line, its row in the table.

mod adam;
mod momentum;
mod nesterov;
mod rmsprop;
mod sgd;

pub use {adam::Adam, momentum::Momentum, nesterov::Nesterov, rmsprop::RmsProp, sgd::Sgd};

use crate::Result;
use crate::error::did_you_mean;
use crate::optimizer::{Around, Optimizer};
use crate::threads::Threads;
use crate::words::{Parameter, Values, Words};

/// A named optimizer.
pub struct Entry {
    /// As `--optimizer` writes it.
    pub name: &'static str,
    /// In one line.
    pub about: &'static str,
    /// The rule, as its paper writes it.
    pub formula: &'static str,
    /// Where it is from.
    pub paper: &'static str,
    /// Whose rule and defaults these are.
    pub dialect: &'static str,
    /// η when none is given.
    pub learning_rate: f64,
    /// Its numbers.
    pub parameters: &'static [Parameter],
    /// Makes it.
    pub build: fn(&Values, Around, usize, &Threads) -> Box<dyn Optimizer>,
}

/// What `--optimizer` accepts, `gradus list optimizers` prints and the tests run.
pub static OPTIMIZERS: &[Entry] = &[sgd::ROW, momentum::ROW, nesterov::ROW, rmsprop::ROW, adam::ROW];

/// An optimizer with its parameters, for example read from `adam beta1=0.8`.
#[derive(Clone)]
pub struct Choice {
    /// Its row.
    pub entry: &'static Entry,
    values: Values,
}

impl Choice {
    /// Reads a line such as `adam beta1=0.8 epsilon=1e-6`.
    ///
    /// # Errors
    /// [`crate::Error::Line`] at a word that is wrong.
    pub fn parse(line: &str) -> Result<Choice> {
        let mut words = Words::of(line);
        let name = words.need("the name of an optimizer", "for example adam")?;
        let entry = OPTIMIZERS.iter().find(|e| e.name == name).ok_or_else(|| {
            let mend = did_you_mean(name, OPTIMIZERS.iter().map(|e| e.name));
            words.wrong(format!("no optimizer is called `{name}`"), mend)
        })?;
        let values = words.values(entry.parameters)?;
        words.end()?;
        Ok(Choice { entry, values })
    }

    /// Makes it, for θ of `weights` numbers.
    pub fn build(&self, around: Around, weights: usize, threads: &Threads) -> Box<dyn Optimizer> {
        (self.entry.build)(&self.values, around, weights, threads)
    }

    /// The line that reads back to it, every default written out.
    pub fn line(&self) -> String {
        format!("{}{}", self.entry.name, self.values.written())
    }
}

/// A number in [0, 1): how much of the past is kept.
pub(crate) const fn decay(
    name: &'static str,
    symbol: &'static str,
    default: f64,
    about: &'static str,
) -> Parameter {
    Parameter { name, symbol, default, min: 0.0, max: 1.0, closed: (true, false), about }
}

/// ε ≥ 0: keeps a division finite.
pub(crate) const fn epsilon(default: f64) -> Parameter {
    Parameter {
        name: "epsilon",
        symbol: "ε",
        default,
        min: 0.0,
        max: 1.0,
        closed: (true, true),
        about: "added to the root: keeps the division finite",
    }
}
