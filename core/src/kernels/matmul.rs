//! The matrix product: who computes which part, what is packed, and in which order tiles run.
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
//!           for panels of the strip, each packed just before the first tile that reads it
//! ```
//!
//! So the nearest cache holds a few rows of a while all of the strip passes through it, and the machine fetches the strip ahead,
//! because it is read from its first number to its last. It is the order of BLIS
//! ([Van Zee & van de Geijn 2015](https://doi.org/10.1145/2764454)), with the roles of rows and columns exchanged.

use super::ahead::Ahead;
use super::pack::{
    DEPTH, HANDED, HEIGHT, KEPT, LOW, Parts, SECOND, SMALL, SPAN, STRIP, Scratch, Strip, with_scratch,
};
use super::row::Row;
use super::tile::{Block, EDGE, IN_PLACE, Kernel, LISTED, PACKED, PADDED, Place, choose};
use super::vector::Vector;
use super::{Each, Epilogue, View, zeros};
use crate::threads::{Shared, Threads};
use std::ops::Range;

/// Below this many multiplications per thread, waking threads costs more than it gains.
const WORTH_SHARING: usize = 1 << 17;

/// A product on one instruction set: operands that fit, `c` of `a.rows * b.columns` elements unless the result is handed over.
#[derive(Clone, Copy)]
pub(super) struct Product<'a> {
    pub a: View<'a>,
    pub b: View<'a>,
    pub c: Shared,
    pub epilogue: Epilogue<'a>,
    /// Takes over what is finished, in place of c.
    pub each: Option<&'a Each<'a>>,
}

impl Product<'_> {
    /// Runs the product on the instruction set `K`.
    ///
    /// # Safety
    /// The machine has the instructions. The operands fit: a is m × k, b is k × n, c has m · n elements, the
    /// bias n.
    pub unsafe fn run<K: Kernel>(&self, threads: &Threads) {
        let (m, k, n) = (self.a.rows, self.a.columns, self.b.columns);
        let work = m * k * n;
        let team = threads.count().min(work / WORTH_SHARING);
        if team < 2 {
            // SAFETY: the caller's promise.
            return unsafe { self.part::<K>(0..m, 0..n) };
        }
        let (down, across) = grid(team, m, n);
        let cut = |part: usize, parts: usize, size: usize, unit: usize| {
            let units = size.div_ceil(unit);
            (units * part / parts * unit).min(size)..(units * (part + 1) / parts * unit).min(size)
        };
        threads.for_each(down * across, &|task| {
            let rows = cut(task / across, down, m, K::ROWS);
            let columns = cut(task % across, across, n, K::V::LANES);
            // SAFETY: the caller's promise; the parts are disjoint.
            unsafe { self.part::<K>(rows, columns) }
        });
    }

    /// The given rows and columns of the result.
    ///
    /// # Safety
    /// That of `run`; no other thread works on the same part.
    unsafe fn part<K: Kernel>(&self, rows: Range<usize>, columns: Range<usize>) {
        if rows.is_empty() || columns.is_empty() {
            return;
        }
        // A row that a tile cannot take in one pass.
        let wide = columns.len() > K::WIDE * K::V::LANES;
        if self.a.rows == 1 && wide && self.b.column_stride == 1 && !self.epilogue.add && self.each.is_none()
        {
            // SAFETY: the caller's promise.
            return unsafe { self.row::<K>(columns) };
        }
        // b is packed if its rows are not rows in memory, or if so many tiles read it that a copy pays: more, if all of it stays in
        // the second cache as it is.
        let near = columns.len() >= 64 && self.b.row_stride * DEPTH <= SECOND;
        let tiles = if near { 8 } else { 3 };
        let pack_b = self.b.column_stride != 1 || (rows.len() > tiles * K::ROWS && self.a.columns > 8);
        // A copy of a must be read often to pay; less often if its columns are rows in memory, whose lines are far apart.
        let often = if self.a.column_stride == 1 { 1024 } else { 192 };
        // A tile that goes by a list reads whole vectors of b.
        let whole = pack_b || columns.len().is_multiple_of(K::V::LANES);
        let list = whole && zeros::are_many(&self.a, &rows, K::ROWS, columns.len());
        let pack_a = list || (columns.len() > often && pack_b);
        let packing = Packing { a: pack_a, b: pack_b, list };
        // Sums that wait need a place of their own if `c` holds something to be added to, or is not there.
        let aside = (self.epilogue.add || self.each.is_some()) && self.a.columns > DEPTH;
        if !(pack_a || pack_b || aside || self.each.is_some()) {
            // SAFETY: the caller's promise.
            return unsafe { self.blocks::<K>(rows, columns, packing, None) };
        }
        with_scratch(|scratch| {
            for part in pieces(rows, if aside { KEPT } else { usize::MAX }) {
                // SAFETY: the caller's promise.
                unsafe { self.blocks::<K>(part, columns.clone(), packing, Some((scratch, aside))) }
            }
        });
    }

    /// # Safety
    /// That of `part`; one row of a, and b row after row.
    unsafe fn row<K: Kernel>(&self, columns: Range<usize>) {
        // SAFETY: the caller's promise: all inside their matrices.
        unsafe {
            K::within(Row {
                x: self.a.data.as_ptr(),
                x_step: self.a.column_stride,
                b: self.b.data.as_ptr().add(columns.start),
                b_row: self.b.row_stride,
                depth: self.a.columns,
                columns: columns.len(),
                y: self.c.pointer(columns.start),
                bias: self.epilogue.bias.map_or(std::ptr::null(), |bias| bias.as_ptr().add(columns.start)),
                relu: self.epilogue.finish.is_relu(),
                zeros: self.a.zeros,
            });
            if let Some(f) = self.epilogue.finish.each() {
                f(self.c.slice(columns));
            }
        }
    }

    /// # Safety
    /// That of `part`.
    unsafe fn blocks<K: Kernel>(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        packing: Packing,
        scratch: Option<(&mut Scratch, bool)>,
    ) {
        let lanes = K::V::LANES;
        let Packing { a: pack_a, b: pack_b, list } = packing;
        let room = scratch.map_or(Parts::NONE, |(scratch, aside)| {
            let keep = aside || self.each.is_some();
            scratch.parts().only(pack_a, pack_b, keep, list)
        });
        let most = if rows.len() == 1 { K::WIDE } else { K::VECTORS };
        let panel_of = |columns: usize| {
            let vectors = columns.div_ceil(lanes);
            lanes * if vectors <= most { vectors } else { vectors.div_ceil(vectors.div_ceil(most)) }
        };
        if !pack_a && columns.len().max(8) * self.a.columns.max(1) <= SMALL {
            // All at once: what follows would find the same, but takes as long as a small product.
            let (panel, kept_row, depth) = (panel_of(columns.len()), columns.len(), 0..self.a.columns);
            let waiting = None;
            let p = Patch { rows, columns, depth, panel, room, pack_b, kept_row, waiting };
            // SAFETY: the caller's promise.
            return unsafe { self.patch::<K>(&p, &mut Ahead::nothing()) };
        }
        let (top, bottom) = (rows.start, rows.end);
        for span in pieces(columns, SPAN) {
            let panel = panel_of(span.len());
            for depth in pieces(0..self.a.columns, DEPTH) {
                let fits: usize = if self.each.is_some() { 2 * STRIP } else { STRIP };
                let strip =
                    if pack_b { (fits / depth.len().max(1) / panel).max(1) * panel } else { span.len() };
                // Where one strip is all, b stays packed, and a is packed just before it is used.
                let high = match (pack_a, strip < span.len()) {
                    (false, _) => usize::MAX,
                    (true, false) => LOW,
                    (true, true) => HEIGHT,
                };
                for (number, rows) in pieces(rows.clone(), high).enumerate() {
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
                        if patch.pack_b && strip < span.len() {
                            let end = start + strip;
                            let (next, depth) = if end < span.end {
                                (end..span.end.min(end + strip), depth.clone())
                            } else if patch.rows.end < bottom {
                                (span.start..span.start + strip, depth.clone())
                            } else {
                                let next = depth.end..self.a.columns.min(depth.end + depth.len());
                                (span.start..span.start + strip, next)
                            };
                            let tiles = patch.rows.len().div_ceil(K::ROWS) - 1;
                            ahead = Ahead::new(&self.b, depth, next, tiles * strip.div_ceil(panel));
                        }
                        // SAFETY: the caller's promise.
                        unsafe { self.patch::<K>(&patch, &mut ahead) };
                    }
                }
            }
        }
    }

    /// Copies some rows of a, tile after tile.
    ///
    /// # Safety
    /// They are in a, and `to` has room.
    unsafe fn pack_a<K: Kernel>(&self, rows: &Range<usize>, depth: &Range<usize>, room: &Parts) {
        let (mut to, mut list) = (room.a, room.lists);
        let strip = |rows: Range<usize>| Strip {
            data: self
                .a
                .data
                .as_ptr()
                .wrapping_add(rows.start * self.a.row_stride + depth.start * self.a.column_stride),
            across: self.a.row_stride,
            along: self.a.column_stride,
            width: rows.len(),
            depth: depth.len(),
        };
        for (rows, height) in evenly(rows, K::ROWS) {
            if list.is_null() {
                // SAFETY: the caller's promise.
                unsafe { K::pack(strip(rows.clone()), height, K::ROWS, to) };
                to = to.wrapping_add(rows.len() / height * K::ROWS * depth.len());
                continue;
            }
            for i in every(&rows, height) {
                // SAFETY: the caller's promise.
                unsafe { zeros::pack::<K>(strip(i..i + height), to, list) };
                (to, list) = (to.wrapping_add(K::ROWS * depth.len()), list.wrapping_add(zeros::LIST));
            }
        }
    }

    /// # Safety
    /// That of `part`.
    unsafe fn patch<K: Kernel>(&self, p: &Patch, ahead: &mut Ahead) {
        let (a, b, n, lanes) = (self.a, self.b, self.b.columns, K::V::LANES);
        let (in_a, in_b, by_list) = (p.room.a.is_null(), p.room.b.is_null(), !p.room.lists.is_null());
        let last = p.depth.end == a.columns;
        let block = Block {
            depth: p.depth.len(),
            a_row: if in_a { a.row_stride } else { 1 },
            a_step: if in_a { a.column_stride } else { K::ROWS },
            b_step: if in_b { b.row_stride } else { p.panel },
            c_row: if self.each.is_some() { p.kept_row } else { n },
            sums_row: if p.room.sums.is_null() { n } else { p.kept_row },
            resume: p.depth.start > 0,
            last,
            add: self.epilogue.add,
            relu: self.epilogue.finish.is_relu(),
            plus: a.zeros,
        };
        let bias = self.epilogue.bias.map_or(std::ptr::null(), <[f32]>::as_ptr);
        let after = self.each.is_some() || self.epilogue.finish.each().is_some();
        let (mut done, mut from_a, mut list) =
            (p.rows.start, p.room.a.cast_const(), p.room.lists.cast_const());
        for (rows, height) in evenly(&p.rows, K::ROWS) {
            for i in every(&rows, height) {
                if in_a {
                    from_a = a.data.as_ptr().wrapping_add(i * a.row_stride + p.depth.start * a.column_stride);
                }
                for j in every(&p.columns, p.panel) {
                    let width = p.panel.min(p.columns.end - j);
                    let full = width.next_multiple_of(lanes);
                    let data =
                        b.data.as_ptr().wrapping_add(p.depth.start * b.row_stride + j * b.column_stride);
                    let packed = p.room.b.wrapping_add((j - p.columns.start) * p.depth.len());
                    // SAFETY: all inside their matrices, by the caller's promise; see `Scratch` for the room.
                    unsafe {
                        if p.pack_b && i == p.rows.start {
                            let (across, along) = (b.column_stride, b.row_stride);
                            let strip = Strip { data, across, along, width, depth: p.depth.len() };
                            K::pack(strip, p.panel, p.panel, packed);
                        } else {
                            ahead.ask::<K::V>();
                        }
                        let kept = p.kept_at(i, j, done);
                        let c = if self.each.is_some() { kept } else { self.c.pointer(i * n + j) };
                        let place = Place {
                            a: from_a,
                            b: if in_b { data } else { packed },
                            c,
                            sums: if p.room.sums.is_null() { c } else { kept },
                            bias: if bias.is_null() { bias } else { bias.add(j) },
                            width,
                            list,
                        };
                        let vectors = full / lanes;
                        if by_list {
                            choose::<K, LISTED>(height, vectors, &block, &place);
                        } else if width != full && !in_b {
                            choose::<K, PADDED>(height, vectors, &block, &place);
                        } else if width != full {
                            choose::<K, EDGE>(height, vectors, &block, &place);
                        } else if !in_a && full == p.panel {
                            choose::<K, PACKED>(height, vectors, &block, &place);
                        } else {
                            choose::<K, IN_PLACE>(height, vectors, &block, &place);
                        }
                    }
                }
                from_a = from_a.wrapping_add(K::ROWS * p.depth.len());
                list = list.wrapping_add(zeros::LIST);
                let end = i + height;
                if last && after && (end == p.rows.end || (end - done) * p.columns.len() >= HANDED) {
                    // SAFETY: the tiles have just written these rows.
                    unsafe { self.finish(p, done..end) };
                    done = end;
                }
            }
        }
    }

    /// Hands finished rows over, or applies what is left to be applied to them.
    ///
    /// # Safety
    /// They lie where `patch` leaves them, and no other thread works on them.
    unsafe fn finish(&self, p: &Patch, rows: Range<usize>) {
        let (n, width, start) = (self.b.columns, p.columns.len(), p.columns.start);
        // Rows that follow one another without a gap go together.
        let together = width == n && (self.each.is_none() || p.kept_row == n);
        for i in every(&rows, if together { rows.len() } else { 1 }) {
            let (first, count) = (i * n + start, if together { rows.len() * n } else { width });
            // SAFETY: the caller's promise.
            unsafe {
                if let Some(each) = self.each {
                    each(first, std::slice::from_raw_parts(p.kept_at(i, start, rows.start), count));
                } else if let Some(f) = self.epilogue.finish.each() {
                    f(self.c.slice(first..first + count));
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

/// What is worked through at once: some rows, columns and products of each sum.
struct Patch {
    rows: Range<usize>,
    columns: Range<usize>,
    depth: Range<usize>,
    /// The columns of a tile.
    panel: usize,
    /// Null in it: a, b is read where it is; sums are left in c; a has all its columns.
    room: Parts,
    /// Whether panels of b are still to be put there.
    pack_b: bool,
    kept_row: usize,
    /// The first of the rows and columns whose sums wait there for more products to come; none wait where all come at once.
    waiting: Option<(usize, usize)>,
}

impl Patch {
    /// The place kept for the sum of row i and column j, where rows below `done` have been handed over.
    fn kept_at(&self, i: usize, j: usize, done: usize) -> *mut f32 {
        let (top, left) = match self.waiting {
            Some(first) => first,
            None => (done, self.columns.start),
        };
        let place = (i - top) * self.kept_row + j - left;
        let kept = self.room.sums;
        debug_assert!(kept.is_null() || place < KEPT * SPAN, "no room is kept for row {i}, column {j}");
        kept.wrapping_add(place)
    }
}

/// `rows` in tiles of nearly equal height, none higher than `most`: those of one height, then those with a row less.
fn evenly(rows: &Range<usize>, most: usize) -> [(Range<usize>, usize); 2] {
    if rows.len() <= most {
        return [(rows.clone(), rows.len()), (rows.end..rows.end, 1)];
    }
    let count = rows.len().div_ceil(most);
    let height = rows.len().div_ceil(count);
    let middle = rows.end - (count * height - rows.len()) * (height - 1);
    [(rows.start..middle, height), (middle..rows.end, height - 1)]
}

/// Every `step`-th number of a range. (`step_by` divides first.)
fn every(range: &Range<usize>, step: usize) -> impl Iterator<Item = usize> + use<> {
    let end = range.end;
    std::iter::successors(Some(range.start), move |i| Some(i + step)).take_while(move |i| *i < end)
}

/// `range` in pieces of nearly equal length, none longer than `most`; one piece if it is empty.
fn pieces(range: Range<usize>, most: usize) -> impl Iterator<Item = Range<usize>> {
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

/// How `team` threads share m × n elements: rows of parts, columns of parts, as square as may be.
fn grid(team: usize, m: usize, n: usize) -> (usize, usize) {
    let border = |down: usize| m.div_ceil(down) + n.div_ceil(team / down);
    let down =
        (1..=team).filter(|down| team.is_multiple_of(*down)).min_by_key(|&down| border(down)).unwrap_or(1);
    (down, team / down)
}
