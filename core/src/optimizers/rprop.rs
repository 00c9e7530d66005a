use super::{Dialect, Entry, Family, FromValues, Maker, positive};
use crate::optimizer::{Rule, Step, Update};
use crate::real::Real;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "rprop",
    about: "steps of their own size for each weight, by the sign of the gradient alone; for full batches",
    paper: "Riedmiller & Braun 1993, A Direct Adaptive Method for Faster Backpropagation Learning, ICNN",
    family: Family::Rule,
    dialects: &[Dialect {
        name: "pytorch",
        about: "torch.optim.Rprop: after a change of sign a weight rests for a step. The rate is the first step alone",
        formula: "σ = sign(g g₋)\nΔ ← clamp(Δ · (η⁺ if σ > 0, η⁻ if σ < 0, else 1), Δmin, Δmax),  Δ₀ = η\ng ← 0 if σ < 0\nθ ← θ − Δ sign(g)\ng₋ ← g",
        learning_rate: 0.01,
        parameters: &[
            Parameter::number("shrink", "η⁻", 0.5, (0.0, 1.0), "shortens a step after a change of sign")
                .open(),
            Parameter::number("grow", "η⁺", 1.2, (1.0, f64::INFINITY), "lengthens it otherwise").open(),
            positive("least", "Δmin", 1e-6, "the smallest step"),
            positive("most", "Δmax", 50.0, "the largest step"),
        ],
        make: Maker::rule::<2, Rprop>(),
    }],
};

/// Rprop, [Riedmiller & Braun 1993](https://doi.org/10.1109/ICNN.1993.298623); of the learning rate only that of the
/// first step counts. Noise in the gradient upsets its signs: it is for full batches.
///
/// ```text
/// σ = sign(g g₋)
/// Δ ← clamp(Δ · (η⁺ if σ > 0, η⁻ if σ < 0, else 1), Δmin, Δmax),  Δ₀ = η
/// g ← 0 if σ < 0
/// θ ← θ − Δ sign(g)
/// g₋ ← g
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Rprop {
    /// η⁻ in (0, 1).
    pub shrink: f64,
    /// η⁺ > 1.
    pub grow: f64,
    /// Δmin ≥ 0.
    pub least: f64,
    /// Δmax ≥ 0.
    pub most: f64,
}

impl FromValues for Rprop {
    fn from_values(values: &Values) -> Self {
        Rprop {
            shrink: values.get("shrink"),
            grow: values.get("grow"),
            least: values.get("least"),
            most: values.get("most"),
        }
    }
}

impl Rule<2> for Rprop {
    const STATE: [&'static str; 2] = ["step", "before"];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 2> {
        let (shrink, grow) = (R::of(self.shrink), R::of(self.grow));
        let (least, most) = (R::of(self.least), R::of(self.most));
        let first = R::of(if at.t == 1 { at.learning_rate } else { 0.0 });
        move |theta, g, [step, before]| {
            let turned = g * before;
            let factor = grow.where_positive(turned, shrink.where_positive(-turned, R::of(1.0)));
            let step = ((step + first) * factor).max(least).min(most);
            let g = R::of(0.0).where_positive(-turned, g);
            (theta - step * g.sign(), [step, g])
        }
    }
}
