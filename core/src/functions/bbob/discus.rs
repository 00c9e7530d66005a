//! f11, the discus: one direction a thousand times as sensitive as all others.
//!
//! ```text
//! f(x) = 10⁶ z₁² + Σ zᵢ² + f_opt,  i = 2 … D,  z = T_osz(R (x − x_opt))
//! ```

use super::instance::{Instance, Matrix};
use super::transform::{oscillate, squares};
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_discus",
    &["f11"],
    "f11: one very sensitive direction",
    "f(x) = 10⁶ z₁² + Σ zᵢ² + f_opt,  i = 2 … D,  z = T_osz(R (x − x_opt))",
    |values| {
        let at = Instance::of(11, values);
        Bbob::around(&at, at.x_opt(), Discus { r: at.r() })
    },
);

struct Discus {
    r: Matrix,
}

impl Shape for Discus {
    fn value(&self, _: &[f64], z: &mut [f64], room: &mut [f64]) -> f64 {
        self.r.apply(z, room);
        oscillate(room);
        1e6 * room[0] * room[0] + squares(&room[1..])
    }
}
