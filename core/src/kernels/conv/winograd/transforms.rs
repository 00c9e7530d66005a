//! The three transforms of the algorithm in one dimension and their adjoints, and how one dimension becomes two.
//!
//! ```text
//!      | 1  0 −1  0 |          | 1   0   0  |
//! Bᵀ = | 0  1  1  0 |     G  = | ½   ½   ½  |     Aᵀ = | 1  1  1  0 |
//!      | 0 −1  1  0 |          | ½  −½   ½  |          | 0  1 −1 −1 |
//!      | 0  1  0 −1 |          | 0   0   1  |
//! ```
//!
//! Each element is a sum over the columns in ascending order; multiplying by ½ or ±1 rounds nothing.

use crate::kernels::vector::Vector;

/// A matrix of M rows and N columns, times a vector.
///
/// No closures here: the compiler would make functions of them that know nothing of the instruction set.
pub trait Transform<const N: usize, const M: usize> {
    /// # Safety
    /// The machine has the instructions of V.
    unsafe fn of<V: Vector>(x: [V; N]) -> [V; M];
}

/// Bᵀ d: what a tile of a picture becomes.
pub struct Picture;

impl Transform<4, 4> for Picture {
    #[inline(always)]
    unsafe fn of<V: Vector>([d0, d1, d2, d3]: [V; 4]) -> [V; 4] {
        // SAFETY: the caller's promise.
        unsafe { [d0.sub(d2), d1.add(d2), d2.sub(d1), d1.sub(d3)] }
    }
}

/// G g: what a kernel becomes.
pub struct Weights;

impl Transform<3, 4> for Weights {
    #[inline(always)]
    unsafe fn of<V: Vector>([g0, g1, g2]: [V; 3]) -> [V; 4] {
        // SAFETY: the caller's promise.
        unsafe { [g0, half(g0.add(g1).add(g2)), half(g0.sub(g1).add(g2)), g2] }
    }
}

/// Aᵀ m: the places of the result.
pub struct Places;

impl Transform<4, 2> for Places {
    #[inline(always)]
    unsafe fn of<V: Vector>([m0, m1, m2, m3]: [V; 4]) -> [V; 2] {
        // SAFETY: the caller's promise.
        unsafe { [m0.add(m1).add(m2), m1.sub(m2).sub(m3)] }
    }
}

/// A dy: what slopes of the places of the result become.
pub struct Slopes;

impl Transform<2, 4> for Slopes {
    #[inline(always)]
    unsafe fn of<V: Vector>([y0, y1]: [V; 2]) -> [V; 4] {
        // SAFETY: the caller's promise.
        unsafe { [y0, y0.add(y1), y0.sub(y1), V::zero().sub(y1)] }
    }
}

/// Gᵀ u: the slopes of a kernel.
pub struct WeightSlopes;

impl Transform<4, 3> for WeightSlopes {
    #[inline(always)]
    unsafe fn of<V: Vector>([u0, u1, u2, u3]: [V; 4]) -> [V; 3] {
        // SAFETY: the caller's promise.
        unsafe {
            let (h1, h2) = (half(u1), half(u2));
            [u0.add(h1).add(h2), h1.sub(h2), h1.add(h2).add(u3)]
        }
    }
}

#[inline(always)]
unsafe fn half<V: Vector>(x: V) -> V {
    // SAFETY: the caller's promise.
    unsafe { V::splat(0.5).multiply_add(x, V::zero()) }
}

/// T x Tᵀ: down the columns, then along the rows.
///
/// # Safety
/// The machine has the instructions of V.
#[inline(always)]
pub unsafe fn both<T: Transform<N, M>, V: Vector, const N: usize, const M: usize>(
    x: &[[V; N]; N],
) -> [[V; M]; M] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut columns = [[V::zero(); M]; N];
        for (j, to) in columns.iter_mut().enumerate() {
            *to = T::of(column(x, j));
        }
        let mut y = [[V::zero(); M]; M];
        for (i, to) in y.iter_mut().enumerate() {
            *to = T::of(column(&columns, i));
        }
        y
    }
}

/// Row I of T x Tᵀ: the compiler leaves out what only other rows need.
///
/// # Safety
/// The machine has the instructions of V.
#[inline(always)]
pub unsafe fn row<T: Transform<N, M>, V: Vector, const I: usize, const N: usize, const M: usize>(
    x: &[[V; N]; N],
) -> [V; M] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut of_columns = [V::zero(); N];
        for (j, to) in of_columns.iter_mut().enumerate() {
            *to = T::of(column(x, j))[I];
        }
        T::of(of_columns)
    }
}

#[inline(always)]
unsafe fn column<V: Vector, const N: usize, const M: usize>(x: &[[V; M]; N], j: usize) -> [V; N] {
    // SAFETY: the caller's promise.
    let mut column = unsafe { [V::zero(); N] };
    for (to, row) in column.iter_mut().zip(x) {
        *to = row[j];
    }
    column
}
