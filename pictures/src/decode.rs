//! One picture: bytes in, resized pixels out.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, PoisonError};

use image::codecs::{
    bmp::BmpDecoder, gif::GifDecoder, png::PngDecoder, tiff::TiffDecoder, webp::WebPDecoder,
};
use image::{AnimationDecoder, ColorType, DynamicImage, ImageDecoder, ImageError, ImageResult, Limits};

use crate::resize::Raster;
use crate::sniff::sniff;
use crate::{Format, Note, Reason, Settings, jpeg};

/// One picture, decoded and resized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// `height` rows of `width` pixels of `channels` bytes, as the settings ask.
    pub pixels: Vec<u8>,
    /// Width of the original, as stored (before turning it upright).
    pub width: u32,
    /// Height of the original, as stored.
    pub height: u32,
    /// What the content is.
    pub format: Format,
    /// What was odd about it.
    pub notes: Vec<Note>,
}

/// Decodes one picture: its kind by content, EXIF orientation applied, transparency laid on white, the first frame
/// of an animation, stretched to the size in `settings` (whose `cache` and `threads` play no part).
///
/// # Errors
/// A [`Reason`] in plain words: no picture, truncated, damaged, too large. No input makes it panic.
///
/// ```
/// use gradus_pictures::{decode, Reason, Settings};
/// assert_eq!(decode(b"<html>not found</html>", &Settings::default()), Err(Reason::WebPage));
/// ```
pub fn decode(bytes: &[u8], settings: &Settings) -> Result<Decoded, Reason> {
    decode_within(bytes, settings, &Limit::new(settings.max_pixels))
}

/// As [`decode`], sharing one limit of pixels in flight with other threads.
pub(crate) fn decode_within(bytes: &[u8], settings: &Settings, limit: &Limit) -> Result<Decoded, Reason> {
    settings.check().map_err(Reason::Settings)?;
    let format = sniff(bytes)?;
    guarded(|| {
        let open = match format {
            Format::Jpeg => jpeg::decode(bytes, limit)?,
            other => decode_other(bytes, other, limit)?,
        };
        fit(open, format, settings)
    })
}

/// A decoder's panic becomes a reason.
fn guarded<T>(work: impl FnOnce() -> Result<T, Reason>) -> Result<T, Reason> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|s| s.to_string());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(Reason::Panicked(text.unwrap_or_else(|| "it gave no reason".into())))
    })
}

/// A picture as decoded, before resizing.
pub(crate) struct Open {
    pub raster: Raster,
    /// EXIF orientation, 1 to 8.
    pub orientation: u8,
    pub notes: Vec<Note>,
}

/// Grey or colour, resized, upright.
fn fit(open: Open, format: Format, settings: &Settings) -> Result<Decoded, Reason> {
    let Open { mut raster, orientation, mut notes } = open;
    let (width, height) = (raster.width, raster.height);
    if settings.grey && raster.channels == 3 {
        raster = raster.to_grey();
    }
    // Turning the small picture is cheaper than turning the large one.
    let (w, h) = (settings.width, settings.height);
    let (w, h) = if orientation >= 5 { (h, w) } else { (w, h) };
    raster = raster.resized(w, h).map_err(|e| Reason::Damaged(format, e))?.upright(orientation);
    if !settings.grey && raster.channels == 1 {
        raster = raster.to_rgb();
    }
    if orientation != 1 {
        notes.push(Note::Rotated(orientation));
    }
    Ok(Decoded { pixels: raster.pixels, width, height, format, notes })
}

fn decode_other(bytes: &[u8], format: Format, limit: &Limit) -> Result<Open, Reason> {
    let source = || Cursor::new(bytes);
    let wrong = |e| reason(e, format);
    match format {
        Format::Png => {
            let decoder = PngDecoder::with_limits(source(), limit.memory()).map_err(wrong)?;
            let animated = decoder.is_apng().unwrap_or(false);
            whole(decoder, format, limit, animated)
        }
        Format::Gif => {
            let animated = GifDecoder::new(source()).is_ok_and(|d| {
                let (w, h) = d.dimensions();
                limit.allows(w, h) && d.into_frames().nth(1).is_some()
            });
            whole(GifDecoder::new(source()).map_err(wrong)?, format, limit, animated)
        }
        Format::WebP => {
            let decoder = WebPDecoder::new(source()).map_err(wrong)?;
            let animated = decoder.has_animation();
            whole(decoder, format, limit, animated)
        }
        Format::Tiff => whole(TiffDecoder::new(source()).map_err(wrong)?, format, limit, false),
        _ => whole(BmpDecoder::new(source()).map_err(wrong)?, format, limit, false),
    }
}

/// Checks the size by the header, then decodes.
fn whole(
    mut decoder: impl ImageDecoder,
    format: Format,
    limit: &Limit,
    animated: bool,
) -> Result<Open, Reason> {
    let (width, height) = decoder.dimensions();
    let _permit = limit.admit(width, height)?;
    let wrong = |e| reason(e, format);
    decoder.set_limits(limit.memory()).map_err(wrong)?;
    let orientation = decoder.orientation().map_or(1, |o| o.to_exif());
    let mut notes = Vec::new();
    if animated {
        notes.push(Note::Animated);
    }
    let picture = image(decoder).map_err(wrong)?;
    Ok(Open { raster: flatten(picture, &mut notes), orientation, notes })
}

fn image(decoder: impl ImageDecoder) -> ImageResult<DynamicImage> {
    DynamicImage::from_decoder(decoder)
}

/// 8 bits a channel, grey or RGB, transparency laid on white.
fn flatten(picture: DynamicImage, notes: &mut Vec<Note>) -> Raster {
    let (width, height) = (picture.width(), picture.height());
    let (channels, pixels) = match picture.color() {
        ColorType::L8 | ColorType::L16 => (1, picture.into_luma8().into_raw()),
        color if color.has_alpha() => {
            let rgba = picture.into_rgba8().into_raw();
            if rgba.chunks_exact(4).any(|p| p[3] != 255) {
                notes.push(Note::Transparent);
            }
            let on_white = |p: &[u8]| {
                let alpha = u32::from(p[3]);
                [p[0], p[1], p[2]].map(|c| ((u32::from(c) * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
            };
            (3, rgba.chunks_exact(4).flat_map(on_white).collect())
        }
        _ => (3, picture.into_rgb8().into_raw()),
    };
    Raster { width, height, channels, pixels }
}

/// The decoder's complaint in plain words.
fn reason(error: ImageError, format: Format) -> Reason {
    let text = error.to_string();
    match error {
        ImageError::Unsupported(_) => Reason::Unsupported(format, text),
        ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Reason::Truncated(format),
        _ if ["unexpected end", "eof", "fill whole buffer"]
            .iter()
            .any(|w| text.to_lowercase().contains(w)) =>
        {
            Reason::Truncated(format)
        }
        _ => Reason::Damaged(format, text),
    }
}

/// The limit of pixels: of one picture, and of all pictures being decoded at once.
pub(crate) struct Limit {
    max_pixels: u64,
    free: Mutex<u64>,
    freed: Condvar,
}

/// Pixels in flight, given back when dropped.
pub(crate) struct Permit<'a> {
    limit: &'a Limit,
    pixels: u64,
}

impl Limit {
    pub fn new(max_pixels: u64) -> Limit {
        Limit { max_pixels, free: Mutex::new(max_pixels), freed: Condvar::new() }
    }

    fn allows(&self, width: u32, height: u32) -> bool {
        u64::from(width) * u64::from(height) <= self.max_pixels
    }

    /// Refuses a picture that is too large; waits until there is room for one that is not.
    pub fn admit(&self, width: u32, height: u32) -> Result<Permit<'_>, Reason> {
        if !self.allows(width, height) {
            return Err(Reason::TooManyPixels { width, height, limit: self.max_pixels });
        }
        let pixels = u64::from(width) * u64::from(height);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free =
            self.freed.wait_while(free, |free| *free < pixels).unwrap_or_else(PoisonError::into_inner);
        *free -= pixels;
        Ok(Permit { limit: self, pixels })
    }

    /// Room for a decoder: 16 bytes a pixel cover every format, with their tables.
    fn memory(&self) -> Limits {
        let mut limits = Limits::default();
        limits.max_alloc = Some(self.max_pixels.saturating_mul(16).saturating_add(64 << 20));
        limits
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.limit.free.lock().unwrap_or_else(PoisonError::into_inner) += self.pixels;
        self.limit.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_reason() {
        let reason = guarded::<()>(|| panic!("index 7 out of range")).unwrap_err();
        assert_eq!(reason.to_string(), "the decoder failed on this file: index 7 out of range");
    }
}
