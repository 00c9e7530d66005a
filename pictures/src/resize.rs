//! The one place that resizes: `fast_image_resize` is named nowhere else. Turning upright and greying live here too.

use fast_image_resize::images::TypedImage;
use fast_image_resize::pixels::{InnerPixel, U8, U8x3};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

/// A decoded picture: rows of pixels of 1 (grey) or 3 (red, green, blue) bytes.
pub(crate) struct Raster {
    pub width: u32,
    pub height: u32,
    pub channels: usize,
    pub pixels: Vec<u8>,
}

impl Raster {
    /// One channel of 0.299 R + 0.587 G + 0.114 B, rounded, as JPEG defines brightness.
    pub fn to_grey(&self) -> Raster {
        let grey = |p: &[u8]| {
            let sum = 19595 * u32::from(p[0]) + 38470 * u32::from(p[1]) + 7471 * u32::from(p[2]);
            ((sum + 0x8000) >> 16) as u8
        };
        let pixels = self.pixels.chunks_exact(3).map(grey).collect();
        Raster { width: self.width, height: self.height, channels: 1, pixels }
    }

    /// Three equal channels from one.
    pub fn to_rgb(&self) -> Raster {
        let pixels = self.pixels.iter().flat_map(|&p| [p, p, p]).collect();
        Raster { width: self.width, height: self.height, channels: 3, pixels }
    }

    /// Stretched to `width` × `height` by an antialiased triangle filter in fixed-point arithmetic, so that the
    /// result is the same on every processor.
    pub fn resized(mut self, width: u32, height: u32) -> Result<Raster, String> {
        if (self.width, self.height) == (width, height) {
            return Ok(self);
        }
        let pixels = match self.channels {
            1 => self.stretched::<U8>(width, height)?,
            _ => self.stretched::<U8x3>(width, height)?,
        };
        Ok(Raster { width, height, channels: self.channels, pixels })
    }

    /// The bytes of [`Raster::resized`]. With the kind of pixel known when the program is built, the library's code for its
    /// other eleven kinds stays out of it: 3 MB. With a source of the type that the library has between its two passes
    /// (it could be lent, not changed), there is one copy of each pass, not two.
    fn stretched<P: PixelTrait + InnerPixel>(&mut self, width: u32, height: u32) -> Result<Vec<u8>, String> {
        let source = TypedImage::<P>::from_buffer(self.width, self.height, &mut self.pixels)
            .map_err(|e| e.to_string())?;
        let mut pixels = vec![0; width as usize * height as usize * self.channels];
        let mut target =
            TypedImage::<P>::from_buffer(width, height, &mut pixels).map_err(|e| e.to_string())?;
        let options =
            ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).use_alpha(false);
        Resizer::new().resize_typed(&source, &mut target, &options).map_err(|e| e.to_string())?;
        Ok(pixels)
    }

    /// Turned and mirrored so that a picture stored with EXIF `orientation` (1 to 8) stands upright.
    pub fn upright(self, orientation: u8) -> Raster {
        if !(2..=8).contains(&orientation) {
            return self;
        }
        let (w, h, c) = (self.width as usize, self.height as usize, self.channels);
        let (width, height) = if orientation >= 5 { (h, w) } else { (w, h) };
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for y in 0..height {
            for x in 0..width {
                let (from_x, from_y) = match orientation {
                    2 => (w - 1 - x, y),
                    3 => (w - 1 - x, h - 1 - y),
                    4 => (x, h - 1 - y),
                    5 => (y, x),
                    6 => (y, h - 1 - x),
                    7 => (w - 1 - y, h - 1 - x),
                    _ => (w - 1 - y, x),
                };
                let at = (from_y * w + from_x) * c;
                pixels.extend_from_slice(&self.pixels[at..at + c]);
            }
        }
        Raster { width: width as u32, height: height as u32, channels: c, pixels }
    }
}

/// Stretches a picture in memory (rows of `width` red-green-blue pixels) to the size of `settings`, grey if it says so:
/// exactly as a file of these pixels would be.
///
/// # Panics
/// If `pixels` is not `width` × `height` × 3 bytes.
pub fn resize(pixels: &[u8], width: u32, height: u32, settings: &crate::Settings) -> Vec<u8> {
    assert_eq!(pixels.len(), width as usize * height as usize * 3, "three bytes a pixel");
    let raster = Raster { width, height, channels: 3, pixels: pixels.to_vec() };
    let raster = if settings.grey { raster.to_grey() } else { raster };
    raster.resized(settings.width, settings.height).expect("the size was checked").pixels
}
