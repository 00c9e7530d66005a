//! Labelled rows, divided into parts, as a network sees them.

use std::collections::HashMap;
use std::path::Path;

use gradus::numerals::{digits, grouped, many};
use gradus::train::{Part, Split};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::label::{all, answer, classes, label_of};
use crate::survey::{self, numbers};
use crate::words::{is_missing, is_unlabelled, number, short};
use crate::{Answer, Column, Encoder, Kind, Label, Settings, Sheet, Skipped};

/// Labels are no greater.
const LARGEST: f64 = 1e30;

/// A table with a column to be learnt.
#[derive(Debug)]
pub struct Table {
    sheet: Sheet,
    encoder: Encoder,
    classes: Vec<String>,
    /// Rows of the sheet.
    rows: Vec<u32>,
    /// By row: the number of its class, or its value.
    labels: Vec<f32>,
    parts: Vec<Part>,
    codes: Vec<f32>,
    skipped: Vec<Skipped>,
    notes: Vec<String>,
}

impl Table {
    /// Reads a table and finds out what its columns are. Rows without a label, or of another number of cells, are left
    /// out: see [`Table::skipped`]. A row's part depends on its cells without the label, so that copies lie in one part.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(path: &Path, settings: &Settings, split: &Split) -> Result<Table, Error> {
        split.check().map_err(Error::Invalid)?;
        let sheet = Sheet::open(path, settings)?;
        let place = label_of(path, &sheet, settings)?;
        let name = sheet.name(place).into_owned();
        let mut skipped = sheet.skipped.clone();
        let known = |row: &u32| !is_unlabelled(sheet.cell(*row as usize, place));
        let (mut rows, unknown): (Vec<u32>, Vec<u32>) = (0..sheet.rows() as u32).partition(known);
        let line = |row: u32| sheet.line(row as usize);
        skipped.extend(unknown.into_iter().map(|row| Skipped { line: line(row), reason: "no label".into() }));
        let cell = |row: &u32| sheet.cell(*row as usize, place);
        let answer = settings.answer.unwrap_or_else(|| answer(rows.iter().map(cell), sheet.comma));
        if rows.iter().filter(|row| number(cell(row), sheet.comma).is_some()).count() * 2 > rows.len() {
            // Among numbers, words for nothing are no classes.
            rows.retain(|row| {
                let missing = is_missing(cell(row));
                if missing {
                    skipped.push(Skipped { line: line(*row), reason: "no label".into() });
                }
                !missing
            });
        }
        if answer == Answer::Value {
            let fits = |x: f64| x.abs() < LARGEST;
            let (numbers, others): (Vec<u32>, Vec<u32>) =
                rows.into_iter().partition(|row| number(cell(row), sheet.comma).is_some_and(fits));
            let what =
                |row: &u32| if number(cell(row), sheet.comma).is_some() { "too large" } else { "no number" };
            let reason = |row: &u32| format!("its label `{}` is {}", short(cell(row), 20), what(row));
            skipped.extend(others.iter().map(|row| Skipped { line: line(*row), reason: reason(row) }));
            rows = numbers;
        }
        skipped.sort_by_key(|skipped| skipped.line);
        let wrong = |what: String| Error::Label { path: path.into(), label: name.clone(), what };
        if rows.is_empty() {
            let what = if answer == Answer::Value { "holds no number" } else { "has nothing in it" };
            let first = sheet.skipped.first().map_or(String::new(), |first| format!(" ({first})"));
            return Err(wrong(format!("{what}{first}; name another: --label NAME")));
        }
        let classes = match answer {
            Answer::Class => classes(rows.iter().map(cell), sheet.comma).map_err(wrong)?,
            Answer::Value => Vec::new(),
        };
        let class: HashMap<&str, usize> = classes.iter().enumerate().map(|(k, name)| (&**name, k)).collect();
        let contents: Vec<(usize, [u8; 32])> = rows
            .iter()
            .map(|row| (class.get(cell(row)).copied().unwrap_or(0), content(&sheet, *row as usize, place)))
            .collect();
        let parts = split.assign(&contents);
        let train: Vec<u32> =
            rows.iter().zip(&parts).filter(|(_, part)| **part == Part::Train).map(|(row, _)| *row).collect();
        let (columns, mut notes) = columns(path, &sheet, place, settings, &rows, &train)?;
        let scale = match answer {
            Answer::Class => None,
            Answer::Value => match numbers(train.iter().map(cell), sheet.comma) {
                Some(Kind::Number { mean, deviation, .. }) => Some((mean, deviation)),
                _ => {
                    return Err(wrong(
                        "is the same number in all rows to train on: there is nothing to learn".into(),
                    ));
                }
            },
        };
        let (width, named) = (sheet.columns(), sheet.names.is_some());
        let (delimiter, comma) = (sheet.delimiter, sheet.comma);
        let encoder =
            Encoder { label: Label { name, place, scale }, width, named, delimiter, comma, columns };
        let labels = rows.iter().map(|row| match scale {
            Some((mean, deviation)) => {
                ((number(cell(row), sheet.comma).expect("a number") - mean) / deviation) as f32
            }
            None => class[cell(row)] as f32,
        });
        let labels: Vec<f32> = labels.collect();
        notes.extend(contradictions(&contents, answer));
        if let Some(odd) = scale.and_then(|_| survey::all_thousands(rows.iter().map(cell), sheet.comma)) {
            notes.push(survey::thousands(&encoder.label.name, odd));
        }
        let codes = rows
            .iter()
            .flat_map(|row| {
                encoder.columns.iter().map(|c| c.code(sheet.cell(*row as usize, c.place), sheet.comma))
            })
            .collect();
        drop(class);
        Ok(Table { encoder, classes, rows, labels, parts, codes, skipped, notes, sheet })
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none; never so.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Names of the classes, sorted; none where a number is to be said.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// What turns rows into inputs.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The class of a row, 0 where a number is to be said.
    pub fn class(&self, row: usize) -> usize {
        if self.classes.is_empty() { 0 } else { self.labels[row] as usize }
    }

    /// (y − μ) / σ of a row, or the number of its class.
    pub fn value(&self, row: usize) -> f32 {
        self.labels[row]
    }

    /// Writes what the network sees of a row.
    pub fn read(&self, row: usize, into: &mut [f32]) {
        let n = self.encoder.columns.len();
        self.encoder.write(&self.codes[row * n..(row + 1) * n], into);
    }

    /// The rows of a part, in order.
    pub fn indices(&self, part: Part) -> Vec<u32> {
        (0..self.len() as u32).filter(|i| self.parts[*i as usize] == part).collect()
    }

    /// Where a row begins in the file, from 1 on.
    pub fn line(&self, row: usize) -> u64 {
        self.sheet.line(self.rows[row] as usize)
    }

    /// The cells of a row that the network sees, for people.
    pub fn about(&self, row: usize) -> String {
        let cell = |c: &Column| {
            format!("{} {}", c.name, short(self.sheet.cell(self.rows[row] as usize, c.place), 40))
        };
        self.encoder.columns.iter().take(40).map(cell).collect::<Vec<_>>().join(", ")
    }

    /// Rows that are left out.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Columns that are left out, cells that are taken as missing, rows that contradict one another.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How it was read, with what was guessed.
    pub fn settings(&self, asked: &Settings) -> Settings {
        let Encoder { label, named, delimiter, .. } = &self.encoder;
        Settings {
            label: Some(label.name.clone()),
            answer: Some(if label.scale.is_some() { Answer::Value } else { Answer::Class }),
            delimiter: Some(*delimiter),
            header: Some(*named),
            ..asked.clone()
        }
    }

    /// A hash of all that the network sees and is to say, and of the parts.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update((self.encoder.inputs() as u64).to_le_bytes());
        for class in &self.classes {
            hash.update((class.len() as u64).to_le_bytes());
            hash.update(class);
        }
        self.codes.iter().chain(&self.labels).for_each(|x| hash.update(x.to_le_bytes()));
        self.parts.iter().for_each(|part| hash.update([*part as u8]));
        hash.finalize().into()
    }

    /// Everything counted, in one line.
    pub fn summary_line(&self) -> String {
        let says = match self.encoder.label.scale {
            Some((mean, deviation)) => {
                format!("numbers, {} ± {} where it trains", digits(mean, 4), digits(deviation, 4))
            }
            None => {
                let count = |k: usize| grouped(self.labels.iter().filter(|l| **l as usize == k).count());
                let mut names: Vec<String> = self
                    .classes
                    .iter()
                    .enumerate()
                    .take(8)
                    .map(|(k, c)| format!("{c} {}", count(k)))
                    .collect();
                if self.classes.len() > 8 {
                    names.push("…".into());
                }
                format!("{} ({})", many(self.classes.len(), "class", "classes"), names.join(", "))
            }
        };
        let parts = Part::ALL.map(|part| format!("{} {}", part.name(), grouped(self.indices(part).len())));
        let skipped = match self.skipped.len() {
            0 => String::new(),
            n => format!("; {} skipped", grouped(n)),
        };
        let names = if self.encoder.named { "" } else { " without names" };
        format!(
            "{}; label {}: {says}; {}; {} of {}{names}{skipped}",
            many(self.len(), "row", "rows"),
            self.encoder.label.name,
            parts.join(", "),
            many(self.encoder.inputs(), "input", "inputs"),
            many(self.encoder.columns.len(), "column", "columns"),
        )
    }
}

/// SHA-256 of a row without its label.
fn content(sheet: &Sheet, row: usize, label: usize) -> [u8; 32] {
    let mut hash = Sha256::new();
    for column in (0..sheet.columns()).filter(|column| *column != label) {
        let cell = sheet.cell(row, column);
        hash.update((cell.len() as u64).to_le_bytes());
        hash.update(cell);
    }
    hash.finalize().into()
}

/// What the network sees, and what is to be said of what it does not.
fn columns(
    path: &Path,
    sheet: &Sheet,
    label: usize,
    settings: &Settings,
    rows: &[u32],
    train: &[u32],
) -> Result<(Vec<Column>, Vec<String>), Error> {
    let (left_out, categories) =
        (all(path, sheet, &settings.leave_out)?, all(path, sheet, &settings.categories)?);
    let places = (0..sheet.columns()).filter(|place| *place != label && !left_out.contains(place));
    let (mut columns, mut notes) = (Vec::new(), Vec::new());
    for place in places {
        let (column, note) = survey::look(sheet, place, rows, train, categories.contains(&place));
        columns.extend(column);
        notes.extend(note);
    }
    if columns.is_empty() {
        let why = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
        return Err(Error::no_table(path, format!("no column is left to learn from{why}")));
    }
    Ok((columns, notes))
}

/// Rows that are the same but for their class.
fn contradictions(contents: &[(usize, [u8; 32])], answer: Answer) -> Option<String> {
    let mut first: HashMap<&[u8; 32], usize> = HashMap::new();
    let mut count = 0;
    for (class, content) in contents {
        count += usize::from(*first.entry(content).or_insert(*class) != *class);
    }
    let rows = many(count, "row has", "rows have");
    (answer == Answer::Class && count > 0)
        .then(|| format!("{rows} the cells of an earlier one, and another label"))
}
