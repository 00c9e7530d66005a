use super::{Dialect, Entry, Family, FromValues, Maker, epsilon, positive, word};
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "adagrad",
    about: "each weight's steps divided by the root of all its squared gradients so far",
    paper: "Duchi, Hazan & Singer 2011, Adaptive Subgradient Methods, JMLR 12",
    family: Family::Rule,
    dialects: &[
        Dialect {
            name: "pytorch",
            about: "torch.optim.Adagrad: ε outside the root, the sum starts at 0, the rate may fall",
            formula: OUTSIDE,
            learning_rate: 0.01,
            parameters: &parameters(0.0, 1e-10, 0),
            make: Maker::rule::<1, Adagrad>(),
        },
        Dialect {
            name: "keras",
            about: "keras.optimizers.Adagrad: ε inside the root, the sum starts at 0.1; optax.adagrad does the same",
            formula: INSIDE,
            learning_rate: 0.001,
            parameters: &parameters(0.1, 1e-7, 1),
            make: Maker::rule::<1, Adagrad>(),
        },
        Dialect {
            name: "tf1",
            about: "tf.compat.v1.train.AdagradOptimizer: no ε, the sum starts at 0.1",
            formula: INSIDE,
            learning_rate: 0.001,
            parameters: &parameters(0.1, 0.0, 1),
            make: Maker::rule::<1, Adagrad>(),
        },
        Dialect {
            name: "mlx",
            about: "mlx.optimizers.Adagrad: as PyTorch, with a larger ε",
            formula: OUTSIDE,
            learning_rate: 0.01,
            parameters: &parameters(0.0, 1e-8, 0),
            make: Maker::rule::<1, Adagrad>(),
        },
    ],
};

const OUTSIDE: &str = "s ← s + g²,  s₀ = initial\nθ ← θ − η / (1 + (t − 1) δ) · g / (√s + ε)";
const INSIDE: &str = "s ← s + g²,  s₀ = initial\nθ ← θ − η / (1 + (t − 1) δ) · g / √(s + ε)";

const fn parameters(initial: f64, small: f64, place: usize) -> [Parameter; 4] {
    [
        positive("initial", "s₀", initial, "what the sum starts at"),
        positive("decay", "δ", 0.0, "how fast the rate falls"),
        epsilon(small),
        word("epsilon_place", &["outside", "inside"], place, "whether ε stands outside the root or inside"),
    ]
}

/// Adagrad, [Duchi et al. 2011](https://jmlr.org/papers/v12/duchi11a.html), with the `epsilon_place` outside the
/// root or inside. A weight without any gradient yet stays where it is.
///
/// ```text
/// s ← s + g²,  s₀ = initial
/// θ ← θ − η / (1 + (t − 1) δ) · g / (√s + ε)
/// θ ← θ − η / (1 + (t − 1) δ) · g / √(s + ε)
/// ```
pub struct Adagrad {
    /// s₀ ≥ 0.
    pub initial: f64,
    /// δ ≥ 0.
    pub decay: f64,
    /// ε ≥ 0.
    pub epsilon: f64,
    /// ε inside the root.
    pub epsilon_inside: bool,
}

impl FromValues for Adagrad {
    fn from_values(values: &Values) -> Self {
        Adagrad {
            initial: values.get("initial"),
            decay: values.get("decay"),
            epsilon: values.get("epsilon"),
            epsilon_inside: values.word("epsilon_place") == "inside",
        }
    }
}

impl Rule<1> for Adagrad {
    const STATE: [&'static str; 1] = ["s"];
    const STAYS: bool = true;

    fn start(&self) -> [f64; 1] {
        [self.initial]
    }

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 1> {
        let eta = R::of(at.learning_rate / (1.0 + (at.t - 1) as f64 * self.decay));
        let (inside, outside) = split(self.epsilon, self.epsilon_inside);
        let (inside, outside) = (R::of(inside), R::of(outside));
        move |theta, g, [s]| {
            let s = s + g * g;
            let size = (s + inside).sqrt() + outside;
            // 0 / 0 would be no step.
            (theta - (eta * g / size).where_positive(size, R::of(0.0)), [s])
        }
    }
}

/// ε as what is added inside a root, and what is added outside.
pub(super) fn split(epsilon: f64, inside: bool) -> (f64, f64) {
    if inside { (epsilon, 0.0) } else { (0.0, epsilon) }
}
