use super::{Entry, Maker, Wrap, kept};
use crate::optimizer::{Objective, Optimizer, Reason, Setup, Step};
use crate::pieces::Pieces;
use crate::real::{Number, Slot};
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "swa",
    about: "the answer is the mean of the weights, from some step on",
    formula: "a ← a + (θ − a) / (n + 1)\nanswer = a",
    paper: "Izmailov et al. 2018, Averaging Weights Leads to Wider Optima and Better Generalization, arXiv 1803.05407",
    parameters: &[
        Parameter::whole("start", "t₀", 1, (1, u32::MAX as u64), "the first step whose weights count"),
        Parameter::whole("every", "k", 1, (1, u32::MAX as u64), "from one step that counts to the next"),
    ],
    inner: "momentum",
    estimates: false,
    make: Maker::of::<Swa>(),
};

/// Stochastic weight averaging, [Izmailov et al. 2018](https://arxiv.org/abs/1803.05407): the mean of the weights after
/// steps t₀, t₀ + k, t₀ + 2k, …, as `torch.optim.swa_utils.AveragedModel` takes it. From the first step on it is the
/// average of Polyak and Ruppert.
///
/// ```text
/// a ← a + (θ − a) / (n + 1)      n weights averaged before
/// answer = a                     before step t₀: the weights as they are
/// ```
///
/// θ goes its way as if nobody averaged. What is averaged is the answer of the optimizer inside, where that is not θ.
struct Swa<R: Number = f32> {
    start: u64,
    every: u64,
    inner: Box<dyn Optimizer<R>>,
    pieces: Pieces,
    /// The answer of the optimizer inside.
    now: Vec<R>,
    /// a
    average: Vec<R>,
    /// Steps made; n.
    counts: [f64; 2],
}

impl Wrap for Swa {
    fn wrap<R: Number>(
        values: &Values,
        setup: &Setup,
        inner: Box<dyn Optimizer<R>>,
    ) -> Box<dyn Optimizer<R>> {
        Box::new(Swa {
            start: values.whole("start") as u64,
            every: values.whole("every") as u64,
            inner,
            pieces: Pieces::new(setup),
            now: vec![R::of(0.0); setup.weights()],
            average: vec![R::of(0.0); setup.weights()],
            counts: [0.0; 2],
        })
    }
}

impl<R: Number> Optimizer<R> for Swa<R> {
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        let loss = self.inner.step(at, theta, objective);
        if loss.is_finite() {
            let [made, averaged] = &mut self.counts;
            *made += 1.0;
            let since = (*made as u64).checked_sub(self.start);
            if since.is_some_and(|since| since.is_multiple_of(self.every)) {
                self.inner.answer(theta, &mut self.now);
                self.pieces.approach(&mut self.average, &self.now, 1.0 / (*averaged + 1.0));
                *averaged += 1.0;
            }
        }
        loss
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let own = [("average", R::slot(&mut self.average)), ("counts", Slot::Double(&mut self.counts))];
        kept(ROW.name, own, &mut *self.inner)
    }

    fn answer(&self, theta: &[R], into: &mut [R]) {
        if self.counts[1] == 0.0 {
            self.inner.answer(theta, into);
        } else {
            into.copy_from_slice(&self.average);
        }
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
