//! The innermost loop: a few rows by a few vectors of the result, held in registers while k passes by.

use std::sync::atomic::{Ordering, compiler_fence};

use super::ahead::Ahead;
use super::kernel::Kernel;
use super::vector::Vector;

/// What all tiles of one block share. Strides count elements.
pub(super) struct Block {
    /// How many products each sum takes in this block.
    pub depth: usize,
    pub a_row: usize,
    pub a_step: usize,
    pub b_step: usize,
    pub c_row: usize,
    pub sums_row: usize,
    /// The sums go on from what an earlier block left in `sums` (otherwise they start at +0).
    pub resume: bool,
    /// This block ends the sums: they go to `c`. Otherwise they are left in `sums`.
    pub last: bool,
    /// The finished sum is added to what `c` holds.
    pub add: bool,
    /// In `c` 0 stands for what is negative. Excludes `add`.
    pub relu: bool,
    /// A finished sum that is 0 is +0.
    pub plus: bool,
    /// Other cores may have what `c` held before.
    pub shared: bool,
}

/// Where one tile lies.
pub(super) struct Place {
    pub a: *const f32,
    pub b: *const f32,
    pub c: *mut f32,
    pub sums: *mut f32,
    /// Null if there is none.
    pub bias: *const f32,
    /// How many columns: all vectors but the last are full.
    pub width: usize,
    /// `LISTED`: how many products are left, and which (`super::zeros`).
    pub list: *const u16,
    /// What a tile of a large product asks for on its way. Null if there is nothing.
    pub ahead: *mut Ahead,
}

/// So many rows of b are asked for before they are needed.
pub(super) const AHEAD: usize = 12;
/// Of fewer rows none is asked for.
const FEW: usize = 20;
/// Numbers of a cache line: what is asked for comes by lines.
const LINE: usize = 16;

/// So many rows of a are found from one pointer: its own row, and those one and two strides on.
const GROUP: usize = 3;
/// The pointers of the highest tile.
const GROUPS: usize = 4;

/// How a tile finds its operands: of each product its rows of a lie side by side, packed or in a transposed matrix; all vectors full.
pub(super) const SIDE_BY_SIDE: u8 = 0;
/// Anywhere, by strides; all vectors full.
pub(super) const IN_PLACE: u8 = 1;
/// Anywhere, by strides; the last vector may be partial.
pub(super) const EDGE: u8 = 2;
/// As `EDGE`, but b is packed, so that its rows can be read as a whole: one register more for sums.
pub(super) const PADDED: u8 = 3;
/// a is packed, without the columns that the list does not name; rows of b can be read as a whole; the last vector may be partial.
pub(super) const LISTED: u8 = 4;

/// Where a tile stands on its way through k.
struct Way<K: Kernel, const R: usize, const C: usize, const MODE: u8> {
    /// A pointer for every three rows of a, each advanced by itself: a row's place is then what one instruction can name. Of a pointer for all rows
    /// the compiler makes one for each of them, or multiples of the stride, until no register is left.
    rows: [*const f32; GROUPS],
    a_row: usize,
    a_step: usize,
    /// The row of b, and one that will be needed.
    b: *const f32,
    next: *const f32,
    b_step: usize,
    /// `LISTED`: the first row of b, and what is left of the list.
    first: *const f32,
    list: *const u16,
    mask: <K::V as Vector>::Mask,
}

impl<K: Kernel, const R: usize, const C: usize, const MODE: u8> Way<K, R, C, MODE> {
    /// Pointers to rows of a.
    const POINTERS: usize = if MODE == SIDE_BY_SIDE || MODE == LISTED { 1 } else { R.div_ceil(GROUP) };

    #[inline(always)]
    fn new(t: &Block, place: &Place, mask: <K::V as Vector>::Mask) -> Self {
        let (a_row, a_step, b_step) = match MODE {
            SIDE_BY_SIDE => (1, t.a_step, t.b_step),
            LISTED => (1, K::ROWS, t.b_step),
            _ => (t.a_row, t.a_step, t.b_step),
        };
        // Few rows are there already.
        let ahead = if t.depth < FEW { 0 } else { AHEAD };
        Way {
            rows: std::array::from_fn(|g| place.a.wrapping_add(g * GROUP * a_row)),
            a_row,
            a_step,
            b: place.b,
            next: place.b.wrapping_add(ahead * b_step),
            b_step,
            first: place.b,
            list: place.list.wrapping_add(1),
            mask,
        }
    }

    /// Adds the next product to each sum.
    // Counting to a constant is what the compiler unrolls, and says which register is meant.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    unsafe fn product(&mut self, sums: &mut [[K::V; C]; R]) {
        let lanes = K::V::LANES;
        // SAFETY: the caller's promise: a and b have the numbers of this product.
        unsafe {
            if MODE == LISTED {
                let row = |p: usize| self.first.wrapping_add(*self.list.add(p) as usize * self.b_step);
                (self.b, self.next) = (row(0), row(AHEAD));
                self.list = self.list.wrapping_add(1);
            }
            for line in (0..C * lanes).step_by(LINE) {
                K::V::prefetch(self.next.wrapping_add(line));
            }
            let mut row = [K::V::zero(); C];
            for v in 0..C {
                let from = self.b.add(v * lanes);
                row[v] = if MODE == EDGE && v == C - 1 {
                    K::V::load_part(from, self.mask)
                } else {
                    K::V::load(from)
                };
            }
            for r in 0..R {
                let group = if Self::POINTERS == 1 { 0 } else { r / GROUP };
                let x = K::V::splat(*self.rows[group].add((r - group * GROUP) * self.a_row));
                for v in 0..C {
                    sums[r][v] = x.multiply_add(row[v], sums[r][v]);
                }
                if K::REGISTERS.is_some_and(|registers| R * C + C + R >= registers) {
                    compiler_fence(Ordering::SeqCst);
                }
            }
            for g in 0..Self::POINTERS {
                let next = self.rows[g].wrapping_add(self.a_step);
                self.rows[g] = if Self::POINTERS == 1 { next } else { opaque(next) };
            }
            if MODE != LISTED {
                self.b = self.b.wrapping_add(self.b_step);
                self.next = self.next.wrapping_add(self.b_step);
            }
        }
    }
}

/// c[r][j] = Σ a[r][p] b[p][j] for R rows and up to C vectors, each sum one chain of fused multiply-adds.
// Counting to a constant is what the compiler unrolls, and says which register is meant.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
pub(super) unsafe fn tile<K: Kernel, const R: usize, const C: usize, const MODE: u8>(
    t: &Block,
    place: &Place,
) {
    let lanes = K::V::LANES;
    // SAFETY: the caller's promise, for every access below: rows below R, columns below `width`.
    unsafe {
        let last = C - 1;
        let mask = K::V::mask(place.width - last * lanes);
        let partial = MODE == EDGE || MODE == PADDED || MODE == LISTED;
        let load = |from: *const f32, v: usize| {
            if partial && v == last {
                K::V::load_part(from.add(v * lanes), mask)
            } else {
                K::V::load(from.add(v * lanes))
            }
        };
        let store = |x: K::V, to: *mut f32, v: usize| {
            if partial && v == last {
                x.store_part(to.add(v * lanes), mask)
            } else {
                x.store(to.add(v * lanes))
            }
        };
        if t.shared {
            for r in 0..R {
                for v in 0..C {
                    K::V::prefetch_write(place.c.wrapping_add(r * t.c_row + v * lanes));
                }
            }
        }
        let mut sums = [[K::V::zero(); C]; R];
        if t.resume {
            for r in 0..R {
                for v in 0..C {
                    sums[r][v] = load(place.sums.add(r * t.sums_row), v);
                }
            }
        }
        let mut way = Way::<K, R, C, MODE>::new(t, place, mask);
        let depth = if MODE == LISTED { *place.list as usize } else { t.depth };
        let mut done = 0;
        if const { asks::<K>(R, C) }
            && let Some(ahead) = place.ahead.as_mut()
        {
            let mut lines = ahead.due(depth);
            done = lines.count;
            for _ in 0..done {
                lines.next::<K::V>();
                way.product(&mut sums);
            }
            ahead.done(lines);
        }
        for _ in done..depth {
            way.product(&mut sums);
        }
        if !t.last {
            for r in 0..R {
                for v in 0..C {
                    store(sums[r][v], place.sums.add(r * t.sums_row), v);
                }
            }
            return;
        }
        if t.plus {
            for r in 0..R {
                for v in 0..C {
                    sums[r][v] = sums[r][v].add(K::V::zero());
                }
            }
        }
        if t.add {
            for r in 0..R {
                for v in 0..C {
                    sums[r][v] = load(place.c.add(r * t.c_row), v).add(sums[r][v]);
                }
            }
        }
        if !place.bias.is_null() {
            for v in 0..C {
                let bias = load(place.bias, v);
                for r in 0..R {
                    sums[r][v] = sums[r][v].add(bias);
                }
            }
        }
        if t.relu {
            for r in 0..R {
                for v in 0..C {
                    sums[r][v] = sums[r][v].relu();
                }
            }
        }
        for r in 0..R {
            for v in 0..C {
                store(sums[r][v], place.c.add(r * t.c_row), v);
            }
        }
    }
}

/// Whether a tile of so many rows and vectors asks for other things on its way: those that large products are made of.
pub(super) const fn asks<K: Kernel>(rows: usize, vectors: usize) -> bool {
    rows + 1 >= K::ROWS && vectors == K::VECTORS
}

/// `p`, of which the compiler no longer knows where it comes from.
#[inline(always)]
fn opaque(p: *const f32) -> *const f32 {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    {
        let mut p = p;
        // SAFETY: nothing but a comment: no memory is read or written.
        #[allow(clippy::pointers_in_nomem_asm_block)]
        unsafe {
            std::arch::asm!("/* {0} */", inout(reg) p, options(pure, nomem, nostack, preserves_flags))
        };
        p
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    p
}
