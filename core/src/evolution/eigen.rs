//! Eigenvalues and eigenvectors of a symmetric matrix, in place.
//!
//! ```text
//! A = Vᵀ diag(λ₁ … λₙ) V,   V Vᵀ = I,   λ₁ ≤ … ≤ λₙ
//! 1. reflections: A → H A H, H = I − β v vᵀ, until A is tridiagonal   (Householder 1958)
//! 2. rotations:   T → G T Gᵀ, shifted, until T is diagonal            (Francis 1961; the shift: Wilkinson 1968)
//! ```
//!
//! Rows of V are the eigenvectors, so that every loop runs along rows. The order of all sums is fixed: the same
//! matrix gives the same bits on any machine. Golub & Van Loan, Matrix Computations, chapter 8.3.

use super::vectors::{Both, add, dot, turn};
use crate::kernels::widest;

/// Replaces the symmetric `matrix` (n × n, row-major) by its eigenvectors, row by row, and writes the eigenvalues,
/// ascending. `scratch` holds 2n numbers. False, and nothing of use in them, if an entry is not finite.
pub(crate) fn decompose(matrix: &mut [f64], values: &mut [f64], scratch: &mut [f64]) -> bool {
    let n = values.len();
    let largest = matrix.iter().fold(0.0f64, |most, x| if x.abs() <= most { most } else { x.abs() });
    if !largest.is_finite() {
        return false;
    }
    // A power of two rounds nothing; scaled so, squares neither overflow nor vanish.
    let power = f64::from_bits(largest.to_bits() & 0x7ff0_0000_0000_0000);
    let scale = if power > 0.0 { power } else { 1.0 };
    matrix.iter_mut().for_each(|x| *x /= scale);
    let (beside, betas) = scratch.split_at_mut(n);
    to_tridiagonal(matrix, values, beside, betas);
    gather(matrix, betas);
    let done = to_diagonal(matrix, values, beside);
    sort(matrix, values);
    values.iter_mut().for_each(|x| *x *= scale);
    done
}

/// A → H A H, once for each row i from the last, so that the row keeps one entry beside the diagonal. Leaves T in
/// `diagonal` and `beside` (its entry k stands between k and k + 1), v in row i of the matrix, β in `betas`.
fn to_tridiagonal(a: &mut [f64], diagonal: &mut [f64], beside: &mut [f64], betas: &mut [f64]) {
    let n = diagonal.len();
    for i in (1..n).rev() {
        let (above, row) = a.split_at_mut(i * n);
        diagonal[i] = row[i];
        betas[i] = 0.0;
        let v = &mut row[..i];
        let last = v[i - 1];
        if v[..i - 1].iter().all(|x| *x == 0.0) {
            beside[i - 1] = last;
            continue;
        }
        // H turns the row into (0, …, 0, end).
        let norm = dot(v, v).sqrt();
        let end = if last > 0.0 { -norm } else { norm };
        let beta = 1.0 / (norm * (norm + last.abs()));
        v[i - 1] = last - end;
        // H A H = A − v wᵀ − w vᵀ with p = β A v, w = p − ½ β (p · v) v.
        let w = &mut beside[..i];
        for (p, row) in w.iter_mut().zip(above.chunks_exact(n)) {
            *p = beta * dot(&row[..i], v);
        }
        let along = 0.5 * beta * dot(w, v);
        add(w, -along, v);
        for (j, row) in above.chunks_exact_mut(n).enumerate() {
            widest(Both { row: &mut row[..i], v_j: v[j], w_j: w[j], v, w });
        }
        (betas[i], beside[i - 1]) = (beta, end);
    }
    diagonal[0] = a[0];
}

/// The product of all reflections, in place of their vectors: then A was Zᵀ T Z.
fn gather(a: &mut [f64], betas: &[f64]) {
    let n = betas.len();
    for i in 0..n {
        let (above, row) = a.split_at_mut(i * n);
        for z in above.chunks_exact_mut(n) {
            if betas[i] != 0.0 {
                let along = betas[i] * dot(&z[..i], &row[..i]);
                add(&mut z[..i], -along, &row[..i]);
            }
            z[i] = 0.0;
        }
        row[..i].fill(0.0);
        row[i] = 1.0;
    }
}

/// T → G T Gᵀ until nothing is left beside the diagonal; the rows of Z turn along. False if that takes too long: then
/// a number was not finite.
fn to_diagonal(z: &mut [f64], diagonal: &mut [f64], beside: &mut [f64]) -> bool {
    let n = diagonal.len();
    let mut end = n - 1;
    // Two or three sweeps an eigenvalue are usual.
    for _ in 0..60 * n {
        let vanishes = |k: usize| {
            let near = diagonal[k].abs() + diagonal[k + 1].abs();
            beside[k].abs() <= 0.5 * f64::EPSILON * near || beside[k].abs() < 1e-150
        };
        while end > 0 && vanishes(end - 1) {
            end -= 1;
        }
        if end == 0 {
            return true;
        }
        let mut start = end - 1;
        while start > 0 && !vanishes(start - 1) {
            start -= 1;
        }
        sweep(z, diagonal, beside, start, end);
    }
    n == 0
}

/// Rotations of the planes (k, k + 1) for k = start … end − 1; the first is chosen by the shift, each other removes what
/// the one before put outside the three diagonals.
fn sweep(z: &mut [f64], diagonal: &mut [f64], beside: &mut [f64], start: usize, end: usize) {
    let n = diagonal.len();
    let half = 0.5 * (diagonal[end - 1] - diagonal[end]);
    let e = beside[end - 1];
    let root = (half * half + e * e).sqrt();
    let shift = diagonal[end] - e * e / (half + if half < 0.0 { -root } else { root });
    let (mut x, mut y) = (diagonal[start] - shift, beside[start]);
    for k in start..end {
        let r = (x * x + y * y).sqrt();
        let (cos, sin) = if r > 0.0 { (x / r, y / r) } else { (1.0, 0.0) };
        if k > start {
            beside[k - 1] = r;
        }
        let (a, b, c) = (diagonal[k], beside[k], diagonal[k + 1]);
        // [cos sin; −sin cos] [a b; b c] [cos −sin; sin cos]
        let moved = sin * (sin * (c - a) + 2.0 * cos * b);
        diagonal[k] = a + moved;
        diagonal[k + 1] = c - moved;
        beside[k] = cos * sin * (c - a) + (cos - sin) * (cos + sin) * b;
        if k + 1 < end {
            (x, y) = (beside[k], sin * beside[k + 1]);
            beside[k + 1] *= cos;
        }
        let (upper, lower) = z.split_at_mut((k + 1) * n);
        turn(&mut upper[k * n..], &mut lower[..n], cos, sin);
    }
}

/// Ascending, each row with its value.
fn sort(z: &mut [f64], values: &mut [f64]) {
    let n = values.len();
    for i in 0..n {
        let least = (i + 1..n).fold(i, |least, k| if values[k] < values[least] { k } else { least });
        if least != i {
            values.swap(i, least);
            let (upper, lower) = z.split_at_mut(least * n);
            upper[i * n..(i + 1) * n].swap_with_slice(&mut lower[..n]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Rng, Stream};

    /// A = Σ λₖ qₖ qₖᵀ with random orthonormal q.
    fn with_values(values: &[f64], seed: u64) -> Vec<f64> {
        let n = values.len();
        let mut rng = Rng::new(seed, Stream::Probe, 5);
        let mut q: Vec<Vec<f64>> = Vec::new();
        while q.len() < n {
            let mut v: Vec<f64> = (0..n).map(|_| rng.normal() as f64).collect();
            for _ in 0..2 {
                for u in &q {
                    let along = dot(u, &v);
                    add(&mut v, -along, u);
                }
            }
            let norm = dot(&v, &v).sqrt();
            v.iter_mut().for_each(|x| *x /= norm);
            q.push(v);
        }
        let entry = |i: usize, j: usize| (0..n).map(|k| values[k] * q[k][i] * q[k][j]).sum::<f64>();
        (0..n * n).map(|at| entry((at / n).min(at % n), (at / n).max(at % n))).collect()
    }

    fn check(a: &[f64], n: usize, what: &str) -> Vec<f64> {
        let (mut v, mut values) = (a.to_vec(), vec![f64::NAN; n]);
        let size = a.iter().fold(0.0f64, |m, x| m.max(x.abs())).max(1e-300);
        assert!(decompose(&mut v, &mut values, &mut vec![f64::NAN; 2 * n]), "{what}");
        let near = 4e-15 * (n as f64).sqrt();
        for i in 0..n {
            for j in 0..n {
                let unit = dot(&v[i * n..(i + 1) * n], &v[j * n..(j + 1) * n]);
                assert!((unit - f64::from(i == j)).abs() < near, "{what}: rows {i} and {j}: {unit}");
                let back: f64 = (0..n).map(|k| values[k] * v[k * n + i] * v[k * n + j]).sum();
                assert!((back - a[i * n + j]).abs() < near * size, "{what}: entry {i} {j}");
            }
        }
        assert!(values.is_sorted(), "{what}: {values:?}");
        values
    }

    #[test]
    fn it_gives_back_the_matrix_and_orthonormal_rows_in_order() {
        for (n, seed) in [(1, 1), (2, 2), (3, 3), (5, 4), (8, 5), (9, 6), (20, 7), (40, 8), (83, 9)] {
            let want: Vec<f64> = (0..n).map(|k| (k * k) as f64 - 3.0).collect();
            let got = check(&with_values(&want, seed), n, &format!("{n} × {n}"));
            let size = want.iter().fold(1.0f64, |m, x| m.max(x.abs()));
            for (got, want) in got.iter().zip(&want) {
                assert!((got - want).abs() < 1e-13 * size, "{n} × {n}: {got}, not {want}");
            }
        }
    }

    #[test]
    fn special_matrices_are_no_exception() {
        let n = 6;
        let identity: Vec<f64> = (0..n * n).map(|i| f64::from(i % (n + 1) == 0)).collect();
        assert_eq!(check(&identity, n, "identity"), [1.0; 6]);
        check(&vec![0.0; n * n], n, "zero");
        check(&vec![1.0; n * n], n, "ones");
        check(&identity.iter().map(|x| x * 1e-200).collect::<Vec<_>>(), n, "tiny");
        check(&with_values(&[1e180, 2e180, 1e182], 3), 3, "huge");
        check(&with_values(&[1.0, 1.0, 1.0, 2.0, 2.0, 5.0], 4), n, "equal values");
        let descending: Vec<f64> =
            (0..n * n).map(|i| if i % (n + 1) == 0 { 9.0 - i as f64 } else { 0.0 }).collect();
        check(&descending, n, "diagonal, descending");
        // Stretched as far as an evolution ever lets it be.
        let stretched: Vec<f64> = (0..10).map(|k| 10f64.powi(k * 14 / 9)).collect();
        let got = check(&with_values(&stretched, 5), 10, "condition 10¹⁴");
        for (got, want) in got.iter().zip(&stretched) {
            assert!((got - want).abs() < 1e-15 * 1e14, "{got}, not {want}");
        }
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut a = [1.0, bad, bad, 2.0];
            assert!(!decompose(&mut a, &mut [0.0; 2], &mut [0.0; 4]));
        }
    }
}
