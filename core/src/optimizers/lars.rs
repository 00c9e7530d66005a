use super::{Dialect, Entry, Family, Make, Maker, decay, positive};
use crate::layerwise::{ByLayer, Kind, Layerwise, Norms};
use crate::optimizer::{Optimizer, Setup, Step, Update};
use crate::real::{Number, Real};
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "lars",
    about: "momentum whose steps are measured by the norm of each layer's weights: for large batches",
    paper: "You et al. 2017, Large Batch Training of Convolutional Networks, arXiv 1708.03888",
    family: Family::Rule,
    dialects: &[
        Dialect {
            name: "optax",
            about: "optax.lars: the ratio is by ‖g + λθ‖, for every part; the rate is inside the velocity",
            formula: "u = g + λ θ\nr = c ‖θ‖ / (‖u‖ + ε)\nb ← μ b + η r u\nθ ← θ − b\nθ ← θ − (η r u + μ b)",
            learning_rate: 1.0,
            parameters: &[MOMENTUM, NESTEROV, TRUST, EPSILON, DECAY],
            make: Maker::of::<Optax>(),
        },
        Dialect {
            name: "pytorch_optimizer",
            about: "pytorch_optimizer.LARS: the ratio is by ‖g‖ + λ‖θ‖, as in the paper; vectors go by plain momentum; the \
                    rate is outside the velocity",
            formula: "u = g + λ θ\nr = c ‖θ‖ / (‖g‖ + λ ‖θ‖)\nb ← μ b + r u\nθ ← θ − η b\nθ ← θ − η (r u + μ b)",
            learning_rate: 0.001,
            parameters: &[MOMENTUM, NESTEROV, TRUST, DECAY],
            make: Maker::of::<PytorchOptimizer>(),
        },
    ],
};

const MOMENTUM: Parameter = decay("momentum", "μ", 0.9, "how much of the last velocity is kept");
const NESTEROV: Parameter =
    Parameter::flag("nesterov", false, "whether the step looks ahead along the velocity: the last line");
const TRUST: Parameter = positive("trust", "c", 0.001, "how far a part may go, as a share of its norm");
const EPSILON: Parameter = positive("epsilon", "ε", 0.0, "added below the ratio");
const DECAY: Parameter = positive("weight_decay", "λ", 0.0, "L2, before the ratio");

/// LARS, [You et al. 2017](https://arxiv.org/abs/1708.03888): each layer's step is measured by the norm of its weights.
/// With `nesterov` the last line takes the place of the one before.
///
/// ```text
/// u = g + λ θ
/// r = c ‖θ‖ / (‖u‖ + ε)                     1 where a norm is zero
/// b ← μ b + η r u
/// θ ← θ − b
/// θ ← θ − (η r u + μ b)
///
/// r = c ‖θ‖ / (‖g‖ + λ ‖θ‖)                 pytorch_optimizer; for vectors λ = 0 and r = 1
/// b ← μ b + r u
/// θ ← θ − η b
/// θ ← θ − η (r u + μ b)
/// ```
struct Lars {
    /// μ in [0, 1).
    momentum: f64,
    nesterov: bool,
    /// c ≥ 0.
    trust: f64,
    /// ε ≥ 0.
    epsilon: f64,
    /// λ ≥ 0.
    weight_decay: f64,
    /// As pytorch_optimizer has it: norms of g and θ apart, vectors apart, the rate outside.
    apart: bool,
}

/// Makes Optax' way of it.
struct Optax;
/// Makes pytorch_optimizer's.
struct PytorchOptimizer;

impl Make for Optax {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        Box::new(ByLayer::new(Lars::of(values, values.get("epsilon"), false), setup))
    }
}

impl Make for PytorchOptimizer {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        Box::new(ByLayer::new(Lars::of(values, 0.0, true), setup))
    }
}

impl Lars {
    fn of(values: &Values, epsilon: f64, apart: bool) -> Self {
        let (momentum, nesterov) = (values.get("momentum"), values.is("nesterov"));
        let (trust, weight_decay) = (values.get("trust"), values.get("weight_decay"));
        Lars { momentum, nesterov, trust, epsilon, weight_decay, apart }
    }

    /// Whether a part of this kind goes by plain momentum.
    fn spares(&self, kind: Kind) -> bool {
        self.apart && kind == Kind::Vector
    }
}

impl Layerwise<1> for Lars {
    const STATE: [&'static str; 1] = ["b"];

    fn direction<R: Real>(&self, _: Step, kind: Kind) -> impl Update<R, 1> {
        let lambda = R::of(if self.spares(kind) { 0.0 } else { self.weight_decay });
        move |theta, g, kept| (g + lambda * theta, kept)
    }

    fn ratio(&self, kind: Kind, norms: Norms) -> f64 {
        let below = if self.apart { norms.slope + self.weight_decay * norms.theta } else { norms.direction };
        if norms.theta == 0.0 || below == 0.0 || self.spares(kind) {
            1.0
        } else {
            self.trust * norms.theta / (below + self.epsilon)
        }
    }

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 1> {
        let (inside, outside) = if self.apart { (1.0, at.learning_rate) } else { (at.learning_rate, 1.0) };
        let (mu, inside, outside) = (R::of(self.momentum), R::of(inside), R::of(outside));
        let nesterov = self.nesterov;
        move |theta, along, [b]| {
            let along = inside * along;
            let b = mu * b + along;
            (theta - outside * if nesterov { along + mu * b } else { b }, [b])
        }
    }
}
