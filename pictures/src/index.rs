//! What the cache knows of pictures, as bytes: numbers little-endian, texts behind their length.
//!
//! ```text
//! count, sources    of each its name, length and time
//! count, outcomes   0, and why it was left out; or 1, hash, slot, width, height, format, and notes as JSON if there are any
//! ```

use crate::{Format, Note};

/// A file that pictures came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Below the folder.
    pub path: String,
    pub length: u64,
    /// Nanoseconds since 1970.
    pub modified: i64,
}

/// What reading a picture gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Read(Read),
    /// Left out for this reason.
    Skipped(String),
}

/// A picture that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub hash: [u8; 32],
    pub slot: usize,
    pub width: u32,
    pub height: u32,
    pub format: Format,
    pub notes: Vec<Note>,
}

/// The files, and what they held: of a folder, one outcome for each file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    pub sources: Vec<Source>,
    pub outcomes: Vec<Outcome>,
}

impl Index {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Vec::with_capacity(64 * (self.sources.len() + self.outcomes.len()));
        let number = |to: &mut Vec<u8>, n: u64| to.extend(n.to_le_bytes());
        let text = |to: &mut Vec<u8>, text: &str| {
            to.extend((text.len() as u64).to_le_bytes());
            to.extend(text.as_bytes());
        };
        number(&mut to, self.sources.len() as u64);
        for Source { path, length, modified } in &self.sources {
            text(&mut to, path);
            number(&mut to, *length);
            to.extend(modified.to_le_bytes());
        }
        number(&mut to, self.outcomes.len() as u64);
        for outcome in &self.outcomes {
            match outcome {
                Outcome::Skipped(reason) => {
                    to.push(0);
                    text(&mut to, reason);
                }
                Outcome::Read(Read { hash, slot, width, height, format, notes }) => {
                    to.push(1);
                    to.extend(hash);
                    number(&mut to, *slot as u64);
                    to.extend(width.to_le_bytes());
                    to.extend(height.to_le_bytes());
                    to.push(*format as u8);
                    let all = if notes.is_empty() {
                        String::new()
                    } else {
                        serde_json::to_string(notes).expect("plain values")
                    };
                    text(&mut to, &all);
                }
            }
        }
        to
    }

    /// `None` of any bytes that say something else than an index.
    pub fn from_bytes(bytes: &[u8]) -> Option<Index> {
        let mut from = Unread(bytes);
        // Nothing is held for a promise that the bytes are too few to keep.
        let count = from.count(24)?;
        let mut sources = Vec::with_capacity(count);
        for _ in 0..count {
            let path = from.text()?;
            sources.push(Source {
                path,
                length: from.number()?,
                modified: i64::from_le_bytes(from.array()?),
            });
        }
        let count = from.count(9)?;
        let mut outcomes = Vec::with_capacity(count);
        for _ in 0..count {
            outcomes.push(match from.array()? {
                [0] => Outcome::Skipped(from.text()?),
                [1] => Outcome::Read(from.read()?),
                _ => return None,
            });
        }
        from.0.is_empty().then_some(Index { sources, outcomes })
    }
}

/// Bytes still to be read.
struct Unread<'a>(&'a [u8]);

impl Unread<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A number of things that take `least` bytes each.
    fn count(&mut self, least: usize) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.0.len() / least)
    }

    fn text(&mut self) -> Option<String> {
        let length = self.count(1)?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    fn read(&mut self) -> Option<Read> {
        let hash = self.array()?;
        let slot = usize::try_from(self.number()?).ok()?;
        let [width, height] = [self.array()?, self.array()?].map(u32::from_le_bytes);
        let [format] = self.array()?;
        let format = *Format::ALL.get(usize::from(format))?;
        let notes = match self.text()? {
            none if none.is_empty() => Vec::new(),
            notes => serde_json::from_str(&notes).ok()?,
        };
        Some(Read { hash, slot, width, height, format, notes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let read = |slot, format, notes| {
            Outcome::Read(Read { hash: [slot as u8 + 7; 32], slot, width: 3, height: 70_000, format, notes })
        };
        let outcomes = vec![
            read(0, Format::Jpeg, Vec::new()),
            Outcome::Skipped("no picture".into()),
            read(9, Format::Idx, vec![Note::Rotated(6), Note::Repaired("«garbage»".into())]),
        ];
        let source = |path: &str| Source { path: path.into(), length: 1 << 40, modified: -5 };
        Index { sources: ["cat/é.jpg", ""].map(source).to_vec(), outcomes }
    }

    #[test]
    fn every_format_has_its_number() {
        use Format::*;
        // Written out: who changes an order makes old caches say something else.
        let numbers = [(Jpeg, 0), (Png, 1), (Gif, 2), (Bmp, 3), (WebP, 4), (Tiff, 5), (Idx, 6)];
        assert_eq!(numbers.len(), Format::ALL.len());
        for (format, number) in numbers {
            assert_eq!((format as usize, Format::ALL[number]), (number, format));
        }
    }

    #[test]
    fn it_reads_back_and_refuses_what_is_cut_or_longer() {
        let bytes = index().to_bytes();
        assert_eq!(Index::from_bytes(&bytes), Some(index()));
        assert_eq!(Index::from_bytes(&Index::default().to_bytes()), Some(Index::default()));
        for length in 0..bytes.len() {
            assert_eq!(Index::from_bytes(&bytes[..length]), None, "cut to {length} of {}", bytes.len());
        }
        assert_eq!(Index::from_bytes(&[&bytes[..], &[0]].concat()), None);
        // No count, however large, makes it ask for memory or panic.
        for at in 0..bytes.len() {
            for byte in [0, 1, 0x7f, 0xff] {
                let mut other = bytes.clone();
                other[at] = byte;
                let _ = Index::from_bytes(&other);
            }
        }
    }
}
