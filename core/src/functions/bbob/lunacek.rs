//! f24, Lunacek's two funnels with ripples: the wide one leads astray.
//!
//! ```text
//! f(x) = min(Σ (x̂ᵢ − μ₀)², D + s Σ (x̂ᵢ − μ₁)²) + 10 (D − Σ cos 2πzᵢ) + 10⁴ f_pen + f_opt
//! x̂ = 2 sign(x_opt) ⊗ x,  z = R Λ^100 Q (x̂ − μ₀),  x_opt = μ₀/2 · 1±
//! μ₀ = 2.5,  μ₁ = −√((μ₀² − 1) / s),  s = 1 − 1 / (2 √(D + 20) − 8.2)
//! ```

use super::instance::{Instance, Matrix, normal};
use super::transform::{cosines, penalty, stretch};
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_lunacek",
    &["f24"],
    "f24: two funnels with ripples, the wide one wrong",
    "f(x) = min(Σ (x̂ᵢ − μ₀)², D + s Σ (x̂ᵢ − μ₁)²) + 10 (D − Σ cos 2πzᵢ) + 10⁴ f_pen + f_opt",
    |values| {
        let at = Instance::of(24, values);
        let signs: Vec<f64> = normal(at.dim, at.seed()).iter().map(|n| 1f64.copysign(*n)).collect();
        let place = signs.iter().map(|sign| 0.5 * MU0 * sign).collect();
        Bbob::unshifted(&at, place, Lunacek { r: at.r(), q: at.q(), signs })
    },
);

const MU0: f64 = 2.5;

struct Lunacek {
    r: Matrix,
    q: Matrix,
    signs: Vec<f64>,
}

impl Shape for Lunacek {
    fn value(&self, x: &[f64], z: &mut [f64], room: &mut [f64]) -> f64 {
        let dim = x.len() as f64;
        let s = 1.0 - 0.5 / ((dim + 20.0).sqrt() - 4.1);
        let mu1 = -((MU0 * MU0 - 1.0) / s).sqrt();
        let (mut near, mut far) = (0.0, 0.0);
        for ((z, x), sign) in z.iter_mut().zip(x).zip(&self.signs) {
            let hat = 2.0 * sign * x;
            *z = hat - MU0;
            near += *z * *z;
            far += (hat - mu1) * (hat - mu1);
        }
        self.q.apply(z, room);
        stretch(100.0, room);
        self.r.apply(room, z);
        near.min(dim + s * far) + 10.0 * (dim - cosines(z)) + 1e4 * penalty(x)
    }
}
