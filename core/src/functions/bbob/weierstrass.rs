//! f16, the Weierstrass function: rugged on every scale, and least at many places.
//!
//! ```text
//! f(x) = 10 (1/D Σᵢ Σₖ 2⁻ᵏ cos(2π 3ᵏ (zᵢ + ½)) − f₀)³ + 10/D f_pen + f_opt,  k = 0 … 11
//! z = R Λ^(1/100) Q T_osz(R (x − x_opt)),  f₀ = Σₖ 2⁻ᵏ cos(π 3ᵏ)
//! ```

use std::f64::consts::PI;

use super::instance::{Instance, Matrix};
use super::transform::{oscillate, penalty};
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_weierstrass",
    &["f16"],
    "f16: rugged on every scale",
    "f(x) = 10 (1/D Σᵢ Σₖ 2⁻ᵏ cos(2π 3ᵏ (zᵢ + ½)) − f₀)³ + 10/D f_pen + f_opt,  k = 0 … 11",
    |values| {
        let at = Instance::of(16, values);
        Bbob::around(&at, at.x_opt(), Weierstrass { r: at.r(), map: at.r_lambda_q(0.01) })
    },
);

struct Weierstrass {
    r: Matrix,
    map: Matrix,
}

/// Σₖ 2⁻ᵏ cos(2π 3ᵏ (z + ½))
fn waves(z: f64) -> f64 {
    let (mut sum, mut height, mut pace) = (0.0, 1.0, 1.0);
    for _ in 0..12 {
        sum += (2.0 * PI * (z + 0.5) * pace).cos() * height;
        height *= 0.5;
        pace *= 3.0;
    }
    sum
}

impl Shape for Weierstrass {
    fn value(&self, x: &[f64], z: &mut [f64], room: &mut [f64]) -> f64 {
        self.r.apply(z, room);
        oscillate(room);
        self.map.apply(room, z);
        let dim = z.len() as f64;
        let above = z.iter().fold(0.0, |sum, z| sum + waves(*z)) / dim - waves(0.0);
        10.0 * above * above * above + 10.0 / dim * penalty(x)
    }
}
