use super::{Entry, Made, Schedule, Seen, Times, cosine::END, half_cosine};
use crate::Result;
use crate::words::Parameter;

pub(super) const ROW: Entry = Entry {
    name: "warm_restarts",
    about: "half a cosine again and again, each longer; torch.optim.lr_scheduler.CosineAnnealingWarmRestarts",
    formula: "s = e + (1 − e) (1 + cos(π u / Tᵢ)) / 2\nu = t − T₀ − … − Tᵢ₋₁\nTᵢ = m Tᵢ₋₁",
    paper: "Loshchilov & Hutter 2016, SGDR, arXiv 1608.03983, equation 5",
    times: Some(Times {
        default: "epochs=10",
        symbol: "T₀",
        about: "how long the first cosine is",
        several: false,
    }),
    parameters: &[
        Parameter::whole("multiply", "m", 2, (1, 1000), "how many times longer each is than the one before"),
        END,
    ],
    wraps: false,
    make,
};

/// Half a cosine again and again, each m times as long as the one before,
/// [Loshchilov & Hutter 2016](https://arxiv.org/abs/1608.03983), equation 5. PyTorch: `CosineAnnealingWarmRestarts`.
///
/// ```text
/// s  = e + (1 − e) (1 + cos(π u / Tᵢ)) / 2      in the i-th cosine
/// u  = t − T₀ − … − Tᵢ₋₁
/// Tᵢ = m Tᵢ₋₁
/// ```
struct WarmRestarts {
    /// T₀ ≥ 1, in steps.
    steps: u64,
    /// m ≥ 1.
    multiply: u64,
    /// e in [0, 1].
    end: f64,
}

fn make(made: Made) -> Result<Box<dyn Schedule>> {
    let (multiply, end) = (made.values.whole("multiply") as u64, made.values.get("end"));
    Ok(Box::new(WarmRestarts { steps: made.times[0], multiply, end }))
}

impl Schedule for WarmRestarts {
    fn factor(&self, t: u64, _: &Seen) -> f64 {
        let (mut since, mut length) = (t, self.steps);
        if self.multiply == 1 {
            since %= length;
        }
        while since >= length {
            since -= length;
            length = length.saturating_mul(self.multiply);
        }
        self.end + (1.0 - self.end) * half_cosine(since as f64 / length as f64)
    }
}
