//! The sigmoid and its slope.

use super::{Effort, Figure, curve};
use crate::{At, Chart};
use gradus::Result;

pub(super) const ROW: Figure =
    Figure {
        name: "sigmoid", about: "the activation 1 / (1 + e⁻ˣ) and its slope", is_measured: false, draw
    };

fn draw(_: &Effort) -> Result<Box<dyn Chart>> {
    let note = "Any number becomes one between 0 and 1. The slope is at most 1/4, and almost nothing far from zero: there \
                learning stands still.";
    let mut chart = curve("sigmoid", "Sigmoid: f(x) = 1 / (1 + e⁻ˣ)", note)
        .reference("1/4, the largest slope", At::Y(0.25));
    chart.x.range = Some((-6.0, 6.0));
    chart.y.range = Some((0.0, 1.0));
    Ok(Box::new(chart))
}

#[cfg(test)]
mod tests {
    /// The largest slope is where the figure says.
    #[test]
    fn the_slope_is_at_most_a_quarter() {
        let sigmoid = gradus::activations::named("sigmoid").unwrap();
        assert_eq!((sigmoid.slope)(0.0), 0.25);
        assert!((-60..60).all(|i| (sigmoid.slope)(i as f64 / 10.0) <= 0.25));
    }
}
