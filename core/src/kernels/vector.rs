//! A register full of numbers: the few instructions the matrix product needs, for each instruction set.

use super::pack::transposed;

/// So many numbers of a row are turned at once.
pub(super) const TURNED: usize = 4;

/// `LANES` numbers that are multiplied and added at once.
///
/// Every method is `unsafe`: it may run only where the machine has the instructions (or behind
/// `#[target_feature]`), and pointers must be good for the lanes that are read or written.
pub(super) trait Vector: Copy {
    /// How many numbers.
    const LANES: usize;
    /// Which lanes take part in a partial load or store.
    type Mask: Copy;
    /// The first `count` lanes, with `count` in 1..=LANES.
    unsafe fn mask(count: usize) -> Self::Mask;
    /// All lanes +0.
    unsafe fn zero() -> Self;
    /// All lanes `x`.
    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    /// Lanes outside the mask are +0 and not read.
    unsafe fn load_part(from: *const f32, mask: Self::Mask) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// Lanes outside the mask are not written.
    unsafe fn store_part(self, to: *mut f32, mask: Self::Mask);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    /// self · b + c, rounded once.
    unsafe fn multiply_add(self, b: Self, c: Self) -> Self;
    /// Asks for a cache line that will be wanted. No address is wrong.
    #[inline(always)]
    fn prefetch(_at: *const f32) {}
    /// The same into the second cache: it will be wanted later.
    #[inline(always)]
    fn prefetch_second(_at: *const f32) {}
    /// The same into the nearest, and no other core keeps it: it will be written.
    #[inline(always)]
    fn prefetch_write(_at: *const f32) {}
    /// 0 in lanes that are negative; −0 and what is no number stay.
    unsafe fn relu(self) -> Self;
    /// Whether all lanes are +0 or −0.
    unsafe fn is_zero(self) -> bool;
    /// The size of each lane.
    unsafe fn abs(self) -> Self;
    /// +0 in lanes whose size is below that of `least`, which is not negative; what is no number stays, and beside it everything.
    unsafe fn or_zero(self, least: Self) -> Self;
    /// The first four numbers of as many rows as there are lanes, each as a column: lane i of vector j is `row(i)[j]`.
    #[inline(always)]
    unsafe fn turned(row: impl Fn(usize) -> *const f32) -> [Self; TURNED] {
        let mut columns = [[0.0; 16]; TURNED];
        for first in (0..Self::LANES).step_by(4) {
            // SAFETY: the caller's rows have four numbers each.
            let square: [[f32; 4]; 4] =
                std::array::from_fn(|i| unsafe { row(first + i).cast::<[f32; 4]>().read_unaligned() });
            for (column, four) in columns.iter_mut().zip(transposed(square)) {
                column[first..first + 4].copy_from_slice(&four);
            }
        }
        // SAFETY: a column has 16 numbers, and no vector more lanes.
        columns.map(|column| unsafe { Self::load(column.as_ptr()) })
    }
}

/// A loop over vectors, to be compiled for each instruction set (`Kernel::within`). Implementors mark `run` `#[inline(always)]`.
pub(super) trait Lanes {
    /// # Safety
    /// The machine has the instructions of `V`, and what the loop itself asks for.
    unsafe fn run<V: Vector>(self);
}

/// Works everywhere; as fast as the compiler makes it.
impl Vector for [f32; 4] {
    const LANES: usize = 4;
    type Mask = usize;
    #[inline(always)]
    unsafe fn mask(count: usize) -> usize {
        count
    }
    #[inline(always)]
    unsafe fn zero() -> Self {
        [0.0; 4]
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        [x; 4]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's pointer is good for four numbers.
        unsafe { from.cast::<Self>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> Self {
        // SAFETY: the caller's pointer is good for `count` numbers.
        std::array::from_fn(|lane| if lane < count { unsafe { *from.add(lane) } } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's pointer is good for four numbers.
        unsafe { to.cast::<Self>().write_unaligned(self) }
    }
    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, count: usize) {
        for (lane, x) in self.into_iter().enumerate().take(count) {
            // SAFETY: the caller's pointer is good for `count` numbers.
            unsafe { *to.add(lane) = x }
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] + other[lane])
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] - other[lane])
    }
    #[inline(always)]
    unsafe fn multiply_add(self, b: Self, c: Self) -> Self {
        std::array::from_fn(|lane| self[lane].mul_add(b[lane], c[lane]))
    }
    #[inline(always)]
    unsafe fn relu(self) -> Self {
        self.map(|x| if x < 0.0 { 0.0 } else { x })
    }
    #[inline(always)]
    unsafe fn is_zero(self) -> bool {
        self == [0.0; 4]
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        self.map(f32::abs)
    }
    #[inline(always)]
    unsafe fn or_zero(self, least: Self) -> Self {
        std::array::from_fn(|lane| if self[lane].abs() < least[lane] { 0.0 } else { self[lane] })
    }
}

#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(target_arch = "aarch64")]
mod neon {
    use super::Vector;
    use std::arch::aarch64::*;

    // SAFETY of all blocks below: the caller's, see `Vector`.
    impl Vector for float32x4_t {
        const LANES: usize = 4;
        type Mask = usize;
        #[inline(always)]
        unsafe fn mask(count: usize) -> usize {
            count
        }
        #[inline(always)]
        unsafe fn zero() -> Self {
            // SAFETY: see above.
            unsafe { vdupq_n_f32(0.0) }
        }
        #[inline(always)]
        unsafe fn splat(x: f32) -> Self {
            // SAFETY: see above.
            unsafe { vdupq_n_f32(x) }
        }
        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: see above.
            unsafe { vld1q_f32(from) }
        }
        #[inline(always)]
        unsafe fn load_part(from: *const f32, count: usize) -> Self {
            // SAFETY: see above; the whole array is read.
            unsafe { vld1q_f32(<[f32; 4]>::load_part(from, count).as_ptr()) }
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: see above.
            unsafe { vst1q_f32(to, self) }
        }
        #[inline(always)]
        unsafe fn store_part(self, to: *mut f32, count: usize) {
            let mut lanes = [0.0; 4];
            // SAFETY: see above; the whole array is written.
            unsafe {
                vst1q_f32(lanes.as_mut_ptr(), self);
                lanes.store_part(to, count);
            }
        }
        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            // SAFETY: see above.
            unsafe { vaddq_f32(self, other) }
        }

        #[inline(always)]
        unsafe fn sub(self, other: Self) -> Self {
            // SAFETY: see above.
            unsafe { vsubq_f32(self, other) }
        }
        #[inline(always)]
        unsafe fn multiply_add(self, b: Self, c: Self) -> Self {
            // SAFETY: see above.
            unsafe { vfmaq_f32(c, self, b) }
        }
        #[inline(always)]
        unsafe fn relu(self) -> Self {
            // SAFETY: see above. The instruction for a maximum would make +0 of −0.
            unsafe { vbslq_f32(vcltzq_f32(self), vdupq_n_f32(0.0), self) }
        }
        #[inline(always)]
        unsafe fn is_zero(self) -> bool {
            // SAFETY: see above. What is no number is not equal to 0.
            unsafe { vminvq_u32(vceqzq_f32(self)) != 0 }
        }
        #[inline(always)]
        unsafe fn abs(self) -> Self {
            // SAFETY: see above.
            unsafe { vabsq_f32(self) }
        }
        #[inline(always)]
        unsafe fn or_zero(self, least: Self) -> Self {
            // SAFETY: see above. A comparison with what is no number holds in no lane.
            unsafe {
                let bits = vreinterpretq_u32_f32(self);
                vreinterpretq_f32_u32(vbicq_u32(bits, vcltq_f32(vabsq_f32(self), least)))
            }
        }
    }
}
