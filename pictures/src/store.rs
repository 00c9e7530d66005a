//! Where the pixels are: in memory, or in a file that is mapped into it.

use std::fs::File;
use std::io;
use std::sync::{Mutex, PoisonError};

use memmap2::Mmap;

use crate::cache::HEAD;

/// The pixels of all pictures, `stride` bytes each.
#[derive(Debug)]
pub(crate) enum Pixels {
    /// All in memory.
    Memory(Vec<u8>),
    /// In a file of the cache; the system brings in what is used, so a set may be larger than the memory.
    Mapped {
        map: Mmap,
        /// Where the pixels begin in it.
        from: usize,
    },
}

impl Pixels {
    pub fn slot(&self, slot: usize, stride: usize) -> &[u8] {
        let all = match self {
            Pixels::Memory(bytes) => bytes,
            Pixels::Mapped { map, from } => &map[*from..],
        };
        &all[slot * stride..(slot + 1) * stride]
    }
}

/// Maps a file of the cache whose length is `length`.
pub(crate) fn map(file: &File, length: u64) -> io::Result<Mmap> {
    if file.metadata()?.len() != length {
        return Err(io::Error::other("its length is not what it was"));
    }
    // SAFETY: the file is as long as promised, and every program of ours leaves a finished file as it is: it
    // is written under a temporary name, renamed once, later only unlinked, which keeps a mapping whole. Somebody
    // else cutting the file while it is mapped would end the process with a bus error, as for any mapped file.
    unsafe { Mmap::map(file) }
}

/// Takes pixels from many threads: into a file as long as it can be written, else into memory.
pub(crate) struct Sink {
    stride: usize,
    file: Option<File>,
    /// Why the file was given up.
    trouble: Mutex<Option<String>>,
    memory: Vec<Mutex<Option<Box<[u8]>>>>,
}

impl Sink {
    pub fn new(slots: usize, stride: usize, file: Option<File>) -> Sink {
        Sink {
            stride,
            file,
            trouble: Mutex::new(None),
            memory: (0..slots).map(|_| Mutex::new(None)).collect(),
        }
    }

    /// Keeps the pixels of one slot.
    pub fn put(&self, slot: usize, pixels: &[u8]) {
        let given_up = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if let Some(file) = self.file.as_ref().filter(|_| !given_up) {
            match write_at(file, pixels, place(slot, self.stride)) {
                Ok(()) => return,
                Err(e) => {
                    *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(e.to_string());
                }
            }
        }
        *self.memory[slot].lock().unwrap_or_else(PoisonError::into_inner) = Some(pixels.into());
    }

    /// The file, if every byte got into it; else all pixels in memory, and why if a file was wanted.
    pub fn finish(self) -> io::Result<Finished> {
        let trouble = self.trouble.into_inner().unwrap_or_else(PoisonError::into_inner);
        let file = match (self.file, &trouble) {
            (Some(file), None) => return Ok(Finished::File(file)),
            (file, _) => file,
        };
        let mut all = Vec::new();
        let bytes = self.memory.len() * self.stride;
        all.try_reserve_exact(bytes).map_err(|_| io::Error::other(format!("no memory for {bytes} bytes")))?;
        for (slot, held) in self.memory.into_iter().enumerate() {
            match held.into_inner().unwrap_or_else(PoisonError::into_inner) {
                Some(pixels) => all.extend_from_slice(&pixels),
                None => {
                    all.resize((slot + 1) * self.stride, 0);
                    if let Some(file) = &file {
                        read_at(file, &mut all[slot * self.stride..], place(slot, self.stride))?;
                    }
                }
            }
        }
        Ok(Finished::Memory(all, trouble))
    }
}

/// What became of the pixels put into a [`Sink`].
pub(crate) enum Finished {
    File(File),
    Memory(Vec<u8>, Option<String>),
}

/// Where a slot of `stride` bytes begins in a file.
fn place(slot: usize, stride: usize) -> u64 {
    (HEAD + slot * stride) as u64
}

/// Writes all of `bytes` at a place of a file.
#[cfg(unix)]
pub(crate) fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

/// Writes all of `bytes` at a place of a file.
#[cfg(windows)]
pub(crate) fn write_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, at)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
        at += written as u64;
    }
    Ok(())
}

/// Fills `bytes` from `at`; what lies beyond the end of the file stays as it is.
pub(crate) fn read_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(file, bytes, at)?;
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, at)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[read..];
        at += read as u64;
    }
    Ok(())
}
