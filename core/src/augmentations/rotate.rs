use super::{ALWAYS, Augmentation, Entry, Picture, Size};
use crate::elementary::turns;
use crate::kernels::{Loop, widest};
use crate::rng::Rng;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "rotate",
    about: "turns the picture by up to D degrees either way; torchvision: RandomRotation(D, BILINEAR)",
    formula: "y[i, j] = bilinear x[cᵢ + v cos φ + u sin φ, cⱼ + u cos φ − v sin φ]\nφ ~ D · uniform on (−1, 1)",
    paper: "as in Simard, Steinkraus & Platt 2003, section 2",
    parameters: &[Parameter::number("degrees", "D", 10.0, (0.0, 180.0), "how far at most"), ALWAYS],
    build,
};

/// Turns the picture about its middle, as in
/// [Simard, Steinkraus & Platt 2003](https://doi.org/10.1109/ICDAR.2003.1227801), section 2. With probability p.
///
/// ```text
/// y[i, j] = bilinear x[cᵢ + v cos φ + u sin φ, cⱼ + u cos φ − v sin φ]
/// φ ~ D · uniform on (−1, 1)
/// (v, u) = (i − cᵢ, j − cⱼ), c: the middle; what lies outside of x is 0, the mean colour
/// ```
struct Rotate {
    /// D in [0, 180]
    degrees: f64,
}

fn build(values: &Values) -> Box<dyn Augmentation> {
    Box::new(Rotate { degrees: values.get("degrees") })
}

impl Augmentation for Rotate {
    fn change(&self, rng: &mut Rng, picture: &mut Picture) {
        let size = picture.size;
        if size.numbers() == 0 {
            return;
        }
        let (sin, cos) = turns(self.degrees / 360.0 * (2.0 * rng.uniform() as f64 - 1.0));
        let (sin, cos) = (sin as f32, cos as f32);
        picture.redraw(|from, to| match size.channels {
            1 => widest(Turn::<1> { from, to, size, sin, cos }),
            3 => widest(Turn::<3> { from, to, size, sin, cos }),
            4 => widest(Turn::<4> { from, to, size, sin, cos }),
            // Any other depth, channel by channel.
            _ => widest(Turn::<0> { from, to, size, sin, cos }),
        });
    }
}

/// Numbers handled together.
const LANES: usize = 16;

/// Pictures of `C` channels; 0: of as many as `size` says.
struct Turn<'a, const C: usize> {
    from: &'a [f32],
    to: &'a mut [f32],
    size: Size,
    sin: f32,
    cos: f32,
}

impl<const C: usize> Loop for Turn<'_, C> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Size { height, width, channels } = self.size;
        let channels = if C == 0 { channels } else { C };
        let (middle_y, middle_x) = (0.5 * (height as f32 - 1.0), 0.5 * (width as f32 - 1.0));
        let stride = width * channels;
        for (y, row) in self.to.chunks_exact_mut(stride).enumerate() {
            let v = y as f32 - middle_y;
            for (block, pixels) in row.chunks_mut(LANES * channels).enumerate() {
                // Where the pixels come from: sixteen at once.
                let (mut left, mut top) = ([0i32; LANES], [0i32; LANES]);
                let (mut across, mut down) = ([0.0f32; LANES], [0.0f32; LANES]);
                for k in 0..LANES {
                    let u = (block * LANES + k) as f32 - middle_x;
                    let x = u * self.cos - v * self.sin + middle_x;
                    let y = v * self.cos + u * self.sin + middle_y;
                    let (floor_x, floor_y) = (x.floor(), y.floor());
                    (left[k], top[k]) = (floor_x as i32, floor_y as i32);
                    (across[k], down[k]) = (x - floor_x, y - floor_y);
                }
                for (k, pixel) in pixels.chunks_exact_mut(channels).enumerate() {
                    let (left, top, across, down) = (left[k], top[k], across[k], down[k]);
                    let (up, back) = (1.0 - down, 1.0 - across);
                    let shares = [up * back, up * across, down * back, down * across];
                    let inside = left >= 0 && top >= 0 && left + 1 < width as i32 && top + 1 < height as i32;
                    if inside {
                        let at = top as usize * stride + left as usize * channels;
                        let upper = &self.from[at..at + 2 * channels];
                        let lower = &self.from[at + stride..at + stride + 2 * channels];
                        for (c, to) in pixel.iter_mut().enumerate() {
                            *to = shares[0] * upper[c]
                                + shares[1] * upper[c + channels]
                                + shares[2] * lower[c]
                                + shares[3] * lower[c + channels];
                        }
                        continue;
                    }
                    pixel.fill(0.0);
                    for (corner, share) in shares.into_iter().enumerate() {
                        let (x, y) = (left + (corner as i32 & 1), top + (corner as i32 >> 1));
                        if (0..width as i32).contains(&x) && (0..height as i32).contains(&y) {
                            let at = y as usize * stride + x as usize * channels;
                            let from = &self.from[at..at + channels];
                            pixel.iter_mut().zip(from).for_each(|(to, x)| *to += share * x);
                        }
                    }
                }
            }
        }
    }
}
