use super::adagrad::split;
use super::momentum::rates;
use super::{Dialect, Entry, Family, Make, Maker, decay, epsilon, positive, word};
use crate::descent::Descent;
use crate::elementary::power;
use crate::optimizer::{Optimizer, Rule, Setup, Step, Update};
use crate::real::{Number, Real};
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "rmsprop",
    about: "steps divided by the recent size of the gradient",
    paper: "Tieleman & Hinton 2012, Lecture 6.5 of Neural Networks for Machine Learning",
    family: Family::Rule,
    dialects: &[
        Dialect {
            name: "pytorch",
            about: "torch.optim.RMSprop: ε outside the root, the rate outside the velocity; MLX does the same, without μ",
            formula: "v ← α v + (1 − α) g²,  v₀ = initial\nb ← μ b + g / (√v + ε)\nθ ← θ − η b",
            learning_rate: 0.01,
            parameters: &parameters(0.99, 1e-8, 0.0, 0, 0),
            make: Maker::of::<RmsProp>(),
        },
        Dialect {
            name: "keras",
            about: "keras.optimizers.RMSprop: ε inside the root, the rate inside the velocity",
            formula: INSIDE,
            learning_rate: 0.001,
            parameters: &parameters(0.9, 1e-7, 0.0, 1, 1),
            make: Maker::of::<RmsProp>(),
        },
        Dialect {
            name: "optax",
            about: "optax.rmsprop: ε and the rate inside, as Keras, with a smaller ε",
            formula: INSIDE,
            learning_rate: 0.001,
            parameters: &parameters(0.9, 1e-8, 0.0, 1, 1),
            make: Maker::of::<RmsProp>(),
        },
        Dialect {
            name: "tf1",
            about: "tf.compat.v1.train.RMSPropOptimizer: as Keras, but v starts at 1, so that first steps are small",
            formula: INSIDE,
            learning_rate: 0.001,
            parameters: &parameters(0.9, 1e-10, 1.0, 1, 1),
            make: Maker::of::<RmsProp>(),
        },
        Dialect {
            name: "article",
            about: "as it is taught: an exponentially weighted average, ε against a division by 0 alone",
            formula: "V ← β V + (1 − β) g²\nθ ← θ − η g / (√V + ε)",
            learning_rate: 0.001,
            parameters: &[decay("beta", "β", 0.9, "memory of past squared gradients"), epsilon(1e-8)],
            make: Maker::of::<Article>(),
        },
    ],
};

const INSIDE: &str = "v ← α v + (1 − α) g²,  v₀ = initial\nb ← μ b + η g / √(v + ε)\nθ ← θ − b";

const fn parameters(alpha: f64, small: f64, initial: f64, place: usize, rate: usize) -> [Parameter; 9] {
    [
        decay("alpha", "α", alpha, "memory of past squared gradients"),
        epsilon(small),
        decay("momentum", "μ", 0.0, "how much of the last velocity is kept"),
        Parameter::flag("centered", false, "whether the squared mean gradient is taken off v"),
        positive("initial", "v₀", initial, "what v starts at"),
        Parameter::flag("correct", false, "whether averages are corrected for their start, as Adam's"),
        Parameter::flag("nesterov", false, "whether momentum looks ahead"),
        word("epsilon_place", &["outside", "inside"], place, "whether ε stands outside the root or inside"),
        word("rate", &["outside", "inside"], rate, "whether η stands outside or inside the velocity"),
    ]
}

/// RMSprop, [Tieleman & Hinton 2012](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf).
/// The `epsilon_place` is outside the root or inside it, the `rate` outside the velocity or inside it.
///
/// ```text
/// v ← α v + (1 − α) g²,  v₀ = initial
/// b ← μ b + g / (√v + ε)              b ← μ b + η g / √(v + ε)
/// θ ← θ − η b                         θ ← θ − b
/// ```
///
/// `centered`: v − a² stands for v, a ← α a + (1 − α) g. `correct`: v / (1 − αᵗ) and a / (1 − αᵗ) stand for v and a.
/// `nesterov`: μ b + the newest step stands for b in the last line.
///
/// The `article` writes it without momentum:
///
/// ```text
/// V ← β V + (1 − β) g²
/// θ ← θ − η g / (√V + ε)
/// ```
#[derive(Clone, Copy)]
pub struct RmsProp {
    /// α in [0, 1).
    pub alpha: f64,
    /// ε ≥ 0.
    pub epsilon: f64,
    /// μ in [0, 1).
    pub momentum: f64,
    /// v₀ ≥ 0.
    pub initial: f64,
    /// Averages corrected for their start at 0.
    pub correct: bool,
    /// Momentum that looks ahead.
    pub nesterov: bool,
    /// ε inside the root.
    pub epsilon_inside: bool,
    /// η inside the velocity.
    pub rate_inside: bool,
}

impl Make for RmsProp {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        let rule = RmsProp {
            alpha: values.get("alpha"),
            epsilon: values.get("epsilon"),
            momentum: values.get("momentum"),
            initial: values.get("initial"),
            correct: values.is("correct"),
            nesterov: values.is("nesterov"),
            epsilon_inside: values.word("epsilon_place") == "inside",
            rate_inside: values.word("rate") == "inside",
        };
        // No more is kept per weight than the variant needs.
        match (values.is("centered"), rule.momentum > 0.0) {
            (true, _) => Box::new(Descent::<3, _, R>::new(rule, setup)),
            (false, true) => Box::new(Descent::<2, _, R>::new(rule, setup)),
            (false, false) => Box::new(Descent::<1, _, R>::new(rule, setup)),
        }
    }
}

/// Without momentum, everything outside.
const PLAIN: RmsProp = RmsProp {
    alpha: 0.9,
    epsilon: 1e-8,
    momentum: 0.0,
    initial: 0.0,
    correct: false,
    nesterov: false,
    epsilon_inside: false,
    rate_inside: false,
};

/// The article's dialect.
struct Article;

impl Make for Article {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        let rule = RmsProp { alpha: values.get("beta"), epsilon: values.get("epsilon"), ..PLAIN };
        Box::new(Descent::<1, _, R>::new(rule, setup))
    }
}

/// The numbers of one step.
#[derive(Clone, Copy)]
struct Scales<R> {
    alpha: R,
    rest: R,
    correction: R,
    epsilon_inside: R,
    epsilon_outside: R,
    momentum: R,
    rate_inside: R,
    rate_outside: R,
    nesterov: bool,
}

impl<R: Real> Scales<R> {
    fn of(rule: &RmsProp, at: Step) -> Self {
        let correction = if rule.correct { 1.0 / (1.0 - power(rule.alpha, at.t)) } else { 1.0 };
        let (epsilon_inside, epsilon_outside) = split(rule.epsilon, rule.epsilon_inside);
        let (rate_inside, rate_outside) = rates(at, rule.rate_inside);
        Scales {
            alpha: R::of(rule.alpha),
            rest: R::of(1.0 - rule.alpha),
            correction: R::of(correction),
            epsilon_inside: R::of(epsilon_inside),
            epsilon_outside: R::of(epsilon_outside),
            momentum: R::of(rule.momentum),
            rate_inside: R::of(rate_inside),
            rate_outside: R::of(rate_outside),
            nesterov: rule.nesterov,
        }
    }

    /// The step that a gradient asks for, where its mean square is `v`. Nothing where both are 0.
    #[inline(always)]
    fn step(&self, g: R, v: R) -> R {
        let size = (v + self.epsilon_inside).sqrt() + self.epsilon_outside;
        (self.rate_inside * g / size).where_positive(size, R::of(0.0))
    }

    #[inline(always)]
    fn average(&self, old: R, new: R) -> R {
        self.alpha * old + self.rest * new
    }

    /// (how far θ goes, b)
    #[inline(always)]
    fn roll(&self, step: R, b: R) -> (R, R) {
        let b = self.momentum * b + step;
        (self.rate_outside * if self.nesterov { self.momentum * b + step } else { b }, b)
    }
}

impl Rule<1> for RmsProp {
    const STATE: [&'static str; 1] = ["v"];

    fn start(&self) -> [f64; 1] {
        [self.initial]
    }

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 1> {
        let s = Scales::<R>::of(self, at);
        move |theta, g, [v]| {
            let v = s.average(v, g * g);
            (theta - s.rate_outside * s.step(g, v * s.correction), [v])
        }
    }
}

impl Rule<2> for RmsProp {
    const STATE: [&'static str; 2] = ["v", "b"];
    const VELOCITIES: [bool; 2] = [false, true];

    fn start(&self) -> [f64; 2] {
        [self.initial, 0.0]
    }

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 2> {
        let s = Scales::<R>::of(self, at);
        move |theta, g, [v, b]| {
            let v = s.average(v, g * g);
            let (go, b) = s.roll(s.step(g, v * s.correction), b);
            (theta - go, [v, b])
        }
    }
}

impl Rule<3> for RmsProp {
    const STATE: [&'static str; 3] = ["v", "b", "a"];
    const VELOCITIES: [bool; 3] = [false, true, false];

    fn start(&self) -> [f64; 3] {
        [self.initial, 0.0, 0.0]
    }

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 3> {
        let s = Scales::<R>::of(self, at);
        move |theta, g, [v, b, a]| {
            let (v, a) = (s.average(v, g * g), s.average(a, g));
            let mean = a * s.correction;
            // A variance is not negative, but its rounding may be.
            let variance = (v * s.correction - mean * mean).max(R::of(0.0));
            let (go, b) = s.roll(s.step(g, variance), b);
            (theta - go, [v, b, a])
        }
    }
}
