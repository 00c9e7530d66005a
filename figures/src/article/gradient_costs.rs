//! What one gradient costs as networks grow: backpropagation, finite differences, formulas derived by hand. Measured.

use super::{Effort, Figure};
use crate::{Axis, Chart, Grid, Lines, Marker, Series};
use gradus::Result;
use gradus::gradients::{GradientCost, Way, growth};

pub(super) const ROW: Figure = Figure {
    name: "gradient_costs",
    about: "what a gradient costs, three ways, as networks grow: measured now",
    is_measured: true,
    draw,
};

/// Hidden neurons: ten weights each, and one more.
const WIDTHS: [usize; 8] = [1, 2, 4, 10, 30, 100, 300, 1000];

fn name(way: Way) -> &'static str {
    match way {
        Way::Backpropagation => "backpropagation",
        Way::ForwardDifference => "forward differences",
        Way::CentralDifference => "central differences",
        Way::ByHand => "formulas derived by hand",
    }
}

/// One line a way.
fn panel(costs: &[GradientCost], title: &str, y: &str, value: fn(&GradientCost) -> f64) -> Lines {
    let mut chart = Lines::new(title, Axis::log("weights of the network"), Axis::log(y));
    for (i, way) in Way::ALL.into_iter().enumerate() {
        let points = costs.iter().filter(|c| c.way == way).map(|c| (c.weights as f64, value(c)));
        chart = chart.series(Series::new(name(way), points).marked(Marker::of_group(i, 4.0)));
    }
    chart
}

fn draw(effort: &Effort) -> Result<Box<dyn Chart>> {
    let widths = &WIDTHS[..(effort.steps(WIDTHS.len() as u64) as usize).min(WIDTHS.len())];
    let costs = growth(widths, &effort.threads)?;
    let page = Grid::new("The cost of one gradient", 2)
        .note(
            "“dense N relu, dense 1 sigmoid” on 8 inputs and 32 examples, measured on this machine while drawing. \
             Differences ask for a loss or two for each weight (where that takes over half a second, one loss was timed \
             and multiplied); backpropagation gives all slopes for the price of a few losses. Formulas are left out \
             where there would be too many.",
        )
        .panel(panel(&costs, "In seconds", "time of one gradient (s)", |c| c.seconds))
        .panel(panel(&costs, "In losses", "time of one gradient (in times of one loss)", |c| c.losses))
        .panels_of(500.0, 420.0)
        .with_one_legend();
    Ok(Box::new(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// n + 1 and 2n + 1 losses for n slopes, whatever the clock says.
    #[test]
    fn differences_ask_for_as_many_losses_as_there_are_weights() {
        let effort = Effort { share: 0.4, ..Effort::full(1) };
        let costs = growth(&WIDTHS[..effort.steps(8) as usize], &effort.threads).unwrap();
        let chart = panel(&costs, "", "", |c| c.losses);
        let points = |way: Way| chart.series.iter().find(|s| s.name == name(way)).unwrap().points.clone();
        for ((n, forward), (m, central)) in
            points(Way::ForwardDifference).into_iter().zip(points(Way::CentralDifference))
        {
            assert_eq!((forward, central), (n + 1.0, 2.0 * m + 1.0));
        }
        let weights: Vec<f64> = points(Way::Backpropagation).iter().map(|p| p.0).collect();
        assert_eq!(
            weights[..3],
            [11.0, 21.0, 41.0],
            "8 inputs, a bias, and the weight to the output, for each neuron"
        );
        assert!(costs.iter().all(|c| c.seconds > 0.0));
    }
}
