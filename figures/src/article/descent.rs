//! Gradient descent on x² from both sides, with learning rates too small, right, too large, and far too large.

use super::{Effort, Figure, walk};
use crate::colour::VERMILLION;
use crate::{Axis, Chart, Grid, Lines, Marker, Series, number};
use gradus::Result;
use gradus::functions::{Choice, Problem};
use gradus::optimizer::Objective;
use gradus::threads::Threads;

pub(super) const ROW: Figure = Figure {
    name: "descent",
    about: "descent on x² from 2 and −2: rates too small, right, too large, diverging",
    is_measured: false,
    draw,
};

/// x² of the library.
fn square() -> Result<Problem> {
    Ok(Choice::parse("x_squared")?.problem(1, &Threads::new(1)))
}

const RATES: [(f64, &str); 4] = [(0.01, "too small"), (0.1, "right"), (0.95, "too large"), (1.1, "diverges")];
const STARTS: [f64; 2] = [2.0, -2.0];
const STEPS: u64 = 10;

/// (x, x²) at the start and after each step.
fn path(start: f64, learning_rate: f64, steps: u64) -> Result<Vec<(f64, f64)>> {
    let mut square = square()?;
    let path = walk("sgd", learning_rate, &mut square, &[start], steps)?;
    Ok(path.into_iter().map(|theta| (theta[0], square.loss(&theta))).collect())
}

fn panel(start: f64, (learning_rate, verdict): (f64, &str)) -> Result<Lines> {
    let path = path(start, learning_rate, STEPS)?;
    let reach = path.iter().map(|p| p.0.abs()).fold(2.4, f64::max).min(6.0);
    let mut square = square()?;
    let curve = (-100..=100).map(|i| {
        let x = reach * i as f64 / 100.0;
        (x, square.loss(&[x]))
    });
    let (title, last) = (format!("η = {}: {verdict}", number(learning_rate)), path[STEPS as usize].0);
    Ok(Lines::new(
        title,
        Axis::linear("x").between(-reach, reach),
        Axis::linear("x²").between(0.0, reach * reach),
    )
    .note(format!("from {}, after {STEPS} steps at {}", number(start), number(last)))
    .series(Series::new("x²", curve))
    .series(
        Series::new("gradient descent", path)
            .coloured(VERMILLION)
            .width(1.5)
            .marked(Marker::Dot(3.5))
            .with_arrows(),
    ))
}

fn draw(_: &Effort) -> Result<Box<dyn Chart>> {
    let mut page = Grid::new("Gradient descent on x²: x ← x − η · 2x", 4)
        .note(
            "Each step multiplies x by 1 − 2η. Below η = 0.5 it stays on its side; up to 1 it leaps over the minimum and still \
             comes nearer; beyond 1 every step leads further away.",
        )
        .panels_of(310.0, 320.0)
        .with_one_legend();
    for start in STARTS {
        for rate in RATES {
            page = page.panel(panel(start, rate)?);
        }
    }
    Ok(Box::new(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With η = 0.1 each step leaves 0.8 of x.
    #[test]
    fn the_path_is_that_of_the_formula() {
        for (x, want) in path(2.0, 0.1, 4).unwrap().iter().zip([2.0, 1.6, 1.28, 1.024, 0.8192]) {
            assert!((x.0 - want).abs() < 1e-12 && (x.1 - want * want).abs() < 1e-12, "{x:?} is not {want}");
        }
        let there = |start, rate| path(start, rate, STEPS).unwrap()[STEPS as usize].0;
        for start in STARTS {
            assert!((there(start, 0.01) / start - 0.98f64.powi(10)).abs() < 1e-12, "too small");
            assert!(
                (there(start, 0.95) / start - 0.9f64.powi(10)).abs() < 1e-12,
                "too large, and still arrives"
            );
            assert!((there(start, 1.1) / start - 1.2f64.powi(10)).abs() < 1e-12, "diverges");
        }
    }

    #[test]
    fn the_panels_show_those_paths() {
        let panel = panel(-2.0, RATES[1]).unwrap();
        assert_eq!(panel.series[1].points, path(-2.0, 0.1, STEPS).unwrap());
        assert!(panel.title.contains("0.1") && panel.note.contains("−2"));
    }
}
