//! Losses that compare each output with its target by itself.
//!
//! ```text
//! L   = Σᵢ wᵢ (1/n Σⱼ ℓ(zᵢⱼ, tᵢⱼ)) / Σᵢ wᵢ
//! dzᵢⱼ = dL · wᵢ / (n Σ w) · ∂ℓ/∂z          0 where that is below 1e−30
//! ```

use super::{Targets, as_given, check};
use crate::error::Result;
use crate::fading;
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
/// A longer row is summed up over so many lanes; of others, as many as fit in a block are gone through at once.
const LANES: usize = 8;
/// Numbers of a block of short rows.
const BLOCK: usize = 64;
/// Numbers that are computed together, however few are wanted: two vectors at once take less time than two numbers by themselves.
const TOGETHER: usize = 16;

impl<P: Pointwise> Op for PointwiseLoss<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        check(self, inputs, Targets::Values)
    }

    fn forward(&self, run: Forward) {
        let (_, n) = run.shapes[0].matrix();
        let [z, t, w] = run.x else { unreachable!("checked by shape") };
        let (mut sum, mut weight) = (0.0f64, 0.0f64);
        let mut add = |w: f32, row: f64| {
            sum += w as f64 * row;
            weight += w as f64;
        };
        if n <= LANES {
            let rows = BLOCK / n;
            for ((z, t), w) in z.chunks(rows * n).zip(t.chunks(rows * n)).zip(w.chunks(rows)) {
                let values = widest(Each { of: |z, t| self.0.value(z, t), z, t });
                values.chunks(n).zip(w).for_each(|(row, w)| add(*w, row.iter().map(|x| *x as f64).sum()));
            }
        } else {
            let rows = z.chunks_exact(n).zip(t.chunks_exact(n)).zip(*w);
            rows.for_each(|((z, t), w)| add(*w, widest(Row { loss: &self.0, z, t })));
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
            let rows = task * ROWS..rows.min((task + 1) * ROWS);
            if n <= LANES {
                for row in rows.clone().step_by(BLOCK / n) {
                    let w = &w[row..rows.end.min(row + BLOCK / n)];
                    let range = row * n..(row + w.len()) * n;
                    let slopes = widest(Each {
                        of: |z, t| self.0.slope(z, t),
                        z: &z[range.clone()],
                        t: &t[range.clone()],
                    });
                    // SAFETY: rows are disjoint.
                    let to = unsafe { to.slice(range) };
                    for ((to, slopes), w) in to.chunks_exact_mut(n).zip(slopes.chunks_exact(n)).zip(w) {
                        let scale = (*w as f64 * scale) as f32;
                        for (to, slope) in to.iter_mut().zip(slopes) {
                            let slope = fading::slope(scale * slope);
                            *to = if add { *to + slope } else { slope };
                        }
                    }
                }
                return;
            }
            for row in rows {
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

/// A function of each z and its t, of at most a block of them.
struct Each<'a, F> {
    of: F,
    z: &'a [f32],
    t: &'a [f32],
}

impl<F: Fn(f32, f32) -> f32> Loop for Each<'_, F> {
    type Out = [f32; BLOCK];
    #[inline(always)]
    fn run(self) -> [f32; BLOCK] {
        let mut all = [0.0; BLOCK];
        for ((z, t), to) in
            self.z.chunks(TOGETHER).zip(self.t.chunks(TOGETHER)).zip(all.chunks_exact_mut(TOGETHER))
        {
            let mut both = [[0.0; TOGETHER]; 2];
            both[0][..z.len()].copy_from_slice(z);
            both[1][..t.len()].copy_from_slice(t);
            for (i, to) in to.iter_mut().enumerate() {
                *to = (self.of)(both[0][i], both[1][i]);
            }
        }
        all
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
        let mut lanes = [0.0f64; LANES];
        for (z, t) in self.z.chunks(LANES).zip(self.t.chunks(LANES)) {
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
            let slope = fading::slope(self.scale * self.loss.slope(*z, *t));
            *to = if self.add { *to + slope } else { slope };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::binary_cross_entropy::BinaryCrossEntropy;
    use crate::op::{Gradient, Moment};
    use crate::threads::Threads;

    /// Short rows go by blocks, others by lanes: to the bit what number by number gives.
    #[test]
    fn loss_and_slopes_are_their_formulas_for_any_row() {
        let loss = BinaryCrossEntropy { smoothing: 0.1 };
        let op = PointwiseLoss(BinaryCrossEntropy { smoothing: 0.1 });
        for (rows, n) in
            [1, 2, 10, 63, 64, 65, 200].into_iter().flat_map(|rows| [1, 3, 7, 8, 9, 20].map(|n| (rows, n)))
        {
            let z: Vec<f32> = (0..rows * n).map(|i| ((i * 37) % 101) as f32 / 10.0 - 5.0).collect();
            let t: Vec<f32> = (0..rows * n).map(|i| (i % 3 % 2) as f32).collect();
            let w: Vec<f32> = (0..rows).map(|i| (i % 4) as f32 * 0.5 + 0.25).collect();
            let shapes = [Shape::new(&[rows, n]), Shape::new(&[rows, n]), Shape::new(&[rows])];
            let (x, moment, threads) = ([&z[..], &t[..], &w[..]], Moment::default(), Threads::new(2));
            let (mut y, mut keep) = ([0.0], []);
            let (shapes, id, threads) = (&shapes[..], 0, &threads);
            let forward = Forward { shapes, x: &x, y: &mut y, keep: &mut keep, moment, id, threads };
            Op::forward(&op, forward);

            let weight: f64 = w.iter().map(|w| *w as f64).sum();
            let mut sum = 0.0;
            for i in 0..rows {
                let mut lanes = [0.0; 8];
                (0..n).for_each(|j| lanes[j % 8] += loss.value(z[i * n + j], t[i * n + j]) as f64);
                sum += w[i] as f64 * lanes.iter().sum::<f64>();
            }
            let want = (sum / (weight * n as f64)) as f32;
            assert_eq!(y[0].to_bits(), want.to_bits(), "{rows} x {n}: {} for {want}", y[0]);

            for add in [false, true] {
                let (mut dy, mut dz) = ([0.5], vec![2.0; rows * n]);
                let gradient = Gradient { to: &mut dz, add };
                let (dy, y, dx) = (&mut dy[..], &y[..], &mut [Some(gradient), None, None][..]);
                let (ready, through, keep) = (false, None, &mut keep[..]);
                op.backward(Backward { shapes, x: &x, y, keep, dy, ready, dx, through, moment, id, threads });
                for (at, got) in dz.into_iter().enumerate() {
                    let scale = (w[at / n] as f64 * (0.5 / (weight * n as f64))) as f32;
                    let slope = scale * loss.slope(z[at], t[at]);
                    let want = if add { 2.0 + slope } else { slope };
                    assert_eq!(got.to_bits(), want.to_bits(), "{rows} x {n}, {at}: {got} for {want}");
                }
            }
        }
    }
}
