//! What an instance of a function is: its place, value and rotations, drawn by the generator of the original.
//!
//! ```text
//! s ← 16807 s mod 2147483647
//! ```
//!
//! Park & Miller 1988, shuffled through a table of 32 (Bays & Durham 1976).

use std::f64::consts::PI;

use crate::words::Values;

/// One of the 24 in some dimension, and which of its instances.
pub(super) struct Instance {
    function: u64,
    /// D
    pub dim: usize,
    instance: u64,
}

impl Instance {
    /// As the parameters of its row say.
    pub fn of(function: u64, values: &Values) -> Instance {
        Instance { function, dim: values.whole("dim"), instance: values.whole("instance") as u64 }
    }

    /// What all draws are keyed by. Two functions share those of another.
    pub fn seed(&self) -> u64 {
        let function = match self.function {
            4 => 3,
            18 => 17,
            other => other,
        };
        function + 10_000 * self.instance
    }

    /// f_opt: a ratio of two normal numbers, to two decimals, within ±1000.
    pub fn f_opt(&self) -> f64 {
        let ratio = normal(1, self.seed())[0] / normal(1, self.seed() + 1)[0];
        (round(100.0 * 100.0 * ratio) / 100.0).clamp(-1000.0, 1000.0)
    }

    /// x_opt in [−4, 4]ᴰ, to four decimals, never 0.
    pub fn x_opt(&self) -> Vec<f64> {
        x_opt(self.dim, self.seed())
    }

    /// The x_opt of f12, which has another seed.
    pub fn other_x_opt(&self) -> Vec<f64> {
        x_opt(self.dim, self.seed() + 1_000_000)
    }

    /// R
    pub fn r(&self) -> Matrix {
        Matrix::rotation(self.dim, self.seed() + 1_000_000)
    }

    /// Q
    pub fn q(&self) -> Matrix {
        Matrix::rotation(self.dim, self.seed())
    }

    /// R Λ^α Q
    pub fn r_lambda_q(&self, alpha: f64) -> Matrix {
        let (r, q, dim) = (self.r(), self.q(), self.dim);
        let lambda: Vec<f64> = (0..dim).map(|k| lambda(alpha, k, dim)).collect();
        let element = |i: usize, j: usize| {
            (0..dim).fold(0.0, |sum, k| sum + r.0[i * dim + k] * lambda[k] * q.0[k * dim + j])
        };
        Matrix((0..dim * dim).map(|n| element(n / dim, n % dim)).collect())
    }
}

/// tᵢ = i / (D − 1), counting from 0.
pub(super) fn share(i: usize, dim: usize) -> f64 {
    i as f64 / (dim as f64 - 1.0)
}

/// α^(½ tᵢ), counting from 0.
pub(super) fn lambda(alpha: f64, i: usize, dim: usize) -> f64 {
    alpha.sqrt().powf(share(i, dim))
}

/// The nearest whole number, halves up.
pub(super) fn round(x: f64) -> f64 {
    (x + 0.5).floor()
}

fn x_opt(dim: usize, seed: u64) -> Vec<f64> {
    let place = |u: f64| {
        let x = 8.0 * (1e4 * u).floor() / 1e4 - 4.0;
        if x == 0.0 { -1e-5 } else { x }
    };
    uniform(dim, seed).into_iter().map(place).collect()
}

/// `count` numbers uniform in (0, 1).
pub(super) fn uniform(count: usize, seed: u64) -> Vec<f64> {
    const MODULUS: u64 = 2_147_483_647;
    let mut state = seed.max(1);
    let mut draw = || {
        state = 16_807 * state % MODULUS;
        state
    };
    let mut table = [0; 32];
    for i in (0..40).rev() {
        let drawn = draw();
        if i < 32 {
            table[i] = drawn;
        }
    }
    let mut last = table[0];
    let number = |_| {
        let place = (last / 67_108_865) as usize;
        last = std::mem::replace(&mut table[place], draw());
        let number = last as f64 / MODULUS as f64;
        if number == 0.0 { 1e-99 } else { number }
    };
    (0..count).map(number).collect()
}

/// `count` normal numbers (Box & Muller 1958).
pub(super) fn normal(count: usize, seed: u64) -> Vec<f64> {
    let u = uniform(2 * count, seed);
    let number = |i: usize| {
        let number = (-2.0 * u[i].ln()).sqrt() * (2.0 * PI * u[count + i]).cos();
        if number == 0.0 { 1e-99 } else { number }
    };
    (0..count).map(number).collect()
}

/// A square matrix, row after row.
pub(super) struct Matrix(pub Vec<f64>);

impl Matrix {
    /// Normal numbers, made orthonormal column by column (Gram & Schmidt).
    fn rotation(dim: usize, seed: u64) -> Matrix {
        let mut columns = normal(dim * dim, seed);
        for i in 0..dim {
            let (before, rest) = columns.split_at_mut(i * dim);
            let column = &mut rest[..dim];
            for other in before.chunks(dim) {
                let product = dot(column, other);
                column.iter_mut().zip(other).for_each(|(a, b)| *a -= product * b);
            }
            let norm = dot(column, column).sqrt();
            column.iter_mut().for_each(|a| *a /= norm);
        }
        Matrix((0..dim * dim).map(|n| columns[n % dim * dim + n / dim]).collect())
    }

    /// M z into `out`.
    pub fn apply(&self, z: &[f64], out: &mut [f64]) {
        self.0.chunks(z.len()).zip(out).for_each(|(row, out)| *out = dot(row, z));
    }

    /// Mᵀ 1 times `factor`.
    pub fn column_sums(&self, dim: usize, factor: f64) -> Vec<f64> {
        (0..dim).map(|j| self.0.iter().skip(j).step_by(dim).fold(0.0, |sum, m| sum + m) * factor).collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b)
}
