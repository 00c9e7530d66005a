//! The chart of a sweep over learning rates.

use gradus::train::{Advice, Finding};

use crate::{At, Axis, Lines, Series, number};

/// Loss against rate: the median of the seeds, the least and the greatest around it, and what is suggested.
///
/// What lies further above the start than the lowest lies below it is cut off: a loss that diverges would flatten all else.
pub fn rates(found: &Finding) -> Lines {
    let known = || found.median.iter().flatten().copied();
    let least = found.low.iter().flatten().copied().chain(known()).fold(found.start, f64::min);
    let span = (found.start - least).max(1e-3 * found.start.abs()).max(1e-12);
    let top = found.start + span;
    let seeds = found.curves.len();
    let at = |k: usize| found.rates[k];
    let points = (0..found.rates.len()).filter_map(|k| Some((at(k), found.median[k]?.min(2.0 * top))));
    let band = (0..found.rates.len())
        .filter_map(|k| Some((at(k), found.low[k]?.min(top), found.high[k].unwrap_or(top).min(top))));
    let loss = Axis::linear("training loss after a step").between(least - 0.08 * span, top);
    let chart = Lines::new("Loss against learning rate", Axis::log("learning rate η"), loss)
        .note(format!("line: median of {seeds} sweeps; band: least to greatest; cut off where it diverges"))
        .series(Series::new("loss", points).band(band))
        .reference("before the first step", At::Y(found.start));
    match &found.advice {
        Advice::Take { learning_rate, .. } => {
            chart.reference(format!("suggested: {}", number(*learning_rate)), At::X(*learning_rate))
        }
        _ => chart,
    }
}
