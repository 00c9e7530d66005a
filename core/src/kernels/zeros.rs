//! Zeros that are not multiplied.
//!
//! ```text
//! c[i][j] = Σ_p a[i][p] b[p][j]      without the p for which a[i][p] = 0 in all rows i of a tile
//! ```
//!
//! The margin of a picture, the columns of a table that stand for words, units that are silent: what a layer reads is often 0 (and so are the slopes of
//! silent units), and 0 in many examples at once. Of MNIST's numbers 81 of 100 are 0; of the columns of six rows that a tile reads, 57 of 100 are nothing but
//! zeros on the way forward (six pictures), 66 on the way back (six pixels side by side).
//!
//! Who is asked to look for them ([`super::View::with_zeros`]) first looks at a few places. Where there are enough, every tile's part of
//! a is packed without its columns of zeros, and a list says which are left; the tile goes through b by that list.
//!
//! A product with 0 adds ±0 to its sum, which changes nothing but the sign of a zero: that sign is + at the end of such products,
//! whether anything was left out or not. So the bits are still those of the definition as long as b is finite: what is left out of
//! a sum is not 0 · ∞.

use super::View;
use super::kernel::Kernel;
use super::pack::{DEPTH, Strip, rows_of};
use super::tile::AHEAD;
use super::vector::{Lanes, TURNED, Vector};
use crate::aligned::LINE;
use std::ops::Range;

/// Numbers of a tile's list: how many products are left, which, and more, so that those ahead can be looked up.
pub(super) const LIST: usize = 1 + DEPTH + AHEAD;
/// Fewer columns of the result do not pay for looking at every number of a.
pub(super) const COLUMNS: usize = 64;
/// Places that are looked at: so many tiles, so many products in each …
const TILES: usize = 4;
pub(super) const PRODUCTS: usize = 32;
pub(super) const PLACES: usize = TILES * PRODUCTS;
/// … and of all of them this many have to be zeros. (Of six units of which each is silent half the time, all are in one example of 64.)
pub(super) const ENOUGH: usize = PLACES / 8;

/// Whether products with zeros are to be left out of these rows and columns of the result.
pub(super) fn are_many(a: &View, rows: &Range<usize>, height: usize, columns: usize) -> bool {
    count(a, rows, height, columns) >= ENOUGH
}

/// How many of [`PLACES`] hold nothing but zeros; 0 where to leave them out would not pay.
pub(super) fn count(a: &View, rows: &Range<usize>, height: usize, columns: usize) -> usize {
    if !a.zeros || rows.len() < height || columns < COLUMNS || a.columns < PRODUCTS {
        return 0;
    }
    let place = |of: usize, number: usize, size: usize| size * number / of;
    let is_zero = |tile: usize, product: usize| {
        let first = rows.start + place(TILES - 1, tile, rows.len() - height);
        let at = place(PRODUCTS - 1, product, a.columns - 1) * a.column_stride;
        (first..first + height).all(|i| a.data[i * a.row_stride + at] == 0.0)
    };
    let zeros = |tile| (0..PRODUCTS).filter(|&p| is_zero(tile, p)).count();
    // Of one tile all places are the same.
    if rows.len() == height { TILES * zeros(0) } else { (0..TILES).map(zeros).sum() }
}

/// Packs a tile's part of a without its columns of zeros, and lists those that are left.
///
/// # Safety
/// The strip, of at most `K::ROWS` rows and `DEPTH` products, can be read, and its numbers stand side by side one way or the other. There is
/// room for `K::ROWS * strip.depth` numbers and a vector more in `to`, and for `LIST` in `list`.
pub(super) unsafe fn pack<K: Kernel>(strip: Strip, to: *mut f32, list: *mut u16) {
    // SAFETY: the caller's promise.
    unsafe { K::within(Leave { strip, to, stride: K::ROWS, list }) }
}

/// Copies the columns that are not all zero. What they hold beyond their rows is left undefined.
struct Leave {
    strip: Strip,
    to: *mut f32,
    stride: usize,
    list: *mut u16,
}

impl Lanes for Leave {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe {
            let count = match self.strip.width.div_ceil(V::LANES) {
                _ if self.strip.across == 1 => self.columns::<V>(),
                1 => self.rows::<V, 1>(),
                2 if const { V::LANES < 16 } => self.rows::<V, 2>(),
                _ => unreachable!("no tile has so many rows"),
            };
            *self.list = count as u16;
            std::slice::from_raw_parts_mut(self.list.add(1 + count), AHEAD).fill(0);
        }
    }
}

// A column that counts for nothing is written too, and then written over: no branch to be guessed.
impl Leave {
    /// Where the numbers of a column stand side by side.
    ///
    /// # Safety
    /// That of `pack`.
    #[inline(always)]
    unsafe fn columns<V: Vector>(&self) -> usize {
        let Strip { data, along, width, depth, .. } = self.strip;
        let last = (width - 1) / V::LANES * V::LANES;
        let (mut from, mut to, mut count) = (data, self.to, 0);
        // SAFETY: the caller's promise; no more columns are written than were read.
        unsafe {
            let mask = V::mask(width - last);
            for p in 0..depth {
                // A tile after this one begins there.
                V::prefetch(from.wrapping_add(LINE));
                let end = V::load_part(from.add(last), mask);
                let mut zero = end.is_zero();
                if last > 0 {
                    for r in (0..last).step_by(V::LANES) {
                        let x = V::load(from.add(r));
                        zero &= x.is_zero();
                        x.store(to.add(r));
                    }
                }
                end.store(to.add(last));
                self.note(count, p);
                count += usize::from(!zero);
                to = to.add(if zero { 0 } else { self.stride });
                from = from.wrapping_add(along);
            }
        }
        count
    }

    /// Where those of a row do: four products of up to `B` vectors of rows at a time.
    ///
    /// # Safety
    /// That of `pack`; the strip has more than B − 1 vectors of rows, and no more than B.
    // Counting to a constant is what the compiler unrolls, and says which register is meant.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    unsafe fn rows<V: Vector, const B: usize>(&self) -> usize {
        let Strip { data, across, width, depth, .. } = self.strip;
        let rows = rows_of(data, across, width);
        let (whole, mut to, mut count) = (depth / TURNED * TURNED, self.to, 0);
        // SAFETY: the caller's promise; no more columns are written than were read, and a vector.
        unsafe {
            for p in (0..whole).step_by(TURNED) {
                let mut columns = [[V::zero(); TURNED]; B];
                for b in 0..B {
                    columns[b] = V::turned(|r| rows[b * V::LANES + r].wrapping_add(p));
                }
                for i in 0..TURNED {
                    let mut zero = true;
                    for b in 0..B {
                        zero &= columns[b][i].is_zero();
                        columns[b][i].store(to.add(b * V::LANES));
                    }
                    self.note(count, p + i);
                    count += usize::from(!zero);
                    to = to.add(if zero { 0 } else { self.stride });
                }
            }
            for p in whole..depth {
                let mut zero = true;
                for r in 0..width {
                    let x = *rows[r].add(p);
                    zero &= x == 0.0;
                    *to.add(r) = x;
                }
                self.note(count, p);
                count += usize::from(!zero);
                to = to.add(if zero { 0 } else { self.stride });
            }
        }
        count
    }

    /// # Safety
    /// That of `pack`.
    #[inline(always)]
    unsafe fn note(&self, count: usize, p: usize) {
        // SAFETY: count ≤ p < depth ≤ DEPTH.
        unsafe { *self.list.add(1 + count) = p as u16 }
    }
}
