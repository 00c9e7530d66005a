use super::{Augmentation, Entry, Picture};
use crate::rng::Rng;
use crate::words::Parameter;

pub(super) const ROW: Entry = Entry {
    name: "flip",
    about: "mirrors the picture, as a cat that looks left is still a cat; torchvision: RandomHorizontalFlip",
    formula: "y[i, j] = x[i, w − 1 − j]",
    paper: "as in Krizhevsky, Sutskever & Hinton 2012, section 4.1",
    parameters: &[Parameter::number("p", "p", 0.5, (0.0, 1.0), "how often the picture is mirrored")],
    build: |_| Box::new(Flip),
};

/// Left becomes right, with probability p, as in
/// [Krizhevsky, Sutskever & Hinton 2012](https://papers.nips.cc/paper/4824), section 4.1.
///
/// ```text
/// y[i, j] = x[i, w − 1 − j]          i: row, j: column, w: width
/// ```
struct Flip;

impl Augmentation for Flip {
    fn change(&self, _: &mut Rng, picture: &mut Picture) {
        let (stride, channels) = (picture.stride(), picture.size.channels);
        for row in picture.pixels.chunks_exact_mut(stride.max(1)) {
            match channels {
                1 => row.reverse(),
                3 => row.as_chunks_mut::<3>().0.reverse(),
                4 => row.as_chunks_mut::<4>().0.reverse(),
                _ => {
                    // The numbers of a pixel are turned round twice.
                    row.reverse();
                    row.chunks_exact_mut(channels).for_each(|pixel| pixel.reverse());
                }
            }
        }
    }

    fn is_cheap(&self) -> bool {
        true
    }
}
