//! Which column is to be learnt, and what it holds.

use std::collections::BTreeMap;
use std::path::Path;

use gradus::numerals::grouped;

use crate::sheet::LABELS;
use crate::words::{is_missing, number, short};
use crate::{Answer, Error, Settings, Sheet};

/// More different numbers than this are values, not classes.
const CLASSES: usize = 50;
/// More classes than this are told from one another by nobody.
const MOST_CLASSES: usize = 1000;
/// Share of labels that may be no numbers where numbers are to be said.
const STRAY: usize = 20;

/// The column to be learnt.
pub(crate) fn label_of(path: &Path, sheet: &Sheet, settings: &Settings) -> Result<usize, Error> {
    let left_out = all(path, sheet, &settings.leave_out)?;
    if let Some(asked) = &settings.label {
        let place = find(path, sheet, asked)?;
        if left_out.contains(&place) {
            return Err(Error::Invalid(format!(
                "column `{asked}` is to be learnt and to be left out; choose one"
            )));
        }
        return Ok(place);
    }
    let is_called =
        |column: &usize| LABELS.iter().any(|label| sheet.name(*column).eq_ignore_ascii_case(label));
    let places = || (0..sheet.columns()).filter(|column| !left_out.contains(column));
    let holds = |column: usize| (0..sheet.rows()).any(|row| !is_missing(sheet.cell(row, column)));
    let mut called = places().filter(is_called);
    match (called.next(), called.next()) {
        (Some(one), None) => Ok(one),
        _ => places()
            .rfind(|column| holds(*column))
            .ok_or_else(|| Error::no_table(path, "all its columns are left out: none is to be learnt")),
    }
}

/// Columns asked for.
pub(crate) fn all(path: &Path, sheet: &Sheet, names: &[String]) -> Result<Vec<usize>, Error> {
    names.iter().map(|name| find(path, sheet, name)).collect()
}

/// A column asked for.
pub(crate) fn find(path: &Path, sheet: &Sheet, asked: &str) -> Result<usize, Error> {
    sheet.find(asked).ok_or_else(|| {
        let all: Vec<_> = (0..sheet.columns()).map(|column| sheet.name(column).into_owned()).collect();
        let alike = all.iter().find(|name| name.eq_ignore_ascii_case(asked));
        let hint = match alike {
            Some(name) => format!("did you mean `{name}`?"),
            None if sheet.names.is_none() => {
                format!(
                    "they have no names, but numbers from 1 to {}; if the first row names them: --header yes",
                    all.len()
                )
            }
            None => format!("there are {}", short(&all.join(", "), 300)),
        };
        Error::NoColumn { path: path.into(), asked: asked.into(), hint }
    })
}

/// Whether labels are classes or values: a few may be neither.
pub(crate) fn answer<'s>(cells: impl Iterator<Item = &'s str>, comma: bool) -> Answer {
    let mut distinct: BTreeMap<&str, ()> = BTreeMap::new();
    let (mut fractions, mut numbers, mut others) = (false, 0, 0);
    for cell in cells.filter(|cell| !is_missing(cell)) {
        let Some(x) = number(cell, comma) else {
            others += 1;
            continue;
        };
        numbers += 1;
        fractions |= x.fract() != 0.0;
        if distinct.len() <= CLASSES {
            distinct.insert(cell, ());
        }
    }
    let are_numbers = numbers > 0 && STRAY * others <= numbers + others;
    if are_numbers && (fractions || distinct.len() > CLASSES) { Answer::Value } else { Answer::Class }
}

/// Names of the classes, sorted: by number, if they are numbers.
pub(crate) fn classes<'s>(cells: impl Iterator<Item = &'s str>, comma: bool) -> Result<Vec<String>, String> {
    let (mut found, mut rows) = (BTreeMap::<&str, ()>::new(), 0);
    for cell in cells {
        rows += 1;
        found.insert(cell, ());
    }
    let mut classes: Vec<String> = found.into_keys().map(str::to_string).collect();
    if classes.len() < 2 {
        let only = &classes[0];
        return Err(format!(
            "says `{only}` in every row; at least two classes are needed: name another column, --label NAME"
        ));
    }
    if classes.len() > MOST_CLASSES || (classes.len() > CLASSES && 2 * classes.len() > rows) {
        return Err(format!(
            "has {} different cells in {} rows: those are no classes; name another column, --label NAME, or say that they are numbers, --answer value",
            grouped(classes.len()),
            grouped(rows)
        ));
    }
    if classes.iter().all(|class| number(class, comma).is_some()) {
        classes.sort_by(|a, b| number(a, comma).partial_cmp(&number(b, comma)).expect("finite"));
    }
    Ok(classes)
}
