//! Himmelblau's four equal valleys.
//!
//! ```text
//! f(x, y) = (x² + y − 11)² + (x + y² − 7)²
//! ```
//!
//! Himmelblau 1972, *Applied Nonlinear Programming*. Where a descent ends depends on where it starts.

use super::formula::square;
use super::{Dimension, Entry, Formula, Least, Wave};

pub(super) const ROW: Entry = Entry {
    name: "himmelblau",
    aliases: &[],
    about: "four equal minima: the start decides",
    formula: "f(x, y) = (x² + y − 11)² + (x + y² − 7)²",
    paper: "Himmelblau 1972, Applied Nonlinear Programming",
    dimension: Dimension::Fixed(2),
    parameters: &[],
    start: |_| vec![0.0, 0.0],
    within: (-5.0, 5.0),
    noisy: false,
    build: |_| Box::new(Himmelblau),
};

struct Himmelblau;

impl Formula for Himmelblau {
    fn value<R: Wave>(&self, x: &[R]) -> R {
        let (x, y) = (x[0], x[1]);
        square(x * x + y - R::of(11.0)) + square(x + y * y - R::of(7.0))
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64]) {
        let (x, y) = (x[0], x[1]);
        let (a, b) = (x * x + y - 11.0, x + y * y - 7.0);
        grad.copy_from_slice(&[4.0 * a * x + 2.0 * b, 2.0 * a + 4.0 * b * y]);
    }
    fn least(&self) -> Option<Least> {
        let places = [
            [3.0, 2.0],
            [-2.805_118_086_952_745, 3.131_312_518_250_573],
            [-3.779_310_253_377_747, -3.283_185_991_286_17],
            [3.584_428_340_330_491_7, -1.848_126_526_964_404],
        ];
        Some(Least { value: 0.0, places: places.map(|p| p.to_vec()).to_vec() })
    }
}
