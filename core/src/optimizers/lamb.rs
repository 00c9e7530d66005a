use super::adam::betas;
use super::{Dialect, Entry, Family, Make, Maker, epsilon, positive};
use crate::elementary::power;
use crate::layerwise::{ByLayer, Kind, Layerwise, Norms};
use crate::optimizer::{Optimizer, Setup, Step, Update};
use crate::real::{Number, Real};
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "lamb",
    about: "Adam whose steps are measured by the norm of each layer's weights: for large batches",
    paper: "You et al. 2020, Large Batch Optimization for Deep Learning: Training BERT in 76 minutes, arXiv 1904.00962",
    family: Family::Rule,
    dialects: &[
        Dialect {
            name: "optax",
            about: "optax.lamb: both averages corrected, the decay is part of the direction",
            formula: "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nu = m̂ / (√v̂ + ε) + λ θ\nr = ‖θ‖ / ‖u‖\nθ ← θ − η r u",
            learning_rate: 0.001,
            parameters: &[BETAS[0], BETAS[1], epsilon(1e-6), DECAY],
            make: Maker::of::<Optax>(),
        },
        Dialect {
            name: "keras",
            about: "keras.optimizers.Lamb: as Optax with λ = 0 and a smaller ε; its weight_decay is the decoupled one, around the rule",
            formula: "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nu = m̂ / (√v̂ + ε)\nr = ‖θ‖ / ‖u‖\nθ ← θ − η r u",
            learning_rate: 0.001,
            parameters: &[BETAS[0], BETAS[1], epsilon(1e-7)],
            make: Maker::of::<Keras>(),
        },
        Dialect {
            name: "pytorch_optimizer",
            about: "pytorch_optimizer.Lamb(weight_decouple=False): only m is corrected, and only after the ratio; ‖θ‖ counts as \
                    10 at most, ε is in the ratio too",
            formula: "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nu = m / (√v + ε) + λ θ\nr = min(‖θ‖, 10) / (‖u‖ + ε)\nθ ← θ − η / (1 − β₁ᵗ) r u",
            learning_rate: 0.001,
            parameters: &[BETAS[0], BETAS[1], epsilon(1e-6), DECAY],
            make: Maker::of::<PytorchOptimizer>(),
        },
    ],
};

const BETAS: [Parameter; 2] = betas();
const DECAY: Parameter = positive("weight_decay", "λ", 0.0, "decay of weights, before the ratio");

/// LAMB, [You et al. 2020](https://arxiv.org/abs/1904.00962), Algorithm 2: layer by layer, a step as long as a share η of
/// the norm of the layer's weights.
///
/// ```text
/// m ← β₁ m + (1 − β₁) g
/// v ← β₂ v + (1 − β₂) g²
/// m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
/// u = m̂ / (√v̂ + ε) + λ θ
/// u = m̂ / (√v̂ + ε)                 keras
/// r = ‖θ‖ / ‖u‖                     1 where either is zero
/// θ ← θ − η r u
///
/// u = m / (√v + ε) + λ θ            pytorch_optimizer
/// r = min(‖θ‖, 10) / (‖u‖ + ε)
/// θ ← θ − η / (1 − β₁ᵗ) r u
/// ```
struct Lamb {
    /// β₁ in [0, 1): memory of past gradients.
    beta1: f64,
    /// β₂ in [0, 1): memory of past squared gradients.
    beta2: f64,
    /// ε ≥ 0: keeps the division finite.
    epsilon: f64,
    /// λ ≥ 0.
    weight_decay: f64,
    /// Whether the averages are corrected for their start at zero before the ratio, and norms taken as they are.
    corrected: bool,
}

/// Makes Optax' way of it.
struct Optax;
/// Makes Keras' way of it.
struct Keras;
/// Makes that of pytorch_optimizer.
struct PytorchOptimizer;

impl Make for Optax {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        Box::new(ByLayer::new(Lamb::of(values, values.get("weight_decay"), true), setup))
    }
}

impl Make for Keras {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        Box::new(ByLayer::new(Lamb::of(values, 0.0, true), setup))
    }
}

impl Make for PytorchOptimizer {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        Box::new(ByLayer::new(Lamb::of(values, values.get("weight_decay"), false), setup))
    }
}

impl Lamb {
    fn of(values: &Values, weight_decay: f64, corrected: bool) -> Self {
        let (beta1, beta2, epsilon) = (values.get("beta1"), values.get("beta2"), values.get("epsilon"));
        Lamb { beta1, beta2, epsilon, weight_decay, corrected }
    }
}

impl Layerwise<2> for Lamb {
    const STATE: [&'static str; 2] = ["m", "v"];

    fn direction<R: Real>(&self, at: Step, _: Kind) -> impl Update<R, 2> {
        let (beta1, rest1) = (R::of(self.beta1), R::of(1.0 - self.beta1));
        let (beta2, rest2) = (R::of(self.beta2), R::of(1.0 - self.beta2));
        let correction = |beta| if self.corrected { 1.0 - power(beta, at.t) } else { 1.0 };
        let scale = R::of(1.0 / correction(self.beta1));
        let root = R::of(1.0 / correction(self.beta2).sqrt());
        let (epsilon, lambda) = (R::of(self.epsilon), R::of(self.weight_decay));
        move |theta, g, [m, v]| {
            let m = beta1 * m + rest1 * g;
            let v = beta2 * v + rest2 * g * g;
            (scale * m / (v.sqrt() * root + epsilon) + lambda * theta, [m, v])
        }
    }

    fn ratio(&self, _: Kind, norms: Norms) -> f64 {
        if norms.theta == 0.0 || norms.direction == 0.0 {
            1.0
        } else if self.corrected {
            norms.theta / norms.direction
        } else {
            norms.theta.min(10.0) / (norms.direction + self.epsilon)
        }
    }

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 2> {
        let late = if self.corrected { 1.0 } else { 1.0 - power(self.beta1, at.t) };
        let eta = R::of(at.learning_rate / late);
        move |theta, along, kept| (theta - eta * along, kept)
    }
}
