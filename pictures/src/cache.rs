//! The cache: pictures decoded once are kept, so that the next start reads none of their files.
//!
//! Two files per folder and settings: an index (a line with its checksum, then JSON) and the pixels it names. Both
//! are written under temporary names, brought to the disk and renamed, the index last: its rename is the one moment
//! at which the new cache begins to hold. The name of a pixel file comes from its content, so two programs that do
//! the same work at once write the same bytes under the same name.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use memmap2::Mmap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Format, Note, Settings, store};

/// To be raised whenever the same file would decode to other pixels, notes or reasons.
const DECODING: u32 = 1;

/// What is known about one file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Below the folder.
    pub path: String,
    pub length: u64,
    pub modified: i64,
    pub outcome: Outcome,
}

/// What reading a file gave.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Read(Read),
    /// Left out for this reason.
    Skipped(String),
}

/// A picture that was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Read {
    #[serde(with = "hex")]
    pub hash: [u8; 32],
    pub slot: usize,
    pub width: u32,
    pub height: u32,
    pub format: Format,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

#[derive(Serialize, Deserialize)]
struct Index {
    /// Name of the pixel file, and its length in bytes.
    pixels: String,
    length: u64,
    entries: Vec<Entry>,
}

/// The place of one folder's cache under some settings.
pub(crate) struct Cache {
    folder: PathBuf,
    key: String,
}

/// A cache read back.
pub(crate) struct Kept {
    pub by_path: HashMap<String, Entry>,
    pub by_hash: HashMap<[u8; 32], Read>,
    pub map: Mmap,
}

impl Cache {
    pub fn new(folder: &Path, pictures: &Path, settings: &Settings) -> Cache {
        let root = fs::canonicalize(pictures).unwrap_or_else(|_| pictures.to_path_buf());
        let Settings { width, height, grey, max_pixels, .. } = settings;
        let text = format!("{DECODING} {width} {height} {grey} {max_pixels} ");
        let hash =
            Sha256::new().chain_update(text).chain_update(root.as_os_str().as_encoded_bytes()).finalize();
        Cache { folder: folder.to_path_buf(), key: format!("pictures-{}", hex::text(&hash[..8])) }
    }

    fn index(&self) -> PathBuf {
        self.folder.join(format!("{}.index", self.key))
    }

    /// What an earlier start kept. Anything missing, damaged or cut short reads as nothing kept.
    pub fn read(&self, stride: usize) -> Option<Kept> {
        // Another program may put a new cache in place between the reading of the index and of the pixels.
        self.try_read(stride).or_else(|| self.try_read(stride))
    }

    fn try_read(&self, stride: usize) -> Option<Kept> {
        let bytes = fs::read(self.index()).ok()?;
        let index = parse(&bytes)?;
        let file = File::open(self.folder.join(&index.pixels)).ok()?;
        let map = store::map(&file, index.length).ok()?;
        let slots = map.len().checked_div(stride)?;
        let mut by_hash = HashMap::new();
        for entry in &index.entries {
            if let Outcome::Read(read) = &entry.outcome {
                if read.slot >= slots {
                    return None;
                }
                by_hash.insert(read.hash, read.clone());
            }
        }
        let by_path = index.entries.into_iter().map(|e| (e.path.clone(), e)).collect();
        Some(Kept { by_path, by_hash, map })
    }

    /// A new file for `length` bytes of pixels.
    pub fn begin(&self, length: u64) -> io::Result<Draft> {
        fs::create_dir_all(&self.folder)?;
        let path = self.temporary("pixels");
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        let draft = Draft { path };
        file.set_len(length)?;
        drop(file);
        Ok(draft)
    }

    /// Puts the new cache in place of the old one, and maps it.
    pub fn commit(&self, draft: Draft, file: File, length: u64, entries: Vec<Entry>) -> io::Result<Mmap> {
        file.sync_all()?;
        let map = store::map(&file, length)?;
        let mut hash = Sha256::new();
        for entry in &entries {
            if let Outcome::Read(read) = &entry.outcome {
                hash.update(read.hash);
                hash.update((read.slot as u64).to_le_bytes());
            }
        }
        let pixels = format!("{}-{}.pixels", self.key, hex::text(&hash.finalize()[..8]));
        let before = fs::read(self.index()).ok().and_then(|bytes| parse(&bytes)).map(|index| index.pixels);
        fs::rename(&draft.path, self.folder.join(&pixels))?;
        let index = Index { pixels: pixels.clone(), length, entries };
        let body = serde_json::to_vec(&index)?;
        let draft = Draft { path: self.temporary("index") };
        let mut file = OpenOptions::new().write(true).create_new(true).open(&draft.path)?;
        writeln!(file, "gradus pictures {}", hex::text(&Sha256::digest(&body)))?;
        file.write_all(&body)?;
        file.sync_all()?;
        fs::rename(&draft.path, self.index())?;
        sync_folder(&self.folder)?;
        self.clean(&pixels, before.as_deref());
        Ok(map)
    }

    /// A name that no other program and no other thread uses.
    fn temporary(&self, what: &str) -> PathBuf {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        self.folder.join(format!("{}-{}-{now:x}-{count}.{what}.temporary", self.key, std::process::id()))
    }

    /// Takes away the pixel file used before, and what interrupted starts left more than a day ago.
    fn clean(&self, current: &str, before: Option<&str>) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let ours = name.starts_with(&format!("{}-", self.key)) && name != current;
            let old = || {
                let time = entry.metadata().and_then(|m| m.modified()).ok();
                time.and_then(|t| t.elapsed().ok()).is_some_and(|age| age > Duration::from_secs(86_400))
            };
            if ours && (before == Some(name.as_str()) || old()) {
                let _ = fs::remove_file(entry.path());
            }
        }
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

/// The index, if its checksum is right.
fn parse(bytes: &[u8]) -> Option<Index> {
    let line = bytes.iter().position(|&b| b == b'\n')?;
    let (head, body) = (&bytes[..line], &bytes[line + 1..]);
    let sum = head.strip_prefix(b"gradus pictures ")?;
    if sum != hex::text(&Sha256::digest(body)).as_bytes() {
        return None;
    }
    let index: Index = serde_json::from_slice(body).ok()?;
    // The pixels lie beside the index, whatever it says.
    (!index.pixels.contains(['/', '\\'])).then_some(index)
}

/// Brings the renames to the disk.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Hashes as text.
pub(crate) mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn text(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    pub fn serialize<S: Serializer>(hash: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&text(hash))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        let mut hash = [0; 32];
        if text.len() != 64 {
            return Err(D::Error::custom("a hash has 64 digits"));
        }
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(D::Error::custom)?;
            *byte = u8::from_str_radix(pair, 16).map_err(D::Error::custom)?;
        }
        Ok(hash)
    }
}
