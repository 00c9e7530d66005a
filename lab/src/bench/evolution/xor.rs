//! The weights of a small network that learns XOR, as a population.

use gradus::Result;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::optimizer::Setup;
use gradus::optimizers::Choice;
use gradus::plan::Plan;
use gradus::threads::Threads;
use serde::Serialize;

use super::{Ask, Evolution, Frame, Run, begin};
use crate::bench::Deadline;

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

/// Runs what was asked for, on the network.
///
/// # Errors
/// As [`super::evolve`].
pub fn evolve(ask: &Ask, choice: &Choice, generations: usize, deadline: &Deadline) -> Result<Evolution> {
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
