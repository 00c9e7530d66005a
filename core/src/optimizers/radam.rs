use super::adam::{Adam, Scales, parameters as adams};
use super::{Dialect, Entry, Family, FromValues, Maker, positive};
use crate::elementary::power;
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "radam",
    about: "Adam that goes without a scale until the scale can be trusted",
    paper: "Liu et al. 2020, On the Variance of the Adaptive Learning Rate and Beyond, arXiv 1908.03265",
    family: Family::Rule,
    dialects: &[
        Dialect {
            name: "pytorch",
            about: "torch.optim.RAdam: ε beside the root before its correction",
            formula: "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nρₜ = ρ∞ − 2t β₂ᵗ / (1 − β₂ᵗ),  ρ∞ = 2 / (1 − β₂) − 1\nr = √((ρₜ − 4)(ρₜ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρₜ))\nθ ← θ − η r √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε) if ρₜ ≥ T\nθ ← θ − η m / (1 − β₁ᵗ) else",
            learning_rate: 0.001,
            parameters: &parameters(1),
            make: Maker::rule::<2, RAdam>(),
        },
        Dialect {
            name: "optax",
            about: "optax.radam: ε beside the corrected root",
            formula: "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nρₜ = ρ∞ − 2t β₂ᵗ / (1 − β₂ᵗ),  ρ∞ = 2 / (1 − β₂) − 1\nr = √((ρₜ − 4)(ρₜ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρₜ))\nθ ← θ − η r m̂ / (√(v̂ + ε_root) + ε) if ρₜ ≥ T\nθ ← θ − η m̂ else",
            learning_rate: 0.001,
            parameters: &parameters(0),
            make: Maker::rule::<2, RAdam>(),
        },
    ],
};

const fn parameters(correction: usize) -> [Parameter; 6] {
    let [beta1, beta2, epsilon, epsilon_root, correction] = adams(1e-8, correction);
    let threshold = positive("threshold", "T", 5.0, "how many squares v must rest on to be used; at least 4");
    [
        beta1,
        beta2,
        epsilon,
        epsilon_root,
        Parameter { min: 4.0, closed: (false, false), ..threshold },
        correction,
    ]
}

/// Rectified Adam, [Liu et al. 2020](https://arxiv.org/abs/1908.03265), Algorithm 2; m̂, v̂ and `correction` as
/// [`Adam`]'s: paper or epsilon_hat.
///
/// ```text
/// m ← β₁ m + (1 − β₁) g
/// v ← β₂ v + (1 − β₂) g²
/// ρₜ = ρ∞ − 2t β₂ᵗ / (1 − β₂ᵗ),  ρ∞ = 2 / (1 − β₂) − 1
/// r = √((ρₜ − 4)(ρₜ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρₜ))
/// θ ← θ − η r m̂ / (√(v̂ + ε_root) + ε) if ρₜ ≥ T                        paper
/// θ ← θ − η m̂ else
/// θ ← θ − η r √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε) if ρₜ ≥ T          epsilon_hat
/// θ ← θ − η m / (1 − β₁ᵗ) else
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RAdam {
    /// Its averages and corrections.
    pub adam: Adam,
    /// T > 4.
    pub threshold: f64,
}

impl FromValues for RAdam {
    fn from_values(values: &Values) -> Self {
        RAdam { adam: Adam::from_values(values), threshold: values.get("threshold") }
    }
}

impl RAdam {
    /// r, once ρₜ has reached the threshold.
    fn rectifier(&self, t: u64) -> Option<f64> {
        let past = power(self.adam.beta2, t);
        let end = 2.0 / (1.0 - self.adam.beta2) - 1.0;
        let now = end - 2.0 * t as f64 * past / (1.0 - past);
        let r = ((now - 4.0) * (now - 2.0) * end / ((end - 4.0) * (end - 2.0) * now)).sqrt();
        (now >= self.threshold).then_some(r)
    }
}

impl Rule<2> for RAdam {
    const STATE: [&'static str; 2] = ["m", "v"];
    const VELOCITIES: [bool; 2] = [true, false];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 2> {
        let averages = self.adam.averages::<R>();
        let scales = match self.rectifier(at.t) {
            Some(r) => self.adam.scales(Step { learning_rate: at.learning_rate * r, ..at }),
            None => {
                // No scale: m̂ over 1.
                let rate = R::of(at.learning_rate / (1.0 - power(self.adam.beta1, at.t)));
                Scales { rate, inside: R::of(0.0), root: R::of(0.0), epsilon: R::of(1.0) }
            }
        };
        move |theta, g, [m, v]| {
            let (m, v) = averages(g, m, v);
            (theta - scales.step(m, v), [m, v])
        }
    }
}
