//! One row times a matrix: y = x B, where all of B is read once and every number of it takes part in one product.
//!
//! ```text
//! for eight rows of B at a time:  y[j] ← x₇ B₇[j] + (… + (x₁ B₁[j] + (x₀ B₀[j] + y[j])))
//! ```
//!
//! So memory is read from its first byte to its last, which is what the machine fetches ahead; a tile would go down B
//! column by column. Each sum is the same chain, k ascending from +0: the bits are those of the tile.

use super::vector::{Lanes, Vector};
use crate::aligned::LINE;

/// Rows of B that are gone through together: their x wait in registers.
const TOGETHER: usize = 8;
/// A matrix of at most so many numbers (half a megabyte) lies in the second cache when it was used a moment ago, and the nearest gets
/// the next rows from there while these are summed. What comes from further away the machine fetches better by itself.
const SECOND: usize = 1 << 17;

/// Some columns of a product of one row: `columns` sums of `depth` products each.
pub(super) struct Row {
    /// One number for each row of B, `x_step` from one to the next.
    pub x: *const f32,
    pub x_step: usize,
    /// The first of the columns, `b_row` from one row to the next.
    pub b: *const f32,
    pub b_row: usize,
    pub depth: usize,
    pub columns: usize,
    /// The place of the first sum.
    pub y: *mut f32,
    /// Null if there is none.
    pub bias: *const f32,
    /// 0 stands for what is negative.
    pub relu: bool,
}

impl Row {
    /// Adds R rows of B, from row `first` on; if `NEAR`, the R rows behind them are asked for.
    ///
    /// # Safety
    /// The machine has the instructions of V; B has these rows, x a number for each, y the columns.
    // Counting to a constant is what the compiler unrolls, and says which register is meant.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    unsafe fn add<V: Vector, const R: usize, const NEAR: bool>(&self, first: usize) {
        // SAFETY: the caller's promise: rows below `depth`, columns below `columns`.
        unsafe {
            let mut x = [V::zero(); R];
            for r in 0..R {
                x[r] = V::splat(*self.x.add((first + r) * self.x_step));
            }
            let b = self.b.add(first * self.b_row);
            let full = self.columns / V::LANES * V::LANES;
            for j in (0..full).step_by(V::LANES) {
                if NEAR && j % LINE == 0 {
                    for r in 0..R {
                        V::prefetch(b.wrapping_add((R + r) * self.b_row + j));
                    }
                }
                let mut sum = V::load(self.y.add(j));
                for r in 0..R {
                    sum = x[r].multiply_add(V::load(b.add(r * self.b_row + j)), sum);
                }
                sum.store(self.y.add(j));
            }
            if full < self.columns {
                let mask = V::mask(self.columns - full);
                let mut sum = V::load_part(self.y.add(full), mask);
                for r in 0..R {
                    sum = x[r].multiply_add(V::load_part(b.add(r * self.b_row + full), mask), sum);
                }
                sum.store_part(self.y.add(full), mask);
            }
        }
    }
}

impl Lanes for Row {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise: B has `depth` rows, and y and the bias have `columns` numbers.
        unsafe {
            std::slice::from_raw_parts_mut(self.y, self.columns).fill(0.0);
            let whole = self.depth / TOGETHER * TOGETHER;
            if self.depth * self.b_row <= SECOND {
                for first in (0..whole).step_by(TOGETHER) {
                    self.add::<V, TOGETHER, true>(first);
                }
            } else {
                for first in (0..whole).step_by(TOGETHER) {
                    self.add::<V, TOGETHER, false>(first);
                }
            }
            for first in whole..self.depth {
                self.add::<V, 1, false>(first);
            }
            let y = std::slice::from_raw_parts_mut(self.y, self.columns);
            if !self.bias.is_null() {
                let bias = std::slice::from_raw_parts(self.bias, self.columns);
                for (y, bias) in y.iter_mut().zip(bias) {
                    *y += bias;
                }
            }
            if self.relu {
                for y in y {
                    *y = if *y < 0.0 { 0.0 } else { *y };
                }
            }
        }
    }
}
