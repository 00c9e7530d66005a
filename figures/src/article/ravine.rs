//! Gradient descent, momentum, RMSprop and Adam in a ravine: steep across, flat along.

use super::{Effort, Figure, walk};
use crate::{Axis, Chart, Contour, Levels, Marker, Series, Surface, number};
use gradus::Result;
use gradus::functions::Choice;
use gradus::threads::Threads;

pub(super) const ROW: Figure = Figure {
    name: "ravine",
    about: "gradient descent, momentum, RMSprop and Adam in a ravine",
    is_measured: false,
    draw,
};

/// ½ (x² + 40 y²)
const FUNCTION: &str = "ravine condition=40";
const STEPS: u64 = 40;
const RUNNERS: [(&str, &str, f64); 4] = [
    ("gradient descent", "sgd", 0.045),
    ("momentum", "momentum", 0.006),
    ("RMSprop", "rmsprop", 0.11),
    ("Adam", "adam", 0.22),
];

fn path((_, line, rate): (&str, &str, f64), steps: u64) -> Result<Vec<(f64, f64)>> {
    let choice = Choice::parse(FUNCTION)?;
    let path = walk(line, rate, &mut choice.problem(1, &Threads::new(1)), &choice.start(), steps)?;
    Ok(path.iter().map(|theta| (theta[0], theta[1])).collect())
}

fn draw(effort: &Effort) -> Result<Box<dyn Chart>> {
    let height = Choice::parse(FUNCTION)?.height();
    let surface = Surface::sample((-4.5, 2.0), (-1.3, 1.3), 141, 105, |x, y| height(&[x, y]));
    let mut chart = Contour::new("Four ways through a ravine", Axis::linear("x"), Axis::linear("y"), "f(x, y)", surface)
        .note(format!(
            "f(x, y) = ½ (x² + 40y²) is forty times steeper across than along. {} steps each, from the ring; a dot for every step.",
            effort.steps(STEPS)
        ))
        .levels(Levels::Given((1..9).map(|k| 0.5 * (k * k) as f64).collect()))
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

    /// The slope is (x, 40y): with η = 0.045, x keeps 0.955 of itself each step and y −0.8. The start is (−4, 1).
    #[test]
    fn the_paths_are_those_of_the_rules() {
        let path = path(RUNNERS[0], 2).unwrap();
        assert!((path[1].0 + 4.0 * 0.955).abs() < 1e-9 && (path[1].1 + 0.8).abs() < 1e-9, "{path:?}");
        assert!((path[2].1 - 0.64).abs() < 1e-9);
    }

    #[test]
    fn the_others_get_further_along_than_gradient_descent() {
        let end = |i: usize| path(RUNNERS[i], STEPS).unwrap()[STEPS as usize];
        assert!((1..4).all(|i| end(i).0.abs() < end(0).0.abs()), "{:?}", [0, 1, 2, 3].map(end));
    }
}
