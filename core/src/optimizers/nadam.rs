use super::adam::{betas, epsilon_root};
use super::{Dialect, Entry, Family, FromValues, Maker, epsilon, fraction, positive};
use crate::elementary::{pow64, power};
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "nadam",
    about: "Adam that looks ahead as Nesterov's momentum does",
    paper: "Dozat 2016, Incorporating Nesterov Momentum into Adam, ICLR workshop",
    family: Family::Rule,
    dialects: &[
        Dialect {
            name: "pytorch",
            about: "torch.optim.NAdam: momentum rises slowly, from half of β₁",
            formula: RISING,
            learning_rate: 0.002,
            parameters: &parameters(1e-8, 0.5, 0.004),
            make: Maker::rule::<2, Nadam>(),
        },
        Dialect {
            name: "keras",
            about: "keras.optimizers.Nadam: momentum rises 250 times as fast",
            formula: RISING,
            learning_rate: 0.001,
            parameters: &parameters(1e-7, 0.5, 1.0),
            make: Maker::rule::<2, Nadam>(),
        },
        Dialect {
            name: "optax",
            about: "optax.nadam: momentum is β₁ from the start",
            formula: "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nm̂ = β₁ m / (1 − β₁ᵗ⁺¹) + (1 − β₁) g / (1 − β₁ᵗ)\nv̂ = v / (1 − β₂ᵗ)\nθ ← θ − η m̂ / (√(v̂ + ε_root) + ε)",
            learning_rate: 0.001,
            parameters: &parameters(1e-8, 0.0, 0.0),
            make: Maker::rule::<2, Nadam>(),
        },
    ],
};

const RISING: &str = "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nμₜ = β₁ (1 − κ 0.96^(ψt))\nm̂ = μₜ₊₁ m / (1 − μ₁…μₜ₊₁) + (1 − μₜ) g / (1 − μ₁…μₜ)\nv̂ = v / (1 − β₂ᵗ)\nθ ← θ − η m̂ / (√(v̂ + ε_root) + ε)";

const fn parameters(small: f64, dip: f64, speed: f64) -> [Parameter; 6] {
    let [beta1, beta2] = betas();
    [
        beta1,
        beta2,
        epsilon(small),
        epsilon_root(0.0),
        fraction("momentum_dip", "κ", dip, "by how much of β₁ momentum starts lower"),
        positive("momentum_decay", "ψ", speed, "how fast that is made up for"),
    ]
}

/// NAdam, [Dozat 2016](https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ). With κ = 0 momentum is β₁ from the start.
///
/// ```text
/// m ← β₁ m + (1 − β₁) g
/// v ← β₂ v + (1 − β₂) g²
/// μₜ = β₁ (1 − κ 0.96^(ψt))
/// m̂ = μₜ₊₁ m / (1 − μ₁…μₜ₊₁) + (1 − μₜ) g / (1 − μ₁…μₜ)
/// m̂ = β₁ m / (1 − β₁ᵗ⁺¹) + (1 − β₁) g / (1 − β₁ᵗ)              κ = 0
/// v̂ = v / (1 − β₂ᵗ)
/// θ ← θ − η m̂ / (√(v̂ + ε_root) + ε)
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Nadam {
    /// β₁ in [0, 1).
    pub beta1: f64,
    /// β₂ in [0, 1).
    pub beta2: f64,
    /// ε ≥ 0.
    pub epsilon: f64,
    /// ε_root ≥ 0.
    pub epsilon_root: f64,
    /// κ in [0, 1].
    pub momentum_dip: f64,
    /// ψ ≥ 0.
    pub momentum_decay: f64,
    /// μ₁…μₜ of the steps made: 1 before the first.
    pub product: f64,
}

impl FromValues for Nadam {
    fn from_values(values: &Values) -> Self {
        Nadam {
            beta1: values.get("beta1"),
            beta2: values.get("beta2"),
            epsilon: values.get("epsilon"),
            epsilon_root: values.get("epsilon_root"),
            momentum_dip: values.get("momentum_dip"),
            momentum_decay: values.get("momentum_decay"),
            product: 1.0,
        }
    }
}

impl Nadam {
    fn momentum(&self, t: u64) -> f64 {
        self.beta1 * (1.0 - self.momentum_dip * pow64(0.96, t as f64 * self.momentum_decay))
    }
}

impl Rule<2> for Nadam {
    const STATE: [&'static str; 2] = ["m", "v"];
    const VELOCITIES: [bool; 2] = [true, false];

    fn advance(&mut self, at: Step) {
        self.product *= self.momentum(at.t);
    }

    fn memory(&mut self) -> Option<(&'static str, &mut [f64])> {
        Some(("momentum_product", std::slice::from_mut(&mut self.product)))
    }

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 2> {
        let (now, next) = (self.momentum(at.t), self.momentum(at.t + 1));
        let of_m = R::of(at.learning_rate * next / (1.0 - self.product * next));
        let of_g = R::of(at.learning_rate * (1.0 - now) / (1.0 - self.product));
        let rest = 1.0 - power(self.beta2, at.t);
        let (inside, root) = (R::of(self.epsilon_root * rest), R::of(1.0 / rest.sqrt()));
        let (beta1, rest1) = (R::of(self.beta1), R::of(1.0 - self.beta1));
        let (beta2, rest2) = (R::of(self.beta2), R::of(1.0 - self.beta2));
        let epsilon = R::of(self.epsilon);
        move |theta, g, [m, v]| {
            let m = beta1 * m + rest1 * g;
            let v = beta2 * v + rest2 * g * g;
            (theta - (of_m * m + of_g * g) / ((v + inside).sqrt() * root + epsilon), [m, v])
        }
    }
}
