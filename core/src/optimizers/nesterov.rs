use super::momentum::{Momentum, rates};
use super::{Dialect, Entry, Family, FromValues, Make, Maker, decay, word};
use crate::descent::Descent;
use crate::optimizer::{Objective, Optimizer, Rule, Setup, Step, Update};
use crate::real::{Number, Real, Slot};
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "nesterov",
    about: "momentum that looks ahead; the printed loss belongs to the look-ahead point",
    paper: "Nesterov 1983; Sutskever et al. 2013, On the importance of initialization and momentum",
    family: Family::Rule,
    dialects: &[
        Dialect {
            name: "pytorch",
            about: "torch.optim.SGD(momentum=0.9, nesterov=True): θ is the look-ahead point, the rate outside the \
                    velocity; optax.sgd, TensorFlow 1 and MLX do the same",
            formula: "b ← μ b + g\nθ ← θ − η (g + μ b)",
            learning_rate: 0.001,
            parameters: &[MOMENTUM, rate(0)],
            make: Maker::rule::<1, Nesterov>(),
        },
        Dialect {
            name: "keras",
            about: "keras.optimizers.SGD(momentum=0.9, nesterov=True): θ is the look-ahead point, the rate inside the \
                    velocity; scikit-learn does the same",
            formula: "m ← μ m − η g\nθ ← θ + μ m − η g",
            learning_rate: 0.01,
            parameters: &[MOMENTUM, rate(1)],
            make: Maker::rule::<1, Nesterov>(),
        },
        Dialect {
            name: "original",
            about: "as Sutskever writes it: θ is the point itself, its gradient is taken ahead of it, at θ + μv. Keras' θ \
                    is this θ + μv",
            formula: "v ← μ v − η ∂L/∂θ(θ + μ v)\nθ ← θ + v",
            learning_rate: 0.01,
            parameters: &[MOMENTUM],
            make: Maker::of::<Original>(),
        },
    ],
};

const MOMENTUM: Parameter = decay("momentum", "μ", 0.9, "how much of the last velocity is kept");

const fn rate(default: usize) -> Parameter {
    word("rate", &["outside", "inside"], default, "whether η stands outside or inside the velocity")
}

/// Nesterov's momentum, [Sutskever et al. 2013](https://proceedings.mlr.press/v28/sutskever13.html), as the
/// frameworks write it: θ is the look-ahead point, the `rate` stands outside the velocity or inside.
///
/// ```text
/// b ← μ b + g              m ← μ m − η g
/// θ ← θ − η (g + μ b)      θ ← θ + μ m − η g
/// ```
pub struct Nesterov {
    /// μ in [0, 1).
    pub momentum: f64,
    /// m for b: the rate inside the velocity.
    pub rate_inside: bool,
}

impl FromValues for Nesterov {
    fn from_values(values: &Values) -> Self {
        Nesterov { momentum: values.get("momentum"), rate_inside: values.word("rate") == "inside" }
    }
}

impl Rule<1> for Nesterov {
    const STATE: [&'static str; 1] = ["b"];
    const VELOCITIES: [bool; 1] = [true];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 1> {
        let (inside, outside) = rates(at, self.rate_inside);
        let (mu, inside, outside) = (R::of(self.momentum), R::of(inside), R::of(outside));
        // b is −m where the rate is inside.
        move |theta, g, [b]| {
            let g = inside * g;
            let b = mu * b + g;
            (theta - outside * (g + mu * b), [b])
        }
    }
}

/// Nesterov's momentum as Sutskever writes it: the gradient is taken ahead of θ.
///
/// ```text
/// v ← μ v − η ∂L/∂θ(θ + μ v)
/// θ ← θ + v
/// ```
struct Original<R: Number = f32> {
    momentum: R,
    /// Keeps −v.
    descent: Descent<1, Momentum, R>,
    ahead: Vec<R>,
}

impl Make for Original {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        let momentum = values.get("momentum");
        let rule = Momentum { momentum, dampening: 0.0, rate_inside: true, first_damped: false };
        Box::new(Original {
            momentum: R::of(momentum),
            descent: Descent::new(rule, setup),
            ahead: vec![R::of(0.0); setup.weights()],
        })
    }
}

impl<R: Number> Optimizer<R> for Original<R> {
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        let [v] = self.descent.kept();
        for ((ahead, theta), v) in self.ahead.iter_mut().zip(&*theta).zip(v) {
            *ahead = *theta - self.momentum * *v;
        }
        self.descent.step(at, theta, &mut Ahead { point: &self.ahead, objective })
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        self.descent.state()
    }
}

/// An objective that is always asked at one point.
struct Ahead<'a, R: Number> {
    point: &'a [R],
    objective: &'a mut dyn Objective<R>,
}

impl<R: Number> Objective<R> for Ahead<'_, R> {
    fn loss(&mut self, _: &[R]) -> R {
        self.objective.loss(self.point)
    }
    fn gradient(&mut self, _: &[R], grad: &mut [R]) -> R {
        self.objective.gradient(self.point, grad)
    }
}
