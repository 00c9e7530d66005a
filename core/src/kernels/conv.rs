//! Convolution of pictures whose channels lie side by side, and the two ways back.
//!
//! ```text
//! y[n, oy, ox, co]  = Σ x[n, iy, ix, ci] w[ky, kx, ci, co]     over (ky, kx, ci), ascending
//! dx[n, iy, ix, ci] = Σ dy[n, oy, ox, co] w[ky, kx, ci, co]    over (ky, kx, co), ascending
//! dw[ky, kx, ci, co] = Σ x[n, iy, ix, ci] dy[n, oy, ox, co]    over (n, oy, ox), ascending
//!
//! iy = oy stride_h + ky dilation_h − pad_top      ix = ox stride_w + kx dilation_w − pad_left
//! ```
//!
//! The bits are a promise: every element of a result is one chain of fused multiply-adds, x ← round(a b + x), in that
//! order from +0, then a bias or what was there is added, then the activation applied. What lies in the padding takes no
//! part (or part as a zero: no finite sum differs by it, but for the sign of a zero). With groups, ci and co
//! are those of one group. Work is cut by the data; each element is made by one task.

mod exact;

pub use exact::conv_exact;

use super::{Loop, widest};
use crate::threads::{Shared, Threads};

/// The sizes of a convolution.
///
/// Memory: x is batch × in_h × in_w × in_c, w is kernel_h × kernel_w × (in_c / groups) × out_c, y is batch × out_h × out_w ×
/// out_c, all row-major.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Pictures.
    pub batch: usize,
    /// Rows of a picture.
    pub in_h: usize,
    /// Columns of a picture.
    pub in_w: usize,
    /// Channels of a picture.
    pub in_c: usize,
    /// Rows of a result.
    pub out_h: usize,
    /// Columns of a result.
    pub out_w: usize,
    /// Channels of a result.
    pub out_c: usize,
    /// Rows of the kernel.
    pub kernel_h: usize,
    /// Columns of the kernel.
    pub kernel_w: usize,
    /// Rows from one place of the kernel to the next.
    pub stride_h: usize,
    /// Columns from one place of the kernel to the next.
    pub stride_w: usize,
    /// Rows of zeros above a picture.
    pub pad_top: usize,
    /// Columns of zeros left of a picture.
    pub pad_left: usize,
    /// Rows of zeros below a picture that some kernel may reach; they change no result.
    pub pad_bottom: usize,
    /// Columns of zeros right of a picture that some kernel may reach; they change no result.
    pub pad_right: usize,
    /// Rows from one weight of the kernel to the next.
    pub dilation_h: usize,
    /// Columns from one weight of the kernel to the next.
    pub dilation_w: usize,
    /// Channels are divided into so many groups, which do not see each other. Divides `in_c` and `out_c`.
    pub groups: usize,
}

impl ConvShape {
    /// Numbers in x.
    pub fn inputs(&self) -> usize {
        self.batch * self.in_h * self.in_w * self.in_c
    }

    /// Numbers in w.
    pub fn weights(&self) -> usize {
        self.kernel_h * self.kernel_w * self.group_in() * self.out_c
    }

    /// Numbers in y.
    pub fn outputs(&self) -> usize {
        self.batch * self.out_h * self.out_w * self.out_c
    }

    /// Channels of a picture that a group sees.
    pub fn group_in(&self) -> usize {
        self.in_c / self.groups
    }

    /// Channels of a result that a group makes.
    pub fn group_out(&self) -> usize {
        self.out_c / self.groups
    }

    /// The row of the picture that row `ky` of the kernel meets for row `oy` of the result; none in the padding.
    pub fn row(&self, oy: usize, ky: usize) -> Option<usize> {
        (oy * self.stride_h + ky * self.dilation_h).checked_sub(self.pad_top).filter(|iy| *iy < self.in_h)
    }

    /// As [`ConvShape::row`], for columns.
    pub fn column(&self, ox: usize, kx: usize) -> Option<usize> {
        (ox * self.stride_w + kx * self.dilation_w).checked_sub(self.pad_left).filter(|ix| *ix < self.in_w)
    }

    /// The row of the result for which row `ky` of the kernel meets row `iy` of the picture, if there is one.
    pub fn row_back(&self, iy: usize, ky: usize) -> Option<usize> {
        let far = (iy + self.pad_top).checked_sub(ky * self.dilation_h)?;
        (far.is_multiple_of(self.stride_h)).then_some(far / self.stride_h).filter(|oy| *oy < self.out_h)
    }

    /// As [`ConvShape::row_back`], for columns.
    pub fn column_back(&self, ix: usize, kx: usize) -> Option<usize> {
        let far = (ix + self.pad_left).checked_sub(kx * self.dilation_w)?;
        (far.is_multiple_of(self.stride_w)).then_some(far / self.stride_w).filter(|ox| *ox < self.out_w)
    }

    fn check(&self, x: usize, w: usize, y: usize) {
        assert!(self.groups > 0 && self.in_c.is_multiple_of(self.groups), "{self:?}");
        assert!(self.out_c.is_multiple_of(self.groups) && self.stride_h > 0 && self.stride_w > 0, "{self:?}");
        assert!(x == self.inputs() && w == self.weights() && y == self.outputs(), "{self:?}: {x}, {w}, {y}");
    }
}

/// y = activation(x ∗ w + bias); the activation treats every number alike, wherever it stands.
///
/// # Panics
/// If a length is not what `shape` says.
pub fn conv_forward(
    shape: &ConvShape,
    x: &[f32],
    w: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
    activation: Option<fn(&mut [f32])>,
    threads: &Threads,
) {
    shape.check(x.len(), w.len(), y.len());
    assert!(bias.is_none_or(|bias| bias.len() == shape.out_c), "a bias for each of {} channels", shape.out_c);
    let (row, y) = (shape.out_w * shape.out_c, Shared::of(y));
    threads.for_each(shape.batch * shape.out_h, &|task| {
        // SAFETY: rows are disjoint.
        let y = unsafe { y.slice(task * row..(task + 1) * row) };
        widest(Row { shape, x, w, y: &mut *y, n: task / shape.out_h, oy: task % shape.out_h });
        if let Some(bias) = bias {
            y.chunks_exact_mut(bias.len()).for_each(|y| y.iter_mut().zip(bias).for_each(|(y, b)| *y += b));
        }
        if let Some(activation) = activation {
            activation(y);
        }
    });
}

/// dx = dy ∗ w backwards, or dx += that.
///
/// # Panics
/// If a length is not what `shape` says.
pub fn conv_backward_data(
    shape: &ConvShape,
    dy: &[f32],
    w: &[f32],
    dx: &mut [f32],
    add: bool,
    threads: &Threads,
) {
    shape.check(dx.len(), w.len(), dy.len());
    let (row, dx) = (shape.in_w * shape.in_c, Shared::of(dx));
    threads.for_each(shape.batch * shape.in_h, &|task| {
        // SAFETY: rows are disjoint.
        let dx = unsafe { dx.slice(task * row..(task + 1) * row) };
        widest(RowBack { shape, dy, w, dx, add, n: task / shape.in_h, iy: task % shape.in_h });
    });
}

/// dw = Σ x dy, or dw += that.
///
/// # Panics
/// If a length is not what `shape` says.
pub fn conv_backward_weights(
    shape: &ConvShape,
    x: &[f32],
    dy: &[f32],
    dw: &mut [f32],
    add: bool,
    threads: &Threads,
) {
    shape.check(x.len(), dw.len(), dy.len());
    let (deep, dw) = (shape.group_in(), Shared::of(dw));
    let bands = deep.div_ceil(DEEP);
    threads.for_each(shape.kernel_h * shape.kernel_w * bands, &|task| {
        let (tap, from) = (task / bands, task % bands * DEEP);
        let (ky, kx, to) = (tap / shape.kernel_w, tap % shape.kernel_w, deep.min(from + DEEP));
        // SAFETY: bands of rows are disjoint.
        let dw = unsafe { dw.slice((tap * deep + from) * shape.out_c..(tap * deep + to) * shape.out_c) };
        widest(Band { shape, x, dy, dw, add, ky, kx, from });
    });
}

/// One row of the result.
struct Row<'a> {
    shape: &'a ConvShape,
    x: &'a [f32],
    w: &'a [f32],
    y: &'a mut [f32],
    n: usize,
    oy: usize,
}

impl Loop for Row<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Row { shape: s, x, w, y, n, oy } = self;
        let (deep, wide) = (s.group_in(), s.group_out());
        y.fill(0.0);
        for (ox, y) in y.chunks_exact_mut(s.out_c).enumerate() {
            for ky in 0..s.kernel_h {
                let Some(iy) = s.row(oy, ky) else { continue };
                for kx in 0..s.kernel_w {
                    let Some(ix) = s.column(ox, kx) else { continue };
                    let x = &x[((n * s.in_h + iy) * s.in_w + ix) * s.in_c..][..s.in_c];
                    let w = &w[(ky * s.kernel_w + kx) * deep * s.out_c..][..deep * s.out_c];
                    for ((g, x), y) in x.chunks_exact(deep).enumerate().zip(y.chunks_exact_mut(wide)) {
                        for (x, w) in x.iter().zip(w.chunks_exact(s.out_c)) {
                            add_product(y, *x, &w[g * wide..][..wide]);
                        }
                    }
                }
            }
        }
    }
}

/// Sums that are carried side by side, so that none waits for itself.
const SIDE: usize = 8;

/// One row of the slope of the picture.
struct RowBack<'a> {
    shape: &'a ConvShape,
    dy: &'a [f32],
    w: &'a [f32],
    dx: &'a mut [f32],
    add: bool,
    n: usize,
    iy: usize,
}

impl Loop for RowBack<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let RowBack { shape: s, dy, w, dx, add, n, iy } = self;
        let (deep, wide) = (s.group_in(), s.group_out());
        for (at, dx) in dx.chunks_exact_mut(deep).enumerate() {
            let (ix, g) = (at / s.groups, at % s.groups);
            for (part, dx) in dx.chunks_mut(SIDE).enumerate() {
                let mut sums = [0.0; SIDE];
                for ky in 0..s.kernel_h {
                    let Some(oy) = s.row_back(iy, ky) else { continue };
                    for kx in 0..s.kernel_w {
                        let Some(ox) = s.column_back(ix, kx) else { continue };
                        let dy = &dy[((n * s.out_h + oy) * s.out_w + ox) * s.out_c + g * wide..][..wide];
                        let first = (ky * s.kernel_w + kx) * deep + part * SIDE;
                        let w = &w[first * s.out_c + g * wide..];
                        for (co, dy) in dy.iter().enumerate() {
                            for (i, sum) in sums[..dx.len()].iter_mut().enumerate() {
                                *sum = dy.mul_add(w[i * s.out_c + co], *sum);
                            }
                        }
                    }
                }
                finish(dx, &sums, add);
            }
        }
    }
}

/// Channels of the picture, and of the result, whose sums wait in the nearest cache.
const DEEP: usize = 8;
const WIDE: usize = 64;

/// The slopes of some rows of one tap's weights.
struct Band<'a> {
    shape: &'a ConvShape,
    x: &'a [f32],
    dy: &'a [f32],
    dw: &'a mut [f32],
    add: bool,
    ky: usize,
    kx: usize,
    /// The first row.
    from: usize,
}

impl Loop for Band<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Band { shape: s, x, dy, dw, add, ky, kx, from } = self;
        let (deep, wide, rows) = (s.group_in(), s.group_out(), dw.len() / s.out_c);
        for g in 0..s.groups {
            for first in (0..wide).step_by(WIDE) {
                let width = WIDE.min(wide - first);
                let mut sums = [[0.0; WIDE]; DEEP];
                for row in 0..s.batch * s.out_h {
                    let Some(iy) = s.row(row % s.out_h, ky) else { continue };
                    let line = (row / s.out_h * s.in_h + iy) * s.in_w;
                    for ox in 0..s.out_w {
                        let Some(ix) = s.column(ox, kx) else { continue };
                        let x = &x[(line + ix) * s.in_c + g * deep + from..][..rows];
                        let dy = &dy[(row * s.out_w + ox) * s.out_c + g * wide + first..][..width];
                        for (x, sums) in x.iter().zip(&mut sums) {
                            add_product(&mut sums[..width], *x, dy);
                        }
                    }
                }
                for (dw, sums) in dw.chunks_exact_mut(s.out_c).zip(&sums) {
                    finish(&mut dw[g * wide + first..][..width], sums, add);
                }
            }
        }
    }
}

/// sums ← a b + sums, each rounded once.
#[inline(always)]
fn add_product(sums: &mut [f32], a: f32, b: &[f32]) {
    for (sum, b) in sums.iter_mut().zip(b) {
        *sum = a.mul_add(*b, *sum);
    }
}

#[inline(always)]
fn finish(to: &mut [f32], sums: &[f32], add: bool) {
    for (to, sum) in to.iter_mut().zip(sums) {
        *to = if add { *to + sum } else { *sum };
    }
}

#[cfg(test)]
mod tests;
