//! f12, the bent cigar: a ridge so narrow and bent that it must be followed.
//!
//! ```text
//! f(x) = z₁² + 10⁶ Σ zᵢ² + f_opt,  i = 2 … D,  z = R T_asy^0.5 R (x − x_opt)
//! ```

use super::instance::{Instance, Matrix};
use super::transform::{make_asymmetric, squares};
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_bent_cigar",
    &["f12"],
    "f12: a narrow bent ridge",
    "f(x) = z₁² + 10⁶ Σ zᵢ² + f_opt,  i = 2 … D,  z = R T_asy^0.5 R (x − x_opt)",
    |values| {
        let at = Instance::of(12, values);
        Bbob::around(&at, at.other_x_opt(), BentCigar { r: at.r() })
    },
);

struct BentCigar {
    r: Matrix,
}

impl Shape for BentCigar {
    fn value(&self, _: &[f64], z: &mut [f64], room: &mut [f64]) -> f64 {
        self.r.apply(z, room);
        make_asymmetric(0.5, room);
        self.r.apply(room, z);
        z[0] * z[0] + 1e6 * squares(&z[1..])
    }
}
