use super::{Activation, Curve, Keeps};
use crate::kernels::Finish;
use crate::real::Real;

pub(super) const ROW: Activation =
    Activation::of::<Identity>("identity", "y = x", "for outputs that are any number", "")
        .done_by(Finish::Sum);

/// Nothing at all.
///
/// ```text
/// y = x
/// dy/dx = 1
/// ```
pub struct Identity;

impl Curve for Identity {
    const KEEPS: Keeps = Keeps::Result;
    #[inline(always)]
    fn value<R: Real>(x: R) -> R {
        x
    }
    #[inline(always)]
    fn slope<R: Real>(_y: R) -> R {
        R::of(1.0)
    }
}
