use std::iter::zip;

use super::estimate::{By, Estimate, POPULATION, Pairs, SHAPING, WEIGHTS};
use super::{Entry, Maker};
use crate::optimizer::Setup;
use crate::real::Number;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "openai_es",
    about: "estimates the gradient from the losses of random pairs around θ, for any optimizer",
    formula: "x = θ ± σ z, z ~ N(0, I)\ng = Σ F(x) (x − θ) / (λ σ²)",
    paper: "Salimans et al. 2017, Evolution Strategies as a Scalable Alternative to Reinforcement Learning, arXiv 1703.03864",
    parameters: &[
        POPULATION,
        Parameter::number("sigma", "σ", 0.1, (0.0, f64::INFINITY), "how far from θ members stand").open(),
        SHAPING,
    ],
    inner: "adam",
    estimates: true,
    make: Maker::estimate::<By<OpenAiEs>>(),
};

/// The evolution strategy of [Salimans et al. 2017](https://arxiv.org/abs/1703.03864): an unbiased estimate of the
/// gradient of the loss, blurred by σ, and of rank-shaped losses by default; handed to the optimizer inside.
///
/// ```text
/// x = θ ± σ z, z ~ N(0, I)                λ members in antithetic pairs
/// g = Σ F(x) (x − θ) / (λ σ²)             F: the rank of L(x), from −½ to ½; or L(x)
/// ```
///
/// `population` λ ≥ 2; `sigma` σ > 0; `shaping` F. The loss of a step is the mean of its members' losses: that of the
/// blurred function. Clipping, regularisation and decay are those of the optimizer inside.
pub(super) struct OpenAiEs {
    sigma: [f64; 1],
}

impl Estimate for OpenAiEs {
    const CALLED: &'static str = ROW.name;

    fn new(values: &Values, _: &Setup) -> Self {
        OpenAiEs { sigma: [values.get("sigma")] }
    }

    fn sigma(&self) -> &[f64] {
        &self.sigma
    }

    fn slopes<R: Number>(&self, pairs: &Pairs<R>, grad: &mut [R]) {
        let scale = 1.0 / (pairs.shares.len() as f64 * self.sigma[0] * self.sigma[0]);
        pairs.stretches(grad, |stretch, grad| {
            let mut sums = [0.0; WEIGHTS];
            for (k, f) in pairs.shares.chunks_exact(2).enumerate() {
                zip(&mut sums, pairs.displacements(k, &stretch))
                    .for_each(|(sum, d)| *sum += (f[0] - f[1]) * d);
            }
            zip(grad, sums).for_each(|(g, sum)| *g = R::of(scale * sum));
        });
    }
}
