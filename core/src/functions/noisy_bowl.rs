//! A bowl seen through noise, as a loss is through mini-batches.
//!
//! ```text
//! f(x) = ½ Σ xᵢ² + σ ε
//! ∂f/∂xᵢ = xᵢ + τ εᵢ
//! ```
//!
//! Every ε is normal and drawn anew at each evaluation. With a constant rate η plain descent does not come to rest but
//! stays around 0 with variance τ² η / (2 − η) a coordinate; it arrives only as the rate falls (Robbins & Monro 1951).

use super::formula::{square, sum};
use super::{Dimension, Entry, Formula, Least, Noise, Wave, dim};
use crate::words::Parameter;

pub(super) const ROW: Entry = Entry {
    name: "noisy_bowl",
    aliases: &[],
    about: "a bowl whose values and slopes are noisy, as those of mini-batches are",
    formula: "f(x) = ½ Σ xᵢ² + σ ε",
    paper: "Robbins & Monro 1951, A Stochastic Approximation Method",
    dimension: Dimension::Any,
    parameters: &[
        dim(1),
        Parameter::number("value_noise", "σ", 0.1, (0.0, 1e6), "deviation of the noise of a value"),
        Parameter::number("gradient_noise", "τ", 1.0, (0.0, 1e6), "deviation of the noise of each slope"),
    ],
    start: |dim| vec![3.0; dim],
    within: (-5.0, 5.0),
    noisy: true,
    build: |values| {
        let noise = Noise { value: values.get("value_noise"), gradient: values.get("gradient_noise") };
        Box::new(NoisyBowl { dim: values.whole("dim"), noise })
    },
};

struct NoisyBowl {
    dim: usize,
    noise: Noise,
}

impl Formula for NoisyBowl {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        R::of(0.5) * sum(x.iter().map(|x| square(*x)))
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        grad.copy_from_slice(x);
    }
    fn least(&self) -> Option<Least> {
        Least::at(vec![0.0; self.dim], 0.0)
    }
    fn noise(&self) -> Noise {
        self.noise
    }
}
