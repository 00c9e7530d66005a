//! Pictures that a program carries within itself: equal tiles of one picture, row by row.

use std::path::PathBuf;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::cache::{Cache, Hold, Kept, unwritable};
use crate::decode::decode;
use crate::index::{Index, Outcome, Read};
use crate::load::{joined, kept, pool};
use crate::pictures::{Picture, Pictures};
use crate::resize::resize;
use crate::store::Pixels;
use crate::{Error, Format, Part, Settings};

/// A picture of many tiles.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// A file of any format that can be read.
    pub file: &'a [u8],
    /// Names what the file holds, for the cache: another file must have another.
    pub name: &'a str,
    /// Width and height of a tile.
    pub tile: u32,
    /// Tiles in a row, and rows.
    pub dims: [usize; 2],
}

impl Sheet<'_> {
    /// The tiles as pictures of `classes`, the size and the channels that `settings` ask for. `class` and `part` say what tile `i`
    /// is; `part` is told the SHA-256 of its pixels too, as they are in the sheet: that is the picture's
    /// [`hash`](Picture::hash).
    ///
    /// With a cache, the sheet is decoded by the first start alone.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the sheet is damaged or no such tiles, or a class is none of `classes`.
    pub fn pictures(
        &self,
        classes: &[&str],
        settings: &Settings,
        class: impl Fn(usize) -> usize,
        part: impl Fn(usize, &[u8; 32]) -> Part,
    ) -> Result<Pictures, Error> {
        settings.check().map_err(Error::Invalid)?;
        let cache = settings.cache.as_deref().map(|folder| Cache::of(folder, self.name.as_bytes(), settings));
        let (kept, damage) = kept(cache.as_ref(), Hold::InMemory);
        let (hashes, pixels, trouble) = match kept.and_then(|kept| self.of_kept(kept)) {
            Some((hashes, pixels)) => (hashes, pixels, None),
            None => {
                let (hashes, pixels) = self.decode(settings)?;
                let failed = cache.and_then(|cache| cache.keep(&pixels, &self.index(&hashes)).err());
                let failed = failed.map(|e| unwritable(&e.to_string(), "the next start decodes all again"));
                (hashes, Pixels::Memory(pixels), joined(damage, failed))
            }
        };
        let picture = |(i, hash): (usize, &[u8; 32])| Picture {
            path: PathBuf::new(),
            class: class(i),
            hash: *hash,
            part: part(i, hash),
            width: settings.width,
            height: settings.height,
            format: None,
            notes: Vec::new(),
        };
        let list: Vec<Picture> = hashes.iter().enumerate().map(picture).collect();
        if let Some(other) = list.iter().map(|p| p.class).find(|class| *class >= classes.len()) {
            return Err(Error::Invalid(format!("class {other}, and there are only {}", classes.len())));
        }
        Ok(Pictures {
            classes: classes.iter().map(ToString::to_string).collect(),
            skipped: Vec::new(),
            noted: Vec::new(),
            pixels,
            slots: (0..list.len()).collect(),
            list,
            width: settings.width,
            height: settings.height,
            channels: settings.channels(),
            decoded: 0,
            cache_trouble: trouble,
        })
    }

    fn tiles(&self) -> usize {
        self.dims[0] * self.dims[1]
    }

    fn index(&self, hashes: &[[u8; 32]]) -> Index {
        // Of a sheet the format is not read back.
        let (width, height, format) = (self.tile, self.tile, Format::WebP);
        let read = |(slot, hash): (usize, &[u8; 32])| {
            Outcome::Read(Read { hash: *hash, slot, width, height, format, notes: Vec::new() })
        };
        Index { sources: Vec::new(), outcomes: hashes.iter().enumerate().map(read).collect() }
    }

    /// Hashes and pixels, if all tiles were kept.
    fn of_kept(&self, kept: Kept) -> Option<(Vec<[u8; 32]>, Pixels)> {
        let hash = |(i, outcome): (usize, &Outcome)| match outcome {
            Outcome::Read(read) if read.slot == i => Some(read.hash),
            _ => None,
        };
        let hashes: Vec<_> = kept.index.outcomes.iter().enumerate().map(hash).collect::<Option<_>>()?;
        (hashes.len() == self.tiles()).then_some((hashes, kept.pixels))
    }

    /// The hash of every tile, and the pixels of all as `settings` ask.
    fn decode(&self, settings: &Settings) -> Result<(Vec<[u8; 32]>, Vec<u8>), Error> {
        let [columns, rows] = self.dims;
        let side = |tiles: usize| u32::try_from(tiles).ok().and_then(|tiles| self.tile.checked_mul(tiles));
        let (Some(width), Some(height)) = (side(columns), side(rows)) else {
            let what = format!("a sheet of {columns} × {rows} tiles of {} pixels", self.tile);
            return Err(Error::Invalid(format!("{what} is wider or higher than pictures can be")));
        };
        let whole = Settings { width, height, ..Settings::default() };
        let sheet = decode(self.file, &whole).map_err(|reason| Error::Invalid(reason.to_string()))?;
        if (sheet.width, sheet.height) != (width, height) {
            let what =
                format!("a sheet of {} × {} pixels, not {width} × {height}", sheet.width, sheet.height);
            return Err(Error::Invalid(what));
        }
        let (line, side) = (width as usize * 3, self.tile as usize * 3);
        let one = |i: usize| {
            let (left, top) = (i % columns * side, i / columns * self.tile as usize);
            let rows = top..top + self.tile as usize;
            let tile: Vec<u8> =
                rows.flat_map(|row| &sheet.pixels[row * line + left..][..side]).copied().collect();
            let hash = <[u8; 32]>::from(Sha256::digest(&tile));
            (hash, resize(&tile, self.tile, self.tile, settings))
        };
        let pool = pool(settings.threads)?;
        let done: Vec<_> = pool.install(|| (0..self.tiles()).into_par_iter().map(one).collect());
        let mut pixels = Vec::with_capacity(done.len() * settings.stride());
        done.iter().for_each(|(_, tile)| pixels.extend_from_slice(tile));
        Ok((done.into_iter().map(|(hash, _)| hash).collect(), pixels))
    }
}
