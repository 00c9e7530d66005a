//! A noisy cosine and its exponentially weighted averages, with and without the correction of the start, and the
//! weights of the past.

use super::{Effort, Figure};
use crate::colour::{Colour, SOFT_INK};
use crate::{Axis, Chart, Dash, Grid, Lines, Marker, Series, number};
use gradus::Result;
use gradus::average::ExponentialAverage;
use gradus::rng::{Rng, Stream};

pub(super) const ROW: Figure = Figure {
    name: "averages",
    about: "a noisy cosine, its exponentially weighted averages, the weights of the past",
    is_measured: false,
    draw,
};

const BETAS: [f64; 3] = [0.5, 0.9, 0.98];
const COUNT: usize = 200;

/// cos over one period and a half, with noise of deviation 0.3.
fn noisy_cosine() -> Vec<(f64, f64)> {
    let mut rng = Rng::new(1, Stream::Probe, 0);
    let value =
        |t: usize| (3.0 * std::f64::consts::PI * t as f64 / COUNT as f64).cos() + 0.3 * rng.normal() as f64;
    let values: Vec<f64> = (1..=COUNT).map(value).collect();
    values.into_iter().enumerate().map(|(i, x)| (i as f64 + 1.0, x)).collect()
}

fn name(beta: f64) -> Result<String> {
    let memory = ExponentialAverage::new(beta)?.memory();
    Ok(format!("β = {beta}: about {} values", number(memory.round())))
}

fn panel(title: &str, average: fn(f64) -> Result<ExponentialAverage>) -> Result<Lines> {
    let values = noisy_cosine();
    let mut chart =
        Lines::new(title, Axis::linear("value number t"), Axis::linear("value, and its average V")).series(
            Series::new("noisy cosine", values.clone())
                .coloured(SOFT_INK.with_opacity(0.45))
                .width(0.0)
                .marked(Marker::Dot(2.0)),
        );
    for (i, beta) in BETAS.into_iter().enumerate() {
        let averages = average(beta)?.over(values.iter().map(|v| v.1));
        let points: Vec<(f64, f64)> = values.iter().map(|v| v.0).zip(averages).collect();
        chart = chart.series(Series::new(name(beta)?, points).coloured(Colour::of_series(i)));
    }
    Ok(chart)
}

fn weights() -> Result<Lines> {
    let mut chart = Lines::new(
        "The weights of the past: (1 − β) βᵏ",
        Axis::linear("age k of a value (values ago)"),
        Axis::log("weight in the average").between(1e-4, 1.0),
    );
    for (i, beta) in BETAS.into_iter().enumerate() {
        let weights = ExponentialAverage::new(beta)?.weights().take(101).enumerate();
        let points = weights.map(|(k, w)| (k as f64, w));
        chart = chart.series(Series::new(name(beta)?, points).coloured(Colour::of_series(i)).width(1.5));
    }
    Ok(chart)
}

/// The first values: where the correction matters.
fn start() -> Result<Lines> {
    let values: Vec<(f64, f64)> = noisy_cosine().into_iter().take(40).collect();
    let mut chart = Lines::new(
        "The start, β = 0.98",
        Axis::linear("value number t"),
        Axis::linear("value, and its average V"),
    )
    .series(
        Series::new("noisy cosine", values.clone())
            .coloured(SOFT_INK.with_opacity(0.45))
            .width(0.0)
            .marked(Marker::Dot(2.0)),
    );
    let beta = BETAS[2];
    for (average, name, dash) in [
        (ExponentialAverage::new(beta)?, "V: starts too low", Dash::Dashed),
        (ExponentialAverage::corrected(beta)?, "V / (1 − βᵗ)", Dash::Solid),
    ] {
        let points: Vec<(f64, f64)> =
            values.iter().map(|v| v.0).zip(average.over(values.iter().map(|v| v.1))).collect();
        chart = chart.series(Series::new(name, points).coloured(Colour::of_series(2)).dashed(dash));
    }
    Ok(chart)
}

fn draw(_: &Effort) -> Result<Box<dyn Chart>> {
    let page = Grid::new("Exponentially weighted averages: V ← β V + (1 − β) x", 2)
        .note(
            "The larger β, the smoother the average, and the later it follows. V starts at zero, so that its first values are \
             too small; divided by 1 − βᵗ they are not.",
        )
        .panel(panel("V, as it is", ExponentialAverage::new)?)
        .panel(panel("V / (1 − βᵗ), corrected", ExponentialAverage::corrected)?)
        .panel(start()?)
        .panel(weights()?)
        .panels_of(520.0, 380.0);
    Ok(Box::new(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_the_recurrence_written_out() {
        let values = noisy_cosine();
        let plain = panel("", ExponentialAverage::new).unwrap();
        let corrected = panel("", ExponentialAverage::corrected).unwrap();
        for (i, beta) in BETAS.into_iter().enumerate() {
            let mut v = 0.0;
            for (t, value) in values.iter().enumerate() {
                v = beta * v + (1.0 - beta) * value.1;
                assert!((plain.series[i + 1].points[t].1 - v).abs() < 1e-12);
                let unbiased = v / (1.0 - beta.powi(t as i32 + 1));
                assert!((corrected.series[i + 1].points[t].1 - unbiased).abs() < 1e-12);
            }
        }
        assert_eq!(
            corrected.series[3].points[0].1, values[0].1,
            "the first corrected average is the first value"
        );
    }

    #[test]
    fn the_legend_says_how_much_is_remembered() {
        assert_eq!(
            BETAS.map(|b| name(b).unwrap()),
            ["β = 0.5: about 2 values", "β = 0.9: about 10 values", "β = 0.98: about 50 values"]
        );
        assert!((weights().unwrap().series[1].points[10].1 - 0.1 * 0.9f64.powi(10)).abs() < 1e-15);
    }
}
