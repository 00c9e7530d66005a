//! What is worth knowing about files that were read all the same, or left out.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Format;

/// Something odd about a picture that was read all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Note {
    /// The name says another format than the content.
    Misnamed {
        /// The ending of the name.
        extension: String,
        /// What the content is.
        format: Format,
    },
    /// Turned or mirrored as its EXIF orientation (2 to 8) says.
    Rotated(u8),
    /// Several frames: the first was taken.
    Animated,
    /// See-through places were laid on white.
    Transparent,
    /// Four printing colours were converted to red, green, blue.
    Cmyk,
    /// Repaired: what was odd.
    Repaired(String),
    /// Anything else, about the folder as a whole.
    Other(String),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Misnamed { extension, format } => write!(f, "named .{extension}, but is {format}"),
            Note::Rotated(orientation) => write!(f, "turned upright (EXIF orientation {orientation})"),
            Note::Animated => write!(f, "animated: only the first frame is used"),
            Note::Transparent => write!(f, "transparent: laid on white"),
            Note::Cmyk => write!(f, "CMYK: converted to RGB"),
            Note::Repaired(what) => write!(f, "read in spite of {what}"),
            Note::Other(what) => f.write_str(what),
        }
    }
}

/// A file (or folder) that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The file, below the folder given.
    pub path: PathBuf,
    /// The reason, in plain words.
    pub reason: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

/// A file that was read, and what is worth knowing about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Noted {
    /// The file, below the folder given; the folder itself where the note is about the whole.
    pub path: PathBuf,
    /// What was noted.
    pub what: Note,
}

impl fmt::Display for Noted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.what)
    }
}
