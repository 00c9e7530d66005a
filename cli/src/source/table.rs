//! The rows of a table as training examples.

use std::path::Path;

use anyhow::Result;
use gradus::input::Input;
use gradus::train::{Part, Parts, Samples, Split};
use gradus_tables::{Encoder, Rows, Settings, Table};

use super::{Preprocessing, Source};
use crate::data::{Data, Kind};
use crate::noun::Noun;

/// Labelled rows.
pub struct TableSamples(Table);

impl TableSamples {
    /// Reads the table of a recipe.
    pub fn open(data: &Data, settings: &Settings) -> Result<TableSamples> {
        let split = Split { validation: data.validation, test: data.test, seed: 0 };
        Ok(TableSamples(Table::open(Path::new(&data.source), settings, &split)?))
    }
}

impl Samples for TableSamples {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn inputs(&self) -> usize {
        self.0.encoder().inputs()
    }
    fn classes(&self) -> usize {
        self.0.classes().len()
    }
    fn class(&self, index: usize) -> usize {
        self.0.class(index)
    }
    fn value(&self, index: usize) -> f32 {
        self.0.value(index)
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        self.0.read(index, into);
    }
}

impl Source for TableSamples {
    fn noun(&self) -> Noun {
        Noun::ROW
    }
    fn input(&self) -> Input {
        self.inputs().into()
    }
    fn names(&self) -> &[String] {
        self.0.classes()
    }
    fn scale(&self) -> Option<(f64, f64)> {
        self.0.encoder().label.scale
    }
    fn label(&self) -> String {
        self.0.encoder().label.name.clone()
    }
    fn parts(&self) -> Parts {
        let of = |part| self.0.indices(part);
        Parts { train: of(Part::Train), validation: of(Part::Validation), test: of(Part::Test) }
    }
    fn fingerprint(&self) -> [u8; 32] {
        self.0.fingerprint()
    }
    fn summary_line(&self) -> String {
        self.0.summary_line()
    }
    fn left_out(&self) -> Vec<(String, String)> {
        let all = self.0.skipped().iter();
        all.map(|skipped| (format!("line {}", skipped.line), skipped.reason.clone())).collect()
    }
    fn notes(&self) -> Vec<String> {
        self.0.notes().to_vec()
    }
    fn preprocessing(&self) -> Preprocessing {
        Preprocessing::Row(self.0.encoder().clone())
    }
    fn resolved(&self, asked: &Kind) -> Option<Kind> {
        let Kind::Table(asked) = asked else { return None };
        Some(Kind::Table(self.0.settings(asked)))
    }
    fn place(&self, index: usize) -> String {
        format!("line {}", self.0.line(index))
    }
    fn about(&self, index: usize) -> String {
        self.0.about(index)
    }
}

/// The rows of another file, whose labels a model may be held against.
pub struct OtherRows<'a> {
    pub rows: Rows,
    pub encoder: &'a Encoder,
    /// Names of the model's classes.
    pub classes: &'a [String],
}

impl OtherRows<'_> {
    /// The rows with a label that the model knows.
    pub fn known(&self) -> Vec<u32> {
        let knows = |row: &u32| self.label(*row as usize).is_some();
        (0..self.rows.len() as u32).filter(knows).collect()
    }

    /// The number of a row's class, or its scaled value.
    fn label(&self, row: usize) -> Option<f32> {
        match self.encoder.label.scale {
            Some((mean, deviation)) => self.rows.value(row).map(|y| ((y - mean) / deviation) as f32),
            None => {
                let label = self.rows.label(row)?;
                self.classes.iter().position(|class| class == label).map(|k| k as f32)
            }
        }
    }
}

impl Samples for OtherRows<'_> {
    fn len(&self) -> usize {
        self.rows.len()
    }
    fn inputs(&self) -> usize {
        self.encoder.inputs()
    }
    fn classes(&self) -> usize {
        self.classes.len()
    }
    fn class(&self, index: usize) -> usize {
        if self.classes.is_empty() { 0 } else { self.value(index) as usize }
    }
    fn value(&self, index: usize) -> f32 {
        self.label(index).unwrap_or(0.0)
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        self.rows.read(self.encoder, index, into);
    }
}
