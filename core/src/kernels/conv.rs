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
//! The bits are a promise. Kernels of 3 × 3 with enough channels go the way `winograd` says, with its own order of sums. Else
//! every element of a result is one chain of fused multiply-adds, x ← round(a b + x), in that
//! order from +0, then a bias or what was there is added, then the function at the end applied. What lies in the padding takes no
//! part (or part as a zero: no finite sum differs by it, but for the sign of a zero). With groups, ci and co
//! are those of one group. Work is cut by the data; each element is made by one task, but for dw of few weights
//! ([`FEW_WEIGHTS`], of kernels that go the way of `Tiles`), and db with it: each of at most [`PARTS`] parts of the batch is such a chain, and their sums are added up, ascending.

mod back_data;
mod back_weights;
mod depthwise;
mod exact;
mod forward;
mod panels;
mod walk;
mod winograd;
mod work;

pub use exact::conv_exact;
pub(super) use walk::{At, Walk, walk};

use std::ops::Range;

use super::{Epilogue, Finish, Isa, Job, View, isa, matmul_on, run, sum_rows};
use crate::threads::{Shared, Threads};
use panels::Panels;

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

    /// Rows of a picture that a kernel spans.
    fn reach_h(&self) -> usize {
        (self.kernel_h - 1) * self.dilation_h + 1
    }

    /// Columns of a picture that a kernel spans.
    fn reach_w(&self) -> usize {
        (self.kernel_w - 1) * self.dilation_w + 1
    }

    fn picture<'a>(&self, x: &'a [f32], n: usize) -> &'a [f32] {
        let size = self.in_h * self.in_w * self.in_c;
        &x[n * size..(n + 1) * size]
    }

    /// Places as rows, channels as columns.
    fn rows<'a>(&self, x: &'a [f32], channels: usize) -> View<'a> {
        View::new(x, x.len() / channels, channels)
    }

    /// How many threads it is worth.
    fn team(&self, threads: &Threads) -> usize {
        let products = self.outputs() * self.kernel_h * self.kernel_w * self.group_in();
        threads.count().min(products / WORTH_SHARING).max(1)
    }

    /// In how many parts the batch is, whose slopes are summed by themselves.
    fn parts(&self) -> usize {
        let few = self.way() == Way::Tiles && self.weights() <= FEW_WEIGHTS;
        if few { self.batch.div_ceil(self.batch.div_ceil(PARTS)) } else { 1 }
    }

    /// The pictures of a part.
    fn part(&self, number: usize) -> Range<usize> {
        let pictures = self.batch.div_ceil(self.parts());
        number * pictures..self.batch.min((number + 1) * pictures)
    }

    fn way(&self) -> Way {
        let pads = [self.pad_top, self.pad_left, self.pad_bottom, self.pad_right];
        if self.inputs() == 0 || self.weights() == 0 || self.outputs() == 0 {
            Way::Nothing
        } else if (self.kernel_h, self.kernel_w, self.stride_h, self.stride_w, self.groups) == (1, 1, 1, 1, 1)
            && pads == [0; 4]
        {
            Way::Product
        } else if self.group_in() == 1 && self.group_out() == 1 && self.groups > 1 {
            Way::Depthwise
        } else if winograd::suits(self) {
            Way::Winograd
        } else {
            Way::Tiles
        }
    }

    fn check(&self, x: usize, w: usize, y: usize) {
        assert!(self.groups > 0 && self.in_c.is_multiple_of(self.groups), "{self:?}");
        assert!(self.out_c.is_multiple_of(self.groups) && self.stride_h > 0 && self.stride_w > 0, "{self:?}");
        assert!(x == self.inputs() && w == self.weights() && y == self.outputs(), "{self:?}: {x}, {w}, {y}");
    }
}

/// y = finish(x ∗ w + bias)
///
/// # Panics
/// If a length is not what `shape` says.
pub fn conv_forward(
    shape: &ConvShape,
    x: &[f32],
    w: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
    finish: Finish,
    threads: &Threads,
) {
    conv_forward_on(isa(), shape, x, w, bias, y, finish, threads);
}

#[allow(clippy::too_many_arguments, reason = "those of conv_forward and one more")]
fn conv_forward_on(
    isa: Isa,
    shape: &ConvShape,
    x: &[f32],
    w: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
    finish: Finish,
    threads: &Threads,
) {
    shape.check(x.len(), w.len(), y.len());
    assert!(bias.is_none_or(|bias| bias.len() == shape.out_c), "a bias for each of {} channels", shape.out_c);
    match shape.way() {
        Way::Nothing => {}
        Way::Product => {
            let (x, w) = (shape.rows(x, shape.in_c), View::new(w, shape.in_c, shape.out_c));
            matmul_on(isa, x, w, y, Epilogue { bias, finish, add: false }, threads);
        }
        Way::Depthwise => {
            depthwise::forward(shape, x, w, y, threads);
            if let Some(bias) = bias {
                y.chunks_exact_mut(bias.len())
                    .for_each(|y| y.iter_mut().zip(bias).for_each(|(y, b)| *y += b));
            }
            finish.apply(y);
        }
        Way::Winograd => run(isa, winograd::Convolve::forward(shape, x, w, bias, y, finish, threads)),
        Way::Tiles => {
            run(isa, forward::Forward { shape, x, w, bias, y: Shared::of(y), finish, threads });
        }
    }
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
    conv_backward_data_on(isa(), shape, dy, w, dx, add, threads);
}

fn conv_backward_data_on(
    isa: Isa,
    shape: &ConvShape,
    dy: &[f32],
    w: &[f32],
    dx: &mut [f32],
    add: bool,
    threads: &Threads,
) {
    shape.check(dx.len(), w.len(), dy.len());
    match shape.way() {
        Way::Nothing if add => {}
        Way::Nothing => dx.fill(0.0),
        Way::Product => {
            let (dy, w) = (shape.rows(dy, shape.out_c), View::new(w, shape.in_c, shape.out_c).transposed());
            matmul_on(isa, dy, w, dx, Epilogue { add, ..Epilogue::default() }, threads);
        }
        Way::Depthwise => depthwise::back_data(shape, dy, w, dx, add, threads),
        Way::Winograd => run(isa, winograd::Convolve::back(shape, dy, w, dx, add, threads)),
        Way::Tiles => run(isa, back_data::BackData { shape, dy, w, dx: Shared::of(dx), add, threads }),
    }
}

/// dw = Σ x dy, or dw += that if it comes with `true`; and, if it is asked for, db = Σ dy over all places, as [`conv_backward_bias`] makes it.
///
/// # Panics
/// If a length is not what `shape` says.
pub fn conv_backward_weights(
    shape: &ConvShape,
    x: &[f32],
    dy: &[f32],
    dw: (&mut [f32], bool),
    db: Option<(&mut [f32], bool)>,
    threads: &Threads,
) {
    conv_backward_weights_on(isa(), shape, x, dy, dw, db, threads);
}

fn conv_backward_weights_on(
    isa: Isa,
    shape: &ConvShape,
    x: &[f32],
    dy: &[f32],
    (dw, add): (&mut [f32], bool),
    db: Option<(&mut [f32], bool)>,
    threads: &Threads,
) {
    shape.check(x.len(), dw.len(), dy.len());
    match shape.way() {
        Way::Nothing if add => {}
        Way::Nothing => dw.fill(0.0),
        Way::Product => {
            let (x, dy) = (shape.rows(x, shape.in_c).transposed(), shape.rows(dy, shape.out_c));
            matmul_on(isa, x, dy, dw, Epilogue { add, ..Epilogue::default() }, threads);
        }
        Way::Depthwise => depthwise::back_weights(shape, x, dy, dw, add, threads),
        Way::Winograd => run(isa, winograd::BackWeights { shape, x, dy, dw, add, threads }),
        Way::Tiles => {
            return run(isa, back_weights::BackWeights { shape, x, dy, dw, add, db, threads });
        }
    }
    if let Some((db, add)) = db {
        conv_backward_bias(shape, dy, db, add, threads);
    }
}

/// db\[co\] = Σ dy\[n, oy, ox, co\] over (n, oy, ox), or db += that, summed as dw is: by parts of the batch, where it has few weights, else ascending from +0.
///
/// # Panics
/// If a length is not what `shape` says.
pub fn conv_backward_bias(shape: &ConvShape, dy: &[f32], db: &mut [f32], add: bool, threads: &Threads) {
    assert!(dy.len() == shape.outputs() && db.len() == shape.out_c, "{shape:?}: {}, {}", dy.len(), db.len());
    let (parts, channels) = (shape.parts(), shape.out_c);
    if parts == 1 {
        return sum_rows(dy, channels, db, add, threads);
    }
    let picture = dy.len() / shape.batch;
    work::with_work(2 * channels, 0, 0, |work| {
        let (sums, part) = work.numbers.write()[..2 * channels].split_at_mut(channels);
        for number in 0..parts {
            let pictures = shape.part(number);
            sum_rows(&dy[pictures.start * picture..pictures.end * picture], channels, part, false, threads);
            back_weights::end(sums, part, number > 0);
        }
        back_weights::end(db, sums, add);
    });
}

/// How a convolution is computed. It decides the bits only for [`Way::Winograd`], and those of dw and db of few weights: the others are those of the definition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// There is no place.
    Nothing,
    /// A kernel of 1 × 1 is a matrix product.
    Product,
    Depthwise,
    /// Fewer multiplications.
    Winograd,
    Tiles,
}

/// Multiply-adds of a thread below which waking it costs more than it gains.
const WORTH_SHARING: usize = 1 << 17;

/// So few weights are too few to be shared among threads, each of which would read all slopes.
const FEW_WEIGHTS: usize = 1 << 14;

/// Parts of a batch whose slopes are summed by themselves, at most.
const PARTS: usize = 32;

/// About how many numbers of pictures, with the zeros around them, a task holds: they stay in the second cache.
const FRAMES: usize = 40_000;

#[cfg(test)]
mod tests;
