//! f23, the Katsuura function: rugged everywhere, with more than 10ᴰ minima.
//!
//! ```text
//! f(x) = 10/D² (Πᵢ (1 + i Σⱼ |2ʲzᵢ − [2ʲzᵢ]| / 2ʲ)^(10 / D^1.2) − 1) + f_pen + f_opt,  j = 1 … 32
//! z = R Λ^100 Q (x − x_opt),  [·] the nearest whole number
//! ```

use super::instance::{Instance, Matrix, round};
use super::transform::penalty;
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_katsuura",
    &["f23"],
    "f23: rugged everywhere, nowhere smooth",
    "f(x) = 10/D² (Πᵢ (1 + i Σⱼ |2ʲzᵢ − [2ʲzᵢ]| / 2ʲ)^(10 / D^1.2) − 1) + f_pen + f_opt,  j = 1 … 32",
    |values| {
        let at = Instance::of(23, values);
        Bbob::around(&at, at.x_opt(), Katsuura { map: at.r_lambda_q(100.0) })
    },
);

struct Katsuura {
    map: Matrix,
}

impl Shape for Katsuura {
    fn value(&self, x: &[f64], z: &mut [f64], room: &mut [f64]) -> f64 {
        self.map.apply(z, room);
        let dim = x.len() as f64;
        let power = 10.0 / dim.powf(1.2);
        let product = room.iter().enumerate().fold(1.0, |product, (i, z)| {
            let mut scale = 1.0;
            let mut sum = 0.0;
            for _ in 1..=32 {
                scale *= 2.0;
                sum += (scale * z - round(scale * z)).abs() / scale;
            }
            product * (1.0 + (i as f64 + 1.0) * sum).powf(power)
        });
        10.0 / dim / dim * (product - 1.0) + penalty(x)
    }
}
