use super::adam::betas;
use super::{Dialect, Entry, Family, FromValues, Maker, epsilon, positive};
use crate::elementary::power;
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "yogi",
    about: "Adam whose scale grows at once and shrinks gently",
    paper: "Zaheer et al. 2018, Adaptive Methods for Nonconvex Optimization, NeurIPS",
    family: Family::Rule,
    dialects: &[Dialect {
        name: "optax",
        about: "optax.yogi: both averages start at 10⁻⁶; pytorch_optimizer.Yogi does the same",
        formula: "m ← β₁ m + (1 − β₁) g,  m₀ = v₀\nv ← v − (1 − β₂) sign(v − g²) g²,  v₀ = initial\nθ ← θ − η / (1 − β₁ᵗ) · m / (√(v / (1 − β₂ᵗ)) + ε)",
        learning_rate: 0.01,
        parameters: &PARAMETERS,
        make: Maker::rule::<2, Yogi>(),
    }],
};

const PARAMETERS: [Parameter; 4] = {
    let [beta1, beta2] = betas();
    [beta1, beta2, epsilon(1e-3), positive("initial", "v₀", 1e-6, "what both averages start at")]
};

/// Yogi, [Zaheer et al. 2018](https://papers.nips.cc/paper/8186-adaptive-methods-for-nonconvex-optimization).
///
/// ```text
/// m ← β₁ m + (1 − β₁) g,  m₀ = v₀
/// v ← v − (1 − β₂) sign(v − g²) g²,  v₀ = initial
/// θ ← θ − η / (1 − β₁ᵗ) · m / (√(v / (1 − β₂ᵗ)) + ε)
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Yogi {
    /// β₁ in [0, 1).
    pub beta1: f64,
    /// β₂ in [0, 1).
    pub beta2: f64,
    /// ε ≥ 0.
    pub epsilon: f64,
    /// v₀ ≥ 0.
    pub initial: f64,
}

impl FromValues for Yogi {
    fn from_values(values: &Values) -> Self {
        Yogi {
            beta1: values.get("beta1"),
            beta2: values.get("beta2"),
            epsilon: values.get("epsilon"),
            initial: values.get("initial"),
        }
    }
}

impl Rule<2> for Yogi {
    const STATE: [&'static str; 2] = ["m", "v"];
    const VELOCITIES: [bool; 2] = [true, false];

    fn start(&self) -> [f64; 2] {
        [self.initial; 2]
    }

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 2> {
        let (beta1, rest1, rest2) = (R::of(self.beta1), R::of(1.0 - self.beta1), R::of(1.0 - self.beta2));
        let rate = R::of(at.learning_rate / (1.0 - power(self.beta1, at.t)));
        let root = R::of(1.0 / (1.0 - power(self.beta2, at.t)).sqrt());
        let epsilon = R::of(self.epsilon);
        move |theta, g, [m, v]| {
            let m = beta1 * m + rest1 * g;
            let v = v - rest2 * (v - g * g).sign() * g * g;
            (theta - rate * m / (v.sqrt() * root + epsilon), [m, v])
        }
    }
}
