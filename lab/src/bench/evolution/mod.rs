//! A population evolving, generation by generation: on a function of two numbers, or as the weights of a small network that
//! learns XOR.
//!
//! Each frame is a population as the strategy asked for it, with the losses it was told, and what made it out of the last:
//! parents, a distribution, mixtures of members, velocities, steps ([`gradus::evolution::Made`]); and what each member then
//! counted. It is the strategy's own run and its own account: the same members, to the last bit, as `gradus race` and
//! `gradus train` judge.

mod made;
mod run;
mod xor;

use gradus::functions::Choice as Chosen;
use gradus::layout::Layout;
use gradus::message::Message;
use gradus::optimizer::Setup;
use gradus::optimizers::Choice;
use gradus::threads::Threads;
use gradus::{Error, Result};
use serde::Serialize;

use super::descent::{About, Map};
use super::{Deadline, Session, State, limits, reading};
use crate::typeset::Formula;
pub use run::Frame;
use run::Run;
pub use xor::Xor;

/// What a page asks for. What is left out has its default.
#[derive(Clone, Debug)]
pub struct Ask {
    /// A function of two numbers, by its name or its formula; or `xor`.
    pub f: String,
    /// The strategy's line.
    pub algorithm: String,
    /// How many members, where the line does not say.
    pub population: Option<usize>,
    /// Generations.
    pub generations: usize,
    /// η, for the strategies that have one.
    pub lr: Option<f64>,
    /// What decides everything random.
    pub seed: u64,
    /// What is drawn of the function: least and greatest x, least and greatest y.
    pub view: Option<Vec<f64>>,
}

impl Default for Ask {
    fn default() -> Self {
        Ask {
            f: "rastrigin".into(),
            algorithm: "genetic crossover=blend rate=0.3 sigma=0.5 spread=box lower=-5 upper=5".into(),
            population: Some(40),
            generations: 40,
            lr: None,
            seed: 1,
            view: None,
        }
    }
}

/// A run, generation by generation.
#[derive(Clone, Debug, Serialize)]
pub struct Evolution {
    /// The function, if it is one.
    pub function: Option<About>,
    /// What it looks like.
    pub map: Option<Map>,
    /// The network, if it is one.
    pub network: Option<Xor>,
    /// The strategy, every default written out.
    pub line: String,
    /// What it does in a generation, what is around it first.
    pub rule: Vec<Formula>,
    /// How many numbers a member has.
    pub weights: usize,
    /// The generations.
    pub frames: Vec<Frame>,
    /// Why it ended before all generations were made.
    pub ended: Option<String>,
    /// Whether time was over before.
    pub cut_short: bool,
}

/// Opens the experiment; each answer is an [`Evolution`].
///
/// # Errors
/// Never: what is wrong with an address is the answer.
pub fn open(state: &State, _: &Deadline) -> Result<Box<dyn Session>> {
    Ok(reading::Asked::open(state, |state, deadline| reading::json(&evolve(&Ask::of(state)?, deadline)?)))
}

impl Ask {
    /// What an address asks for: `f`, `algorithm`, `population`, `generations`, `lr`, `seed`, `view` (with `,`).
    ///
    /// # Errors
    /// [`Error::Range`] for what is no number.
    pub fn of(state: &State) -> Result<Ask> {
        let default = Ask::default();
        let lr = reading::given(state, "lr").map(|_| state.number("lr", 0.0)).transpose()?;
        Ok(Ask {
            f: reading::given(state, "f").map_or(default.f, String::from),
            algorithm: reading::given(state, "algorithm").map_or(default.algorithm, String::from),
            population: Some(reading::count(state, "population", 40)?),
            generations: reading::count(state, "generations", default.generations)?,
            lr,
            seed: state.count("seed", default.seed)?,
            view: reading::numbers(state, "view")?,
        })
    }
}

/// Runs what was asked for.
///
/// # Errors
/// For a line, a formula or a number that is wrong: what, where, and how to mend it.
pub fn evolve(ask: &Ask, deadline: &Deadline) -> Result<Evolution> {
    let generations = limits::count("generations", ask.generations, (1, 500))?;
    let choice = strategy(ask)?;
    if ask.f.trim() == "xor" {
        return xor::evolve(ask, &choice, generations, deadline);
    }
    limits::short("f", &ask.f, 400)?;
    let function = Chosen::parse(&ask.f)?;
    if function.dimension() != 2 {
        return Err(Error::Settings {
            message: Message::of("{function} takes {dimension} numbers")
                .with("function", function.line())
                .with("dimension", function.dimension()),
            mend: "take a function of two, that a map can show, or xor".into(),
        });
    }
    let threads = Threads::new(1);
    let layout = Layout::of(2);
    let mut problem = function.problem(ask.seed, &threads);
    let mut evolution = begin(&choice, 2);
    evolution.map = Some(Map::of(&function, ask.view.as_deref())?);
    evolution.function = Some(About::of(&function));
    let setup = Setup::new(&layout, &threads).seed(ask.seed);
    let run = Run { choice: &choice, setup: &setup, generations, lr: ask.lr, deadline };
    run.go::<f64>(&mut evolution, &function.start(), &mut problem)?;
    Ok(evolution)
}

/// The strategy's line with the population that was asked for.
fn strategy(ask: &Ask) -> Result<Choice> {
    let says = ask.algorithm.split_whitespace().any(|word| word.starts_with("population="));
    let choice = match ask.population {
        Some(members) if !says => {
            let members = limits::count("population", members, (2, 400))?;
            // It belongs to the strategy, which may be what is around an optimizer. Not every one has one.
            let own = format!("{} population={members}", ask.algorithm);
            let around = ask.algorithm.replacen(" over ", &format!(" population={members} over "), 1);
            let line = if around == ask.algorithm { own } else { around };
            limits::optimizer(&line).or_else(|_| limits::optimizer(&ask.algorithm))?
        }
        _ => limits::optimizer(&ask.algorithm)?,
    };
    match choice.judges_populations() {
        true => Ok(choice),
        false => Err(Error::Settings {
            message: Message::of("{name} has no population").with("name", choice.entry.name),
            mend: "take an evolution: genetic, differential_evolution, particle_swarm, cma_es, …".into(),
        }),
    }
}

fn begin(choice: &Choice, weights: usize) -> Evolution {
    Evolution {
        function: None,
        map: None,
        network: None,
        line: choice.line(),
        rule: super::descent::rule(choice),
        weights,
        frames: Vec::new(),
        ended: None,
        cut_short: false,
    }
}
