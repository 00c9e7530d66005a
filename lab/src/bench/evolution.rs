//! A population evolving, generation by generation: on a function of two numbers, or as the weights of a small network that
//! learns XOR.
//!
//! Each frame is a population as the strategy asked for it, with the losses it was told; where the strategy keeps an account
//! of it (the genetic algorithm does), also who is whose child. It is the strategy's own run: the same members, to the last
//! bit, as `gradus race` and `gradus train` judge.

use gradus::evolution::{Evolver, Origin};
use gradus::functions::Choice as Chosen;
use gradus::layout::Layout;
use gradus::losses::Loss;
use gradus::message::Message;
use gradus::network::{Model, Network};
use gradus::optimizer::{Objective, Setup, Step};
use gradus::optimizers::Choice;
use gradus::plan::Plan;
use gradus::real::Number;
use gradus::threads::Threads;
use gradus::{Error, Result};
use serde::Serialize;

use super::descent::{About, Map};
use super::{Deadline, Session, State, limits, reading};

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
    /// What it does in a generation.
    pub formula: &'static str,
    /// How many numbers a member has.
    pub weights: usize,
    /// The generations.
    pub frames: Vec<Frame>,
    /// Why it ended before all generations were made.
    pub ended: Option<String>,
    /// Whether time was over before.
    pub cut_short: bool,
}

/// A generation, judged.
#[derive(Clone, Debug, Serialize)]
pub struct Frame {
    /// One member after another.
    pub members: Vec<f64>,
    /// Their losses.
    pub losses: Vec<f64>,
    /// Where they come from, in the same order; nothing where nobody keeps account.
    pub origins: Vec<Origin>,
    /// The root mean square distance of a gene from the mean.
    pub diversity: f64,
    /// What the strategy would answer now.
    pub answer: Vec<f64>,
}

/// The network that learns XOR.
#[derive(Clone, Debug, Serialize)]
pub struct Xor {
    /// Its line.
    pub line: String,
    /// What its weights are called.
    pub names: Vec<String>,
    /// How many answers a side of a picture has, over inputs from −0.25 to 1.25.
    pub side: usize,
    /// For each generation the answers of the strategy's θ, row by row from the least second input.
    pub pictures: Vec<Vec<f32>>,
}

const SIDE: usize = 24;
const XOR: &str = "dense 2 tanh, dense 1 sigmoid";

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
        return on_xor(ask, &choice, generations, deadline);
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
            let line = format!("{} population={members}", ask.algorithm);
            // Not every strategy has one.
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
        formula: choice.dialect.formula,
        weights,
        frames: Vec::new(),
        ended: None,
        cut_short: false,
    }
}

/// A run to be made.
struct Run<'a> {
    choice: &'a Choice,
    setup: &'a Setup<'a>,
    generations: usize,
    lr: Option<f64>,
    deadline: &'a Deadline,
}

impl Run<'_> {
    /// Asks, judges and tells.
    fn go<R: Number>(
        &self,
        evolution: &mut Evolution,
        start: &[R],
        objective: &mut dyn Objective<R>,
    ) -> Result<()> {
        let Run { choice, setup, generations, lr, deadline } = *self;
        choice.check(setup)?;
        let Some(mut evolver) = choice.evolver::<R>(setup) else {
            return Err(Error::Settings {
                message: Message::of("{line} cannot be asked for a population").with("line", choice.line()),
                mend: "take the strategy without what is around it".into(),
            });
        };
        let most = evolver.most_members();
        let weights = start.len();
        if most * generations * weights > 400_000 {
            return Err(Error::range(
                "generations",
                generations,
                "fewer, or of fewer members: 400000 numbers in all",
            ));
        }
        let (mut population, mut losses) = (vec![R::of(0.0); most * weights], vec![R::of(0.0); most]);
        let learning_rate = limits::between("lr", lr.unwrap_or(choice.dialect.learning_rate), (0.0, 1e3))?;
        evolver.begin(start);
        let wide = |of: &[R]| of.iter().map(|x| x.to_f64()).collect::<Vec<f64>>();
        for t in 1..=generations as u64 {
            evolver.at(Step { t, learning_rate });
            let members = evolver.members();
            let (population, losses) = (&mut population[..members * weights], &mut losses[..members]);
            evolver.ask(population);
            objective.losses(population, losses);
            let origins = evolver.origins().to_vec();
            if gradus::evolution::least(losses).is_none() {
                evolution.ended = Some("not_finite".into());
                return Ok(());
            }
            evolver.tell(population, losses);
            let mut answer = vec![R::of(0.0); weights];
            evolver.answer(&mut answer);
            evolution.frames.push(Frame {
                members: wide(population),
                losses: wide(losses),
                origins,
                diversity: evolver.diversity(),
                answer: wide(&answer),
            });
            if let Some(reason) = evolver.ended() {
                evolution.ended =
                    serde_json::to_value(reason).ok().and_then(|v| v.as_str().map(String::from));
                return Ok(());
            }
            if deadline.passed() {
                evolution.cut_short = true;
                return Ok(());
            }
        }
        Ok(())
    }
}

fn on_xor(ask: &Ask, choice: &Choice, generations: usize, deadline: &Deadline) -> Result<Evolution> {
    let threads = Threads::new(1);
    let model = Model::new(Network::parse(XOR)?, Loss::parse("squared_error")?, 2, 2)?;
    let mut plan = model.training_plan(4, &threads)?;
    plan.data("input").copy_from_slice(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
    plan.data("target").copy_from_slice(&[0.0, 1.0, 1.0, 0.0]);
    plan.data("weight").fill(1.0);
    let start = model.layout().start(ask.seed);
    let mut evolution = begin(choice, start.len());
    let setup = Setup::new(model.layout(), &threads).seed(ask.seed);
    let run = Run { choice, setup: &setup, generations, lr: ask.lr, deadline };
    run.go::<f32>(&mut evolution, &start, &mut plan)?;
    let names = model
        .layout()
        .parts()
        .iter()
        .flat_map(|part| (0..part.shape.size()).map(move |k| format!("{} {}", part.name, k + 1)));
    evolution.network = Some(Xor {
        line: model.network.line(),
        names: names.collect(),
        side: SIDE,
        pictures: pictures(&model, &evolution.frames, &threads)?,
    });
    Ok(evolution)
}

/// The network's answers over the square, for each generation's θ.
fn pictures(model: &Model, frames: &[Frame], threads: &Threads) -> Result<Vec<Vec<f32>>> {
    let (mut plan, answer): (Plan, _) = model.inference_plan(SIDE * SIDE, threads)?;
    let at = |k: usize| -0.25 + 1.5 * k as f32 / (SIDE - 1) as f32;
    for (k, input) in plan.data("input").chunks_exact_mut(2).enumerate() {
        input.copy_from_slice(&[at(k % SIDE), at(k / SIDE)]);
    }
    let picture = |frame: &Frame| {
        let theta: Vec<f32> = frame.answer.iter().map(|w| *w as f32).collect();
        plan.forward(&theta);
        plan.value(answer).iter().map(|z| (z * 1000.0).round() / 1000.0).collect()
    };
    Ok(frames.iter().map(picture).collect())
}
