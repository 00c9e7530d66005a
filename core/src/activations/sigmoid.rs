use super::{Activation, Curve, Keeps};
use crate::real::Real;

pub(super) const ROW: Activation = Activation::of::<Sigmoid>(
    "sigmoid",
    "y = 1 / (1 + e⁻ˣ)",
    "squashes into a probability",
    "Verhulst 1838; Rumelhart et al. 1986",
);

/// The logistic function: an output becomes a probability.
///
/// ```text
/// y = 1 / (1 + e⁻ˣ)
/// dy/dx = y (1 − y)
/// ```
pub struct Sigmoid;

impl Curve for Sigmoid {
    const KEEPS: Keeps = Keeps::Result;
    #[inline(always)]
    fn value<R: Real>(x: R) -> R {
        x.sigmoid()
    }
    #[inline(always)]
    fn slope<R: Real>(y: R) -> R {
        y * (R::of(1.0) - y)
    }
}
