//! The cache: pictures decoded once are kept, so that the next start reads none of their files.
//!
//! ```text
//! 64 bytes     "gradus pictures\n", lengths of pixels and index, their checksums (CRC-32), that of these bytes
//! pixels       of slot after slot
//! index        what the slots hold, and what it came from
//! ```
//!
//! One file per folder and settings. It is written under a temporary name and renamed, so it is whole or not there, and two programs
//! that do the same work at once put the same bytes in place. Nothing of it is ever believed unchecked: what a full disk, a crash or a
//! stranger left of it is noticed, said, and made anew. The files used longest ago go when all together become too large.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::Settings;
use crate::index::{Index, Outcome, Read, Source};
use crate::store::{self, Pixels};

/// To be raised whenever the same file would decode to other pixels, notes or reasons, or the cache has another form.
const VERSION: u32 = 2;

/// Where the pixels begin.
pub(crate) const HEAD: usize = 64;
const MAGIC: &[u8; 16] = b"gradus pictures\n";

/// How the names of all files of the cache begin.
const PREFIX: &str = "pictures-";
/// Digits of the key behind it.
const KEY: usize = 16;

/// The place of what is kept of some pictures under some settings.
pub(crate) struct Cache {
    folder: PathBuf,
    key: String,
    most: u64,
    stride: usize,
}

/// What was kept.
pub(crate) struct Kept {
    pub index: Index,
    pub pixels: Pixels,
    by_path: OnceLock<HashMap<String, usize>>,
    by_hash: OnceLock<HashMap<[u8; 32], Read>>,
}

impl Kept {
    /// What is known of the file `path`, which is probably the one at `place`.
    pub fn find(&self, place: usize, path: &str) -> Option<(&Source, &Outcome)> {
        let Index { sources, outcomes } = &self.index;
        let at = if sources.get(place).is_some_and(|s| s.path == path) {
            place
        } else {
            let all = || sources.iter().enumerate().map(|(i, s)| (s.path.clone(), i)).collect();
            *self.by_path.get_or_init(all).get(path)?
        };
        Some((&sources[at], outcomes.get(at)?))
    }

    /// What is known of a file of this content, whatever its name.
    pub fn of_content(&self, hash: &[u8; 32]) -> Option<&Read> {
        let read = |outcome: &Outcome| match outcome {
            Outcome::Read(read) => Some((read.hash, read.clone())),
            Outcome::Skipped(_) => None,
        };
        let all = || self.index.outcomes.iter().filter_map(read).collect();
        self.by_hash.get_or_init(all).get(hash)
    }
}

/// Whether pixels that were kept are read into memory, or only mapped.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Hold {
    InMemory,
    Mapped,
}

impl Cache {
    /// For the pictures of a folder.
    pub fn new(folder: &Path, pictures: &Path, settings: &Settings) -> Cache {
        let root = fs::canonicalize(pictures).unwrap_or_else(|_| pictures.to_path_buf());
        Cache::of(folder, root.as_os_str().as_encoded_bytes(), settings)
    }

    /// For pictures that are not in a folder of the user's; `name` tells them from all others.
    pub fn of(folder: &Path, name: &[u8], settings: &Settings) -> Cache {
        let Settings { width, height, grey, max_pixels, .. } = settings;
        let text = format!("{VERSION} {width} {height} {grey} {max_pixels} ");
        let hash = Sha256::new().chain_update(text).chain_update(name).finalize();
        Cache {
            folder: folder.to_path_buf(),
            key: format!("{}{}", PREFIX, hex(&hash[..KEY / 2])),
            most: settings.cache_bytes,
            stride: settings.stride(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(&self.key)
    }

    /// What an earlier start kept; none if there is nothing. If it is damaged or cannot be read: a sentence that says so.
    pub fn read(&self, hold: Hold) -> Result<Option<Kept>, String> {
        let path = self.path();
        let failed =
            |what: String| format!("the cache {} {what}: the pictures are read anew", path.display());
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(failed(format!("cannot be opened ({e})"))),
        };
        let kept = self.check(&file, hold).map_err(|what| failed(format!("is damaged ({what})")))?;
        // Who was used last goes last. On a read-only disk nothing goes.
        let _ = file.set_modified(SystemTime::now());
        Ok(Some(kept))
    }

    fn check(&self, file: &File, hold: Hold) -> Result<Kept, String> {
        let words = |e: io::Error| e.to_string();
        let length = file.metadata().map_err(words)?.len();
        let mut head = [0; HEAD];
        (&*file).read_exact(&mut head).map_err(|_| "its length")?;
        let Head { pixels, index, of_pixels, of_index } = Head::from_bytes(&head).ok_or("its head")?;
        if pixels.checked_add(index).and_then(|sum| sum.checked_add(HEAD as u64)) != Some(length) {
            return Err("its length".into());
        }
        let map = store::map(file, length).map_err(words)?;
        let (held, rest) = map[HEAD..].split_at(pixels as usize);
        if sum(held) != of_pixels {
            return Err("the checksum of its pixels".into());
        }
        if crc32fast::hash(rest) != of_index {
            return Err("the checksum of its index".into());
        }
        let slots = held.len().checked_div(self.stride).unwrap_or(0);
        let fits = |outcome: &Outcome| match outcome {
            Outcome::Read(read) => read.slot < slots,
            Outcome::Skipped(_) => true,
        };
        let index = Index::from_bytes(rest).filter(|index| index.outcomes.iter().all(fits));
        let index = index.ok_or("its index")?;
        let pixels = match hold {
            Hold::InMemory => Pixels::Memory(held.to_vec()),
            Hold::Mapped => Pixels::Mapped { map, from: HEAD },
        };
        Ok(Kept { index, pixels, by_path: OnceLock::new(), by_hash: OnceLock::new() })
    }

    /// A new file for `length` bytes of pixels.
    pub fn begin(&self, length: u64) -> io::Result<Draft> {
        fs::create_dir_all(&self.folder)?;
        let path = self.temporary();
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        let draft = Draft { path };
        file.set_len(HEAD as u64 + length)?;
        drop(file);
        Ok(draft)
    }

    /// Puts a draft whose pixels are written in the place of what was kept before, and maps it.
    pub fn commit(&self, draft: &Draft, file: &File, index: &Index) -> io::Result<Pixels> {
        let length = file.metadata()?.len();
        let index = index.to_bytes();
        let map = store::map(file, length)?;
        let head = Head {
            pixels: length - HEAD as u64,
            index: index.len() as u64,
            of_pixels: sum(&map[HEAD..]),
            of_index: crc32fast::hash(&index),
        };
        drop(map);
        store::write_at(file, &index, length)?;
        store::write_at(file, &head.to_bytes(), 0)?;
        // Not brought to the disk: what a power cut leaves of it is noticed, and made anew.
        let map = store::map(file, length + index.len() as u64)?;
        fs::rename(&draft.path, self.path())?;
        self.clean();
        Ok(Pixels::Mapped { map, from: HEAD })
    }

    /// Keeps pixels that are in memory.
    pub fn keep(&self, pixels: &[u8], index: &Index) -> io::Result<()> {
        let draft = self.begin(pixels.len() as u64)?;
        let file = draft.open()?;
        store::write_at(&file, pixels, HEAD as u64)?;
        self.commit(&draft, &file, index).map(drop)
    }

    /// A name that no other program and no other thread uses.
    fn temporary(&self) -> PathBuf {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        self.folder.join(format!("{}-{}-{now:x}-{count}.temporary", self.key, std::process::id()))
    }

    /// Takes away what interrupted starts left more than a day ago, and what was used longest ago until the rest is small enough.
    fn clean(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let ours = |entry: &fs::DirEntry| is_ours(&entry.file_name().to_string_lossy());
        let mut files: Vec<(Duration, u64, PathBuf)> = Vec::new();
        for entry in entries.flatten().filter(ours) {
            let (path, Ok(meta)) = (entry.path(), entry.metadata()) else { continue };
            if !meta.is_file() {
                continue;
            }
            let age = meta.modified().ok().and_then(|t| t.elapsed().ok()).unwrap_or_default();
            if path.extension().is_none() {
                files.push((age, meta.len(), path));
            } else if age > Duration::from_secs(86_400) {
                let _ = fs::remove_file(path);
            }
        }
        let mut total: u64 = files.iter().map(|(_, length, _)| length).sum();
        files.sort();
        while let Some((_, length, path)) = files.pop().filter(|_| total > self.most) {
            // The one just made stays, however large.
            if path != self.path() && fs::remove_file(path).is_ok() {
                total -= length;
            }
        }
    }
}

/// Whether a cache wrote a file of that name, this one or another: the folder is the user's choice, and may hold what is theirs.
fn is_ours(name: &str) -> bool {
    let key = name.strip_prefix(PREFIX).and_then(|rest| rest.split_at_checked(KEY));
    key.is_some_and(|(key, end)| {
        key.bytes().all(|b| b.is_ascii_hexdigit()) && (end.is_empty() || end.starts_with(['-', '.']))
    })
}

/// The checksum of many bytes, by all threads of the pool.
fn sum(bytes: &[u8]) -> u32 {
    let of = |part: &[u8]| {
        let mut sum = crc32fast::Hasher::new();
        sum.update(part);
        sum
    };
    let parts: Vec<_> = bytes.par_chunks(1 << 24).map(of).collect();
    let mut all = crc32fast::Hasher::new();
    parts.iter().for_each(|part| all.combine(part));
    all.finalize()
}

/// The first bytes of a file.
#[derive(Debug, PartialEq)]
struct Head {
    pixels: u64,
    index: u64,
    of_pixels: u32,
    of_index: u32,
}

impl Head {
    fn to_bytes(&self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        let mut to = &mut bytes[..];
        let numbers = [self.pixels.to_le_bytes(), self.index.to_le_bytes()].concat();
        let sums = [self.of_pixels.to_le_bytes(), self.of_index.to_le_bytes()].concat();
        to.write_all(&[&MAGIC[..], &numbers, &sums].concat()).expect("there is room");
        let sum = crc32fast::hash(&bytes[..HEAD - 4]);
        bytes[HEAD - 4..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; HEAD]) -> Option<Head> {
        let long = |at: usize| Some(u64::from_le_bytes(*bytes[at..].first_chunk()?));
        let short = |at: usize| Some(u32::from_le_bytes(*bytes[at..].first_chunk()?));
        let head = Head { pixels: long(16)?, index: long(24)?, of_pixels: short(32)?, of_index: short(36)? };
        (head.to_bytes() == *bytes).then_some(head)
    }
}

/// A file under a temporary name, removed when dropped unless renamed before.
pub(crate) struct Draft {
    path: PathBuf,
}

impl Draft {
    pub fn open(&self) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(&self.path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// That the cache cannot be written, as a sentence; `then` says what becomes of it.
pub(crate) fn unwritable(error: &str, then: &str) -> String {
    format!("the cache cannot be written ({error}): {then}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
