//! The one error type. Its variants carry facts; its text says what is wrong, where, and how to mend it.

use std::ops::Range;
use std::path::PathBuf;

use crate::message::Message;
use crate::op::Shape;

/// `Result` with [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong in the library.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Inputs that do not fit an operation.
    #[error("{op}: inputs of shape {inputs:?} do not fit: it needs {needs}")]
    Shape {
        /// The operation's name.
        op: String,
        /// What it was given.
        inputs: Vec<Shape>,
        /// What it needs.
        needs: String,
    },
    /// A line of text (a network, an optimizer, a loss) with a wrong word in it.
    #[error("{}", point_at(line, at, message, mend))]
    Line {
        /// The whole line.
        line: String,
        /// The bytes of the wrong word.
        at: Range<usize>,
        /// What is wrong with it.
        message: Message,
        /// What to write instead.
        mend: Message,
    },
    /// A value outside its range.
    #[error("{name} = {value} is out of range: it must be {range}")]
    Range {
        /// The setting's name.
        name: String,
        /// What was given.
        value: String,
        /// What is allowed.
        range: Message,
    },
    /// Settings that contradict each other.
    #[error("{message}\n  mend: {mend}")]
    Settings {
        /// What contradicts what.
        message: Message,
        /// What to change.
        mend: Message,
    },
    /// Data that cannot be trained on.
    #[error("{message}\n  mend: {mend}")]
    Data {
        /// What is wrong, and where.
        message: Message,
        /// What to change.
        mend: Message,
    },
    /// A file that could not be read or written.
    #[error("could not {action} {path}: {source}{}", io_mend(source))]
    File {
        /// `read`, `write`, …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file whose contents are not what they should be.
    #[error("{path} is not a usable {kind}: {reason}\n  mend: {mend}")]
    Damaged {
        /// `checkpoint`, `model`, …
        kind: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to do now.
        mend: String,
    },
    /// A loss, weight or activation became infinite or undefined.
    #[error("{0}")]
    NotFinite(Box<crate::train::Verdict>),
}

impl Error {
    /// For `map_err`: names the file and what was tried.
    pub fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { action, path, source }
    }

    /// A value outside its range.
    pub fn range(name: &str, value: impl ToString, range: impl Into<Message>) -> Error {
        Error::Range { name: name.into(), value: value.to_string(), range: range.into() }
    }

    /// The same words as a [`Message`], so that they can be said in another language. What the operating system and damaged
    /// files tell has no code.
    pub fn message(&self) -> Message {
        match self {
            Error::Shape { op, inputs, needs } => {
                Message::of("{op}: inputs of shape {inputs} do not fit: it needs {needs}")
                    .with("op", op)
                    .with("inputs", format!("{inputs:?}"))
                    .with("needs", needs)
            }
            Error::Line { line, at, message, mend } => with_mend(
                Message::of("{message}\n  {line}\n  {caret}{mend}")
                    .saying("message", message.clone())
                    .with("line", line)
                    .with("caret", caret(line, at)),
                mend,
            ),
            Error::Range { name, value, range } => {
                Message::of("{name} = {value} is out of range: it must be {range}")
                    .with("name", name)
                    .with("value", value)
                    .saying("range", range.clone())
            }
            Error::Settings { message, mend } | Error::Data { message, mend } => {
                with_mend(Message::of("{message}{mend}").saying("message", message.clone()), mend)
            }
            Error::NotFinite(verdict) => verdict.message(),
            Error::File { .. } | Error::Damaged { .. } => Message::plain(self),
        }
    }
}

fn io_mend(source: &std::io::Error) -> &'static str {
    match source.kind() {
        std::io::ErrorKind::StorageFull => {
            "\n  mend: free some space on that disk; what was saved before is whole"
        }
        std::io::ErrorKind::PermissionDenied => {
            "\n  mend: choose a place you may write to, or change its permissions"
        }
        std::io::ErrorKind::NotFound => "\n  mend: check the spelling of the path",
        _ => "",
    }
}

/// The line, and a caret under the wrong word.
fn point_at(line: &str, at: &Range<usize>, message: &Message, mend: &Message) -> String {
    let mend = if mend.is_empty() { String::new() } else { format!("\n  mend: {mend}") };
    format!("{message}\n  {line}\n  {}{mend}", caret(line, at))
}

/// What stands under the line.
fn caret(line: &str, at: &Range<usize>) -> String {
    let before = line[..at.start].chars().count();
    let width = line[at.clone()].chars().count().max(1);
    format!("{}{}", " ".repeat(before), "^".repeat(width))
}

/// What to do, on a line of its own, if there is anything to say.
fn with_mend(message: Message, mend: &Message) -> Message {
    match mend.is_empty() {
        true => message.with("mend", ""),
        false => message.saying("mend", Message::of("\n  mend: {mend}").saying("mend", mend.clone())),
    }
}

/// The names nearest to a misspelt one, and all of them: what a wrong name's mend says.
pub fn did_you_mean<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Message {
    let names: Vec<&str> = names.collect();
    let near = names.iter().map(|n| (distance(wrong, n), *n)).min();
    let known = names.join(", ");
    match near {
        Some((d, name)) if d <= 2.max(wrong.len() / 3) => {
            Message::of("did you mean `{name}`? known: {known}").with("name", name).with("known", known)
        }
        _ => Message::of("known: {known}").with("known", known),
    }
}

/// How many letters must be changed, added, dropped or swapped with the next (Damerau 1964).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let a: Vec<char> = a.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(row[j - 1] + 1).min(rows[i - 1][j] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
