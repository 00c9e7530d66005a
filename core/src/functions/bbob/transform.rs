//! What makes the functions crooked.

use super::instance::{lambda, share};

/// T_osz of one number.
pub(super) fn oscillated(z: f64) -> f64 {
    if z == 0.0 {
        return 0.0;
    }
    let u = z.abs().ln();
    let (c1, c2) = if z > 0.0 { (10.0, 7.9) } else { (5.5, 3.1) };
    (u + 0.049 * ((c1 * u).sin() + (c2 * u).sin())).exp().copysign(z)
}

/// T_osz
pub(super) fn oscillate(z: &mut [f64]) {
    z.iter_mut().for_each(|z| *z = oscillated(*z));
}

/// T_asy^β
pub(super) fn make_asymmetric(beta: f64, z: &mut [f64]) {
    let dim = z.len();
    for (i, z) in z.iter_mut().enumerate().filter(|(_, z)| **z > 0.0) {
        *z = z.powf(1.0 + beta * share(i, dim) * z.sqrt());
    }
}

/// Λ^α
pub(super) fn stretch(alpha: f64, z: &mut [f64]) {
    let dim = z.len();
    z.iter_mut().enumerate().for_each(|(i, z)| *z *= lambda(alpha, i, dim));
}

/// f_pen
pub(super) fn penalty(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |sum, x| {
        let beyond = (x.abs() - 5.0).max(0.0);
        sum + beyond * beyond
    })
}

/// Σ zᵢ²
pub(super) fn squares(z: &[f64]) -> f64 {
    z.iter().fold(0.0, |sum, z| sum + z * z)
}

/// Σ cos 2πzᵢ
pub(super) fn cosines(z: &[f64]) -> f64 {
    z.iter().fold(0.0, |sum, z| sum + (std::f64::consts::TAU * z).cos())
}
