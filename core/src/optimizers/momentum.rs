use super::{Dialect, Entry, Family, FromValues, Maker, decay, fraction, word};
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "momentum",
    about: "gradients with inertia: a ball rolling downhill",
    paper: "Polyak 1964, Some methods of speeding up the convergence of iteration methods",
    family: Family::Rule,
    dialects: &[
        Dialect {
            name: "pytorch",
            about: "torch.optim.SGD(momentum=0.9): the rate outside the velocity, which starts as the whole first \
                    gradient; optax.sgd and TensorFlow 1 do the same, without τ",
            formula: "b ← μ b + (1 − τ) g,  b₁ = g\nθ ← θ − η b",
            learning_rate: 0.001,
            parameters: &parameters(OUTSIDE, WHOLE),
            make: Maker::rule::<1, Momentum>(),
        },
        Dialect {
            name: "keras",
            about: "keras.optimizers.SGD(momentum=0.9): the rate inside the velocity, so that a new rate acts on new \
                    gradients only; scikit-learn does the same",
            formula: "m ← μ m − η g\nθ ← θ + m",
            learning_rate: 0.01,
            parameters: &parameters(INSIDE, WHOLE),
            make: Maker::rule::<1, Momentum>(),
        },
        Dialect {
            name: "article",
            about: "the velocity as an exponentially weighted average of gradients",
            formula: "V ← β V + (1 − β) g\nθ ← θ − η V",
            learning_rate: 0.01,
            parameters: &[decay("beta", "β", 0.9, "memory of past gradients: about 1 / (1 − β) of them")],
            make: Maker::rule::<1, Averaged>(),
        },
        Dialect {
            name: "mlx",
            about: "mlx.optimizers.SGD(momentum=0.9): as PyTorch, but τ damps the first gradient too",
            formula: "b ← μ b + (1 − τ) g\nθ ← θ − η b",
            learning_rate: 0.001,
            parameters: &parameters(OUTSIDE, DAMPED),
            make: Maker::rule::<1, Momentum>(),
        },
    ],
};

const OUTSIDE: usize = 0;
const INSIDE: usize = 1;
const WHOLE: usize = 0;
const DAMPED: usize = 1;

const fn parameters(rate: usize, first: usize) -> [Parameter; 4] {
    [
        decay("momentum", "μ", 0.9, "how much of the last velocity is kept"),
        fraction("dampening", "τ", 0.0, "how much of each gradient is held back"),
        word("rate", &["outside", "inside"], rate, "whether η stands outside or inside the velocity"),
        word("first", &["whole", "damped"], first, "whether τ spares the first gradient"),
    ]
}

/// Momentum, [Polyak 1964](https://doi.org/10.1016/0041-5553(64)90137-5), with the `rate` outside the velocity or
/// inside, and the `first` gradient whole or damped.
///
/// ```text
/// b ← μ b + (1 − τ) g,  b₁ = g        m ← μ m − η g
/// θ ← θ − η b                         θ ← θ + m
/// ```
pub struct Momentum {
    /// μ in [0, 1).
    pub momentum: f64,
    /// τ in [0, 1].
    pub dampening: f64,
    /// m for b: the rate inside the velocity.
    pub rate_inside: bool,
    /// τ damps the first gradient too.
    pub first_damped: bool,
}

impl FromValues for Momentum {
    fn from_values(values: &Values) -> Self {
        Momentum {
            momentum: values.get("momentum"),
            dampening: values.get("dampening"),
            rate_inside: values.word("rate") == "inside",
            first_damped: values.word("first") == "damped",
        }
    }
}

impl Rule<1> for Momentum {
    const STATE: [&'static str; 1] = ["b"];
    const VELOCITIES: [bool; 1] = [true];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 1> {
        let share = if at.t == 1 && !self.first_damped { 1.0 } else { 1.0 - self.dampening };
        let (inside, outside) = rates(at, self.rate_inside);
        let (mu, share, outside) = (R::of(self.momentum), R::of(share * inside), R::of(outside));
        // b is −m where the rate is inside.
        move |theta, g, [b]| {
            let b = mu * b + share * g;
            (theta - outside * b, [b])
        }
    }
}

/// By what a gradient is multiplied before it joins a velocity, and by what the velocity is before it moves θ.
pub(super) fn rates(at: Step, inside: bool) -> (f64, f64) {
    if inside { (at.learning_rate, 1.0) } else { (1.0, at.learning_rate) }
}

/// Momentum as an exponentially weighted average of gradients.
///
/// ```text
/// V ← β V + (1 − β) g
/// θ ← θ − η V
/// ```
pub struct Averaged {
    /// β in [0, 1).
    pub beta: f64,
}

impl FromValues for Averaged {
    fn from_values(values: &Values) -> Self {
        Averaged { beta: values.get("beta") }
    }
}

impl Rule<1> for Averaged {
    const STATE: [&'static str; 1] = ["v"];
    const VELOCITIES: [bool; 1] = [true];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 1> {
        let (eta, beta, rest) = (R::of(at.learning_rate), R::of(self.beta), R::of(1.0 - self.beta));
        move |theta, g, [v]| {
            let v = beta * v + rest * g;
            (theta - eta * v, [v])
        }
    }
}
