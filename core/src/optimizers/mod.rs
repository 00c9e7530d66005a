//! Every optimizer, one per file. A new one: its file, its `mod` line, its row in the table.

mod adabelief;
mod adadelta;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod amsgrad;
mod lamb;
mod lars;
mod lbfgs;
mod lion;
mod maker;
mod momentum;
mod muon;
mod nadam;
mod nesterov;
mod radam;
mod rmsprop;
mod rprop;
mod schedule_free;
mod sgd;
mod sign_sgd;
mod yogi;

pub use adabelief::AdaBelief;
pub use adadelta::Adadelta;
pub use adagrad::Adagrad;
pub use adam::{Adam, Correction};
pub use adamax::Adamax;
pub use adamw::AdamW;
pub use amsgrad::AmsGrad;
pub use lion::Lion;
pub use maker::{FromValues, Make, Maker};
pub use momentum::{Averaged, Momentum};
pub use nadam::Nadam;
pub use nesterov::Nesterov;
pub use radam::RAdam;
pub use rmsprop::RmsProp;
pub use rprop::Rprop;
pub use sgd::Sgd;
pub use sign_sgd::SignSgd;
pub use yogi::Yogi;

use crate::Result;
use crate::error::did_you_mean;
use crate::evolution::{self, Evolver};
use crate::message::Message;
use crate::optimizer::{Optimizer, Setup};
use crate::real::Number;
use crate::words::{Parameter, Values, Words};
use crate::wrappers::{self, WRAPPERS};

/// A named optimizer.
pub struct Entry {
    /// As `--optimizer` writes it.
    pub name: &'static str,
    /// In one line.
    pub about: &'static str,
    /// Where it is from.
    pub paper: &'static str,
    /// What it asks an objective for.
    pub family: Family,
    /// The ways it is written; the first is the default.
    pub dialects: &'static [Dialect],
}

/// What an optimizer asks an objective for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// One gradient a step; any batch will do.
    Rule,
    /// Several losses and gradients a step, all of one function: wants all data in a batch.
    LineSearch,
    /// The losses of a population, no gradient: wants all data in a batch, or large ones.
    Evolution,
}

/// A way in which a framework or a paper writes an optimizer.
pub struct Dialect {
    /// As it is written behind `@`.
    pub name: &'static str,
    /// Whose it is, and in what it differs from the others.
    pub about: &'static str,
    /// What it does in a step.
    pub formula: &'static str,
    /// η when none is given.
    pub learning_rate: f64,
    /// Its numbers.
    pub parameters: &'static [Parameter],
    /// Makes it.
    pub make: Maker,
}

/// What `--optimizer` accepts, `gradus list optimizers` prints and the tests run.
pub static OPTIMIZERS: &[Entry] = &[
    sgd::ROW,
    momentum::ROW,
    nesterov::ROW,
    sign_sgd::ROW,
    rprop::ROW,
    adagrad::ROW,
    adadelta::ROW,
    rmsprop::ROW,
    adam::ROW,
    amsgrad::ROW,
    adamw::ROW,
    adamax::ROW,
    nadam::ROW,
    radam::ROW,
    adabelief::ROW,
    yogi::ROW,
    lion::ROW,
    lars::ROW,
    lamb::ROW,
    muon::ROW,
    schedule_free::ROW,
    lbfgs::ROW,
    evolution::genetic::ROW,
    evolution::differential_evolution::ROW,
    evolution::particle_swarm::ROW,
    evolution::simulated_annealing::ROW,
    evolution::cma_es::ROW,
    evolution::sep_cma_es::ROW,
    evolution::snes::ROW,
    evolution::xnes::ROW,
    evolution::random_search::ROW,
];

/// An optimizer with its parameters, and what is wrapped around it: read from a line such as
/// `adam@keras beta1=0.8` or `lookahead steps=5 over adam`.
#[derive(Clone)]
pub struct Choice {
    /// What is around it, the outermost first.
    pub wrappers: Vec<(&'static wrappers::Entry, Values)>,
    /// Its row.
    pub entry: &'static Entry,
    /// Which way it is written.
    pub dialect: &'static Dialect,
    values: Values,
}

impl Choice {
    /// Reads a line such as `adam@keras beta1=0.8 epsilon=1e-6`.
    ///
    /// # Errors
    /// [`crate::Error::Line`] at a word that is wrong.
    pub fn parse(line: &str) -> Result<Choice> {
        let mut words = Words::of(line);
        let mut around = Vec::new();
        loop {
            let name = words.need("the name of an optimizer", "for example adam")?;
            if let Some(wrapper) = WRAPPERS.iter().find(|w| w.name == name) {
                around.push((wrapper, words.values(wrapper.parameters)?));
                match words.take() {
                    Some("over") => continue,
                    Some(word) => {
                        let mend = Message::of("write `over` between {name} and what it is around")
                            .with("name", name);
                        return Err(words
                            .wrong(Message::of("`{word}` does not belong here").with("word", word), mend));
                    }
                    None => {
                        let mut choice = Choice::parse(wrapper.inner)?;
                        choice.wrappers = around;
                        words.end()?;
                        return Ok(choice);
                    }
                }
            }
            let (entry, dialect) = find(&words, name)?;
            let values = words.values(dialect.parameters)?;
            words.end()?;
            return Ok(Choice { wrappers: around, entry, dialect, values });
        }
    }

    /// The values of its parameters.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Whether it can be made for so many weights: ask before [`Choice::build`].
    ///
    /// # Errors
    /// [`Error::Settings`](crate::Error::Settings) if it would take too much memory or time: how much, and what to use
    /// instead.
    pub fn check(&self, setup: &Setup) -> Result<()> {
        (self.dialect.make.check)(&self.values, setup)?;
        let estimates = self.wrappers.iter().filter(|(w, _)| w.estimates).map(|(_, values)| values);
        let members = estimates.chain([&self.values]).filter_map(|values| values.maybe("population"));
        members.into_iter().try_for_each(|n| evolution::room(n as usize, setup.weights(), "smaller ones"))
    }

    /// Makes it, for networks.
    pub fn build(&self, setup: &Setup) -> Box<dyn Optimizer> {
        self.build_as::<f32>(setup)
    }

    /// Makes it, for θ in `R`.
    pub fn build_as<R: Number>(&self, setup: &Setup) -> Box<dyn Optimizer<R>> {
        let inner = R::pick(self.dialect.make)(&self.values, setup);
        self.wrappers
            .iter()
            .rev()
            .fold(inner, |inner, (wrapper, values)| R::pick(wrapper.make)(values, setup, inner))
    }

    /// Makes the evolver behind it, for whoever asks and tells by himself; none if it is no evolution, or something is
    /// wrapped around it that asks for gradients.
    pub fn evolver<R: Number>(&self, setup: &Setup) -> Option<Box<dyn Evolver<R>>> {
        let Some(((outer, values), rest)) = self.wrappers.split_first() else {
            return Some(R::pick(self.dialect.make.evolver?)(&self.values, setup));
        };
        let maker = outer.make.evolver?;
        let inner = Choice { wrappers: rest.to_vec(), ..self.clone() }.build_as(setup);
        Some(R::pick(maker)(values, setup, inner, self.dialect.learning_rate))
    }

    /// The line that reads back to it, every default written out.
    pub fn line(&self) -> String {
        let around = self.wrappers.iter().map(|(w, values)| format!("{}{} over ", w.name, values.written()));
        let around: String = around.collect();
        format!("{around}{}@{}{}", self.entry.name, self.dialect.name, self.values.written())
    }

    /// The same with steps of `factor` times the default size: the learning rate, or, where evolution has none, the
    /// spread `sigma` of its population, held within its range. Also η, and the size that was changed.
    pub fn sized(&self, factor: f64) -> (Choice, f64, f64) {
        let rate = self.dialect.learning_rate;
        let mut sized = self.clone();
        if self.entry.family == Family::Evolution
            && self.wrappers.is_empty()
            && let Some(sigma) = sized.values.scale("sigma", factor)
        {
            return (sized, rate, sigma);
        }
        (sized, rate * factor, rate * factor)
    }

    /// Whether it asks for the losses of whole populations.
    pub fn judges_populations(&self) -> bool {
        self.entry.family == Family::Evolution || self.wrappers.iter().any(|(w, _)| w.estimates)
    }

    /// Whether it wants all data, or much of it, in a batch.
    pub fn wants_all_data(&self) -> bool {
        self.entry.family != Family::Rule || self.judges_populations()
    }
}

/// The row and the dialect that `name` or `name@dialect` asks for.
fn find(words: &Words, name: &str) -> Result<(&'static Entry, &'static Dialect)> {
    let (rule, dialect) = name.split_once('@').map_or((name, None), |(rule, dialect)| (rule, Some(dialect)));
    let entry = OPTIMIZERS.iter().find(|e| e.name == rule).ok_or_else(|| {
        let names = OPTIMIZERS.iter().map(|e| e.name).chain(WRAPPERS.iter().map(|w| w.name));
        words.wrong(
            Message::of("no optimizer is called `{rule}`").with("rule", rule),
            did_you_mean(rule, names),
        )
    })?;
    let Some(dialect) = dialect else { return Ok((entry, &entry.dialects[0])) };
    let found = entry.dialects.iter().find(|d| d.name == dialect).ok_or_else(|| {
        let mend = did_you_mean(dialect, entry.dialects.iter().map(|d| d.name));
        words.wrong(
            Message::of("{rule} has no dialect `{dialect}`").with("rule", rule).with("dialect", dialect),
            mend,
        )
    })?;
    Ok((entry, found))
}

/// A number in [0, 1): how much of the past is kept.
pub(crate) const fn decay(
    name: &'static str,
    symbol: &'static str,
    default: f64,
    about: &'static str,
) -> Parameter {
    Parameter { closed: (true, false), ..Parameter::number(name, symbol, default, (0.0, 1.0), about) }
}

/// ε ≥ 0: keeps a division finite.
pub(crate) const fn epsilon(default: f64) -> Parameter {
    Parameter::number("epsilon", "ε", default, (0.0, 1.0), "added to the root: keeps the division finite")
}

/// A number in [0, 1].
pub(crate) const fn fraction(
    name: &'static str,
    symbol: &'static str,
    default: f64,
    about: &'static str,
) -> Parameter {
    Parameter::number(name, symbol, default, (0.0, 1.0), about)
}

/// A number from 0 up.
pub(crate) const fn positive(
    name: &'static str,
    symbol: &'static str,
    default: f64,
    about: &'static str,
) -> Parameter {
    Parameter::number(name, symbol, default, (0.0, f64::INFINITY), about)
}

/// One of several words, the one at the place `default` if none is given.
pub(crate) const fn word(
    name: &'static str,
    words: &'static [&'static str],
    default: usize,
    about: &'static str,
) -> Parameter {
    Parameter { default: default as f64, ..Parameter::word(name, words, about) }
}
