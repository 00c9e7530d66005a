//! The innermost loop: a few rows by a few vectors of the result, held in registers while k passes by.

use std::sync::atomic::{Ordering, compiler_fence};

use super::ahead::Ahead;
use super::conv::{At, Walk, walk};
use super::vector::{Lanes, Vector};

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

/// How a tile finds its operands: both packed, all vectors full.
pub(super) const PACKED: u8 = 0;
/// Anywhere, by strides; all vectors full.
pub(super) const IN_PLACE: u8 = 1;
/// Anywhere, by strides; the last vector may be partial.
pub(super) const EDGE: u8 = 2;
/// As `EDGE`, but b is packed, so that its rows can be read as a whole: one register more for sums.
pub(super) const PADDED: u8 = 3;
/// a is packed, without the columns that the list does not name; rows of b can be read as a whole; the last vector may be partial.
pub(super) const LISTED: u8 = 4;

/// An instruction set, as the matrix product sees it.
pub(super) trait Kernel {
    type V: Vector;
    /// The largest tile has this many rows, at most 12 …
    const ROWS: usize;
    /// … and this many vectors in each.
    const VECTORS: usize;
    /// A tile of a single row may have more, to hide the latency of the additions.
    const WIDE: usize = 8;
    /// How many registers there are, where the compiler has to be told to fetch an element of a only at its row's turn: given the choice it fetches
    /// all of them first, and then has none left for sums.
    const REGISTERS: Option<usize> = None;

    /// `tile`, compiled for this instruction set.
    ///
    /// # Safety
    /// The machine has the instructions; the pointers and strides are good for R rows of `width` columns.
    unsafe fn tile<const R: usize, const C: usize, const MODE: u8>(block: &Block, place: &Place);

    /// `super::pack::pack`, compiled for this instruction set.
    ///
    /// # Safety
    /// The machine has the instructions, and what `pack` asks for.
    unsafe fn pack(from: super::pack::Strip, panel: usize, stride: usize, to: *mut f32);

    /// `super::conv::walk`, compiled for this instruction set.
    ///
    /// # Safety
    /// The machine has the instructions, and what `walk` asks for.
    unsafe fn walk<const R: usize, const C: usize, const MODE: u8>(walk: &Walk, at: &At);

    /// A loop, compiled for this instruction set.
    ///
    /// # Safety
    /// The machine has the instructions, and what the loop asks for.
    unsafe fn within<L: Lanes>(lanes: L);
}

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
    const POINTERS: usize = if MODE == PACKED || MODE == LISTED { 1 } else { R.div_ceil(GROUP) };

    #[inline(always)]
    fn new(t: &Block, place: &Place, mask: <K::V as Vector>::Mask) -> Self {
        let (a_row, a_step, b_step) = match MODE {
            PACKED => (1, K::ROWS, C * K::V::LANES),
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
        // SAFETY: nothing but a comment.
        unsafe { std::arch::asm!("/* {0} */", inout(reg) p, options(pure, nomem, nostack, preserves_flags)) };
        p
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    p
}

/// A tile of some shape.
pub(super) type Tile = unsafe fn(&Block, &Place);

/// The tile for `rows` rows and `vectors` vectors, which are within the kernel's largest. A constant written as `const { … }` is known to the compiler
/// before it makes code for what it guards: tiles that a kernel has not are not compiled.
#[inline(always)]
pub(super) fn choose<K: Kernel, const MODE: u8>(rows: usize, vectors: usize) -> Tile {
    match rows {
        1 => wide::<K, MODE>(vectors),
        2 => across::<K, 2, MODE>(vectors),
        3 => across::<K, 3, MODE>(vectors),
        4 => across::<K, 4, MODE>(vectors),
        5 if const { K::ROWS >= 5 } => across::<K, 5, MODE>(vectors),
        6 if const { K::ROWS >= 6 } => across::<K, 6, MODE>(vectors),
        7 if const { K::ROWS >= 7 } => across::<K, 7, MODE>(vectors),
        8 if const { K::ROWS >= 8 } => across::<K, 8, MODE>(vectors),
        9 if const { K::ROWS >= 9 } => across::<K, 9, MODE>(vectors),
        10 if const { K::ROWS >= 10 } => across::<K, 10, MODE>(vectors),
        11 if const { K::ROWS >= 11 } => across::<K, 11, MODE>(vectors),
        12 if const { K::ROWS >= 12 } => across::<K, 12, MODE>(vectors),
        _ => unreachable!("no tile has {rows} rows"),
    }
}

#[inline(always)]
fn across<K: Kernel, const R: usize, const MODE: u8>(vectors: usize) -> Tile {
    match vectors {
        1 => K::tile::<R, 1, MODE>,
        2 => K::tile::<R, 2, MODE>,
        3 if const { K::VECTORS >= 3 || R == 1 } => K::tile::<R, 3, MODE>,
        _ => unreachable!("no tile has {vectors} vectors"),
    }
}

#[inline(always)]
fn wide<K: Kernel, const MODE: u8>(vectors: usize) -> Tile {
    match vectors {
        1..=3 => across::<K, 1, MODE>(vectors),
        4 => K::tile::<1, 4, MODE>,
        5 => K::tile::<1, 5, MODE>,
        6 => K::tile::<1, 6, MODE>,
        7 => K::tile::<1, 7, MODE>,
        _ => K::tile::<1, 8, MODE>,
    }
}

/// Any machine.
pub(super) struct Portable;

impl Kernel for Portable {
    type V = [f32; 4];
    const ROWS: usize = 4;
    const VECTORS: usize = 2;
    unsafe fn tile<const R: usize, const C: usize, const MODE: u8>(block: &Block, place: &Place) {
        // SAFETY: the caller's promise.
        unsafe { tile::<Portable, R, C, MODE>(block, place) }
    }
    unsafe fn pack(from: super::pack::Strip, panel: usize, stride: usize, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { super::pack::pack(from, panel, stride, to) }
    }
    unsafe fn walk<const R: usize, const C: usize, const MODE: u8>(w: &Walk, at: &At) {
        // SAFETY: the caller's promise.
        unsafe { walk::<Portable, R, C, MODE>(w, at) }
    }

    unsafe fn within<L: Lanes>(lanes: L) {
        // SAFETY: the caller's promise.
        unsafe { lanes.run::<Self::V>() }
    }
}

/// 12 sums, 2 vectors of b and 1 element of a of the 16 registers: one is left for the compiler to move in.
#[cfg(target_arch = "x86_64")]
pub(super) struct Avx2;

#[cfg(target_arch = "x86_64")]
impl Kernel for Avx2 {
    type V = std::arch::x86_64::__m256;
    const ROWS: usize = 6;
    const VECTORS: usize = 2;
    #[target_feature(enable = "avx2,fma")]
    unsafe fn tile<const R: usize, const C: usize, const MODE: u8>(block: &Block, place: &Place) {
        // SAFETY: the caller's promise.
        unsafe { tile::<Avx2, R, C, MODE>(block, place) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn pack(from: super::pack::Strip, panel: usize, stride: usize, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { super::pack::pack(from, panel, stride, to) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn walk<const R: usize, const C: usize, const MODE: u8>(w: &Walk, at: &At) {
        // SAFETY: the caller's promise.
        unsafe { walk::<Avx2, R, C, MODE>(w, at) }
    }

    #[target_feature(enable = "avx2,fma")]
    unsafe fn within<L: Lanes>(lanes: L) {
        // SAFETY: the caller's promise.
        unsafe { lanes.run::<Self::V>() }
    }
}

/// 24 sums, 2 vectors of b and 1 element of a of the 32 registers. Two vectors, because b passes through the nearest cache: with three, and
/// 8 rows, half as much again would have to come from the second.
#[cfg(target_arch = "x86_64")]
pub(super) struct Avx512;

#[cfg(target_arch = "x86_64")]
impl Kernel for Avx512 {
    type V = std::arch::x86_64::__m512;
    const ROWS: usize = 12;
    const VECTORS: usize = 2;
    const REGISTERS: Option<usize> = Some(32);
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
    unsafe fn tile<const R: usize, const C: usize, const MODE: u8>(block: &Block, place: &Place) {
        // SAFETY: the caller's promise.
        unsafe { tile::<Avx512, R, C, MODE>(block, place) }
    }
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
    unsafe fn pack(from: super::pack::Strip, panel: usize, stride: usize, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { super::pack::pack(from, panel, stride, to) }
    }
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
    unsafe fn walk<const R: usize, const C: usize, const MODE: u8>(w: &Walk, at: &At) {
        // SAFETY: the caller's promise.
        unsafe { walk::<Avx512, R, C, MODE>(w, at) }
    }

    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
    unsafe fn within<L: Lanes>(lanes: L) {
        // SAFETY: the caller's promise.
        unsafe { lanes.run::<Self::V>() }
    }
}

/// 24 sums, 3 vectors of b and some elements of a of the 32 registers.
#[cfg(target_arch = "aarch64")]
pub(super) struct Neon;

#[cfg(target_arch = "aarch64")]
impl Kernel for Neon {
    type V = std::arch::aarch64::float32x4_t;
    const ROWS: usize = 8;
    const VECTORS: usize = 3;
    #[target_feature(enable = "neon")]
    unsafe fn tile<const R: usize, const C: usize, const MODE: u8>(block: &Block, place: &Place) {
        // SAFETY: the caller's promise.
        unsafe { tile::<Neon, R, C, MODE>(block, place) }
    }
    #[target_feature(enable = "neon")]
    unsafe fn pack(from: super::pack::Strip, panel: usize, stride: usize, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { super::pack::pack(from, panel, stride, to) }
    }
    #[target_feature(enable = "neon")]
    unsafe fn walk<const R: usize, const C: usize, const MODE: u8>(w: &Walk, at: &At) {
        // SAFETY: the caller's promise.
        unsafe { walk::<Neon, R, C, MODE>(w, at) }
    }

    #[target_feature(enable = "neon")]
    unsafe fn within<L: Lanes>(lanes: L) {
        // SAFETY: the caller's promise.
        unsafe { lanes.run::<Self::V>() }
    }
}
