use super::{Entry, Made, Schedule, Seen, Times};
use crate::Result;

pub(super) const ROW: Entry = Entry {
    name: "noam",
    about: "rises along a line to the rate at T, then falls as one over the root of the time",
    formula: "s = min((t + 1) / T, √(T / (t + 1)))",
    paper: "Vaswani et al. 2017, Attention Is All You Need, arXiv 1706.03762, equation 3",
    times: Some(Times {
        default: "steps=4000",
        symbol: "T",
        about: "when the rate is reached",
        several: false,
    }),
    parameters: &[],
    wraps: false,
    make,
};

/// The rate rises along a line and falls as one over the root of the time,
/// [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), equation 3. Here η is the greatest rate, reached at T; the
/// paper's is η = 1 / √(width · T).
///
/// ```text
/// s = min((t + 1) / T, √(T / (t + 1)))
/// ```
struct Noam {
    /// T ≥ 1, in steps.
    steps: u64,
}

fn make(made: Made) -> Result<Box<dyn Schedule>> {
    Ok(Box::new(Noam { steps: made.times[0] }))
}

impl Schedule for Noam {
    fn factor(&self, t: u64, _: &Seen) -> f64 {
        let (t, steps) = ((t + 1) as f64, self.steps as f64);
        (t / steps).min((steps / t).sqrt())
    }
}
