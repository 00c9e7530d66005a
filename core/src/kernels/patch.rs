//! Some rows and columns of a product, and some products of each sum: packed, tile after tile, handed over.

use super::ahead::{Ahead, Several};
use super::kernel::{Kernel, Tile, choose};
use super::matmul::Product;
use super::pack::{FAR, HANDED, KEPT, Parts, SPAN, Strip};
use super::tile::{Block, EDGE, IN_PLACE, LISTED, PADDED, Place, SIDE_BY_SIDE};
use super::vector::Vector;
use super::{Each, zeros};
use crate::sink::KINDS;
use std::ops::Range;

/// What is worked through at once: some rows, columns and products of each sum.
pub(super) struct Patch {
    pub rows: Range<usize>,
    pub columns: Range<usize>,
    pub depth: Range<usize>,
    /// The columns of a tile.
    pub panel: usize,
    /// Null in it: a, b is read where it is; sums are left in c; a has all its columns.
    pub room: Parts,
    /// Whether panels of b are still to be put there.
    pub pack_b: bool,
    /// From one row of sums to the next, where they are kept.
    pub kept_row: usize,
    /// The first of the rows and columns whose sums wait there for more products to come; none wait where all come at once.
    pub waiting: Option<(usize, usize)>,
}

impl Patch {
    /// Which rows and columns of b are packed after these: those beside them, or the first, for further rows of a or further products.
    /// Columns are those of `span`, rows of a end at `bottom`, products at `end`.
    pub fn next(
        &self,
        strip: usize,
        span: &Range<usize>,
        bottom: usize,
        end: usize,
    ) -> (Range<usize>, Range<usize>) {
        let beside = self.columns.end..span.end.min(self.columns.end + strip);
        let first = span.start..span.end.min(span.start + strip);
        if !beside.is_empty() {
            (self.depth.clone(), beside)
        } else if self.rows.end < bottom {
            (self.depth.clone(), first)
        } else {
            (self.depth.end..end.min(self.depth.end + self.depth.len()), first)
        }
    }

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

impl Product<'_> {
    /// Copies some rows of a, tile after tile: by lists without their columns of zeros, if `room` has lists.
    ///
    /// # Safety
    /// They are in a, and `room` is that of a [`super::pack::Scratch`].
    pub(super) unsafe fn pack_a<K: Kernel>(&self, rows: &Range<usize>, depth: &Range<usize>, room: &Parts) {
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

    /// Works through `p`. Between tiles `ahead` asks for what is read after it; if there is nothing, rows of a are asked for that lie below.
    ///
    /// # Safety
    /// That of `part`.
    pub(super) unsafe fn patch<K: Kernel>(&self, p: &Patch, ahead: &mut Ahead) {
        let (a, b, n, lanes) = (self.a, self.b, self.b.columns, K::V::LANES);
        let (in_a, in_b, by_list) = (p.room.a.is_null(), p.room.b.is_null(), !p.room.lists.is_null());
        let (last, hands) = (p.depth.end == a.columns, self.each.is_some());
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
            plus: self.plus(),
            shared: self.shared && last && !hands,
        };
        let tile = |height: usize, width: usize| {
            let vectors = width.div_ceil(lanes);
            let full = width.is_multiple_of(lanes);
            debug_assert!(!by_list || !in_b || full, "whole vectors of b are read");
            match () {
                () if by_list => choose::<K, LISTED>(height, vectors),
                () if !full && !in_b => choose::<K, PADDED>(height, vectors),
                () if !full => choose::<K, EDGE>(height, vectors),
                () if block.a_row == 1 => choose::<K, SIDE_BY_SIDE>(height, vectors),
                () => choose::<K, IN_PLACE>(height, vectors),
            }
        };
        let bias = self.epilogue.bias;
        let after = hands || self.epilogue.finish.each().is_some();
        let far = last && self.hands_far();
        let ask = far || (last && hands && self.shared);
        let row_by_row = in_a && a.column_stride == 1 && !ask && Ahead::pays(&a);
        let in_memory = b.data.as_ptr().wrapping_add(p.depth.start * b.row_stride);
        let (mut done, mut from_a, mut list) =
            (p.rows.start, p.room.a.cast_const(), p.room.lists.cast_const());
        for (rows, height) in evenly(&p.rows, K::ROWS) {
            let mut fitting: Option<(usize, Tile)> = None;
            for i in every(&rows, height) {
                if in_a {
                    from_a = a.data.as_ptr().wrapping_add(i * a.row_stride + p.depth.start * a.column_stride);
                }
                let pack = p.pack_b && i == p.rows.start;
                let mut beside = ask.then(|| self.beside(p, i, height, far));
                let mut below = Ahead::nothing();
                if row_by_row {
                    let rows = i + height..p.rows.end.min(i + 2 * height);
                    below = Ahead::new(&a, rows, p.depth.clone(), p.columns.len().div_ceil(p.panel));
                }
                let kept = p.kept_at(i, p.columns.start, done);
                // SAFETY: in c, by the caller's promise.
                let c = if hands { kept } else { unsafe { self.c.pointer(i * n + p.columns.start) } };
                let sums = if p.room.sums.is_null() { c } else { kept };
                let mut packed = p.room.b;
                for j in every(&p.columns, p.panel) {
                    let (width, before) = (p.panel.min(p.columns.end - j), j - p.columns.start);
                    let data = in_memory.wrapping_add(j * b.column_stride);
                    // SAFETY: all inside their matrices, by the caller's promise; see `Scratch` for the room.
                    unsafe {
                        if pack {
                            let (across, along) = (b.column_stride, b.row_stride);
                            let strip = Strip { data, across, along, width, depth: p.depth.len() };
                            K::pack(strip, p.panel, p.panel, packed);
                        }
                        let due = if pack { None } else { ahead.another() }.or_else(|| below.another());
                        let on_its_way: *mut Ahead = match (beside.as_mut().and_then(Several::another), due) {
                            (Some(beside), due) => {
                                due.into_iter().for_each(Ahead::ask::<K::V>);
                                beside
                            }
                            (None, Some(due)) => due,
                            (None, None) => std::ptr::null_mut(),
                        };
                        let place = Place {
                            a: from_a,
                            b: if in_b { data } else { packed },
                            c: c.wrapping_add(before),
                            sums: sums.wrapping_add(before),
                            bias: bias.map_or(std::ptr::null(), |bias| bias.as_ptr().add(j)),
                            width,
                            list,
                            ahead: on_its_way,
                        };
                        let tile = match fitting {
                            Some((fits, tile)) if fits == width => tile,
                            _ => tile(height, width),
                        };
                        fitting = Some((width, tile));
                        tile(&block, &place);
                        if let Some(left) = on_its_way.as_mut() {
                            // Of small tiles, all.
                            left.ask::<K::V>();
                        }
                    }
                    packed = packed.wrapping_add(p.panel * p.depth.len());
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

    /// What is read and written when this row of tiles is handed over; if it is near, only what other threads may have read.
    fn beside(&self, p: &Patch, first: usize, rows: usize, far: bool) -> Several<{ KINDS + 1 }> {
        let (n, width, tiles) = (self.b.columns, p.columns.len(), p.columns.len().div_ceil(p.panel));
        let start = |k: usize| self.each.and_then(|each| each.beside[k].start(self.a.rows * n));
        let parts = std::array::from_fn(|k| match start(k) {
            Some(start) if far || k == 0 => {
                let start = start.wrapping_add(first * n + p.columns.start);
                // Rows that follow one another without a gap are one.
                let (rows, width) = if width == n { (1, rows * n) } else { (rows, width) };
                let lines = Ahead::lines(start, n, width, rows, tiles);
                if self.shared && k == 0 { lines.for_writing() } else { lines }
            }
            _ => Ahead::nothing(),
        });
        // By the last tile, which comes just before it is used, nearly all of it has been asked for.
        Several::new(parts, (tiles - 1).max(1))
    }

    /// Whether what is read and written when blocks are handed over is too much for the caches.
    fn hands_far(&self) -> bool {
        let whole = self.a.rows * self.b.columns;
        let there = |each: &Each| each.beside.iter().filter(|kept| kept.start(whole).is_some()).count();
        self.is_far(whole * self.each.map_or(0, there))
    }

    /// Whether so many numbers are too much for the caches.
    pub(super) fn is_far(&self, numbers: usize) -> bool {
        numbers > if self.shared { FAR / 2 } else { FAR }
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
                    (each.take)(first, std::slice::from_raw_parts(p.kept_at(i, start, rows.start), count));
                } else if let Some(f) = self.epilogue.finish.each() {
                    f(self.c.slice(first..first + count));
                }
            }
        }
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
pub(super) fn every(range: &Range<usize>, step: usize) -> impl Iterator<Item = usize> + use<> {
    let end = range.end;
    std::iter::successors(Some(range.start), move |i| Some(i + step)).take_while(move |i| *i < end)
}
