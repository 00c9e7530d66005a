//! How a table is read: what is left open is guessed, and told.

use serde::{Deserialize, Serialize};

/// What a network is to say of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Which of several classes it is of.
    Class,
    /// A number.
    Value,
}

/// How a table is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The column to be learnt, by name, or by number from 1 on. None: the one called `label`, `class` or `target`, else the
    /// last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it holds. None: numbers with a fraction, or more than 50 different ones, are values; anything else is classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// Columns that are not looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leave_out: Vec<String>,
    /// Columns whose numbers are names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// What stands between cells. None: of comma, semicolon, tab and bar the one that gives every line as many, and most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Whether the first row names the columns. None: it does if it differs from the rows below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
}
