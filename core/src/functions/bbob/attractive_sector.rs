//! f6, the attractive sector: only one of the 2ᴰ sectors around the minimum is low.
//!
//! ```text
//! f(x) = T_osz(Σ (sᵢ zᵢ)²)^0.9 + f_opt,  z = R Λ^10 Q (x − x_opt)
//! sᵢ = 100 where zᵢ x_optᵢ > 0, else 1
//! ```

use super::instance::{Instance, Matrix};
use super::transform::oscillated;
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_attractive_sector",
    &["f6"],
    "f6: low in one narrow sector only",
    "f(x) = T_osz(Σ (sᵢ zᵢ)²)^0.9 + f_opt,  z = R Λ^10 Q (x − x_opt)",
    |values| {
        let at = Instance::of(6, values);
        let x_opt = at.x_opt();
        Bbob::around(&at, x_opt.clone(), AttractiveSector { map: at.r_lambda_q(10.0), x_opt })
    },
);

struct AttractiveSector {
    map: Matrix,
    x_opt: Vec<f64>,
}

impl Shape for AttractiveSector {
    fn value(&self, _: &[f64], z: &mut [f64], room: &mut [f64]) -> f64 {
        self.map.apply(z, room);
        let sum = room.iter().zip(&self.x_opt).fold(0.0, |sum, (z, x_opt)| {
            let s = if z * x_opt > 0.0 { 100.0 } else { 1.0 };
            sum + s * s * z * z
        });
        oscillated(sum).powf(0.9)
    }
}
