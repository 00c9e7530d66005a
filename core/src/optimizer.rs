//! How weights improve.
//!
//! Every optimizer, with gradients or without, is one thing: something that moves θ downhill by asking an
//! [`Objective`] questions. A gradient optimizer is written as the paper's equation for one weight, a [`Rule`];
//! [`Descent`] is the one place that loops over weights. All of it is written over a [`Number`]: networks run in
//! `f32`, functions and the proofs against other frameworks in `f64`.

use serde::{Deserialize, Serialize};

pub use crate::around::{Around, Slopes};
pub use crate::descent::Descent;
use crate::layout::Layout;
use crate::real::{Number, Real, Slot};
pub use crate::sink::{Block, KINDS, Sink};
use crate::threads::Threads;

/// What is being minimised, on the batch at hand.
pub trait Objective<R: Number = f32> {
    /// L(θ)
    fn loss(&mut self, theta: &[R]) -> R;

    /// L(θ), and ∂L/∂θ into `grad`
    fn gradient(&mut self, theta: &[R], grad: &mut [R]) -> R;

    /// L(θ), and the way back for whoever can do with a few slopes at a time, which then are never written to memory. None from
    /// an objective that only knows whole gradients. If the loss is not finite, there is nothing to go back for.
    fn forth(&mut self, _theta: &[R]) -> Option<(R, &mut dyn Back<R>)> {
        None
    }

    /// L of each member of a population: `population` holds one θ after another, one loss each.
    fn losses(&mut self, population: &[R], losses: &mut [R]) {
        let weights = population.len() / losses.len().max(1);
        for (loss, theta) in losses.iter_mut().zip(population.chunks_exact(weights)) {
            *loss = self.loss(theta);
        }
    }
}

/// An objective that went forward, and can now go back.
pub trait Back<R: Number = f32> {
    /// Hands ∂L/∂θ to `sink`, the slopes of each weight once, some weights at a time, as soon as nobody needs these weights
    /// any more. `theta` is that of [`Objective::forth`]; the sink changes it. Were this to panic half way, some weights would
    /// have been changed and others not.
    fn back(&mut self, theta: &mut [R], sink: &dyn Sink<R>);
}

/// Where in training a step stands.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// 1 at the first step, as papers count.
    pub t: u64,
    /// η, from the learning-rate schedule.
    pub learning_rate: f64,
}

/// Something that improves θ.
pub trait Optimizer<R: Number = f32>: Send {
    /// One step: improves `theta`, returns the loss it saw on the way (before the step). If that is not finite there
    /// is nothing to learn from it: `theta` and the state stay as they are, for whoever asks what went wrong.
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R;

    /// Every number kept between steps, by name: what a checkpoint saves.
    fn state(&mut self) -> Vec<(String, Slot<'_>)>;

    /// The weights to use, where they are not those the next gradient is asked at: an average of θ, for example.
    fn answer(&self, theta: &[R], into: &mut [R]) {
        into.copy_from_slice(theta);
    }

    /// Whether [`Optimizer::answer`] may be anything else than θ: if not, whoever wants it needs no room for it.
    fn has_own_answer(&self) -> bool {
        false
    }

    /// How many of the slopes of `weights` weights a step writes to memory: all of a gradient that it asks for as a whole, none
    /// where it takes them on the way back from an objective that has one, or asks for losses alone.
    fn slopes_in_memory(&self, weights: usize) -> usize {
        weights
    }

    /// Why going on would be of no use, once that is so.
    fn ended(&self) -> Option<Reason> {
        None
    }

    /// How far apart a population is: the root mean square distance of a gene from the population's mean. None for
    /// what has no population.
    fn diversity(&self) -> Option<f64> {
        None
    }
}

/// Why an optimizer sees no use in going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The loss is as low as was asked for.
    Target,
    /// The slopes are all (nearly) zero.
    Flat,
    /// The loss changes no more.
    Stalled,
    /// Steps are too small to change θ.
    TinySteps,
    /// No lower loss was found along the direction of descent.
    NoDescent,
    /// The search distribution is so stretched that numbers no longer carry it.
    IllConditioned,
    /// The search distribution grows without end: its start was far too narrow, or there is no minimum.
    Runaway,
    /// All members of the population are (nearly) the same.
    NoDiversity,
    /// The evaluations that were granted are used up.
    Budget,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.words())
    }
}

impl Reason {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Reason::Target => "the loss is as low as was asked for",
            Reason::Flat => "the slopes are all nearly zero",
            Reason::Stalled => "the loss changes no more",
            Reason::TinySteps => "steps have become too small to change a weight",
            Reason::NoDescent => "no lower loss was found along the direction of descent",
            Reason::IllConditioned => "the search distribution is too stretched for its numbers",
            Reason::Runaway => "the search grows without end: start it wider",
            Reason::NoDiversity => "all members of the population are nearly the same",
            Reason::Budget => "the evaluations that were granted are used up",
        }
    }
}

/// What an optimizer is made for.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// The parts of θ.
    pub layout: &'a Layout,
    /// Who may help.
    pub threads: &'a Threads,
    /// What happens around the rule.
    pub around: Around,
    /// Decides everything random.
    pub seed: u64,
}

impl<'a> Setup<'a> {
    /// For the weights of `layout`, with nothing around the rule and seed 1.
    pub fn new(layout: &'a Layout, threads: &'a Threads) -> Self {
        Setup { layout, threads, around: Around::default(), seed: 1 }
    }

    /// The same with this around the rule.
    pub fn around(self, around: Around) -> Self {
        Setup { around, ..self }
    }

    /// The same with another seed.
    pub fn seed(self, seed: u64) -> Self {
        Setup { seed, ..self }
    }

    /// How many weights θ holds.
    pub fn weights(&self) -> usize {
        self.layout.weights()
    }
}

/// An update rule for one weight, written as its paper writes it.
///
/// `N` numbers are kept per weight between steps.
pub trait Rule<const N: usize>: Send + Sync {
    /// What the kept numbers are called in checkpoints.
    const STATE: [&'static str; N];

    /// Which of them are velocities: slopes, or averages of slopes, by whose size a weight moves. What is kept of one that is next to nothing
    /// (below [`Number::FAINT`]) is made zero now and then. Not where the sign alone counts.
    const VELOCITIES: [bool; N] = [false; N];

    /// Whether a weight whose slope is +0 stays what it is, and so does what is kept for it, at every finite η. Where the slopes are those of
    /// a single example and nothing is done around the rule, the weights of inputs that are 0 are not read then.
    const STAYS: bool = false;

    /// What the kept numbers start at.
    fn start(&self) -> [f64; N] {
        [0.0; N]
    }

    /// Turns to the step `at`: for the few rules with numbers of their own that are not per weight.
    fn advance(&mut self, _at: Step) {}

    /// Those numbers, for checkpoints.
    fn memory(&mut self) -> Option<(&'static str, &mut [f64])> {
        None
    }

    /// What the step `at` does to one weight.
    fn update<R: Real>(&self, at: Step) -> impl Update<R, N>;
}

/// (θ, ∂L/∂θ, state) → (θ, state)
pub trait Update<R, const N: usize>: Fn(R, R, [R; N]) -> (R, [R; N]) + Sync {}
impl<R, const N: usize, F: Fn(R, R, [R; N]) -> (R, [R; N]) + Sync> Update<R, N> for F {}

/// Weights handled by one task. Fixed, so that results never depend on the number of threads.
pub(crate) const CHUNK: usize = 8192;
