use super::{Entry, Made, Schedule, Seen, Times, step::FACTOR};
use crate::Result;
use crate::elementary::power;

pub(super) const ROW: Entry = Entry {
    name: "multi_step",
    about: "falls by the same factor at given times; torch.optim.lr_scheduler.MultiStepLR",
    formula: "s = γⁿ\nn = how many Tᵢ ≤ t",
    paper: "as in He, Zhang, Ren & Sun 2015, arXiv 1512.03385, section 4.2",
    times: Some(Times { default: "epochs=30,60,90", symbol: "Tᵢ", about: "when it falls", several: true }),
    parameters: &[FACTOR],
    wraps: false,
    make,
};

/// The rate falls by the same factor at given times, as in [He et al. 2015](https://arxiv.org/abs/1512.03385), section
/// 4.2. PyTorch: `MultiStepLR`.
///
/// ```text
/// s = γⁿ
/// n = how many Tᵢ ≤ t
/// ```
struct MultiStep {
    /// Tᵢ ≥ 1, in steps.
    at: Vec<u64>,
    /// γ in (0, 1).
    factor: f64,
}

fn make(made: Made) -> Result<Box<dyn Schedule>> {
    let factor = made.values.get("factor");
    Ok(Box::new(MultiStep { at: made.times, factor }))
}

impl Schedule for MultiStep {
    fn factor(&self, t: u64, _: &Seen) -> f64 {
        power(self.factor, self.at.iter().filter(|at| **at <= t).count() as u64)
    }
}
