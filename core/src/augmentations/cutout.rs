use super::{ALWAYS, Augmentation, Entry, Picture};
use crate::rng::Rng;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "cutout",
    about: "hides a square of N pixels, its middle anywhere; what is left must do",
    formula: "y[i, j] = 0 for a − ⌊N/2⌋ ≤ i < a − ⌊N/2⌋ + N and the same of j and b, else x[i, j]\na, b ~ uniform on the picture",
    paper: "DeVries & Taylor 2017, Improved Regularization of Convolutional Neural Networks with Cutout",
    parameters: &[Parameter::whole("pixels", "N", 8, (0, 4096), "side of the square"), ALWAYS],
    build,
};

/// A square of the mean colour, cut off where it leaves the picture:
/// [DeVries & Taylor 2017](https://arxiv.org/abs/1708.04552). With probability p.
///
/// ```text
/// y[i, j] = 0 for a − ⌊N/2⌋ ≤ i < a − ⌊N/2⌋ + N and the same of j and b, else x[i, j]
/// a, b ~ uniform on the picture
/// ```
struct Cutout {
    /// N ≥ 0
    pixels: usize,
}

fn build(values: &Values) -> Box<dyn Augmentation> {
    Box::new(Cutout { pixels: values.whole("pixels") })
}

impl Augmentation for Cutout {
    fn change(&self, rng: &mut Rng, picture: &mut Picture) {
        let (size, stride) = (picture.size, picture.stride());
        if size.numbers() == 0 {
            return;
        }
        let mut side = |length: usize| {
            let first = rng.below(length) as isize - (self.pixels / 2) as isize;
            let end = (first + self.pixels as isize).clamp(0, length as isize) as usize;
            first.max(0) as usize..end
        };
        let (rows, columns) = (side(size.height), side(size.width));
        for row in picture.pixels.chunks_exact_mut(stride).take(rows.end).skip(rows.start) {
            row[columns.start.min(columns.end) * size.channels..columns.end * size.channels].fill(0.0);
        }
    }

    fn is_cheap(&self) -> bool {
        true
    }
}
