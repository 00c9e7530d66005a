//! From the cells of a row to what a network sees and says: kept with the model.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::words::{is_missing, number};
use crate::{Column, Error, Kind, Settings, Sheet};

/// What turns rows into inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encoder {
    /// What is to be said of a row.
    pub label: Label,
    /// How many columns the table had, the label's and those left out too.
    pub width: usize,
    /// Whether its first row named them; else they are known by their places.
    pub named: bool,
    /// What stands between cells, where that was not left to be guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// The columns that the network sees, in the order in which it does.
    pub columns: Vec<Column>,
}

/// The column to be learnt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// Which of the table's columns it is, from 0 on.
    pub place: usize,
    /// Of numbers to be said: mean and deviation in the training part. The network says (y − μ) / σ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<(f64, f64)>,
}

/// Rows of a file as an encoder reads them.
#[derive(Debug)]
pub struct Rows {
    /// The cells.
    pub sheet: Sheet,
    /// What each is kept as, row after row.
    pub(crate) codes: Vec<f32>,
    /// The column of the label, if there is one.
    pub label: Option<usize>,
}

impl Encoder {
    /// Numbers per row.
    pub fn inputs(&self) -> usize {
        self.columns.iter().map(Column::inputs).sum()
    }

    /// Reads another file of such rows: columns by name, or by place where a file has no names. A label may be missing.
    ///
    /// # Errors
    /// As for [`Sheet::open`]; [`Error::NoColumn`] if one is not there.
    pub fn open(&self, path: &Path) -> Result<Rows, Error> {
        let sheet = self.sheet(path)?;
        let places = self.places(path, &sheet)?;
        let mut codes = Vec::with_capacity(sheet.rows() * places.len());
        for row in 0..sheet.rows() {
            let of = |(column, place): (&Column, &usize)| column.code(sheet.cell(row, *place), sheet.comma);
            codes.extend(self.columns.iter().zip(&places).map(of));
        }
        let label = match &sheet.names {
            Some(_) if self.named => sheet.find_named(&self.label.name),
            _ => (sheet.columns() == self.width).then_some(self.label.place),
        };
        Ok(Rows { sheet, codes, label })
    }

    /// Whether the first row of another file names the columns is known better than it could be guessed.
    fn sheet(&self, path: &Path) -> Result<Sheet, Error> {
        let told = |header| Settings { delimiter: self.delimiter, header, ..Settings::default() };
        let names: Vec<&str> = self.columns.iter().map(|column| &*column.name).collect();
        let count = |sheet: &Sheet| names.iter().filter(|name| sheet.find_named(name).is_some()).count();
        if self.named {
            let guessed = Sheet::open(path, &told(None))?;
            if count(&guessed) == names.len() {
                return Ok(guessed);
            }
            let other = Sheet::open(path, &told(Some(guessed.names.is_none())));
            let better = |other: &Sheet| match guessed.names {
                // A row that looks like names.
                Some(_) => count(&guessed) == 0,
                // Names that look like a row.
                None => count(other) == names.len(),
            };
            return Ok(other.ok().filter(better).unwrap_or(guessed));
        }
        let sheet = Sheet::open(path, &told(Some(false)))?;
        let Ok(places) = self.places(path, &sheet) else { return Ok(sheet) };
        let is_number = |column: &&Column| matches!(column.kind, Kind::Number { .. });
        let first = |(column, place): (&Column, &usize)| {
            is_number(&column).then(|| sheet.cell(0, *place)).filter(|cell| !is_missing(cell))
        };
        let mut cells = self.columns.iter().zip(&places).filter_map(first).peekable();
        let names_columns = cells.peek().is_some() && cells.all(|cell| number(cell, sheet.comma).is_none());
        if names_columns { Sheet::open(path, &told(Some(true))) } else { Ok(sheet) }
    }

    /// Where a sheet has the columns.
    fn places(&self, path: &Path, sheet: &Sheet) -> Result<Vec<usize>, Error> {
        if self.named && sheet.names.is_some() {
            let find = |column: &Column| {
                let missing = || {
                    let has =
                        (0..sheet.columns().min(20)).map(|c| sheet.name(c)).collect::<Vec<_>>().join(", ");
                    let hint = format!("the model was trained on it; the table has {has}");
                    Error::NoColumn { path: path.into(), asked: column.name.clone(), hint }
                };
                sheet.find_named(&column.name).ok_or_else(missing)
            };
            return self.columns.iter().map(find).collect();
        }
        let without_label = match sheet.columns() {
            n if n == self.width => false,
            n if n + 1 == self.width => true,
            n => {
                let what = format!(
                    "{n} columns and no names, where the model's table had {}, with its label; give as many, or names in the \
                     first row",
                    self.width
                );
                return Err(Error::no_table(path, what));
            }
        };
        let place = |c: &Column| c.place - usize::from(without_label && c.place > self.label.place);
        Ok(self.columns.iter().map(place).collect())
    }

    /// Writes what the network sees of a row's codes.
    pub(crate) fn write(&self, codes: &[f32], into: &mut [f32]) {
        let mut from = 0;
        for (column, code) in self.columns.iter().zip(codes) {
            let to = from + column.inputs();
            column.write(*code, &mut into[from..to]);
            from = to;
        }
    }

    /// Whether it makes sense, where a file said it.
    pub fn is_sane(&self) -> bool {
        let places = self.columns.iter().map(|column| column.place).chain([self.label.place]);
        let scale = self.label.scale.is_none_or(|(m, d)| m.is_finite() && d.is_finite() && d > 0.0);
        !self.columns.is_empty()
            && scale
            && self.columns.iter().all(Column::is_sane)
            && places.into_iter().all(|place| place < self.width)
    }

    /// A line for each column: what the network sees of it.
    pub fn describe(&self) -> Vec<String> {
        let short = |x: f64| format!("{x:.4}").trim_end_matches('0').trim_end_matches('.').to_string();
        let line = |column: &Column| match &column.kind {
            Kind::Number { mean, deviation, missing } => {
                let missing = if *missing { ", and whether it is missing" } else { "" };
                format!(
                    "{}: ({} − {}) / {}{missing}",
                    column.name,
                    column.name,
                    short(*mean),
                    short(*deviation)
                )
            }
            Kind::Category { values } => format!("{}: {} categories", column.name, values.len()),
        };
        self.columns.iter().map(line).collect()
    }
}

impl Rows {
    /// How many.
    pub fn len(&self) -> usize {
        self.sheet.rows()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes what the network sees of a row.
    pub fn read(&self, encoder: &Encoder, row: usize, into: &mut [f32]) {
        let n = encoder.columns.len();
        encoder.write(&self.codes[row * n..(row + 1) * n], into);
    }

    /// What the label's cell says; none if there is no such column, or nothing in it.
    pub fn label(&self, row: usize) -> Option<&str> {
        let cell = self.sheet.cell(row, self.label?);
        (!is_missing(cell)).then_some(cell)
    }

    /// The label as a number.
    pub fn value(&self, row: usize) -> Option<f64> {
        number(self.label(row)?, self.sheet.comma)
    }
}
