//! f21, Gallagher's 101 peaks, placed at random; one is the best.
//!
//! ```text
//! f(x) = T_osz(10 − maxᵢ wᵢ exp(−1/(2D) (x − yᵢ)ᵀ Qᵀ Cᵢ Q (x − yᵢ)))² + f_pen + f_opt
//! w₁ = 10,  wᵢ = 1.1 + 8 (i − 2) / (p − 2),  Cᵢ = Λ^αᵢ / αᵢ^¼ with its diagonal shuffled
//! αᵢ: for the best peak its own, for the others 1000^(j / (p − 2)), j = 0 … p − 2 shuffled
//! ```

use super::instance::{Instance, Matrix, share, uniform};
use super::transform::{oscillated, penalty};
use super::{Bbob, Entry, Function, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_gallagher_101",
    &["f21"],
    "f21: 101 peaks placed at random",
    "f(x) = T_osz(10 − maxᵢ wᵢ exp(−1/(2D) (x − yᵢ)ᵀ Qᵀ Cᵢ Q (x − yᵢ)))² + f_pen + f_opt",
    |values| build(&Instance::of(21, values), 101, 1000f64.sqrt(), 10.0),
);

struct Peak {
    weight: f64,
    /// The diagonal of Cᵢ.
    curvatures: Vec<f64>,
    /// Q yᵢ
    place: Vec<f64>,
}

struct Gallagher {
    q: Matrix,
    peaks: Vec<Peak>,
}

/// `count` peaks within a box of `width`; the best one has the condition `alpha`.
pub(super) fn build(at: &Instance, count: usize, alpha: f64, width: f64) -> Box<dyn Function> {
    let (dim, q) = (at.dim, at.q());
    let conditions = order(&uniform(count - 1, at.seed()));
    let places = uniform(dim * count, at.seed());
    let peak = |i: usize| {
        let alpha = match i {
            0 => alpha,
            _ => 1000f64.powf(conditions[i - 1] as f64 / (count - 2) as f64),
        };
        let weight = match i {
            0 => 10.0,
            _ => (i - 1) as f64 / (count - 2) as f64 * (9.1 - 1.1) + 1.1,
        };
        let shuffled = order(&uniform(dim, at.seed() + 1000 * i as u64));
        let curvatures = shuffled.into_iter().map(|j| alpha.powf(share(j, dim) - 0.5)).collect();
        let mut place = vec![0.0; dim];
        let y: Vec<f64> = places[i * dim..][..dim].iter().map(|u| width * u - 0.5 * width).collect();
        q.apply(&y, &mut place);
        // The best peak is drawn nearer to the middle.
        place.iter_mut().filter(|_| i == 0).for_each(|p| *p *= 0.8);
        Peak { weight, curvatures, place }
    };
    let peaks = (0..count).map(peak).collect();
    let place = places[..dim].iter().map(|u| 0.8 * (width * u - 0.5 * width)).collect();
    Bbob::unshifted(at, place, Gallagher { q, peaks })
}

/// The places of the numbers, from the least to the greatest.
fn order(numbers: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
    order
}

impl Shape for Gallagher {
    fn value(&self, x: &[f64], _: &mut [f64], room: &mut [f64]) -> f64 {
        self.q.apply(x, room);
        let half = -0.5 / x.len() as f64;
        let height = self.peaks.iter().fold(0.0f64, |height, peak| {
            let away = room.iter().zip(&peak.place).zip(&peak.curvatures);
            let distance = away.fold(0.0, |sum, ((z, y), c)| sum + c * (z - y) * (z - y));
            height.max(peak.weight * (half * distance).exp())
        });
        let below = oscillated(10.0 - height);
        below * below + penalty(x)
    }
}
