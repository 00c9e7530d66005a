use super::{Dialect, Entry, Family, Make, Maker, decay, epsilon, positive};
use crate::descent::Descent;
use crate::elementary::power;
use crate::optimizer::{Objective, Optimizer, Rule, Setup, Step, Update};
use crate::real::{Number, Real, Slot};
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "schedule_free",
    about: "AdamW that needs no schedule: slopes are taken between the last point and the average of all, which is the answer",
    paper: "Defazio et al. 2024, The Road Less Scheduled, arXiv 2405.15682",
    family: Family::Rule,
    dialects: &[
        Dialect {
            name: "pytorch",
            about: "schedulefree.AdamWScheduleFree: θ is y; the first step of a warm-up goes at a W-th of the rate",
            formula: "s = min(1, t / W)\nv ← β₂ v + (1 − β₂) g²\nu = g / (√(v / (1 − β₂ᵗ)) + ε) + λ y\nw = tʳ (max η s)ᵖ\nc = w / Σ w\nz ← z − η s u\nx ← (1 − c) x + c z\ny ← (1 − β₁) z + β₁ x",
            learning_rate: 0.0025,
            parameters: &[BETA1, BETA2, epsilon(1e-8), DECAY, WARMUP, TIME_POWER, RATE_POWER],
            make: Maker::of::<PyTorch>(),
        },
        Dialect {
            name: "optax",
            about: "optax.contrib.schedule_free_adamw: the rate of a warm-up is a step behind, so that the first step does not \
                    move; weights w as if it were not",
            formula: "s = min(1, (t − 1) / W)\nv ← β₂ v + (1 − β₂) g²\nu = g / (√(v / (1 − β₂ᵗ)) + ε) + λ y\nw = (max η min(1, t / W))ᵖ\nc = w / Σ w\nz ← z − η s u\nx ← (1 − c) x + c z\ny ← (1 − β₁) z + β₁ x",
            learning_rate: 0.0025,
            parameters: &[BETA1, BETA2, epsilon(1e-8), DECAY, WARMUP, RATE_POWER],
            make: Maker::of::<Optax>(),
        },
    ],
};

const BETA1: Parameter =
    Parameter::number("beta1", "β₁", 0.9, (0.0, 1.0), "how near to the average slopes are taken").open();
const BETA2: Parameter = decay("beta2", "β₂", 0.999, "memory of past squared gradients");
const DECAY: Parameter = positive("weight_decay", "λ", 0.0, "decay of weights, taken at y");
const WARMUP: Parameter =
    Parameter::whole("warmup", "W", 0, (0, u32::MAX as u64), "steps in which the rate rises");
const TIME_POWER: Parameter =
    Parameter::whole("time_power", "r", 0, (0, 16), "how much more late steps count");
const RATE_POWER: Parameter =
    Parameter::whole("rate_power", "p", 2, (0, 16), "how much more steps at a high rate count");

/// AdamW without a schedule, [Defazio et al. 2024](https://arxiv.org/abs/2405.15682), Algorithm 1. θ is y, where slopes
/// are taken; the answer is the average x, for which no schedule has to bring the rate down. Of z, the point that
/// AdamW moves, the distance to y is kept.
///
/// ```text
/// s = min(1, t / W)                              warm-up
/// v ← β₂ v + (1 − β₂) g²
/// u = g / (√(v / (1 − β₂ᵗ)) + ε) + λ y           g: slopes at y
/// w = tʳ (max η s)ᵖ                              the greatest so far
/// c = w / Σ w
/// z ← z − η s u
/// x ← (1 − c) x + c z
/// y ← (1 − β₁) z + β₁ x
///
/// s = min(1, (t − 1) / W)                        optax
/// w = (max η min(1, t / W))ᵖ
/// ```
///
/// With d = z − y the last three are y ← y + c d − η s (1 − β₁ (1 − c)) u and d ← (1 − c) (d − η s β₁ u); the answer is
/// x = y − (1 / β₁ − 1) d.
struct ScheduleFree {
    /// β₁ in (0, 1).
    beta1: f64,
    /// β₂ in [0, 1).
    beta2: f64,
    /// ε ≥ 0.
    epsilon: f64,
    /// λ ≥ 0.
    weight_decay: f64,
    /// W ≥ 0.
    warmup: u64,
    /// r ≥ 0.
    time_power: u64,
    /// p ≥ 0.
    rate_power: u64,
    /// Whether the rate of the warm-up is a step behind.
    behind: bool,
    /// Σ w, and the greatest rate so far.
    memory: [f64; 2],
    /// c of this step.
    share: f64,
}

impl ScheduleFree {
    fn of(values: &Values, time_power: u64, behind: bool) -> Self {
        ScheduleFree {
            beta1: values.get("beta1"),
            beta2: values.get("beta2"),
            epsilon: values.get("epsilon"),
            weight_decay: values.get("weight_decay"),
            warmup: values.whole("warmup") as u64,
            time_power,
            rate_power: values.whole("rate_power") as u64,
            behind,
            memory: [0.0; 2],
            share: 0.0,
        }
    }

    /// η with the warm-up, had `t` steps begun.
    fn rate(&self, learning_rate: f64, t: u64) -> f64 {
        if t < self.warmup { learning_rate * (t as f64 / self.warmup as f64) } else { learning_rate }
    }
}

impl Rule<2> for ScheduleFree {
    const STATE: [&'static str; 2] = ["v", "z_minus_y"];

    fn advance(&mut self, at: Step) {
        let rate = self.rate(at.learning_rate, at.t);
        let [sum, most] = &mut self.memory;
        *most = most.max(rate);
        let weight = power(at.t as f64, self.time_power) * power(*most, self.rate_power);
        *sum += weight;
        self.share = if *sum > 0.0 { weight / *sum } else { 0.0 };
    }

    fn memory(&mut self) -> Option<(&'static str, &mut [f64])> {
        Some(("weight_sum_and_greatest_rate", &mut self.memory))
    }

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 2> {
        let rate = self.rate(at.learning_rate, at.t.saturating_sub(self.behind as u64));
        let (beta2, rest2) = (R::of(self.beta2), R::of(1.0 - self.beta2));
        let root = R::of(1.0 / (1.0 - power(self.beta2, at.t)).sqrt());
        let (epsilon, lambda) = (R::of(self.epsilon), R::of(self.weight_decay));
        let (share, left) = (R::of(self.share), R::of(1.0 - self.share));
        let of_y = R::of(rate * (1.0 - self.beta1 * (1.0 - self.share)));
        let of_d = R::of(rate * self.beta1);
        move |y, g, [v, d]| {
            let v = beta2 * v + rest2 * g * g;
            let u = g / (v.sqrt() * root + epsilon) + lambda * y;
            (y + share * d - of_y * u, [v, left * (d - of_d * u)])
        }
    }
}

/// Descent by the rule, whose answer is the average.
struct Averaging<R: Number> {
    descent: Descent<2, ScheduleFree, R>,
    /// 1 / β₁ − 1
    beyond: R,
}

impl<R: Number> Averaging<R> {
    fn new(rule: ScheduleFree, setup: &Setup) -> Self {
        Averaging { beyond: R::of(1.0 / rule.beta1 - 1.0), descent: Descent::new(rule, setup) }
    }
}

impl<R: Number> Optimizer<R> for Averaging<R> {
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        self.descent.step(at, theta, objective)
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        self.descent.state()
    }

    fn has_own_answer(&self) -> bool {
        true
    }

    fn slopes_in_memory(&self, weights: usize) -> usize {
        self.descent.slopes_in_memory(weights)
    }

    fn answer(&self, theta: &[R], into: &mut [R]) {
        let [_, d] = self.descent.kept();
        for ((x, y), d) in into.iter_mut().zip(theta).zip(d) {
            *x = *y - self.beyond * *d;
        }
    }
}

/// Makes that of the package of the paper's authors.
struct PyTorch;
/// Makes Optax' way of it.
struct Optax;

impl Make for PyTorch {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        let time_power = values.whole("time_power") as u64;
        Box::new(Averaging::new(ScheduleFree::of(values, time_power, false), setup))
    }
}

impl Make for Optax {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>> {
        Box::new(Averaging::new(ScheduleFree::of(values, 0, true), setup))
    }
}
