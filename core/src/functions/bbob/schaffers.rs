//! f17, Schaffer's F7: waves whose height and length change with the distance.
//!
//! ```text
//! f(x) = (1/(D − 1) Σ √sᵢ (1 + sin²(50 sᵢ^0.2)))² + 10 f_pen + f_opt,  sᵢ = √(zᵢ² + zᵢ₊₁²)
//! z = Λ^10 Q T_asy^0.5(R (x − x_opt))
//! ```

use super::instance::{Instance, Matrix};
use super::transform::{make_asymmetric, penalty, stretch};
use super::{Bbob, Entry, Function, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_schaffers_f7",
    &["f17"],
    "f17: waves that change with the distance",
    "f(x) = (1/(D − 1) Σ √sᵢ (1 + sin²(50 sᵢ^0.2)))² + 10 f_pen + f_opt,  sᵢ = √(zᵢ² + zᵢ₊₁²)",
    |values| build(&Instance::of(17, values), 10.0),
);

pub(super) fn build(at: &Instance, condition: f64) -> Box<dyn Function> {
    Bbob::around(at, at.x_opt(), Schaffers { r: at.r(), q: at.q(), condition })
}

struct Schaffers {
    r: Matrix,
    q: Matrix,
    condition: f64,
}

impl Shape for Schaffers {
    fn value(&self, x: &[f64], z: &mut [f64], room: &mut [f64]) -> f64 {
        self.r.apply(z, room);
        make_asymmetric(0.5, room);
        self.q.apply(room, z);
        stretch(self.condition, z);
        let sum = z.windows(2).fold(0.0, |sum, w| {
            let square = w[0] * w[0] + w[1] * w[1];
            let wave = (50.0 * square.powf(0.1)).sin();
            sum + square.powf(0.25) * (1.0 + wave * wave)
        });
        let mean = sum / (z.len() as f64 - 1.0);
        mean * mean + 10.0 * penalty(x)
    }
}
