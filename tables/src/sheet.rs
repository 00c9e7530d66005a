//! A file as cells of text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use csv::ByteRecord;

use crate::dialect::{LOOK, delimiter, is_header, reader};
use crate::{Error, Settings};

/// Bytes of text that are read at most: what a compressed file says of itself need not be so.
const MOST: u64 = 1 << 34;
/// What a column to be learnt may be called.
pub(crate) const LABELS: [&str; 3] = ["label", "class", "target"];
/// Names that tables have.
const ENDINGS: [&str; 4] = ["csv", "tsv", "tab", "txt"];

/// A row that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Where it begins, from 1 on.
    pub line: u64,
    /// Why.
    pub reason: String,
}

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// Rows of as many cells each, as they are written, without the blanks around them.
#[derive(Debug)]
pub struct Sheet {
    /// What the first row calls the columns: each another name. None if it is a row like the others.
    pub names: Option<Vec<String>>,
    /// Whether `3,14` is a number.
    pub comma: bool,
    /// What stands between cells.
    pub delimiter: char,
    /// Rows that are left out.
    pub skipped: Vec<Skipped>,
    columns: usize,
    text: String,
    /// Where each row begins in it.
    starts: Vec<usize>,
    /// Where each cell ends, from there on.
    ends: Vec<u32>,
    lines: Vec<u64>,
}

/// Whether `train` should take a path for a table: any file but a run.toml, and what is called like one.
pub fn is_table(path: &Path) -> bool {
    let name = path.file_name().map_or(String::new(), |name| name.to_string_lossy().to_lowercase());
    let is_called = |name: &str| name.rsplit_once('.').is_some_and(|(_, end)| ENDINGS.contains(&end));
    let named = is_called(&name) || name.strip_suffix(".gz").is_some_and(is_called);
    (path.is_file() && !name.ends_with(".toml")) || (named && !path.is_dir())
}

impl Sheet {
    /// Reads a file, compressed by gzip or not.
    ///
    /// # Errors
    /// [`Error::Unreadable`]; [`Error::NoTable`] if it is something else, or holds no row.
    pub fn open(path: &Path, settings: &Settings) -> Result<Sheet, Error> {
        Sheet::of(path, &text(path)?, settings)
    }

    /// As [`Sheet::open`], from what [`text`] has read.
    pub(crate) fn of(path: &Path, text: &[u8], settings: &Settings) -> Result<Sheet, Error> {
        let between = match settings.delimiter {
            Some(c) if c.is_ascii() => c as u8,
            Some(c) => return Err(Error::Invalid(format!("cells cannot be parted by `{c}`: it is no ASCII"))),
            None => delimiter(text).ok_or_else(|| {
                let what = "nothing parts its lines into cells (comma, semicolon, tab and bar were tried); if it is a table \
                            of more than one column, say what does: --delimiter";
                Error::no_table(path, what)
            })?,
        };
        let damaged = |e| Error::no_table(path, format!("the table cannot be read: {e}"));
        let (mut counts, mut head, mut record) =
            (BTreeMap::<usize, usize>::new(), Vec::new(), ByteRecord::new());
        let mut records = reader(text, between);
        while next(&mut records, &mut record).map_err(damaged)? {
            *counts.entry(record.len()).or_default() += 1;
            if head.len() <= LOOK {
                head.push(record.clone());
            }
        }
        // The longer of equals: a row is sooner broken than made longer.
        let columns = counts.iter().max_by_key(|(_, count)| **count).map_or(0, |(columns, _)| *columns);
        let comma = between != b',';
        let labels: Vec<&str> = LABELS.into_iter().chain(settings.label.as_deref()).collect();
        let header = match (settings.header, head.split_first()) {
            (Some(told), _) => told,
            (None, Some((first, rows))) => is_header(first, rows, comma, &labels),
            (None, None) => false,
        };
        let rows = counts.values().sum::<usize>().saturating_sub(usize::from(header));
        if rows == 0 {
            return Err(Error::no_table(path, "it holds no row; give a table with a row for each example"));
        }
        let mut sheet = Sheet {
            names: if header { Some(names(path, &head, columns)?) } else { None },
            comma,
            delimiter: between as char,
            skipped: Vec::new(),
            columns,
            text: String::with_capacity(text.len()),
            starts: Vec::with_capacity(rows),
            ends: Vec::with_capacity(rows * columns),
            lines: Vec::with_capacity(rows),
        };
        let mut records = reader(text, between);
        if header {
            next(&mut records, &mut record).map_err(damaged)?;
        }
        let (mut line, mut seen) = (1, 0);
        while next(&mut records, &mut record).map_err(damaged)? {
            // Where the record is found there may still be the end of the line before.
            let from = record.position().map_or(0, |position| position.byte() as usize);
            let from = from + text[from..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            line += lines(&text[seen..from], text.get(from));
            seen = from;
            sheet.add(&record, line);
        }
        Ok(sheet)
    }

    fn add(&mut self, record: &ByteRecord, line: u64) {
        let skip = |reason: String| Skipped { line, reason };
        if record.len() != self.columns {
            let open = record.iter().any(|cell| cell.iter().filter(|b| **b == b'\n').count() > 3);
            let hint = if open { "; is a quote not closed?" } else { "" };
            let cells = if record.len() == 1 { "cell" } else { "cells" };
            let reason = format!("{} {cells} where the others have {}{hint}", record.len(), self.columns);
            return self.skipped.push(skip(reason));
        }
        let Ok(text) = std::str::from_utf8(record.as_slice()) else {
            return self.skipped.push(skip("it is not UTF-8 text; save the table as UTF-8".into()));
        };
        if text.len() > u32::MAX as usize {
            return self.skipped.push(skip("it is longer than 4 GB".into()));
        }
        self.starts.push(self.text.len());
        let ends = (0..self.columns).map(|i| record.range(i).expect("as many cells").end as u32);
        self.ends.extend(ends);
        self.text.push_str(text);
        self.lines.push(line);
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A cell; empty if there is nothing in it.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        let ends = &self.ends[row * self.columns..];
        let from = if column == 0 { 0 } else { ends[column - 1] as usize };
        &self.text[self.starts[row]..][from..ends[column] as usize]
    }

    /// Where a row begins, from 1 on.
    pub fn line(&self, row: usize) -> u64 {
        self.lines[row]
    }

    /// The name of a column: its number, from 1 on, if it has none.
    pub fn name(&self, column: usize) -> Cow<'_, str> {
        match &self.names {
            Some(names) => Cow::Borrowed(&*names[column]),
            None => Cow::Owned((column + 1).to_string()),
        }
    }

    /// The column that the first row calls so.
    pub(crate) fn find_named(&self, asked: &str) -> Option<usize> {
        self.names.as_ref()?.iter().position(|name| name == asked)
    }

    /// The column of that name, or of that number if none is called so.
    pub fn find(&self, asked: &str) -> Option<usize> {
        let named = self.find_named(asked);
        let numbered = || asked.parse::<usize>().ok().filter(|n| (1..=self.columns).contains(n));
        named.or_else(|| numbered().map(|n| n - 1))
    }
}

/// The bytes of a file, unpacked, without the mark that Windows puts in front.
///
/// # Errors
/// As for [`Sheet::open`].
pub(crate) fn text(path: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |source| Error::Unreadable { path: path.into(), source };
    let mut bytes = std::fs::read(path).map_err(unreadable)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut text = Vec::new();
        let damaged = |e| Error::no_table(path, format!("damaged gzip: {e}; fetch it again"));
        flate2::read::MultiGzDecoder::new(&*bytes).take(MOST).read_to_end(&mut text).map_err(damaged)?;
        bytes = text;
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    match foreign(&bytes) {
        Some(what) => Err(Error::no_table(path, what)),
        None => Ok(bytes),
    }
}

/// Ends of lines in a text that `next` follows: \\n, \\r\\n, or \\r alone.
fn lines(text: &[u8], next: Option<&u8>) -> u64 {
    let after = text.iter().skip(1).chain(next).chain([&b' ']);
    let is_end = |(byte, after): (&u8, &u8)| *byte == b'\n' || (*byte == b'\r' && *after != b'\n');
    text.iter().zip(after).filter(|(byte, after)| is_end((byte, after))).count() as u64
}

/// Reads the next record that is more than delimiters, which spreadsheets leave behind; false at the end.
fn next(records: &mut csv::Reader<&[u8]>, record: &mut ByteRecord) -> csv::Result<bool> {
    while records.read_byte_record(record)? {
        if !record.iter().all(<[u8]>::is_empty) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Names that differ: what has none is called by its number, and what comes twice is counted.
fn names(path: &Path, head: &[ByteRecord], columns: usize) -> Result<Vec<String>, Error> {
    let mut told: Vec<String> =
        head[0].iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
    if told.len() + 1 == columns {
        // Rows may end in a delimiter; R does not name the column of a row's name.
        let ends_empty = head[1..].iter().all(|row| row.get(columns - 1).is_none_or(<[u8]>::is_empty));
        told.insert(if ends_empty { columns - 1 } else { 0 }, String::new());
    }
    if told.len() != columns {
        let what = format!(
            "its first row names {} columns, but the rows have {columns}; mend that row, or say --header no if it is none",
            told.len()
        );
        return Err(Error::no_table(path, what));
    }
    let mut names: Vec<String> = Vec::with_capacity(columns);
    for (i, name) in told.into_iter().enumerate() {
        let name = if name.is_empty() { (i + 1).to_string() } else { name };
        let free = (1..).map(|n| if n == 1 { name.clone() } else { format!("{name}.{n}") });
        names.extend(free.into_iter().find(|name| !names.contains(name)));
    }
    Ok(names)
}

/// What a file is that is no text.
fn foreign(text: &[u8]) -> Option<&'static str> {
    let beginnings: [(&[u8], &str); 6] = [
        (b"PK\x03\x04", "a spreadsheet or an archive (zip), no text; save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0", "an old spreadsheet, no text; save the sheet as CSV"),
        (b"PAR1", "a Parquet file; save it as CSV"),
        (b"\x93NUMPY", "a NumPy array; save it as CSV (numpy.savetxt)"),
        (b"\xff\xfe", "UTF-16 text; save it as UTF-8"),
        (b"\xfe\xff", "UTF-16 text; save it as UTF-8"),
    ];
    if text.is_empty() {
        return Some("empty (0 bytes); give a table with a row for each example");
    }
    let known = beginnings.into_iter().find(|(beginning, _)| text.starts_with(beginning));
    let binary = text.iter().take(1 << 16).any(|byte| *byte == 0);
    known
        .map(|(_, what)| what)
        .or(binary.then_some("no text; give a table as text: CSV, or cells parted by tabs"))
}
