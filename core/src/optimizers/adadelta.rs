use super::{Dialect, Entry, Family, FromValues, Maker, decay, epsilon};
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "adadelta",
    about: "steps in the units of θ: the recent size of steps over the recent size of gradients",
    paper: "Zeiler 2012, ADADELTA: An Adaptive Learning Rate Method, arXiv 1212.5701",
    family: Family::Rule,
    dialects: &[
        dialect(
            "pytorch",
            "torch.optim.Adadelta: the paper's rate of 1; optax.adadelta and MLX do the same",
            1.0,
            &parameters(0.9, 1e-6),
        ),
        dialect(
            "keras",
            "keras.optimizers.Adadelta: a rate a thousand times smaller",
            0.001,
            &parameters(0.95, 1e-7),
        ),
        dialect(
            "tf1",
            "tf.compat.v1.train.AdadeltaOptimizer: as Keras, with a smaller ε",
            0.001,
            &parameters(0.95, 1e-8),
        ),
    ],
};

const fn dialect(
    name: &'static str,
    about: &'static str,
    learning_rate: f64,
    parameters: &'static [Parameter],
) -> Dialect {
    let formula = "v ← ρ v + (1 − ρ) g²\nΔ = √(u + ε) / √(v + ε) · g\nu ← ρ u + (1 − ρ) Δ²\nθ ← θ − η Δ";
    Dialect { name, about, formula, learning_rate, parameters, make: Maker::rule::<2, Adadelta>() }
}

const fn parameters(rho: f64, small: f64) -> [Parameter; 2] {
    [decay("rho", "ρ", rho, "memory of past squares"), epsilon(small)]
}

/// Adadelta, [Zeiler 2012](https://arxiv.org/abs/1212.5701), Algorithm 1.
///
/// ```text
/// v ← ρ v + (1 − ρ) g²
/// Δ = √(u + ε) / √(v + ε) · g
/// u ← ρ u + (1 − ρ) Δ²
/// θ ← θ − η Δ
/// ```
pub struct Adadelta {
    /// ρ in [0, 1).
    pub rho: f64,
    /// ε > 0: from it the first steps get their size.
    pub epsilon: f64,
}

impl FromValues for Adadelta {
    fn from_values(values: &Values) -> Self {
        Adadelta { rho: values.get("rho"), epsilon: values.get("epsilon") }
    }
}

impl Rule<2> for Adadelta {
    const STATE: [&'static str; 2] = ["v", "u"];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 2> {
        let (eta, epsilon) = (R::of(at.learning_rate), R::of(self.epsilon));
        let (rho, rest) = (R::of(self.rho), R::of(1.0 - self.rho));
        move |theta, g, [v, u]| {
            let v = rho * v + rest * g * g;
            let size = (v + epsilon).sqrt();
            let delta = ((u + epsilon).sqrt() / size * g).where_positive(size, R::of(0.0));
            let u = rho * u + rest * delta * delta;
            (theta - eta * delta, [v, u])
        }
    }
}
