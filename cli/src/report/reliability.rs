//! Reliability: whether "80 % sure" means right in 80 of 100.

use gradus::numerals::grouped;
use maud::{Markup, html};

use super::charts::{SIDE, dots, frame};
use super::scale::Scale;
use super::{Example, Report, tables, words};

/// How often the network is right when it says that it is so sure.
pub fn section(report: &Report) -> Markup {
    let bins = bins(&report.examples);
    let all: usize = bins.iter().map(|bin| bin.count).sum();
    if all == 0 {
        return html! {
            section #reliability { h2 { "Reliability" } p.lead { "No single answers were recorded in this run." } }
        };
    }
    let full: Vec<_> = bins.iter().filter(|bin| bin.count > 0).collect();
    let gap: f64 = full.iter().map(|b| b.count as f64 * (b.right - b.sure).abs()).sum::<f64>() / all as f64;
    let right: f64 = full.iter().map(|b| b.count as f64 * (b.right - b.sure)).sum::<f64>() / all as f64;
    let manner = if right < -0.02 {
        "too sure"
    } else if right > 0.02 {
        "too modest"
    } else {
        "neither too sure nor too modest"
    };
    let text = format!(
        "On average the network is {manner}: what it says and how often it is right differ by {}.",
        words::percent(gap, 1).replace('%', "points")
    );
    let scale = Scale::new(0.0, 1.0);
    let ticks: Vec<(f64, String)> = scale.ticks(5).into_iter().map(|t| (t, words::percent(t, 0))).collect();
    let most = full.iter().map(|bin| bin.count).max().unwrap_or(1) as f64;
    let drawing = html! {
        @for bin in &full {
            @let height = 180.0 * bin.count as f64 / most;
            path.count d=(format!("M{:.1} {SIDE}v-{height:.1}h80v{height:.1}z", SIDE * bin.from + 10.0)) {}
        }
        path.majority d=(format!("M0 {SIDE}L{SIDE} 0")) {}
        @for bin in &full {
            @let (low, high) = (SIDE * (1.0 - bin.low), SIDE * (1.0 - bin.high));
            path.whisker d=(format!("M{:.1} {low:.1}V{high:.1}", SIDE * bin.sure)) {}
        }
        path.validation.dots d=(dots(&scale, &scale, &full.iter().map(|b| (b.sure, b.right)).collect::<Vec<_>>())) {}
    };
    html! {
        section #reliability {
            h2 { "Reliability" }
            p.lead { (text) }
            div.aside {
                figure.chart.square {
                    h3 { "How often it is right, by how sure it is" }
                    (frame(&scale, &scale, &ticks, &ticks, "probability it gives to its answer", &text, drawing, html! {}))
                }
                div {
                    p {
                        "A dot on the dashed diagonal keeps its word: of the answers given with 80\u{a0}%, 80\u{a0}% are "
                        "right. Below it the network is too sure, above it too modest. The upright lines are 95\u{a0}% "
                        "intervals, the grey bars say how many answers a bin holds."
                    }
                    p { "From " (report.noun.count(all)) ", in ten bins of probability." }
                    (bin_table(&full))
                }
            }
        }
    }
}

/// A tenth of the probabilities, and how often the answers given with them are right.
#[derive(Clone, Default)]
pub struct Bin {
    /// Lower end: 0, 0.1, …
    pub from: f64,
    /// Answers in it.
    pub count: usize,
    /// Mean probability of these answers.
    pub sure: f64,
    /// Share of them that is right.
    pub right: f64,
    /// Lower end of the 95 % Wilson interval of that share.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
}

/// The answers in ten bins of probability; those without a probability are left out.
pub fn bins(examples: &[Example]) -> Vec<Bin> {
    let mut bins = vec![Bin::default(); 10];
    for example in examples.iter().filter(|example| example.probability.is_finite()) {
        let probability = example.probability.clamp(0.0, 1.0); // rounding may have left 1.0000001
        let bin = &mut bins[((probability * 10.0) as usize).min(9)];
        bin.count += 1;
        bin.sure += probability;
        bin.right += if example.is_mistake() { 0.0 } else { 1.0 };
    }
    for (i, bin) in bins.iter_mut().enumerate() {
        let n = bin.count.max(1) as f64;
        (bin.from, bin.sure, bin.right) = (i as f64 / 10.0, bin.sure / n, bin.right / n);
        (bin.low, bin.high) = wilson(bin.right, n);
    }
    bins
}

/// The 95 % Wilson interval of a share measured on `n`.
fn wilson(share: f64, n: f64) -> (f64, f64) {
    let z = 1.959_964;
    let scale = 1.0 + z * z / n;
    let middle = (share + z * z / (2.0 * n)) / scale;
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt() / scale;
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// The numbers of the reliability chart.
fn bin_table(bins: &[&Bin]) -> Markup {
    html! {
        details {
            summary { "The numbers of this chart" }
            div.scroll tabindex="0" role="region" aria-label="Reliability by bin" {
                table {
                    caption { "Answers by the probability given to them" }
                    (tables::heads(&["Probability"], &["Answers", "Mean probability", "Right", "95 % interval"]))
                    tbody {
                        @for bin in bins {
                            tr {
                                th scope="row" { (format!("{:.0} to ", 100.0 * bin.from)) (words::percent(bin.from + 0.1, 0)) }
                                td.n { (grouped(bin.count)) }
                                td.n { (words::percent(bin.sure, 1)) }
                                td.n { (words::percent(bin.right, 1)) }
                                td.n { (words::percent(bin.low, 0)) " to " (words::percent(bin.high, 0)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
