//! Descent on functions of one and two variables: optimizers side by side from one start, each at its own rate.
//!
//! A run is a function of what was asked for, and short: all of it is computed at once, and the page plays it, steps
//! through it and goes back in it as it likes. Each run is the very loop that `gradus race` runs: θ in `f64`, one step of
//! the optimizer after another.

mod about;
mod lists;
mod map;
mod verdict;

use gradus::functions::{Choice, Function};
use gradus::layout::Layout;
use gradus::message::Message;
use gradus::optimizer::{Reason, Setup, Step};
use gradus::optimizers;
use gradus::threads::Threads;
use gradus::{Error, Result};
use serde::Serialize;

use super::{Deadline, Session, State, limits, reading};
use crate::typeset::Formula;
pub use about::About;
pub(super) use about::formula;
pub use lists::{Lists, Named, lists};
pub use map::Map;
pub use verdict::{Curvature, Verdict};

/// What a page asks for. What is left out has its default.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The name of a function of one or two numbers, or a formula.
    pub f: String,
    /// Optimizers' lines.
    pub optimizers: Vec<String>,
    /// η of each; the last holds for those that follow.
    pub lr: Vec<f64>,
    /// Where all start; by default where the function is usually started.
    pub start: Option<Vec<f64>>,
    /// Steps of each.
    pub steps: usize,
    /// What decides everything random.
    pub seed: u64,
    /// What is drawn of the function: least and greatest x, least and greatest y. By default the box that is usually
    /// searched.
    pub view: Option<Vec<f64>>,
}

impl Default for Ask {
    fn default() -> Self {
        Ask {
            f: "x^2/2 + 5*y^2".into(),
            optimizers: ["sgd", "momentum@article", "adam"].map(String::from).to_vec(),
            lr: vec![0.1],
            start: None,
            steps: 100,
            seed: 1,
            view: None,
        }
    }
}

/// The function, its map and the runs.
#[derive(Clone, Debug, Serialize)]
pub struct Race {
    /// What is minimised.
    pub function: About,
    /// What it looks like.
    pub map: Map,
    /// Where all started.
    pub start: Vec<f64>,
    /// One for each optimizer.
    pub runs: Vec<Run>,
    /// Whether time was over before all steps were made.
    pub cut_short: bool,
}

/// One optimizer on its way.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// The optimizer, every default written out.
    pub line: String,
    /// What it does in a step, what is around it first.
    pub rule: Vec<Formula>,
    /// η
    pub learning_rate: f64,
    /// θ at the start and after each step, one after another.
    pub path: Vec<f64>,
    /// f(θ) at each, without noise.
    pub values: Vec<f64>,
    /// ∂f/∂θ at each, without noise, one after another.
    pub slopes: Vec<f64>,
    /// How it went.
    pub verdict: Verdict,
}

/// Opens the experiment; each answer is a [`Race`], or [`Lists`] where `lists` is asked for, or [`About`] where `read` is:
/// the function alone, while it is typed.
///
/// # Errors
/// Never: what is wrong with an address is the answer.
pub fn open(state: &State, _: &Deadline) -> Result<Box<dyn Session>> {
    Ok(reading::Asked::open(state, |state, deadline| match state.get("lists") {
        Some(_) => reading::json(&lists()),
        None if state.get("read").is_some() => match read(&Ask::of(state)?.f) {
            Ok((_, about)) => reading::json(&about),
            // Nothing is wrong with a page whose reader is in the middle of a word.
            Err(error) => Ok(serde_json::json!({ "wrong": error.to_string() })),
        },
        None => reading::json(&race(&Ask::of(state)?, deadline)?),
    }))
}

impl Ask {
    /// What an address asks for: `f`, `optimizers` (with `;` between), `lr` (likewise), `start` and `view` (with `,`),
    /// `steps`, `seed`.
    ///
    /// # Errors
    /// [`Error::Range`] for what is no number.
    pub fn of(state: &State) -> Result<Ask> {
        let default = Ask::default();
        Ok(Ask {
            f: reading::given(state, "f").map_or(default.f, String::from),
            optimizers: reading::lines(state, "optimizers").unwrap_or(default.optimizers),
            lr: reading::series(state, "lr")?.unwrap_or(default.lr),
            start: reading::numbers(state, "start")?,
            steps: reading::count(state, "steps", default.steps)?,
            seed: state.count("seed", default.seed)?,
            view: reading::numbers(state, "view")?,
        })
    }
}

/// The function of a name or a formula, and what it is.
///
/// # Errors
/// For a formula that is wrong: what, where, and how to mend it; for a function of more than two numbers.
pub fn read(f: &str) -> Result<(Choice, About)> {
    limits::short("f", f, 400)?;
    let choice = Choice::parse(f)?;
    let dimension = choice.dimension();
    if dimension > 2 {
        return Err(Error::Settings {
            message: Message::of("{function} takes {dimension} numbers, and a map has two sides")
                .with("function", choice.line())
                .with("dimension", dimension),
            mend: "take one or two: dim=2".into(),
        });
    }
    let about = About::of(&choice);
    Ok((choice, about))
}

/// What an optimizer does in a step, what is around it first.
pub(super) fn rule(optimizer: &optimizers::Choice) -> Vec<Formula> {
    let around = optimizer.wrappers.iter().map(|(wrapper, _)| wrapper.formula);
    around.chain([optimizer.dialect.formula]).flat_map(Formula::lines).collect()
}

/// Runs what was asked for.
///
/// # Errors
/// For a line, a formula or a number that is wrong: what, where, and how to mend it.
pub fn race(ask: &Ask, deadline: &Deadline) -> Result<Race> {
    let (choice, function) = read(&ask.f)?;
    let dimension = choice.dimension();
    let steps = limits::count("steps", ask.steps, (1, 2000))?;
    limits::count("optimizers", ask.optimizers.len(), (1, 8))?;
    limits::count("lr", ask.lr.len(), (1, 8))?;
    let start = match &ask.start {
        None => choice.start(),
        Some(start) if start.len() == dimension => start.clone(),
        Some(start) => {
            let range = Message::of("{dimension} numbers, as {function} takes")
                .with("dimension", dimension)
                .with("function", choice.name());
            return Err(Error::range("start", format!("{start:?}"), range));
        }
    };
    for x in &start {
        limits::between("start", *x, (-1e6, 1e6))?;
    }
    let map = Map::of(&choice, ask.view.as_deref())?;
    let course =
        Course { choice: &choice, start: &start, steps, seed: ask.seed, curvature: Curvature::of(&choice) };
    let mut runs = Vec::new();
    for (k, line) in ask.optimizers.iter().enumerate() {
        let rate = *ask.lr.get(k).unwrap_or(&ask.lr[ask.lr.len() - 1]);
        limits::between("lr", rate, (0.0, 1e6))?;
        runs.push(course.run(&limits::optimizer(line)?, rate, deadline)?);
    }
    Ok(Race { function, map, start, runs, cut_short: deadline.passed() })
}

/// What all run on.
struct Course<'a> {
    choice: &'a Choice,
    start: &'a [f64],
    steps: usize,
    seed: u64,
    curvature: Curvature,
}

impl Course<'_> {
    fn run(&self, optimizer: &optimizers::Choice, learning_rate: f64, deadline: &Deadline) -> Result<Run> {
        let (threads, layout) = (Threads::new(1), Layout::of(self.start.len()));
        let setup = Setup::new(&layout, &threads).seed(self.seed);
        optimizer.check(&setup)?;
        let mut walker = optimizer.build_as::<f64>(&setup);
        let mut objective = self.choice.problem(self.seed, &threads);
        let (mut theta, mut answer) = (self.start.to_vec(), self.start.to_vec());
        let mut seen = Seen::new(self.choice.function());
        seen.look(&answer);
        let mut ended = None;
        for t in 1..=self.steps as u64 {
            walker.step(Step { t, learning_rate }, &mut theta, &mut objective);
            walker.answer(&theta, &mut answer);
            seen.look(&answer);
            ended = walker.ended();
            if ended.is_some() || seen.is_lost() || deadline.passed() {
                break;
            }
        }
        let verdict = Verdict::of(self.choice, optimizer, learning_rate, &seen, ended, &self.curvature);
        let Seen { path, values, slopes, .. } = seen;
        let line = optimizer.line();
        Ok(Run { line, rule: rule(optimizer), learning_rate, path, values, slopes, verdict })
    }
}

/// What was seen on the way.
struct Seen {
    function: Box<dyn Function>,
    room: Vec<f64>,
    path: Vec<f64>,
    values: Vec<f64>,
    slopes: Vec<f64>,
}

/// Beyond this value, or as far from nought, a run is lost.
const LOST: f64 = 1e100;

impl Seen {
    fn new(function: Box<dyn Function>) -> Seen {
        let room = vec![0.0; function.room()];
        Seen { function, room, path: Vec::new(), values: Vec::new(), slopes: Vec::new() }
    }

    fn look(&mut self, theta: &[f64]) {
        let from = self.slopes.len();
        self.slopes.resize(from + theta.len(), 0.0);
        let value = self.function.gradient(theta, &mut self.slopes[from..], &mut self.room);
        self.values.push(value);
        self.path.extend_from_slice(theta);
    }

    fn last(&self) -> f64 {
        *self.values.last().expect("the start was looked at")
    }

    fn is_lost(&self) -> bool {
        let far = |x: &f64| !x.is_finite() || x.abs() > LOST;
        far(&self.last()) || self.path.iter().rev().take(2).any(far)
    }
}

/// Why an optimizer ended, as a word that a page can translate.
pub(super) fn word(reason: Reason) -> String {
    serde_json::to_value(reason).ok().and_then(|v| v.as_str().map(String::from)).unwrap_or_default()
}
