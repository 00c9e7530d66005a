use super::{Dialect, Entry, Family, FromValues, Maker, decay, epsilon, positive, word};
use crate::elementary::power;
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "adam",
    about: "momentum and scale together, both corrected for their start at zero",
    paper: "Kingma & Ba 2014, Adam: A Method for Stochastic Optimization, arXiv 1412.6980, Algorithm 1",
    family: Family::Rule,
    dialects: &[
        dialect(
            "pytorch",
            "torch.optim.Adam, the paper's Algorithm 1: ε beside the corrected root",
            PAPER,
            &parameters(1e-8, 0),
        ),
        dialect(
            "keras",
            "keras.optimizers.Adam: the paper's ε̂, beside the root before its correction, so that small gradients move \
             little in first steps",
            HAT,
            &parameters(1e-7, 1),
        ),
        dialect(
            "optax",
            "optax.adam: as PyTorch; its ε_root adds inside the root",
            "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nm̂ = m / (1 − β₁ᵗ)\nv̂ = v / (1 − β₂ᵗ)\nθ ← θ − η m̂ / (√(v̂ + ε_root) + ε)",
            &parameters(1e-8, 0),
        ),
        dialect(
            "tf1",
            "tf.compat.v1.train.AdamOptimizer: as Keras, with a smaller ε; scikit-learn does the same",
            HAT,
            &parameters(1e-8, 1),
        ),
        dialect(
            "mlx",
            "mlx.optimizers.Adam: averages are not corrected, so that first steps are about three times as large",
            NONE,
            &parameters(1e-8, 2),
        ),
    ],
};

const PAPER: &str = "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nm̂ = m / (1 − β₁ᵗ)\nv̂ = v / (1 − β₂ᵗ)\nθ ← θ − η m̂ / (√v̂ + ε)";
const HAT: &str =
    "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nθ ← θ − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)";
const NONE: &str = "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nθ ← θ − η m / (√v + ε)";

const fn dialect(
    name: &'static str,
    about: &'static str,
    formula: &'static str,
    parameters: &'static [Parameter],
) -> Dialect {
    Dialect { name, about, formula, learning_rate: 0.001, parameters, make: Maker::rule::<2, Adam>() }
}

/// The parameters of Adam and its relatives; `correction` is a place in [`CORRECTIONS`].
pub(super) const fn parameters(small: f64, correction: usize) -> [Parameter; 5] {
    let [beta1, beta2] = betas();
    [
        beta1,
        beta2,
        epsilon(small),
        epsilon_root(0.0),
        word("correction", CORRECTIONS, correction, "of both averages"),
    ]
}

/// β₁ and β₂, as everybody starts with them.
pub(super) const fn betas() -> [Parameter; 2] {
    [
        decay("beta1", "β₁", 0.9, "memory of past gradients"),
        decay("beta2", "β₂", 0.999, "memory of past squared gradients"),
    ]
}

pub(super) const fn epsilon_root(default: f64) -> Parameter {
    positive("epsilon_root", "ε_root", default, "added inside the root")
}

const CORRECTIONS: &[&str] = &["paper", "epsilon_hat", "none"];

/// How averages are corrected for their start at zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    /// Each by itself, before ε is added.
    Paper,
    /// Both in the rate: ε is added before the correction, and is the paper's ε̂.
    EpsilonHat,
    /// Not at all.
    None,
}

impl Correction {
    pub(super) fn of(values: &Values) -> Self {
        match values.word("correction") {
            "paper" => Correction::Paper,
            "epsilon_hat" => Correction::EpsilonHat,
            _ => Correction::None,
        }
    }
}

/// Adam, [Kingma & Ba 2014](https://arxiv.org/abs/1412.6980), Algorithm 1; with the other `correction`s as the end of
/// the paper's section 2 has it, or with none.
///
/// ```text
/// m ← β₁ m + (1 − β₁) g
/// v ← β₂ v + (1 − β₂) g²
/// m̂ = m / (1 − β₁ᵗ)
/// v̂ = v / (1 − β₂ᵗ)
/// θ ← θ − η m̂ / (√v̂ + ε)                                  paper, ε_root = 0
/// θ ← θ − η m̂ / (√(v̂ + ε_root) + ε)                       paper
/// θ ← θ − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)          epsilon_hat
/// θ ← θ − η m / (√v + ε)                                   none
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    /// β₁ in [0, 1): memory of past gradients.
    pub beta1: f64,
    /// β₂ in [0, 1): memory of past squared gradients.
    pub beta2: f64,
    /// ε ≥ 0: keeps the division finite.
    pub epsilon: f64,
    /// ε_root ≥ 0: the same, inside the root.
    pub epsilon_root: f64,
    /// Of both averages.
    pub correction: Correction,
}

impl FromValues for Adam {
    fn from_values(values: &Values) -> Self {
        Adam {
            beta1: values.get("beta1"),
            beta2: values.get("beta2"),
            epsilon: values.get("epsilon"),
            epsilon_root: values.get("epsilon_root"),
            correction: Correction::of(values),
        }
    }
}

/// What turns averages into a step: rate · m / (√(v + inside) · root + ε). All divisions by corrections are made
/// here, once a step, not once a weight.
pub(super) struct Scales<R> {
    pub rate: R,
    pub inside: R,
    pub root: R,
    pub epsilon: R,
}

impl<R: Real> Scales<R> {
    #[inline(always)]
    pub fn step(&self, m: R, v: R) -> R {
        self.rate * m / ((v + self.inside).sqrt() * self.root + self.epsilon)
    }
}

impl Adam {
    pub(super) fn scales<R: Real>(&self, at: Step) -> Scales<R> {
        let (rest1, rest2) = (1.0 - power(self.beta1, at.t), 1.0 - power(self.beta2, at.t));
        let (rate, inside, root) = match self.correction {
            // √(v / rest + ε_root) = √(v + ε_root rest) / √rest
            Correction::Paper => (1.0 / rest1, self.epsilon_root * rest2, 1.0 / rest2.sqrt()),
            Correction::EpsilonHat => (rest2.sqrt() / rest1, self.epsilon_root, 1.0),
            Correction::None => (1.0, self.epsilon_root, 1.0),
        };
        Scales {
            rate: R::of(at.learning_rate * rate),
            inside: R::of(inside),
            root: R::of(root),
            epsilon: R::of(self.epsilon),
        }
    }

    /// (m, v) after a gradient
    #[inline(always)]
    pub(super) fn averages<R: Real>(&self) -> impl Fn(R, R, R) -> (R, R) + Copy + Sync + use<R> {
        let (beta1, rest1) = (R::of(self.beta1), R::of(1.0 - self.beta1));
        let (beta2, rest2) = (R::of(self.beta2), R::of(1.0 - self.beta2));
        move |g, m, v| (beta1 * m + rest1 * g, beta2 * v + rest2 * g * g)
    }
}

impl Rule<2> for Adam {
    const STATE: [&'static str; 2] = ["m", "v"];
    const VELOCITIES: [bool; 2] = [true, false];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 2> {
        let (averages, scales) = (self.averages::<R>(), self.scales::<R>(at));
        move |theta, g, [m, v]| {
            let (m, v) = averages(g, m, v);
            (theta - scales.step(m, v), [m, v])
        }
    }
}
