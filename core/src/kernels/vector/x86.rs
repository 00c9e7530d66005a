//! Vectors of AVX2 and AVX-512.

use super::{TURNED, Vector};
use std::arch::x86_64::*;

/// Eight lanes of −1, then eight of 0: a mask of n lanes starts at 8 − n.
static MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

// SAFETY of all blocks below: the caller's, see `Vector`.
impl Vector for __m256 {
    const LANES: usize = 8;
    /// The mask of a load, and the count, which makes for a faster store than a masked one.
    type Mask = (__m256i, usize);
    #[inline(always)]
    unsafe fn mask(count: usize) -> Self::Mask {
        // SAFETY: 8 - count is in 0..8, and 8 numbers follow it.
        (unsafe { _mm256_loadu_si256(MASKS.as_ptr().add(8 - count).cast()) }, count)
    }
    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: see above.
        unsafe { _mm256_setzero_ps() }
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, mask: Self::Mask) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_maskload_ps(from, mask.0) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: see above.
        unsafe { _mm256_storeu_ps(to, self) }
    }
    #[inline(always)]
    unsafe fn store_part(self, mut to: *mut f32, (_, count): Self::Mask) {
        // SAFETY: see above; 4 + 2 + 1 lanes as the bits of `count` say.
        unsafe {
            if count == 8 {
                return _mm256_storeu_ps(to, self);
            }
            let mut rest = _mm256_castps256_ps128(self);
            if count & 4 != 0 {
                _mm_storeu_ps(to, rest);
                rest = _mm256_extractf128_ps::<1>(self);
                to = to.add(4);
            }
            if count & 2 != 0 {
                _mm_storel_epi64(to.cast(), _mm_castps_si128(rest));
                rest = _mm_movehl_ps(rest, rest);
                to = to.add(2);
            }
            if count & 1 != 0 {
                _mm_store_ss(to, rest);
            }
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_add_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_sub_ps(self, other) }
    }
    #[inline(always)]
    unsafe fn multiply_add(self, b: Self, c: Self) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_fmadd_ps(self, b, c) }
    }
    #[inline(always)]
    fn prefetch(at: *const f32) {
        // SAFETY: every x86-64 has the instruction, and nothing is read.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }
    #[inline(always)]
    fn prefetch_second(at: *const f32) {
        // SAFETY: every x86-64 has the instruction, and nothing is read.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) }
    }
    #[inline(always)]
    fn prefetch_write(at: *const f32) {
        prefetchw(at);
    }
    #[inline(always)]
    unsafe fn relu(self) -> Self {
        // SAFETY: see above. The second operand is the result unless the first is greater.
        unsafe { _mm256_max_ps(_mm256_setzero_ps(), self) }
    }
    #[inline(always)]
    unsafe fn is_zero(self) -> bool {
        // SAFETY: see above. What is no number is not equal to 0.
        unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NEQ_UQ>(self, _mm256_setzero_ps())) == 0 }
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), self) }
    }
    #[inline(always)]
    unsafe fn or_zero(self, least: Self) -> Self {
        // SAFETY: see above. A comparison with what is no number holds in no lane.
        unsafe { _mm256_andnot_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(self.abs(), least), self) }
    }
    #[inline(always)]
    unsafe fn turned(row: impl Fn(usize) -> *const f32) -> [Self; TURNED] {
        // SAFETY: see above. Rows i and i + 4 side by side: two squares of 4 × 4 are turned at once. (A closure that makes vectors would be
        // compiled without the instructions, and called.)
        unsafe {
            let mut r = [_mm256_setzero_ps(); 4];
            for (i, r) in r.iter_mut().enumerate() {
                let half = _mm256_castps128_ps256(_mm_loadu_ps(row(i)));
                *r = _mm256_insertf128_ps::<1>(half, _mm_loadu_ps(row(i + 4)));
            }
            let a = _mm256_castps_pd(_mm256_unpacklo_ps(r[0], r[1]));
            let b = _mm256_castps_pd(_mm256_unpackhi_ps(r[0], r[1]));
            let c = _mm256_castps_pd(_mm256_unpacklo_ps(r[2], r[3]));
            let d = _mm256_castps_pd(_mm256_unpackhi_ps(r[2], r[3]));
            [
                _mm256_castpd_ps(_mm256_unpacklo_pd(a, c)),
                _mm256_castpd_ps(_mm256_unpackhi_pd(a, c)),
                _mm256_castpd_ps(_mm256_unpacklo_pd(b, d)),
                _mm256_castpd_ps(_mm256_unpackhi_pd(b, d)),
            ]
        }
    }
}

impl Vector for __m512 {
    const LANES: usize = 16;
    type Mask = __mmask16;
    #[inline(always)]
    unsafe fn mask(count: usize) -> __mmask16 {
        ((1u32 << count) - 1) as u16
    }
    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: see above.
        unsafe { _mm512_setzero_ps() }
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, mask: __mmask16) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_maskz_loadu_ps(mask, from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: see above.
        unsafe { _mm512_storeu_ps(to, self) }
    }
    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, mask: __mmask16) {
        // SAFETY: see above.
        unsafe { _mm512_mask_storeu_ps(to, mask, self) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_add_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_sub_ps(self, other) }
    }
    #[inline(always)]
    unsafe fn multiply_add(self, b: Self, c: Self) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_fmadd_ps(self, b, c) }
    }
    #[inline(always)]
    fn prefetch(at: *const f32) {
        // SAFETY: every x86-64 has the instruction, and nothing is read.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }
    #[inline(always)]
    fn prefetch_second(at: *const f32) {
        // SAFETY: every x86-64 has the instruction, and nothing is read.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) }
    }
    #[inline(always)]
    fn prefetch_write(at: *const f32) {
        prefetchw(at);
    }
    #[inline(always)]
    unsafe fn relu(self) -> Self {
        // SAFETY: see above. The second operand is the result unless the first is greater.
        unsafe { _mm512_max_ps(_mm512_setzero_ps(), self) }
    }
    #[inline(always)]
    unsafe fn is_zero(self) -> bool {
        // SAFETY: see above. What is no number is not equal to 0.
        unsafe { _mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(self, _mm512_setzero_ps()) == 0 }
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_abs_ps(self) }
    }
    #[inline(always)]
    unsafe fn or_zero(self, least: Self) -> Self {
        // SAFETY: see above. Not below holds too in lanes of what is no number.
        unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_NLT_UQ>(self.abs(), least), self) }
    }
    #[inline(always)]
    unsafe fn turned(row: impl Fn(usize) -> *const f32) -> [Self; TURNED] {
        // SAFETY: see above. Rows i, i + 4, i + 8 and i + 12 side by side: four squares are turned at once.
        unsafe {
            let mut r = [_mm512_setzero_ps(); 4];
            for (i, r) in r.iter_mut().enumerate() {
                let one = _mm512_castps128_ps512(_mm_loadu_ps(row(i)));
                let two = _mm512_insertf32x4::<1>(one, _mm_loadu_ps(row(i + 4)));
                let three = _mm512_insertf32x4::<2>(two, _mm_loadu_ps(row(i + 8)));
                *r = _mm512_insertf32x4::<3>(three, _mm_loadu_ps(row(i + 12)));
            }
            let a = _mm512_castps_pd(_mm512_unpacklo_ps(r[0], r[1]));
            let b = _mm512_castps_pd(_mm512_unpackhi_ps(r[0], r[1]));
            let c = _mm512_castps_pd(_mm512_unpacklo_ps(r[2], r[3]));
            let d = _mm512_castps_pd(_mm512_unpackhi_ps(r[2], r[3]));
            [
                _mm512_castpd_ps(_mm512_unpacklo_pd(a, c)),
                _mm512_castpd_ps(_mm512_unpackhi_pd(a, c)),
                _mm512_castpd_ps(_mm512_unpacklo_pd(b, d)),
                _mm512_castpd_ps(_mm512_unpackhi_pd(b, d)),
            ]
        }
    }
}

/// Asks for a line that will be written. (The compiler's own function reads it only, unless it knows that the processor has `prefetchw`;
/// x86-64 processors that do not know it pass over it.)
#[inline(always)]
fn prefetchw(at: *const f32) {
    // SAFETY: a hint: no memory is touched, and no address is wrong.
    unsafe { std::arch::asm!("prefetchw [{0}]", in(reg) at, options(nostack, preserves_flags)) }
}
