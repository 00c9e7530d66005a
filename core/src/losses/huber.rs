use super::{Entry, Link, Pointwise, PointwiseLoss, Targets};
use crate::real::Real;
use crate::words::{Kind, Parameter};

pub(super) const ROW: Entry = Entry {
    name: Huber::NAME,
    formula: "ℓ = ½ (z − t)² if |z − t| ≤ δ, else δ (|z − t| − ½ δ)",
    about: "the square near the target, the distance far from it (PyTorch: HuberLoss)",
    paper: "Huber 1964, Robust Estimation of a Location Parameter",
    link: Link::Identity,
    targets: Targets::Values,
    parameters: &[Parameter {
        name: "delta",
        symbol: "δ",
        default: 1.0,
        min: 0.0,
        max: f64::INFINITY,
        closed: (false, false),
        kind: Kind::Number,
        about: "where the square ends and the line begins",
    }],
    build: |values| Box::new(PointwiseLoss(Huber { delta: values.get("delta") })),
};

/// Quadratic near the target, linear far from it.
///
/// ```text
/// ℓ = ½ (z − t)² if |z − t| ≤ δ, else δ (|z − t| − ½ δ)
/// ∂ℓ/∂z = z − t, held within ±δ
/// ```
pub struct Huber {
    /// δ > 0.
    pub delta: f64,
}

impl Pointwise for Huber {
    const NAME: &'static str = "huber";
    #[inline(always)]
    fn value<R: Real>(&self, z: R, t: R) -> R {
        // With c = |d| held below δ: c (|d| − ½ c).
        let (delta, distance) = (R::of(self.delta), (z - t).abs());
        let near = distance.min(delta);
        near * (distance - R::of(0.5) * near)
    }
    #[inline(always)]
    fn slope<R: Real>(&self, z: R, t: R) -> R {
        let delta = R::of(self.delta);
        (z - t).min(delta).max(-delta)
    }
    fn kink(&self, z: f64, t: f64) -> Option<f64> {
        Some((z - t).abs() - self.delta)
    }
}
