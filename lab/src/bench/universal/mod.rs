//! Universal approximation: one hidden layer of n ReLUs takes after a function of one variable.
//!
//! ```text
//! g(x) = c + Σ vₖ relu(wₖ x + bₖ)
//! ```
//!
//! Each term is a line with one kink, at −bₖ / wₖ, so g is a chain of straight pieces with at most n kinks. That weights
//! *exist* which come as near as one likes is the theorem (Cybenko 1989; Hornik 1991; for ReLU Leshno et al. 1993):
//! `constructed::weights` writes some down. Whether training *finds* such weights is another question: both
//! are weights of the same network, and shown side by side.

mod bench;
mod constructed;
mod wanted;
mod widths;

use gradus::{Error, Result};
use serde::Serialize;

use super::{Deadline, Session, State, limits, reading};
use crate::typeset::Formula;
use bench::Bench;
pub use bench::{Frame, Piece};
use wanted::Wanted;
pub use widths::{Widths, widths};

/// What a page asks for. What is left out has its default.
#[derive(Clone, Debug)]
pub struct Ask {
    /// A formula of x, or the name of a function of one number.
    pub f: String,
    /// A drawn function instead: points, joined by straight lines.
    pub drawn: Option<Vec<[f64; 2]>>,
    /// On which stretch: the least and the greatest x.
    pub on: [f64; 2],
    /// How many ReLUs.
    pub n: usize,
    /// The optimizer's line.
    pub optimizer: String,
    /// η at the beginning; it falls to zero evenly.
    pub lr: f64,
    /// Steps on all points at once.
    pub steps: usize,
    /// `zero`: biases start at zero, so that all kinks lie at x = 0; `spread`: kinks start anywhere on the stretch.
    pub kinks: Kinks,
    /// What decides everything random.
    pub seed: u64,
}

/// Where kinks start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinks {
    /// Biases are zero, as networks usually start.
    Zero,
    /// Biases are such that kinks lie anywhere on the stretch.
    Spread,
}

impl Default for Ask {
    fn default() -> Self {
        Ask {
            f: "sin(2x) + cos(5x)/2".into(),
            drawn: None,
            on: [-2.0, 2.0],
            n: 12,
            optimizer: "adam".into(),
            lr: 0.02,
            steps: 3000,
            kinks: Kinks::Spread,
            seed: 1,
        }
    }
}

/// A function, and how a network takes after it.
#[derive(Clone, Debug, Serialize)]
pub struct Approximation {
    /// f(x) = …, of what was typed.
    pub formula: Option<Formula>,
    /// What the network computes.
    pub sum: Formula,
    /// The network's line.
    pub network: String,
    /// The places at which curves are told.
    pub xs: Vec<f64>,
    /// The function there.
    pub wanted: Vec<f64>,
    /// How many points the network learns from, evenly over the stretch.
    pub points: usize,
    /// The network while it is trained: from before the first step to after the last.
    pub frames: Vec<Frame>,
    /// The same network with weights that were written down, not trained.
    pub constructed: Frame,
    /// Whether time was over before all steps were made.
    pub cut_short: bool,
}

/// Points that are learned from.
pub const POINTS: usize = 128;
/// The most ReLUs.
pub const WIDEST: usize = 64;

/// Opens the experiment; each answer is an [`Approximation`], or [`Widths`] where `widths` is asked for.
///
/// # Errors
/// Never: what is wrong with an address is the answer.
pub fn open(state: &State, _: &Deadline) -> Result<Box<dyn Session>> {
    Ok(reading::Asked::open(state, |state, deadline| match state.get("widths") {
        Some(_) => reading::json(&widths(&Ask::of(state)?, deadline)?),
        None => reading::json(&approximate(&Ask::of(state)?, deadline)?),
    }))
}

impl Ask {
    /// What an address asks for: `f` or `drawn` (points, `x,y` with `;` between), `on` (the stretch, with `,`), `n`,
    /// `optimizer`, `lr`, `steps`, `kinks` (`zero` or `spread`), `seed`.
    ///
    /// # Errors
    /// [`Error::Range`] for what is no number.
    pub fn of(state: &State) -> Result<Ask> {
        let default = Ask::default();
        Ok(Ask {
            f: reading::given(state, "f").map_or(default.f, String::from),
            drawn: reading::points(state, "drawn")?,
            on: reading::pair(state, "on")?.unwrap_or(default.on),
            n: reading::count(state, "n", default.n)?,
            optimizer: reading::given(state, "optimizer").map_or(default.optimizer, String::from),
            lr: state.number("lr", default.lr)?,
            steps: reading::count(state, "steps", default.steps)?,
            kinks: match reading::given(state, "kinks") {
                None | Some("spread") => Kinks::Spread,
                Some("zero") => Kinks::Zero,
                Some(other) => return Err(Error::range("kinks", other, "zero or spread")),
            },
            seed: state.count("seed", default.seed)?,
        })
    }
}

/// Trains the network and writes the other weights down.
///
/// # Errors
/// For a line, a formula or a number that is wrong: what, where, and how to mend it.
pub fn approximate(ask: &Ask, deadline: &Deadline) -> Result<Approximation> {
    let wanted = Wanted::of(ask)?;
    let mut bench = Bench::new(ask, limits::count("n", ask.n, (1, WIDEST))?, &wanted)?;
    let frames = bench.train(ask, ask.seed, deadline)?;
    let theta = constructed::weights(bench.model.layout(), ask.n, ask.on, &wanted);
    Ok(Approximation {
        formula: wanted.formula(),
        sum: Formula::of("g(x) = c + Σₖ vₖ relu(wₖ x + bₖ)"),
        network: bench.model.network.line(),
        wanted: bench.xs.iter().map(|x| wanted.at(*x)).collect(),
        points: POINTS,
        constructed: bench.frame(0, &theta),
        xs: bench.xs,
        frames,
        cut_short: deadline.passed(),
    })
}

/// `count` places from the least to the greatest.
fn evenly([low, high]: [f64; 2], count: usize) -> Vec<f64> {
    (0..count).map(|k| low + (high - low) * k as f64 / (count - 1) as f64).collect()
}

/// Whether a stretch is one.
fn stretch([low, high]: [f64; 2]) -> Result<()> {
    limits::between("on", low, (-1000.0, 1000.0))?;
    limits::between("on", high, (-1000.0, 1000.0))?;
    if high - low < 1e-3 {
        return Err(Error::range("on", format!("{low}, {high}"), "wider, the lesser number first"));
    }
    Ok(())
}
