//! f4, the Büche-Rastrigin function: a separable trap, harder than f3.
//!
//! ```text
//! f(x) = 10 (D − Σ cos 2πzᵢ) + Σ zᵢ² + 100 f_pen + f_opt,  zᵢ = sᵢ T_osz(x − x_opt)ᵢ
//! sᵢ = 10^(½ tᵢ), ten times that where zᵢ > 0 and i is odd
//! ```
//!
//! As in the original program, coordinates of x_opt with odd i are made positive.

use super::instance::{Instance, lambda};
use super::transform::{oscillate, penalty};
use super::{Bbob, Entry, Shape, rastrigin, row};

pub(super) const ROW: Entry = row(
    "bbob_bueche_rastrigin",
    &["f4"],
    "f4: a separable trap, skewed between its minima",
    "f(x) = 10 (D − Σ cos 2πzᵢ) + Σ zᵢ² + 100 f_pen + f_opt,  zᵢ = sᵢ T_osz(x − x_opt)ᵢ",
    |values| {
        let at = Instance::of(4, values);
        let mut place = at.x_opt();
        place.iter_mut().step_by(2).for_each(|x| *x = x.abs());
        Bbob::around(&at, place, BuecheRastrigin)
    },
);

struct BuecheRastrigin;

impl Shape for BuecheRastrigin {
    fn value(&self, x: &[f64], z: &mut [f64], _: &mut [f64]) -> f64 {
        oscillate(z);
        let dim = z.len();
        for (i, z) in z.iter_mut().enumerate() {
            let skew = if *z > 0.0 && i % 2 == 0 { 10.0 } else { 1.0 };
            *z *= skew * lambda(10.0, i, dim);
        }
        rastrigin::raw(z) + 100.0 * penalty(x)
    }
}
