//! Slopes of single weights and along directions.

use std::ops::Range;

use serde::Serialize;

use super::{ByHand, Check, SINGLE_TOLERANCE, apart, norm, relative};
use crate::gradients::forward_step;
use crate::op::Sides;
use crate::optimizer::Objective;
use crate::plan::{ExactPlan, Plan};
use crate::rng::{Rng, Stream};

/// A part of θ: `1.dense.weight`.
#[derive(Clone, Debug, Serialize)]
pub struct PartReport {
    /// As the layout calls it.
    pub name: String,
    /// Weights in it.
    pub weights: usize,
    /// Weights compared one by one.
    pub checked: usize,
    /// Those among them whose step crossed a kink, and which are not compared therefore.
    pub kinks: usize,
    /// Root mean square of the slopes by backpropagation.
    pub size: f64,
    /// Relative error of backpropagation against central differences, over the compared weights together.
    pub error: f64,
    /// That of the worst weight.
    pub worst: f64,
    /// That along a random direction within the part: all its weights count. None if it crossed a kink.
    pub direction: Option<f64>,
    /// Relative error of backpropagation against the slopes derived by hand, over all weights.
    pub by_hand: Option<f64>,
    /// Relative error of the slopes derived by hand against central differences, over the compared weights.
    pub hand_to_central: Option<f64>,
    /// How much of a slope is rounding in `f32`: relative change of the gradient when weights change in their last digit.
    pub rounding: f64,
}

/// One weight.
#[derive(Clone, Debug, Serialize)]
pub struct SlopeReport {
    /// The part it is in.
    pub part: String,
    /// Its place in the part.
    pub place: usize,
    /// Its place in θ.
    pub index: usize,
    /// What the formulas call it: `w₁`.
    pub name: Option<String>,
    /// ∂L/∂θᵢ by backpropagation, in `f32`.
    pub backpropagation: f64,
    /// By a forward difference.
    pub forward: f64,
    /// By a central difference.
    pub central: f64,
    /// By its formula.
    pub by_hand: Option<f64>,
    /// Relative error of backpropagation against the central difference.
    pub error: f64,
    /// Whether the step of the central difference crossed a kink.
    pub kink: bool,
}

/// A random direction of length 1 that moves all weights.
#[derive(Clone, Debug, Serialize)]
pub struct Direction {
    /// The slope along it by backpropagation.
    pub backpropagation: f64,
    /// By a central difference.
    pub central: f64,
    /// Relative error, compared to a typical slope along a direction.
    pub error: f64,
    /// Whether no step was small enough to cross no kink.
    pub kink: bool,
}

/// All of it.
pub(super) struct Found {
    pub loss: f64,
    pub parts: Vec<PartReport>,
    pub slopes: Vec<SlopeReport>,
    pub directions: Vec<Direction>,
    /// Of the whole gradient.
    pub rounding: f64,
}

/// θ in `f64`, moved about, and where its kinks are.
struct Probing<'a> {
    exact: &'a mut ExactPlan,
    theta: Vec<f64>,
    moved: Vec<f64>,
    loss: f64,
    home: Sides,
    away: [Sides; 2],
}

impl Probing<'_> {
    /// (L(θ + h d) − L(θ − h d)) / 2h, and whether a kink lies between.
    fn along(&mut self, range: Range<usize>, direction: &[f64], h: f64) -> (f64, bool) {
        let mut losses = [0.0; 2];
        for (side, sign) in [1.0, -1.0].into_iter().enumerate() {
            for (i, d) in range.clone().zip(direction) {
                self.moved[i] = self.theta[i] + sign * h * d;
            }
            losses[side] = self.exact.loss_and_sides(&self.moved, &mut self.away[side]);
        }
        // With one weight, the way that was really made.
        let run = match direction {
            [_] => self.theta[range.start] + h - (self.theta[range.start] - h),
            _ => 2.0 * h,
        };
        self.moved[range.clone()].copy_from_slice(&self.theta[range]);
        let kink = self.away.iter().any(|side| *side != self.home);
        ((losses[0] - losses[1]) / run, kink)
    }

    /// As `along`, with smaller steps while there are kinks.
    fn carefully(&mut self, range: Range<usize>, direction: &[f64], h: f64) -> (f64, bool) {
        let mut found = (0.0, true);
        for h in [h, h / 10.0, h / 100.0] {
            found = self.along(range.clone(), direction, h);
            if !found.1 {
                break;
            }
        }
        found
    }

    fn forward(&mut self, i: usize, h: f64) -> f64 {
        self.moved[i] = self.theta[i] + h;
        let slope = (self.exact.loss(&self.moved) - self.loss) / (self.moved[i] - self.theta[i]);
        self.moved[i] = self.theta[i];
        slope
    }
}

/// The three ways on every part of θ and along directions.
pub(super) fn compare(
    plan: &mut Plan,
    exact: &mut ExactPlan,
    theta: &[f32],
    by_hand: Option<&mut ByHand>,
    how: &Check,
    step: f64,
) -> Found {
    let layout = plan.layout().clone();
    let grad = gradient(plan, theta);
    let shaken = gradient(plan, &last_digits_changed(theta, how.seed));
    let doubles: Vec<f64> = theta.iter().map(|w| *w as f64).collect();
    let names = by_hand
        .as_ref()
        .map(|by_hand| (0..theta.len()).map(|i| by_hand.name(i, false)).collect::<Vec<String>>());
    let hand = by_hand.map(|by_hand| {
        let mut hand = vec![0.0; theta.len()];
        by_hand.gradient(&doubles, &mut hand);
        hand
    });
    let (mut home, away) = (Sides::default(), [Sides::default(), Sides::default()]);
    let loss = exact.loss_and_sides(&doubles, &mut home);
    let mut probing = Probing { exact, theta: doubles.clone(), moved: doubles, loss, home, away };
    let single = !probing.exact.single().is_empty();
    let forward_step = if single { crate::gradients::forward_step::<f32>() } else { forward_step::<f64>() };
    // Slopes so small that the rounding of the loss hides them to within the tolerance.
    let rounding = (0.5f64).powi(if single { 24 } else { 53 });
    let floor = 3.0 * loss.abs() * rounding / step / if single { SINGLE_TOLERANCE } else { how.tolerance };

    let (mut parts, mut slopes) = (Vec::new(), Vec::new());
    for (number, part) in layout.parts().iter().enumerate() {
        let mut own: Vec<SlopeReport> = chosen(part.range(), how, number)
            .into_iter()
            .map(|i| {
                let size = probing.theta[i].abs().max(1.0);
                let (central, kink) = probing.along(i..i + 1, &[1.0], step * size);
                SlopeReport {
                    part: part.name.clone(),
                    place: i - part.at,
                    index: i,
                    name: names.as_ref().map(|names| names[i].clone()),
                    backpropagation: grad[i],
                    forward: probing.forward(i, forward_step * size),
                    central,
                    by_hand: hand.as_ref().map(|hand| hand[i]),
                    error: 0.0,
                    kink,
                }
            })
            .collect();
        let weights = part.shape.size();
        let size = norm(grad[part.range()].iter().copied()) / (weights as f64).sqrt();
        let smooth = |own: &[SlopeReport]| own.iter().filter(|s| !s.kink).count().max(1) as f64;
        let typical = norm(own.iter().filter(|s| !s.kink).map(|s| s.central)) / smooth(&own).sqrt();
        for s in &mut own {
            s.error = apart(s.backpropagation, s.central, typical.max(floor));
        }
        let kept = || own.iter().filter(|s| !s.kink);
        let count = (kept().count() as f64).sqrt();
        let together = |a: &dyn Fn(&SlopeReport) -> f64, b: &dyn Fn(&SlopeReport) -> f64| {
            let [x, y] = [norm(kept().map(a)), norm(kept().map(b))];
            let difference = norm(kept().map(|s| a(s) - b(s)));
            relative(difference, x.max(y).max(floor * count))
        };
        let direction = random_direction(weights, how.seed, 1 << 32 | number as u64);
        let along: f64 = part.range().zip(&direction).map(|(i, d)| grad[i] * d).sum();
        let (central, crossed) = probing.carefully(part.range(), &direction, step);
        parts.push(PartReport {
            name: part.name.clone(),
            weights,
            checked: own.len(),
            kinks: own.iter().filter(|s| s.kink).count(),
            size,
            error: together(&|s| s.backpropagation, &|s| s.central),
            worst: kept().map(|s| s.error).fold(0.0, f64::max),
            direction: (!crossed).then(|| apart(along, central, size.max(floor))),
            by_hand: hand.as_ref().map(|hand| difference(&grad[part.range()], &hand[part.range()], floor)),
            hand_to_central: hand
                .as_ref()
                .map(|_| together(&|s| s.by_hand.unwrap_or(f64::NAN), &|s| s.central)),
            rounding: difference(&grad[part.range()], &shaken[part.range()], floor),
        });
        slopes.extend(own);
    }
    let size = norm(grad.iter().copied()) / (theta.len() as f64).sqrt();
    let directions = (0..how.directions)
        .map(|k| {
            let direction = random_direction(theta.len(), how.seed, 2 << 32 | k as u64);
            let along: f64 = grad.iter().zip(&direction).map(|(g, d)| g * d).sum();
            let (central, kink) = probing.carefully(0..theta.len(), &direction, step);
            let error = apart(along, central, size.max(floor));
            Direction { backpropagation: along, central, error, kink }
        })
        .collect();
    Found { loss, parts, slopes, directions, rounding: difference(&grad, &shaken, floor) }
}

/// ‖a − b‖ / max(‖a‖, ‖b‖)
fn difference(a: &[f64], b: &[f64], floor: f64) -> f64 {
    let apart = norm(a.iter().zip(b).map(|(a, b)| a - b));
    let size = norm(a.iter().copied()).max(norm(b.iter().copied()));
    relative(apart, size.max(floor * (a.len() as f64).sqrt()))
}

fn gradient(plan: &mut Plan, theta: &[f32]) -> Vec<f64> {
    let mut grad = vec![0.0; theta.len()];
    plan.gradient(theta, &mut grad);
    grad.into_iter().map(|g| g as f64).collect()
}

/// Every weight a little greater or less, by its last binary digit.
fn last_digits_changed(theta: &[f32], seed: u64) -> Vec<f32> {
    let mut rng = Rng::new(seed, Stream::Probe, 3 << 32);
    let change = |w: &f32| match (*w == 0.0, rng.bits() & 1) {
        (true, _) => 0.0,
        (_, 0) => w.next_up(),
        _ => w.next_down(),
    };
    theta.iter().map(change).collect()
}

/// A direction of length 1, all alike (Muller 1959).
fn random_direction(weights: usize, seed: u64, number: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed, Stream::Probe, number);
    let mut direction: Vec<f64> = (0..weights).map(|_| rng.normal() as f64).collect();
    let length = norm(direction.iter().copied());
    direction.iter_mut().for_each(|d| *d /= length);
    direction
}

/// The weights of a part to look at one by one, ascending.
fn chosen(range: Range<usize>, how: &Check, part: usize) -> Vec<usize> {
    let wanted = how.weights.unwrap_or(range.len()).min(range.len());
    let mut all: Vec<usize> = range.collect();
    if wanted < all.len() {
        let mut rng = Rng::new(how.seed, Stream::Probe, part as u64);
        for i in 0..wanted {
            let other = i + rng.below(all.len() - i);
            all.swap(i, other);
        }
        all.truncate(wanted);
        all.sort_unstable();
    }
    all
}
