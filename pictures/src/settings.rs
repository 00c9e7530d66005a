//! How pictures are read.

use std::path::PathBuf;

/// How pictures are read: the size they get, grey or colour, the limits and the cache.
///
/// A picture is *stretched* to `width` × `height` (its proportions are not kept), by an antialiased triangle filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Width after resizing, in pixels: 1 to 16384.
    pub width: u32,
    /// Height after resizing, in pixels: 1 to 16384.
    pub height: u32,
    /// One grey channel (0.299 R + 0.587 G + 0.114 B) instead of red, green, blue.
    pub grey: bool,
    /// A picture with more pixels than this is refused by its header, before anything is decoded. Pictures being
    /// decoded at the same time, on all threads together, stay within it too.
    pub max_pixels: u64,
    /// Folder for the decoded pixels (made if absent), so that the next start reads no picture. `None`: no cache.
    pub cache: Option<PathBuf>,
    /// Bytes that all files of that folder have at most; beyond them, those used longest ago are deleted. The newest stays whatever
    /// its size.
    pub cache_bytes: u64,
    /// Threads that decode; 0 means one per processor core. Results do not depend on it.
    pub threads: usize,
}

impl Default for Settings {
    /// 64 × 64 in colour, at most 100 million pixels, no cache (of 10 GB at most), all cores.
    fn default() -> Settings {
        Settings {
            width: 64,
            height: 64,
            grey: false,
            max_pixels: 100_000_000,
            cache: None,
            cache_bytes: 10_000_000_000,
            threads: 0,
        }
    }
}

impl Settings {
    /// Channels of a pixel: 1 if `grey`, else 3.
    pub fn channels(&self) -> usize {
        if self.grey { 1 } else { 3 }
    }

    /// Bytes of one resized picture.
    pub(crate) fn stride(&self) -> usize {
        self.width as usize * self.height as usize * self.channels()
    }

    /// What is wrong with these settings, if anything.
    pub(crate) fn check(&self) -> Result<(), String> {
        let sides = 1..=16384;
        if !sides.contains(&self.width) || !sides.contains(&self.height) {
            return Err(format!(
                "pictures of {} × {} pixels were asked for; width and height must be 1 to 16384",
                self.width, self.height
            ));
        }
        if self.max_pixels == 0 {
            return Err("max_pixels is 0, which refuses every picture; give 100000000 or so".into());
        }
        Ok(())
    }
}
