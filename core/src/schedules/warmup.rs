use super::{Entry, Horizon, Judged, Made, Schedule, Seen, Times, share};
use crate::Result;

pub(super) const ROW: Entry = Entry {
    name: "warmup",
    about: "rises along a line, then another schedule begins: `warmup steps=500 over cosine`; without one the rate stays",
    formula: "s = a + (1 − a) (t + 1) / T\ns = s′(t − T)",
    paper: "Goyal et al. 2017, Accurate, Large Minibatch SGD, arXiv 1706.02677, section 2.2",
    times: Some(Times { default: "epochs=1", symbol: "T", about: "how long it rises", several: false }),
    parameters: &[share(
        "start",
        "a",
        0.0,
        "where the line begins, a step before the first, as a share of the rate",
    )],
    wraps: true,
    make,
};

/// The rate rises along a line before another schedule begins, [Goyal et al. 2017](https://arxiv.org/abs/1706.02677),
/// section 2.2. The line is at a before the first step: with a = 0 the first step has 1/T of the rate, not zero, and the
/// T-th has all of it. PyTorch: `LinearLR` with `start_factor` = a + (1 − a) / T and `total_iters` = T − 1, then the other
/// one by `SequentialLR` with its milestone at T.
///
/// ```text
/// s = a + (1 − a) (t + 1) / T      while t < T
/// s = s′(t − T)                    then: the other schedule, from its beginning
/// ```
///
/// The other schedule's T, if it is as long as the training, is what is left of it. How epochs went while the rate rose,
/// it does not hear.
struct Warmup {
    /// T ≥ 1, in steps.
    steps: u64,
    /// a in [0, 1].
    start: f64,
    inner: Box<dyn Schedule>,
}

fn make(made: Made) -> Result<Box<dyn Schedule>> {
    let steps = made.times[0];
    let left = Horizon { steps: made.horizon.steps.map(|n| n.saturating_sub(steps)), ..made.horizon };
    Ok(Box::new(Warmup { steps, start: made.values.get("start"), inner: (made.inner)(&left)? }))
}

impl Schedule for Warmup {
    fn factor(&self, t: u64, seen: &Seen) -> f64 {
        if t < self.steps {
            self.start + (1.0 - self.start) * ((t + 1) as f64 / self.steps as f64)
        } else {
            self.inner.factor(t - self.steps, seen)
        }
    }

    fn judged(&self, t: u64, epoch: &Judged, seen: &mut Seen) {
        if t > self.steps {
            self.inner.judged(t - self.steps, epoch, seen);
        }
    }
}
