//! Numbers in a file, by name: safetensors, written from where they lie and read to where they shall be, a few at a time. A
//! training of a billion weights has no room for a second copy of them.
//!
//! ```text
//! n                8 bytes, little-endian: the length of the header
//! header           n bytes of JSON: text by name; of each tensor its kind, shape and place
//! numbers          little-endian, tensor after tensor
//! ```
//!
//! Source: [the format](https://github.com/huggingface/safetensors#format).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::files::write_parts;
use crate::real::Slot;
use crate::{Error, Result};

/// No header is longer, as the crate `safetensors` has it: damage asks for no more memory.
const LONGEST_HEADER: u64 = 100_000_000;

/// Numbers as they are in memory.
#[derive(Clone, Copy)]
pub(super) enum Numbers<'a> {
    Single(&'a [f32]),
    Double(&'a [f64]),
}

impl<'a> Numbers<'a> {
    /// Those of a slot.
    pub fn of(slot: &'a Slot) -> Self {
        match slot {
            Slot::Single(numbers) => Numbers::Single(numbers),
            Slot::Double(numbers) => Numbers::Double(numbers),
        }
    }

    pub fn len(self) -> usize {
        match self {
            Numbers::Single(numbers) => numbers.len(),
            Numbers::Double(numbers) => numbers.len(),
        }
    }

    /// `f32` or `f64`.
    pub fn kind(self) -> &'static str {
        name(self.dtype())
    }

    fn dtype(self) -> Dtype {
        if matches!(self, Numbers::Single(_)) { Dtype::F32 } else { Dtype::F64 }
    }

    /// Their bytes, some at a time.
    fn each(self, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut room = [0; ROOM];
        match self {
            Numbers::Single(numbers) => numbers.chunks(ROOM / 4).try_for_each(|some| {
                room.chunks_exact_mut(4).zip(some).for_each(|(b, x)| b.copy_from_slice(&x.to_le_bytes()));
                take(&room[..some.len() * 4])
            }),
            Numbers::Double(numbers) => numbers.chunks(ROOM / 8).try_for_each(|some| {
                room.chunks_exact_mut(8).zip(some).for_each(|(b, x)| b.copy_from_slice(&x.to_le_bytes()));
                take(&room[..some.len() * 8])
            }),
        }
    }

    /// SHA-256 over their bytes.
    pub fn digest(self) -> [u8; 32] {
        let mut sha = Sha256::new();
        self.add_to(&mut sha);
        sha.finalize().into()
    }

    /// Adds their bytes to a hash.
    pub fn add_to(self, sha: &mut Sha256) {
        let added = self.each(|bytes| {
            sha.update(bytes);
            Ok(())
        });
        added.expect("a hash takes everything");
    }
}

/// Bytes on their way.
const ROOM: usize = 1 << 14;

fn name(dtype: Dtype) -> &'static str {
    if dtype == Dtype::F32 { "f32" } else { "f64" }
}

/// A tensor to be written: name, shape, numbers.
pub(super) type Named<'a> = (&'a str, Vec<usize>, Numbers<'a>);

/// Writes a file of tensors and text, whole or not at all; with `previous`, the old file is kept under that name.
///
/// # Errors
/// [`Error::File`].
pub(super) fn write(
    path: &Path,
    tensors: Vec<Named>,
    text: &BTreeMap<String, String>,
    previous: Option<&Path>,
) -> Result<()> {
    let (tensors, header) = laid_out(tensors, text);
    write_parts(path, previous, |file| put(&header, &tensors, file))
}

/// The same in memory.
pub(super) fn bytes(tensors: Vec<Named>, text: &BTreeMap<String, String>) -> Vec<u8> {
    let (tensors, header) = laid_out(tensors, text);
    let mut bytes = Vec::new();
    put(&header, &tensors, &mut bytes).expect("memory takes all");
    bytes
}

/// Tensors in their order, and the header that says where each lies.
fn laid_out<'a>(mut tensors: Vec<Named<'a>>, text: &BTreeMap<String, String>) -> (Vec<Named<'a>>, Vec<u8>) {
    // The longest first, so that each lies where a reader may take it as numbers.
    tensors.sort_by(|(a, _, x), (b, _, y)| y.kind().cmp(x.kind()).then(a.cmp(b)));
    let mut end = 0;
    let mut header = BTreeMap::from([("__metadata__", json!(text))]);
    for (name, shape, numbers) in &tensors {
        let (dtype, begin) = (numbers.dtype(), end);
        end += numbers.len() * dtype.bitsize() / 8;
        let info = TensorInfo { dtype, shape: shape.clone(), data_offsets: (begin, end) };
        header.insert(name, json!(info));
    }
    let mut header = serde_json::to_vec(&header).expect("numbers and text");
    header.resize(header.len().next_multiple_of(8), b' ');
    (tensors, header)
}

fn put(header: &[u8], tensors: &[Named], to: &mut (impl io::Write + ?Sized)) -> io::Result<()> {
    to.write_all(&(header.len() as u64).to_le_bytes())?;
    to.write_all(header)?;
    tensors.iter().try_for_each(|(_, _, numbers)| numbers.each(|bytes| to.write_all(bytes)))
}

/// A file of tensors, open: its text, and where the numbers are.
pub(super) struct Tensors {
    path: PathBuf,
    file: File,
    pub text: BTreeMap<String, String>,
    /// In the order of the file.
    pub tensors: Vec<Tensor>,
}

/// Where a tensor is.
pub(super) struct Tensor {
    pub name: String,
    pub shape: Vec<usize>,
    dtype: Dtype,
    /// In the file.
    at: u64,
}

impl Tensor {
    /// How many numbers.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// `f32` or `f64`.
    pub fn kind(&self) -> &'static str {
        name(self.dtype)
    }

    /// Whether a place takes numbers of this kind, so many of them.
    pub fn fits(&self, place: &Slot) -> bool {
        Numbers::of(place).dtype() == self.dtype && place.len() == self.len()
    }
}

impl Tensors {
    /// Opens a file. What is wrong with it, if it is none of tensors, is told by `damaged`.
    pub fn open(path: &Path, damaged: impl Fn(String) -> Error) -> Result<Tensors> {
        let failed = |source| Error::file("read", path)(source);
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut n = [0; 8];
        let cut = || damaged("it is cut short".into());
        file.read_exact(&mut n).map_err(|e| match e.kind() {
            ErrorKind::UnexpectedEof => cut(),
            _ => failed(e),
        })?;
        let n = u64::from_le_bytes(n);
        if n > length.saturating_sub(8).min(LONGEST_HEADER) {
            return Err(cut());
        }
        let mut header = vec![0; n as usize];
        file.read_exact(&mut header).map_err(failed)?;
        let metadata: Metadata =
            serde_json::from_slice(&header).map_err(|e| damaged(format!("its header: {e}")))?;
        if metadata.data_len() as u64 != length - 8 - n {
            return Err(cut());
        }
        let mut tensors = Vec::new();
        for name in metadata.offset_keys() {
            let info = metadata.info(&name).expect("a name of its own");
            let (dtype, shape, at) = (info.dtype, info.shape.clone(), 8 + n + info.data_offsets.0 as u64);
            if !matches!(dtype, Dtype::F32 | Dtype::F64) {
                return Err(damaged(format!("{name} holds {dtype:?}, not f32 or f64")));
            }
            tensors.push(Tensor { name, shape, dtype, at });
        }
        let text = metadata.metadata().clone().unwrap_or_default().into_iter().collect();
        Ok(Tensors { path: path.into(), file, text, tensors })
    }

    /// The bytes of a tensor, some at a time.
    fn each(&self, tensor: &Tensor, mut take: impl FnMut(&[u8])) -> Result<()> {
        let mut room = [0; ROOM];
        let mut left = tensor.len() * tensor.dtype.bitsize() / 8;
        let mut file = &self.file;
        let mut all = || -> io::Result<()> {
            file.seek(SeekFrom::Start(tensor.at))?;
            while left > 0 {
                let some = &mut room[..left.min(ROOM)];
                file.read_exact(some)?;
                take(some);
                left -= some.len();
            }
            Ok(())
        };
        all().map_err(Error::file("read", &self.path))
    }

    /// SHA-256 over the bytes of a tensor.
    pub fn digest(&self, tensor: &Tensor) -> Result<[u8; 32]> {
        let mut sha = Sha256::new();
        self.each(tensor, |bytes| sha.update(bytes))?;
        Ok(sha.finalize().into())
    }

    /// Puts the numbers of a tensor into a place that they fit.
    pub fn put(&self, tensor: &Tensor, place: &mut Slot) -> Result<()> {
        match place {
            Slot::Single(numbers) => {
                let mut places = numbers.iter_mut();
                self.each(tensor, |bytes| {
                    for (b, x) in bytes.chunks_exact(4).zip(&mut places) {
                        *x = f32::from_le_bytes(b.try_into().expect("four bytes"));
                    }
                })
            }
            Slot::Double(numbers) => {
                let mut places = numbers.iter_mut();
                self.each(tensor, |bytes| {
                    for (b, x) in bytes.chunks_exact(8).zip(&mut places) {
                        *x = f64::from_le_bytes(b.try_into().expect("eight bytes"));
                    }
                })
            }
        }
    }
}
