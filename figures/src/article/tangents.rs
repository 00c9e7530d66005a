//! A step of gradient descent is a step along the tangent: on f(x) = x, where the slope never changes, and on x².

use super::{Effort, Figure, walk};
use crate::colour::{GREEN, SOFT_INK, VERMILLION};
use crate::{Axis, Chart, Dash, Grid, Lines, Marker, Series, number};
use gradus::Result;
use gradus::functions::{Choice, Problem};
use gradus::optimizer::Objective;
use gradus::threads::Threads;

pub(super) const ROW: Figure = Figure {
    name: "tangents",
    about: "f(x) = x and x² with the tangents along which descent steps",
    is_measured: false,
    draw,
};

/// f(x) = x, which has no minimum.
struct Straight;

impl Objective<f64> for Straight {
    fn loss(&mut self, theta: &[f64]) -> f64 {
        theta[0]
    }
    fn gradient(&mut self, theta: &[f64], grad: &mut [f64]) -> f64 {
        grad[0] = 1.0;
        theta[0]
    }
}

/// x² of the library.
fn square() -> Result<Problem> {
    Ok(Choice::parse("x_squared")?.problem(1, &Threads::new(1)))
}

const STEPS: u64 = 4;

/// A function, the points that descent visits, and from each the tangent as far as the next.
fn panel(title: &str, mut f: impl Objective<f64>, learning_rate: f64, range: (f64, f64)) -> Result<Lines> {
    let path = walk("sgd", learning_rate, &mut f, &[2.0], STEPS)?;
    let mut points = Vec::new();
    let (mut tangents, mut drops) = (Vec::new(), Vec::new());
    let mut slopes = Vec::new();
    for pair in path.windows(2) {
        let mut slope = [0.0];
        let (x, next) = (pair[0][0], pair[1][0]);
        let y = f.gradient(&[x], &mut slope);
        let reached = y + slope[0] * (next - x);
        // A gap ends each stretch.
        let gap = (f64::NAN, f64::NAN);
        tangents.extend([(x, y), (next, reached), gap]);
        drops.extend([(next, reached), (next, f.loss(&[next])), gap]);
        slopes.push(((x, y), slope[0]));
        points.push((x, y));
    }
    let last = path[STEPS as usize][0];
    points.push((last, f.loss(&[last])));
    let curve = (0..=200).map(|i| {
        let x = range.0 + (range.1 - range.0) * i as f64 / 200.0;
        (x, f.loss(&[x]))
    });
    let mut chart = Lines::new(title, Axis::linear("x").between(range.0, range.1), Axis::linear("f(x)"))
        .series(Series::new("f", curve.collect::<Vec<_>>()).width(2.5))
        .series(Series::new("tangent, as far as the step goes", tangents).coloured(VERMILLION).with_arrows())
        .series(Series::new("back to f", drops).coloured(SOFT_INK).width(1.5).dashed(Dash::Dotted))
        .series(Series::new("where descent is", points).coloured(GREEN).width(0.0).marked(Marker::Dot(4.5)));
    for (at, slope) in slopes {
        chart = chart.label(at, format!("slope {}", number(slope)), SOFT_INK);
    }
    Ok(chart)
}

fn draw(_: &Effort) -> Result<Box<dyn Chart>> {
    let page = Grid::new("Descent steps along the tangent: x ← x − η f′(x)", 2)
        .note(
            "On f(x) = x the slope is 1 everywhere: every step is as long as the last, and there is no end. On x² the slope \
             is 2x: steps become shorter the nearer the minimum is.",
        )
        .panel(panel("f(x) = x, η = 0.7", Straight, 0.7, (-1.2, 2.4))?)
        .panel(panel("f(x) = x², η = 0.25", square()?, 0.25, (-1.2, 2.4))?)
        .panels_of(480.0, 420.0)
        .with_one_legend();
    Ok(Box::new(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x ← x − 0.7 · 1, and x ← x − 0.25 · 2x = x / 2.
    #[test]
    fn the_points_are_those_of_descent() {
        for (chart, visited) in [
            (panel("", Straight, 0.7, (-1.0, 2.0)).unwrap(), [2.0, 1.3, 0.6, -0.1, -0.8]),
            (panel("", square().unwrap(), 0.25, (-1.0, 2.0)).unwrap(), [2.0, 1.0, 0.5, 0.25, 0.125]),
        ] {
            let points = &chart.series[3].points;
            for ((x, _), want) in points.iter().zip(visited) {
                assert!((x - want).abs() < 1e-12, "{x} is not {want}");
            }
        }
        // The tangent of x² at 2 goes down by 4 · 1.
        let tangents = &panel("", square().unwrap(), 0.25, (-1.0, 2.0)).unwrap().series[1].points;
        assert!((tangents[1].1 - (4.0 - 4.0)).abs() < 1e-12);
    }
}
