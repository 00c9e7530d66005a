//! The same product by everyone.

use gradus::kernels::{Epilogue, matmul};
use gradus::threads::Threads;

use crate::shapes::Operands;

/// c = a b, c row after row.
pub type Product = fn(&Operands, &mut [f32], &Threads);

/// Ours first.
pub const PRODUCTS: [(&str, Product); 4] =
    [("gradus", gradus), ("gemm", gemm), ("faer", faer), ("matrixmultiply", matrixmultiply)];

fn gradus(o: &Operands, c: &mut [f32], threads: &Threads) {
    let [a, b] = o.views();
    matmul(a, b, c, Epilogue::default(), threads);
}

fn gemm(o: &Operands, c: &mut [f32], threads: &Threads) {
    use gemm::Parallelism;
    let ([m, k, n], [(a_down, a_along), (b_down, b_along)]) = (o.size, o.strides());
    let how = if threads.count() > 1 { Parallelism::Rayon(threads.count()) } else { Parallelism::None };
    let (a, b, c) = (o.a.as_ptr(), o.b.as_ptr(), c.as_mut_ptr());
    // Strides are given along a row first; c is not read; nothing is conjugated.
    // SAFETY: the strides are those of the slices, whose lengths are m k, k n and m n.
    unsafe {
        gemm::gemm(
            m, n, k, c, 1, n as isize, false, a, a_along, a_down, b, b_along, b_down, 0.0, 1.0, false, false,
            false, how,
        );
    }
}

fn faer(o: &Operands, c: &mut [f32], threads: &Threads) {
    use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};
    let [m, k, n] = o.size;
    let view = |data, turned, rows, columns| match turned {
        true => MatRef::from_column_major_slice(data, rows, columns),
        false => MatRef::from_row_major_slice(data, rows, columns),
    };
    let (a, b) = (view(&o.a, o.turned[0], m, k), view(&o.b, o.turned[1], k, n));
    let how = if threads.count() > 1 { Par::rayon(threads.count()) } else { Par::Seq };
    matmul(MatMut::from_row_major_slice_mut(c, m, n), Accum::Replace, a, b, 1.0, how);
}

/// Reads its number of threads from MATMUL_NUM_THREADS, once.
fn matrixmultiply(o: &Operands, c: &mut [f32], _: &Threads) {
    let ([m, k, n], [(a_down, a_along), (b_down, b_along)]) = (o.size, o.strides());
    let (a, b, c) = (o.a.as_ptr(), o.b.as_ptr(), c.as_mut_ptr());
    // SAFETY: the strides are those of the slices, whose lengths are m k, k n and m n.
    unsafe {
        matrixmultiply::sgemm(m, k, n, 1.0, a, a_down, a_along, b, b_down, b_along, 0.0, c, n as isize, 1)
    }
}
