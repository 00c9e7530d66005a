//! f20, Schwefel's deceit: 2ᴰ minima near the corners, the best by little.
//!
//! ```text
//! f(x) = 4.189828872724339 + 100 f_pen(z/100) − 1/(100 D) Σ zᵢ sin √|zᵢ| + f_opt,  x̂ = 2 · 1± ⊗ x
//! ẑ₁ = x̂₁,  ẑᵢ₊₁ = x̂ᵢ₊₁ + 0.25 (x̂ᵢ − 2 |x_optᵢ|)
//! z = 100 (Λ^10 (ẑ − 2 |x_opt|) + 2 |x_opt|),  x_opt = 4.2096874637 / 2 · 1±
//! ```
//!
//! The penalty is of z, not of x, as in the original program.

use super::instance::{Instance, lambda, uniform};
use super::transform::penalty;
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_schwefel",
    &["f20"],
    "f20: minima near the corners, the best by little",
    "f(x) = 4.189828872724339 + 100 f_pen(z/100) − 1/(100 D) Σ zᵢ sin √|zᵢ| + f_opt,  x̂ = 2 · 1± ⊗ x",
    |values| {
        let at = Instance::of(20, values);
        let signs: Vec<f64> =
            uniform(at.dim, at.seed()).iter().map(|u| if *u < 0.5 { -1.0 } else { 1.0 }).collect();
        let place = signs.iter().map(|sign| sign * 0.5 * EDGE).collect();
        Bbob::unshifted(&at, place, Schwefel { signs })
    },
);

/// 2 |x_opt|
const EDGE: f64 = 4.209_687_463_7;

struct Schwefel {
    /// 1±
    signs: Vec<f64>,
}

impl Shape for Schwefel {
    fn value(&self, x: &[f64], z: &mut [f64], room: &mut [f64]) -> f64 {
        let dim = x.len();
        room.iter_mut().zip(x).zip(&self.signs).for_each(|((hat, x), sign)| *hat = 2.0 * sign * x);
        let mut sum = 0.0;
        for i in 0..dim {
            let hat = if i == 0 { room[0] } else { room[i] + 0.25 * (room[i - 1] - EDGE) };
            z[i] = lambda(10.0, i, dim) * (hat - EDGE) + EDGE;
            let far = 100.0 * z[i];
            sum += far * far.abs().sqrt().sin();
        }
        0.01 * (1e4 * penalty(z) + 418.982_887_272_433_9 - sum / dim as f64)
    }
}
