//! The gradient check: backpropagation against differences and against the formulas derived by hand.
//!
//! ```text
//! error of a slope   |a − b| / max(|a|, |b|, root mean square of the part's slopes)
//! error of a part    ‖a − b‖ / max(‖a‖, ‖b‖)
//! ```
//!
//! What makes such checks cry wolf elsewhere, and what is done about it here:
//!
//! - rounding of the loss: differences are taken in `f64`, of the same ops and the same dropout masks;
//! - rounding of backpropagation itself, which grows where slopes of examples cancel: it is measured, by asking again at
//!   weights that differ in their last digit, and ten times that is allowed;
//! - kinks: a step that takes any unit across the corner of its relu gives no slope; it is recognised and counted apart;
//! - large networks: a sample of weights in every part, and random directions that move all of them;
//! - an error in one layer spoils the slopes of all layers before it: every op is also checked by itself.

mod ops;
mod slopes;
mod sweep;

use serde::Serialize;

use super::cost::{GradientCost, costs};
use super::{ByHand, central_step};
use crate::plan::Plan;

pub use ops::OpReport;
pub use slopes::{Direction, PartReport, SlopeReport};
pub use sweep::{Sweep, SweepPoint};

/// What is compared, and how closely.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// How many weights of each part of θ are compared one by one; none: all.
    pub weights: Option<usize>,
    /// How many random directions over all weights.
    pub directions: usize,
    /// Decides which weights and directions.
    pub seed: u64,
    /// The relative error up to which two slopes are the same.
    pub tolerance: f64,
    /// Whether differences are made with many steps, to see their error over the step.
    pub sweep: bool,
    /// Whether the ways are timed.
    pub cost: bool,
}

impl Default for Check {
    fn default() -> Self {
        Check { weights: Some(16), directions: 4, seed: 1, tolerance: 1e-4, sweep: true, cost: true }
    }
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Weights in θ.
    pub weights: usize,
    /// The loss of the batch.
    pub loss: f64,
    /// h of the central differences, for a weight of size up to 1.
    pub step: f64,
    /// The relative error that was allowed.
    pub tolerance: f64,
    /// Layers and ops that know no `f64`: because of them h and the tolerance are larger.
    pub single: Vec<String>,
    /// Whether the slopes derived by hand were compared too.
    pub by_hand: bool,
    /// Each part of θ.
    pub parts: Vec<PartReport>,
    /// Each weight that was compared by itself.
    pub slopes: Vec<SlopeReport>,
    /// Random directions over all weights.
    pub directions: Vec<Direction>,
    /// Each op by itself.
    pub ops: Vec<OpReport>,
    /// The error of differences over their step.
    pub sweep: Option<Sweep>,
    /// What a gradient costs, each way.
    pub costs: Vec<GradientCost>,
    /// The first thing on the way back that is wrong.
    pub fault: Option<Fault>,
}

/// Something wrong.
#[derive(Clone, Debug, Serialize)]
pub struct Fault {
    /// The layer.
    pub layer: String,
    /// In words.
    pub message: String,
    /// The relative error.
    pub error: f64,
}

impl Report {
    /// Whether all ways agree.
    pub fn agrees(&self) -> bool {
        self.fault.is_none()
    }

    /// The weights whose slopes are furthest apart, the worst first.
    pub fn worst(&self, count: usize) -> Vec<&SlopeReport> {
        let mut all: Vec<&SlopeReport> = self.slopes.iter().filter(|s| !s.kink).collect();
        all.sort_by(|a, b| b.error.total_cmp(&a.error));
        all.truncate(count);
        all
    }

    /// The largest relative error of a slope or a direction, and where.
    pub fn largest_error(&self) -> (f64, &str) {
        let of_parts = self.parts.iter().map(|p| (p.worst.max(p.direction.unwrap_or(0.0)), p.name.as_str()));
        let of_directions = self.directions.iter().filter(|d| !d.kink).map(|d| (d.error, "all weights"));
        of_parts.chain(of_directions).fold((0.0, ""), |a, b| if b.0 > a.0 { b } else { a })
    }

    /// How many weights were compared one by one, and how many of these stood on a kink.
    pub fn checked(&self) -> (usize, usize) {
        (self.slopes.len(), self.slopes.iter().filter(|s| s.kink).count())
    }
}

/// Compares the gradient of `plan`, on its batch and at its moment, with differences, and with `by_hand` if given.
///
/// Nothing of the plan changes but what it would overwrite anyway.
///
/// # Panics
/// If the plan was not made for training, or θ has another length than its layout.
pub fn check(plan: &mut Plan, theta: &[f32], mut by_hand: Option<&mut ByHand>, how: &Check) -> Report {
    let mut exact = plan.exact();
    let single: Vec<String> = exact.single().into_iter().map(|(layer, op)| format!("{op} {layer}")).collect();
    let (step, tolerance) = match single.is_empty() {
        true => (central_step::<f64>(), how.tolerance),
        false => (central_step::<f32>(), how.tolerance.max(SINGLE_TOLERANCE)),
    };
    if let Some(by_hand) = &mut by_hand {
        by_hand.follow(plan);
    }
    let found = slopes::compare(plan, &mut exact, theta, by_hand.as_deref_mut(), how, step);
    let ops = ops::compare(plan, theta, how.seed);
    let sweep = how
        .sweep
        .then(|| sweep::sweep(plan, &mut exact, theta, by_hand.as_deref_mut(), &found.slopes))
        .flatten();
    let mut report = Report {
        weights: theta.len(),
        loss: found.loss,
        step,
        tolerance,
        single,
        by_hand: by_hand.is_some(),
        parts: found.parts,
        slopes: found.slopes,
        directions: found.directions,
        ops,
        sweep,
        costs: if how.cost { costs(plan, theta, by_hand) } else { Vec::new() },
        fault: None,
    };
    report.fault = fault(&report, found.rounding);
    report
}

/// Allowed where an op knows `f32` only.
const SINGLE_TOLERANCE: f64 = 2e-2;
/// How many times the measured rounding is allowed.
const ROUNDINGS: f64 = 10.0;

/// What is wrong, nearest to the loss: everything before it on the way forward is spoilt by it.
fn fault(report: &Report, rounding: f64) -> Option<Fault> {
    for op in report.ops.iter().rev() {
        let allowed = if op.exact { report.tolerance } else { report.tolerance.max(SINGLE_TOLERANCE) };
        if op.error.is_some_and(|error| error > allowed) {
            let error = op.error.unwrap_or_default();
            let layer = if op.layer.is_empty() { op.op.clone() } else { op.layer.clone() };
            let message = format!(
                "the way back of `{}` in {layer}: its slope with respect to {} is not that of its way forward",
                op.op, op.input
            );
            return Some(Fault { layer, message, error });
        }
    }
    for part in report.parts.iter().rev() {
        let allowed = report.tolerance.max(ROUNDINGS * part.rounding);
        let errors = [Some(part.worst), part.direction, part.by_hand, part.hand_to_central];
        let error = errors.into_iter().flatten().fold(0.0, f64::max);
        if error > allowed {
            let layer = part.name.rsplit_once('.').map_or(part.name.as_str(), |p| p.0).to_string();
            let message = format!("the slopes of {} differ between the ways", part.name);
            return Some(Fault { layer, message, error });
        }
    }
    let allowed = report.tolerance.max(ROUNDINGS * rounding);
    let wrong = report.directions.iter().find(|d| !d.kink && d.error > allowed)?;
    Some(Fault {
        layer: "all layers together".into(),
        message: "the slope along a random direction differs between the ways".into(),
        error: wrong.error,
    })
}

/// |a − b| relative to the greater of the two, or to `size` if that is greater; 0 if all are 0.
fn apart(a: f64, b: f64, size: f64) -> f64 {
    relative((a - b).abs(), a.abs().max(b.abs()).max(size))
}

/// An error relative to a size; what is no number is infinitely wrong.
fn relative(error: f64, size: f64) -> f64 {
    match error / size {
        _ if error == 0.0 => 0.0,
        share if share.is_nan() => f64::INFINITY,
        share => share,
    }
}

/// √Σx²
fn norm(numbers: impl IntoIterator<Item = f64>) -> f64 {
    numbers.into_iter().map(|x| x * x).sum::<f64>().sqrt()
}
