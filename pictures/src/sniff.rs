//! What a file is, by its first bytes; names are never believed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Reason;

/// A picture format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Format {
    /// JPEG: grey, RGB, CMYK or YCCK.
    Jpeg,
    /// PNG.
    Png,
    /// GIF (its first frame).
    Gif,
    /// Windows bitmap.
    Bmp,
    /// WebP (its first frame).
    WebP,
    /// TIFF (its first page).
    Tiff,
    /// One of many pictures in an IDX file of the MNIST family.
    Idx,
}

impl Format {
    /// All of them. Their places are numbers in the cache's files: a new one goes last, or the cache's `MAGIC` changes.
    pub(crate) const ALL: [Format; 7] =
        [Format::Jpeg, Format::Png, Format::Gif, Format::Bmp, Format::WebP, Format::Tiff, Format::Idx];

    /// The name of the format.
    pub fn name(self) -> &'static str {
        match self {
            Format::Jpeg => "JPEG",
            Format::Png => "PNG",
            Format::Gif => "GIF",
            Format::Bmp => "BMP",
            Format::WebP => "WebP",
            Format::Tiff => "TIFF",
            Format::Idx => "IDX",
        }
    }

    /// The format that a file ending promises, if it promises one of these.
    pub(crate) fn of_extension(extension: &str) -> Option<Format> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" | "jpe" | "jfif" | "jif" | "pjpeg" | "mpo" => Format::Jpeg,
            "png" | "apng" => Format::Png,
            "gif" => Format::Gif,
            "bmp" | "dib" => Format::Bmp,
            "webp" => Format::WebP,
            "tif" | "tiff" => Format::Tiff,
            _ => return None,
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The format of a file that begins with `head` (a few hundred bytes suffice), or why it is no picture.
pub(crate) fn sniff(head: &[u8]) -> Result<Format, Reason> {
    match head {
        [] => Err(Reason::Empty),
        [0xff, 0xd8, 0xff, ..] => Ok(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(Format::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(Format::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Format::WebP),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Ok(Format::Tiff),
        [b'I', b'I', 43, 0, ..] | [b'M', b'M', 0, 43, ..] => Ok(Format::Tiff),
        // The length of the second header tells a bitmap from a text that begins with "BM".
        [b'B', b'M', rest @ ..] if matches!(rest.get(12..16), Some([12..=124, 0, 0, 0])) => Ok(Format::Bmp),
        _ => Err(foreign(head)),
    }
}

/// Which other kind of file this is.
fn foreign(head: &[u8]) -> Reason {
    if head.iter().all(|&b| b == 0) {
        return Reason::Zeros;
    }
    let known = [
        (0, &b"%PDF"[..], "a PDF document, not a picture"),
        (0, b"PK\x03\x04", "a ZIP archive, not a picture; unpack it first"),
        (0, b"\x1f\x8b", "a gzip archive, not a picture; unpack it first"),
        (0, b"Rar!", "a RAR archive, not a picture; unpack it first"),
        (0, b"8BPS", "a Photoshop file; save it as JPEG or PNG"),
        (0, b"\xff\x0a", "a JPEG XL picture, which is not read; convert it to JPEG or PNG"),
        (4, b"JXL ", "a JPEG XL picture, which is not read; convert it to JPEG or PNG"),
        (4, b"jP  ", "a JPEG 2000 picture, which is not read; convert it to JPEG or PNG"),
        (4, b"ftypavi", "an AVIF picture, which is not read; convert it to JPEG or PNG"),
        (4, b"ftyphei", "a HEIC picture, which is not read; convert it to JPEG or PNG"),
        (4, b"ftypmif1", "a HEIC picture, which is not read; convert it to JPEG or PNG"),
        (4, b"ftyp", "a video, not a picture"),
        (0, b"\x1a\x45\xdf\xa3", "a video, not a picture"),
        (0, b"\x00\x00\x01\x00", "an icon file, which is not read; convert it to PNG"),
        (0, b"\x7fELF", "a program, not a picture"),
        (0, b"\x00\x00\x08\x01", "an IDX file of labels, not a picture"),
        (0, b"\x00\x00\x08\x03", "an IDX file of many pictures; give its folder"),
    ];
    for (at, magic, what) in known {
        if head.get(at..).is_some_and(|rest| rest.starts_with(magic)) {
            return Reason::Foreign(what);
        }
    }
    text(head).unwrap_or(Reason::Unknown)
}

/// Whether `head` reads as text, and then which.
fn text(head: &[u8]) -> Option<Reason> {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Some(Reason::Text);
    }
    let head = &head[..head.len().min(4096)];
    // A cut may fall inside a letter of several bytes: only the valid beginning counts.
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&head[..e.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\x0c' | '\x1b')) {
        return None;
    }
    let start = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if start.contains("<svg") {
        return Some(Reason::Foreign("an SVG drawing, which is not read; convert it to PNG"));
    }
    let page = ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| start.contains(tag));
    Some(if page { Reason::WebPage } else { Reason::Text })
}
