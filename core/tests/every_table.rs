//! Every table against its folder: each member has its file, its row, its formula in the file's doc comment.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gradus::activations::ACTIVATIONS;
use gradus::augmentations::{self, AUGMENTATIONS, Augment};
use gradus::evolution::genetic::{crossovers::CROSSOVERS, mutations::MUTATIONS, selections::SELECTIONS};
use gradus::functions::{self, FUNCTIONS, bbob::BBOB};
use gradus::initializers::INITIALIZERS;
use gradus::layers::LAYERS;
use gradus::layout::Layout;
use gradus::losses::{LOSSES, Loss};
use gradus::optimizer::Setup;
use gradus::optimizers::{Choice, Family, OPTIMIZERS};
use gradus::schedules::SCHEDULES;
use gradus::threads::Threads;
use gradus::words::{Parameter, Values};
use gradus::wrappers::WRAPPERS;

/// A table: the folder it is in, and of each row its name, formula, texts and parameters.
struct Table {
    folder: &'static str,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    formula: &'static str,
    about: &'static str,
    paper: &'static str,
    parameters: &'static [Parameter],
}

macro_rules! rows {
    ($table:ident) => {
        rows!($table, |_| &[])
    };
    ($table:ident, $parameters:expr) => {
        $table
            .iter()
            .map(|e| Row {
                name: e.name,
                formula: e.formula,
                about: e.about,
                paper: e.paper,
                parameters: ($parameters)(e),
            })
            .collect()
    };
}

fn tables() -> Vec<Table> {
    let (evolution, rules): (Vec<_>, Vec<_>) = OPTIMIZERS.iter().partition(|e| e.family == Family::Evolution);
    vec![
        Table { folder: "optimizers", rows: rules.into_iter().flat_map(dialects).collect() },
        Table { folder: "evolution", rows: evolution.into_iter().flat_map(dialects).collect() },
        Table { folder: "evolution/genetic/selections", rows: rows!(SELECTIONS) },
        Table { folder: "evolution/genetic/crossovers", rows: rows!(CROSSOVERS) },
        Table { folder: "evolution/genetic/mutations", rows: rows!(MUTATIONS) },
        Table { folder: "wrappers", rows: rows!(WRAPPERS, |e: &gradus::wrappers::Entry| e.parameters) },
        Table { folder: "losses", rows: rows!(LOSSES, |e: &gradus::losses::Entry| e.parameters) },
        Table { folder: "activations", rows: rows!(ACTIVATIONS) },
        Table { folder: "layers", rows: rows!(LAYERS) },
        Table { folder: "schedules", rows: rows!(SCHEDULES, |e: &gradus::schedules::Entry| e.parameters) },
        Table {
            folder: "augmentations",
            rows: rows!(AUGMENTATIONS, |e: &augmentations::Entry| e.parameters),
        },
        Table { folder: "functions", rows: rows!(FUNCTIONS, |e: &functions::Entry| e.parameters) },
        Table { folder: "functions/bbob", rows: rows!(BBOB, |e: &functions::Entry| e.parameters) },
    ]
}

/// An optimizer is a row for each way it is written.
fn dialects(entry: &'static gradus::optimizers::Entry) -> impl Iterator<Item = Row> {
    let (name, about, paper) = (entry.name, entry.about, entry.paper);
    entry.dialects.iter().map(move |d| Row {
        name,
        formula: d.formula,
        about,
        paper,
        parameters: d.parameters,
    })
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name)
}

/// The members of a folder, by file name without `.rs`, and their text; a member may be a folder itself.
fn files(name: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, String)> = entries
        .filter(|path| {
            let own =
                path.is_dir().then(|| format!("{name}/{}", path.file_name().unwrap().to_str().unwrap()));
            own.is_none_or(|own| !tables().iter().any(|table| table.folder == own))
        })
        .map(|path| {
            if path.is_dir() {
                let text = std::fs::read_to_string(path.join("mod.rs")).unwrap();
                return (path.file_name().unwrap().to_str().unwrap().into(), text);
            }
            assert_eq!(path.extension().unwrap(), "rs", "{path:?} is no member");
            (path.file_stem().unwrap().to_str().unwrap().into(), std::fs::read_to_string(&path).unwrap())
        })
        .filter(|(stem, _)| stem != "mod")
        .collect();
    files.sort();
    assert!(files.len() > 1);
    files
}

fn module(name: &str) -> String {
    std::fs::read_to_string(folder(name).join("mod.rs")).unwrap()
}

/// What all members of a kind share: no member itself.
fn is_shared(stem: &str) -> bool {
    const SHARED: &[&str] = &[
        "pointwise",
        "formula",
        "problem",
        "written",
        "instance",
        "transform",
        "course",
        "made",
        "maker",
        "origin",
        "draws",
        "flock",
        "ranking",
        "spread",
        "time",
        "cma",
        "eigen",
        "nes",
        "rates",
        "restarts",
        "stops",
        "vectors",
        "estimate",
        "reading",
        "picture",
        "views",
    ];
    SHARED.contains(&stem)
}

/// The name that the row of a file gives: a constant of its own, or the first text of the row.
fn name_of_row(text: &str) -> Option<&str> {
    let (_, row) = text.split_once("const ROW")?;
    let rest = text.split_once("const NAME: &'static str = ").map_or(row, |(_, rest)| rest);
    rest.split('"').nth(1)
}

/// The one file that has the row of that name.
fn file_of(table: &Table, name: &str) -> (String, String) {
    let mut found = files(table.folder);
    found.retain(|(_, text)| name_of_row(text) == Some(name));
    assert_eq!(found.len(), 1, "`{name}` is the row of {} files in {}", found.len(), table.folder);
    found.remove(0)
}

/// The doc comments of a file, without white space.
fn docs(text: &str) -> String {
    let lines = text
        .lines()
        .map(str::trim_start)
        .filter_map(|line| line.strip_prefix("///").or_else(|| line.strip_prefix("//!")));
    lines.collect::<Vec<_>>().join("\n").chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn every_file_of_a_kind_has_one_row_and_every_row_one_file() {
    for table in tables() {
        // Evolution's rows stand among those of the other optimizers.
        let also = if table.folder == "evolution" { module("optimizers") } else { String::new() };
        let text = module(table.folder) + &also;
        let mut owners = BTreeSet::new();
        for row in &table.rows {
            let (stem, _) = file_of(&table, row.name);
            owners.insert(stem.clone());
        }
        for (stem, _) in files(table.folder) {
            assert!(text.contains(&format!("mod {stem};")), "{}/{stem}.rs has no `mod` line", table.folder);
            if !is_shared(&stem) {
                assert!(owners.contains(&stem), "{}/{stem}.rs has no row in the table", table.folder);
                assert!(
                    text.contains(&format!("{stem}::ROW")),
                    "{}/{stem}.rs is not in its table",
                    table.folder
                );
            }
        }
    }
}

#[test]
fn every_formula_stands_in_the_doc_comment_of_its_file() {
    for table in tables() {
        for row in &table.rows {
            let (stem, text) = file_of(&table, row.name);
            let docs = docs(&text);
            for line in row.formula.lines().flat_map(|line| line.split(",  ")) {
                let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
                // A doc comment may write a step in between: ℓ = one form = another form.
                let end = &line[line.find(['=', '←', '~']).expect("a formula says what equals what")..];
                assert!(docs.contains(end), "{}/{stem}.rs: its docs do not say `{line}`", table.folder);
            }
        }
    }
}

#[test]
fn every_op_has_its_file_its_lines_and_its_name() {
    let text = module("ops");
    for (stem, file) in files("ops") {
        assert!(text.contains(&format!("mod {stem};")), "ops/{stem}.rs has no `mod` line");
        assert!(text.contains(&format!("pub use {stem}::")), "ops/{stem}.rs is not to be had");
        assert!(
            file.starts_with("//!") && file.contains("```text"),
            "ops/{stem}.rs does not open with its formula"
        );
        assert!(file.contains(&format!("\"{stem}\"")), "the op of ops/{stem}.rs is not called `{stem}`");
        let tests = [
            include_str!("every_op/dense.rs"),
            include_str!("every_op/draws.rs"),
            include_str!("every_op/pictures.rs"),
            include_str!("every_op/values.rs"),
            include_str!("every_norm.rs"),
        ];
        assert!(
            tests.iter().any(|tests| tests.contains(&format!("fn {stem}_follows_its"))),
            "`{stem}` has no reference in tests/every_op/ or tests/every_norm.rs"
        );
    }
    assert_eq!(text.matches("\nmod ").count(), files("ops").len(), "a `mod` line without a file");
}

#[test]
fn every_file_of_tests_is_run() {
    let listed = include_str!("main.rs");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if !["main", "no_allocation", "fixtures"].contains(&stem) {
            assert!(listed.contains(&format!("\nmod {stem};")), "tests/main.rs has no `mod {stem};`");
        }
    }
}

#[test]
fn every_name_is_unique_lower_snake_case() {
    let mut kinds: Vec<(&str, Vec<&str>)> =
        tables().iter().map(|t| (t.folder, t.rows.iter().map(|r| r.name).collect())).collect();
    // A line begins with the name of an optimizer or of a wrapper.
    kinds[0].1 = OPTIMIZERS.iter().map(|e| e.name).chain(WRAPPERS.iter().map(|w| w.name)).collect();
    kinds.push(("initializers", INITIALIZERS.iter().map(|e| e.name).collect()));
    for table in tables() {
        for row in table.rows {
            kinds.push((row.name, row.parameters.iter().map(|p| p.name).collect()));
        }
    }
    for (kind, names) in kinds {
        let unique: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len(), "{kind}: two of one name");
        for name in names {
            let fits = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            assert!(fits, "{kind}: `{name}` is not lower snake case");
        }
    }
}

#[test]
fn every_row_says_what_it_is_for() {
    for table in tables() {
        for row in &table.rows {
            assert!(row.about.len() > 5, "{} does not say what it is for", row.name);
            let plain = ["identity"].contains(&row.name);
            assert!(plain || row.paper.chars().any(|c| c.is_ascii_digit()), "{} names no paper", row.name);
            for p in row.parameters {
                assert!(!p.about.is_empty() && !p.symbol.is_empty(), "{} {}", row.name, p.name);
                let (stem, mut text) = file_of(&table, row.name);
                if table.folder.starts_with("functions") {
                    text += &module(table.folder); // D and the instance mean the same everywhere
                }
                assert!(docs(&text).contains(p.symbol), "{stem}.rs: its docs do not speak of {}", p.symbol);
            }
        }
    }
}

#[test]
fn every_time_of_a_schedule_says_what_it_is_and_has_a_default_that_can_be_read() {
    let table = tables().into_iter().find(|t| t.folder == "schedules").unwrap();
    for entry in SCHEDULES {
        let choice = gradus::schedules::Choice::parse(entry.name).unwrap();
        let Some(times) = &entry.times else { continue };
        assert!(choice.line().contains(times.default), "{}: {}", entry.name, choice.line());
        assert!(!times.about.is_empty() && docs(&file_of(&table, entry.name).1).contains(times.symbol));
    }
}

#[test]
fn every_default_lies_in_its_own_range_and_build_reads_only_what_is_declared() {
    let (threads, layout) = (Threads::new(1), Layout::of(3));
    for entry in OPTIMIZERS {
        for dialect in entry.dialects {
            let name = format!("{}@{}", entry.name, dialect.name);
            Choice::parse(&name).unwrap().build(&Setup::new(&layout, &threads));
            assert!(dialect.learning_rate > 0.0 && dialect.learning_rate <= 1.0);
            for p in dialect.parameters {
                let line = format!("{name} {}={}", p.name, p.written(p.default));
                assert!(Choice::parse(&line).is_ok(), "{line}: the default is outside {}", p.range());
            }
        }
    }
    for entry in functions::all() {
        (entry.build)(&Values::defaults(entry.parameters));
        for p in entry.parameters {
            let line = format!("{} {}={}", entry.name, p.name, p.default);
            let read = functions::Choice::parse(&line);
            assert!(read.is_ok(), "{line}: the default is outside {}", p.range());
        }
    }
    for entry in WRAPPERS {
        Choice::parse(entry.name).unwrap().build(&Setup::new(&layout, &threads));
        for p in entry.parameters {
            let line = format!("{} {}={}", entry.name, p.name, p.written(p.default));
            assert!(Choice::parse(&line).is_ok(), "{line}: the default is outside {}", p.range());
        }
    }
    for entry in AUGMENTATIONS {
        (entry.build)(&Values::defaults(entry.parameters));
        for p in entry.parameters {
            let line = format!("{} {}={}", entry.name, p.name, p.written(p.default));
            assert!(Augment::parse(&line).is_ok(), "{line}: the default is outside {}", p.range());
        }
    }
    for entry in LOSSES {
        let op = (entry.build)(&Values::defaults(entry.parameters));
        assert_eq!(op.name(), entry.name, "the op has the name of its row");
        for p in entry.parameters {
            let line = format!("{} {}={}", entry.name, p.name, p.default);
            assert!(Loss::parse(&line).is_ok(), "{line}: the default is outside {}", p.range());
        }
    }
}
