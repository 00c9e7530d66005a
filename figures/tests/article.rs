//! Every figure of the article: in the table, drawn, readable, the same each time.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use gradus_figures::article::{Effort, FIGURES};

/// What a quick look computes.
fn quick(threads: usize) -> Effort {
    Effort { share: 0.05, ..Effort::full(threads) }
}

#[test]
fn every_file_is_a_row_and_every_row_a_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/article");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_string())
        .filter(|stem| stem != "mod")
        .collect();
    let rows: BTreeSet<String> = FIGURES.iter().map(|f| f.name.to_string()).collect();
    assert_eq!(files, rows);
    assert_eq!(rows.len(), FIGURES.len(), "two figures of one name");
    assert!(FIGURES.iter().all(|f| f.about.len() > 10));
}

#[test]
fn every_figure_is_drawn_and_readable() {
    for figure in FIGURES {
        let chart = (figure.draw)(&quick(2)).unwrap();
        common::check(&*chart, figure.name);
        assert!(
            !chart.title().is_empty() && !chart.note().is_empty(),
            "{} does not say what is seen",
            figure.name
        );
    }
}

/// Measured times differ from run to run; all else is the same on any number of threads.
#[test]
fn every_figure_is_the_same_each_time_and_on_any_number_of_threads() {
    for figure in FIGURES.iter().filter(|f| !f.is_measured) {
        let [one, again, two] = [1, 1, 2].map(|threads| (figure.draw)(&quick(threads)).unwrap());
        assert!(one.svg() == again.svg() && one.svg() == two.svg(), "{}: the SVG differs", figure.name);
        assert!(one.png().unwrap() == two.png().unwrap(), "{}: the PNG differs", figure.name);
    }
}
