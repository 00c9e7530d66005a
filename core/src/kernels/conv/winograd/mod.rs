//! Convolution with kernels of 3 × 3 by fewer multiplications: F(2×2, 3×3) of
//! [Lavin & Gray 2016](https://doi.org/10.1109/CVPR.2016.435), after Winograd 1980.
//!
//! A tile is 2 × 2 places of the result and the 4 × 4 places of the picture they see. With the matrices of `transforms`, for
//! each tile t and each of the 16 positions k of a transformed tile:
//!
//! ```text
//! U = G w Gᵀ     V = Bᵀ x B     M[k, t, co] = Σ_ci V[k, t, ci] U[k, ci, co]     y = Aᵀ M A
//!
//! dx: the same of dy and the kernel turned round.
//! dw: D = A dy Aᵀ     dU[k, ci, co] = Σ_t V[k, t, ci] D[k, t, co]     dw = Gᵀ dU G
//! ```
//!
//! 16 products for 4 places instead of 36, and the sums, being shorter, round no worse than those of the definition (the
//! tests measure it). F(4×4, 3×3) would need 2.25 for a place instead of 4, but rounds about ten times worse.
//!
//! The bits are a promise here too: transforms are sums in the order of their matrices, Σ_ci and Σ_t chains of fused
//! multiply-adds from +0, tiles ascending by picture, row, column. A dU of few numbers is cut: each of at most [`STRETCHES`] stretches of the batch is a chain, and their
//! sums are added up, ascending. A slope below 2⁻²² of Σ_k |dU[k]| is 0: 36 products would have left nothing where these sums cancel but for their last digits. Where no place of a picture is, is a zero. Which way a
//! convolution goes depends on its shape alone, and not on the batch.

#[cfg(test)]
pub mod definition;
mod pictures;
mod transforms;
mod weights;

pub use pictures::Convolve;
pub use weights::BackWeights;

use super::ConvShape;
use super::work::even;
use crate::kernels::kernel::{Kernel, choose};
use crate::kernels::tile::{Block, IN_PLACE, Place};
use crate::kernels::vector::Vector;

/// Positions of a transformed tile.
const POSITIONS: usize = 16;
/// Floats between the memory of one position and of the next, besides their contents: sixteen places at once in one set of
/// the nearest cache would be more than it holds.
const GAP: usize = crate::aligned::LINE;

/// Whether fewer multiplications are worth the transforms.
pub(super) fn suits(s: &ConvShape) -> bool {
    let plain = [s.stride_h, s.stride_w, s.dilation_h, s.dilation_w, s.groups] == [1; 5];
    plain && (s.kernel_h, s.kernel_w) == (3, 3) && s.in_c >= CHANNELS && s.out_c >= CHANNELS
}

/// How many pictures are summed in one chain of dU: threads share pictures rather than positions, where sums of their own are little beside what each would
/// read otherwise.
pub(super) fn together(s: &ConvShape) -> usize {
    let few = POSITIONS * s.in_c * s.out_c <= FEW_SUMS;
    if few { s.batch.div_ceil(STRETCHES).max(1) } else { s.batch.max(1) }
}

/// A dU of so few numbers is made for each stretch of the batch.
const FEW_SUMS: usize = 1 << 15;

/// Stretches of a batch, at most.
const STRETCHES: usize = 4;

/// With fewer channels the transforms take longer than what they save.
const CHANNELS: usize = 16;

/// Pictures in memory, channels side by side.
#[derive(Clone, Copy)]
struct Pictures<'a> {
    data: &'a [f32],
    height: usize,
    width: usize,
    channels: usize,
    /// Where the first tile begins: outside if negative.
    corner: [isize; 2],
}

/// How places of a result are cut into tiles: by rows, then columns, picture after picture.
#[derive(Clone, Copy)]
struct Tiles {
    rows: usize,
    columns: usize,
}

impl Tiles {
    /// Of a result of so many rows and columns.
    fn of(rows: usize, columns: usize) -> Tiles {
        Tiles { rows: rows.div_ceil(2), columns: columns.div_ceil(2) }
    }

    /// Of one picture.
    fn count(self) -> usize {
        self.rows * self.columns
    }

    /// The picture of a tile, and the row and the column of its first place.
    fn place(self, tile: usize) -> [usize; 3] {
        let (n, rest) = (tile / self.count(), tile % self.count());
        [n, rest / self.columns * 2, rest % self.columns * 2]
    }
}

impl<'a> Pictures<'a> {
    /// x, as the tiles of y see it.
    fn seen(s: &ConvShape, x: &'a [f32]) -> Self {
        let corner = [s.pad_top, s.pad_left].map(|pad| -(pad as isize));
        Pictures { data: x, height: s.in_h, width: s.in_w, channels: s.in_c, corner }
    }

    /// dy, as the tiles of y lie in it.
    fn sloped(s: &ConvShape, dy: &'a [f32]) -> Self {
        Pictures { data: dy, height: s.out_h, width: s.out_w, channels: s.out_c, corner: [0; 2] }
    }

    /// Where the channels of the N × N places of a tile begin, in picture `n`; `zeros` outside. `row` and `column` are those of
    /// the tile's first place in the result.
    fn square<const N: usize>(&self, [n, row, column]: [usize; 3], zeros: &[f32]) -> [[*const f32; N]; N] {
        debug_assert!(zeros.len() >= self.channels);
        let [height, width] = [self.height, self.width].map(|length| length as isize);
        let [top, left] = [row as isize + self.corner[0], column as isize + self.corner[1]];
        let base = (n as isize * height + top) * width + left;
        let at = |i: usize, j: usize| {
            let place = base + i as isize * width + j as isize;
            self.data.as_ptr().wrapping_offset(place * self.channels as isize)
        };
        let size = N as isize;
        if top >= 0 && left >= 0 && top + size <= height && left + size <= width {
            return std::array::from_fn(|i| std::array::from_fn(|j| at(i, j)));
        }
        let inside = |i: usize, j: usize| {
            (0..height).contains(&(top + i as isize)) && (0..width).contains(&(left + j as isize))
        };
        std::array::from_fn(|i| std::array::from_fn(|j| if inside(i, j) { at(i, j) } else { zeros.as_ptr() }))
    }
}

/// The vectors of `places` from channel `c` on: zeros behind the last of `channels`.
///
/// # Safety
/// All places are good for `channels` floats, and c is below `channels`.
#[inline(always)]
unsafe fn load<V: Vector, const N: usize>(
    places: &[[*const f32; N]; N],
    c: usize,
    channels: usize,
) -> [[V; N]; N] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut x = [[V::zero(); N]; N];
        let mask = V::mask((channels - c).min(V::LANES));
        let whole = c + V::LANES <= channels;
        for i in 0..N {
            for j in 0..N {
                let place = places[i][j].add(c);
                x[i][j] = if whole { V::load(place) } else { V::load_part(place, mask) };
            }
        }
        x
    }
}

/// How many tiles a task has: those whose V and M, `each` floats a tile, would fill a small second cache. Of few tasks every thread has about as many.
fn block<K: Kernel>(each: usize, tiles: usize, team: usize) -> usize {
    let fit = (CACHED / each).clamp(K::ROWS, 16 * K::ROWS).next_multiple_of(K::ROWS);
    let tasks = tiles.div_ceil(fit);
    if tasks > 4 * team { fit } else { tiles.div_ceil(tasks.next_multiple_of(team)) }
}

/// Floats.
const CACHED: usize = 72_000;

/// The products of one position: rows of a times a panel of b.
struct Products {
    block: Block,
    /// Columns of the panel: whole vectors.
    wide: usize,
}

impl Products {
    /// Each a sum of `depth`; strides of a: from row to row, and from one product to the next. `resume`: the sums go on from what c holds.
    fn new(depth: usize, [a_row, a_step]: [usize; 2], wide: usize, c_row: usize, resume: bool) -> Products {
        let block = Block {
            depth,
            a_row,
            a_step,
            b_step: wide,
            c_row,
            sums_row: c_row,
            resume,
            last: true,
            add: false,
            relu: false,
            plus: false,
            shared: false,
        };
        Products { block, wide }
    }

    /// Of so many rows, from `a` to `c`.
    ///
    /// # Safety
    /// The machine has the instructions; a and c have these rows, and b `depth` rows of the panel.
    unsafe fn of<K: Kernel>(&self, rows: usize, a: *const f32, b: *const f32, c: *mut f32) {
        let height = even(rows, K::ROWS);
        for r in (0..rows).step_by(height) {
            let c = c.wrapping_add(r * self.block.c_row);
            let place = Place {
                a: a.wrapping_add(r * self.block.a_row),
                b,
                c,
                sums: c,
                bias: std::ptr::null(),
                width: self.wide,
                list: std::ptr::null(),
                ahead: std::ptr::null_mut(),
            };
            let tile = choose::<K, IN_PLACE>(height.min(rows - r), self.wide / K::V::LANES);
            // SAFETY: the caller's promise.
            unsafe { tile(&self.block, &place) }
        }
    }
}
