//! A window that slides over a picture: what convolutions and pools share.
//!
//! ```text
//! reach = dilation (size − 1) + 1
//! out   = ⌊(in + before + after − reach) / stride⌋ + 1
//! same:   out = ⌈in / stride⌉, before = ⌊all / 2⌋, after = all − before,
//!         all = max((out − 1) stride + reach − in, 0)
//! ```

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
    pub fn over(&self, height: usize, width: usize) -> Result<[Walk; 2], String> {
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
}
