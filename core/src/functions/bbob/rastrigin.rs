//! f3, the separable Rastrigin function: about 10ᴰ minima on a crooked grid.
//!
//! ```text
//! f(x) = 10 (D − Σ cos 2πzᵢ) + Σ zᵢ² + f_opt,  z = Λ^10 T_asy^0.2 T_osz(x − x_opt)
//! ```

use super::instance::Instance;
use super::transform::{cosines, make_asymmetric, oscillate, squares, stretch};
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_rastrigin",
    &["f3"],
    "f3: a crooked grid of minima along the axes",
    "f(x) = 10 (D − Σ cos 2πzᵢ) + Σ zᵢ² + f_opt,  z = Λ^10 T_asy^0.2 T_osz(x − x_opt)",
    |values| {
        let at = Instance::of(3, values);
        Bbob::around(&at, at.x_opt(), Rastrigin)
    },
);

/// 10 (D − Σ cos 2πzᵢ) + Σ zᵢ²
pub(super) fn raw(z: &[f64]) -> f64 {
    10.0 * (z.len() as f64 - cosines(z)) + squares(z)
}

struct Rastrigin;

impl Shape for Rastrigin {
    fn value(&self, _: &[f64], z: &mut [f64], _: &mut [f64]) -> f64 {
        oscillate(z);
        make_asymmetric(0.2, z);
        stretch(10.0, z);
        raw(z)
    }
}
