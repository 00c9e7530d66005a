use super::{Entry, Made, Schedule, Seen, Times};
use crate::Result;
use crate::words::Parameter;

pub(super) const ROW: Entry = Entry {
    name: "inverse_time",
    about: "falls as one over the time: in the long run slowly enough to arrive, fast enough to settle",
    formula: "s = 1 / (1 + k t / T)",
    paper: "Robbins & Monro 1951, A Stochastic Approximation Method",
    times: Some(Times { default: "epochs=1", symbol: "T", about: "the unit of time", several: false }),
    parameters: &[Parameter::number("decay", "k", 0.1, (0.0, f64::INFINITY), "after T / k it is half")],
    wraps: false,
    make,
};

/// The rate falls as one over the time, so that Ση is infinite and Ση² is not: what
/// [Robbins & Monro 1951](https://doi.org/10.1214/aoms/1177729586) ask for. Keras: `InverseTimeDecay`.
///
/// ```text
/// s = 1 / (1 + k t / T)
/// ```
struct InverseTime {
    /// T ≥ 1, in steps.
    steps: u64,
    /// k ≥ 0.
    decay: f64,
}

fn make(made: Made) -> Result<Box<dyn Schedule>> {
    Ok(Box::new(InverseTime { steps: made.times[0], decay: made.values.get("decay") }))
}

impl Schedule for InverseTime {
    fn factor(&self, t: u64, _: &Seen) -> f64 {
        1.0 / (1.0 + self.decay * t as f64 / self.steps as f64)
    }
}
