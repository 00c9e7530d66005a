//! IDX, the format of MNIST's files (LeCun, Cortes & Burges 1998): numbers in a box of some dimensions.
//!
//! ```text
//! 0 0 T N        two zeros, what the numbers are (8: bytes), how many dimensions
//! d₁ … d_N       4 bytes each, the highest first
//! numbers        d₁ · … · d_N of them, along the last dimension first
//! ```
//!
//! A file may be compressed by gzip; its content tells, not its name.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::{Error, sniff};

/// Bytes that are read into memory at most.
pub(crate) const MOST: u64 = 4 << 30;
/// Deflate makes 258 bytes of two bits at best.
const DEFLATE: u64 = 1032;

/// A file of bytes in `N` dimensions.
#[derive(Debug)]
pub(crate) struct Idx<const N: usize> {
    pub dims: [u32; N],
    pub bytes: Vec<u8>,
}

/// Reads a whole file.
pub(crate) fn read<const N: usize>(path: &Path) -> Result<Idx<N>, Error> {
    let Opened { dims, wanted, mut content, length, compressed } = open::<N>(path)?;
    let header = header_length::<N>();
    let short = |holds: String| {
        let what = format!("cut short: its header promises {} = {wanted} bytes, {holds}", product(&dims));
        wrong(path, format!("{what}; fetch it again"))
    };
    // Nothing is held for a promise that the file is too short to keep.
    let possible = if compressed { length.saturating_mul(DEFLATE) } else { length.saturating_sub(header) };
    if possible < wanted {
        return Err(short(format!("it holds at most {possible}")));
    }
    let mut bytes = Vec::new();
    match content.by_ref().take(wanted).read_to_end(&mut bytes) {
        Ok(n) if n as u64 == wanted => {}
        Ok(n) => return Err(short(format!("it holds {n}"))),
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => {
            return Err(short(format!("it holds {}", bytes.len())));
        }
        Err(e) => return Err(broken(path, &e, compressed)),
    }
    // The end of what is compressed carries its checksum: it must be reached.
    match content.read(&mut [0]) {
        Ok(0) => Ok(Idx { dims, bytes }),
        Ok(_) => {
            let what = format!("its header promises {} = {wanted} bytes, and more follow", product(&dims));
            Err(wrong(path, format!("{what}; fetch it again")))
        }
        Err(e) => Err(broken(path, &e, compressed)),
    }
}

/// The dimensions of a file, by its header alone.
pub(crate) fn dims<const N: usize>(path: &Path) -> Result<[u32; N], Error> {
    Ok(open::<N>(path)?.dims)
}

/// Whether a file begins as one of pictures does, compressed or not.
pub(crate) fn holds_pictures(path: &Path) -> bool {
    let magic = || -> io::Result<[u8; 4]> {
        let (mut content, ..) = content(path)?;
        let mut magic = [0; 4];
        content.read_exact(&mut magic)?;
        Ok(magic)
    };
    magic().is_ok_and(|magic| magic == [0, 0, 8, 3])
}

/// A file whose header was read.
struct Opened<const N: usize> {
    dims: [u32; N],
    /// Their product: the bytes that must follow.
    wanted: u64,
    content: Box<dyn Read>,
    length: u64,
    compressed: bool,
}

const fn header_length<const N: usize>() -> u64 {
    4 + 4 * N as u64
}

fn open<const N: usize>(path: &Path) -> Result<Opened<N>, Error> {
    let (mut content, length, compressed) = content(path).map_err(|e| broken(path, &e, false))?;
    let mut head = Vec::new();
    if let Err(e) = content.by_ref().take(header_length::<N>()).read_to_end(&mut head)
        && e.kind() != ErrorKind::UnexpectedEof
    {
        return Err(broken(path, &e, compressed));
    }
    match head.get(..4) {
        Some([0, 0, 8, n]) if usize::from(*n) == N => {}
        Some([0, 0, 8, n]) => {
            let (is, wanted) = (of_dimensions((*n).into()), of_dimensions(N));
            return Err(wrong(
                path,
                format!("a file of {is}, where {wanted} belong; are two files interchanged?"),
            ));
        }
        Some([0, 0, kind @ (9 | 11..=14), _]) => {
            let what = format!("its numbers are of type 0x{kind:02x}, and only bytes (0x08) can be pictures");
            return Err(wrong(path, format!("{what}; write it anew as bytes")));
        }
        _ => {
            let is = sniff::sniff(&head).map_or_else(|reason| reason.to_string(), |f| f.to_string());
            let magic = head.iter().take(4).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ");
            let what = format!("not an IDX file: it begins with {magic:?}, not with 00 00 08 0{N} ({is})");
            return Err(wrong(path, format!("{what}; fetch it again")));
        }
    }
    let mut dims = [0; N];
    for (k, dim) in dims.iter_mut().enumerate() {
        let Some(&[a, b, c, d]) = head.get(4 + 4 * k..8 + 4 * k) else {
            return Err(wrong(path, "cut short within its header; fetch it again".into()));
        };
        *dim = u32::from_be_bytes([a, b, c, d]);
    }
    let wanted = dims.iter().try_fold(1u64, |bytes, &d| bytes.checked_mul(d.into())).unwrap_or(u64::MAX);
    if wanted > MOST {
        let what =
            format!("its header promises {} bytes, and at most 4 GiB are read into memory", product(&dims));
        return Err(wrong(
            path,
            format!("{what}; if the header is right, divide the file into smaller ones"),
        ));
    }
    Ok(Opened { dims, wanted, content, length, compressed })
}

fn product(dims: &[u32]) -> String {
    dims.iter().map(u32::to_string).collect::<Vec<_>>().join(" × ")
}

/// What is in a file, its length, and whether it is compressed.
fn content(path: &Path) -> io::Result<(Box<dyn Read>, u64, bool)> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut file = BufReader::with_capacity(1 << 16, file);
    let compressed = io::BufRead::fill_buf(&mut file)?.starts_with(&[0x1f, 0x8b]);
    let content: Box<dyn Read> =
        if compressed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok((content, length, compressed))
}

fn of_dimensions(n: usize) -> String {
    match n {
        1 => "labels (one dimension)".into(),
        3 => "pictures (three dimensions)".into(),
        n => format!("{n} dimensions"),
    }
}

fn broken(path: &Path, e: &io::Error, compressed: bool) -> Error {
    let (what, mend) = match compressed {
        true => ("its compression is damaged", "fetch it again"),
        false => ("cannot be read", "check that it is a file, and its permissions"),
    };
    wrong(path, format!("{what} ({e}); {mend}"))
}

fn wrong(path: &Path, what: String) -> Error {
    Error::Idx { path: path.to_path_buf(), what }
}
