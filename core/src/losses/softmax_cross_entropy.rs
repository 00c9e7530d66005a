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
use crate::op::{Backward, Exact, ExactForward, Forward, Gradient, Op, Shape, Written};
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
        run.keep.copy_from_slice(z);
        for (number, p) in run.keep.chunks_mut(ROWS * classes).enumerate() {
            let mut log_sums = [0.0; ROWS];
            let rows = p.len() / classes;
            widest(Softmax { z: p, classes, log_sums: &mut log_sums[..rows] });
            for (i, log_sum) in (number * ROWS..).zip(&log_sums[..rows]) {
                let z = &z[i * classes..(i + 1) * classes];
                let right = if mixed {
                    let t = &t[i * classes..(i + 1) * classes];
                    t.iter().zip(z).map(|(t, z)| *t as f64 * *z as f64).sum()
                } else if t[i] >= 0.0 {
                    z.get(t[i] as usize).map_or(f64::NAN, |z| *z as f64)
                } else {
                    f64::NAN
                };
                let mut wanted = (1.0 - self.smoothing) * right;
                if self.smoothing > 0.0 {
                    let all: f64 = z.iter().map(|z| *z as f64).sum::<f64>() / classes as f64;
                    wanted += self.smoothing * all;
                }
                sum += w[i] as f64 * (*log_sum as f64 - wanted);
                weight += w[i] as f64;
            }
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
        let scale = |i: usize| (run.dy[0] as f64 * w[i] as f64 / weight) as f32;
        if !is_mixed(run.shapes) {
            let (q, p) = ([low as f32, high as f32], &*run.keep);
            return widest(Slopes { p, classes, right: t, scale, q, dz });
        }
        for (i, p) in run.keep.chunks_exact(classes).enumerate() {
            let scale = scale(i);
            for (k, p) in p.iter().enumerate() {
                let q = (1.0 - self.smoothing) * t[i * classes + k] as f64 + low;
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
            let mut wanted = (1.0 - self.smoothing) * right;
            if self.smoothing > 0.0 {
                wanted += self.smoothing * (z.iter().sum::<f64>() / classes as f64);
            }
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

/// Rows whose softmax is made at once: while the sum of one waits for its last number, those of others go on.
const ROWS: usize = 8;

/// z ← softmax z, in place, of at most [`ROWS`] rows; ln Σ eᶻ of each. The numbers of a row are added in order.
struct Softmax<'a> {
    z: &'a mut [f32],
    classes: usize,
    log_sums: &'a mut [f32],
}

impl Loop for Softmax<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Softmax { z, classes, log_sums } = self;
        let rows = log_sums.len();
        let mut greatest = [f32::NEG_INFINITY; ROWS];
        for (z, greatest) in z.chunks_exact_mut(classes).zip(&mut greatest) {
            *greatest = z.iter().fold(f32::NEG_INFINITY, |a, z| if *z > a { *z } else { a });
            z.iter_mut().for_each(|z| *z -= *greatest);
        }
        z.iter_mut().for_each(|z| *z = Real::exp(*z));
        let mut sums = [0.0; ROWS];
        for k in 0..classes {
            for (row, sum) in sums[..rows].iter_mut().enumerate() {
                *sum += z[row * classes + k];
            }
        }
        for (z, sum) in z.chunks_exact_mut(classes).zip(&sums) {
            z.iter_mut().for_each(|z| *z /= *sum);
        }
        let logs: [f32; ROWS] = std::array::from_fn(|row| Real::ln(sums[row]) + greatest[row]);
        log_sums.copy_from_slice(&logs[..rows]);
    }
}

/// dz = scale(example) · (p − q), where q is one number for wrong classes and one for the right.
struct Slopes<'a, 'b, F> {
    p: &'a [f32],
    classes: usize,
    right: &'a [f32],
    scale: F,
    q: [f32; 2],
    dz: &'a mut Gradient<'b>,
}

impl<F: Fn(usize) -> f32> Loop for Slopes<'_, '_, F> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Slopes { p, classes, right, scale, q: [low, high], dz } = self;
        for (i, p) in p.chunks_exact(classes).enumerate() {
            let (scale, right) = (scale(i), right[i] as u32);
            let dz_of = dz.to[i * classes..(i + 1) * classes].iter_mut();
            for (k, (p, dz_of)) in p.iter().zip(dz_of).enumerate() {
                let q = if k as u32 == right { high } else { low };
                let slope = fading::slope(scale * (p - q));
                // What `Gradient::write` does, without a check of each place.
                *dz_of = if dz.add { *dz_of + slope } else { slope };
            }
        }
    }
}
