use super::{Entry, Maker, Wrap, kept};
use crate::elementary::power;
use crate::optimizer::{Objective, Optimizer, Reason, Setup, Step};
use crate::pieces::Pieces;
use crate::real::{Number, Slot};
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "ema",
    about: "the answer is an average of the weights that forgets older ones exponentially",
    formula: "a ← β a + (1 − β) θ\nanswer = a",
    paper: "Polyak & Juditsky 1992, Acceleration of Stochastic Approximation by Averaging",
    parameters: &[
        Parameter::number("decay", "β", 0.999, (0.0, 1.0), "how much of the average is kept each step"),
        Parameter::flag(
            "debias",
            false,
            "whether a starts at zero and the answer is corrected for it, as Adam's averages",
        ),
    ],
    inner: "adam",
    estimates: false,
    make: Maker::of::<Ema>(),
};

/// An exponentially weighted average of the weights, after
/// [Polyak & Juditsky 1992](https://doi.org/10.1137/0330046). The average begins with the weights after the first step,
/// as in `torch.optim.swa_utils.AveragedModel(get_ema_multi_avg_fn(decay))`; with `debias` at zero.
///
/// ```text
/// a ← β a + (1 − β) θ      after every step
/// answer = a
/// answer = a / (1 − βᵗ)    debias, t steps made
/// ```
///
/// θ goes its way as if nobody averaged. What is averaged is the answer of the optimizer inside, where that is not θ.
struct Ema<R: Number = f32> {
    decay: f64,
    debias: bool,
    inner: Box<dyn Optimizer<R>>,
    pieces: Pieces,
    /// The answer of the optimizer inside.
    now: Vec<R>,
    /// a
    average: Vec<R>,
    /// Steps made.
    count: [f64; 1],
}

impl Wrap for Ema {
    fn wrap<R: Number>(
        values: &Values,
        setup: &Setup,
        inner: Box<dyn Optimizer<R>>,
    ) -> Box<dyn Optimizer<R>> {
        Box::new(Ema {
            decay: values.get("decay"),
            debias: values.is("debias"),
            inner,
            pieces: Pieces::new(setup),
            now: vec![R::of(0.0); setup.weights()],
            average: vec![R::of(0.0); setup.weights()],
            count: [0.0],
        })
    }
}

impl<R: Number> Optimizer<R> for Ema<R> {
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        let loss = self.inner.step(at, theta, objective);
        if loss.is_finite() {
            self.inner.answer(theta, &mut self.now);
            let begins = self.count[0] == 0.0 && !self.debias;
            self.pieces.approach(&mut self.average, &self.now, if begins { 1.0 } else { 1.0 - self.decay });
            self.count[0] += 1.0;
        }
        loss
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let own = [("average", R::slot(&mut self.average)), ("count", Slot::Double(&mut self.count))];
        kept(ROW.name, own, &mut *self.inner)
    }

    fn answer(&self, theta: &[R], into: &mut [R]) {
        let missing = 1.0 - power(self.decay, self.count[0] as u64);
        if self.count[0] == 0.0 || (self.debias && missing == 0.0) {
            return self.inner.answer(theta, into);
        }
        let scale = R::of(if self.debias { 1.0 / missing } else { 1.0 });
        into.iter_mut().zip(&self.average).for_each(|(to, a)| *to = *a * scale);
    }

    fn has_own_answer(&self) -> bool {
        true
    }

    fn slopes_in_memory(&self, weights: usize) -> usize {
        self.inner.slopes_in_memory(weights)
    }

    fn ended(&self) -> Option<Reason> {
        self.inner.ended()
    }

    fn diversity(&self) -> Option<f64> {
        self.inner.diversity()
    }
}
