//! The training examples: a list of pictures, their classes, parts and pixels.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::store::Pixels;
use crate::{Error, Format, Note, Noted, Part, Settings, Skipped, Split, load, summary};

/// One readable picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file, below the folder given (empty for pictures from memory).
    pub path: PathBuf,
    /// Index into [`Pictures::classes`].
    pub class: usize,
    /// SHA-256 of the file (of the pixels, for pictures from memory).
    pub hash: [u8; 32],
    /// What it is used for.
    pub part: Part,
    /// Width of the original, as stored.
    pub width: u32,
    /// Height of the original, as stored.
    pub height: u32,
    /// The format by content; `None` for pictures from memory.
    pub format: Option<Format>,
    /// What was odd about it.
    pub notes: Vec<Note>,
}

/// A set of pictures with their classes, parts and pixels. Sorted by path; classes are sorted by name.
#[derive(Debug)]
pub struct Pictures {
    pub(crate) classes: Vec<String>,
    pub(crate) list: Vec<Picture>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) noted: Vec<Noted>,
    pub(crate) pixels: Pixels,
    /// Where the pixels of each picture lie.
    pub(crate) slots: Vec<usize>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: usize,
    pub(crate) decoded: usize,
    pub(crate) cache_trouble: Option<String>,
}

impl Pictures {
    /// Reads a folder of pictures.
    ///
    /// The folder is one of: a sub-folder per class; files named like `cat.0.jpg`; or `train` with `validation`
    /// (`val`, `valid`) and `test` beside it, each of them in one of the first two forms. What the user has not set
    /// apart as validation and test is split off by `split`. Sub-folders of a class folder are read too, links are
    /// followed. `progress` is called with (done, total) as pictures are read, from several threads, one at a time.
    ///
    /// # Errors
    /// See [`Error`]: a missing or empty folder, fewer than two classes, a class without a readable picture. A
    /// single unreadable picture is no error: see [`Pictures::skipped`].
    pub fn open(
        folder: &Path,
        settings: &Settings,
        split: &Split,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Pictures, Error> {
        load::open(folder, settings, split, progress)
    }

    /// Pictures that are in memory already: `pixels` holds `labels.len()` pictures, each `height` rows of `width`
    /// pixels of `channels` (1 or 3) bytes. `labels` are indices into `classes`, which stay in the order given.
    ///
    /// # Errors
    /// [`Error::Invalid`] if lengths or labels contradict each other.
    ///
    /// ```
    /// use gradus_pictures::{Part, Pictures};
    /// let classes = vec!["dark".to_string(), "light".to_string()];
    /// let pixels = vec![0, 255];
    /// let two = Pictures::from_memory(classes, &[0, 1], &[Part::Train, Part::Test], pixels, 1, 1, 1)?;
    /// assert_eq!(two.pixels(1), [255]);
    /// # Ok::<(), gradus_pictures::Error>(())
    /// ```
    pub fn from_memory(
        classes: Vec<String>,
        labels: &[usize],
        parts: &[Part],
        pixels: Vec<u8>,
        width: u32,
        height: u32,
        channels: usize,
    ) -> Result<Pictures, Error> {
        let stride = width as usize * height as usize * channels;
        let wrong = if stride == 0 || !matches!(channels, 1 | 3) {
            Some(format!("pictures of {width} × {height} pixels in {channels} channels cannot be"))
        } else if labels.len() != parts.len() || labels.len().checked_mul(stride) != Some(pixels.len()) {
            let (l, p, b) = (labels.len(), parts.len(), pixels.len());
            Some(format!("{l} labels, {p} parts and {b} bytes of pixels ({stride} a picture) do not fit"))
        } else {
            let bad = labels.iter().find(|&&label| label >= classes.len());
            bad.map(|label| format!("label {label}, and there are only {} classes", classes.len()))
        };
        if let Some(wrong) = wrong {
            return Err(Error::Invalid(wrong));
        }
        let picture = |((&class, &part), pixels): ((&usize, &Part), &[u8])| Picture {
            path: PathBuf::new(),
            class,
            hash: Sha256::digest(pixels).into(),
            part,
            width,
            height,
            format: None,
            notes: Vec::new(),
        };
        let list: Vec<Picture> = labels.iter().zip(parts).zip(pixels.chunks(stride)).map(picture).collect();
        Ok(Pictures {
            classes,
            slots: (0..list.len()).collect(),
            list,
            skipped: Vec::new(),
            noted: Vec::new(),
            pixels: Pixels::Memory(pixels),
            width,
            height,
            channels,
            decoded: 0,
            cache_trouble: None,
        })
    }

    /// Names of the classes; a picture's `class` is an index into them.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The pictures, sorted by path.
    pub fn list(&self) -> &[Picture] {
        &self.list
    }

    /// Files that were left out, each with its reason, sorted by path.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// What is worth knowing about pictures that were read: misnamed, turned, repaired, the same picture in two
    /// classes or parts, a cache that could not be written.
    pub fn noted(&self) -> &[Noted] {
        &self.noted
    }

    /// The pixels of picture `index`: [`height`](Self::height) rows of [`width`](Self::width) pixels of
    /// [`channels`](Self::channels) bytes.
    ///
    /// # Panics
    /// If `index` is not below `list().len()`, as for a slice.
    pub fn pixels(&self, index: usize) -> &[u8] {
        self.pixels.slot(self.slots[index], self.width as usize * self.height as usize * self.channels)
    }

    /// Whether all pixels are in memory; else they are in a file, and the system brings in what is used.
    pub fn in_memory(&self) -> bool {
        matches!(self.pixels, Pixels::Memory(_))
    }

    /// Width of every resized picture.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height of every resized picture.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Bytes of a pixel: 1 (grey) or 3 (red, green, blue).
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Indices of the pictures of one part, in the order of the list.
    pub fn indices(&self, part: Part) -> Vec<usize> {
        (0..self.list.len()).filter(|&i| self.list[i].part == part).collect()
    }

    /// How many pictures of a class are in a part.
    pub fn count(&self, class: usize, part: Part) -> usize {
        self.list.iter().filter(|p| p.class == class && p.part == part).count()
    }

    /// How many pictures were decoded by this start; the others came from the cache.
    pub fn decoded(&self) -> usize {
        self.decoded
    }

    /// What went wrong with the cache: a sentence. The pictures are right all the same.
    pub fn cache_trouble(&self) -> Option<&str> {
        self.cache_trouble.as_deref()
    }

    /// A hash of the whole set: classes, and content, class and part of each picture, whatever their names. Two
    /// sets of the same fingerprint train the same network.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for number in [self.width as usize, self.height as usize, self.channels, self.classes.len()] {
            hash.update((number as u64).to_le_bytes());
        }
        for class in &self.classes {
            hash.update((class.len() as u64).to_le_bytes());
            hash.update(class);
        }
        for picture in &self.list {
            hash.update(picture.hash);
            hash.update((picture.class as u64).to_le_bytes());
            hash.update([picture.part as u8]);
        }
        hash.finalize().into()
    }

    /// One line that counts everything.
    pub fn summary_line(&self) -> String {
        summary::line(self)
    }
}
