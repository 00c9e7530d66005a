use std::iter::zip;

use super::estimate::{By, Estimate, POPULATION, Pairs, SHAPING, WEIGHTS};
use super::{Entry, Maker};
use crate::optimizer::Setup;
use crate::real::Number;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "pgpe",
    about: "estimates the gradient from the losses of random pairs around θ, and learns how far to look along each weight",
    formula: "x = θ ± d, d = σ z, z ~ N(0, I)\n\
        g = mean over pairs of (F₊ − F₋) / 2 · d\n\
        σ ← σ − η_σ · mean over pairs of ((F₊ + F₋) / 2 − b) (d² − σ²) / σ",
    paper: "Sehnke et al. 2010, Parameter-exploring policy gradients, Neural Networks 23(4)",
    parameters: &[
        POPULATION,
        Parameter::number("sigma", "σ", 0.1, (0.0, f64::INFINITY), "how far from θ members stand at first")
            .open(),
        Parameter::number("sigma_rate", "η_σ", 0.1, (0.0, f64::INFINITY), "how fast the deviations learn"),
        Parameter::number(
            "max_change",
            "max_change",
            0.2,
            (0.0, 1.0),
            "the most that a deviation changes in a step, as a share",
        ),
        SHAPING,
    ],
    inner: "adam",
    estimates: true,
    make: Maker::estimate::<By<Pgpe>>(),
};

/// Policy gradients with parameter-based exploration, [Sehnke et al. 2010](https://doi.org/10.1016/j.neunet.2009.12.004),
/// with symmetric sampling: an estimate for the optimizer inside, and a deviation of its own for each weight.
///
/// ```text
/// x = θ ± d, d = σ z, z ~ N(0, I)                     λ members in pairs
/// g = mean over pairs of (F₊ − F₋) / 2 · d            F: the rank of L(x), from −½ to ½; or L(x)
/// σ ← σ − η_σ · mean over pairs of ((F₊ + F₋) / 2 − b) (d² − σ²) / σ     b: the mean of F
/// ```
///
/// g is σ² times the slope of the blurred loss, as the frameworks have it. `population` λ ≥ 2; `sigma` σ > 0, at the
/// start; `sigma_rate` η_σ; a deviation changes by at most the share `max_change` in a step; `shaping` F.
pub(super) struct Pgpe {
    sigma: Vec<f64>,
    sigma_rate: f64,
    max_change: f64,
}

impl Estimate for Pgpe {
    const CALLED: &'static str = ROW.name;

    fn new(values: &Values, setup: &Setup) -> Self {
        Pgpe {
            sigma: vec![values.get("sigma"); setup.weights()],
            sigma_rate: values.get("sigma_rate"),
            max_change: values.get("max_change"),
        }
    }

    fn sigma(&self) -> &[f64] {
        &self.sigma
    }

    fn slopes<R: Number>(&self, pairs: &Pairs<R>, grad: &mut [R]) {
        let scale = 0.5 / pairs.count() as f64;
        pairs.stretches(grad, |stretch, grad| {
            let mut sums = [0.0; WEIGHTS];
            for (k, f) in pairs.shares.chunks_exact(2).enumerate() {
                zip(&mut sums, pairs.displacements(k, &stretch))
                    .for_each(|(sum, d)| *sum += (f[0] - f[1]) * d);
            }
            zip(grad, sums).for_each(|(g, sum)| *g = R::of(scale * sum));
        });
    }

    fn adapt<R: Number>(&mut self, pairs: &Pairs<R>) {
        let count = pairs.count() as f64;
        let baseline = pairs.shares.iter().sum::<f64>() / (2.0 * count);
        let (rate, max_change) = (self.sigma_rate, self.max_change);
        pairs.stretches(&mut self.sigma, |stretch, sigma| {
            let mut sums = [0.0; WEIGHTS];
            for (k, f) in pairs.shares.chunks_exact(2).enumerate() {
                let above = 0.5 * (f[0] + f[1]) - baseline;
                for ((sum, d), s) in zip(&mut sums, pairs.displacements(k, &stretch)).zip(&*sigma) {
                    *sum += above * (d * d - s * s) / s;
                }
            }
            for (s, sum) in zip(sigma, sums) {
                let most = max_change * *s;
                *s -= (rate * sum / count).clamp(-most, most);
            }
        });
    }

    fn state(&mut self) -> Option<(&'static str, &mut [f64])> {
        Some(("sigma", &mut self.sigma))
    }
}
