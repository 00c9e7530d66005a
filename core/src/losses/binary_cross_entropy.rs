use super::{Entry, Link, Pointwise, PointwiseLoss, Targets};
use crate::real::Real;
use crate::words::{Kind, Parameter};

pub(super) const ROW: Entry = Entry {
    name: BinaryCrossEntropy::NAME,
    formula: "ℓ = −t ln p − (1 − t) ln(1 − p),  p = 1 / (1 + e⁻ᶻ)",
    about: "for yes or no; computed from z, finite for every z (PyTorch: BCEWithLogitsLoss)",
    paper: "Good 1952, Rational Decisions; Cox 1958, The Regression Analysis of Binary Sequences",
    link: Link::Sigmoid,
    targets: Targets::Values,
    parameters: &[SMOOTHING],
    build: |values| Box::new(PointwiseLoss(BinaryCrossEntropy { smoothing: values.get("smoothing") })),
};

/// Label smoothing of both cross-entropies.
pub(super) const SMOOTHING: Parameter = Parameter {
    name: "smoothing",
    symbol: "s",
    default: 0.0,
    min: 0.0,
    max: 1.0,
    closed: (true, false),
    kind: Kind::Number,
    about: "targets are moved towards all classes alike: t ← (1 − s) t + s / classes (Szegedy et al. 2015)",
};

/// How surprising the target is under the predicted probability, from the value before the sigmoid.
///
/// ```text
/// ℓ = softplus(z) − t z = −t ln p − (1 − t) ln(1 − p),   p = 1 / (1 + e⁻ᶻ)
/// ∂ℓ/∂z = p − t                                           t ← (1 − s) t + s / 2
/// ```
pub struct BinaryCrossEntropy {
    /// s in [0, 1).
    pub smoothing: f64,
}

impl BinaryCrossEntropy {
    #[inline(always)]
    fn smooth<R: Real>(&self, t: R) -> R {
        R::of(1.0 - self.smoothing) * t + R::of(0.5 * self.smoothing)
    }
}

impl Pointwise for BinaryCrossEntropy {
    const NAME: &'static str = "binary_cross_entropy";
    #[inline(always)]
    fn value<R: Real>(&self, z: R, t: R) -> R {
        // softplus(z) − t z without cancellation: max(z, 0) − t z + ln(1 + e^−|z|).
        let t = self.smooth(t);
        (z - t * z).where_positive(z, -(t * z)) + z.softplus_tail()
    }
    #[inline(always)]
    fn slope<R: Real>(&self, z: R, t: R) -> R {
        z.sigmoid() - self.smooth(t)
    }
}
