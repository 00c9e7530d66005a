//! Mixup: two examples, one laid over the other.
//!
//! ```text
//! x̃ᵢ = λᵢ xᵢ + (1 − λᵢ) xⱼ        j: the next in the order of the epoch (after the last: the first)
//! w̃ᵢ = λᵢ wᵢ + (1 − λᵢ) wⱼ
//! t̃ᵢ = (λᵢ wᵢ tᵢ + (1 − λᵢ) wⱼ tⱼ) / w̃ᵢ
//! λᵢ ~ Beta(α, α)
//! ```
//!
//! [Zhang, Cisse, Dauphin & Lopez-Paz 2017](https://arxiv.org/abs/1710.09412). A cross-entropy is linear in its target, so
//! w̃ ℓ(t̃) is λ wᵢ ℓ(tᵢ) + (1 − λ) wⱼ ℓ(tⱼ). The order is random, so the next example is any other. Each pair has a λ of its
//! own, keyed by (seed, epoch, number of the example): with one λ a batch, as the paper's program draws it, what is seen
//! would depend on how the epoch is cut into batches.

use crate::elementary::{above_zero64, exp64, ln64};
use crate::rng::{Rng, Stream};

/// λ of example `index` in `epoch`.
pub(super) fn lambda(alpha: f64, seed: u64, epoch: u64, index: u32) -> f32 {
    let mut rng = Rng::new(seed, Stream::Mixup, epoch << 32 | index as u64);
    let (a, b) = (ln_gamma_draw(alpha, &mut rng), ln_gamma_draw(alpha, &mut rng));
    // Ga / (Ga + Gb)
    (1.0 / (1.0 + exp64(b - a))) as f32
}

/// ln of a draw of Gamma(α): [Marsaglia & Tsang 2000](https://doi.org/10.1145/358407.358414), with its step from α + 1 down
/// to α, in logarithms, so that no α is too small.
fn ln_gamma_draw(alpha: f64, rng: &mut Rng) -> f64 {
    let d = alpha + 1.0 - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    let ln_uniform = |rng: &mut Rng| ln64(above_zero64(rng.bits()));
    let ln_down = ln_uniform(rng) / alpha;
    loop {
        let x = rng.normal() as f64;
        let v = 1.0 + c * x;
        let v = v * v * v;
        if v > 0.0 && ln_uniform(rng) < 0.5 * x * x + d * (1.0 - v + ln64(v)) {
            return ln64(d * v) + ln_down;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambda_is_a_draw_of_beta() {
        for alpha in [0.05, 0.2, 0.4, 1.0, 3.0, 50.0] {
            let n = 40_000;
            let draws: Vec<f64> =
                (0..n).map(|i| lambda(alpha, 7, i / 900, (i % 900) as u32) as f64).collect();
            assert!(draws.iter().all(|x| (0.0..=1.0).contains(x)));
            let mean = draws.iter().sum::<f64>() / n as f64;
            let moment = |p: i32| draws.iter().map(|x| (x - 0.5).powi(p)).sum::<f64>() / n as f64;
            // Beta(α, α): variance 1 / (4 (2α + 1)), fourth moment 3 / (16 (2α + 1)(2α + 3)).
            let (variance, fourth) =
                (0.25 / (2.0 * alpha + 1.0), 0.1875 / ((2.0 * alpha + 1.0) * (2.0 * alpha + 3.0)));
            assert!((mean - 0.5).abs() < 5.0 * (variance / n as f64).sqrt(), "α = {alpha}: mean {mean}");
            assert!(
                (moment(2) / variance - 1.0).abs() < 0.03,
                "α = {alpha}: variance {} {variance}",
                moment(2)
            );
            assert!((moment(4) / fourth - 1.0).abs() < 0.06, "α = {alpha}: {} {fourth}", moment(4));
        }
    }

    #[test]
    fn lambda_is_keyed_by_seed_epoch_and_example_alone() {
        let one = lambda(0.4, 3, 5, 17);
        assert_eq!(one.to_bits(), lambda(0.4, 3, 5, 17).to_bits());
        assert!(
            [lambda(0.4, 4, 5, 17), lambda(0.4, 3, 6, 17), lambda(0.4, 3, 5, 18)].iter().all(|x| *x != one)
        );
    }

    #[test]
    fn the_least_alpha_still_gives_numbers() {
        assert!((0..2000).all(|i| (0.0..=1.0).contains(&lambda(1e-6, 1, 0, i))));
    }
}
