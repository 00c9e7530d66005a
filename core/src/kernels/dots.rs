//! One row times a matrix whose columns are rows in memory, as dx = dz Wᵀ is for a single example, or a layer of one unit for many:
//!
//! ```text
//! y[j] = x · C[j]      row j of C lies in one piece
//! ```
//!
//! Sums along a row would be quickest with a part of it in each lane, but parts that are added up at the end are not the chain that is promised: k
//! ascending, from +0. So a vector holds the sums of as many rows as it has lanes. Four numbers of each of these rows are turned in registers
//! (`Vector::turned`), and the columns that come of it are added one after the other. Nothing is copied, and C is read once.

use super::vector::{Lanes, TURNED, Vector};
use crate::aligned::LINE;

/// So many vectors of sums are under way at once: each waits for its last addition, and meanwhile the machine adds to the others.
const TOGETHER: usize = 4;

/// Some sums: `count` of `depth` products each.
pub(super) struct Dots {
    /// `x_step` from one number to the next.
    pub x: *const f32,
    pub x_step: usize,
    /// The first row of C, `row` from one to the next.
    pub c: *const f32,
    pub row: usize,
    pub depth: usize,
    pub count: usize,
    /// The place of the first sum.
    pub y: *mut f32,
    /// A sum that is 0 is +0.
    pub plus: bool,
}

impl Dots {
    /// The sums of `U` vectors of rows from `first` on.
    ///
    /// # Safety
    /// The machine has the instructions of V; the rows are rows of C, of four numbers or more.
    // Counting to a constant is what the compiler unrolls, and says which register is meant.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    unsafe fn vectors<V: Vector, const U: usize>(&self, first: usize) {
        let x = |k: usize| self.x.wrapping_add(k * self.x_step);
        let c = |u: usize, k: usize| {
            let from = self.c.wrapping_add((first + u * V::LANES) * self.row + k);
            move |i: usize| from.wrapping_add(i * self.row)
        };
        let fours = self.depth / TURNED * TURNED;
        // SAFETY: the caller's promise: rows below `count`, k below `depth`.
        unsafe {
            let mut sums = [V::zero(); U];
            // A vector's rows, a cache line of each, are done with before the next vector's: rows a power of two apart drive each other out.
            for line in (0..fours).step_by(LINE) {
                for u in 0..U {
                    for k in (line..fours.min(line + LINE)).step_by(TURNED) {
                        let columns = V::turned(c(u, k));
                        for i in 0..TURNED {
                            sums[u] = V::splat(*x(k + i)).multiply_add(columns[i], sums[u]);
                        }
                    }
                }
            }
            if fours < self.depth {
                // The last four, of which some have been added.
                let last = self.depth - TURNED;
                for u in 0..U {
                    let columns = V::turned(c(u, last));
                    for i in fours - last..TURNED {
                        sums[u] = V::splat(*x(last + i)).multiply_add(columns[i], sums[u]);
                    }
                }
            }
            for u in 0..U {
                let sum = if self.plus { sums[u].add(V::zero()) } else { sums[u] };
                sum.store(self.y.add(first + u * V::LANES));
            }
        }
    }

    /// The sums of `R` rows from `first` on, number by number but side by side.
    ///
    /// # Safety
    /// C has the rows.
    // As above.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    unsafe fn rows<const R: usize>(&self, first: usize) {
        let mut sums = [0.0f32; R];
        // SAFETY: the caller's promise.
        unsafe {
            for k in 0..self.depth {
                let x = *self.x.add(k * self.x_step);
                for r in 0..R {
                    sums[r] = x.mul_add(*self.c.add((first + r) * self.row + k), sums[r]);
                }
            }
            for r in 0..R {
                *self.y.add(first + r) = if self.plus { sums[r] + 0.0 } else { sums[r] };
            }
        }
    }
}

impl Lanes for Dots {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let lanes = V::LANES;
        let many = self.count / (TOGETHER * lanes) * (TOGETHER * lanes);
        // SAFETY: the caller's promise: C has `count` rows of `depth` numbers, x has `depth` and y `count`.
        unsafe {
            if self.count < lanes || self.depth < TURNED {
                let fours = self.count / 4 * 4;
                (0..fours).step_by(4).for_each(|first| self.rows::<4>(first));
                (fours..self.count).for_each(|first| self.rows::<1>(first));
                return;
            }
            for first in (0..many).step_by(TOGETHER * lanes) {
                self.vectors::<V, TOGETHER>(first);
            }
            let rest = self.count - many;
            match rest / lanes {
                0 => {}
                1 => self.vectors::<V, 1>(many),
                2 => self.vectors::<V, 2>(many),
                _ => self.vectors::<V, 3>(many),
            }
            // Some of the last rows are summed twice: to the same bits.
            if !rest.is_multiple_of(lanes) {
                self.vectors::<V, 1>(self.count - lanes);
            }
        }
    }
}
