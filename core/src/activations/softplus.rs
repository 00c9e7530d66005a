use super::{Activation, Curve, Keeps};
use crate::real::Real;

pub(super) const ROW: Activation = Activation::of::<Softplus>(
    "softplus",
    "y = ln(1 + eˣ)",
    "smooth relu, always positive",
    "Dugas et al. 2001, Incorporating Second-Order Functional Knowledge",
)
.rectifying();

/// A smooth relu whose slope is the sigmoid.
///
/// ```text
/// y = ln(1 + eˣ)
/// dy/dx = 1 / (1 + e⁻ˣ)
/// ```
pub struct Softplus;

impl Curve for Softplus {
    const KEEPS: Keeps = Keeps::Input;
    #[inline(always)]
    fn value<R: Real>(x: R) -> R {
        x.softplus()
    }
    #[inline(always)]
    fn slope<R: Real>(x: R) -> R {
        x.sigmoid()
    }
}
