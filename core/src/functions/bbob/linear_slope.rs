//! f5, the linear slope: least at a corner of the box, flat beyond it.
//!
//! ```text
//! f(x) = Σ 5 |sᵢ| − sᵢ zᵢ + f_opt,  zᵢ = xᵢ where xᵢ x_optᵢ < 25, else x_optᵢ
//! sᵢ = sign(x_optᵢ) 10^tᵢ
//! ```

use super::instance::{Instance, lambda};
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_linear_slope",
    &["f5"],
    "f5: straight down to a corner of the box",
    "f(x) = Σ 5 |sᵢ| − sᵢ zᵢ + f_opt,  zᵢ = xᵢ where xᵢ x_optᵢ < 25, else x_optᵢ",
    |values| {
        let at = Instance::of(5, values);
        let corner: Vec<f64> = at.x_opt().iter().map(|x| if *x < 0.0 { -5.0 } else { 5.0 }).collect();
        Bbob::unshifted(&at, corner.clone(), LinearSlope { corner })
    },
);

struct LinearSlope {
    corner: Vec<f64>,
}

impl Shape for LinearSlope {
    fn value(&self, x: &[f64], _: &mut [f64], _: &mut [f64]) -> f64 {
        x.iter().zip(&self.corner).enumerate().fold(0.0, |sum, (i, (x, corner))| {
            let slope = lambda(100.0, i, self.corner.len()).copysign(*corner);
            let z = if x * corner < 25.0 { x } else { corner };
            sum + (5.0 * slope.abs() - slope * z)
        })
    }
}
