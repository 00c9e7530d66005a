use super::{Activation, Curve, Keeps};
use crate::real::Real;

pub(super) const ROW: Activation = Activation::of::<LeakyRelu>(
    "leaky_relu",
    "y = x if x > 0, else 0.01 x",
    "relu whose units cannot die",
    "Maas et al. 2013, Rectifier Nonlinearities Improve Neural Network Acoustic Models",
)
.rectifying()
.with_kink();

/// Relu with a small slope (0.01, as PyTorch) below zero.
///
/// ```text
/// y = x if x > 0, else 0.01 x
/// dy/dx = 1 if y > 0, else 0.01
/// ```
pub struct LeakyRelu;

impl Curve for LeakyRelu {
    const KEEPS: Keeps = Keeps::Result;
    #[inline(always)]
    fn value<R: Real>(x: R) -> R {
        x.where_positive(x, R::of(0.01) * x)
    }
    #[inline(always)]
    fn slope<R: Real>(y: R) -> R {
        R::of(1.0).where_positive(y, R::of(0.01))
    }
}
