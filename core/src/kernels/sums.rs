//! Sums of columns, and the slopes that are summed.
//!
//! ```text
//! dz = dy ⊙ f′        db[j] = Σᵢ dz[i][j]     in ascending order of i, from +0
//! ```
//!
//! Both in one pass: some rows of dz at a time are made, and summed while they are in the nearest cache. Threads share columns, so that each sum is one
//! thread's, in order; where there are too few to share, dz is made first, by all threads, and summed then.

use super::kernel::Kernel;
use super::share::cut;
use super::vector::{Lanes, Vector};
use super::{Job, isa, run, sum_rows};
use crate::aligned::LINE;
use crate::threads::{Shared, Threads};
use std::ops::Range;

/// Numbers that one thread goes through before another would have fetched its part of them.
const ALONE: usize = 1 << 15;
/// Columns that are shared: so many for each thread.
const LEAST: usize = 4 * LINE;
/// Columns that are summed together.
const WIDTH: usize = 256;
/// About so many numbers are made before they are summed.
const STRIP: usize = 2_048;

/// Makes dz in place of dy, whose rows have as many numbers as `sums`, and writes the sums of its columns there, or adds them. `chain` makes slopes, as
/// [`crate::activations::Activation::chain`] does.
///
/// # Panics
/// If `dy` and `kept` are not of one length, or not made of whole rows.
pub fn slopes_and_sums(
    chain: fn(&mut [f32], &[f32]),
    (dy, kept): (&mut [f32], &[f32]),
    (sums, add): (&mut [f32], bool),
    threads: &Threads,
) {
    let columns = sums.len();
    assert!(dy.len() == kept.len(), "{} slopes do not fit {} numbers", dy.len(), kept.len());
    assert!(
        dy.len().checked_rem(columns).unwrap_or(dy.len()) == 0,
        "{} slopes are no whole rows of {columns}",
        dy.len()
    );
    let team = if dy.len() <= ALONE { 1 } else { threads.count() };
    if team > 1 && columns < team * LEAST {
        let all = Shared::of(dy);
        // SAFETY: chunks are disjoint.
        threads.in_chunks(kept.len(), &|range| chain(unsafe { all.slice(range.clone()) }, &kept[range]));
        return sum_rows(dy, columns, sums, add, threads);
    }
    let rows = dy.len().checked_div(columns).unwrap_or(0);
    let both = Both { chain, dy: Shared::of(dy), kept, rows, sums: Shared::of(sums), columns, add };
    threads.for_each(team, &|task| run(isa(), Part { both: &both, columns: cut(task, team, columns, LINE) }));
}

/// What all threads work on.
struct Both<'a> {
    chain: fn(&mut [f32], &[f32]),
    dy: Shared,
    kept: &'a [f32],
    rows: usize,
    sums: Shared,
    columns: usize,
    add: bool,
}

/// Some columns of it.
struct Part<'a> {
    both: &'a Both<'a>,
    columns: Range<usize>,
}

impl Job for Part<'_> {
    #[inline(always)]
    unsafe fn run<K: Kernel>(self) {
        let Part { both, columns } = self;
        let (mut first, n) = (columns.start, both.columns);
        while first < columns.end {
            let width = WIDTH.min(columns.end - first);
            let mut sums = [0.0; WIDTH];
            let mut row = 0;
            while row < both.rows {
                let count = (STRIP / width).min(both.rows - row);
                // Rows that follow one another without a gap are one.
                let (stretches, length) = if width == n { (1, count * n) } else { (count, width) };
                for stretch in 0..stretches {
                    let at = (row + stretch) * n + first;
                    // SAFETY: the columns are this thread's.
                    let dz = unsafe { both.dy.slice(at..at + length) };
                    (both.chain)(dz, &both.kept[at..at + length]);
                }
                // SAFETY: the machine has the instructions; so many rows of as many columns are there.
                unsafe {
                    let rows = both.dy.pointer(row * n + first);
                    K::within(Sums { rows, stride: n, count, to: &mut sums[..width] });
                }
                row += count;
            }
            // SAFETY: the columns are this thread's.
            let to = unsafe { both.sums.slice(first..first + width) };
            to.iter_mut().zip(&sums).for_each(|(to, sum)| *to = if both.add { *to + sum } else { *sum });
            first += width;
        }
    }
}

/// Adds rows, which are there as long as this is, to sums, one after the other.
pub(super) struct Sums<'a> {
    rows: *const f32,
    /// From a row to the next.
    stride: usize,
    count: usize,
    to: &'a mut [f32],
}

impl<'a> Sums<'a> {
    /// Rows of as many numbers as there are sums.
    pub fn of(rows: &[f32], to: &'a mut [f32]) -> Sums<'a> {
        let stride = to.len();
        Sums { rows: rows.as_ptr(), stride, count: rows.len() / stride.max(1), to }
    }

    /// Those of `U` vectors, of which the last may be partial.
    ///
    /// # Safety
    /// The machine has the instructions; the rows are there, with columns of all vectors from `first` on.
    // Counting to a constant is what the compiler unrolls, and says which register is meant.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    unsafe fn columns<V: Vector, const U: usize>(&mut self, first: usize) {
        let (width, last) = (self.to.len(), first + (U - 1) * V::LANES);
        let to = self.to.as_mut_ptr();
        // SAFETY: the caller's promise: columns below `width`.
        unsafe {
            let mask = V::mask((width - last).min(V::LANES));
            let mut sums = [V::zero(); U];
            for u in 0..U - 1 {
                sums[u] = V::load(to.add(first + u * V::LANES));
            }
            sums[U - 1] = V::load_part(to.add(last), mask);
            for i in 0..self.count {
                let row = self.rows.add(i * self.stride);
                for u in 0..U - 1 {
                    sums[u] = sums[u].add(V::load(row.add(first + u * V::LANES)));
                }
                sums[U - 1] = sums[U - 1].add(V::load_part(row.add(last), mask));
            }
            for u in 0..U - 1 {
                sums[u].store(to.add(first + u * V::LANES));
            }
            sums[U - 1].store_part(to.add(last), mask);
        }
    }
}

impl Lanes for Sums<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(mut self) {
        let mut first = 0;
        while first < self.to.len() {
            let vectors = (self.to.len() - first).div_ceil(V::LANES).min(4);
            // SAFETY: the caller's promise: so many vectors are left.
            unsafe {
                match vectors {
                    1 => self.columns::<V, 1>(first),
                    2 => self.columns::<V, 2>(first),
                    3 => self.columns::<V, 3>(first),
                    _ => self.columns::<V, 4>(first),
                }
            }
            first += vectors * V::LANES;
        }
    }
}
