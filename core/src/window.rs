//! A window that slides over a picture: what convolutions and pools share.
//!
//! ```text
//! reach = dilation (size − 1) + 1
//! out   = ⌊(in + before + after − reach) / stride⌋ + 1
//! same:   out = ⌈in / stride⌉, before = ⌊all / 2⌋, after = all − before,
//!         all = max((out − 1) stride + reach − in, 0)
//! ```

use std::ops::Range;

use crate::onnx::Attribute;
use crate::op::Shape;
use crate::{Error, Result};

/// What is done at a picture's edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Nothing: the window stays inside.
    Valid,
    /// As many zeros as make the result as large as the picture (divided by the stride); an odd one goes behind, as in
    /// TensorFlow.
    Same,
    /// So many zeros on every side, as in PyTorch.
    Pixels(usize),
}

impl std::fmt::Display for Padding {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Padding::Valid => f.write_str("valid"),
            Padding::Same => f.write_str("same"),
            Padding::Pixels(n) => write!(f, "{n}"),
        }
    }
}

/// A window: for each field rows, then columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How many pixels it covers.
    pub size: [usize; 2],
    /// How far it moves.
    pub stride: [usize; 2],
    /// How far apart the pixels are that it covers; 1 if they are neighbours.
    pub dilation: [usize; 2],
    /// What is done at the edges.
    pub padding: Padding,
}

/// A window's way along one side of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The picture's length.
    pub length: usize,
    /// How many pixels the window covers.
    pub size: usize,
    /// How far it moves.
    pub stride: usize,
    /// How far apart the pixels are that it covers.
    pub dilation: usize,
    /// Zeros before the picture.
    pub before: usize,
    /// Zeros behind the picture.
    pub after: usize,
    /// How many places it has.
    pub places: usize,
}

/// The greatest number in a [`Window`].
pub const MOST: usize = 1 << 16;

impl Window {
    /// Of `rows` × `columns` neighbouring pixels, one step at a time.
    pub fn new(rows: usize, columns: usize, padding: Padding) -> Window {
        Window { size: [rows, columns], stride: [1, 1], dilation: [1, 1], padding }
    }

    /// The same, moving by `rows` and `columns`.
    pub fn stride(self, rows: usize, columns: usize) -> Window {
        Window { stride: [rows, columns], ..self }
    }

    /// The same, over pixels so far apart.
    pub fn dilation(self, rows: usize, columns: usize) -> Window {
        Window { dilation: [rows, columns], ..self }
    }

    /// Its ways down and across a picture of that height and width.
    ///
    /// # Errors
    /// What it would need, if it has no place there.
    pub fn over(&self, height: usize, width: usize) -> std::result::Result<[Walk; 2], String> {
        let pad = if let Padding::Pixels(n) = self.padding { n } else { 0 };
        let numbers = self.size.into_iter().chain(self.stride).chain(self.dilation);
        if pad > MOST || numbers.into_iter().any(|n| n == 0 || n > MOST) {
            return Err(format!("sizes, strides and dilations from 1 to {MOST}, and padding up to {MOST}"));
        }
        let walks = [self.along(0, height), self.along(1, width)];
        if let [Some(down), Some(across)] = walks {
            return Ok([down, across]);
        }
        let reach = [0, 1].map(|axis| self.reach(axis));
        let padded = if pad > 0 { format!(" padded by {pad}") } else { String::new() };
        Err(format!(
            "a picture that the window fits into: {} is larger than {height}×{width}{padded}; take a smaller window, \
             larger pictures, fewer pools or strides before it, or pad=same",
            format_args!("{}×{}", reach[0], reach[1]),
        ))
    }

    /// Pixels from the first it covers to the last.
    fn reach(&self, axis: usize) -> usize {
        self.dilation[axis] * (self.size[axis] - 1) + 1
    }

    fn along(&self, axis: usize, length: usize) -> Option<Walk> {
        let (reach, stride) = (self.reach(axis), self.stride[axis]);
        let (before, after) = match self.padding {
            Padding::Valid => (0, 0),
            Padding::Pixels(n) => (n, n),
            Padding::Same => {
                let out = length.div_ceil(stride);
                let all = (out.checked_sub(1)? * stride + reach).saturating_sub(length);
                (all / 2, all - all / 2)
            }
        };
        let places = (length + before + after).checked_sub(reach)? / stride + 1;
        let (size, dilation) = (self.size[axis], self.dilation[axis]);
        (length > 0).then_some(Walk { length, size, stride, dilation, before, after, places })
    }
}

impl Walk {
    /// The pixel that `k` of the window covers at place `o`; none in the padding.
    #[inline(always)]
    pub fn pixel(&self, o: usize, k: usize) -> Option<usize> {
        (o * self.stride + k * self.dilation).checked_sub(self.before).filter(|i| *i < self.length)
    }

    /// The pixels that a window of neighbours (no dilation) covers at place `o`.
    #[inline(always)]
    fn span(&self, o: usize) -> Range<usize> {
        let first = o * self.stride;
        first.saturating_sub(self.before)..(first + self.size).saturating_sub(self.before).min(self.length)
    }
}

/// A window's way over a batch of pictures, channel by channel: what pools do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Pictures.
    pub batch: usize,
    /// From row to row.
    pub down: Walk,
    /// From column to column.
    pub across: Walk,
    /// Channels, side by side.
    pub channels: usize,
}

impl Sweep {
    /// Of `window` over the one input of the op of that name. Every window holds a pixel at least.
    ///
    /// # Errors
    /// [`Error::Shape`] if it has no place there.
    pub fn of(op: &str, window: &Window, inputs: &[Shape]) -> Result<Sweep> {
        let refuse = |needs| Error::Shape { op: op.into(), inputs: inputs.to_vec(), needs };
        let &[batch, height, width, channels] = inputs.first().map_or(&[][..], Shape::dims) else {
            return Err(refuse("one picture: x [batch, height, width, channels]".into()));
        };
        if inputs.len() > 1 || window.dilation != [1, 1] {
            return Err(refuse("one picture, and a window of neighbouring pixels".into()));
        }
        let least = window.size[0].min(window.size[1]);
        if matches!(window.padding, Padding::Pixels(n) if n >= least) {
            return Err(refuse(format!("less padding: a window of {least} pixels would see nothing else")));
        }
        let [down, across] = window.over(height, width).map_err(refuse)?;
        Ok(Sweep { batch, down, across, channels })
    }

    /// The shape of the result.
    pub fn shape(&self) -> Shape {
        Shape::new(&[self.batch, self.down.places, self.across.places, self.channels])
    }

    /// As attributes of ONNX's pools.
    pub fn onnx(&self) -> Vec<(&'static str, Attribute)> {
        let (down, across) = (self.down, self.across);
        vec![
            Attribute::lengths("kernel_shape", [down.size, across.size]),
            Attribute::lengths("strides", [down.stride, across.stride]),
            Attribute::lengths("pads", [down.before, across.before, down.after, across.after]),
        ]
    }

    /// Numbers in a picture.
    pub fn picture(&self) -> usize {
        self.down.length * self.across.length * self.channels
    }

    /// Numbers in the result of a picture.
    pub fn result(&self) -> usize {
        self.down.places * self.across.places * self.channels
    }

    /// The rows and the columns of a picture that the window covers at place (oy, ox).
    #[inline(always)]
    pub fn spans(self, oy: usize, ox: usize) -> [Range<usize>; 2] {
        [self.down.span(oy), self.across.span(ox)]
    }

    /// Where in a picture the pixel at (iy, ix) begins.
    #[inline(always)]
    pub fn pixel(self, iy: usize, ix: usize) -> usize {
        (iy * self.across.length + ix) * self.channels
    }

    /// Whether every pixel is covered by one window exactly.
    pub fn is_exact(self) -> bool {
        let exact = |w: Walk| w.size == w.stride && w.before == 0 && w.places * w.size == w.length;
        exact(self.down) && exact(self.across)
    }

    /// Where in a picture the pixels begin that the window covers at place (oy, ox), row by row.
    #[inline(always)]
    pub fn pixels(self, oy: usize, ox: usize) -> impl Iterator<Item = usize> {
        let rows = (0..self.down.size).filter_map(move |ky| self.down.pixel(oy, ky));
        rows.flat_map(move |iy| {
            let columns = (0..self.across.size).filter_map(move |kx| self.across.pixel(ox, kx));
            columns.map(move |ix| self.pixel(iy, ix))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_makes_results_as_large_as_the_picture_and_no_window_lies_outside() {
        for (size, stride, dilation) in (0..150).map(|i| (1 + i % 6, 1 + i / 6 % 5, 1 + i / 30)) {
            let window = Window::new(size, 1, Padding::Same).stride(stride, 1).dilation(dilation, 1);
            for length in 1..20 {
                let [walk, other] = window.over(length, 3).unwrap();
                if dilation == 1 {
                    for o in 0..walk.places {
                        let one_by_one: Vec<usize> = (0..size).filter_map(|k| walk.pixel(o, k)).collect();
                        assert_eq!(walk.span(o).collect::<Vec<_>>(), one_by_one);
                    }
                }
                assert_eq!(walk.places, length.div_ceil(stride), "{walk:?}");
                assert!(walk.after == walk.before || walk.after == walk.before + 1, "{walk:?}");
                assert_eq!((other.places, other.before), (3, 0));
                let seen = (0..walk.places).all(|o| (0..size).any(|k| walk.pixel(o, k).is_some()));
                assert!(seen || dilation > 1, "{walk:?}");
            }
        }
    }

    #[test]
    fn a_window_that_is_too_large_is_refused_in_words() {
        let text = Window::new(5, 3, Padding::Valid).over(4, 9).unwrap_err();
        assert!(text.contains("5×3 is larger than 4×9") && text.contains("pad=same"), "{text}");
        assert!(Window::new(5, 3, Padding::Pixels(1)).over(4, 9).is_ok());
        assert!(Window::new(3, 3, Padding::Valid).dilation(2, 1).over(4, 9).is_err());
        for wrong in [
            Window::new(0, 1, Padding::Same),
            Window::new(1, 1, Padding::Pixels(usize::MAX)),
            Window::new(1, usize::MAX, Padding::Same),
            Window::new(1, 1, Padding::Same).stride(1, 0),
            Window::new(1, 1, Padding::Same).dilation(usize::MAX, 1),
        ] {
            assert!(wrong.over(4, 4).unwrap_err().contains("65536"), "{wrong:?}");
        }
        assert!(Window::new(1, 1, Padding::Same).over(0, 4).is_err());
    }
}
