//! The report of a finished run: one HTML file that opens from disk and says how good the network is.
//!
//! Everything is inside the file (style, charts, thumbnails); it asks the network for nothing and every number
//! is readable without script. [`Report`] is plain data: whoever trained fills it, [`Report::to_html`] shows it.

mod charts;
mod matrix;
mod reliability;
mod scale;
mod tables;
#[cfg(test)]
mod tests;
mod thumbnail;
mod values;
mod words;

use gradus::train::Fit;
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub use matrix::shown;
pub use thumbnail::Thumbnail;
pub use values::{Said, Values, worst};
pub use words::rate;

use crate::noun::Noun;

/// A content security policy under which the page cannot reach outside itself, whatever a file name says.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// Everything the page shows.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What the run was about, for example `cats and dogs`.
    pub title: String,
    /// Names of the classes; their order is that of every class number below.
    pub classes: Vec<String>,
    /// The network in one line, for example `conv(16) relu pool conv(32) relu pool dense(2)`.
    pub network: String,
    /// The layers as a text table: name, shape, weights.
    pub summary: String,
    /// The complete configuration that repeats the run.
    pub config_toml: String,
    /// One row an epoch, in order; empty when the run ended before the first was over.
    pub epochs: Vec<EpochRow>,
    /// The epoch whose weights were kept, by its number in [`EpochRow::epoch`].
    pub best_epoch: Option<usize>,
    /// Why the training ended, as a sentence.
    pub stopped: String,
    /// Scores of each part of the data. The page speaks of `test` where there is one, otherwise of the first.
    pub scores: Vec<PartScore>,
    /// Single answers of the part that the page speaks of: ideally all of them, in any order.
    pub examples: Vec<Example>,
    /// Files or rows that were left out, each with the reason.
    pub skipped: Vec<(String, String)>,
    /// The data in one line: how many examples, how they were split.
    pub data_line: String,
    /// What to make of it, in a sentence or two.
    pub verdict: Option<String>,
    /// What the examples are called.
    pub noun: Noun,
    /// What was said, where the network says numbers: then there are no classes, and no examples.
    pub values: Option<Values>,
}

/// One epoch. Numbers that do not exist or are not finite are shown as such and break the curve.
#[derive(Clone, Debug, Default)]
pub struct EpochRow {
    /// Number of the epoch.
    pub epoch: usize,
    /// Mean loss on the training examples.
    pub train_loss: f64,
    /// Mean loss on the validation examples.
    pub validation_loss: f64,
    /// Share of the validation examples named rightly, 0 to 1.
    pub validation_accuracy: f64,
    /// The learning rate of the epoch's last step.
    pub learning_rate: f64,
    /// Time taken, in seconds.
    pub seconds: f64,
    /// Hash of all weights after the epoch: equal hashes mean equal weights, bit for bit.
    pub theta_hash: String,
}

/// The scores of one part of the data. Shares are 0 to 1.
#[derive(Clone, Debug, Default)]
pub struct PartScore {
    /// `validation` or `test`.
    pub part: String,
    /// Mean loss.
    pub loss: f64,
    /// Share named rightly.
    pub accuracy: f64,
    /// Lower end of the 95 % Wilson interval of the accuracy.
    pub accuracy_low: f64,
    /// Upper end of the 95 % Wilson interval of the accuracy.
    pub accuracy_high: f64,
    /// Area under the ROC curve, with two classes.
    pub auc: Option<f64>,
    /// Number of examples by `[true class][predicted class]`.
    pub confusion: Vec<Vec<usize>>,
    /// One row a class.
    pub per_class: Vec<ClassRow>,
    /// Accuracy of always giving the most frequent class.
    pub baseline_majority: f64,
    /// Where numbers are said: how far off they are. The baselines are roots of the mean squared error then.
    pub fit: Option<Fit>,
    /// Accuracy of a linear model on the same input, where one was trained.
    pub baseline_linear: Option<f64>,
}

impl PartScore {
    /// Number of examples in the part.
    fn total(&self) -> usize {
        self.confusion.iter().flatten().sum()
    }

    /// Number of examples of class `truth` that were called `predicted`.
    fn count(&self, truth: usize, predicted: usize) -> usize {
        self.confusion.get(truth).and_then(|row| row.get(predicted)).copied().unwrap_or(0)
    }

    /// Number of examples of class `truth`.
    fn row_total(&self, truth: usize) -> usize {
        self.confusion.get(truth).map_or(0, |row| row.iter().sum())
    }
}

/// The scores of one class; `None` where the measure is undefined (nothing was called so, or there was none).
#[derive(Clone, Debug, Default)]
pub struct ClassRow {
    /// Name of the class.
    pub name: String,
    /// Of those called so, the share that is so.
    pub precision: Option<f64>,
    /// Of those that are so, the share called so.
    pub recall: Option<f64>,
    /// Harmonic mean of precision and recall.
    pub f1: Option<f64>,
    /// How many there are.
    pub support: usize,
}

/// One answer of the network.
#[derive(Clone, Debug, Default)]
pub struct Example {
    /// The file or the line of the table, as the reader would find it.
    pub path: String,
    /// Its class.
    pub true_class: usize,
    /// The class the network gave.
    pub predicted: usize,
    /// The probability the network gave to that answer, 0 to 1.
    pub probability: f64,
    /// The picture, small. Only those that [`shown`] names are used.
    pub thumbnail: Option<Thumbnail>,
    /// A row of a table in words: its columns and values. Only those that [`shown`] names are used.
    pub about: String,
}

impl Example {
    /// Whether the answer is wrong.
    fn is_mistake(&self) -> bool {
        self.true_class != self.predicted
    }
}

impl Report {
    /// The whole page.
    pub fn to_html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " – training report" }
                    style { (PreEscaped(include_str!("style.css"))) }
                }
                body {
                    (self.head())
                    main {
                        (charts::curves(self))
                        @if let Some(values) = &self.values {
                            (values::section(self, values))
                            (values::scores(self))
                        } @else {
                            (matrix::section(self))
                            (matrix::mistakes(self))
                            (tables::per_class(self))
                            (reliability::section(self))
                            (tables::scores(self))
                        }
                        (self.repeat())
                        (tables::skipped(self))
                        (tables::epochs(self))
                    }
                    footer { p { "Written by gradus. This file holds everything it shows and loads nothing." } }
                    script { (PreEscaped(include_str!("script.js"))) }
                }
            }
        };
        // HTML forbids control characters; a file name may hold them.
        let is_forbidden = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        page.into_string().replace(is_forbidden, "\u{fffd}")
    }

    /// The part the page speaks of.
    fn main_score(&self) -> Option<&PartScore> {
        self.scores.iter().find(|score| score.part == "test").or(self.scores.first())
    }

    /// Name of a class, also of one that is not in the list.
    fn class(&self, index: usize) -> String {
        self.classes.get(index).cloned().unwrap_or_else(|| format!("class {index}"))
    }

    /// Whether the examples are rows of a table, which have no thumbnail.
    fn is_table(&self) -> bool {
        self.noun == Noun::ROW
    }

    /// Whether there is such a section: numbers have others than classes.
    fn has(&self, section: &str) -> bool {
        match section {
            "values" => self.values.is_some(),
            "matrix" | "mistakes" | "classes" | "reliability" => self.values.is_none(),
            _ => true,
        }
    }

    /// Title, headline, what it is to be measured against, and the way to the sections.
    fn head(&self) -> Markup {
        let skipped = format!("Skipped {}", tables::skipped_noun(self).many);
        html! {
            header {
                p.kicker { (self.title) }
                h1 { (words::headline(self)) }
                @if let Some(verdict) = &self.verdict { p.verdict { (verdict) } }
                @if let Some(score) = self.main_score() {
                    @match &score.fit {
                        Some(fit) => (values::comparison(self, score, fit)),
                        None => (charts::comparison(self, score)),
                    }
                }
                dl.facts {
                    @for (name, fact) in [("Network", &self.network), ("Data", &self.data_line), ("End", &self.stopped)] {
                        @if !fact.is_empty() { div { dt { (name) } dd { (fact) } } }
                    }
                }
                nav aria-label="Sections" {
                    @for (id, name) in [
                        ("curves", "Learning curves"), ("values", "Said and right"), ("matrix", "Right and wrong"),
                        ("mistakes", "Most confident mistakes"),
                        ("classes", "Each class"), ("reliability", "Reliability"), ("scores", "All scores"),
                        ("repeat", "Configuration"), ("skipped", &skipped), ("epochs", "Every epoch"),
                    ].into_iter().filter(|(id, _)| self.has(id)) { a href={ "#" (id) } { (name) } " " }
                }
            }
        }
    }

    /// Configuration and network: what it takes to train the same again.
    fn repeat(&self) -> Markup {
        html! {
            section #repeat {
                h2 { "Configuration and network" }
                p.lead {
                    "With this configuration and the same " (self.noun.many) ", the run repeats itself bit "
                    "for bit."
                }
                div.pair {
                    (listing("Configuration", "configuration", &self.config_toml))
                    (listing("Layers of the network", "layers", &self.summary))
                }
            }
        }
    }
}

/// A block of text in a fixed-width font that can be scrolled by keyboard.
fn listing(title: &str, id: &str, text: &str) -> Markup {
    html! {
        div {
            h3 id=(id) { (title) }
            pre tabindex="0" role="region" aria-labelledby=(id) { code { (text) } }
        }
    }
}
