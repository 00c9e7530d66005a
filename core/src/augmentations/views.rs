//! Test-time augmentation: a picture is looked at more than once, and the answers are averaged.
//!
//! ```text
//! p = 1/V Σᵥ p(viewᵥ(x))          view₀(x) = x
//! ```
//!
//! [Krizhevsky, Sutskever & Hinton 2012](https://papers.nips.cc/paper/4824), section 4.1. Changes are drawn by the number
//! of the view alone: every picture is looked at in the same ways, whichever others are asked for.

use super::{Augment, Size};
use crate::rng::{Rng, Stream};
use crate::{Error, Result};

/// The ways in which a picture is looked at.
pub struct Views {
    augment: Augment,
    count: usize,
}

/// V where none is given and the changes are random.
const DEFAULT: usize = 8;

impl Views {
    /// The picture as it is.
    pub fn one() -> Views {
        Views { augment: Augment(Vec::new()), count: 1 }
    }

    /// From a line such as `flip` or `flip, shift 2`, and V from 2 to 1000. `flip` alone is the picture and its mirror
    /// image; of other changes, 8 views are drawn where no number is given.
    ///
    /// # Errors
    /// [`Error::Line`] pointing at the wrong word; [`Error::Range`] for V.
    pub fn parse(line: &str, count: Option<usize>) -> Result<Views> {
        let augment = Augment::parse(line)?;
        if augment.is_empty() {
            return Ok(Views::one());
        }
        let count = count.unwrap_or(if augment.only_flips() { 2 } else { DEFAULT });
        if !(2..=1000).contains(&count) {
            return Err(Error::range("views", count, "a whole number from 2 to 1000"));
        }
        Ok(Views { augment, count })
    }

    /// V
    pub fn count(&self) -> usize {
        self.count
    }

    /// What is looked at, in words.
    pub fn describe(&self) -> String {
        match self.count {
            1 => "as it is".into(),
            2 if self.augment.only_flips() => {
                "2 views of each picture (as it is and mirrored), probabilities averaged".into()
            }
            n => format!("{n} views of each picture ({}), probabilities averaged", self.augment.line()),
        }
    }

    /// The line of changes.
    pub fn line(&self) -> String {
        self.augment.line()
    }

    /// The size of pictures of these lengths.
    ///
    /// # Errors
    /// [`Error::Settings`] if more than one view is asked for of data that are no pictures.
    pub fn size(&self, dims: &[usize]) -> Result<Size> {
        self.augment.size(dims)
    }

    /// Changes a picture into its view number `view`, 0 … V − 1; `room` is as long as it is.
    ///
    /// # Panics
    /// If `pixels` and `room` are not pictures of that size.
    pub fn look(&self, view: usize, size: Size, pixels: &mut [f32], room: &mut [f32]) {
        if view > 0 {
            let mirrors = self.augment.only_flips();
            let rng = Rng::new(0, Stream::Augment, view as u64);
            self.augment.change(rng, mirrors, size, pixels, room);
        }
    }
}
