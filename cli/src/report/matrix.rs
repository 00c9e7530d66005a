//! The confusion matrix, whose cells open the examples behind them, and the wall of mistakes.

use gradus::numerals::grouped;
use std::collections::{BTreeMap, HashMap};

use maud::{Markup, html};

use super::{Example, PartScore, Report, tables, words};

/// Examples shown behind one cell, at most.
pub const PER_CELL: usize = 24;
/// Examples shown behind all cells together, at most.
pub const IN_ALL: usize = 96;
/// Examples on the wall of mistakes, at most.
pub const WALL: usize = 12;
/// With more classes than this the matrix becomes a list of its largest mistakes.
pub const CLASSES: usize = 12;
/// Up to so many classes there is room for the examples beside the matrix.
const ASIDE: usize = 3;
/// Length of that list, at most.
pub const MISTAKES: usize = 30;

/// A cell of the matrix: true class, predicted class.
type Cell = (usize, usize);

/// Positions in `examples` of those that the page shows: only these need a thumbnail, or a row its words.
///
/// The most confident of each cell, at most 24 a cell and 96 in all; every cell gets its first before any gets
/// its second. The 12 most confident mistakes are among them or follow them.
///
/// ```text
/// for i in report::shown(&examples) { examples[i].thumbnail = Some(small_picture_of(i)); }
/// ```
pub fn shown(examples: &[Example]) -> Vec<usize> {
    let mut positions = in_cells(examples);
    for i in worst(examples) {
        if !positions.contains(&i) {
            positions.push(i);
        }
    }
    positions
}

/// Positions from the most confident answer to the least.
fn by_confidence(examples: &[Example]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let sure = |&i: &usize| if examples[i].probability.is_nan() { -1.0 } else { examples[i].probability };
    order.sort_by(|a, b| sure(b).total_cmp(&sure(a)));
    order
}

/// The examples behind the cells.
fn in_cells(examples: &[Example]) -> Vec<usize> {
    let mut ranks: HashMap<Cell, usize> = HashMap::new();
    let mut candidates = Vec::new();
    for i in by_confidence(examples) {
        let rank = ranks.entry((examples[i].true_class, examples[i].predicted)).or_default();
        if *rank < PER_CELL {
            candidates.push((*rank, !examples[i].is_mistake(), i));
        }
        *rank += 1;
    }
    candidates.sort_by_key(|&(rank, is_right, _)| (rank, is_right));
    candidates.into_iter().take(IN_ALL).map(|(_, _, i)| i).collect()
}

/// The most confident mistakes.
fn worst(examples: &[Example]) -> Vec<usize> {
    by_confidence(examples).into_iter().filter(|&i| examples[i].is_mistake()).take(WALL).collect()
}

/// The section of the matrix.
pub fn section(report: &Report) -> Markup {
    let Some(score) = report.main_score() else {
        return html! { section #matrix { h2 { "Right and wrong" } p.lead { "No part of the data was scored." } } };
    };
    let mut cells: BTreeMap<Cell, Vec<&Example>> = BTreeMap::new();
    for i in in_cells(&report.examples) {
        let example = &report.examples[i];
        cells.entry((example.true_class, example.predicted)).or_default().push(example);
    }
    let has_matrix = report.classes.len() <= CLASSES;
    html! {
        section #matrix {
            h2 { "Right and wrong" }
            p.lead {
                "What the " (report.noun.count(score.total())) " of the " (score.part) " part are, and what the "
                "network called them."
                @if !cells.is_empty() { " Choose a number to see its " (report.noun.many) "." }
            }
            div.aside.tall[report.classes.len() > ASIDE] {
                @if has_matrix { (matrix(report, score, |cell| cells.contains_key(&cell))) }
                @else { (list(report, score, |cell| cells.contains_key(&cell))) }
                (panels(report, score, &cells))
            }
        }
    }
}

/// Name of a cell in the address of its examples.
fn id((truth, predicted): Cell) -> String {
    format!("cell-{truth}-{predicted}")
}

/// The matrix: a row for each true class, a column for each answer. Also used for the parts without examples.
pub fn matrix(report: &Report, score: &PartScore, has_examples: impl Fn(Cell) -> bool) -> Markup {
    let classes = 0..report.classes.len();
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Confusion matrix, " (score.part) } {
            table.matrix.many[report.classes.len() > ASIDE] {
                caption { span { "Down: what it is. Across: what the network called it." } }
                thead {
                    tr {
                        td {}
                        @for p in classes.clone() { th scope="col" { small { "called" } " " (report.class(p)) } }
                    }
                }
                tbody {
                    @for t in classes.clone() {
                        tr {
                            th scope="row" { small { "is" } " " (report.class(t)) }
                            @for p in classes.clone() {
                                @let share = score.count(t, p) as f64 / score.row_total(t).max(1) as f64;
                                @let tone = format!("--tone:{:.3}", share.sqrt());
                                td.right[t == p].wrong[t != p].zero[share == 0.0] style=(tone) {
                                    (number(report, score, (t, p), has_examples((t, p))))
                                    @if share > 0.0 { " " small { (words::percent(share, 1)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A count, as a link where there are examples behind it.
fn number(report: &Report, score: &PartScore, cell: Cell, has_examples: bool) -> Markup {
    let n = score.count(cell.0, cell.1);
    let text = format!("{}: show them", sentence(report, cell, n));
    html! {
        @if has_examples { a href={ "#" (id(cell)) } aria-label=(text) { (grouped(n)) } }
        @else { span.n { (grouped(n)) } }
    }
}

/// What a cell counts.
fn sentence(report: &Report, (truth, predicted): Cell, n: usize) -> String {
    let verb = if truth == predicted { "rightly called" } else { "called" };
    format!("{} of ‘{}’ {verb} ‘{}’", report.noun.count(n), report.class(truth), report.class(predicted))
}

/// The largest mistakes, where the matrix would be too large to read.
fn list(report: &Report, score: &PartScore, has_examples: impl Fn(Cell) -> bool) -> Markup {
    let mut mistakes: Vec<(usize, Cell)> = Vec::new();
    for (t, row) in score.confusion.iter().enumerate() {
        mistakes.extend(row.iter().enumerate().filter(|&(p, &n)| p != t && n > 0).map(|(p, &n)| (n, (t, p))));
    }
    mistakes.sort_by_key(|&(n, cell)| (std::cmp::Reverse(n), cell));
    let kinds = mistakes.len();
    mistakes.truncate(MISTAKES);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Most frequent mistakes" {
            table {
                caption {
                    "The " (mistakes.len()) " most frequent of " (grouped(kinds)) " kinds of mistake among "
                    (grouped(report.classes.len())) " classes."
                }
                (tables::heads(&["It is", "It was called"], &[&report.noun.head(), "Share of the class"]))
                tbody {
                    @for &(n, (t, p)) in &mistakes {
                        tr {
                            th scope="row" { (report.class(t)) }
                            td { (report.class(p)) }
                            td.n { (number(report, score, (t, p), has_examples((t, p)))) }
                            td.n { (words::percent(n as f64 / score.row_total(t).max(1) as f64, 1)) }
                        }
                    }
                }
            }
        }
    }
}

/// The examples behind the cells, one group a cell, the most frequent mistakes first; the first is open.
fn panels(report: &Report, score: &PartScore, cells: &BTreeMap<Cell, Vec<&Example>>) -> Markup {
    let mut order: Vec<(&Cell, &Vec<&Example>)> = cells.iter().collect();
    order.sort_by_key(|(cell, _)| (cell.0 == cell.1, std::cmp::Reverse(score.count(cell.0, cell.1))));
    html! {
        div.panels {
            @if order.is_empty() {
                p.note { "No single answers were recorded, so there are no " (report.noun.many) " to show." }
            }
            @for (i, (cell, examples)) in order.into_iter().enumerate() {
                @let n = score.count(cell.0, cell.1).max(examples.len());
                details name="cell" open[i == 0] class=(if cell.0 == cell.1 { "right" } else { "wrong" }) {
                    @let title = sentence(report, *cell, n);
                    summary { (title) }
                    div id=(id(*cell)) {
                        p.note {
                            @if examples.len() < n { "The " (examples.len()) " most confident of " (grouped(n)) "." }
                            @else if n == 1 { "The only one." }
                            @else { "All " (grouped(n)) ", the most confident first." }
                        }
                        @if report.is_table() { (rows(&title, examples)) }
                        @else { ul.tiles { @for example in examples { li { (picture(report, example)) } } } }
                    }
                }
            }
        }
    }
}

/// Rows of a table in words, with how sure the network was.
fn rows(title: &str, examples: &[&Example]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(title) {
            ul.rows {
                @for example in examples {
                    li {
                        p { span.file { (example.path) } ", " span.sure { (sure(example)) } }
                        (about(example))
                    }
                }
            }
        }
    }
}

/// How sure the network was.
fn sure(example: &Example) -> String {
    words::percent(example.probability, 1) + " sure"
}

/// What is in a row.
fn about(example: &Example) -> Markup {
    html! { @if !example.about.is_empty() { p.about { (example.about) } } }
}

/// A picture with its file name and how sure the network was.
fn picture(report: &Report, example: &Example) -> Markup {
    html! {
        (image(report, example))
        span.sure { (words::percent(example.probability, 1)) }
        span.file title=(example.path) { (words::file_name(&example.path)) }
    }
}

/// The thumbnail, or a word in its place.
fn image(report: &Report, example: &Example) -> Markup {
    let text = words::answer(report, example);
    html! {
        @match example.thumbnail.as_ref().and_then(|thumbnail| thumbnail.data_uri()) {
            Some((uri, width, height)) => img src=(uri) width=(width) height=(height) alt=(text) title=(text);,
            None => span.blank title=(text) { "no picture" },
        }
    }
}

/// The wall: what the network was surest of, and wrong.
pub fn mistakes(report: &Report) -> Markup {
    let all = report.examples.iter().filter(|example| example.is_mistake()).count();
    let worst = worst(&report.examples);
    html! {
        section #mistakes {
            h2 { "Most confident mistakes" }
            p.lead {
                @if report.examples.is_empty() { "No single answers were recorded in this run." }
                @else if all == 0 { "There are none: every answer was right." }
                @else if all == 1 { "The only one." }
                @else {
                    @if worst.len() < all {
                        "The " (worst.len()) " of " (grouped(all)) " mistakes that the network was surest of."
                    }
                    @else { "All " (grouped(all)) " mistakes, the surest first." }
                    " Look for wrong labels here first."
                }
            }
            @if !worst.is_empty() { ul.wall.rows[report.is_table()] {
                @for example in worst.iter().map(|&i| &report.examples[i]) {
                    li {
                        @if !report.is_table() { (image(report, example)) }
                        div {
                            p {
                                "Is " strong { (report.class(example.true_class)) }
                                ", called " strong.wrong { (report.class(example.predicted)) }
                            }
                            p.sure { (sure(example)) }
                            p.file { (example.path) }
                            (about(example))
                        }
                    }
                }
            }
            }
        }
    }
}
