//! The error of differences over their step: a V. Too large a step sees the curve of the loss, too small a one its
//! rounding; in `f64` the V reaches further down and further left than in `f32`.

use serde::Serialize;

use super::{ByHand, SlopeReport, norm};
use crate::op::Sides;
use crate::optimizer::Objective;
use crate::plan::{ExactPlan, Plan};

/// The error of four kinds of differences over h.
#[derive(Clone, Debug, Serialize)]
pub struct Sweep {
    /// What they are held against: `by hand`, or `extrapolated` (central differences of two steps, combined so that the
    /// error of second order falls out; Richardson 1911).
    pub reference: &'static str,
    /// The weights, by their place in θ.
    pub weights: Vec<usize>,
    /// The largest step first.
    pub points: Vec<SweepPoint>,
}

/// Errors with one step: root mean square over the weights, relative to that of their slopes.
#[derive(Clone, Debug, Serialize)]
pub struct SweepPoint {
    /// h
    pub step: f64,
    /// Forward differences of a loss in `f32`.
    pub forward_f32: f64,
    /// Central differences of a loss in `f32`.
    pub central_f32: f64,
    /// Forward differences of a loss in `f64`.
    pub forward_f64: f64,
    /// Central differences of a loss in `f64`.
    pub central_f64: f64,
    /// How many of the weights cross a kink with this step.
    pub kinks: usize,
}

/// How many weights, one of each part in turn.
const WEIGHTS: usize = 4;

/// From 1 down to 10⁻¹², two steps a decade; none if no weight is fit for it.
pub(super) fn sweep(
    plan: &mut Plan,
    exact: &mut ExactPlan,
    theta: &[f32],
    by_hand: Option<&mut ByHand>,
    slopes: &[SlopeReport],
) -> Option<Sweep> {
    let mut singles = theta.to_vec();
    let mut doubles: Vec<f64> = theta.iter().map(|w| *w as f64).collect();
    let hand = by_hand.map(|by_hand| {
        let mut hand = vec![0.0; theta.len()];
        by_hand.gradient(&doubles, &mut hand);
        hand
    });
    let mut home = Sides::default();
    let loss = exact.loss_and_sides(&doubles, &mut home);
    let loss_single = plan.loss(&singles) as f64;

    // The slopes at hand, and those that nothing better is known for.
    let mut chosen: Vec<(usize, f64)> = Vec::new();
    for i in candidates(slopes) {
        let truth = match &hand {
            Some(hand) => Some(hand[i]),
            None => extrapolated(exact, &mut doubles, i, &home),
        };
        if let Some(truth) = truth.filter(|t| *t != 0.0)
            && chosen.len() < WEIGHTS
        {
            chosen.push((i, truth));
        }
    }
    let size = norm(chosen.iter().map(|c| c.1));
    if chosen.is_empty() {
        return None;
    }
    let point = |k: i32| {
        let h = 10f64.powf(-0.5 * k as f64);
        let (mut errors, mut kinks) = ([const { Vec::new() }; 4], 0);
        for (i, truth) in &chosen {
            let at = doubles[*i];
            let mut sides = [Sides::default(), Sides::default()];
            let [above, below] = [0, 1].map(|s| {
                doubles[*i] = if s == 0 { at + h } else { at - h };
                exact.loss_and_sides(&doubles, &mut sides[s])
            });
            doubles[*i] = at;
            kinks += usize::from(sides.iter().any(|s| *s != home));
            errors[2].push((above - loss) / ((at + h) - at) - truth);
            errors[3].push((above - below) / ((at + h) - (at - h)) - truth);

            let at = theta[*i];
            let [more, less] = [at + h as f32, at - h as f32];
            let [above, below] = [more, less].map(|w| {
                singles[*i] = w;
                plan.loss(&singles) as f64
            });
            singles[*i] = at;
            // A step that rounding takes away altogether gives no slope: an error of all of it.
            let slope = |rise: f64, run: f32| if run == 0.0 { 0.0 } else { rise / run as f64 };
            errors[0].push(slope(above - loss_single, more - at) - truth);
            errors[1].push(slope(above - below, more - less) - truth);
        }
        let [forward_f32, central_f32, forward_f64, central_f64] = errors.map(|e| norm(e) / size);
        SweepPoint { step: h, forward_f32, central_f32, forward_f64, central_f64, kinks }
    };
    let points = (0..=24).map(point).collect();
    let reference = if hand.is_some() { "by hand" } else { "extrapolated" };
    Some(Sweep { reference, weights: chosen.iter().map(|c| c.0).collect(), points })
}

/// Weights that stand on no kink, one of each part in turn, those with large slopes first.
fn candidates(slopes: &[SlopeReport]) -> Vec<usize> {
    let mut parts: Vec<Vec<&SlopeReport>> = Vec::new();
    for slope in slopes.iter().filter(|s| !s.kink) {
        match parts.last_mut() {
            Some(part) if part[0].part == slope.part => part.push(slope),
            _ => parts.push(vec![slope]),
        }
    }
    for part in &mut parts {
        part.sort_by(|a, b| b.central.abs().total_cmp(&a.central.abs()));
    }
    let longest = parts.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|k| parts.iter().filter_map(move |p| p.get(k)).map(|s| s.index)).take(32).collect()
}

/// (4 D(h/2) − D(h)) / 3; none if a kink is near.
fn extrapolated(exact: &mut ExactPlan, theta: &mut [f64], i: usize, home: &Sides) -> Option<f64> {
    let (at, mut smooth) = (theta[i], true);
    let [whole, half] = [1e-4, 0.5e-4].map(|h| {
        let mut sides = Sides::default();
        let [above, below] = [at + h, at - h].map(|w| {
            theta[i] = w;
            let loss = exact.loss_and_sides(theta, &mut sides);
            smooth &= sides == *home;
            loss
        });
        (above - below) / ((at + h) - (at - h))
    });
    theta[i] = at;
    smooth.then_some((4.0 * half - whole) / 3.0)
}
