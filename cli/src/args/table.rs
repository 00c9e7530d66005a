//! What can be said of a table.

use anyhow::{Result, bail};
use clap::Args;
use gradus_tables::{Answer, Settings};

#[derive(Args, Clone, Default)]
pub struct TableArgs {
    /// The column to be learnt, by name, or by number from 1 on [default: the one called label, class or target, else
    /// the last].
    #[arg(long, value_name = "COLUMN", help_heading = "Tables")]
    pub label: Option<String>,
    /// What is to be said of a row: class or value (a number) [default: value where the label's column holds fractions,
    /// or more than 50 different numbers].
    #[arg(long, value_name = "WHAT", value_parser = parse_answer, help_heading = "Tables")]
    pub answer: Option<Answer>,
    /// Columns that are not looked at, separated by commas.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Tables")]
    pub leave_out: Vec<String>,
    /// Columns whose numbers are names, separated by commas.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Tables")]
    pub categories: Vec<String>,
    /// What stands between cells, for example ';' or tab [default: what gives every line as many].
    #[arg(long, value_name = "LETTER", value_parser = parse_delimiter, help_heading = "Tables")]
    pub delimiter: Option<char>,
    /// Whether the first row names the columns: yes or no [default: as it looks].
    #[arg(long, value_name = "YES|NO", value_parser = parse_header, help_heading = "Tables")]
    pub header: Option<bool>,
}

impl TableArgs {
    /// The options given.
    pub fn given(&self) -> [(bool, &'static str); 6] {
        [
            (self.label.is_some(), "--label"),
            (self.answer.is_some(), "--answer"),
            (!self.leave_out.is_empty(), "--leave-out"),
            (!self.categories.is_empty(), "--categories"),
            (self.delimiter.is_some(), "--delimiter"),
            (self.header.is_some(), "--header"),
        ]
    }

    /// As `gradus_tables` is told.
    pub fn settings(&self) -> Settings {
        Settings {
            label: self.label.clone(),
            answer: self.answer,
            leave_out: self.leave_out.clone(),
            categories: self.categories.clone(),
            delimiter: self.delimiter,
            header: self.header,
        }
    }
}

/// That no option is given that says nothing of such data.
pub fn none_of(options: &[(bool, &'static str)], of: &str, mend: &str) -> Result<()> {
    match options.iter().find(|(given, _)| *given) {
        Some((_, option)) => bail!("{option} says how {of}\n  mend: leave it out, or {mend}"),
        None => Ok(()),
    }
}

fn parse_answer(text: &str) -> Result<Answer, String> {
    match text {
        "class" => Ok(Answer::Class),
        "value" => Ok(Answer::Value),
        _ => Err("write class or value".into()),
    }
}

fn parse_delimiter(text: &str) -> Result<char, String> {
    let mut letters = text.chars();
    match (text, letters.next(), letters.next()) {
        ("tab" | "\\t", ..) => Ok('\t'),
        (_, Some(c), None) if c.is_ascii() && !matches!(c, '"' | '\n' | '\r') => Ok(c),
        _ => Err("write one letter, for example ';', or tab".into()),
    }
}

fn parse_header(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("write yes or no".into()),
    }
}
