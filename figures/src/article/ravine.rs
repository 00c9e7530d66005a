//! Gradient descent, momentum, RMSprop and Adam in a ravine: steep across, flat along.

use super::{Effort, Figure, walk};
use crate::{Axis, Chart, Contour, Levels, Marker, Series, Surface, number};
use gradus::Result;
use gradus::optimizer::Objective;

pub(super) const ROW: Figure = Figure {
    name: "ravine",
    about: "gradient descent, momentum, RMSprop and Adam in a ravine",
    is_measured: false,
    draw,
};

/// ½ (x² / 20 + 2 y²)
struct Ravine;

impl Objective<f64> for Ravine {
    fn loss(&mut self, theta: &[f64]) -> f64 {
        0.5 * (theta[0] * theta[0] / 20.0 + 2.0 * theta[1] * theta[1])
    }
    fn gradient(&mut self, theta: &[f64], grad: &mut [f64]) -> f64 {
        grad[0] = theta[0] / 20.0;
        grad[1] = 2.0 * theta[1];
        self.loss(theta)
    }
}

const START: [f64; 2] = [-9.0, 2.0];
const STEPS: u64 = 40;
const RUNNERS: [(&str, &str, f64); 4] = [
    ("gradient descent", "sgd", 0.9),
    ("momentum", "momentum", 0.12),
    ("RMSprop", "rmsprop", 0.25),
    ("Adam", "adam", 0.5),
];

fn path((_, line, rate): (&str, &str, f64), steps: u64) -> Result<Vec<(f64, f64)>> {
    let path = walk(line, rate, &mut Ravine, &START, steps)?;
    Ok(path.iter().map(|theta| (theta[0], theta[1])).collect())
}

fn draw(effort: &Effort) -> Result<Box<dyn Chart>> {
    let surface = Surface::sample((-10.0, 4.0), (-2.6, 2.6), 141, 105, |x, y| Ravine.loss(&[x, y]));
    let mut chart = Contour::new("Four ways through a ravine", Axis::linear("x"), Axis::linear("y"), "f(x, y)", surface)
        .note(format!(
            "f(x, y) = ½ (x²/20 + 2y²) is forty times steeper across than along. {} steps each, from the ring; a dot for every step.",
            effort.steps(STEPS)
        ))
        .levels(Levels::Given((1..10).map(|k| 0.1 * (k * k) as f64).collect()))
        .minimum(0.0, 0.0);
    chart.size = (900.0, 560.0);
    for runner in RUNNERS {
        let name = format!("{}, η = {}", runner.0, number(runner.2));
        let path = Series::new(name, path(runner, effort.steps(STEPS))?).width(1.6).marked(Marker::Dot(2.2));
        chart = chart.path(path);
    }
    Ok(Box::new(chart))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slope is (x/20, 2y): with η = 0.9, x keeps 0.955 of itself each step and y −0.8.
    #[test]
    fn the_paths_are_those_of_the_rules() {
        let path = path(RUNNERS[0], 2).unwrap();
        assert!((path[1].0 + 9.0 * 0.955).abs() < 1e-12 && (path[1].1 + 1.6).abs() < 1e-12, "{path:?}");
        assert!((path[2].1 - 1.28).abs() < 1e-12);
    }

    #[test]
    fn the_others_get_further_along_than_gradient_descent() {
        let end = |i: usize| path(RUNNERS[i], STEPS).unwrap()[STEPS as usize];
        assert!((1..4).all(|i| end(i).0.abs() < end(0).0.abs()), "{:?}", [0, 1, 2, 3].map(end));
    }
}
