//! What a column is, from its cells: what it is called in the training part, what is odd about it, why it is left out.

use std::collections::BTreeMap;

use gradus::numerals::{grouped, many};

use crate::column::Kind;
use crate::words::{is_missing, may_be_thousands, number, short};
use crate::{Column, Sheet};

/// Share of a column's cells that may be no numbers: they are taken as missing.
const STRAY: f64 = 0.05;
/// Categories that are kept at most, the most frequent ones.
const KEPT: usize = 255;
/// A column of text with more different cells than this, or than half of its rows, names its rows.
const NAMES: usize = 1000;
/// So many different cells are never too many.
const FEW: usize = 20;

/// A column, or None, and what is to be said of it.
pub(crate) type Found = (Option<Column>, Option<String>);

/// Looks at a column in `rows` of a sheet; measures in those of them that are in `train`.
pub(crate) fn look(sheet: &Sheet, place: usize, rows: &[u32], train: &[u32], names: bool) -> Found {
    let name = sheet.name(place).into_owned();
    let cell = |row: &u32| sheet.cell(*row as usize, place);
    let found = Cells::of(rows.iter().map(cell), sheet.comma);
    let leave = |why: String| (None, Some(format!("column {name} is left out: {why}")));
    if found.distinct.is_empty() {
        return leave("nothing is in it".into());
    }
    if found.distinct.len() == 1 && found.missing == 0 {
        let only = found.distinct.keys().next().expect("one");
        return leave(format!("every row has {}", short(only, 40)));
    }
    let column = |kind| Some(Column { name: name.clone(), place, kind });
    let told = found.numbers + found.others;
    if !names && found.others as f64 <= STRAY * told as f64 {
        if found.counts(&name, place) && rows.len() > FEW {
            return leave("it counts the rows".into());
        }
        let kind = numbers(train.iter().map(cell), sheet.comma);
        let Some(kind) = kind else { return leave("all rows to train on have the same number".into()) };
        let note = match (found.others, found.thousands) {
            (0, cell) => cell.map(|cell| thousands(&name, cell)),
            (others, _) => {
                let cells = many(others, "cell holds", "cells hold");
                Some(format!(
                    "column {name}: {cells} no number (`{}`): taken as missing",
                    short(found.stray, 20)
                ))
            }
        };
        return (column(kind), note);
    }
    let distinct = found.distinct.len();
    if !names && distinct > FEW && (distinct > NAMES || 2 * distinct > told) {
        let more = if distinct > NAMES { "more than " } else { "" };
        let count = grouped(distinct.min(NAMES));
        return leave(format!("{more}{count} different texts in {} rows", grouped(rows.len())));
    }
    let (values, rest) = categories(train.iter().map(cell));
    let note = (rest > 0).then(|| {
        format!("column {name}: of {} categories the {KEPT} most frequent are kept", grouped(KEPT + rest))
    });
    if values.len() < 2 {
        return leave("all rows to train on have the same".into());
    }
    (column(Kind::Category { values }), note)
}

/// What is in a column.
struct Cells<'s> {
    numbers: usize,
    /// Neither numbers nor missing.
    others: usize,
    missing: usize,
    /// The first of `others`.
    stray: &'s str,
    /// Different cells, but the missing: more than `NAMES` are not all counted.
    distinct: BTreeMap<&'s str, ()>,
    /// Whether each is a whole number greater than the one before; and by 1.
    rises: [bool; 2],
    /// One that may have been meant as thousands, if all with a comma may.
    thousands: Option<&'s str>,
}

/// What a column of the rows' numbers is called.
const IDS: [&str; 8] = ["id", "index", "idx", "row", "rowid", "nr", "no", "unnamed: 0"];

/// One of the cells that may have been meant as thousands, if all with a comma may.
pub(crate) fn all_thousands<'s>(cells: impl Iterator<Item = &'s str>, comma: bool) -> Option<&'s str> {
    Cells::of(cells, comma).thousands
}

/// What is said of a number with a comma that may be two things.
pub(crate) fn thousands(name: &str, cell: &str) -> String {
    let read = cell.replacen(',', ".", 1);
    format!("column {name}: `{cell}` is read as {read}; if thousands are meant, write them without a comma")
}

impl<'s> Cells<'s> {
    fn of(cells: impl Iterator<Item = &'s str>, comma: bool) -> Cells<'s> {
        let mut all = Cells {
            numbers: 0,
            others: 0,
            missing: 0,
            stray: "",
            distinct: BTreeMap::new(),
            rises: [true; 2],
            thousands: None,
        };
        let (mut last, mut decimal) = (None, false);
        for cell in cells {
            if is_missing(cell) {
                all.missing += 1;
                all.rises = [false; 2];
                continue;
            }
            if all.distinct.len() <= NAMES {
                all.distinct.insert(cell, ());
            }
            let x = number(cell, comma);
            all.rises[0] &= x.is_some_and(|x| x.fract() == 0.0 && last.is_none_or(|last| x > last));
            all.rises[1] &= x.is_some() && last.is_none_or(|last| x == Some(last + 1.0));
            last = x;
            if comma && x.is_some() && cell.contains(',') {
                decimal |= !may_be_thousands(cell);
                all.thousands = (!decimal).then_some(cell);
            }
            match x {
                Some(_) => all.numbers += 1,
                None => {
                    if all.others == 0 {
                        all.stray = cell;
                    }
                    all.others += 1;
                }
            }
        }
        all
    }
}

impl Cells<'_> {
    /// Whether it is the numbers of the rows, by its name, or as a first column without one.
    fn counts(&self, name: &str, place: usize) -> bool {
        let name = name.to_lowercase();
        let is_called = IDS.contains(&&*name) || name.ends_with("_id") || name.ends_with(" id");
        let has_no_name = place == 0 && name == "1";
        (is_called && self.rises[0]) || (has_no_name && self.rises[1])
    }
}

/// μ and σ; none if all are the same.
pub(crate) fn numbers<'s>(cells: impl Iterator<Item = &'s str>, comma: bool) -> Option<Kind> {
    let (mut known, mut missing) = (Vec::new(), false);
    for cell in cells {
        match number(cell, comma) {
            Some(x) if !is_missing(cell) => known.push(x),
            _ => missing = true,
        }
    }
    let n = known.len() as f64;
    let mean = known.iter().map(|x| x / n).sum::<f64>();
    let deviation = known.iter().map(|x| (x - mean) * ((x - mean) / n)).sum::<f64>().sqrt();
    // Of numbers that are all the same, rounding leaves a little.
    let varies = deviation.is_finite() && deviation > mean.abs() * 1e-12;
    varies.then_some(Kind::Number { mean, deviation, missing })
}

/// The most frequent categories, sorted, and how many others there are.
fn categories<'s>(cells: impl Iterator<Item = &'s str>) -> (Vec<String>, usize) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in cells {
        *counts.entry(if is_missing(cell) { "" } else { cell }).or_default() += 1;
    }
    let mut by_count: Vec<(&str, usize)> = counts.into_iter().collect();
    by_count.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let rest = by_count.len().saturating_sub(KEPT);
    by_count.truncate(KEPT);
    let mut values: Vec<String> = by_count.into_iter().map(|(value, _)| value.to_string()).collect();
    values.sort();
    (values, rest)
}
