//! f1, the sphere: is it found at all?
//!
//! ```text
//! f(x) = Σ zᵢ² + f_opt,  z = x − x_opt
//! ```

use super::instance::Instance;
use super::transform::squares;
use super::{Bbob, Entry, Shape, row};

pub(super) const ROW: Entry = row(
    "bbob_sphere",
    &["f1"],
    "f1: round and smooth",
    "f(x) = Σ zᵢ² + f_opt,  z = x − x_opt",
    |values| {
        let at = Instance::of(1, values);
        Bbob::around(&at, at.x_opt(), Sphere)
    },
);

struct Sphere;

impl Shape for Sphere {
    fn value(&self, _: &[f64], z: &mut [f64], _: &mut [f64]) -> f64 {
        squares(z)
    }
}
