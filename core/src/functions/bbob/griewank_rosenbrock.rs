//! f19, Griewank's ripples over Rosenbrock's valley.
//!
//! ```text
//! f(x) = 10 + 10/(D − 1) Σ sᵢ/4000 − cos sᵢ + f_opt,  sᵢ = 100 (zᵢ² − zᵢ₊₁)² + (zᵢ − 1)²
//! z = max(1, √D / 8) Q x + ½
//! ```

use super::instance::{Instance, Matrix};
use super::rosenbrock::{raw, scale};
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_griewank_rosenbrock",
    &["f19"],
    "f19: ripples over a bent valley",
    "f(x) = 10 + 10/(D − 1) Σ sᵢ/4000 − cos sᵢ + f_opt,  sᵢ = 100 (zᵢ² − zᵢ₊₁)² + (zᵢ − 1)²",
    |values| {
        let at = Instance::of(19, values);
        let q = at.q();
        Bbob::unshifted(&at, q.column_sums(at.dim, 0.5 / scale(at.dim)), GriewankRosenbrock { q })
    },
);

struct GriewankRosenbrock {
    q: Matrix,
}

impl Shape for GriewankRosenbrock {
    fn value(&self, x: &[f64], _: &mut [f64], room: &mut [f64]) -> f64 {
        self.q.apply(x, room);
        let scale = scale(x.len());
        room.iter_mut().for_each(|z| *z = scale * *z + 0.5);
        let sum = room.windows(2).fold(0.0, |sum, pair| {
            let s = raw(pair);
            sum + (s / 4000.0 - s.cos())
        });
        10.0 + 10.0 * sum / (x.len() as f64 - 1.0)
    }
}
