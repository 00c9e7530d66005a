//! f14, different powers: the nearer the minimum, the worse conditioned.
//!
//! ```text
//! f(x) = √(Σ |zᵢ|^(2 + 4tᵢ)) + f_opt,  z = R (x − x_opt)
//! ```

use super::instance::{Instance, Matrix, share};
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_different_powers",
    &["f14"],
    "f14: worse conditioned the nearer the minimum",
    "f(x) = √(Σ |zᵢ|^(2 + 4tᵢ)) + f_opt,  z = R (x − x_opt)",
    |values| {
        let at = Instance::of(14, values);
        Bbob::around(&at, at.x_opt(), DifferentPowers { r: at.r() })
    },
);

struct DifferentPowers {
    r: Matrix,
}

impl Shape for DifferentPowers {
    fn value(&self, _: &[f64], z: &mut [f64], room: &mut [f64]) -> f64 {
        self.r.apply(z, room);
        let power = |i: usize, z: &f64| z.abs().powf(2.0 + 4.0 * share(i, room.len()));
        room.iter().enumerate().fold(0.0, |sum, (i, z)| sum + power(i, z)).sqrt()
    }
}
