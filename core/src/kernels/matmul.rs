//! The matrix product: who computes which part, what is packed, and in which order tiles run.
//!
//! None of it shows in the result: every element is one chain of fused multiply-adds over k in ascending
//! order. Where k is cut, the sums so far wait in memory and the chain goes on from them.

use super::pack::{DEPTH, HEIGHT, KEPT, Scratch, Strip, WIDTH, with_scratch};
use super::row::Row;
use super::tile::{Block, EDGE, IN_PLACE, Kernel, PACKED, PADDED, Place, choose};
use super::vector::Vector;
use super::{Each, Epilogue, View};
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
        // b is packed if its rows are not rows in memory, or if so many tiles read it that a copy pays.
        let pack_b = self.b.column_stride != 1 || (rows.len() > 3 * K::ROWS && self.a.columns > 8);
        // A copy of a must be read often to pay; less often if its columns are rows in memory, whose lines are far apart.
        let often = if self.a.column_stride == 1 { 1024 } else { 192 };
        let pack_a = columns.len() > often && pack_b;
        // Sums that wait need a place of their own if `c` holds something to be added to, or is not there.
        let aside = (self.epilogue.add || self.each.is_some()) && self.a.columns > DEPTH;
        if !(pack_a || pack_b || aside || self.each.is_some()) {
            // SAFETY: the caller's promise.
            return unsafe { self.blocks::<K>(rows, columns, (false, false), None) };
        }
        with_scratch(|scratch| {
            for part in pieces(rows, if aside { KEPT } else { usize::MAX }) {
                // SAFETY: the caller's promise.
                unsafe { self.blocks::<K>(part, columns.clone(), (pack_a, pack_b), Some((scratch, aside))) }
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
        (pack_a, pack_b): (bool, bool),
        scratch: Option<(&mut Scratch, bool)>,
    ) {
        let (a, b, n, lanes) = (self.a, self.b, self.b.columns, K::V::LANES);
        let (packed_a, packed_b, kept) = match scratch {
            Some((scratch, aside)) => {
                let [a, b, sums] = scratch.parts();
                (a, b, (aside || self.each.is_some()).then_some(sums))
            }
            None => (std::ptr::null_mut(), std::ptr::null_mut(), None),
        };
        let most = if rows.len() == 1 { K::WIDE } else { K::VECTORS };
        for columns in pieces(columns, WIDTH) {
            let row = if self.each.is_some() { columns.len() } else { n };
            let vectors = columns.len().div_ceil(lanes);
            let panel = vectors.div_ceil(vectors.div_ceil(most)) * lanes;
            for depth in pieces(0..a.columns, DEPTH) {
                let last = depth.end == a.columns;
                let block = Block {
                    depth: depth.len(),
                    a_row: if pack_a { 1 } else { a.row_stride },
                    a_step: if pack_a { K::ROWS } else { a.column_stride },
                    b_step: if pack_b { panel } else { b.row_stride },
                    c_row: row,
                    sums_row: if kept.is_some() && self.each.is_none() { WIDTH } else { row },
                    resume: depth.start > 0,
                    last,
                    add: self.epilogue.add,
                    relu: self.epilogue.finish.is_relu(),
                };
                if pack_b {
                    let strip = Strip {
                        data: b
                            .data
                            .as_ptr()
                            .wrapping_add(depth.start * b.row_stride + columns.start * b.column_stride),
                        across: b.column_stride,
                        along: b.row_stride,
                        width: columns.len(),
                        depth: depth.len(),
                    };
                    // SAFETY: inside b; at most WIDTH columns and the rest of a panel, by DEPTH.
                    unsafe { K::pack(strip, panel, panel, packed_b) };
                }
                for group in pieces(rows.clone(), HEIGHT) {
                    // Where sums wait, those of all rows do; what is handed over at once needs room for a group.
                    let first = if a.columns > DEPTH { rows.start } else { group.start };
                    let height = group.len().div_ceil(group.len().div_ceil(K::ROWS));
                    if pack_a {
                        let start = group.start * a.row_stride + depth.start * a.column_stride;
                        let strip = Strip {
                            data: a.data.as_ptr().wrapping_add(start),
                            across: a.row_stride,
                            along: a.column_stride,
                            width: group.len(),
                            depth: depth.len(),
                        };
                        // SAFETY: inside a; see `Scratch` for the room.
                        unsafe { K::pack(strip, height, K::ROWS, packed_a) };
                    }
                    for j in columns.clone().step_by(panel) {
                        let width = panel.min(columns.end - j);
                        let full = width.next_multiple_of(lanes);
                        for i in group.clone().step_by(height) {
                            let h = height.min(group.end - i);
                            // SAFETY: all inside their matrices, by the caller's promise.
                            unsafe {
                                let kept = kept
                                    .map(|kept| kept.add((i - first) * block.sums_row + j - columns.start));
                                let c = match (self.each, kept) {
                                    (Some(_), Some(kept)) => kept,
                                    _ => self.c.pointer(i * n + j),
                                };
                                let place = Place {
                                    a: if pack_a {
                                        packed_a.add((i - group.start) / height * K::ROWS * depth.len())
                                    } else {
                                        a.data
                                            .as_ptr()
                                            .wrapping_add(i * a.row_stride + depth.start * a.column_stride)
                                    },
                                    b: if pack_b {
                                        packed_b.add((j - columns.start) * depth.len())
                                    } else {
                                        b.data.as_ptr().wrapping_add(depth.start * b.row_stride + j)
                                    },
                                    c,
                                    sums: kept.unwrap_or(c),
                                    bias: match self.epilogue.bias {
                                        Some(bias) => bias.as_ptr().add(j),
                                        None => std::ptr::null(),
                                    },
                                    width,
                                };
                                if width != full && pack_b {
                                    choose::<K, PADDED>(h, full / lanes, &block, &place);
                                } else if width != full {
                                    choose::<K, EDGE>(h, full / lanes, &block, &place);
                                } else if pack_a && full == panel {
                                    choose::<K, PACKED>(h, full / lanes, &block, &place);
                                } else {
                                    choose::<K, IN_PLACE>(h, full / lanes, &block, &place);
                                }
                            }
                        }
                    }
                    if let (true, Some(each), Some(kept)) = (last, self.each, kept) {
                        // SAFETY: the rows of the group, which the tiles have just written.
                        let block = unsafe {
                            std::slice::from_raw_parts(
                                kept.add((group.start - first) * row),
                                group.len() * row,
                            )
                        };
                        if row == n {
                            each(group.start * n, block);
                        } else {
                            let rows = group.clone().zip(block.chunks_exact(row));
                            rows.for_each(|(i, block)| each(i * n + columns.start, block));
                        }
                    }
                    if let (true, Some(f)) = (last, self.epilogue.finish.each()) {
                        // SAFETY: this thread's part of c.
                        unsafe {
                            if columns.len() == n {
                                f(self.c.slice(group.start * n..group.end * n));
                            } else {
                                group.for_each(|i| {
                                    f(self.c.slice(i * n + columns.start..i * n + columns.end))
                                });
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `range` in pieces of nearly equal length, none longer than `most`; one piece if it is empty.
fn pieces(range: Range<usize>, most: usize) -> impl Iterator<Item = Range<usize>> {
    let count = range.len().div_ceil(most).max(1);
    let length = range.len().div_ceil(count).max(1);
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
