//! f8, Rosenbrock's valley along the axes.
//!
//! ```text
//! f(x) = Σ 100 (zᵢ² − zᵢ₊₁)² + (zᵢ − 1)² + f_opt,  z = max(1, √D / 8) (x − x_opt) + 1
//! ```
//!
//! x_opt lies in [−3, 3]ᴰ.

use super::instance::Instance;
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_rosenbrock",
    &["f8"],
    "f8: a bent valley",
    "f(x) = Σ 100 (zᵢ² − zᵢ₊₁)² + (zᵢ − 1)² + f_opt,  z = max(1, √D / 8) (x − x_opt) + 1",
    |values| {
        let at = Instance::of(8, values);
        let place = at.x_opt().iter().map(|x| 0.75 * x).collect();
        Bbob::around(&at, place, Rosenbrock)
    },
);

/// max(1, √D / 8)
pub(super) fn scale(dim: usize) -> f64 {
    ((dim as f64).sqrt() / 8.0).max(1.0)
}

/// Σ 100 (zᵢ² − zᵢ₊₁)² + (zᵢ − 1)²
pub(super) fn raw(z: &[f64]) -> f64 {
    let (mut bends, mut rests) = (0.0, 0.0);
    for w in z.windows(2) {
        let (bend, rest) = (w[0] * w[0] - w[1], w[0] - 1.0);
        bends += bend * bend;
        rests += rest * rest;
    }
    100.0 * bends + rests
}

struct Rosenbrock;

impl Shape for Rosenbrock {
    fn value(&self, _: &[f64], z: &mut [f64], _: &mut [f64]) -> f64 {
        let scale = scale(z.len());
        z.iter_mut().for_each(|z| *z = scale * *z + 1.0);
        raw(z)
    }
}
