//! Where the network says numbers: how far they are from what is right.

use gradus::numerals::grouped;
use gradus::train::Fit;
use maud::{Markup, html};

use super::charts::{SIDE, dots, frame};
use super::scale::Scale;
use super::{PartScore, Report, tables, words};
use crate::console::{number, rough};

/// Answers that are drawn, at most.
const DRAWN: usize = 2000;
/// Answers that are listed, at most.
const LISTED: usize = 12;

/// The numbers of the part that the page speaks of.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// What they are called.
    pub label: String,
    /// One for each example.
    pub answers: Vec<Said>,
}

/// A number that the network said.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Where the example is.
    pub path: String,
    /// What is in it, of those that [`worst`] names.
    pub about: String,
    /// What is right.
    pub right: f64,
    /// What was said.
    pub said: f64,
}

impl Said {
    fn error(&self) -> f64 {
        (self.said - self.right).abs()
    }
}

/// Positions of the answers that are furthest off, the furthest first: only these need their words.
pub fn worst(answers: &[Said]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..answers.len()).collect();
    order.sort_by(|a, b| answers[*b].error().total_cmp(&answers[*a].error()));
    order.truncate(LISTED);
    order
}

/// How good the network is, in one sentence.
pub fn headline(report: &Report, score: &PartScore, fit: &Fit) -> String {
    let rows = report.noun.count(fit.examples);
    let on = match score.part.as_str() {
        "test" => format!("On {rows} it had never seen"),
        part => format!("On {rows} of the {part} part, by which its best epoch was chosen"),
    };
    let share = match fit.r_squared {
        Some(r) => format!(" and explained {} of the variance (R²)", words::percent(r, 1)),
        None => String::new(),
    };
    format!("{on}, the network was {} off on average{share}.", rough(fit.mean_absolute_error))
}

/// The network against what takes no network: the shorter the bar, the better.
pub fn comparison(report: &Report, score: &PartScore, fit: &Fit) -> Markup {
    let mut rows = vec![("This network", "network", fit.root_mean_squared_error)];
    rows.extend(score.baseline_linear.map(|error| ("A linear model", "", error)));
    rows.push(("Always the mean", "", score.baseline_majority));
    let most = rows.iter().map(|row| row.2).filter(|error| error.is_finite()).fold(0.0, f64::max);
    let width = |error: f64| format!("width:{:.2}%", 100.0 * error / most.max(f64::MIN_POSITIVE));
    html! {
        figure.comparison {
            @for (name, class, error) in rows {
                div class={ "bar " (class) } {
                    span.name { (name) }
                    span.track aria-hidden="true" { @if error.is_finite() { span.fill style=(width(error)) {} } }
                    span.value { (rough(error)) }
                }
            }
            figcaption {
                "Root of the mean squared error over the " (report.noun.count(fit.examples)) " of the " (score.part)
                " part: the shorter the better."
            }
        }
    }
}

/// What was said against what is right, and the answers that are furthest off.
pub fn section(report: &Report, values: &Values) -> Markup {
    let answers = &values.answers;
    if answers.is_empty() {
        return html! { section #values { h2 { "Said and right" } p.lead { "No part of the data was scored." } } };
    }
    let step = answers.len().div_ceil(DRAWN);
    let points: Vec<(f64, f64)> = answers.iter().step_by(step).map(|a| (a.right, a.said)).collect();
    let all = points.iter().flat_map(|(right, said)| [*right, *said]).filter(|x| x.is_finite());
    let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    let room = if high > low { 0.03 * (high - low) } else { 1.0 };
    let scale = Scale::new(low - room, high + room);
    let ticks: Vec<(f64, String)> = scale.ticks(5).into_iter().map(|t| (t, scale.label(t))).collect();
    let text =
        format!("What the network said of {} against what is right.", report.noun.count(answers.len()));
    let drawing = html! {
        path.majority d=(format!("M0 {SIDE}L{SIDE} 0")) {}
        path.validation.dots.many d=(dots(&scale, &scale, &points)) {}
    };
    html! {
        section #values {
            h2 { "Said and right" }
            p.lead {
                "Each dot is one of " (report.noun.count(points.len()))
                @if step > 1 { ", one of " (step) }
                ": on the dashed diagonal what is said is right, above it too much, below it too little."
            }
            div.aside {
                figure.chart.square {
                    h3 { (values.label) ": what is said, by what is right" }
                    (frame(&scale, &scale, &ticks, &ticks, "what is right", &text, drawing, html! {}))
                }
                div { h3 { "Furthest off" } (furthest(answers)) }
            }
        }
    }
}

fn furthest(answers: &[Said]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Furthest off" {
            ul.rows {
                @for answer in worst(answers).into_iter().map(|i| &answers[i]) {
                    li {
                        p {
                            span.file { (answer.path) } ": is " strong { (number(answer.right)) } ", said "
                            strong.wrong { (number(answer.said)) }
                        }
                        @if !answer.about.is_empty() { p.about { (answer.about) } }
                    }
                }
            }
        }
    }
}

/// Everything measured, one row a part.
pub fn scores(report: &Report) -> Markup {
    let columns =
        [&*report.noun.head(), "Loss", "Root mean square", "Mean", "R²", "Linear model", "Always the mean"];
    html! {
        section #scores {
            h2 { "All scores" }
            div.scroll tabindex="0" role="region" aria-label="All scores" {
                table {
                    caption { "How far off, in each part of the data" }
                    (tables::heads(&["Part"], &columns))
                    tbody { @for (score, fit) in report.scores.iter().filter_map(|s| Some((s, s.fit?))) {
                        tr {
                            th scope="row" { (score.part) }
                            td.n { (grouped(fit.examples)) }
                            td.n { (words::loss(score.loss)) }
                            td.n { strong { (rough(fit.root_mean_squared_error)) } }
                            td.n { (rough(fit.mean_absolute_error)) }
                            td.n { (fit.r_squared.map_or(words::NONE.into(), |r| format!("{r:.4}"))) }
                            td.n { (score.baseline_linear.map_or(words::NONE.into(), rough)) }
                            td.n { (rough(score.baseline_majority)) }
                        }
                    } }
                }
            }
            p.note {
                "The loss is of numbers scaled by mean and deviation of the training part; all else is in the unit of the "
                "column. The last two are roots of the mean square too."
            }
        }
    }
}
