//! What can go wrong with a whole table: what, where, and the mend.

use std::path::PathBuf;

/// Why a file could not become training examples.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read.
    #[error("{}: the file cannot be read: {source}; check its name and permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no table.
    #[error("{}: {what}", path.display())]
    NoTable {
        /// The file.
        path: PathBuf,
        /// What it is instead, and the mend.
        what: String,
    },
    /// A column that was asked for by name is not there.
    #[error("{}: there is no column `{asked}` ({hint})", path.display())]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The name or number asked for.
        asked: String,
        /// What it may have been, or what there is.
        hint: String,
    },
    /// The label column cannot be learnt.
    #[error("{}: the label column `{label}` {what}", path.display())]
    Label {
        /// The file.
        path: PathBuf,
        /// The column.
        label: String,
        /// What is wrong with it, and the mend.
        what: String,
    },
    /// Settings or a split that make no sense.
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    pub(crate) fn no_table(path: &std::path::Path, what: impl Into<String>) -> Error {
        Error::NoTable { path: path.into(), what: what.into() }
    }
}
