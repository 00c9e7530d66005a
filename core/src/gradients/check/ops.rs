//! Every op by itself: its way back against its way forward, on what it really reads.
//!
//! ```text
//! r · (f(x + h d) − f(x − h d)) / 2h   against   d · (way back of r)
//! ```
//!
//! with random r and d. A wrong slope in one layer spoils those of all layers before it; this tells which it is.

use serde::Serialize;

use super::{apart, norm};
use crate::gradients::central_step;
use crate::op::Sides;
use crate::plan::{Plan, Probe};
use crate::rng::{Rng, Stream};

/// One input of one op.
#[derive(Clone, Debug, Serialize)]
pub struct OpReport {
    /// The layer it belongs to.
    pub layer: String,
    /// What the op is called.
    pub op: String,
    /// The weights, or `what comes before`, with respect to which the slope is taken.
    pub input: String,
    /// Relative error of the way back; none if every step crossed a kink.
    pub error: Option<f64>,
    /// Results left out because the step crossed their kink.
    pub kinks: usize,
    /// Whether the way forward was computed in `f64`.
    pub exact: bool,
}

/// All ops of a plan, in the order of the way forward.
pub(super) fn compare(plan: &mut Plan, theta: &[f32], seed: u64) -> Vec<OpReport> {
    let mut found = Vec::new();
    plan.visit(theta, &mut |probe| {
        for slot in 0..probe.x.len() {
            if let Some(input) = probe.wanted(slot) {
                let number = 4 << 32 | found.len() as u64;
                let (error, kinks) = one(&probe, slot, &mut Rng::new(seed, Stream::Probe, number));
                found.push(OpReport {
                    layer: probe.scope().into(),
                    op: probe.op().into(),
                    input,
                    error,
                    kinks,
                    exact: probe.exact().is_some(),
                });
            }
        }
    });
    found
}

fn one(probe: &Probe, slot: usize, rng: &mut Rng) -> (Option<f64>, usize) {
    let inputs: Vec<Vec<f64>> = probe.x.iter().map(|x| x.iter().map(|x| *x as f64).collect()).collect();
    let exact = probe.exact().is_some();
    let step = if exact { central_step::<f64>() } else { central_step::<f32>() };
    let mut random = |n: usize| -> Vec<f64> { (0..n).map(|_| rng.normal() as f64).collect() };
    let (direction, mut r) = (random(inputs[slot].len()), random(probe.y.len()));
    let (mut sides, mut results) = ([(); 3].map(|()| Sides::default()), [(); 3].map(|()| vec![0.0; r.len()]));
    for h in [step, step / 10.0, step / 100.0] {
        for (k, sign) in [0.0, 1.0, -1.0].into_iter().enumerate() {
            let mut moved = inputs.clone();
            moved[slot].iter_mut().zip(&direction).for_each(|(x, d)| *x += sign * h * d);
            let x: Vec<&[f64]> = moved.iter().map(Vec::as_slice).collect();
            probe.again(&x, &mut results[k], &mut sides[k]);
        }
        let crossed: Vec<usize> = (0..sides[0].signs().len())
            .filter(|i| sides[1..].iter().any(|s| s.signs()[*i] != sides[0].signs()[*i]))
            .collect();
        // A kink for each result: what comes of the others can still be compared.
        let by_result = sides[0].signs().len() == r.len();
        if !crossed.is_empty() && !by_result {
            continue;
        }
        crossed.iter().for_each(|i| r[*i] = 0.0);
        if r.iter().all(|r| *r == 0.0) {
            continue;
        }
        let forth: f64 =
            r.iter().zip(&results[1]).zip(&results[2]).map(|((r, a), b)| r * (a - b)).sum::<f64>()
                / (2.0 * h);
        let mut dy: Vec<f32> = r.iter().map(|r| *r as f32).collect();
        let mut slopes = vec![0.0; direction.len()];
        probe.back(&mut dy, slot, &mut slopes);
        let back: f64 = slopes.iter().zip(&direction).map(|(g, d)| *g as f64 * d).sum();
        let size = norm(slopes.iter().map(|g| *g as f64));
        return (Some(apart(back, forth, size)), crossed.len());
    }
    (None, sides[0].signs().len())
}
