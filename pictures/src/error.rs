//! What can go wrong: with a whole folder ([`Error`]) and with one picture ([`Reason`]).

use std::path::PathBuf;

/// Why a folder could not become training examples: what, where, and the mend.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The path leads nowhere.
    #[error("{}: there is no such folder; check the spelling of the path", path.display())]
    Missing {
        /// The folder asked for.
        path: PathBuf,
    },
    /// The path is a file.
    #[error("{}: this is a file; give the folder that holds the pictures", path.display())]
    NotAFolder {
        /// The path asked for.
        path: PathBuf,
    },
    /// The folder exists and cannot be listed.
    #[error("{}: the folder cannot be read: {source}; check its permissions", path.display())]
    Unreadable {
        /// The folder asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No file that could be a picture.
    #[error(
        "{}: the folder holds no picture; put one sub-folder per class in it, or files named like cat.0.jpg",
        path.display()
    )]
    Empty {
        /// The folder asked for.
        path: PathBuf,
    },
    /// Files, but nothing tells their classes.
    #[error(
        "{}: {files} files, and nothing tells their classes; put each class into its own sub-folder, \
         or name the files like cat.0.jpg",
        path.display()
    )]
    NoClasses {
        /// The folder asked for.
        path: PathBuf,
        /// How many files were seen.
        files: usize,
    },
    /// Only one class.
    #[error(
        "{}: only one class, {class:?}; at least two are needed: one sub-folder per class, \
         or names like cat.0.jpg and dog.0.jpg{hint}",
        path.display()
    )]
    OneClass {
        /// The folder asked for.
        path: PathBuf,
        /// The class found.
        class: String,
        /// Empty, or a folder that looks like the one meant.
        hint: String,
    },
    /// A class without a single readable picture.
    #[error(
        "{}: class {class:?} has no readable picture{why}; add pictures to it or take the class away",
        path.display()
    )]
    EmptyClass {
        /// The folder asked for.
        path: PathBuf,
        /// The class.
        class: String,
        /// Empty, or how many files were skipped and why the first was.
        why: String,
    },
    /// A class that the user's own `train` folder does not have.
    #[error(
        "{}: class {class:?} has no picture to train on; its pictures all lie in the validation or test folder",
        path.display()
    )]
    NotInTrain {
        /// The folder asked for.
        path: PathBuf,
        /// The class.
        class: String,
    },
    /// `validation` or `test` folders without `train`.
    #[error(
        "{}: there is {found:?} and no \"train\" folder beside it; add one, or give a folder of classes",
        path.display()
    )]
    NoTrain {
        /// The folder asked for.
        path: PathBuf,
        /// The part's folder that was found.
        found: String,
    },
    /// A file of the MNIST family (see [`stored_size`](crate::stored_size)) is missing or damaged.
    #[error("{}: {what}", path.display())]
    Idx {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and the mend.
        what: String,
    },
    /// Settings, split or raw data that make no sense.
    #[error("{0}")]
    Invalid(String),
    /// Not enough memory, or no threads.
    #[error("{0}")]
    System(String),
}

/// Why one picture could not be read. Its `Display` is the plain sentence shown to the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Zero bytes long.
    #[error("empty file (0 bytes)")]
    Empty,
    /// Nothing but zero bytes.
    #[error("filled with zeros: there is no picture in it")]
    Zeros,
    /// A web page saved under a picture's name.
    #[error("a web page (HTML), not a picture")]
    WebPage,
    /// Plain text under a picture's name.
    #[error("text, not a picture")]
    Text,
    /// Another known kind of file.
    #[error("{0}")]
    Foreign(&'static str),
    /// Nothing known.
    #[error("not a picture of a known format (JPEG, PNG, GIF, BMP, WebP, TIFF)")]
    Unknown,
    /// More pixels than the limit.
    #[error("{width} × {height} pixels, more than the limit of {limit}")]
    TooManyPixels {
        /// Width by the header.
        width: u32,
        /// Height by the header.
        height: u32,
        /// [`Settings::max_pixels`](crate::Settings::max_pixels).
        limit: u64,
    },
    /// More bytes than a picture within the limit of pixels could need.
    #[error("{length} bytes, more than a picture within the limit of pixels could need")]
    TooManyBytes {
        /// Length of the file.
        length: u64,
    },
    /// Part of the picture is missing.
    #[error("truncated {0}: part of the picture is missing")]
    Truncated(crate::Format),
    /// The bytes contradict the format.
    #[error("damaged {0}: {1}")]
    Damaged(crate::Format, String),
    /// A variant of a known format that cannot be read.
    #[error("a kind of {0} that cannot be read: {1}")]
    Unsupported(crate::Format, String),
    /// The decoder gave up; a fault in it, not the user's.
    #[error("the decoder failed on this file: {0}")]
    Panicked(String),
    /// The file could not be opened or read. Never remembered by the cache.
    #[error("cannot be opened: {0}")]
    Io(String),
    /// The settings make no sense.
    #[error("{0}")]
    Settings(String),
}
