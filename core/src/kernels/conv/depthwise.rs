//! Convolutions whose channels do not see each other: every channel has its own small kernel, and vectors run along the
//! channels.

use super::ConvShape;
use crate::kernels::{Loop, widest};
use crate::threads::{Shared, Threads};

/// Channels whose sums are carried at once.
const SIDE: usize = 32;

/// One row of a result; `Back` of the slope of a picture.
struct Row<'a, const BACK: bool> {
    shape: &'a ConvShape,
    from: &'a [f32],
    w: &'a [f32],
    to: &'a mut [f32],
    add: bool,
    row: usize,
}

/// y = x ∗ w
pub(super) fn forward(s: &ConvShape, x: &[f32], w: &[f32], y: &mut [f32], threads: &Threads) {
    let (line, y) = (s.out_w * s.out_c, Shared::of(y));
    threads.for_each(s.batch * s.out_h, &|task| {
        let from = s.picture(x, task / s.out_h);
        // SAFETY: rows are disjoint.
        let to = unsafe { y.slice(task * line..(task + 1) * line) };
        widest(Row::<false> { shape: s, from, w, to, add: false, row: task % s.out_h });
    });
}

/// dx = dy ∗ w backwards, or dx += that.
pub(super) fn back_data(s: &ConvShape, dy: &[f32], w: &[f32], dx: &mut [f32], add: bool, threads: &Threads) {
    let (line, dx) = (s.in_w * s.in_c, Shared::of(dx));
    let picture = s.out_h * s.out_w * s.out_c;
    threads.for_each(s.batch * s.in_h, &|task| {
        let from = &dy[task / s.in_h * picture..][..picture];
        // SAFETY: rows are disjoint.
        let to = unsafe { dx.slice(task * line..(task + 1) * line) };
        widest(Row::<true> { shape: s, from, w, to, add, row: task % s.in_h });
    });
}

impl<const BACK: bool> Loop for Row<'_, BACK> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Row { shape: s, from, w, to, add, row } = self;
        let channels = s.in_c;
        let (width, places) = if BACK { (s.out_w, s.in_w) } else { (s.in_w, s.out_w) };
        for place in 0..places {
            for first in (0..channels).step_by(SIDE) {
                let count = SIDE.min(channels - first);
                let mut sums = [0.0; SIDE];
                for ky in 0..s.kernel_h {
                    let Some(y) = (if BACK { s.row_back(row, ky) } else { s.row(row, ky) }) else { continue };
                    for kx in 0..s.kernel_w {
                        let x = if BACK { s.column_back(place, kx) } else { s.column(place, kx) };
                        let Some(x) = x else { continue };
                        let a = &from[(y * width + x) * channels + first..][..count];
                        let b = &w[(ky * s.kernel_w + kx) * channels + first..][..count];
                        add_products(&mut sums, a, b);
                    }
                }
                let to = &mut to[place * channels + first..][..count];
                for (to, sum) in to.iter_mut().zip(&sums) {
                    *to = if add { *to + sum } else { *sum };
                }
            }
        }
    }
}

/// dw = Σ x dy, or dw += that.
pub(super) fn back_weights(
    s: &ConvShape,
    x: &[f32],
    dy: &[f32],
    dw: &mut [f32],
    add: bool,
    threads: &Threads,
) {
    let (bands, dw) = (s.in_c.div_ceil(SIDE), Shared::of(dw));
    threads.for_each(s.kernel_h * s.kernel_w * bands, &|task| {
        let (tap, first) = (task / bands, task % bands * SIDE);
        let count = SIDE.min(s.in_c - first);
        // SAFETY: bands of taps are disjoint.
        let dw = unsafe { dw.slice(tap * s.in_c + first..tap * s.in_c + first + count) };
        widest(Band { shape: s, x, dy, dw, add, tap, first });
    });
}

/// Some channels of one tap.
struct Band<'a> {
    shape: &'a ConvShape,
    x: &'a [f32],
    dy: &'a [f32],
    dw: &'a mut [f32],
    add: bool,
    tap: usize,
    first: usize,
}

impl Loop for Band<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Band { shape: s, x, dy, dw, add, tap, first } = self;
        let mut sums = [0.0; SIDE];
        for line in 0..s.batch * s.out_h {
            let Some(iy) = s.row(line % s.out_h, tap / s.kernel_w) else { continue };
            for ox in 0..s.out_w {
                let Some(ix) = s.column(ox, tap % s.kernel_w) else { continue };
                let place = (line / s.out_h * s.in_h + iy) * s.in_w + ix;
                let a = &x[place * s.in_c + first..][..dw.len()];
                let b = &dy[(line * s.out_w + ox) * s.in_c + first..][..dw.len()];
                add_products(&mut sums, a, b);
            }
        }
        for (dw, sum) in dw.iter_mut().zip(&sums) {
            *dw = if add { *dw + sum } else { *sum };
        }
    }
}

/// sums ← a b + sums, each rounded once.
#[inline(always)]
fn add_products(sums: &mut [f32; SIDE], a: &[f32], b: &[f32]) {
    if let (Ok(a), Ok(b)) = (<&[f32; SIDE]>::try_from(a), <&[f32; SIDE]>::try_from(b)) {
        // Of a known length: the sums stay in registers.
        for i in 0..SIDE {
            sums[i] = a[i].mul_add(b[i], sums[i]);
        }
    } else {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum = a.mul_add(*b, *sum);
        }
    }
}
