//! From the cells of a row to what a network sees and says: kept with the model.

use std::path::Path;

use gradus::numerals::{digits, many};
use serde::{Deserialize, Serialize};

use crate::sheet::text;
use crate::words::{is_missing, is_unlabelled, number, short};
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
    /// What stood between cells.
    pub delimiter: char,
    /// Whether `3,14` was a number.
    pub comma: bool,
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
    /// Cells that say nothing to the network, though something is in them.
    pub notes: Vec<String>,
    comma: bool,
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
        let comma = self.comma || sheet.comma;
        let mut codes = Vec::with_capacity(sheet.rows() * places.len());
        for row in 0..sheet.rows() {
            let of = |(column, place): (&Column, &usize)| column.code(sheet.cell(row, *place), comma);
            codes.extend(self.columns.iter().zip(&places).map(of));
        }
        let notes = self.unread(path, &sheet, &places, &codes)?;
        let label = match &sheet.names {
            Some(_) if self.named => sheet.find_named(&self.label.name),
            _ => (sheet.columns() == self.width).then_some(self.label.place),
        };
        Ok(Rows { sheet, codes, label, notes, comma })
    }

    /// What there is to say of cells that are neither known nor missing.
    fn unread(
        &self,
        path: &Path,
        sheet: &Sheet,
        places: &[usize],
        codes: &[f32],
    ) -> Result<Vec<String>, Error> {
        let mut notes = Vec::new();
        for (i, (column, place)) in self.columns.iter().zip(places).enumerate() {
            let code = |row: usize| codes[row * places.len() + i];
            let odd = |row: &usize| code(*row).is_nan() && !is_missing(sheet.cell(*row, *place));
            let mut all = (0..sheet.rows()).filter(odd);
            let Some(first) = all.next() else { continue };
            let (count, cell) = (1 + all.count(), short(sheet.cell(first, *place), 20));
            let (cells, name) = (many(count, "cell", "cells"), &column.name);
            let line = sheet.line(first);
            match column.kind {
                Kind::Number { .. } if (0..sheet.rows()).all(|row| code(row).is_nan()) => {
                    let what = format!(
                        "column `{name}` holds no number (line {line}: `{cell}`), as it did in training; give the same columns"
                    );
                    return Err(Error::no_table(path, what));
                }
                Kind::Number { .. } => {
                    notes.push(format!(
                        "column {name}: {cells} without a number (line {line}: `{cell}`), taken as missing"
                    ));
                }
                Kind::Category { .. } => {
                    notes.push(format!("column {name}: {cells} unknown in training (line {line}: `{cell}`)"));
                }
            }
        }
        Ok(notes)
    }

    /// The delimiter of training, unless another gives the columns; and whether the first row names them is known better than
    /// it could be guessed.
    fn sheet(&self, path: &Path) -> Result<Sheet, Error> {
        let text = text(path)?;
        let read = |delimiter, header| {
            Sheet::of(path, &text, &Settings { delimiter, header, ..Settings::default() })
        };
        if !self.named {
            let sheet = read(Some(self.delimiter), Some(false))?;
            let (sheet, delimiter) = match self.places(path, &sheet) {
                Ok(_) => (sheet, Some(self.delimiter)),
                Err(_) => (read(None, Some(false))?, None),
            };
            let names =
                self.first_row(path, &sheet).is_some_and(|(numbers, others)| numbers == 0 && others > 0);
            return if names { read(delimiter, Some(true)) } else { Ok(sheet) };
        }
        let known =
            |sheet: &Sheet| self.columns.iter().all(|column| sheet.find_named(&column.name).is_some());
        for delimiter in [Some(self.delimiter), None] {
            if let Some(sheet) = read(delimiter, Some(true)).ok().filter(known) {
                return Ok(sheet);
            }
        }
        // Rows alone: where training had numbers, there are some.
        for delimiter in [Some(self.delimiter), None] {
            let sheet = read(delimiter, Some(false))?;
            if self.first_row(path, &sheet).is_some_and(|(numbers, others)| numbers > others) {
                return Ok(sheet);
            }
        }
        read(Some(self.delimiter), None).or_else(|_| read(None, None))
    }

    /// In how many columns of numbers the first of rows without names has one, and in how many something else.
    fn first_row(&self, path: &Path, sheet: &Sheet) -> Option<(usize, usize)> {
        let places = self.places(path, sheet).ok()?;
        let columns = self.columns.iter().zip(&places).filter(|(c, _)| matches!(c.kind, Kind::Number { .. }));
        let cells = columns.map(|(_, place)| sheet.cell(0, *place)).filter(|cell| !is_missing(cell));
        let comma = self.comma || sheet.comma;
        let (numbers, others): (Vec<&str>, Vec<&str>) = cells.partition(|cell| number(cell, comma).is_some());
        Some((numbers.len(), others.len()))
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
        let line = |column: &Column| match &column.kind {
            Kind::Number { mean, deviation, missing } => {
                let missing = if *missing { ", and whether it is missing" } else { "" };
                format!(
                    "{}: ({} − {}) / {}{missing}",
                    column.name,
                    column.name,
                    digits(*mean, 4),
                    digits(*deviation, 4)
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
        (!is_unlabelled(cell)).then_some(cell)
    }

    /// The label as a number.
    pub fn value(&self, row: usize) -> Option<f64> {
        number(self.label(row)?, self.comma)
    }
}
