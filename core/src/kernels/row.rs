//! One row times a matrix: y = x B, where all of B is read once and every number of it takes part in one product.
//!
//! ```text
//! for eight rows of B at a time:  y[j] ← x₇ B₇[j] + (… + (x₁ B₁[j] + (x₀ B₀[j] + y[j])))
//! ```
//!
//! where x₀ to x₇ are the next eight numbers of x; if x may have zeros, the next eight that are not 0. Of a unit that is silent, or a
//! black pixel, no weight is read.
//!
//! So memory is read from its first byte to its last, which is what the machine fetches ahead; a tile would go down a wide B
//! column by column. (What is no wider than a tile is gone through here if x has many zeros.) Each sum is the same chain, k ascending from +0: the bits are those of the tile.

use super::vector::{Lanes, Vector};
use crate::aligned::LINE;

/// Rows of B that are gone through together: their x wait in registers.
pub(super) const TOGETHER: usize = 8;
/// So many numbers of x are looked through for zeros at a time.
const LOOK: usize = 512;
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
    /// Where x is 0, nothing is multiplied, if there are many.
    pub zeros: bool,
    /// A sum that is 0 is +0.
    pub plus: bool,
    /// The sums go on from what lies at y …
    pub resume: bool,
    /// … and others will go on from them: neither bias nor function yet.
    pub unfinished: bool,
}

impl Row {
    /// Adds R rows of B: `x` times the row at `b`, each; those at `next` are asked for, if it is `NEAR`.
    ///
    /// # Safety
    /// The machine has the instructions of V; the rows are rows of B.
    // Counting to a constant is what the compiler unrolls, and says which register is meant.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    unsafe fn add<V: Vector, const R: usize, const NEAR: bool>(
        &self,
        x: [f32; R],
        b: [*const f32; R],
        next: [*const f32; R],
    ) {
        // SAFETY: the caller's promise: columns below `columns`.
        unsafe {
            let mut all = [V::zero(); R];
            for r in 0..R {
                all[r] = V::splat(x[r]);
            }
            let full = self.columns / V::LANES * V::LANES;
            for j in (0..full).step_by(V::LANES) {
                if NEAR && j % LINE == 0 {
                    for r in 0..R {
                        V::prefetch(next[r].wrapping_add(j));
                    }
                }
                let mut sum = V::load(self.y.add(j));
                for r in 0..R {
                    sum = all[r].multiply_add(V::load(b[r].add(j)), sum);
                }
                sum.store(self.y.add(j));
            }
            if full < self.columns {
                let mask = V::mask(self.columns - full);
                let mut sum = V::load_part(self.y.add(full), mask);
                for r in 0..R {
                    sum = all[r].multiply_add(V::load_part(b[r].add(full), mask), sum);
                }
                sum.store_part(self.y.add(full), mask);
            }
        }
    }

    /// Adds R rows of B, from row `first` on.
    ///
    /// # Safety
    /// That of `add`; B has these rows, and x a number for each.
    #[inline(always)]
    unsafe fn rows<V: Vector, const R: usize, const NEAR: bool>(&self, first: usize) {
        // SAFETY: the caller's promise; what lies behind is only asked for.
        unsafe {
            let row = |r: usize| self.b.wrapping_add(r * self.b_row);
            self.add::<V, R, NEAR>(
                std::array::from_fn(|r| *self.x.add((first + r) * self.x_step)),
                std::array::from_fn(|r| row(first + r)),
                std::array::from_fn(|r| row(first + R + r)),
            );
        }
    }

    /// Whether so many numbers of x are 0 that it pays to leave them out: one in eight.
    ///
    /// # Safety
    /// x has `depth` numbers.
    #[inline(always)]
    unsafe fn has_zeros(&self) -> bool {
        // SAFETY: the caller's promise.
        let zeros = unsafe {
            match self.x_step {
                1 => std::slice::from_raw_parts(self.x, self.depth).iter().filter(|x| **x == 0.0).count(),
                step => (0..self.depth).filter(|r| *self.x.add(r * step) == 0.0).count(),
            }
        };
        8 * zeros >= self.depth
    }

    /// Adds all rows of B.
    ///
    /// # Safety
    /// That of `run`.
    #[inline(always)]
    unsafe fn all<V: Vector, const NEAR: bool>(&self) {
        let whole = self.depth / TOGETHER * TOGETHER;
        // SAFETY: the caller's promise: B has `depth` rows.
        unsafe {
            for first in (0..whole).step_by(TOGETHER) {
                self.rows::<V, TOGETHER, NEAR>(first);
            }
            for first in whole..self.depth {
                self.rows::<V, 1, false>(first);
            }
        }
    }

    /// Adds the rows of B whose number of x is not 0.
    ///
    /// # Safety
    /// That of `run`.
    #[inline(always)]
    unsafe fn listed<V: Vector, const NEAR: bool>(&self) {
        // Those that wait for others to be added with them, and behind them what was looked at last.
        let mut list = [0u32; TOGETHER + LOOK];
        let mut count = 0;
        // SAFETY: the caller's promise: x has `depth` numbers, B as many rows; the list names some of them.
        unsafe {
            let x = |r: u32| *self.x.add(r as usize * self.x_step);
            let row = |r: u32| self.b.wrapping_add(r as usize * self.b_row);
            for first in (0..self.depth).step_by(LOOK) {
                for r in first..self.depth.min(first + LOOK) {
                    // Always written, and counted if it is not 0: no branch to be guessed.
                    list[count] = r as u32;
                    count += usize::from(x(r as u32) != 0.0);
                }
                let mut groups = list[..count].chunks_exact(TOGETHER).peekable();
                while let Some(group) = groups.next() {
                    let next = groups.peek().unwrap_or(&group);
                    self.add::<V, TOGETHER, NEAR>(
                        std::array::from_fn(|i| x(group[i])),
                        std::array::from_fn(|i| row(group[i])),
                        std::array::from_fn(|i| row(next[i])),
                    );
                }
                let rest = count / TOGETHER * TOGETHER;
                list.copy_within(rest..count, 0);
                count -= rest;
            }
            for &r in &list[..count] {
                self.add::<V, 1, false>([x(r)], [row(r)], [row(r)]);
            }
        }
    }
}

impl Lanes for Row {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise: B has `depth` rows, and y and the bias have `columns` numbers.
        unsafe {
            if !self.resume {
                std::slice::from_raw_parts_mut(self.y, self.columns).fill(0.0);
            }
            let near = self.depth * self.b_row <= SECOND;
            match (self.zeros && self.has_zeros(), near) {
                (true, true) => self.listed::<V, true>(),
                (true, false) => self.listed::<V, false>(),
                (false, true) => self.all::<V, true>(),
                (false, false) => self.all::<V, false>(),
            }
            if self.unfinished {
                return;
            }
            let y = std::slice::from_raw_parts_mut(self.y, self.columns);
            if self.plus {
                y.iter_mut().for_each(|y| *y += 0.0);
            }
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
