//! The innermost loop of a convolution: a few places by a few vectors of channels, held in registers while the taps of
//! the kernel pass by.

use crate::kernels::kernel::Kernel;
use crate::kernels::vector::Vector;

/// The most rows of a tile.
pub(super) const ROWS: usize = 12;

/// Where a tile reads next: offsets from where its rows, and its columns, begin.
#[derive(Clone, Copy)]
pub(super) struct Tap {
    pub a: isize,
    pub b: isize,
}

/// What all tiles of one part share. Strides count elements.
pub struct Walk<'a> {
    /// One after another: each sum takes `depth` products from each.
    pub(super) taps: &'a [Tap],
    pub(super) depth: usize,
    pub(super) a_step: usize,
    pub(super) b_step: usize,
    /// The sums go on from what c holds (otherwise they start at +0).
    pub(super) resume: bool,
    /// The finished sum is added to what c holds. Excludes `resume`.
    pub(super) add: bool,
    /// In c 0 stands for what is negative.
    pub(super) relu: bool,
}

/// Where one tile lies.
pub struct At {
    /// Where each row of a begins, and where its sums go.
    pub(super) a: [*const f32; ROWS],
    pub(super) c: [*mut f32; ROWS],
    pub(super) b: *const f32,
    /// Null if there is none.
    pub(super) bias: *const f32,
    /// How many columns: all vectors but the last are full.
    pub(super) width: usize,
}

/// All vectors full.
pub(super) const FULL: u8 = 0;
/// The last vector is partial in c and in the bias.
pub(super) const PADDED: u8 = 1;

/// c[r][j] = Σ a[r][p] b[p][j] for R rows and C vectors, each sum one chain of fused multiply-adds.
///
/// # Safety
/// R rows of a and c are good for all taps and `width` columns, and b for all taps and whole vectors.
// Counting to a constant is what the compiler unrolls, and says which register is meant.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
pub(in crate::kernels) unsafe fn walk<K: Kernel, const R: usize, const C: usize, const MODE: u8>(
    walk: &Walk,
    at: &At,
) {
    let (lanes, last) = (K::V::LANES, C - 1);
    // SAFETY: the caller's promise.
    unsafe {
        let mask = K::V::mask(at.width - last * lanes);
        let load = |from: *const f32, v: usize, partial: bool| {
            if partial && v == last {
                K::V::load_part(from.add(v * lanes), mask)
            } else {
                K::V::load(from.add(v * lanes))
            }
        };
        let mut sums = [[K::V::zero(); C]; R];
        if walk.resume {
            for r in 0..R {
                for v in 0..C {
                    sums[r][v] = load(at.c[r], v, MODE != FULL);
                }
            }
        }
        for tap in walk.taps {
            let mut a: [*const f32; R] = std::array::from_fn(|r| at.a[r].wrapping_offset(tap.a));
            let mut b = at.b.wrapping_offset(tap.b);
            for _ in 0..walk.depth {
                let mut row = [K::V::zero(); C];
                for v in 0..C {
                    row[v] = K::V::load(b.add(v * lanes));
                }
                for r in 0..R {
                    let x = K::V::splat(*a[r]);
                    for v in 0..C {
                        sums[r][v] = x.multiply_add(row[v], sums[r][v]);
                    }
                    a[r] = a[r].wrapping_add(walk.a_step);
                }
                b = b.wrapping_add(walk.b_step);
            }
        }
        if walk.add {
            for r in 0..R {
                for v in 0..C {
                    sums[r][v] = load(at.c[r], v, MODE != FULL).add(sums[r][v]);
                }
            }
        }
        if !at.bias.is_null() {
            for v in 0..C {
                let bias = load(at.bias, v, MODE != FULL);
                for r in 0..R {
                    sums[r][v] = sums[r][v].add(bias);
                }
            }
        }
        if walk.relu {
            for r in 0..R {
                for v in 0..C {
                    sums[r][v] = sums[r][v].relu();
                }
            }
        }
        for r in 0..R {
            for v in 0..C {
                if MODE != FULL && v == last {
                    sums[r][v].store_part(at.c[r].add(v * lanes), mask);
                } else {
                    sums[r][v].store(at.c[r].add(v * lanes));
                }
            }
        }
    }
}

/// The tile for `rows` rows; `const { … }` as in `kernels::tile`.
///
/// # Safety
/// That of [`Kernel::walk`]; rows and columns are within the kernel's largest tile.
pub(super) unsafe fn choose<K: Kernel>(rows: usize, w: &Walk, at: &At) {
    let lanes = K::V::LANES;
    let vectors = at.width.div_ceil(lanes);
    // SAFETY: the caller's promise.
    unsafe {
        if at.width.is_multiple_of(lanes) {
            down::<K, FULL>(rows, vectors, w, at)
        } else {
            down::<K, PADDED>(rows, vectors, w, at)
        }
    }
}

#[inline(always)]
unsafe fn down<K: Kernel, const MODE: u8>(rows: usize, vectors: usize, w: &Walk, at: &At) {
    // SAFETY: the caller's promise.
    unsafe {
        match rows {
            1 => across::<K, 1, MODE>(vectors, w, at),
            2 => across::<K, 2, MODE>(vectors, w, at),
            3 => across::<K, 3, MODE>(vectors, w, at),
            4 => across::<K, 4, MODE>(vectors, w, at),
            5 if const { K::ROWS >= 5 } => across::<K, 5, MODE>(vectors, w, at),
            6 if const { K::ROWS >= 6 } => across::<K, 6, MODE>(vectors, w, at),
            7 if const { K::ROWS >= 7 } => across::<K, 7, MODE>(vectors, w, at),
            8 if const { K::ROWS >= 8 } => across::<K, 8, MODE>(vectors, w, at),
            9 if const { K::ROWS >= 9 } => across::<K, 9, MODE>(vectors, w, at),
            10 if const { K::ROWS >= 10 } => across::<K, 10, MODE>(vectors, w, at),
            11 if const { K::ROWS >= 11 } => across::<K, 11, MODE>(vectors, w, at),
            12 if const { K::ROWS >= 12 } => across::<K, 12, MODE>(vectors, w, at),
            _ => unreachable!("no tile has {rows} rows"),
        }
    }
}

#[inline(always)]
unsafe fn across<K: Kernel, const R: usize, const MODE: u8>(vectors: usize, w: &Walk, at: &At) {
    // SAFETY: the caller's promise.
    unsafe {
        match vectors {
            1 => K::walk::<R, 1, MODE>(w, at),
            2 => K::walk::<R, 2, MODE>(w, at),
            3 if const { K::VECTORS >= 3 } => K::walk::<R, 3, MODE>(w, at),
            _ => unreachable!("no tile has {vectors} vectors"),
        }
    }
}
