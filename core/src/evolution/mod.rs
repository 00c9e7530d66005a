//! Evolution: how a population of θ improves by its losses alone, one way per file. A new one: its file, its `mod`
//! line, its row in [`OPTIMIZERS`](crate::optimizers::OPTIMIZERS).
//!
//! An [`Evolver`] is asked for a population and told its losses; it never sees what is being minimised. [`Evolve`]
//! makes an [`Optimizer`] of it. Whoever has an objective of his own asks and tells by himself:
//!
//! ```
#![doc = include_str!("../../examples/own_evolution.rs")]
//! ```
//!
//! **Mini-batches.** Losses on different batches are not comparable. So every evolver judges anew all that it keeps
//! (elites, parents, the best of a swarm), unless it is told `reevaluate=no`: then a loss once told holds for ever,
//! which is right, and saves evaluations, where the objective is one fixed function (batch `all` without dropout and
//! without mirroring).
//!
//! **Random numbers** are keyed by seed, generation, purpose and member ([`Draws`]): nothing is drawn in sequence, so
//! results depend neither on threads nor on where a training was interrupted.

mod cma;
mod course;
mod draws;
mod eigen;
mod flock;
mod made;
mod nes;
mod origin;
mod ranking;
mod rates;
mod restarts;
mod spread;
mod stops;
mod vectors;

pub(crate) mod cma_es;
pub(crate) mod differential_evolution;
pub mod genetic;
pub(crate) mod particle_swarm;
pub(crate) mod random_search;
pub(crate) mod sep_cma_es;
pub(crate) mod simulated_annealing;
pub(crate) mod snes;
pub(crate) mod xnes;

pub use course::Course;
pub(crate) use course::{BUDGET, PATIENCE, TARGET};
pub use draws::{Draws, Purpose, normals};
pub use made::{Made, Mixture};
pub use origin::Origin;
pub use ranking::{Diversity, least, rank};
pub use spread::Spread;
pub(crate) use spread::{LOWER, SPREAD, UPPER};

pub use {
    cma_es::CmaEs, differential_evolution::DifferentialEvolution, genetic::Genetic,
    particle_swarm::ParticleSwarm, random_search::RandomSearch, sep_cma_es::SepCmaEs,
    simulated_annealing::SimulatedAnnealing, snes::Snes, xnes::Xnes,
};

use crate::message::Message;
use crate::optimizer::{Objective, Optimizer, Reason, Setup, Step};
use crate::real::{Number, Slot};
use crate::words::{Parameter, Values};
use crate::{Error, Result};

/// Improves a population by its losses: ask for the population, judge it, tell the losses, again and again.
pub trait Evolver<R: Number = f32>: Send {
    /// How many θ the next [`Evolver::ask`] wants judged: at least one.
    fn members(&self) -> usize;

    /// The most that [`Evolver::members`] ever says, where it is not always the same.
    fn most_members(&self) -> usize {
        self.members()
    }

    /// Where to start from; once, before the first `ask`. Sets every number that [`Evolver::state`] shows.
    fn begin(&mut self, theta: &[R]);

    /// Which step comes: for those that use the learning rate. Whoever asks and tells by himself may leave it out.
    fn at(&mut self, _step: Step) {}

    /// Writes the population: [`Evolver::members`] times θ, one after another. Changes nothing that `state` shows:
    /// asked twice it gives the same.
    fn ask(&mut self, population: &mut [R]);

    /// Takes the losses of the population that was asked for, one each; lower is better. What is not finite counts as
    /// worst; at least one loss must be finite.
    fn tell(&mut self, population: &[R], losses: &[R]);

    /// As [`Evolver::tell`], for whoever has no more use for the population, which begins a vector of [`Evolver::most_members`] times θ: the
    /// evolver may keep that memory, and leave as much with anything in it. What it does next is the same.
    fn tell_and_leave(&mut self, population: &mut Vec<R>, losses: &[R]) {
        let weights = population.len() / self.most_members();
        self.tell(&population[..losses.len() * weights], losses);
    }

    /// The θ to use now, after at least one generation.
    fn answer(&self, theta: &mut [R]);

    /// Why going on would be of no use, once that is so.
    fn ended(&self) -> Option<Reason>;

    /// The root mean square distance of a gene from the population's mean.
    fn diversity(&self) -> f64;

    /// Where the members of the population that was asked for last come from, in its order; nothing for those that keep
    /// no account of it.
    fn origins(&self) -> &[Origin] {
        &[]
    }

    /// How the population that was asked for last came to be; to be called between `ask` and `tell`.
    fn made(&self) -> Made {
        Made::Spread
    }

    /// What each member of the population that was told last counted, in its order: the share with which it moves the
    /// distribution, from which more is drawn near it if that is positive; or 1 where it took the place of another, and 0
    /// where it did not. Nothing for those that keep no account of it.
    fn shares(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Every number kept between generations, by name: what a checkpoint saves.
    fn state(&mut self) -> Vec<(String, Slot<'_>)>;
}

impl<R: Number, E: Evolver<R> + ?Sized> Evolver<R> for Box<E> {
    fn members(&self) -> usize {
        (**self).members()
    }
    fn most_members(&self) -> usize {
        (**self).most_members()
    }
    fn begin(&mut self, theta: &[R]) {
        (**self).begin(theta);
    }
    fn at(&mut self, step: Step) {
        (**self).at(step);
    }
    fn ask(&mut self, population: &mut [R]) {
        (**self).ask(population);
    }
    fn tell(&mut self, population: &[R], losses: &[R]) {
        (**self).tell(population, losses);
    }
    fn tell_and_leave(&mut self, population: &mut Vec<R>, losses: &[R]) {
        (**self).tell_and_leave(population, losses);
    }
    fn answer(&self, theta: &mut [R]) {
        (**self).answer(theta);
    }
    fn ended(&self) -> Option<Reason> {
        (**self).ended()
    }
    fn diversity(&self) -> f64 {
        (**self).diversity()
    }
    fn origins(&self) -> &[Origin] {
        (**self).origins()
    }
    fn made(&self) -> Made {
        (**self).made()
    }
    fn shares(&self) -> Vec<f64> {
        (**self).shares()
    }
    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        (**self).state()
    }
}

/// Something that makes an evolver, for θ in any kind of number.
pub trait MakeEvolver {
    /// Makes it.
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Evolver<R>>;

    /// Whether it can be made.
    ///
    /// # Errors
    /// If it would take too much memory or time: how much, and what to use instead.
    fn check(_values: &Values, _setup: &Setup) -> Result<()> {
        Ok(())
    }
}

/// An [`Optimizer`] by evolution: a step is a generation. The objective judges the whole population at once
/// ([`Objective::losses`]); θ becomes the evolver's answer; the loss of a step is the least of its generation.
pub struct Evolve<E, R: Number = f32> {
    evolver: E,
    population: Vec<R>,
    losses: Vec<R>,
    /// 0 before the first generation, then 1.
    begun: [f64; 1],
}

impl<R: Number, E: Evolver<R>> Evolve<E, R> {
    /// Around an evolver that was just made.
    pub fn new(mut evolver: E, weights: usize) -> Self {
        let members = evolver.most_members();
        forget(&mut evolver);
        let (population, losses) = (vec![R::of(0.0); members * weights], vec![R::of(0.0); members]);
        Evolve { evolver, population, losses, begun: [0.0] }
    }
}

/// What has not begun keeps zeros.
fn forget<R: Number>(evolver: &mut impl Evolver<R>) {
    for (_, slot) in evolver.state() {
        match slot {
            Slot::Single(numbers) => numbers.fill(0.0),
            Slot::Double(numbers) => numbers.fill(0.0),
        }
    }
}

impl<R: Number, E: Evolver<R>> Optimizer<R> for Evolve<E, R> {
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        let Evolve { evolver, population, losses, begun } = self;
        evolver.at(at);
        if begun[0] == 0.0 {
            evolver.begin(theta);
        }
        let members = evolver.members();
        let (asked, losses) = (&mut population[..members * theta.len()], &mut losses[..members]);
        evolver.ask(asked);
        objective.losses(asked, losses);
        let Some(best) = least(losses) else {
            if begun[0] == 0.0 {
                forget(evolver);
            }
            return losses[0];
        };
        begun[0] = 1.0;
        evolver.tell_and_leave(population, losses);
        evolver.answer(theta);
        losses[best]
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let mut state = self.evolver.state();
        state.push(("begun".into(), Slot::Double(&mut self.begun)));
        state
    }

    fn slopes_in_memory(&self, _: usize) -> usize {
        0
    }

    fn ended(&self) -> Option<Reason> {
        self.evolver.ended().filter(|_| self.begun[0] != 0.0)
    }

    fn diversity(&self) -> Option<f64> {
        Some(self.evolver.diversity()).filter(|_| self.begun[0] != 0.0)
    }
}

/// Refuses a population that would take more than two gigabytes.
pub(crate) fn room(members: usize, weights: usize, or: &str) -> Result<()> {
    let needs = 16.0 * members as f64 * weights as f64;
    if needs <= 2e9 {
        return Ok(());
    }
    Err(Error::Settings {
        message: Message::of("a population of {members} members of {weights} weights would take {needs}")
            .with("members", members)
            .with("weights", weights)
            .with("needs", in_words(needs)),
        mend: Message::of("use fewer members (population=…), {or}, or a smaller network").with("or", or),
    })
}

/// Bytes, as people write them.
pub(crate) fn in_words(bytes: f64) -> String {
    if bytes < 1e9 { format!("{:.0} MB", bytes / 1e6) } else { format!("{:.1} GB", bytes / 1e9) }
}

/// How many members a generation has.
pub(crate) const fn population(default: u64, least: u64) -> Parameter {
    Parameter::whole("population", "λ", default, (least, 1 << 20), "members of a generation")
}

/// σ > 0, in units of θ.
pub(crate) const fn sigma(default: f64, about: &'static str) -> Parameter {
    Parameter {
        closed: (false, false),
        ..Parameter::number("sigma", "σ", default, (0.0, f64::INFINITY), about)
    }
}

/// Whether what is kept is judged anew each generation.
pub(crate) const REEVALUATE: Parameter = Parameter::flag(
    "reevaluate",
    true,
    "whether what is kept is judged again each generation: `no` only for one fixed objective",
);
