//! Softmax and cross-entropy in one: which of several classes?
//!
//! ```text
//! ℓ  = −Σₖ qₖ ln pₖ          pₖ = eᶻᵏ / Σⱼ eᶻʲ
//!    = ln Σⱼ eᶻʲ⁻ᵐ + m − Σₖ qₖ zₖ,   m = maxⱼ zⱼ (so that nothing overflows)
//! dz = dL · w / Σw · (p − q)                      0 where that is below 1e−30
//! q  = (1 − s) · [the right class] + s / classes     or, of mixed examples, (1 − s) · t + s / classes with Σ t = 1
//! ```

use super::{Entry, Link, Targets, as_given, binary_cross_entropy::SMOOTHING, check};
use crate::error::Result;
use crate::fading;
use crate::gradients::Expression;
use crate::kernels::{Loop, widest};
use crate::op::{Backward, Exact, ExactForward, Forward, Op, Shape, Written};
use crate::real::Real;

pub(super) const ROW: Entry = Entry {
    name: "softmax_cross_entropy",
    formula: "ℓ = −Σₖ qₖ ln pₖ,  pₖ = eᶻᵏ / Σⱼ eᶻʲ,  q = (1 − s) · [the right class] + s / classes",
    about: "for one of several classes; computed from z, finite for every z (PyTorch: CrossEntropyLoss)",
    paper: "Bridle 1990, Probabilistic Interpretation of Feedforward Classification Network Outputs",
    link: Link::Softmax,
    targets: Targets::Class,
    parameters: &[SMOOTHING],
    build: |values| Box::new(SoftmaxCrossEntropy { smoothing: values.get("smoothing") }),
};

/// Softmax cross-entropy; inputs z (batch × classes), the right class (or t: batch × classes) and the weight of each example.
/// A class outside 0 … classes − 1 makes the loss not a number, and so stops the run with a verdict.
pub struct SoftmaxCrossEntropy {
    /// s in [0, 1).
    pub smoothing: f64,
}

impl Op for SoftmaxCrossEntropy {
    fn name(&self) -> &'static str {
        ROW.name
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        check(self, inputs, Targets::Class)
    }

    /// p of every example.
    fn keeps(&self, inputs: &[Shape]) -> usize {
        inputs[0].size()
    }

    fn forward(&self, run: Forward) {
        let (_, classes) = run.shapes[0].matrix();
        let mixed = is_mixed(run.shapes);
        let [z, t, w] = run.x else { unreachable!("checked by shape") };
        let (mut sum, mut weight) = (0.0f64, 0.0f64);
        for (i, (z, p)) in z.chunks_exact(classes).zip(run.keep.chunks_exact_mut(classes)).enumerate() {
            p.copy_from_slice(z);
            let log_sum = softmax(p) as f64;
            let right = if mixed {
                let t = &t[i * classes..(i + 1) * classes];
                t.iter().zip(z).map(|(t, z)| *t as f64 * *z as f64).sum()
            } else if t[i] >= 0.0 {
                z.get(t[i] as usize).map_or(f64::NAN, |z| *z as f64)
            } else {
                f64::NAN
            };
            let all: f64 = z.iter().map(|z| *z as f64).sum::<f64>() / classes as f64;
            let wanted = (1.0 - self.smoothing) * right + self.smoothing * all;
            sum += w[i] as f64 * (log_sum - wanted);
            weight += w[i] as f64;
        }
        run.y[0] = (sum / weight) as f32;
    }

    fn backward(&self, run: Backward) {
        let (dz, given) = run.dx.split_first_mut().expect("checked by shape");
        as_given(given);
        let Some(dz) = dz else { return };
        let (_, classes) = run.shapes[0].matrix();
        let [_, t, w] = run.x else { unreachable!("checked by shape") };
        let weight: f64 = w.iter().map(|w| *w as f64).sum();
        let low = self.smoothing / classes as f64;
        let high = 1.0 - self.smoothing + low;
        let mixed = is_mixed(run.shapes);
        for (i, p) in run.keep.chunks_exact(classes).enumerate() {
            let scale = (run.dy[0] as f64 * w[i] as f64 / weight) as f32;
            for (k, p) in p.iter().enumerate() {
                let q = match mixed {
                    true => (1.0 - self.smoothing) * t[i * classes + k] as f64 + low,
                    false if k == t[i] as usize => high,
                    false => low,
                };
                dz.write(i * classes + k, fading::slope(scale * (p - q as f32)));
            }
        }
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    /// The target is written as one number a class: 1 for the right one, else 0.
    fn formula(&self, inputs: &[&[Expression]], _training: bool) -> Written {
        let (z, t) = (inputs[0], inputs[1]);
        let of = <Expression as Real>::of;
        let q = |t: Expression| of(1.0 - self.smoothing) * t + of(self.smoothing / z.len() as f64);
        let wanted = Expression::total(z.iter().zip(t).map(|(z, t)| q(*t) * *z));
        Ok(vec![Expression::log_sum_exp(z) - wanted])
    }
}

impl Exact for SoftmaxCrossEntropy {
    fn forward(&self, run: ExactForward) {
        let (_, classes) = run.shapes[0].matrix();
        let mixed = is_mixed(run.shapes);
        let [z, t, w] = run.x else { unreachable!("checked by shape") };
        let (mut sum, mut weight) = (0.0, 0.0);
        for (i, z) in z.chunks_exact(classes).enumerate() {
            let greatest = z.iter().fold(f64::NEG_INFINITY, |a, z| if *z > a { *z } else { a });
            let log_sum = Real::ln(z.iter().map(|z| Real::exp(*z - greatest)).sum::<f64>()) + greatest;
            let right = if mixed {
                z.iter().zip(&t[i * classes..]).map(|(z, t)| z * t).sum()
            } else if t[i] >= 0.0 {
                z.get(t[i] as usize).copied().unwrap_or(f64::NAN)
            } else {
                f64::NAN
            };
            let all = z.iter().sum::<f64>() / classes as f64;
            let wanted = (1.0 - self.smoothing) * right + self.smoothing * all;
            sum += w[i] * (log_sum - wanted);
            weight += w[i];
        }
        run.y[0] = sum / weight;
    }
}

/// Whether the targets are shares of all classes, not the number of one.
fn is_mixed(shapes: &[Shape]) -> bool {
    shapes[1] == shapes[0]
}

/// z ← softmax z, in place; returns ln Σ eᶻ.
pub fn softmax(z: &mut [f32]) -> f32 {
    widest(Softmax(z))
}

struct Softmax<'a>(&'a mut [f32]);

impl Loop for Softmax<'_> {
    type Out = f32;
    #[inline(always)]
    fn run(self) -> f32 {
        let greatest = self.0.iter().fold(f32::NEG_INFINITY, |a, z| if *z > a { *z } else { a });
        for z in self.0.iter_mut() {
            *z = Real::exp(*z - greatest);
        }
        let sum: f32 = self.0.iter().sum();
        for z in self.0.iter_mut() {
            *z /= sum;
        }
        Real::ln(sum) + greatest
    }
}
