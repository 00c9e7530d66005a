//! f2, the separable ellipsoid: condition 10⁶ along the axes, with ripples.
//!
//! ```text
//! f(x) = Σ 10^(6tᵢ) zᵢ² + f_opt,  z = T_osz(x − x_opt)
//! ```

use super::instance::{Instance, share};
use super::transform::oscillate;
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_ellipsoid",
    &["f2"],
    "f2: condition 10⁶ along the axes",
    "f(x) = Σ 10^(6tᵢ) zᵢ² + f_opt,  z = T_osz(x − x_opt)",
    |values| {
        let at = Instance::of(2, values);
        Bbob::around(&at, at.x_opt(), Ellipsoid)
    },
);

/// Σ 10^(6tᵢ) zᵢ²
pub(super) fn raw(z: &[f64]) -> f64 {
    z.iter().enumerate().fold(0.0, |sum, (i, z_i)| sum + 1e6f64.powf(share(i, z.len())) * z_i * z_i)
}

struct Ellipsoid;

impl Shape for Ellipsoid {
    fn value(&self, _: &[f64], z: &mut [f64], _: &mut [f64]) -> f64 {
        oscillate(z);
        raw(z)
    }
}
