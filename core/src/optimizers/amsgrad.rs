use super::adam::{Adam, Correction, Scales, parameters as adams};
use super::{Dialect, Entry, Family, FromValues, Maker, word};
use crate::elementary::power;
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "amsgrad",
    about: "Adam whose scale never shrinks: the greatest mean square so far",
    paper: "Reddi, Kale & Kumar 2018, On the Convergence of Adam and Beyond, arXiv 1904.09237",
    family: Family::Rule,
    dialects: &[
        Dialect {
            name: "pytorch",
            about: "torch.optim.Adam(amsgrad=True): the greatest v, corrected afterwards",
            formula: "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nw ← max(w, v)\nθ ← θ − η / (1 − β₁ᵗ) · m / (√(w / (1 − β₂ᵗ) + ε_root) + ε)",
            learning_rate: 0.001,
            parameters: &parameters(1e-8, 0, 0),
            make: Maker::rule::<3, AmsGrad>(),
        },
        Dialect {
            name: "keras",
            about: "keras.optimizers.Adam(amsgrad=True): the greatest v, and Keras' ε̂",
            formula: "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nw ← max(w, v)\nθ ← θ − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√w + ε)",
            learning_rate: 0.001,
            parameters: &parameters(1e-7, 1, 0),
            make: Maker::rule::<3, AmsGrad>(),
        },
        Dialect {
            name: "optax",
            about: "optax.amsgrad: the greatest v̂. The first v̂ is the first gradient squared: it is not forgotten as \
                    PyTorch's is",
            formula: "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\nw ← max(w, v / (1 − β₂ᵗ))\nθ ← θ − η / (1 − β₁ᵗ) · m / (√(w + ε_root) + ε)",
            learning_rate: 0.001,
            parameters: &parameters(1e-8, 0, 1),
            make: Maker::rule::<3, AmsGrad>(),
        },
    ],
};

const fn parameters(small: f64, correction: usize, greatest: usize) -> [Parameter; 6] {
    let [beta1, beta2, epsilon, epsilon_root, correction] = adams(small, correction);
    let greatest =
        word("greatest", &["raw", "corrected"], greatest, "whether w is the greatest v or the greatest v̂");
    [beta1, beta2, epsilon, epsilon_root, correction, greatest]
}

/// AMSGrad, [Reddi et al. 2018](https://arxiv.org/abs/1904.09237), with Adam's corrections, which the paper leaves out.
/// The `greatest` is the raw v or the corrected one; `correction` as [`Adam`]'s: paper or epsilon_hat.
///
/// ```text
/// m ← β₁ m + (1 − β₁) g
/// v ← β₂ v + (1 − β₂) g²
/// w ← max(w, v)                   raw
/// w ← max(w, v / (1 − β₂ᵗ))       corrected
/// θ ← θ − η / (1 − β₁ᵗ) · m / (√(w / (1 − β₂ᵗ) + ε_root) + ε)      raw, paper
/// θ ← θ − η / (1 − β₁ᵗ) · m / (√(w + ε_root) + ε)                  corrected, paper
/// θ ← θ − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√w + ε)                  raw, epsilon_hat
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AmsGrad {
    /// Its averages and corrections.
    pub adam: Adam,
    /// w is the greatest corrected v.
    pub corrected: bool,
}

impl FromValues for AmsGrad {
    fn from_values(values: &Values) -> Self {
        AmsGrad { adam: Adam::from_values(values), corrected: values.word("greatest") == "corrected" }
    }
}

impl Rule<3> for AmsGrad {
    const STATE: [&'static str; 3] = ["m", "v", "w"];
    const VELOCITIES: [bool; 3] = [true, false, false];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 3> {
        let (averages, scales) = (self.adam.averages::<R>(), self.adam.scales::<R>(at));
        let rest = 1.0 - power(self.adam.beta2, at.t);
        let correct = R::of(if self.corrected { 1.0 / rest } else { 1.0 });
        let scales = match (self.corrected, self.adam.correction) {
            // w is corrected already.
            (true, Correction::Paper) => {
                Scales { inside: R::of(self.adam.epsilon_root), root: R::of(1.0), ..scales }
            }
            _ => scales,
        };
        move |theta, g, [m, v, w]| {
            let (m, v) = averages(g, m, v);
            let w = w.max(v * correct);
            (theta - scales.step(m, w), [m, v, w])
        }
    }
}
