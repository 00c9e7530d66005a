//! The charts: the comparison at the top and the learning curves; the frame that every chart has.
//!
//! They are written here rather than by a plotting library because such a library writes colours and text sizes
//! into the drawing. Here the lines take their colours from the page (light and dark), the drawing stretches to any
//! width, and the labels are text of the page, as large on a phone as on a screen.

use gradus::numerals::grouped;
use maud::{Markup, html};

use super::scale::Scale;
use super::{EpochRow, PartScore, Report, words};

/// Charts and tables hold at most about this many epochs; longer runs show every second, third, … of them.
const EPOCHS: usize = 1000;
/// Up to this many epochs each is marked by a dot.
const DOTS: usize = 40;
/// The side of the drawing in its own units; the page stretches it.
pub const SIDE: f64 = 1000.0;

/// One line of a chart: its name, its CSS class, its points.
struct Line {
    name: String,
    class: &'static str,
    points: Vec<(f64, f64)>,
}

/// The epochs that charts and tables show: all of them, or every so many and always the best and the last.
pub fn shown_epochs(report: &Report) -> Vec<&EpochRow> {
    let step = report.epochs.len().div_ceil(EPOCHS).max(1);
    let last = report.epochs.len().saturating_sub(1);
    let is_shown = |i: usize, row: &EpochRow| {
        i.is_multiple_of(step) || i == last || Some(row.epoch) == report.best_epoch
    };
    report.epochs.iter().enumerate().filter(|(i, row)| is_shown(*i, row)).map(|(_, row)| row).collect()
}

/// The network against what takes no network: a bar each.
pub fn comparison(report: &Report, score: &PartScore) -> Markup {
    let answer = words::majority_answer(report, score);
    let majority = answer.map_or("Most frequent answer".into(), |class| format!("Always ‘{class}’"));
    let mut rows = vec![("This network".to_string(), "network", score.accuracy)];
    rows.extend(score.baseline_linear.map(|share| ("A linear model".to_string(), "", share)));
    rows.push((majority, "", score.baseline_majority));
    let width = |share: f64| format!("width:{:.2}%", 100.0 * share.clamp(0.0, 1.0));
    let (low, high) = (score.accuracy_low.clamp(0.0, 1.0), score.accuracy_high.clamp(0.0, 1.0));
    html! {
        figure.comparison {
            @for (name, class, share) in &rows {
                div class={ "bar " (class) } {
                    span.name { (name) }
                    span.track aria-hidden="true" {
                        @if share.is_finite() { span.fill style=(width(*share)) {} }
                        @if *class == "network" && low < high {
                            span.interval style={ (format!("left:{:.2}%;", 100.0 * low)) (width(high - low)) } {}
                        }
                    }
                    span.value { (words::percent(*share, 1)) }
                }
            }
            figcaption {
                "Share of the " (report.noun.count(score.total())) " of the " (score.part) " part named "
                "rightly. "
                "The bracket is the 95\u{a0}% interval, " (words::percent(score.accuracy_low, 1)) " to "
                (words::percent(score.accuracy_high, 1)) ": how far chance in the choice of "
                (report.noun.many) " may have moved the figure."
            }
        }
    }
}

/// Loss and accuracy by epoch.
pub fn curves(report: &Report) -> Markup {
    let rows = shown_epochs(report);
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return html! {
            section #curves { h2 { "Learning curves" } p.lead { "The run ended before its first epoch was over." } }
        };
    };
    let x = Scale::for_epochs(first.epoch, last.epoch);
    html! {
        section #curves {
            h2 { "Learning curves" }
            p.lead {
                "When the training loss falls while the validation loss rises, the network learns its "
                (report.noun.many) " by heart. "
                @if let Some(best) = report.best_epoch { "The weights of epoch " (best) " were kept." }
            }
            div.pair {
                (losses(report, &rows, &x))
                @if report.values.is_none() { (accuracies(report, &rows, &x)) }
                @if rows.iter().any(|row| row.learning_rate != first.learning_rate) { (rates(report, &rows, &x)) }
            }
            p.note { "Every value, epoch by epoch, is in the " a href="#epochs" { "table below" } "." }
        }
    }
}

/// One curve over the epochs.
fn line(name: &str, class: &'static str, rows: &[&EpochRow], value: impl Fn(&EpochRow) -> f64) -> Line {
    let points = rows.iter().map(|row| (row.epoch as f64, value(row))).collect();
    Line { name: name.into(), class, points }
}

/// The chart of the losses.
fn losses(report: &Report, rows: &[&EpochRow], x: &Scale) -> Markup {
    let lines = [
        line("training", "train", rows, |row| row.train_loss),
        line("validation", "validation", rows, |row| row.validation_loss),
    ];
    let y = Scale::for_losses(lines.iter().flat_map(|line| line.points.iter().map(|point| point.1)));
    let missing =
        lines.iter().flat_map(|line| &line.points).filter(|point| y.place(point.1).is_none()).count();
    html! {
        figure.chart data-columns="1 2" {
            h3 { "Loss" @if y.is_logarithmic() { small { " (logarithmic scale)" } } }
            (legend(&lines))
            (plot(x, &y, &lines, report.best_epoch, &words::describe_losses(report), |tick| y.label(tick)))
            @if missing > 0 {
                figcaption { (grouped(missing)) " values are not finite and cannot be drawn: the curve has gaps." }
            }
        }
    }
}

/// The chart of the accuracy, with what takes no network as level lines.
fn accuracies(report: &Report, rows: &[&EpochRow], x: &Scale) -> Markup {
    let mut lines = vec![line("validation", "validation", rows, |row| row.validation_accuracy)];
    let score = report.scores.iter().find(|score| score.part == "validation").or(report.main_score());
    if let Some(score) = score {
        let (from, to) = x.ends();
        let level = |share: f64| vec![(from, share), (to, share)];
        if let Some(share) = score.baseline_linear {
            let name = format!("a linear model, {}", words::percent(share, 1));
            lines.push(Line { name, class: "linear", points: level(share) });
        }
        let share = score.baseline_majority;
        let name = format!("most frequent answer, {}", words::percent(share, 1));
        lines.push(Line { name, class: "majority", points: level(share) });
    }
    let y = Scale::for_shares(lines.iter().flat_map(|line| line.points.iter().map(|point| point.1)));
    let text = words::describe_accuracy(report);
    html! {
        figure.chart data-columns="3" {
            h3 { "Accuracy" }
            (legend(&lines))
            (plot(x, &y, &lines, report.best_epoch, &text, |tick| words::percent(tick, 0)))
        }
    }
}

/// The chart of the learning rate, where a schedule changes it.
fn rates(report: &Report, rows: &[&EpochRow], x: &Scale) -> Markup {
    let lines = [line("at the end of the epoch", "validation", rows, |row| row.learning_rate)];
    let y = Scale::for_losses(lines[0].points.iter().map(|point| point.1));
    html! {
        figure.chart data-columns="4" {
            h3 { "Learning rate" @if y.is_logarithmic() { small { " (logarithmic scale)" } } }
            (legend(&lines))
            (plot(x, &y, &lines, report.best_epoch, &words::describe_rates(report), words::rate))
        }
    }
}

/// The names of the lines, each beside a piece of it.
fn legend(lines: &[Line]) -> Markup {
    html! {
        ul.legend {
            @for line in lines {
                li {
                    svg viewBox="0 0 28 8" width="28" height="8" aria-hidden="true" {
                        path class=(line.class) d="M1 4H27" {}
                    }
                    (line.name)
                }
            }
        }
    }
}

/// A chart with its axes; `best` is marked by a vertical line.
fn plot(
    x: &Scale,
    y: &Scale,
    lines: &[Line],
    best: Option<usize>,
    text: &str,
    label: impl Fn(f64) -> String,
) -> Markup {
    let whole = |ticks: Vec<f64>| ticks.into_iter().filter(|t| t.fract() == 0.0).collect::<Vec<f64>>();
    let xs: Vec<(f64, String)> = whole(x.ticks(6)).into_iter().map(|t| (t, format!("{t:.0}"))).collect();
    let ys: Vec<(f64, String)> = y.ticks(5).into_iter().map(|t| (t, label(t))).collect();
    let best = best.map(|epoch| epoch as f64).filter(|b| (x.ends().0..=x.ends().1).contains(b));
    let drawing = html! {
        @if let Some(u) = best.and_then(|best| x.place(best)) { path.best d=(format!("M{:.1} 0V{SIDE}", SIDE * u)) {} }
        @for line in lines.iter().rev() {
            path class=(line.class) d=(path(x, y, &line.points)) {}
            @if line.points.len() <= DOTS && !matches!(line.class, "linear" | "majority") {
                path class={ (line.class) " dots" } d=(dots(x, y, &line.points)) {}
            }
        }
    };
    let above = html! {
        @if let Some((best, u)) = best.and_then(|best| Some((best, x.place(best)?))) {
            span.mark.first[u < 0.2].last[u > 0.8] aria-hidden="true" style=(format!("left:{:.2}%", 100.0 * u)) {
                "best: epoch " (best)
            }
        }
    };
    frame(x, y, &xs, &ys, "epoch", text, drawing, above)
}

/// The frame that all charts share: labels in the page's text, a drawing that stretches behind them.
#[allow(clippy::too_many_arguments)]
pub fn frame(
    x: &Scale,
    y: &Scale,
    xs: &[(f64, String)],
    ys: &[(f64, String)],
    name: &str,
    text: &str,
    drawing: Markup,
    above: Markup,
) -> Markup {
    let (from, to) = x.ends();
    let at = |axis: &Scale, value: f64| 100.0 * axis.place(value).unwrap_or(0.0);
    html! {
        div.plot.marked[!above.0.is_empty()] {
            div.ys aria-hidden="true" {
                @for (value, label) in ys { span style=(format!("bottom:{:.2}%", at(y, *value))) { (label) } }
            }
            div.area data-from=(from) data-to=(to) {
                svg viewBox=(format!("0 0 {SIDE} {SIDE}")) preserveAspectRatio="none" role="img" aria-label=(text) {
                    @for (value, _) in ys {
                        path.grid d=(format!("M0 {:.1}H{SIDE}", SIDE - 10.0 * at(y, *value))) {}
                    }
                    (drawing)
                }
                (above)
            }
            div.xs aria-hidden="true" {
                @for (value, label) in xs { span style=(format!("left:{:.2}%", at(x, *value))) { (label) } }
            }
            div.xname aria-hidden="true" { (name) }
        }
    }
}

/// The line through the points; it breaks where one has no place.
fn path(x: &Scale, y: &Scale, points: &[(f64, f64)]) -> String {
    let mut d = String::new();
    let mut is_drawing = false;
    for &(u, v) in points {
        match x.place(u).zip(y.place(v)) {
            Some((u, v)) => {
                d +=
                    &format!("{}{:.1} {:.1}", if is_drawing { 'L' } else { 'M' }, SIDE * u, SIDE * (1.0 - v));
                is_drawing = true;
            }
            None => is_drawing = false,
        }
    }
    d
}

/// A line of no length at each point: drawn with round ends, it is a dot that no stretching distorts.
pub fn dots(x: &Scale, y: &Scale, points: &[(f64, f64)]) -> String {
    let places = points.iter().filter_map(|&(u, v)| x.place(u).zip(y.place(v)));
    places.map(|(u, v)| format!("M{:.1} {:.1}h0", SIDE * u, SIDE * (1.0 - v))).collect()
}
