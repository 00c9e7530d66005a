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
            // Any other depth.
            _ => widest(Turn::<0> { from, to, size, sin, cos }),
        });
    }
}

/// Pixels whose places are found together.
const LANES: usize = 16;

/// Pictures of `C` channels; 0: of as many as `size` says.
struct Turn<'a, const C: usize> {
    from: &'a [f32],
    to: &'a mut [f32],
    size: Size,
    sin: f32,
    cos: f32,
}

/// The pixels of a block come from: column and row of the upper left of the four around it, and how far to the right and
/// down of that. Each an array of its own, so that they are found in vectors.
#[derive(Default)]
struct Places {
    left: [i32; LANES],
    top: [i32; LANES],
    across: [f32; LANES],
    down: [f32; LANES],
}

impl<const C: usize> Loop for Turn<'_, C> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Size { height, width, channels } = self.size;
        let (middle_y, middle_x) = (0.5 * (height as f32 - 1.0), 0.5 * (width as f32 - 1.0));
        let mut places = Places::default();
        for (y, row) in self.to.chunks_exact_mut(width * channels).enumerate() {
            let v = y as f32 - middle_y;
            for (block, pixels) in row.chunks_mut(LANES * channels).enumerate() {
                let first = (block * LANES) as f32 - middle_x;
                for k in 0..LANES {
                    let u = first + k as f32;
                    let x = u * self.cos - v * self.sin + middle_x;
                    let y = v * self.cos + u * self.sin + middle_y;
                    let (floor_x, floor_y) = (x.floor(), y.floor());
                    (places.left[k], places.top[k]) = (whole(floor_x), whole(floor_y));
                    (places.across[k], places.down[k]) = (x - floor_x, y - floor_y);
                }
                if C == 0 {
                    let pixels = pixels.chunks_exact_mut(channels).enumerate();
                    pixels.for_each(|(k, pixel)| at_border(self.from, self.size, &places, k, pixel));
                } else {
                    let pixels = pixels.as_chunks_mut::<C>().0.iter_mut().enumerate();
                    pixels.for_each(|(k, pixel)| blend(self.from, self.size, &places, k, pixel));
                }
            }
        }
    }
}

/// A whole number x as an integer, for |x| < 2²²: the last bits of x + 3 · 2²². (A cast would also look for NaN and for
/// numbers out of range, one by one.)
#[inline(always)]
fn whole(x: f32) -> i32 {
    (x + 12_582_912.0).to_bits().wrapping_sub(0x4B40_0000) as i32
}

/// How much each of the four pixels around place `k` counts: by how near it is.
#[inline(always)]
fn shares(places: &Places, k: usize) -> [f32; 4] {
    let (across, down) = (places.across[k], places.down[k]);
    let (up, back) = (1.0 - down, 1.0 - across);
    [up * back, up * across, down * back, down * across]
}

/// The mean of the four pixels around a place.
#[inline(always)]
fn blend<const C: usize>(from: &[f32], size: Size, places: &Places, k: usize, pixel: &mut [f32; C]) {
    let (left, top) = (places.left[k] as usize, places.top[k] as usize);
    // What is below 0 is now far above.
    if left.wrapping_add(1) < size.width && left < size.width && top < size.height {
        let stride = size.width * C;
        let upper = top * stride + left * C;
        if let (Some(upper), Some(lower)) =
            (from.get(upper..upper + 2 * C), from.get(upper + stride..upper + stride + 2 * C))
        {
            let shares = shares(places, k);
            for c in 0..C {
                pixel[c] = shares[0] * upper[c]
                    + shares[1] * upper[c + C]
                    + shares[2] * lower[c]
                    + shares[3] * lower[c + C];
            }
            return;
        }
    }
    at_border(from, size, places, k, pixel);
}

/// The same where some of the four may not be in the picture, for any number of channels.
fn at_border(from: &[f32], size: Size, places: &Places, k: usize, pixel: &mut [f32]) {
    pixel.fill(0.0);
    for (corner, share) in shares(places, k).into_iter().enumerate() {
        let (x, y) = (places.left[k] + (corner as i32 & 1), places.top[k] + (corner as i32 >> 1));
        if (0..size.width as i32).contains(&x) && (0..size.height as i32).contains(&y) {
            let at = (y as usize * size.width + x as usize) * size.channels;
            pixel.iter_mut().zip(&from[at..at + size.channels]).for_each(|(to, x)| *to += share * x);
        }
    }
}
