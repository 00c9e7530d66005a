//! The rectified linear unit and its slope.

use super::{Effort, Figure, curve};
use crate::Chart;
use gradus::Result;

pub(super) const ROW: Figure =
    Figure { name: "relu", about: "the activation max(x, 0) and its slope", is_measured: false, draw };

fn draw(_: &Effort) -> Result<Box<dyn Chart>> {
    let note = "What is below zero becomes zero, the rest stays. The slope is 0 on the left and 1 on the right: where a \
                neuron is silent, it learns nothing.";
    let mut chart = curve("relu", "ReLU: f(x) = max(x, 0)", note);
    chart.x.range = Some((-4.0, 4.0));
    chart.y.range = Some((-0.5, 4.0));
    Ok(Box::new(chart))
}
