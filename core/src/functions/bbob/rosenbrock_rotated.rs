//! f9, Rosenbrock's valley, turned.
//!
//! ```text
//! f(x) = Σ 100 (zᵢ² − zᵢ₊₁)² + (zᵢ − 1)² + f_opt,  z = max(1, √D / 8) Q x + ½
//! ```

use super::instance::{Instance, Matrix};
use super::rosenbrock::{raw, scale};
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_rosenbrock_rotated",
    &["f9"],
    "f9: a bent valley, turned",
    "f(x) = Σ 100 (zᵢ² − zᵢ₊₁)² + (zᵢ − 1)² + f_opt,  z = max(1, √D / 8) Q x + ½",
    |values| {
        let at = Instance::of(9, values);
        let q = at.q();
        Bbob::unshifted(&at, q.column_sums(at.dim, 0.5 / scale(at.dim)), RosenbrockRotated { q })
    },
);

struct RosenbrockRotated {
    q: Matrix,
}

impl Shape for RosenbrockRotated {
    fn value(&self, x: &[f64], _: &mut [f64], room: &mut [f64]) -> f64 {
        self.q.apply(x, room);
        let scale = scale(x.len());
        room.iter_mut().for_each(|z| *z = scale * *z + 0.5);
        raw(room)
    }
}
