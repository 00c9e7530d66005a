use super::{Activation, Curve, Keeps};
use crate::kernels::Finish;
use crate::real::Real;

pub(super) const ROW: Activation = Activation::of::<Relu>(
    "relu",
    "y = max(x, 0)",
    "the usual choice between layers",
    "Nair & Hinton 2010, Rectified Linear Units Improve Restricted Boltzmann Machines",
)
.rectifying()
.done_by(Finish::Relu)
.with_kink();

/// The rectified linear unit; its slope at 0 is taken as 0.
///
/// ```text
/// y = max(x, 0)
/// dy/dx = 1 if y > 0, else 0
/// ```
pub struct Relu;

impl Curve for Relu {
    const KEEPS: Keeps = Keeps::Result;
    #[inline(always)]
    fn value<R: Real>(x: R) -> R {
        x.max(R::of(0.0))
    }
    #[inline(always)]
    fn slope<R: Real>(y: R) -> R {
        R::of(1.0).where_positive(y, R::of(0.0))
    }
}
