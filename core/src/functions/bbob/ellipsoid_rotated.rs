//! f10, the ellipsoid, turned: condition 10⁶.
//!
//! ```text
//! f(x) = Σ 10^(6tᵢ) zᵢ² + f_opt,  z = T_osz(R (x − x_opt))
//! ```

use super::instance::{Instance, Matrix};
use super::transform::oscillate;
use super::{Bbob, Entry, Shape, ellipsoid, row};

pub(super) const ROW: Entry = row(
    "bbob_ellipsoid_rotated",
    &["f10"],
    "f10: condition 10⁶, turned",
    "f(x) = Σ 10^(6tᵢ) zᵢ² + f_opt,  z = T_osz(R (x − x_opt))",
    |values| {
        let at = Instance::of(10, values);
        Bbob::around(&at, at.x_opt(), EllipsoidRotated { r: at.r() })
    },
);

struct EllipsoidRotated {
    r: Matrix,
}

impl Shape for EllipsoidRotated {
    fn value(&self, _: &[f64], z: &mut [f64], room: &mut [f64]) -> f64 {
        self.r.apply(z, room);
        oscillate(room);
        ellipsoid::raw(room)
    }
}
