//! `gradus list`: the tables of the library, as text.

use std::process::ExitCode;

use anyhow::{Result, bail};
use gradus::activations::ACTIVATIONS;
use gradus::augmentations::AUGMENTATIONS;
use gradus::error::did_you_mean;
use gradus::functions::{self, Choice};
use gradus::gradients::Way;
use gradus::initializers::INITIALIZERS;
use gradus::layers::LAYERS;
use gradus::losses::LOSSES;
use gradus::presets::PRESETS;
use gradus::schedules::SCHEDULES;
use gradus::words::Parameter;
use gradus::wrappers::WRAPPERS;
use gradus_figures::article::FIGURES;

use crate::args::ListArgs;
use crate::console::print;
use crate::list_optimizers;

/// One row of any table, in words.
struct Row {
    name: &'static str,
    /// How it is written, if more than its name.
    form: String,
    about: &'static str,
    formula: &'static str,
    paper: &'static str,
    notes: Vec<String>,
}

type Table = (&'static str, fn() -> Vec<Row>);

/// The table that is shown in its own way.
const OPTIMIZERS: &str = "optimizers";

const TABLES: &[Table] = &[
    ("layers", layers),
    ("presets", presets),
    ("activations", activations),
    ("losses", losses),
    ("augmentations", augmentations),
    ("wrappers", wrappers),
    ("schedules", schedules),
    ("initializers", initializers),
    ("gradients", gradients),
    ("functions", functions),
    ("figures", figures),
];

/// Prints all names, one table, or one row in full.
pub fn list(args: &ListArgs) -> Result<ExitCode> {
    let Some(kind) = &args.kind else {
        for (kind, rows) in TABLES {
            let names: Vec<&str> = rows().iter().map(|r| r.name).collect();
            print(&format!("{kind:<13}{}", names.join(", ")));
        }
        print(&format!("{OPTIMIZERS:<13}{}", list_optimizers::names().join(", ")));
        print("\ngradus list KIND prints one table, gradus list KIND NAME one member in full");
        return Ok(ExitCode::SUCCESS);
    };
    if kind == OPTIMIZERS {
        match &args.name {
            None => list_optimizers::all(),
            Some(name) => list_optimizers::one(name)?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let Some((_, rows)) = TABLES.iter().find(|(k, _)| k == kind) else {
        bail!(
            "there is no list of `{kind}`\n  mend: {}",
            did_you_mean(kind, TABLES.iter().map(|t| t.0).chain([OPTIMIZERS]))
        );
    };
    let rows = rows();
    match &args.name {
        None => rows.iter().for_each(|row| print(&format!("{:<24}{}", row.name, row.about))),
        Some(name) => match rows.iter().find(|r| r.name == name) {
            Some(row) => show(row),
            None => bail!(
                "{kind}: there is no `{name}`\n  mend: {}",
                did_you_mean(name, rows.iter().map(|r| r.name))
            ),
        },
    }
    Ok(ExitCode::SUCCESS)
}

fn show(row: &Row) {
    print(&format!("{}: {}", row.name, row.about));
    if !row.form.is_empty() {
        print(&format!("\n  written    {} {}", row.name, row.form));
    }
    print("");
    row.formula.lines().for_each(|line| print(&format!("    {line}")));
    if !row.notes.is_empty() {
        print("");
    }
    row.notes.iter().for_each(|note| print(&format!("  {note}")));
    if !row.paper.is_empty() {
        print(&format!("\n  from       {}", row.paper));
    }
}

fn parameters(parameters: &[Parameter]) -> impl Iterator<Item = String> {
    parameters.iter().map(|p| {
        let default = p.written(p.default);
        format!("{:<11}{}  default {default}, in {}: {}", p.name, p.symbol, p.range(), p.about)
    })
}

fn form(parameters: &[Parameter]) -> String {
    parameters.iter().map(|p| format!("[{}={}]", p.name, p.written(p.default))).collect::<Vec<_>>().join(" ")
}

fn layers() -> Vec<Row> {
    let row = |e: &gradus::layers::Entry| Row {
        name: e.name,
        form: e.form.into(),
        about: e.about,
        formula: e.formula,
        paper: e.paper,
        notes: Vec::new(),
    };
    LAYERS.iter().map(row).collect()
}

fn presets() -> Vec<Row> {
    let row = |p: &'static gradus::presets::Preset| Row {
        name: p.name,
        form: String::new(),
        about: p.about,
        formula: p.line,
        paper: p.paper,
        notes: vec![
            format!("alone      --net {}: the last layer is made for the classes", p.name),
            format!("as layers  --net '{}, dense 2 softmax'", p.name),
        ],
    };
    PRESETS.iter().map(row).collect()
}

fn activations() -> Vec<Row> {
    let row = |a: &gradus::activations::Activation| Row {
        name: a.name,
        form: String::new(),
        about: a.about,
        formula: a.formula,
        paper: a.paper,
        notes: vec![format!(
            "weights before it start by {}",
            if a.rectifies { "he_normal" } else { "glorot_uniform" }
        )],
    };
    ACTIVATIONS.iter().map(row).collect()
}

fn losses() -> Vec<Row> {
    let row = |e: &gradus::losses::Entry| Row {
        name: e.name,
        form: form(e.parameters),
        about: e.about,
        formula: e.formula,
        paper: e.paper,
        notes: std::iter::once(
            "reduction  mean over outputs, then the mean over examples by their weights".to_string(),
        )
        .chain(parameters(e.parameters))
        .collect(),
    };
    LOSSES.iter().map(row).collect()
}

fn augmentations() -> Vec<Row> {
    let row = |e: &gradus::augmentations::Entry| {
        let (first, others) = e.parameters.split_first().expect("every change has its p");
        Row {
            name: e.name,
            form: format!("[{}] {}", first.written(first.default), form(others)).trim_end().into(),
            about: e.about,
            formula: e.formula,
            paper: e.paper,
            notes: std::iter::once(
                "pictures   are normalised: 0 is the mean of a channel, 1 a deviation above it".to_string(),
            )
            .chain(parameters(e.parameters))
            .collect(),
        }
    };
    AUGMENTATIONS.iter().map(row).collect()
}

fn wrappers() -> Vec<Row> {
    let row = |e: &gradus::wrappers::Entry| Row {
        name: e.name,
        form: form(e.parameters) + " over OPTIMIZER",
        about: e.about,
        formula: e.formula,
        paper: e.paper,
        notes: std::iter::once(format!("around     any optimizer or wrapper; {} if none is named", e.inner))
            .chain(parameters(e.parameters))
            .collect(),
    };
    WRAPPERS.iter().map(row).collect()
}

fn schedules() -> Vec<Row> {
    let row = |e: &gradus::schedules::Entry| {
        let time = e.times.as_ref().map(|t| format!("[{}]", t.default));
        let form: Vec<String> =
            time.into_iter().chain(Some(form(e.parameters)).filter(|f| !f.is_empty())).collect();
        let time = e.times.as_ref().map(|t| {
            let kind =
                if t.several { "steps=N,N,… or epochs=N,N,…" } else { "steps=N, epochs=N, or steps=run" };
            format!("{:<11}{}  default {}: {}", kind, t.symbol, t.default, t.about)
        });
        let rate = "ηₜ = η s(t): the rate of the step that t steps came before; η is --lr".to_string();
        Row {
            name: e.name,
            form: form.join(" ") + if e.wraps { " [over SCHEDULE]" } else { "" },
            about: e.about,
            formula: e.formula,
            paper: e.paper,
            notes: std::iter::once(rate).chain(time).chain(parameters(e.parameters)).collect(),
        }
    };
    SCHEDULES.iter().map(row).collect()
}

fn initializers() -> Vec<Row> {
    let row = |e: &gradus::initializers::Entry| Row {
        name: e.name,
        form: String::new(),
        about: e.about,
        formula: e.formula,
        paper: e.paper,
        notes: vec![format!("as in      dense 128 relu init={}", e.name)],
    };
    INITIALIZERS.iter().map(row).collect()
}

fn gradients() -> Vec<Row> {
    let row = |way: Way| Row {
        name: way.name(),
        form: String::new(),
        about: way.about(),
        formula: way.formula(),
        paper: "",
        notes: vec![
            format!("cost       {}", way.cost()),
            format!("as in      --gradient {}; compared by `gradus check gradient`", way.name()),
        ],
    };
    Way::ALL.into_iter().map(row).collect()
}

fn functions() -> Vec<Row> {
    let point = |x: &[f64]| match x {
        [x] => short(*x),
        x => format!("({})", x.iter().map(|x| short(*x)).collect::<Vec<_>>().join(", ")),
    };
    let row = |e: &'static functions::Entry| {
        let choice = Choice::parse(e.name).expect("a name of the table");
        let least = match choice.function().least() {
            Some(least) => {
                let places: Vec<String> = least.places.iter().map(|place| point(place)).collect();
                format!("{} at {}", short(least.value), places.join(", "))
            }
            None => "none: it falls for ever".into(),
        };
        let (low, high) = e.within;
        let mut notes = vec![
            format!("start      {}", point(&choice.start())),
            format!("box        [{low}, {high}] in each coordinate"),
            format!("minimum    {least}"),
        ];
        notes.extend((!e.aliases.is_empty()).then(|| format!("also       {}", e.aliases.join(", "))));
        notes.extend(parameters(e.parameters));
        Row {
            name: e.name,
            form: form(e.parameters),
            about: e.about,
            formula: e.formula,
            paper: e.paper,
            notes,
        }
    };
    functions::all().map(row).collect()
}

/// At most six decimals.
fn short(x: f64) -> String {
    ((x * 1e6).round() / 1e6).to_string()
}

fn figures() -> Vec<Row> {
    let row = |f: &gradus_figures::article::Figure| Row {
        name: f.name,
        form: String::new(),
        about: f.about,
        formula: "",
        paper: "",
        notes: vec![format!("drawn by   gradus figures DIR --only {}", f.name)],
    };
    FIGURES.iter().map(row).collect()
}
