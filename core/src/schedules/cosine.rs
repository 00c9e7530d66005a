use super::{Entry, Made, Schedule, Seen, Times, half_cosine, share};
use crate::Result;
use crate::words::Parameter;

pub(super) const ROW: Entry = Entry {
    name: "cosine",
    about: "falls along half a cosine: slow at both ends; torch.optim.lr_scheduler.CosineAnnealingLR",
    formula: "s = e + (1 − e) (1 + cos(π min(t, T) / T)) / 2",
    paper: "Loshchilov & Hutter 2016, SGDR, arXiv 1608.03983, equation 5 without restarts",
    times: Some(RUN),
    parameters: &[END],
    wraps: false,
    make,
};

/// T of the schedules that end with the training.
pub(super) const RUN: Times = Times {
    default: "steps=run",
    symbol: "T",
    about: "when it has reached its end; it stays there",
    several: false,
};

/// e of the schedules that end somewhere.
pub(super) const END: Parameter = share("end", "e", 0.0, "where it ends, as a share of the rate");

/// The rate falls along half a cosine, [Loshchilov & Hutter 2016](https://arxiv.org/abs/1608.03983), equation 5 without
/// restarts. PyTorch: `CosineAnnealingLR` with `eta_min` = e η; after T that one rises again, this one stays.
///
/// ```text
/// s = e + (1 − e) (1 + cos(π min(t, T) / T)) / 2
/// ```
struct Cosine {
    /// T ≥ 1, in steps.
    steps: u64,
    /// e in [0, 1].
    end: f64,
}

fn make(made: Made) -> Result<Box<dyn Schedule>> {
    Ok(Box::new(Cosine { steps: made.times[0], end: made.values.get("end") }))
}

impl Schedule for Cosine {
    fn factor(&self, t: u64, _: &Seen) -> f64 {
        self.end + (1.0 - self.end) * half_cosine(t.min(self.steps) as f64 / self.steps as f64)
    }
}
