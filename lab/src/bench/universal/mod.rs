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

mod constructed;
mod wanted;

use gradus::layout::Layout;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::optimizer::{Objective, Setup, Step};
use gradus::plan::Plan;
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;
use gradus::{Error, Result};
use serde::Serialize;

use super::{Deadline, Session, State, limits, reading};
use wanted::Wanted;

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
    pub formula: Option<String>,
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

/// A network at one moment.
#[derive(Clone, Debug, Serialize)]
pub struct Frame {
    /// Steps made.
    pub step: usize,
    /// Its mean squared error on the points.
    pub loss: f64,
    /// g at the places.
    pub answer: Vec<f64>,
    /// The terms of g.
    pub pieces: Vec<Piece>,
    /// c
    pub bias: f64,
}

/// One neuron's term v relu(w x + b).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Piece {
    /// Where it bends, if that is on the stretch.
    pub kink: Option<f64>,
    /// Its value at the least x.
    pub left: f64,
    /// Its value at the greatest x.
    pub right: f64,
}

/// Points that are learned from.
pub const POINTS: usize = 128;
const PLACES: usize = 241;
const FRAMES: usize = 60;
const WIDEST: usize = 64;

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
        network: bench.model.network.line(),
        wanted: bench.xs.iter().map(|x| wanted.at(*x)).collect(),
        points: POINTS,
        constructed: bench.frame(0, &theta),
        xs: bench.xs,
        frames,
        cut_short: deadline.passed(),
    })
}

/// The error against the number of neurons.
#[derive(Clone, Debug, Serialize)]
pub struct Widths {
    /// n, ascending.
    pub n: Vec<usize>,
    /// The error of the weights written down, for each n.
    pub constructed: Vec<f64>,
    /// The errors after training, one for each of three seeds, for each n.
    pub trained: Vec<Vec<f64>>,
    /// Whether time was over before all were trained.
    pub cut_short: bool,
}

/// Trains networks of 1, 2, 4, … neurons, as `ask` says otherwise.
///
/// # Errors
/// As for [`approximate`].
pub fn widths(ask: &Ask, deadline: &Deadline) -> Result<Widths> {
    let wanted = Wanted::of(ask)?;
    let mut found = Widths { n: Vec::new(), constructed: Vec::new(), trained: Vec::new(), cut_short: false };
    for n in (0..).map(|k| 1 << k).take_while(|n| *n <= WIDEST) {
        let mut bench = Bench::new(ask, n, &wanted)?;
        let mut errors = Vec::new();
        for seed in ask.seed..ask.seed.saturating_add(3) {
            let frames = bench.train(ask, seed, deadline)?;
            errors.extend(frames.last().map(|frame| frame.loss));
        }
        if deadline.passed() {
            found.cut_short = true;
            break;
        }
        let theta = constructed::weights(bench.model.layout(), n, ask.on, &wanted);
        found.n.push(n);
        found.constructed.push(bench.frame(0, &theta).loss);
        found.trained.push(errors);
    }
    Ok(found)
}

/// A network of n ReLUs, with the points it learns from.
struct Bench {
    model: Model,
    threads: Threads,
    learning: Plan,
    using: Plan,
    answer: gradus::graph::Var,
    xs: Vec<f64>,
    on: [f64; 2],
}

impl Bench {
    fn new(ask: &Ask, n: usize, wanted: &Wanted) -> Result<Bench> {
        let (threads, on) = (Threads::new(1), ask.on);
        let network = Network::parse(&format!("dense {n} relu, dense 1"))?;
        let model = Model::new(network, Loss::parse("squared_error")?, 1, 2)?;
        let mut learning = model.training_plan(POINTS, &threads)?;
        let points = evenly(on, POINTS);
        learning.data("weight").fill(1.0);
        learning.data("input").iter_mut().zip(&points).for_each(|(to, x)| *to = *x as f32);
        learning.data("target").iter_mut().zip(&points).for_each(|(to, x)| *to = wanted.at(*x) as f32);
        let xs = evenly(on, PLACES);
        let (mut using, answer) = model.inference_plan(PLACES, &threads)?;
        using.data("input").iter_mut().zip(&xs).for_each(|(to, x)| *to = *x as f32);
        Ok(Bench { model, threads, learning, using, answer, xs, on })
    }

    /// The network at about sixty moments, more at the beginning.
    fn train(&mut self, ask: &Ask, seed: u64, deadline: &Deadline) -> Result<Vec<Frame>> {
        let steps = limits::count("steps", ask.steps, (1, 20_000))?;
        limits::between("lr", ask.lr, (0.0, 1e3))?;
        let optimizer = limits::optimizer(&ask.optimizer)?;
        let setup = Setup::new(self.model.layout(), &self.threads).seed(seed);
        optimizer.check(&setup)?;
        let mut theta = self.model.layout().start(seed);
        if ask.kinks == Kinks::Spread {
            spread(self.model.layout(), self.on, seed, &mut theta);
        }
        let mut walker = optimizer.build(&setup);
        let (shown, mut answer) = (moments(steps), theta.clone());
        let mut frames = vec![self.frame(0, &theta)];
        for t in 1..=steps {
            let rate = ask.lr * (1.0 - (t - 1) as f64 / steps as f64);
            let loss = walker.step(Step { t: t as u64, learning_rate: rate }, &mut theta, &mut self.learning);
            let over = deadline.passed() || !loss.is_finite() || walker.ended().is_some() || t == steps;
            if over || shown.contains(&t) {
                walker.answer(&theta, &mut answer);
                frames.push(self.frame(t, &answer));
            }
            if over {
                break;
            }
        }
        Ok(frames)
    }

    fn frame(&mut self, step: usize, theta: &[f32]) -> Frame {
        let loss = self.learning.loss(theta) as f64;
        self.using.forward(theta);
        let answer = self.using.value(self.answer).iter().map(|y| *y as f64).collect();
        let (hidden, bias) = weights(self.model.layout(), theta);
        let pieces = hidden.map(|[w, b, v]| Piece::of(w, b, v, self.on)).collect();
        Frame { step, loss, answer, pieces, bias }
    }
}

impl Piece {
    fn of(w: f64, b: f64, v: f64, [low, high]: [f64; 2]) -> Piece {
        let at = |x: f64| v * (w * x + b).max(0.0);
        let kink = Some(-b / w).filter(|kink| (low..=high).contains(kink));
        Piece { kink, left: at(low), right: at(high) }
    }
}

/// w, b and v of each hidden neuron, and c.
fn weights<'a>(layout: &Layout, theta: &'a [f32]) -> (impl Iterator<Item = [f64; 3]> + use<'a>, f64) {
    let part = |k: usize| &theta[layout.parts()[k].range()];
    let (w, b, v, c) = (part(0), part(1), part(2), part(3));
    let each = w.iter().zip(b).zip(v).map(|((w, b), v)| [*w as f64, *b as f64, *v as f64]);
    (each, c[0] as f64)
}

/// Biases such that each kink −b / w lies anywhere on the stretch.
fn spread(layout: &Layout, [low, high]: [f64; 2], seed: u64, theta: &mut [f32]) {
    let mut rng = Rng::new(seed, Stream::Probe, 1);
    let (w, b) = (layout.parts()[0].range(), layout.parts()[1].range());
    for (w, b) in w.zip(b) {
        let kink = low + (high - low) * rng.uniform() as f64;
        theta[b] = (-theta[w] as f64 * kink) as f32;
    }
}

/// The steps after which the network is shown: a ratio apart, at least one.
fn moments(steps: usize) -> Vec<usize> {
    let ratio = (steps as f64).ln() / FRAMES as f64;
    let mut shown: Vec<usize> = (0..=FRAMES).map(|k| (ratio * k as f64).exp().round() as usize).collect();
    shown.dedup();
    shown
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
