use super::{Entry, Maker, Wrap, kept};
use crate::optimizer::{Objective, Optimizer, Reason, Setup, Step};
use crate::pieces::Pieces;
use crate::real::{Number, Slot};
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "lookahead",
    about: "k steps forward, one step back: slow weights follow fast ones, and are the answer",
    formula: "φ ← φ + α (θ − φ)\nθ ← φ",
    paper: "Zhang et al. 2019, Lookahead Optimizer: k steps forward, 1 step back, arXiv 1907.08610",
    parameters: &[
        Parameter::whole(
            "steps",
            "k",
            5,
            (1, u32::MAX as u64),
            "of the fast weights, before the slow ones follow",
        ),
        Parameter::number("alpha", "α", 0.5, (0.0, 1.0), "how far the slow weights follow"),
    ],
    inner: "adam",
    estimates: false,
    make: Maker::of::<Lookahead>(),
};

/// Lookahead, [Zhang et al. 2019](https://arxiv.org/abs/1907.08610): after every k steps of the optimizer inside, the
/// slow weights φ go a share α of the way to the fast ones, θ, and these start again from there. The answer is φ.
/// What the optimizer inside keeps, momentum for example, stays as it is.
///
/// ```text
/// φ ← φ + α (θ − φ)      after every k steps
/// θ ← φ
/// ```
struct Lookahead<R: Number = f32> {
    steps: u64,
    alpha: f64,
    inner: Box<dyn Optimizer<R>>,
    pieces: Pieces,
    /// φ
    slow: Vec<R>,
    /// Steps made.
    count: [f64; 1],
}

impl Wrap for Lookahead {
    fn wrap<R: Number>(
        values: &Values,
        setup: &Setup,
        inner: Box<dyn Optimizer<R>>,
    ) -> Box<dyn Optimizer<R>> {
        Box::new(Lookahead {
            steps: values.whole("steps") as u64,
            alpha: values.get("alpha"),
            inner,
            pieces: Pieces::new(setup),
            slow: vec![R::of(0.0); setup.weights()],
            count: [0.0],
        })
    }
}

impl<R: Number> Optimizer<R> for Lookahead<R> {
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        if self.count[0] == 0.0 {
            self.slow.copy_from_slice(theta);
        }
        let loss = self.inner.step(at, theta, objective);
        if loss.is_finite() {
            self.count[0] += 1.0;
            if (self.count[0] as u64).is_multiple_of(self.steps) {
                self.pieces.approach(&mut self.slow, theta, self.alpha);
                theta.copy_from_slice(&self.slow);
            }
        } else if self.count[0] == 0.0 {
            self.slow.fill(R::of(0.0));
        }
        loss
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let own = [("slow", R::slot(&mut self.slow)), ("count", Slot::Double(&mut self.count))];
        kept(ROW.name, own, &mut *self.inner)
    }

    fn answer(&self, theta: &[R], into: &mut [R]) {
        self.inner.answer(if self.count[0] == 0.0 { theta } else { &self.slow }, into);
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
