//! A picture in two buffers: what is drawn anew is written to the other one.

/// How large a picture is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
    /// Numbers of a pixel.
    pub channels: usize,
}

impl Size {
    /// Numbers of the picture.
    pub fn numbers(self) -> usize {
        self.height * self.width * self.channels
    }
}

/// A picture that is being changed.
pub struct Picture<'a> {
    /// How large it is.
    pub size: Size,
    /// Row by row, pixel by pixel, channel by channel.
    pub pixels: &'a mut [f32],
    room: &'a mut [f32],
    /// Whether the two have changed places.
    swapped: bool,
}

impl<'a> Picture<'a> {
    /// The picture in `pixels`; what is in `room` does not matter.
    ///
    /// # Panics
    /// If one of them has another size.
    pub fn new(size: Size, pixels: &'a mut [f32], room: &'a mut [f32]) -> Self {
        assert!(pixels.len() == size.numbers() && room.len() == pixels.len(), "not a picture of {size:?}");
        Picture { size, pixels, room, swapped: false }
    }

    /// Draws it anew: `draw` reads the picture as it was, and writes every number of what it is to be.
    pub fn redraw(&mut self, draw: impl FnOnce(&[f32], &mut [f32])) {
        draw(self.pixels, self.room);
        std::mem::swap(&mut self.pixels, &mut self.room);
        self.swapped = !self.swapped;
    }

    /// Numbers of a row.
    pub fn stride(&self) -> usize {
        self.size.width * self.size.channels
    }

    /// Sees that the result lies where the picture came in.
    pub fn finish(self) {
        if self.swapped {
            self.room.copy_from_slice(self.pixels);
        }
    }
}
