//! Small pictures inside the page: shrunk, reduced to a palette, written as PNG in a `data:` address.
//!
//! A photograph of 64×64 pixels takes 10 kB as a true-colour PNG and 3 kB with a palette of 64 colours.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use png::{BitDepth, ColorType, Compression, Filter};

/// The longer side of a thumbnail in the page, in pixels; larger ones are shrunk.
const SIDE: usize = 64;
/// Colours in the palette of a thumbnail.
const COLOURS: usize = 64;

/// A small picture: rows from the top, pixels from the left, channels side by side.
#[derive(Clone, Debug, Default)]
pub struct Thumbnail {
    /// Pixels in a row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// 1 for grey, 3 for red, green and blue; further channels are not shown.
    pub channels: usize,
    /// `height · width · channels` numbers from 0 (dark) to 255.
    pub pixels: Vec<u8>,
}

impl Thumbnail {
    /// The picture as a `data:` address, and its width and height there; `None` where the fields do not agree.
    pub fn data_uri(&self) -> Option<(String, usize, usize)> {
        let size = self.width.checked_mul(self.height)?.checked_mul(self.channels)?;
        if size == 0 || self.pixels.len() != size {
            return None;
        }
        let (width, height, colours) = self.shrunk();
        let png = if self.channels < 3 {
            let grey: Vec<u8> = colours.iter().map(|colour| colour[0]).collect();
            encode(width, height, &grey, None)?
        } else {
            let (palette, indices) = reduce(&colours);
            encode(width, height, &indices, Some(palette))?
        };
        Some((format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png)), width, height))
    }

    /// Width, height and colours after shrinking to [`SIDE`]; a new pixel is the mean of those it covers.
    fn shrunk(&self) -> (usize, usize, Vec<[u8; 3]>) {
        let longer = self.width.max(self.height);
        let shrink = |side: usize| if longer <= SIDE { side } else { (side * SIDE / longer).max(1) };
        let (width, height) = (shrink(self.width), shrink(self.height));
        let cover = |i: usize, new: usize, old: usize| i * old / new..((i + 1) * old / new);
        let mut colours = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let (mut sums, mut n) = ([0usize; 3], 0);
                for v in cover(y, height, self.height) {
                    for u in cover(x, width, self.width) {
                        let pixel = (v * self.width + u) * self.channels;
                        for (c, sum) in sums.iter_mut().enumerate() {
                            *sum += self.pixels[pixel + if self.channels < 3 { 0 } else { c }] as usize;
                        }
                        n += 1;
                    }
                }
                colours.push(sums.map(|sum| (sum / n) as u8));
            }
        }
        (width, height, colours)
    }
}

/// Median cut: the box of colours that is widest and fullest is halved until there are [`COLOURS`] boxes.
/// Returns their mean colours, and the box of each pixel.
fn reduce(colours: &[[u8; 3]]) -> (Vec<u8>, Vec<u8>) {
    let mut boxes: Vec<Vec<usize>> = vec![(0..colours.len()).collect()];
    while boxes.len() < COLOURS {
        let worth = |b: &Vec<usize>| widest(colours, b).1 as usize * b.len();
        let Some(at) = (0..boxes.len()).max_by_key(|&i| worth(&boxes[i])) else { break };
        let (channel, width) = widest(colours, &boxes[at]);
        if width == 0 {
            break;
        }
        let mut low = boxes.swap_remove(at);
        low.sort_by_key(|&i| colours[i][channel]);
        let high = low.split_off(low.len() / 2);
        boxes.extend([low, high]);
    }
    let mut palette = Vec::with_capacity(3 * boxes.len());
    let mut indices = vec![0; colours.len()];
    for (number, members) in boxes.iter().enumerate() {
        let sum = members
            .iter()
            .fold([0usize; 3], |sum, &i| std::array::from_fn(|c| sum[c] + colours[i][c] as usize));
        palette.extend(sum.map(|sum| (sum / members.len()) as u8));
        for &i in members {
            indices[i] = number as u8;
        }
    }
    (palette, indices)
}

/// The channel in which these colours differ most, and by how much.
fn widest(colours: &[[u8; 3]], members: &[usize]) -> (usize, u8) {
    let width = |channel: usize| {
        let values = members.iter().map(|&i| colours[i][channel]);
        let (low, high) = values.fold((255, 0), |(low, high), v| (v.min(low), v.max(high)));
        high.saturating_sub(low)
    };
    (0..3).map(|channel| (channel, width(channel))).max_by_key(|&(_, width)| width).unwrap_or((0, 0))
}

/// One byte a pixel as a PNG: an index into `palette`, or a grey without one.
fn encode(width: usize, height: usize, bytes: &[u8], palette: Option<Vec<u8>>) -> Option<Vec<u8>> {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, width as u32, height as u32);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::High);
    match palette {
        Some(palette) => {
            encoder.set_color(ColorType::Indexed);
            encoder.set_palette(palette);
            encoder.set_filter(Filter::NoFilter);
        }
        None => encoder.set_color(ColorType::Grayscale),
    }
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(bytes).ok()?;
    writer.finish().ok()?;
    Some(png)
}
