//! The orthogonal matrix nearest to a matrix, roughly: Newton and Schulz's iteration with the coefficients of
//! [Jordan et al. 2024](https://kellerjordan.github.io/posts/muon/), which lift small singular values fast and leave all
//! of them between about 0.7 and 1.2.
//!
//! ```text
//! A = X Xᵀ
//! X ← a X + (b A + c A²) X        wide matrices; for tall ones Xᵀ takes the place of X
//! ```

use crate::kernels::{self, Epilogue, View};
use crate::real::{Kinds, Number};
use crate::threads::{Shared, Threads};

/// a, b and c: a polynomial as steep at 0 as may be.
const COEFFICIENTS: [f64; 3] = [3.4445, -4.7750, 2.0315];

/// Working memory for matrices up to some size.
pub(crate) struct Orthogonal<R> {
    /// A product as large as X.
    product: Vec<R>,
    /// A and A², as large as the lesser side of X.
    gram: Vec<R>,
    square: Vec<R>,
    threads: Threads,
}

impl<R: Number> Orthogonal<R> {
    /// For matrices of these rows and columns.
    pub fn new(shapes: &[(usize, usize)], threads: &Threads) -> Self {
        let most =
            |size: fn(&(usize, usize)) -> usize| vec![R::of(0.0); shapes.iter().map(size).max().unwrap_or(0)];
        let lesser = |(r, c): &(usize, usize)| r.min(c) * r.min(c);
        Orthogonal {
            product: most(|(r, c)| r * c),
            gram: most(lesser),
            square: most(lesser),
            threads: threads.clone(),
        }
    }

    /// Iterates in place. The norm of `x` is at most 1.
    pub fn apply(&mut self, x: &mut [R], (rows, columns): (usize, usize), iterations: usize) {
        let [a, b, c] = COEFFICIENTS.map(R::of);
        let (product, tall, side) = (R::pick(Product), rows > columns, rows.min(columns));
        let (gram, next) = (&mut self.gram[..side * side], &mut self.product[..x.len()]);
        let squared = &mut self.square[..side * side];
        for _ in 0..iterations {
            let m = Matrix::new(x, rows, columns);
            let (left, right) = if tall { (m.transposed(), m) } else { (m, m.transposed()) };
            product(left, right, gram, &self.threads);
            let g = Matrix::new(gram, side, side);
            product(g, g, squared, &self.threads);
            gram.iter_mut().zip(&*squared).for_each(|(g, s)| *g = b * *g + c * *s);
            let (m, g) = (Matrix::new(x, rows, columns), Matrix::new(gram, side, side));
            let (left, right) = if tall { (m, g) } else { (g, m) };
            product(left, right, next, &self.threads);
            x.iter_mut().zip(&*next).for_each(|(x, n)| *x = a * *x + *n);
        }
    }
}

/// Numbers, row after row, read as they are or with rows as columns.
#[derive(Clone, Copy)]
struct Matrix<'a, R> {
    data: &'a [R],
    rows: usize,
    columns: usize,
    transposed: bool,
}

impl<'a, R: Copy> Matrix<'a, R> {
    fn new(data: &'a [R], rows: usize, columns: usize) -> Self {
        Matrix { data, rows, columns, transposed: false }
    }

    fn transposed(self) -> Self {
        Matrix { transposed: !self.transposed, ..self }
    }

    /// Rows and columns, as it is read.
    fn shape(&self) -> (usize, usize) {
        if self.transposed { (self.columns, self.rows) } else { (self.rows, self.columns) }
    }

    fn at(&self, i: usize, j: usize) -> R {
        if self.transposed { self.data[j * self.columns + i] } else { self.data[i * self.columns + j] }
    }
}

type ProductOf<R> = fn(Matrix<R>, Matrix<R>, &mut [R], &Threads);

/// c = a b, every element summed in one order whatever the threads.
struct Product;

impl Kinds for Product {
    type Of<R: Number> = ProductOf<R>;

    fn single(self) -> ProductOf<f32> {
        fn view<'a>(m: Matrix<'a, f32>) -> View<'a> {
            let view = View::new(m.data, m.rows, m.columns);
            if m.transposed { view.transposed() } else { view }
        }
        |a, b, c, threads| kernels::matmul(view(a), view(b), c, Epilogue::default(), threads)
    }

    fn double(self) -> ProductOf<f64> {
        |a, b, c, threads| {
            let ((rows, depth), (_, columns)) = (a.shape(), b.shape());
            let c = Shared::of(c);
            threads.for_each(rows, &|i| {
                // SAFETY: each task writes a row of its own.
                let row = unsafe { c.slice(i * columns..(i + 1) * columns) };
                for (j, c) in row.iter_mut().enumerate() {
                    *c = (0..depth).fold(0.0, |sum, k| sum + a.at(i, k) * b.at(k, j));
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Rng, Stream};

    /// Five iterations bring every singular value of a random matrix near 1, so XᵀX near the unit matrix.
    #[test]
    fn rows_or_columns_become_nearly_orthonormal() {
        for (rows, columns) in [(2, 3), (3, 2), (4, 4), (1, 5), (5, 1), (40, 300), (300, 40)] {
            let mut rng = Rng::new(1, Stream::Probe, 5);
            let mut x: Vec<f64> = (0..rows * columns).map(|_| rng.normal() as f64).collect();
            let norm = x.iter().map(|x| x * x).sum::<f64>().sqrt();
            x.iter_mut().for_each(|x| *x /= norm);
            let single: Vec<f32> = x.iter().map(|x| *x as f32).collect();
            let shape = (rows, columns);
            Orthogonal::new(&[shape], &Threads::new(1)).apply(&mut x, shape, 5);
            let at =
                |i: usize, j: usize| if rows > columns { x[j * columns + i] } else { x[i * columns + j] };
            let (side, length) = (rows.min(columns), rows.max(columns));
            for i in 0..side {
                for j in 0..side {
                    let dot: f64 = (0..length).map(|k| at(i, k) * at(j, k)).sum();
                    // Singular values of 0.68 to 1.14 are what the polynomial settles on.
                    let near = (dot - (i == j) as u8 as f64).abs() < 0.55;
                    assert!(near, "{rows} x {columns}: {i}, {j}: {dot}");
                }
            }
            let mut fast = single;
            Orthogonal::new(&[shape], &Threads::new(2)).apply(&mut fast, shape, 5);
            for (fast, slow) in fast.iter().zip(&x) {
                assert!((*fast as f64 - slow).abs() < 2e-5, "{rows} x {columns}: {fast}, not {slow}");
            }
        }
    }
}
