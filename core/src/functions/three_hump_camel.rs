//! The camel with three humps: a good minimum between two worse ones.
//!
//! ```text
//! f(x, y) = 2x² − 1.05 x⁴ + x⁶ / 6 + xy + y²
//! ```
//!
//! Dixon & Szegő 1975, *Towards Global Optimisation*. The worse minima, 0.2986 high, are at ±(1.7476, −0.8738).

use super::{Dimension, Entry, Formula, Least, Wave};

pub(super) const ROW: Entry = Entry {
    name: "three_hump_camel",
    aliases: &[],
    about: "one good minimum between two worse ones",
    formula: "f(x, y) = 2x² − 1.05 x⁴ + x⁶ / 6 + xy + y²",
    paper: "Dixon & Szegő 1975, Towards Global Optimisation",
    dimension: Dimension::Fixed(2),
    parameters: &[],
    start: |_| vec![4.0, -3.0],
    within: (-5.0, 5.0),
    noisy: false,
    build: |_| Box::new(ThreeHumpCamel),
};

struct ThreeHumpCamel;

impl Formula for ThreeHumpCamel {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        let (x, y) = (x[0], x[1]);
        let z = x * x;
        z * (R::of(2.0) - z * (R::of(1.05) - z / R::of(6.0))) + x * y + y * y
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        let (x, y) = (x[0], x[1]);
        let z = x * x;
        grad.copy_from_slice(&[x * (4.0 - z * (4.2 - z)) + y, x + 2.0 * y]);
    }
    fn least(&self) -> Option<Least> {
        Least::at(vec![0.0, 0.0], 0.0)
    }
}
