//! What a gradient costs, each way: measured.

use std::time::Instant;

use serde::Serialize;

use super::{ByHand, Difference, FiniteDifferences, Way};
use crate::losses::Loss;
use crate::network::{Model, Network};
use crate::op::Moment;
use crate::optimizer::Objective;
use crate::plan::Plan;
use crate::rng::{Rng, Stream};
use crate::threads::Threads;
use crate::{Error, Result};

/// What one gradient costs.
#[derive(Clone, Debug, Serialize)]
pub struct GradientCost {
    /// Which way it is made.
    pub way: Way,
    /// How many slopes it has.
    pub weights: usize,
    /// How many losses of the batch are computed for it; for backpropagation and formulas, how many losses would take as
    /// long.
    pub losses: f64,
    /// Seconds.
    pub seconds: f64,
    /// Whether the whole gradient was timed; else one loss was, and the rest is multiplication.
    pub measured: bool,
}

/// A gradient that takes less is timed as a whole.
const PATIENCE: f64 = 0.5;

/// What a gradient of this plan costs, each way. Differences are timed in `f32`, as the training is.
pub(crate) fn costs(plan: &mut Plan, theta: &[f32], by_hand: Option<&mut ByHand>) -> Vec<GradientCost> {
    let weights = theta.len();
    let mut grad = vec![0.0; weights];
    let one = seconds(|| {
        plan.loss(theta);
    });
    let mut all = Vec::new();
    let mut push =
        |way, losses, seconds, measured| all.push(GradientCost { way, weights, losses, seconds, measured });
    let back = seconds(|| {
        plan.gradient(theta, &mut grad);
    });
    push(Way::Backpropagation, back / one, back, true);
    for (way, difference) in
        [(Way::ForwardDifference, Difference::Forward), (Way::CentralDifference, Difference::Central)]
    {
        let losses = difference.losses(weights) as f64;
        let measured = losses * one < PATIENCE;
        let time = if measured {
            let mut differences = FiniteDifferences::new(&mut *plan, difference, weights);
            seconds(|| {
                differences.gradient(theta, &mut grad);
            })
        } else {
            losses * one
        };
        push(way, losses, time, measured);
    }
    if let Some(by_hand) = by_hand {
        let theta: Vec<f64> = theta.iter().map(|w| *w as f64).collect();
        let mut grad = vec![0.0; weights];
        let time = seconds(|| {
            by_hand.gradient(&theta, &mut grad);
        });
        push(Way::ByHand, time / one, time, true);
    }
    all
}

/// How the cost grows with the network: what a gradient takes for `dense WIDTH relu, dense 1 sigmoid` on 8 inputs and a
/// batch of 32, each way, for each of `widths`. Formulas are left out where there are too many.
///
/// # Errors
/// [`Error::Range`] if a width is 0.
pub fn growth(widths: &[usize], threads: &Threads) -> Result<Vec<GradientCost>> {
    const INPUTS: usize = 8;
    const BATCH: usize = 32;
    let mut all = Vec::new();
    for width in widths {
        if *width == 0 {
            return Err(Error::range("width", width, "a whole number from 1"));
        }
        let network = Network::parse(&format!("dense {width} relu, dense 1 sigmoid"))?;
        let model = Model::new(network, Loss::parse("squared_error")?, INPUTS, 2)?;
        let mut plan = model.training_plan(BATCH, threads)?;
        plan.at(Moment { training: true, seed: 1, step: 1, ..Moment::default() });
        let mut rng = Rng::new(1, Stream::Probe, 0);
        rng.normals(plan.data("input"));
        plan.data("target").iter_mut().for_each(|t| *t = rng.below(2) as f32);
        plan.data("weight").fill(1.0);
        let mut by_hand = ByHand::new(&model, BATCH, true).ok();
        if let Some(by_hand) = &mut by_hand {
            by_hand.follow(&mut plan);
        }
        all.extend(costs(&mut plan, &model.layout().start(1), by_hand.as_mut()));
    }
    Ok(all)
}

/// The shortest of some runs.
fn seconds(mut work: impl FnMut()) -> f64 {
    let (mut best, mut spent, mut runs) = (f64::INFINITY, 0.0, 0);
    while runs < 3 || (spent < 0.05 && runs < 1000) {
        let start = Instant::now();
        work();
        let time = start.elapsed().as_secs_f64();
        (best, spent, runs) = (best.min(time), spent + time, runs + 1);
    }
    best.max(1e-9)
}
