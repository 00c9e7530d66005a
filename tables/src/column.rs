//! What a column holds, and the numbers that the network sees of it.
//!
//! ```text
//! a number x       (x − μ) / σ, at most ±10; 0 where it is missing, and a 1 beside it if some were missing in training
//! a category       a 1 among zeros; all zeros if training had no such category
//! ```
//!
//! μ and σ are over the training part; σ divides by n, as scikit-learn's `StandardScaler`. Without a bound one wild cell
//! would drown all others of its step.

use serde::{Deserialize, Serialize};

use crate::words::{is_missing, number};

/// How many deviations from the mean a number counts at most.
const FAR: f64 = 10.0;

/// A column that the network sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Which of the table's columns it is, from 0 on.
    pub place: usize,
    /// What it holds.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// Numbers.
    Number {
        /// μ
        mean: f64,
        /// σ > 0
        deviation: f64,
        /// Whether an input says that there is none.
        missing: bool,
    },
    /// Names.
    Category {
        /// Those of the training part, sorted; the empty one is a cell without any.
        values: Vec<String>,
    },
}

impl Column {
    /// How many numbers the network sees of it.
    pub fn inputs(&self) -> usize {
        match &self.kind {
            Kind::Number { missing, .. } => 1 + usize::from(*missing),
            Kind::Category { values } => values.len(),
        }
    }

    /// What a cell is kept as: (x − μ) / σ, or the number of its category; not a number where there is neither.
    pub(crate) fn code(&self, cell: &str, comma: bool) -> f32 {
        match &self.kind {
            Kind::Number { mean, deviation, .. } => match number(cell, comma) {
                Some(x) if !is_missing(cell) => ((x - mean) / deviation).clamp(-FAR, FAR) as f32,
                _ => f32::NAN,
            },
            Kind::Category { values } => {
                let cell = if is_missing(cell) { "" } else { cell };
                let found = values.binary_search_by(|value| value.as_str().cmp(cell));
                found.map_or(f32::NAN, |i| i as f32)
            }
        }
    }

    /// Writes what the network sees of a [`Column::code`].
    pub(crate) fn write(&self, code: f32, into: &mut [f32]) {
        match &self.kind {
            Kind::Number { .. } => {
                into[0] = if code.is_nan() { 0.0 } else { code };
                if let Some(missing) = into.get_mut(1) {
                    *missing = f32::from(u8::from(code.is_nan()));
                }
            }
            Kind::Category { .. } => {
                into.fill(0.0);
                if !code.is_nan() {
                    into[code as usize] = 1.0;
                }
            }
        }
    }

    /// Whether it makes sense, where a file said it.
    pub(crate) fn is_sane(&self) -> bool {
        match &self.kind {
            Kind::Number { mean, deviation, .. } => {
                mean.is_finite() && deviation.is_finite() && *deviation > 0.0
            }
            Kind::Category { values } => !values.is_empty() && values.is_sorted_by(|a, b| a < b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(column: &Column, cell: &str) -> Vec<f32> {
        let mut into = vec![f32::NAN; column.inputs()];
        column.write(column.code(cell, false), &mut into);
        into
    }

    #[test]
    fn numbers_are_scaled_bounded_and_may_be_missing() {
        let kind = |missing| Kind::Number { mean: 10.0, deviation: 4.0, missing };
        let age = Column { name: "age".into(), place: 0, kind: kind(false) };
        assert_eq!([seen(&age, "12"), seen(&age, "?"), seen(&age, "x")], [vec![0.5], vec![0.0], vec![0.0]]);
        assert_eq!([seen(&age, "1e30"), seen(&age, "-1e30")], [vec![10.0], vec![-10.0]]);
        let age = Column { name: "age".into(), place: 0, kind: kind(true) };
        assert_eq!([seen(&age, "8"), seen(&age, "")], [vec![-0.5, 0.0], vec![0.0, 1.0]]);
    }

    #[test]
    fn a_category_is_a_one_among_zeros() {
        let values = ["", "blue", "red"].map(String::from).to_vec();
        let colour = Column { name: "colour".into(), place: 0, kind: Kind::Category { values } };
        assert!(colour.is_sane());
        assert_eq!(seen(&colour, "red"), [0.0, 0.0, 1.0]);
        assert_eq!(seen(&colour, "NA"), [1.0, 0.0, 0.0]);
        assert_eq!(seen(&colour, "green"), [0.0; 3], "training had none");
    }
}
