use super::{Activation, Curve, Keeps};
use crate::real::Real;

pub(super) const ROW: Activation = Activation::of::<Silu>(
    "silu",
    "y = x / (1 + e⁻ˣ)",
    "smooth relu, also called swish",
    "Elfwing et al. 2017, Sigmoid-Weighted Linear Units, arXiv 1702.03118",
)
.rectifying();

/// The sigmoid linear unit.
///
/// ```text
/// y = x / (1 + e⁻ˣ)
/// dy/dx = s (1 + x (1 − s)),  s = 1 / (1 + e⁻ˣ)
/// ```
pub struct Silu;

impl Curve for Silu {
    const KEEPS: Keeps = Keeps::Input;
    #[inline(always)]
    fn value<R: Real>(x: R) -> R {
        x * x.sigmoid()
    }
    #[inline(always)]
    fn slope<R: Real>(x: R) -> R {
        let (one, s) = (R::of(1.0), x.sigmoid());
        s * (one + x * (one - s))
    }
}
