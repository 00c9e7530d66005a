//! The tables: each class, all scores, skipped files or rows, every epoch.

use gradus::numerals::grouped;
use maud::{Markup, html};

use super::{PartScore, Report, charts, matrix, words};
use crate::noun::Noun;

/// Skipped files or rows that are listed, at most.
pub const SKIPPED: usize = 500;
/// Tables with more rows than this are folded away.
const LONG: usize = 30;

/// A table that scrolls inside the page; folded away with `summary` where it is long.
fn wrapped(label: &str, rows: usize, table: Markup) -> Markup {
    let scroll = html! { div.scroll tabindex="0" role="region" aria-label=(label) { (table) } };
    if rows <= LONG {
        return scroll;
    }
    html! { details { summary { "Show all " (grouped(rows)) " rows" } (scroll) } }
}

/// The head of a table: columns of words, then columns of numbers.
pub fn heads(words: &[&str], numbers: &[&str]) -> Markup {
    html! {
        thead {
            tr {
                @for name in words { th scope="col" { (name) } }
                @for name in numbers { th.n scope="col" { (name) } }
            }
        }
    }
}

/// Precision, recall and F1 of each class, for each part.
pub fn per_class(report: &Report) -> Markup {
    html! {
        section #classes {
            h2 { "Each class" }
            p.lead {
                strong { "Precision" } ": of those called so, how many are. " strong { "Recall" } ": of those that are, how "
                "many were called so. " strong { "F1" } ": one number between the two."
            }
            @if report.scores.is_empty() { p.note { "No part of the data was scored." } }
            div.pair { @for score in in_order(report) { div { (class_table(report, score)) } } }
        }
    }
}

/// The scores, the one the page speaks of first.
fn in_order(report: &Report) -> Vec<&PartScore> {
    let mut scores: Vec<&PartScore> = report.scores.iter().collect();
    scores.sort_by_key(|score| score.part != "test");
    scores
}

/// The classes of one part.
fn class_table(report: &Report, score: &PartScore) -> Markup {
    let table = html! {
        table {
            caption { "Classes in the " (score.part) " part" }
            (heads(&["Class"], &["Precision", "Recall", "F1", &report.noun.head()]))
            tbody {
                @for row in &score.per_class {
                    tr {
                        th scope="row" { (row.name) }
                        @for share in [row.precision, row.recall, row.f1] { td.n { (words::percent_or_none(share)) } }
                        td.n { (grouped(row.support)) }
                    }
                }
            }
        }
    };
    wrapped(&format!("Classes in the {} part", score.part), score.per_class.len(), table)
}

/// Everything measured, one row a part; and the matrices of the parts that the page does not speak of.
pub fn scores(report: &Report) -> Markup {
    let main = report.main_score().map(|score| score.part.as_str());
    let Noun { one, many } = report.noun;
    let columns = [
        &report.noun.head(),
        "Loss",
        "Accuracy",
        "95 % interval",
        "AUC",
        "Linear model",
        "Most frequent answer",
    ];
    html! {
        section #scores {
            h2 { "All scores" }
            @if report.scores.is_empty() { p.note { "No part of the data was scored." } }
            @else { div.scroll tabindex="0" role="region" aria-label="All scores" {
                table {
                    caption { "Scores of each part of the data" }
                    (heads(&["Part"], &columns))
                    tbody { @for score in in_order(report) { (score_row(score)) } }
                }
            }
            p.note {
                "AUC: how often the network gives a " (one) " of one class a higher probability of it than a "
                (one) " of the other; 0.5 is guessing. The last two columns are accuracies on the same " (many) "."
            } }
            @for score in in_order(report).into_iter().filter(|score| Some(score.part.as_str()) != main) {
                @if report.classes.len() <= matrix::CLASSES {
                    details {
                        summary { "Confusion matrix of the " (score.part) " part" }
                        (matrix::matrix(report, score, |_| false))
                    }
                }
            }
        }
    }
}

/// One part in the table of all scores.
fn score_row(score: &PartScore) -> Markup {
    html! {
        tr {
            th scope="row" { (score.part) }
            td.n { (grouped(score.total())) }
            td.n { (words::loss(score.loss)) }
            td.n { strong { (words::percent(score.accuracy, 1)) } }
            td.n { (words::percent(score.accuracy_low, 1)) " to " (words::percent(score.accuracy_high, 1)) }
            td.n { (score.auc.map_or(words::NONE.into(), |auc| format!("{auc:.3}"))) }
            td.n { (words::percent_or_none(score.baseline_linear)) }
            td.n { (words::percent(score.baseline_majority, 1)) }
        }
    }
}

/// What may be left out: rows of a table, otherwise files.
pub fn skipped_noun(report: &Report) -> Noun {
    if report.is_table() { Noun::ROW } else { Noun { one: "file", many: "files" } }
}

/// Files or rows that were left out.
pub fn skipped(report: &Report) -> Markup {
    let (all, noun) = (&report.skipped, skipped_noun(report));
    let listed = &all[..all.len().min(SKIPPED)];
    let title = format!("Skipped {}", noun.many);
    let table = html! {
        table {
            caption {
                @if listed.len() < all.len() {
                    "The first " (grouped(listed.len())) " of " (grouped(all.len()))
                    " skipped " (noun.many)
                }
                @else { (title) }
            }
            (heads(&[if report.is_table() { "Where" } else { "File" }, "Reason"], &[]))
            tbody { @for (path, reason) in listed { tr { th.file scope="row" { (path) } td { (reason) } } } }
        }
    };
    html! {
        section #skipped {
            h2 { (title) }
            @if all.is_empty() { p.lead { "None: every " (noun.one) " could be used." } }
            @else {
                p.lead {
                    (noun.count(all.len())) @if all.len() == 1 { " was" } @else { " were" } " left out."
                }
                (wrapped(&title, listed.len(), table))
            }
        }
    }
}

/// Every epoch with its numbers and the hash of its weights. The curves read their values out of this table.
pub fn epochs(report: &Report) -> Markup {
    let rows = charts::shown_epochs(report);
    html! {
        section #epochs {
            h2 { "Every epoch" }
            p.lead {
                "The hash stands for all weights after the epoch. A run with the same configuration and "
                (report.noun.many) " has the same hashes, on any number of threads."
            }
            @if rows.is_empty() { p.note { "The run ended before its first epoch was over." } }
            @else {
                details {
                    summary { "The numbers behind the curves, and the hashes" }
                    div.scroll tabindex="0" role="region" aria-label="Every epoch" {
                        table {
                            caption {
                                @if rows.len() < report.epochs.len() {
                                    (grouped(rows.len())) " of " (grouped(report.epochs.len())) " epochs, evenly spaced"
                                }
                                @else { "Epochs" }
                            }
                            thead {
                                tr {
                                    @for name in ["Epoch", "Training loss", "Validation loss", "Accuracy", "Learning rate", "Time"] {
                                        th.n scope="col" { (name) }
                                    }
                                    th scope="col" { "Hash of the weights" }
                                }
                            }
                            tbody { @for row in rows {
                                tr.best[Some(row.epoch) == report.best_epoch] {
                                    th.n scope="row" { (row.epoch) @if Some(row.epoch) == report.best_epoch { " (best)" } }
                                    td.n { (words::loss(row.train_loss)) }
                                    td.n { (words::loss(row.validation_loss)) }
                                    td.n { (words::percent(row.validation_accuracy, 1)) }
                                    td.n { (words::rate(row.learning_rate)) }
                                    td.n { (words::seconds(row.seconds)) }
                                    td { code { (row.theta_hash) } }
                                }
                            } }
                        }
                    }
                }
            }
        }
    }
}
