use super::{Activation, Curve, Keeps};
use crate::real::Real;

pub(super) const ROW: Activation = Activation::of::<Elu>(
    "elu",
    "y = x if x > 0, else eˣ − 1",
    "relu with a smooth lower side",
    "Clevert et al. 2015, Fast and Accurate Deep Network Learning by ELUs, arXiv 1511.07289",
)
.rectifying()
.with_kink();

/// The exponential linear unit (α = 1).
///
/// ```text
/// y = x if x > 0, else eˣ − 1
/// dy/dx = 1 if y > 0, else y + 1
/// ```
pub struct Elu;

impl Curve for Elu {
    const KEEPS: Keeps = Keeps::Result;
    #[inline(always)]
    fn value<R: Real>(x: R) -> R {
        x.where_positive(x, x.min(R::of(0.0)).exp() - R::of(1.0))
    }
    #[inline(always)]
    fn slope<R: Real>(y: R) -> R {
        R::of(1.0).where_positive(y, y + R::of(1.0))
    }
}
