//! f15, the Rastrigin function, turned and crooked: a prototype of many minima.
//!
//! ```text
//! f(x) = 10 (D − Σ cos 2πzᵢ) + Σ zᵢ² + f_opt,  z = R Λ^10 Q T_asy^0.2 T_osz(R (x − x_opt))
//! ```

use super::instance::{Instance, Matrix};
use super::transform::{make_asymmetric, oscillate};
use super::{Bbob, Entry, Shape, rastrigin, row};

pub(super) const ROW: Entry = row(
    "bbob_rastrigin_rotated",
    &["f15"],
    "f15: a crooked grid of minima, turned",
    "f(x) = 10 (D − Σ cos 2πzᵢ) + Σ zᵢ² + f_opt,  z = R Λ^10 Q T_asy^0.2 T_osz(R (x − x_opt))",
    |values| {
        let at = Instance::of(15, values);
        Bbob::around(&at, at.x_opt(), RastriginRotated { r: at.r(), map: at.r_lambda_q(10.0) })
    },
);

struct RastriginRotated {
    r: Matrix,
    map: Matrix,
}

impl Shape for RastriginRotated {
    fn value(&self, _: &[f64], z: &mut [f64], room: &mut [f64]) -> f64 {
        self.r.apply(z, room);
        oscillate(room);
        make_asymmetric(0.2, room);
        self.map.apply(room, z);
        rastrigin::raw(z)
    }
}
