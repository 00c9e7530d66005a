//! Copies of parts of an operand, laid out in the order the tile reads them.

use std::cell::Cell;

use crate::aligned::Aligned;

use super::vector::{TURNED, Vector};
use super::zeros::LIST;

/// At most this many products are summed before the tile moves on: a tile's part of a stays in the nearest cache, beside
/// what passes through it of b.
pub(super) const DEPTH: usize = 400;
/// So many numbers of b are packed at once: they stay in the second cache.
pub(super) const STRIP: usize = 51_200;
/// Where rows follow one another, so many numbers stay in the second cache as they are.
pub(super) const SECOND: usize = 65_536;
/// A b of so few numbers, where fewer than 8 columns count as 8, needs no cutting: less than `DEPTH`, `SPAN` and `STRIP` allow.
pub(super) const SMALL: usize = 8 * 256;
/// At most so many columns have sums that wait.
pub(super) const SPAN: usize = 2048;
/// No tile, and so no panel, has more columns than this.
const PANEL: usize = 128;
/// The highest tile of every kernel has this many or more.
const LEAST: usize = 4;
/// At most this many rows of a are packed at once.
pub(super) const HEIGHT: usize = 512;
/// So few rows of a stay in the second cache beside a strip of b that is all there is of b.
pub(super) const LOW: usize = 96;
/// A thread's rows of a are cut into multiples of so many: whole tiles of every kernel, and, where columns of a are rows in memory, whole lines.
pub(super) const UNIT: usize = 48;
/// At most this many rows of sums are kept aside, when they cannot be kept in the result.
pub(super) const KEPT: usize = 128;
/// About so many numbers are finished before they are handed over: they are still in the nearest cache, with what they change, and long enough in a
/// row to be worth the call.
pub(super) const HANDED: usize = 2_048;
/// More numbers than this, read and written with those of one product, are not in the caches from one step to the next; with other threads
/// at work, more than half of it.
pub(super) const FAR: usize = 1 << 20;

/// A thread's working memory, of one size for all products.
pub(super) struct Scratch {
    a: Aligned,
    b: Aligned,
    sums: Aligned,
    lists: Vec<u16>,
}

/// Where the parts of a thread's working memory begin.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    /// Panels of a.
    pub a: *mut f32,
    /// Panels of b.
    pub b: *mut f32,
    /// Sums that wait.
    pub sums: *mut f32,
    /// Which products of each tile's part of a are left.
    pub lists: *mut u16,
}

impl Parts {
    /// No room at all.
    pub const NONE: Parts = Parts {
        a: std::ptr::null_mut(),
        b: std::ptr::null_mut(),
        sums: std::ptr::null_mut(),
        lists: std::ptr::null_mut(),
    };

    /// Room for what is packed, kept, or listed; null for the others.
    pub fn only(self, a: bool, b: bool, sums: bool, lists: bool) -> Parts {
        Parts {
            a: if a { self.a } else { Parts::NONE.a },
            b: if b { self.b } else { Parts::NONE.b },
            sums: if sums { self.sums } else { Parts::NONE.sums },
            lists: if lists { self.lists } else { Parts::NONE.lists },
        }
    }
}

impl Scratch {
    fn new() -> Box<Scratch> {
        // A panel of a may hold fewer rows than it has room for: twice the height is enough.
        Box::new(Scratch {
            a: Aligned::new(2 * HEIGHT * DEPTH),
            b: Aligned::new(2 * STRIP + PANEL * DEPTH),
            sums: Aligned::new(KEPT * SPAN),
            lists: vec![0; HEIGHT / LEAST * LIST],
        })
    }

    /// Where its parts begin.
    pub fn parts(&mut self) -> Parts {
        let [a, b, sums] = [&mut self.a, &mut self.b, &mut self.sums].map(|part| part.write().as_mut_ptr());
        Parts { a, b, sums, lists: self.lists.as_mut_ptr() }
    }
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Runs `f` with this thread's working memory.
pub(super) fn with_scratch<R>(f: impl FnOnce(&mut Scratch) -> R) -> R {
    let mut scratch = SCRATCH.take().unwrap_or_else(Scratch::new);
    let result = f(&mut scratch);
    SCRATCH.set(Some(scratch));
    result
}

/// Elements (w, d), for w below `width` and d below `depth`, at `data + w * across + d * along`.
#[derive(Clone, Copy)]
pub(super) struct Strip {
    pub data: *const f32,
    pub across: usize,
    pub along: usize,
    pub width: usize,
    pub depth: usize,
}

/// Writes the strip as panels, `panel` elements wide, one after the other: element (w, d) of a panel goes to
/// `d * stride + w` in it. What a panel has beyond its elements is left as it is.
///
/// # Safety
/// The strip can be read; `to` has room for its panels, of `stride * depth` numbers each; `panel <= stride`.
#[inline(always)]
pub(super) unsafe fn pack<V: Vector>(from: Strip, panel: usize, stride: usize, to: *mut f32) {
    let Strip { data, across, along, width, depth } = from;
    let panels = (0..width).step_by(panel).enumerate();
    // SAFETY: the caller's promise; w < width and d < depth throughout.
    unsafe {
        if across == 1 && width <= panel {
            // One panel: nothing but loads and stores, so that the machine has many rows under way at a time.
            let whole = width / 16 * 16;
            for w in (0..whole).step_by(16) {
                for d in 0..depth {
                    let row = data.add(d * along + w).cast::<[f32; 16]>().read_unaligned();
                    to.add(d * stride + w).cast::<[f32; 16]>().write_unaligned(row);
                }
            }
            if whole < width {
                for d in 0..depth {
                    copy(data.add(d * along + whole), to.add(d * stride + whole), width - whole);
                }
            }
            return;
        }
        if across == 1 {
            // Along the rows of memory, though the panels are far apart: the machine fetches ahead along
            // rows.
            for d in 0..depth {
                for (number, first) in panels.clone() {
                    let to = to.add((number * depth + d) * stride);
                    copy(data.add(d * along + first), to, panel.min(width - first));
                }
            }
            return;
        }
        for (number, first) in panels {
            let (data, to) = (data.add(first * across), to.add(number * depth * stride));
            let width = panel.min(width - first);
            let whole = if along == 1 { depth / TURNED * TURNED } else { 0 };
            for w in (0..width).step_by(V::LANES) {
                let count = (width - w).min(V::LANES);
                let rows = rows_of(data.wrapping_add(w * across), across, count);
                let mask = V::mask(count);
                for d in (0..whole).step_by(TURNED) {
                    let columns = V::turned(|r| rows[r].wrapping_add(d));
                    for (i, column) in columns.into_iter().enumerate() {
                        let to = to.add((d + i) * stride + w);
                        if count == V::LANES { column.store(to) } else { column.store_part(to, mask) }
                    }
                }
            }
            for d in whole..depth {
                for w in 0..width {
                    *to.add(d * stride + w) = *data.add(w * across + d * along);
                }
            }
        }
    }
}

/// Where `count` rows begin, as many as a vector may have lanes: for those that are not there the last one stands in.
#[inline(always)]
pub(super) fn rows_of(data: *const f32, across: usize, count: usize) -> [*const f32; 16] {
    std::array::from_fn(|r| data.wrapping_add(r.min(count - 1) * across))
}

/// Copies `count` numbers, without the cost of a call: there are few. What remains after whole sixteens is copied in one or two pieces that overlap what
/// is already copied.
///
/// # Safety
/// Both are good for `count` numbers.
#[inline(always)]
unsafe fn copy(from: *const f32, to: *mut f32, count: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut done = 0;
        while done + 16 <= count {
            some::<16>(from, to, done);
            done += 16;
        }
        match count - done {
            0 => {}
            _ if done > 0 => some::<16>(from, to, count - 16),
            8.. => {
                some::<8>(from, to, 0);
                some::<8>(from, to, count - 8);
            }
            4.. => {
                some::<4>(from, to, 0);
                some::<4>(from, to, count - 4);
            }
            _ => (0..count).for_each(|i| some::<1>(from, to, i)),
        }
    }
}

/// Copies N numbers from number `at` on.
///
/// # Safety
/// Both have so many.
#[inline(always)]
unsafe fn some<const N: usize>(from: *const f32, to: *mut f32, at: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        to.add(at).cast::<[f32; N]>().write_unaligned(from.add(at).cast::<[f32; N]>().read_unaligned());
    }
}

/// Rows to columns.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn transposed(rows: [[f32; 4]; 4]) -> [[f32; 4]; 4] {
    use std::arch::x86_64::*;
    // SAFETY: every x86-64 has these instructions.
    unsafe {
        let mut rows: [__m128; 4] = rows.map(|row| _mm_loadu_ps(row.as_ptr()));
        let [r0, r1, r2, r3] = &mut rows;
        _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
        rows.map(|row| {
            let mut four = [0.0; 4];
            _mm_storeu_ps(four.as_mut_ptr(), row);
            four
        })
    }
}

/// Rows to columns.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn transposed(rows: [[f32; 4]; 4]) -> [[f32; 4]; 4] {
    std::array::from_fn(|r| std::array::from_fn(|c| rows[c][r]))
}
