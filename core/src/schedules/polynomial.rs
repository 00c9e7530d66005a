use super::{Entry, Made, Schedule, Seen, cosine::END, cosine::RUN};
use crate::Result;
use crate::elementary::pow64;
use crate::words::Parameter;

pub(super) const ROW: Entry = Entry {
    name: "polynomial",
    about: "falls by a power of what is left of T; power 1 is a straight line; torch.optim.lr_scheduler.PolynomialLR",
    formula: "s = e + (1 − e) (1 − min(t, T) / T)ᵖ",
    paper: "as in Chen et al. 2017, DeepLab, arXiv 1606.00915, section 4.1.2",
    times: Some(RUN),
    parameters: &[Parameter::number("power", "p", 1.0, (0.0, 100.0), "1: a straight line").open(), END],
    wraps: false,
    make,
};

/// The rate falls by a power of what is left of T, as in [Chen et al. 2017](https://arxiv.org/abs/1606.00915), section
/// 4.1.2. PyTorch: `PolynomialLR` (and `LinearLR` downwards), which ends at e = 0; Keras: `PolynomialDecay`.
///
/// ```text
/// s = e + (1 − e) (1 − min(t, T) / T)ᵖ
/// ```
struct Polynomial {
    /// T ≥ 1, in steps.
    steps: u64,
    /// p in (0, 100).
    power: f64,
    /// e in [0, 1].
    end: f64,
}

fn make(made: Made) -> Result<Box<dyn Schedule>> {
    let (power, end) = (made.values.get("power"), made.values.get("end"));
    Ok(Box::new(Polynomial { steps: made.times[0], power, end }))
}

impl Schedule for Polynomial {
    fn factor(&self, t: u64, _: &Seen) -> f64 {
        let left = self.steps.saturating_sub(t) as f64 / self.steps as f64;
        self.end + (1.0 - self.end) * pow64(left, self.power)
    }
}
