use super::{Entry, Made, Schedule, Seen, Times};
use crate::Result;
use crate::elementary::power;
use crate::words::Parameter;

pub(super) const ROW: Entry = Entry {
    name: "step",
    about: "falls by the same factor again and again; torch.optim.lr_scheduler.StepLR",
    formula: "s = γⁿ\nn = ⌊t / T⌋",
    paper: "as in Krizhevsky, Sutskever & Hinton 2012, section 5",
    times: Some(Times {
        default: "epochs=30",
        symbol: "T",
        about: "how long each rate lasts",
        several: false,
    }),
    parameters: &[FACTOR],
    wraps: false,
    make,
};

/// γ of the schedules that fall in steps.
pub(super) const FACTOR: Parameter =
    Parameter::number("factor", "γ", 0.1, (0.0, 1.0), "what the rate is multiplied with").open();

/// The rate falls by the same factor again and again, as in
/// [Krizhevsky, Sutskever & Hinton 2012](https://papers.nips.cc/paper/4824), section 5. PyTorch: `StepLR`.
///
/// ```text
/// s = γⁿ
/// n = ⌊t / T⌋
/// ```
struct Step {
    /// T ≥ 1, in steps.
    every: u64,
    /// γ in (0, 1).
    factor: f64,
}

fn make(made: Made) -> Result<Box<dyn Schedule>> {
    Ok(Box::new(Step { every: made.times[0], factor: made.values.get("factor") }))
}

impl Schedule for Step {
    fn factor(&self, t: u64, _: &Seen) -> f64 {
        power(self.factor, t / self.every)
    }
}
