use super::{ALWAYS, Augmentation, Entry, Picture};
use crate::rng::Rng;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "shift",
    about: "moves the picture by up to N pixels each way: a random crop after padding; torchvision: RandomCrop(padding=N)",
    formula: "y[i, j] = x[i + a, j + b]\na, b ~ uniform on −N … N",
    paper: "as in He, Zhang, Ren & Sun 2015, section 4.2",
    parameters: &[
        Parameter::whole("pixels", "N", 4, (0, 4096), "how far at most"),
        Parameter::word(
            "edge",
            &["mean", "reflect"],
            "edge: what comes in, the mean colour or the mirrored border",
        ),
        ALWAYS,
    ],
    build,
};

/// Moves the picture, as in [He, Zhang, Ren & Sun 2015](https://arxiv.org/abs/1512.03385), section 4.2: what padding by N
/// on each side and cutting out at random gives. With probability p.
///
/// ```text
/// y[i, j] = x[i + a, j + b]
/// a, b ~ uniform on −N … N
/// edge: where x has no such pixel, 0 (the mean colour), or the picture mirrored at its border
/// ```
struct Shift {
    /// N ≥ 0
    pixels: usize,
    reflect: bool,
}

fn build(values: &Values) -> Box<dyn Augmentation> {
    Box::new(Shift { pixels: values.whole("pixels"), reflect: values.word("edge") == "reflect" })
}

/// The place within 0 … n − 1 that `i` is mirrored to; the border itself is not repeated.
fn reflected(i: isize, n: usize) -> usize {
    let last = n as isize - 1;
    if last == 0 {
        return 0;
    }
    let folded = i.rem_euclid(2 * last);
    folded.min(2 * last - folded) as usize
}

impl Augmentation for Shift {
    fn change(&self, rng: &mut Rng, picture: &mut Picture) {
        let far = self.pixels as isize;
        let [down, right] = [(); 2].map(|_| rng.below(2 * self.pixels + 1) as isize - far);
        if (down, right) == (0, 0) {
            return;
        }
        let (height, width, channels) = (picture.size.height, picture.size.width, picture.size.channels);
        let (stride, reflect) = (picture.stride(), self.reflect);
        picture.redraw(|from, to| {
            for (y, to) in to.chunks_exact_mut(stride.max(1)).enumerate() {
                let source = y as isize + down;
                let inside = (0..height as isize).contains(&source);
                if !inside && !reflect {
                    to.fill(0.0);
                    continue;
                }
                let source = if reflect { reflected(source, height) } else { source as usize };
                let from = &from[source * stride..(source + 1) * stride];
                // Columns begin … end − 1 have their source in the picture.
                let begin = (-right).clamp(0, width as isize) as usize;
                let end = (width as isize - right).clamp(0, width as isize) as usize;
                if begin < end {
                    let first = (begin as isize + right) as usize * channels;
                    let middle = &mut to[begin * channels..end * channels];
                    middle.copy_from_slice(&from[first..first + middle.len()]);
                }
                for x in (0..begin).chain(end.max(begin)..width) {
                    let pixel = &mut to[x * channels..(x + 1) * channels];
                    match reflect {
                        false => pixel.fill(0.0),
                        true => {
                            let source = reflected(x as isize + right, width) * channels;
                            pixel.copy_from_slice(&from[source..source + channels]);
                        }
                    }
                }
            }
        });
    }

    fn is_cheap(&self) -> bool {
        true
    }
}
