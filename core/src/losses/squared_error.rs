use super::{Entry, Link, Pointwise, PointwiseLoss, Targets};
use crate::real::Real;

pub(super) const ROW: Entry = Entry {
    name: SquaredError::NAME,
    formula: "ℓ = (z − t)²",
    about: "the article's loss; mean over examples and outputs (PyTorch: MSELoss)",
    paper: "Legendre 1805, Nouvelles méthodes pour la détermination des orbites des comètes",
    link: Link::Identity,
    targets: Targets::Values,
    parameters: &[],
    build: |_| Box::new(PointwiseLoss(SquaredError)),
};

/// The squared distance from the target.
///
/// ```text
/// ℓ = (z − t)²
/// ∂ℓ/∂z = 2 (z − t)
/// ```
pub struct SquaredError;

impl Pointwise for SquaredError {
    const NAME: &'static str = "squared_error";
    #[inline(always)]
    fn value<R: Real>(&self, z: R, t: R) -> R {
        (z - t) * (z - t)
    }
    #[inline(always)]
    fn slope<R: Real>(&self, z: R, t: R) -> R {
        R::of(2.0) * (z - t)
    }
}
