use super::{Entry, Made, Schedule, Seen, Times};
use crate::Result;
use crate::elementary::pow64;
use crate::words::Parameter;

pub(super) const ROW: Entry = Entry {
    name: "exponential",
    about: "falls by the same factor in every T, a little at each step; torch.optim.lr_scheduler.ExponentialLR",
    formula: "s = γ^(t / T)",
    paper: "compared by Senior, Heigold, Ranzato & Yang 2013, An empirical study of learning rates",
    times: Some(Times {
        default: "epochs=1",
        symbol: "T",
        about: "how long it takes to fall by the factor",
        several: false,
    }),
    parameters: &[Parameter::number(
        "factor",
        "γ",
        0.95,
        (0.0, 1.0),
        "what the rate is multiplied with in every T",
    )
    .open()],
    wraps: false,
    make,
};

/// The rate falls by the same factor in every T, a little at each step; compared with others by
/// [Senior et al. 2013](https://doi.org/10.1109/ICASSP.2013.6638963). PyTorch: `ExponentialLR`, for T = 1.
///
/// ```text
/// s = γ^(t / T)
/// ```
struct Exponential {
    /// T ≥ 1, in steps.
    steps: u64,
    /// γ in (0, 1).
    factor: f64,
}

fn make(made: Made) -> Result<Box<dyn Schedule>> {
    Ok(Box::new(Exponential { steps: made.times[0], factor: made.values.get("factor") }))
}

impl Schedule for Exponential {
    fn factor(&self, t: u64, _: &Seen) -> f64 {
        pow64(self.factor, t as f64 / self.steps as f64)
    }
}
