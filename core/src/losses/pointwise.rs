//! Losses that compare each output with its target by itself.
//!
//! ```text
//! L   = Σᵢ wᵢ (1/n Σⱼ ℓ(zᵢⱼ, tᵢⱼ)) / Σᵢ wᵢ
//! dzᵢⱼ = dL · wᵢ / (n Σ w) · ∂ℓ/∂z
//! ```

use super::{Targets, as_given, check};
use crate::error::Result;
use crate::gradients::Expression;
use crate::kernels::{Loop, widest};
use crate::op::{Backward, Exact, ExactForward, Forward, Op, Shape, Written};
use crate::real::Real;
use crate::threads::Shared;

/// ℓ(z, t) and its slope, for one output.
pub trait Pointwise: Send + Sync + 'static {
    /// What the loss is called.
    const NAME: &'static str;
    /// ℓ(z, t)
    fn value<R: Real>(&self, z: R, t: R) -> R;
    /// ∂ℓ/∂z
    fn slope<R: Real>(&self, z: R, t: R) -> R;
    /// A number that changes its sign where the slope, or the slope of the slope, jumps; none if it never does.
    fn kink(&self, _z: f64, _t: f64) -> Option<f64> {
        None
    }
}

/// The op of a [`Pointwise`] loss; inputs z, t (batch × outputs) and w (batch).
pub struct PointwiseLoss<P>(pub P);

/// Rows handled by one task. Fixed, so that results never depend on the number of threads.
const ROWS: usize = 64;

impl<P: Pointwise> Op for PointwiseLoss<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        check(self, inputs, Targets::Values)
    }

    fn forward(&self, run: Forward) {
        let (_, n) = run.shapes[0].matrix();
        let (mut sum, mut weight) = (0.0f64, 0.0f64);
        for ((z, t), w) in run.x[0].chunks_exact(n).zip(run.x[1].chunks_exact(n)).zip(run.x[2]) {
            sum += *w as f64 * widest(Row { loss: &self.0, z, t });
            weight += *w as f64;
        }
        run.y[0] = (sum / (weight * n as f64)) as f32;
    }

    fn backward(&self, run: Backward) {
        let (dz, given) = run.dx.split_first_mut().expect("checked by shape");
        as_given(given);
        let Some(dz) = dz else { return };
        let (rows, n) = run.shapes[0].matrix();
        let [z, t, w] = run.x else { unreachable!("checked by shape") };
        let weight: f64 = w.iter().map(|w| *w as f64).sum();
        let scale = run.dy[0] as f64 / (weight * n as f64);
        let (to, add) = (Shared::of(dz.to), dz.add);
        run.threads.for_each(rows.div_ceil(ROWS), &|task| {
            for row in task * ROWS..rows.min((task + 1) * ROWS) {
                let range = row * n..(row + 1) * n;
                // SAFETY: rows are disjoint.
                let to = unsafe { to.slice(range.clone()) };
                let scale = (w[row] as f64 * scale) as f32;
                widest(Slopes { loss: &self.0, z: &z[range.clone()], t: &t[range], to, add, scale });
            }
        });
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    fn formula(&self, inputs: &[&[Expression]], _training: bool) -> Written {
        let (z, t) = (inputs[0], inputs[1]);
        let sum = Expression::total(z.iter().zip(t).map(|(z, t)| self.0.value(*z, *t)));
        Ok(vec![sum / Real::of(z.len() as f64)])
    }
}

impl<P: Pointwise> Exact for PointwiseLoss<P> {
    fn forward(&self, run: ExactForward) {
        let (_, n) = run.shapes[0].matrix();
        let [z, t, w] = run.x else { unreachable!("checked by shape") };
        let (mut sum, mut weight) = (0.0, 0.0);
        for ((z, t), w) in z.chunks_exact(n).zip(t.chunks_exact(n)).zip(*w) {
            sum += w * z.iter().zip(t).map(|(z, t)| self.0.value(*z, *t)).sum::<f64>();
            weight += w;
        }
        run.y[0] = sum / (weight * n as f64);
        run.sides.note(z.iter().zip(*t).filter_map(|(z, t)| self.0.kink(*z, *t)));
    }
}

/// Σⱼ ℓ(zⱼ, tⱼ), over eight lanes in a fixed order.
struct Row<'a, P> {
    loss: &'a P,
    z: &'a [f32],
    t: &'a [f32],
}

impl<P: Pointwise> Loop for Row<'_, P> {
    type Out = f64;
    #[inline(always)]
    fn run(self) -> f64 {
        let mut lanes = [0.0f64; 8];
        for (z, t) in self.z.chunks(8).zip(self.t.chunks(8)) {
            for ((lane, z), t) in lanes.iter_mut().zip(z).zip(t) {
                *lane += self.loss.value(*z, *t) as f64;
            }
        }
        lanes.iter().sum()
    }
}

struct Slopes<'a, P> {
    loss: &'a P,
    z: &'a [f32],
    t: &'a [f32],
    to: &'a mut [f32],
    add: bool,
    scale: f32,
}

impl<P: Pointwise> Loop for Slopes<'_, P> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        for ((to, z), t) in self.to.iter_mut().zip(self.z).zip(self.t) {
            let slope = self.scale * self.loss.slope(*z, *t);
            *to = if self.add { *to + slope } else { slope };
        }
    }
}
