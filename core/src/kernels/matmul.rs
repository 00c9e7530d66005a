//! The matrix product: what is packed, and in which order tiles run. (Which thread computes which part: share.rs.)
//!
//! None of it shows in the result: every element is one chain of fused multiply-adds over k in ascending
//! order. Where k is cut, the sums so far wait in memory and the chain goes on from them.
//!
//! ```text
//! for columns of c that may wait (SPAN)
//!   for products of each sum (DEPTH)
//!     for rows, packed (HEIGHT, or LOW)
//!       for strips of b, which stay in the second cache (STRIP)
//!         for rows of a tile: their part of a stays in the nearest cache
//!           for panels of the strip, each packed just before the first tile that reads it;
//!             where it has been packed, tiles ask on their way for the next strip, or the next rows of a (ahead.rs);
//!             where it is read as it lies and comes from afar, for its next rows
//! ```
//!
//! So the nearest cache holds a few rows of a while all of the strip passes through it, and the machine fetches the strip ahead,
//! because it is read from its first number to its last. It is the order of BLIS
//! ([Van Zee & van de Geijn 2015](https://doi.org/10.1145/2764454)), with the roles of rows and columns exchanged.

use super::ahead::Ahead;
use super::dots::Dots;
use super::kernel::Kernel;
use super::pack::{DEPTH, HEIGHT, KEPT, LOW, Parts, SECOND, SMALL, SPAN, STRIP, Scratch, UNIT, with_scratch};
use super::patch::{Patch, every};
use super::row::Row;
use super::vector::Vector;
use super::{Each, Epilogue, Finish, View, zeros};
use crate::aligned::LINE;
use crate::threads::Shared;
use std::ops::Range;

/// Numbers of a page of memory.
const PAGE: usize = 1024;
/// Rows of a times numbers of a row of b, at most, where b is read as it lies.
const AS_IT_LIES: usize = 1 << 19;
/// The same where rows of b are a page long, so that all of them lie in one part of the nearest cache.
const A_PAGE_EACH: usize = 1 << 17;
/// A product on one instruction set: operands that fit, `c` of `a.rows * b.columns` elements unless the result is handed over.
#[derive(Clone, Copy)]
pub(super) struct Product<'a> {
    pub a: View<'a>,
    pub b: View<'a>,
    pub c: Shared,
    pub epilogue: Epilogue<'a>,
    /// Takes over what is finished, in place of c.
    pub each: Option<&'a Each<'a>>,
    /// Other threads have parts of it too.
    pub shared: bool,
    /// Whether a goes without columns of zeros, if that has been found out.
    pub list: Option<bool>,
}

impl<'a> Product<'a> {
    /// For one thread, into c.
    pub fn new(a: View<'a>, b: View<'a>, c: Shared, epilogue: Epilogue<'a>) -> Product<'a> {
        Product { a, b, c, epilogue, each: None, shared: false, list: None }
    }
}

impl Product<'_> {
    /// Whether b is read where it lies, however many tiles read it. A tile that takes two lines of each row reads them as fast as a copy, unless rows are longer than a page, or
    /// so many tiles read them that the copy costs nothing, or a is to be packed too, which pays only beside a packed b.
    pub(super) fn as_it_lies<K: Kernel>(&self, rows: usize) -> bool {
        let two = K::VECTORS * K::V::LANES > LINE && self.b.row_stride <= PAGE;
        let most = if self.b.row_stride == PAGE { A_PAGE_EACH } else { AS_IT_LIES };
        two && self.a.column_stride == 1 && rows * self.b.row_stride <= most
    }

    /// The given rows and columns of the result.
    ///
    /// # Safety
    /// The machine has the instructions, and operands fit; no other thread works on the same part.
    pub(super) unsafe fn part<K: Kernel>(&self, rows: Range<usize>, columns: Range<usize>) {
        // SAFETY: the caller's promise.
        unsafe { self.some::<K>(rows, columns, 0..self.a.columns) }
    }

    /// The same, of which some products are added to the sums of those before them, which lie in c.
    ///
    /// # Safety
    /// That of `part`; all products, unless there are several rows, and c takes what is finished and holds nothing to be added to.
    pub(super) unsafe fn some<K: Kernel>(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        depth: Range<usize>,
    ) {
        if rows.is_empty() || columns.is_empty() {
            return;
        }
        // A row that a tile cannot take in one pass, or may take with less.
        let wide =
            || columns.len() > K::WIDE * K::V::LANES || zeros::are_many(&self.a, &rows, 1, columns.len());
        if self.a.rows == 1 && self.by_rows() && wide() {
            // SAFETY: the caller's promise.
            return unsafe { self.row::<K>(columns, depth) };
        }
        let bare =
            !self.epilogue.add && self.epilogue.bias.is_none() && matches!(self.epilogue.finish, Finish::Sum);
        if self.a.rows == 1 && self.b.row_stride == 1 && bare && self.each.is_none() {
            // SAFETY: the caller's promise.
            return unsafe { self.dots::<K>(columns) };
        }
        // b is packed if its rows are not rows in memory, or if so many tiles read it that a copy pays: more, if all of it stays in
        // the second cache as it is.
        let near = columns.len() >= 64 && self.b.row_stride * DEPTH <= SECOND;
        let tiles = if near { 8 } else { 3 };
        let pack_b = self.b.column_stride != 1
            || (rows.len() > tiles * K::ROWS && self.a.columns > 8 && !self.as_it_lies::<K>(rows.len()));
        // A copy of a must be read often to pay; less often if its columns are rows in memory, whose lines are far apart.
        let often = if self.a.column_stride == 1 { 1024 } else { 192 };
        // A tile that goes by a list reads whole vectors of b: those of each span, if b is not packed.
        let whole = pack_b || (columns.len() <= SPAN && columns.len().is_multiple_of(K::V::LANES));
        let list =
            whole && self.list.unwrap_or_else(|| zeros::are_many(&self.a, &rows, K::ROWS, columns.len()));
        let pack_a = list || (columns.len() > often && pack_b);
        let packing = Packing { a: pack_a, b: pack_b, list };
        // Sums that wait need a place of their own if `c` holds something to be added to, or is not there.
        let aside = (self.epilogue.add || self.each.is_some()) && self.a.columns > DEPTH;
        if !(pack_a || pack_b || aside || self.each.is_some()) {
            // SAFETY: the caller's promise.
            return unsafe { self.blocks::<K>(rows, columns, depth, packing, None) };
        }
        with_scratch(|scratch| {
            for part in in_units(rows, if aside { KEPT } else { usize::MAX }) {
                // SAFETY: the caller's promise.
                unsafe {
                    self.blocks::<K>(part, columns.clone(), depth.clone(), packing, Some((scratch, aside)))
                }
            }
        });
    }

    /// Whether a sum that is 0 is +0: where zeros may be left out, and where operands have changed places too.
    pub(super) fn plus(&self) -> bool {
        self.a.zeros || self.b.zeros
    }

    /// Whether a row of a can be multiplied with b row after row of it.
    pub(super) fn by_rows(&self) -> bool {
        self.b.column_stride == 1 && !self.epilogue.add && self.each.is_none()
    }

    /// # Safety
    /// That of `part`; one row of a, and `by_rows`; the sums of products before `depth` are there.
    pub(super) unsafe fn row<K: Kernel>(&self, columns: Range<usize>, depth: Range<usize>) {
        let unfinished = depth.end < self.a.columns;
        // SAFETY: the caller's promise: all inside their matrices.
        unsafe {
            K::within(Row {
                x: self.a.data.as_ptr().add(depth.start * self.a.column_stride),
                x_step: self.a.column_stride,
                b: self.b.data.as_ptr().add(depth.start * self.b.row_stride + columns.start),
                b_row: self.b.row_stride,
                depth: depth.len(),
                columns: columns.len(),
                y: self.c.pointer(columns.start),
                bias: self.epilogue.bias.map_or(std::ptr::null(), |bias| bias.as_ptr().add(columns.start)),
                relu: self.epilogue.finish.is_relu(),
                zeros: self.a.zeros,
                plus: self.plus(),
                resume: depth.start > 0,
                unfinished,
            });
            if unfinished {
                return;
            }
            if let Some(f) = self.epilogue.finish.each() {
                f(self.c.slice(columns));
            }
        }
    }

    /// # Safety
    /// That of `part`; one row of a, b column after column, and nothing to be done to sums.
    unsafe fn dots<K: Kernel>(&self, columns: Range<usize>) {
        // SAFETY: the caller's promise: all inside their matrices.
        unsafe {
            K::within(Dots {
                x: self.a.data.as_ptr(),
                x_step: self.a.column_stride,
                c: self.b.data.as_ptr().add(columns.start * self.b.column_stride),
                row: self.b.column_stride,
                depth: self.a.columns,
                count: columns.len(),
                y: self.c.pointer(columns.start),
                plus: self.plus(),
            });
        }
    }

    /// # Safety
    /// That of `part`.
    unsafe fn blocks<K: Kernel>(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        products: Range<usize>,
        packing: Packing,
        scratch: Option<(&mut Scratch, bool)>,
    ) {
        let Packing { a: pack_a, b: pack_b, list } = packing;
        let room = scratch.map_or(Parts::NONE, |(scratch, aside)| {
            let keep = aside || self.each.is_some();
            scratch.parts().only(pack_a, pack_b, keep, list)
        });
        let most = if rows.len() == 1 { K::WIDE } else { K::VECTORS };
        if !pack_a && columns.len().max(8) * products.len().max(1) <= SMALL {
            // All at once: what follows would find the same, but takes as long as a small product.
            let (panel, kept_row, depth, waiting) =
                (panel_of::<K>(columns.len(), most), columns.len(), products, None);
            let p = Patch { rows, columns, depth, panel, room, pack_b, kept_row, waiting };
            // SAFETY: the caller's promise.
            return unsafe { self.patch::<K>(&p, &mut Ahead::nothing()) };
        }
        let (top, bottom) = (rows.start, rows.end);
        for span in pieces(columns, SPAN) {
            let panel = panel_of::<K>(span.len(), most);
            for depth in pieces(products.clone(), DEPTH) {
                let fits: usize = if self.each.is_some() { 2 * STRIP } else { STRIP };
                let strip =
                    if pack_b { (fits / depth.len().max(1) / panel).max(1) * panel } else { span.len() };
                // Where one strip is all, b stays packed, and a is packed just before it is used.
                let high = match (pack_a, strip < span.len()) {
                    (false, _) => usize::MAX,
                    (true, false) => LOW,
                    (true, true) => HEIGHT,
                };
                for (number, rows) in in_units(rows.clone(), high).enumerate() {
                    if pack_a {
                        // SAFETY: inside a; see `Scratch` for the room.
                        unsafe { self.pack_a::<K>(&rows, &depth, &room) };
                    }
                    for start in every(&span, strip) {
                        let columns = start..span.end.min(start + strip);
                        let waiting = (self.a.columns > DEPTH).then_some((top, span.start));
                        let patch = Patch {
                            rows: rows.clone(),
                            kept_row: if waiting.is_some() { span.len() } else { columns.len() },
                            columns,
                            depth: depth.clone(),
                            panel,
                            room,
                            pack_b: pack_b && (number == 0 || strip < span.len()),
                            waiting,
                        };
                        let mut ahead = Ahead::nothing();
                        let tiles = || {
                            let down = patch.rows.len().div_ceil(K::ROWS) - usize::from(patch.pack_b);
                            down * patch.columns.len().div_ceil(panel)
                        };
                        if patch.pack_b && strip < span.len() {
                            let (next, columns) = patch.next(strip, &span, bottom, products.end);
                            ahead = Ahead::new(&self.b, next, columns, tiles());
                        } else if !pack_b
                            && !list
                            && depth.end < products.end
                            && self.is_far(self.b.rows * self.b.columns)
                        {
                            let next = depth.end..products.end.min(depth.end + depth.len());
                            ahead = Ahead::new(&self.b, next, patch.columns.clone(), tiles());
                        } else if pack_a && rows.end < bottom && strip >= span.len() {
                            let next = rows.end..bottom.min(rows.end + rows.len());
                            ahead = Ahead::new(&self.a, next, depth.clone(), tiles());
                        }
                        // SAFETY: the caller's promise.
                        unsafe { self.patch::<K>(&patch, &mut ahead) };
                    }
                }
            }
        }
    }
}

/// What is copied before it is multiplied.
#[derive(Clone, Copy)]
struct Packing {
    a: bool,
    b: bool,
    /// a goes without columns of zeros.
    list: bool,
}

/// The columns of a panel, if a tile has at most `most` vectors and all panels are to be of nearly one width.
pub(super) fn panel_of<K: Kernel>(columns: usize, most: usize) -> usize {
    let vectors = columns.div_ceil(K::V::LANES);
    K::V::LANES * if vectors <= most { vectors } else { vectors.div_ceil(vectors.div_ceil(most)) }
}

/// `range` in pieces of nearly equal length, none longer than `most`; one piece if it is empty.
pub(super) fn pieces(range: Range<usize>, most: usize) -> impl Iterator<Item = Range<usize>> {
    // A division takes as long as a small tile.
    let (count, length) = if range.len() <= most {
        (1, range.len())
    } else {
        let count = range.len().div_ceil(most);
        (count, range.len().div_ceil(count))
    };
    (0..count).map(move |piece| {
        let start = (range.start + piece * length).min(range.end);
        start..(start + length).min(range.end)
    })
}

/// Rows in pieces of nearly equal length, none longer than `most`, which is [`UNIT`] or more; all but the last are multiples of it.
pub(super) fn in_units(rows: Range<usize>, most: usize) -> impl Iterator<Item = Range<usize>> {
    let (count, units) = if rows.len() <= most {
        (1, 1)
    } else {
        let units = rows.len().div_ceil(UNIT);
        (units.div_ceil(most / UNIT), units)
    };
    (0..count).map(move |piece| {
        let cut =
            |piece: usize| if piece == count { rows.end } else { rows.start + units * piece / count * UNIT };
        cut(piece)..cut(piece + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_rows_are_all_of_them_in_whole_units() {
        for most in [UNIT, LOW, KEPT, HEIGHT, usize::MAX] {
            for rows in [0..0, 0..1, 5..53, 0..96, 3..100, 0..784, 12..1000, 396..12288] {
                let all: Vec<_> = in_units(rows.clone(), most).collect();
                assert_eq!((all[0].start, all[all.len() - 1].end), (rows.start, rows.end), "{rows:?} {most}");
                assert!(all.windows(2).all(|pair| pair[0].end == pair[1].start), "{rows:?} {most}: {all:?}");
                let fits =
                    |piece: &Range<usize>| piece.len() <= most && (rows.is_empty() || !piece.is_empty());
                assert!(all.iter().all(fits), "{rows:?} {most}: {all:?}");
                let whole = |piece: &Range<usize>| piece.len().is_multiple_of(UNIT);
                assert!(all[..all.len() - 1].iter().all(whole), "{rows:?} {most}: {all:?}");
            }
        }
    }
}
