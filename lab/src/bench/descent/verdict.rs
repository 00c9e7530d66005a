//! How a run went, with the numbers that say why.
//!
//! On a quadratic with curvatures λ, plain descent multiplies the distance from the minimum along each axis by 1 − η λ in
//! every step. So it flies apart as soon as η λ > 2 for the greatest λ, swings around the minimum from η λ > 1 on, and
//! creeps where η λ is small. With momentum the bound is wider (Polyak 1964; Qian 1999): 2 (1 + μ) for b ← μ b + g, and
//! 2 (1 + β) / (1 − β) for the average V ← β V + (1 − β) g.

use std::sync::Arc;

use gradus::functions::{Choice, Function, Written};
use gradus::optimizer::Reason;
use gradus::optimizers;
use serde::Serialize;

use super::{Seen, word};

/// How a run went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// `diverged`, `falls`, `arrived`, `flat`, `ended` or `going`.
    pub what: &'static str,
    /// The step by which that was so.
    pub step: usize,
    /// Why the optimizer itself ended, if it did.
    pub ended: Option<String>,
    /// λ, the greatest curvature where the run started.
    pub curvature: Option<f64>,
    /// λ where it ended; none where that is nowhere.
    pub curvature_at_end: Option<f64>,
    /// Whether the curvature is the same everywhere.
    pub quadratic: bool,
    /// What η λ must not exceed on a quadratic; none for optimizers without such a bound.
    pub bound: Option<f64>,
}

/// A slope below this (of the first, and in itself) is none.
const FLAT: f64 = 1e-6;

impl Verdict {
    pub(super) fn of(
        choice: &Choice,
        optimizer: &optimizers::Choice,
        learning_rate: f64,
        seen: &Seen,
        ended: Option<Reason>,
        curvature: &Curvature,
    ) -> Verdict {
        let dimension = choice.dimension();
        let (steps, first) = (seen.values.len() - 1, seen.values[0]);
        let norm = |k: usize| {
            seen.slopes[k * dimension..(k + 1) * dimension].iter().map(|s| s * s).sum::<f64>().sqrt()
        };
        let least = choice.function().least().map(|least| least.value);
        let at_end = &seen.path[steps * dimension..];
        let height = |value: f64| value - least.unwrap_or(0.0);
        // A value a thousand times higher than where it began has not just swung out; nor has what is no number.
        let is_lost = |k: usize| {
            let most = 1e3 * height(first).abs().max(1.0);
            seen.values[k].is_nan() || height(seen.values[k]) > most
        };
        let has_arrived =
            |k: usize| least.is_some() && height(seen.values[k]) <= 1e-6 * height(first).max(1e-6);
        let is_flat = |k: usize| norm(k) <= FLAT * norm(0).max(1.0);
        // Where there is no minimum, or none that way.
        let is_deep = |k: usize| height(seen.values[k]) < -1e9 * first.abs().max(1.0);
        let (what, is_so): (_, &dyn Fn(usize) -> bool) = if is_deep(steps) {
            ("falls", &is_deep)
        } else if seen.is_lost() || is_lost(steps) {
            ("diverged", &is_lost)
        } else if has_arrived(steps) {
            ("arrived", &has_arrived)
        } else if is_flat(steps) {
            ("flat", &is_flat)
        } else {
            (if ended.is_some() { "ended" } else { "going" }, &|_| false)
        };
        let begins = (0..=steps).rev().take_while(|k| is_so(*k));
        Verdict {
            what,
            step: begins.last().unwrap_or(steps),
            ended: ended.map(word),
            curvature: curvature.greatest(&seen.path[..dimension]),
            curvature_at_end: curvature.greatest(at_end),
            quadratic: curvature.is_constant,
            bound: bound(optimizer, learning_rate),
        }
    }
}

/// What η λ must not exceed, on a quadratic.
fn bound(optimizer: &optimizers::Choice, learning_rate: f64) -> Option<f64> {
    if !optimizer.wrappers.is_empty() || learning_rate <= 0.0 {
        return None;
    }
    let values = optimizer.values();
    match (optimizer.entry.name, optimizer.dialect.name) {
        ("sgd", _) => Some(2.0),
        ("momentum", "article") => {
            let beta = values.get("beta");
            Some(2.0 * (1.0 + beta) / (1.0 - beta))
        }
        // What is damped is a smaller gradient.
        ("momentum", _) if values.get("dampening") < 1.0 => {
            Some(2.0 * (1.0 + values.get("momentum")) / (1.0 - values.get("dampening")))
        }
        _ => None,
    }
}

/// The second derivatives of a function: from its formula, else from differences of its slopes.
pub struct Curvature {
    function: Box<dyn Function>,
    written: Option<Arc<Written>>,
    dimension: usize,
    is_constant: bool,
}

impl Curvature {
    /// Of a function of one or two numbers.
    pub fn of(choice: &Choice) -> Curvature {
        let (function, written, dimension) = (choice.function(), choice.written(), choice.dimension());
        let mut curvature = Curvature { function, written, dimension, is_constant: false };
        let (low, high) = choice.within();
        let points = [0.13, 0.41, 0.77].map(|u| vec![low + (high - low) * u, low + (high - low) * (0.9 - u)]);
        let at = points.map(|point| curvature.at(&point[..dimension]));
        let same = at[1..].iter().flatten().zip(at[0].iter().cycle());
        curvature.is_constant = curvature.written.is_some() && same.into_iter().all(|(a, b)| a == b);
        curvature
    }

    /// ∂²f/∂xᵢ∂xⱼ, row by row.
    pub fn at(&self, x: &[f64]) -> Vec<f64> {
        if let Some(written) = &self.written {
            return written.curvature(x);
        }
        let mut room = vec![0.0; self.function.room()];
        let mut slopes = |i: usize, h: f64| {
            let mut moved = x.to_vec();
            moved[i] += h;
            let mut slopes = vec![0.0; self.dimension];
            self.function.gradient(&moved, &mut slopes, &mut room);
            slopes
        };
        let rows = (0..self.dimension).flat_map(|i| {
            let h = 1e-4 * x[i].abs().max(1.0);
            let (right, left) = (slopes(i, h), slopes(i, -h));
            right.into_iter().zip(left).map(|(r, l)| (r - l) / (2.0 * h)).collect::<Vec<_>>()
        });
        rows.collect()
    }

    /// The greatest eigenvalue of the second derivatives, if they are finite.
    pub fn greatest(&self, x: &[f64]) -> Option<f64> {
        let greatest = match self.at(x)[..] {
            [only] => only,
            [a, b, c, d] => {
                let (middle, across) = (0.5 * (a + d), 0.5 * (b + c));
                middle + (0.25 * (a - d) * (a - d) + across * across).sqrt()
            }
            _ => f64::NAN,
        };
        greatest.is_finite().then_some(greatest)
    }
}
