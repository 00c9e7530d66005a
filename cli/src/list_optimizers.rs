//! `gradus list optimizers`: the rules in groups; of one rule every dialect, side by side.

use anyhow::{Result, bail};
use gradus::error::did_you_mean;
use gradus::optimizers::{Dialect, Entry, Family, OPTIMIZERS};
use gradus::words::Parameter;
use gradus::wrappers::WRAPPERS;

use crate::console::print;

const FAMILIES: [(Family, &str); 3] = [
    (Family::Rule, "rules: one gradient a step"),
    (Family::LineSearch, "line searches: several gradients a step, of all data"),
    (Family::Evolution, "evolution: a population, no gradient"),
];

/// The names of all optimizers and of all that can be around them.
pub fn names() -> Vec<&'static str> {
    OPTIMIZERS.iter().map(|e| e.name).chain(WRAPPERS.iter().map(|w| w.name)).collect()
}

/// Prints all, in groups.
pub fn all() {
    let mut gap = "";
    for (family, title) in FAMILIES {
        let entries: Vec<&Entry> = OPTIMIZERS.iter().filter(|e| e.family == family).collect();
        if entries.is_empty() {
            continue;
        }
        print(&format!("{gap}{title}"));
        gap = "\n";
        for entry in entries {
            print(&format!("  {:<24}{}", entry.name, entry.about));
            if entry.dialects.len() > 1 {
                let dialects: Vec<String> = entry.dialects.iter().map(|d| format!("@{}", d.name)).collect();
                print(&format!("  {:<24}{}", "", dialects.join(" ")));
            }
        }
    }
    if !WRAPPERS.is_empty() {
        print(&format!("{gap}around any of them: NAME over OPTIMIZER"));
        WRAPPERS.iter().for_each(|w| print(&format!("  {:<24}{}", w.name, w.about)));
    }
    print("\ngradus list optimizers NAME shows its dialects, formulas, symbols, ranges and defaults");
}

/// Prints one in full: `rmsprop`, or one dialect of it, `rmsprop@tf1`.
///
/// # Errors
/// If there is none of that name.
pub fn one(name: &str) -> Result<()> {
    if let Some(wrapper) = WRAPPERS.iter().find(|w| w.name == name) {
        print(&format!("{}: {}", wrapper.name, wrapper.about));
        print(&format!("\n  written    {name}{} over {}", form(wrapper.parameters), wrapper.inner));
        print(&format!("  from       {}\n", wrapper.paper));
        wrapper.formula.lines().for_each(|line| print(&format!("    {line}")));
        print("");
        wrapper.parameters.iter().for_each(|p| print(&line(p, &p.written(p.default), 0)));
        return Ok(());
    }
    let (rule, dialect) = name.split_once('@').map_or((name, None), |(rule, dialect)| (rule, Some(dialect)));
    let Some(entry) = OPTIMIZERS.iter().find(|e| e.name == rule) else {
        bail!("optimizers: there is no `{rule}`\n  mend: {}", did_you_mean(rule, names().into_iter()));
    };
    let dialects: Vec<&Dialect> =
        entry.dialects.iter().filter(|d| dialect.is_none_or(|name| name == d.name)).collect();
    if dialects.is_empty() {
        let known = entry.dialects.iter().map(|d| d.name);
        bail!(
            "{rule} has no dialect `{}`\n  mend: {}",
            dialect.unwrap_or_default(),
            did_you_mean(dialect.unwrap_or_default(), known)
        );
    }
    show(entry, &dialects);
    Ok(())
}

fn show(entry: &Entry, dialects: &[&Dialect]) {
    print(&format!("{}: {}", entry.name, entry.about));
    let first = dialects[0];
    let of = if dialects.len() > 1 { "[@DIALECT]".into() } else { format!("@{}", first.name) };
    print(&format!("\n  written    {}{of}{}", entry.name, form(first.parameters)));
    print(&format!("  from       {}", entry.paper));
    for (i, dialect) in dialects.iter().enumerate() {
        let default = if dialect.name == entry.dialects[0].name { " (the default)" } else { "" };
        print(&format!("\n  @{}{default}: {}\n", dialect.name, dialect.about));
        match dialects[..i].iter().find(|d| d.formula == dialect.formula) {
            Some(same) => print(&format!("    as @{}", same.name)),
            None => dialect.formula.lines().for_each(|line| print(&format!("    {line}"))),
        }
    }
    print("");
    defaults(dialects, entry.family != Family::Evolution);
}

/// A row for each parameter, a column for the default of each dialect: what differs stands side by side.
fn defaults(dialects: &[&Dialect], has_rate: bool) {
    let mut all: Vec<&Parameter> = Vec::new();
    for p in dialects.iter().flat_map(|d| d.parameters) {
        if !all.iter().any(|q| q.name == p.name) {
            all.push(p);
        }
    }
    let cell = |d: &Dialect, p: &Parameter| {
        let own = d.parameters.iter().find(|q| q.name == p.name);
        own.map_or("-".to_string(), |q| number(q, q.default))
    };
    let values = |p: &Parameter| dialects.iter().map(|d| cell(d, p)).collect::<Vec<_>>();
    let rates: Vec<String> = dialects.iter().map(|d| d.learning_rate.to_string()).collect();
    let names: Vec<String> = dialects.iter().map(|d| format!("@{}", d.name)).collect();
    let mut rows = vec![(names, String::new(), "default", "")];
    if has_rate {
        rows.push((rates, "above 0".into(), "--lr", "η"));
    }
    rows.extend(all.iter().map(|p| (values(p), format!("{}: {}", p.range(), p.about), p.name, symbol(p))));
    let wide = |k: usize| rows.iter().map(|r| r.0[k].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..dialects.len()).map(wide).collect();
    for (values, about, name, symbol) in &rows {
        let cells: Vec<String> = values.iter().zip(&widths).map(|(v, w)| format!("{v:<w$}")).collect();
        print(format!("  {name:<16}{symbol:<7}{}  {about}", cells.join("  ")).trim_end());
    }
}

/// `1e-10` rather than ten zeros.
fn number(p: &Parameter, value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-4 { format!("{value:e}") } else { p.written(value) }
}

/// The letter a formula has for it, if it has one.
fn symbol(p: &Parameter) -> &'static str {
    if p.symbol == p.name { "" } else { p.symbol }
}

fn form(parameters: &[Parameter]) -> String {
    parameters.iter().map(|p| format!(" [{}={}]", p.name, number(p, p.default))).collect()
}

fn line(p: &Parameter, default: &str, width: usize) -> String {
    format!("  {:<16}{:<7}{default:<width$}  {}: {}", p.name, symbol(p), p.range(), p.about)
}
