use super::{Entry, Link, Pointwise, PointwiseLoss, Targets};
use crate::real::Real;

pub(super) const ROW: Entry = Entry {
    name: AbsoluteError::NAME,
    formula: "ℓ = |z − t|",
    about: "cares less about outliers than the square (PyTorch: L1Loss)",
    paper: "Boscovich 1757; Laplace 1793",
    link: Link::Identity,
    targets: Targets::Values,
    parameters: &[],
    build: |_| Box::new(PointwiseLoss(AbsoluteError)),
};

/// The distance from the target; its slope on the target is 0.
///
/// ```text
/// ℓ = |z − t|
/// ∂ℓ/∂z = sign(z − t)
/// ```
pub struct AbsoluteError;

impl Pointwise for AbsoluteError {
    const NAME: &'static str = "absolute_error";
    #[inline(always)]
    fn value<R: Real>(&self, z: R, t: R) -> R {
        (z - t).abs()
    }
    #[inline(always)]
    fn slope<R: Real>(&self, z: R, t: R) -> R {
        let (one, zero) = (R::of(1.0), R::of(0.0));
        one.where_positive(z - t, (-one).where_positive(t - z, zero))
    }
    fn kink(&self, z: f64, t: f64) -> Option<f64> {
        Some(z - t)
    }
}
