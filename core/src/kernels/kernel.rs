//! Instruction sets, as products see them: their vectors, their tiles, and what is compiled for each.

use super::conv::{At, Walk, walk};
use super::tile::{Block, Place, tile};
use super::vector::{Lanes, Vector};

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
    /// The machine has the instructions; the pointers and strides are good for R rows of `width` columns; `ahead` is null or nobody else's.
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

/// What every instruction set has: the generic code, compiled with the features named.
macro_rules! compiled {
    ($(#[$features:meta])?) => {
        $(#[$features])?
        unsafe fn tile<const R: usize, const C: usize, const MODE: u8>(block: &Block, place: &Place) {
            // SAFETY: the caller's promise.
            unsafe { tile::<Self, R, C, MODE>(block, place) }
        }
        $(#[$features])?
        unsafe fn pack(from: super::pack::Strip, panel: usize, stride: usize, to: *mut f32) {
            // SAFETY: the caller's promise.
            unsafe { super::pack::pack::<Self::V>(from, panel, stride, to) }
        }
        $(#[$features])?
        unsafe fn walk<const R: usize, const C: usize, const MODE: u8>(w: &Walk, at: &At) {
            // SAFETY: the caller's promise.
            unsafe { walk::<Self, R, C, MODE>(w, at) }
        }
        $(#[$features])?
        unsafe fn within<L: Lanes>(lanes: L) {
            // SAFETY: the caller's promise.
            unsafe { lanes.run::<Self::V>() }
        }
    };
}

/// Any machine.
pub(super) struct Portable;

impl Kernel for Portable {
    type V = [f32; 4];
    const ROWS: usize = 4;
    const VECTORS: usize = 2;
    compiled!();
}

/// 12 sums, 2 vectors of b and 1 element of a of the 16 registers: one is left for the compiler to move in.
#[cfg(target_arch = "x86_64")]
pub(super) struct Avx2;

#[cfg(target_arch = "x86_64")]
impl Kernel for Avx2 {
    type V = std::arch::x86_64::__m256;
    const ROWS: usize = 6;
    const VECTORS: usize = 2;
    compiled!(#[target_feature(enable = "avx2,fma")]);
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
    compiled!(#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]);
}

/// 24 sums, 3 vectors of b and some elements of a of the 32 registers.
#[cfg(target_arch = "aarch64")]
pub(super) struct Neon;

#[cfg(target_arch = "aarch64")]
impl Kernel for Neon {
    type V = std::arch::aarch64::float32x4_t;
    const ROWS: usize = 8;
    const VECTORS: usize = 3;
    compiled!(#[target_feature(enable = "neon")]);
}
