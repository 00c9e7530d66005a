use super::{Activation, Curve, Keeps};
use crate::real::Real;

pub(super) const ROW: Activation = Activation::of::<Tanh>(
    "tanh",
    "y = tanh x",
    "squashes into (−1, 1)",
    "LeCun et al. 1998, Efficient BackProp",
);

/// The hyperbolic tangent.
///
/// ```text
/// y = tanh x
/// dy/dx = 1 − y²
/// ```
pub struct Tanh;

impl Curve for Tanh {
    const KEEPS: Keeps = Keeps::Result;
    #[inline(always)]
    fn value<R: Real>(x: R) -> R {
        x.tanh()
    }
    #[inline(always)]
    fn slope<R: Real>(y: R) -> R {
        R::of(1.0) - y * y
    }
}
