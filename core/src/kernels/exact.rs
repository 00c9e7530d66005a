//! A matrix product in `f64`, for measurements: plain, but in tiles that stay in registers.
//!
//! Every element is one sum over k in ascending order, begun with the bias: the same bits on any machine and any number
//! of threads.

use super::{Loop, widest};
use crate::threads::{Shared, Threads};

/// A tile of the result.
const ROWS: usize = 4;
const COLUMNS: usize = 16;
/// Products that one thread does faster than it wakes another.
const SMALL: usize = 50_000;

/// y ← x W + b: x and W with the lengths of their rows.
///
/// # Panics
/// If the lengths do not fit.
pub fn matmul_exact(
    (x, inputs): (&[f64], usize),
    (w, outputs): (&[f64], usize),
    bias: Option<&[f64]>,
    y: &mut [f64],
    threads: &Threads,
) {
    assert!(w.len() == inputs * outputs && y.len() * inputs == x.len() * outputs);
    assert!(bias.is_none_or(|b| b.len() == outputs));
    let rows = y.len().checked_div(outputs).unwrap_or(0);
    let (all, y) = (y.len() * inputs, Shared::of(y));
    let task = |task: usize| {
        let range = task * ROWS..rows.min((task + 1) * ROWS);
        let x = &x[range.start * inputs..range.end * inputs];
        // SAFETY: rows are disjoint.
        let y = unsafe { y.slice(range.start * outputs..range.end * outputs) };
        widest(Band { x, inputs, w, outputs, bias, y });
    };
    if all < SMALL {
        (0..rows.div_ceil(ROWS)).for_each(task);
    } else {
        threads.for_each(rows.div_ceil(ROWS), &task);
    }
}

/// Up to [`ROWS`] rows of the result.
struct Band<'a> {
    x: &'a [f64],
    inputs: usize,
    w: &'a [f64],
    outputs: usize,
    bias: Option<&'a [f64]>,
    y: &'a mut [f64],
}

impl Loop for Band<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Band { x, inputs, w, outputs, bias, y } = self;
        let whole = outputs / COLUMNS * COLUMNS;
        if y.len() == ROWS * outputs {
            for at in (0..whole).step_by(COLUMNS) {
                let mut sums = [[0.0; COLUMNS]; ROWS];
                if let Some(bias) = bias {
                    sums.iter_mut().for_each(|row| row.copy_from_slice(&bias[at..at + COLUMNS]));
                }
                for k in 0..inputs {
                    let w: &[f64; COLUMNS] =
                        w[k * outputs + at..][..COLUMNS].try_into().expect("a whole row");
                    for (i, row) in sums.iter_mut().enumerate() {
                        let x = x[i * inputs + k];
                        for (sum, w) in row.iter_mut().zip(w) {
                            *sum += x * w;
                        }
                    }
                }
                for (i, row) in sums.iter().enumerate() {
                    y[i * outputs + at..][..COLUMNS].copy_from_slice(row);
                }
            }
        }
        let from = if y.len() == ROWS * outputs { whole } else { 0 };
        for (x, y) in x.chunks_exact(inputs).zip(y.chunks_exact_mut(outputs)) {
            let y = &mut y[from..];
            match bias {
                Some(bias) => y.copy_from_slice(&bias[from..]),
                None => y.fill(0.0),
            }
            for (x, w) in x.iter().zip(w.chunks_exact(outputs)) {
                for (y, w) in y.iter_mut().zip(&w[from..]) {
                    *y += x * w;
                }
            }
        }
    }
}
