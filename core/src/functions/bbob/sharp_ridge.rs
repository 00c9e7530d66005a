//! f13, the sharp ridge: no slope along it shows the way, and it is a kink.
//!
//! ```text
//! f(x) = z₁² + 100 √(Σ zᵢ²) + f_opt,  i = 2 … D,  z = R Λ^10 Q (x − x_opt)
//! ```

use super::instance::{Instance, Matrix};
use super::transform::squares;
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_sharp_ridge",
    &["f13"],
    "f13: a ridge that is a kink",
    "f(x) = z₁² + 100 √(Σ zᵢ²) + f_opt,  i = 2 … D,  z = R Λ^10 Q (x − x_opt)",
    |values| {
        let at = Instance::of(13, values);
        Bbob::around(&at, at.x_opt(), SharpRidge { map: at.r_lambda_q(10.0) })
    },
);

struct SharpRidge {
    map: Matrix,
}

impl Shape for SharpRidge {
    fn value(&self, _: &[f64], z: &mut [f64], room: &mut [f64]) -> f64 {
        self.map.apply(z, room);
        room[0] * room[0] + 100.0 * squares(&room[1..]).sqrt()
    }
}
