use super::{Activation, Curve, Keeps};
use crate::real::Real;

pub(super) const ROW: Activation = Activation::of::<Gelu>(
    "gelu",
    "y = ½ x (1 + tanh u),  u = √(2/π) (x + 0.044715 x³)",
    "smooth; the tanh form (PyTorch: approximate='tanh')",
    "Hendrycks & Gimpel 2016, Gaussian Error Linear Units, arXiv 1606.08415",
)
.rectifying();

/// The Gaussian error linear unit in its tanh form, within 5·10⁻⁴ of the form with erf.
///
/// ```text
/// y = ½ x (1 + tanh u),  u = √(2/π) (x + 0.044715 x³)
/// dy/dx = ½ (1 + tanh u) + ½ x (1 − tanh² u) √(2/π) (1 + 0.134145 x²)
/// ```
pub struct Gelu;

impl Curve for Gelu {
    const KEEPS: Keeps = Keeps::Input;
    #[inline(always)]
    fn value<R: Real>(x: R) -> R {
        let half = R::of(0.5);
        half * x * (R::of(1.0) + inner(x).tanh())
    }
    #[inline(always)]
    fn slope<R: Real>(x: R) -> R {
        let (one, half) = (R::of(1.0), R::of(0.5));
        let t = inner(x).tanh();
        let du = R::of(ROOT_2_OVER_PI) * (one + R::of(3.0 * CUBIC) * x * x);
        half * (one + t) + half * x * (one - t * t) * du
    }
}

const ROOT_2_OVER_PI: f64 = 0.797_884_560_802_865_4;
const CUBIC: f64 = 0.044_715;

/// u of the formula.
#[inline(always)]
fn inner<R: Real>(x: R) -> R {
    R::of(ROOT_2_OVER_PI) * (x + R::of(CUBIC) * x * x * x)
}
