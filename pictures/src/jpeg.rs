//! JPEG: decoded by `zune-jpeg`, with what is missing found out.
//!
//! Decoders fill the missing end of a picture with grey and say nothing. Here a baseline picture is given to the
//! decoder *without* its end marker, so that reading too far is an error; wherever that leaves a doubt, the picture
//! is decoded with two different fillings behind its data: equal pixels prove that nothing was missing.

use std::borrow::Cow;

use image::metadata::Orientation;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;

use crate::decode::{Limit, Open};
use crate::passes::Passes;
use crate::resize::Raster;
use crate::{Format, Note, Reason};

/// Where the parts of a JPEG file lie.
struct Anatomy<'a> {
    /// The file, without stray bytes between its headers.
    bytes: Cow<'a, [u8]>,
    /// Where the compressed data ends.
    end: usize,
    /// Whether an end-of-image marker follows there.
    ended: bool,
    /// Several passes, each refining the picture.
    progressive: bool,
    /// Its passes, which may have been cut off between two of them.
    passes: Passes,
    /// Stray bytes between the headers, taken out.
    stray: usize,
}

/// Decodes a JPEG file.
pub(crate) fn decode(bytes: &[u8], limit: &Limit) -> Result<Open, Reason> {
    let anatomy = dissect(bytes);
    let mut header = decoder(&anatomy.bytes);
    header.decode_headers().map_err(|e| reason(e, &anatomy))?;
    let (width, height) = header.dimensions().ok_or(Reason::Truncated(Format::Jpeg))?;
    let permit = limit.admit(width as u32, height as u32)?;
    let space = header.input_colorspace().unwrap_or(ColorSpace::YCbCr);
    let exif = header.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
    drop(header);

    let channels = if space == ColorSpace::Luma { 1 } else { 3 };
    let pixels = complete(&anatomy, channels)?;
    drop(permit);
    if pixels.len() != width * height * channels {
        return Err(Reason::Damaged(Format::Jpeg, "its size contradicts its data".into()));
    }
    let raster = Raster { width: width as u32, height: height as u32, channels, pixels };
    let mut notes = Vec::new();
    if matches!(space, ColorSpace::CMYK | ColorSpace::YCCK) {
        notes.push(Note::Cmyk);
    }
    if anatomy.stray > 0 {
        notes.push(Note::Repaired(format!("{} stray bytes between its headers", anatomy.stray)));
    }
    if anatomy.progressive && !anatomy.passes.complete() {
        notes.push(Note::Repaired("missing passes: it is coarser than it was".into()));
    }
    if !anatomy.ended {
        notes.push(Note::Repaired("a missing end marker; the picture is complete".into()));
    }
    Ok(Open { raster, orientation: exif.map_or(1, Orientation::to_exif), notes })
}

/// The pixels, if all of them are there.
fn complete(anatomy: &Anatomy, channels: usize) -> Result<Vec<u8>, Reason> {
    let data = &anatomy.bytes[..anatomy.end];
    if anatomy.progressive && !anatomy.ended && !anatomy.passes.complete() {
        return Err(Reason::Truncated(Format::Jpeg));
    }
    if !anatomy.progressive
        && anatomy.ended
        && let Ok(pixels) = pixels(data, channels)
    {
        return Ok(pixels);
    }
    let filled = |fill: u8| {
        let mut longer = Vec::with_capacity(data.len() + 66);
        longer.extend_from_slice(data);
        longer.extend_from_slice(&[fill; 64]);
        longer.extend_from_slice(&[0xff, 0xd9]);
        pixels(&longer, channels)
    };
    match (filled(0x00), filled(0x55)) {
        (Ok(one), Ok(other)) if one == other => Ok(one),
        (Err(e), Err(_)) => Err(reason(e, anatomy)),
        _ => Err(Reason::Truncated(Format::Jpeg)),
    }
}

fn decoder(bytes: &[u8]) -> JpegDecoder<ZCursor<&[u8]>> {
    JpegDecoder::new_with_options(ZCursor::new(bytes), options())
}

fn options() -> DecoderOptions {
    DecoderOptions::default().set_strict_mode(true).set_max_width(usize::MAX).set_max_height(usize::MAX)
}

fn pixels(bytes: &[u8], channels: usize) -> Result<Vec<u8>, DecodeErrors> {
    let space = if channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
    let options = options().jpeg_set_out_colorspace(space);
    JpegDecoder::new_with_options(ZCursor::new(bytes), options).decode()
}

/// The decoder's complaint in plain words.
fn reason(error: DecodeErrors, anatomy: &Anatomy) -> Reason {
    match error {
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => Reason::Truncated(Format::Jpeg),
        DecodeErrors::Unsupported(what) => Reason::Unsupported(Format::Jpeg, format!("{what:?}")),
        _ if !anatomy.ended => Reason::Truncated(Format::Jpeg),
        other => Reason::Damaged(Format::Jpeg, other.to_string()),
    }
}

/// Finds the end of the compressed data, and takes stray bytes between headers out.
fn dissect(bytes: &[u8]) -> Anatomy<'_> {
    let mut clean: Option<Vec<u8>> = None;
    let (mut stray, mut progressive, mut passes) = (0, false, Passes::default());
    let (mut at, mut in_data) = (2.min(bytes.len()), false);
    let (end, ended) = loop {
        let start = at;
        // A marker is 0xff and a byte that is neither 0 (an escaped 0xff in data) nor 0xff (filling).
        let found = (start + 1..bytes.len()).find(|&i| bytes[i - 1] == 0xff && !matches!(bytes[i], 0 | 0xff));
        let Some(code_at) = found else {
            // Zeros behind the data are what a broken copy leaves.
            let tail = bytes[start..].iter().rev().take_while(|&&b| b == 0).count();
            break (bytes.len() - tail, false);
        };
        let between = &bytes[start..code_at - 1];
        if !in_data && between.iter().any(|&b| b != 0xff) {
            stray += between.len();
            clean.get_or_insert_with(|| bytes[..start].to_vec());
        } else if let Some(clean) = &mut clean {
            clean.extend_from_slice(between);
        }
        let code = bytes[code_at];
        if code == 0xd9 {
            break (code_at - 1, true);
        }
        let bare = matches!(code, 0x01 | 0xd0..=0xd8);
        let length = match bytes.get(code_at + 1..code_at + 3) {
            Some(&[high, low]) if !bare => usize::from(high) << 8 | usize::from(low),
            _ => 0,
        };
        at = (code_at + 1 + length).min(bytes.len());
        let header = bytes.get(code_at + 3..at).unwrap_or_default();
        match code {
            0xc2 | 0xc6 | 0xca | 0xce => {
                progressive = true;
                passes.frame(header);
            }
            0xda => passes.scan(header),
            _ => {}
        }
        if let Some(clean) = &mut clean {
            clean.extend_from_slice(&bytes[code_at - 1..at]);
        }
        in_data = code == 0xda || (in_data && bare);
    };
    let (bytes, end) = match clean {
        None => (Cow::Borrowed(bytes), end),
        Some(mut clean) => {
            if !ended {
                clean.extend_from_slice(&bytes[at.min(end)..end]);
            }
            let end = clean.len();
            clean.extend_from_slice(&[0xff, 0xd9]);
            (Cow::Owned(clean), end)
        }
    };
    Anatomy { bytes, end, ended, progressive, passes, stray }
}
