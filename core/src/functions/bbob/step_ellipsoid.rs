//! f7, the step ellipsoid: plateaus, so that a small step changes nothing.
//!
//! ```text
//! f(x) = 0.1 max(10⁻⁴ |ẑ₁|, Σ 10^(2tᵢ) zᵢ²) + f_pen + f_opt,  ẑ = Λ^10 Q (x − x_opt)
//! z̃ᵢ = ẑᵢ rounded to wholes where |ẑᵢ| > 0.5, else to tenths;  z = R z̃
//! ```

use super::instance::{Instance, Matrix, round, share};
use super::transform::{penalty, stretch};
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_step_ellipsoid",
    &["f7"],
    "f7: plateaus; slopes are zero nearly everywhere",
    "f(x) = 0.1 max(10⁻⁴ |ẑ₁|, Σ 10^(2tᵢ) zᵢ²) + f_pen + f_opt,  ẑ = Λ^10 Q (x − x_opt)",
    |values| {
        let at = Instance::of(7, values);
        Bbob::around(&at, at.x_opt(), StepEllipsoid { r: at.r(), q: at.q() })
    },
);

struct StepEllipsoid {
    r: Matrix,
    q: Matrix,
}

impl Shape for StepEllipsoid {
    fn value(&self, x: &[f64], z: &mut [f64], room: &mut [f64]) -> f64 {
        self.q.apply(z, room);
        stretch(10.0, room);
        let first = room[0].abs();
        for z in room.iter_mut() {
            *z = if z.abs() > 0.5 { round(*z) } else { round(10.0 * *z) / 10.0 };
        }
        self.r.apply(room, z);
        let dim = z.len();
        let sum = z.iter().enumerate().fold(0.0, |sum, (i, z)| sum + 100f64.powf(share(i, dim)) * z * z);
        0.1 * (1e-4 * first).max(sum) + penalty(x)
    }
}
