use super::adam::{betas, epsilon_root};
use super::{Dialect, Entry, Family, FromValues, Maker, epsilon};
use crate::elementary::power;
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "adabelief",
    about: "Adam scaled by how far gradients stray from their mean: bold where they agree",
    paper: "Zhuang et al. 2020, AdaBelief Optimizer, arXiv 2010.07468",
    family: Family::Rule,
    dialects: &[Dialect {
        name: "optax",
        about: "optax.adabelief: ε_root joins s at each step; pytorch_optimizer.AdaBelief does the same",
        formula: "m ← β₁ m + (1 − β₁) g\ns ← β₂ s + (1 − β₂) (g − m)² + ε_root\nθ ← θ − η / (1 − β₁ᵗ) · m / (√(s / (1 − β₂ᵗ)) + ε)",
        learning_rate: 0.001,
        parameters: &PARAMETERS,
        make: Maker::rule::<2, AdaBelief>(),
    }],
};

const PARAMETERS: [Parameter; 4] = {
    let [beta1, beta2] = betas();
    [beta1, beta2, epsilon(1e-16), epsilon_root(1e-16)]
};

/// AdaBelief, [Zhuang et al. 2020](https://arxiv.org/abs/2010.07468).
///
/// ```text
/// m ← β₁ m + (1 − β₁) g
/// s ← β₂ s + (1 − β₂) (g − m)² + ε_root
/// θ ← θ − η / (1 − β₁ᵗ) · m / (√(s / (1 − β₂ᵗ)) + ε)
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AdaBelief {
    /// β₁ in [0, 1).
    pub beta1: f64,
    /// β₂ in [0, 1).
    pub beta2: f64,
    /// ε ≥ 0.
    pub epsilon: f64,
    /// ε_root ≥ 0.
    pub epsilon_root: f64,
}

impl FromValues for AdaBelief {
    fn from_values(values: &Values) -> Self {
        AdaBelief {
            beta1: values.get("beta1"),
            beta2: values.get("beta2"),
            epsilon: values.get("epsilon"),
            epsilon_root: values.get("epsilon_root"),
        }
    }
}

impl Rule<2> for AdaBelief {
    const STATE: [&'static str; 2] = ["m", "s"];
    const VELOCITIES: [bool; 2] = [true, false];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 2> {
        let (beta1, rest1) = (R::of(self.beta1), R::of(1.0 - self.beta1));
        let (beta2, rest2) = (R::of(self.beta2), R::of(1.0 - self.beta2));
        let rate = R::of(at.learning_rate / (1.0 - power(self.beta1, at.t)));
        let root = R::of(1.0 / (1.0 - power(self.beta2, at.t)).sqrt());
        let (epsilon, epsilon_root) = (R::of(self.epsilon), R::of(self.epsilon_root));
        move |theta, g, [m, s]| {
            let m = beta1 * m + rest1 * g;
            let strays = g - m;
            let s = beta2 * s + rest2 * strays * strays + epsilon_root;
            (theta - rate * m / (s.sqrt() * root + epsilon), [m, s])
        }
    }
}
