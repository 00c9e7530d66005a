use super::{ALWAYS, Augmentation, Entry, Picture};
use crate::kernels::{Loop, widest};
use crate::rng::Rng;
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "colour",
    about: "changes brightness, contrast and saturation, each at random",
    formula: "x ← x + δ,  δ ~ S b · uniform on (−1, 1)\nx ← m + κ (x − m),  κ ~ 1 + S c · uniform on (−1, 1)\nx ← g + σ (x − g),  σ ~ 1 + S s · uniform on (−1, 1)",
    paper: "as in Zhao, Liu, Lin, Zhu & Han 2020, Differentiable Augmentation for Data-Efficient GAN Training",
    parameters: &[
        Parameter::number("strength", "S", 0.2, (0.0, 1.0), "how strong the changes are"),
        share("brightness", "b", "share of the strength for brightness, in deviations of a channel"),
        share("contrast", "c", "share of the strength for contrast: the distance from the picture's mean"),
        share("saturation", "s", "share of the strength for saturation: the distance from grey"),
        ALWAYS,
    ],
    build,
};

const fn share(name: &'static str, symbol: &'static str, about: &'static str) -> Parameter {
    Parameter::number(name, symbol, 1.0, (0.0, 1.0), about)
}

/// Another light, in the normalised numbers, as in
/// [Zhao, Liu, Lin, Zhu & Han 2020](https://arxiv.org/abs/2006.10738). With probability p. Nothing is clipped.
///
/// ```text
/// x ← x + δ                δ ~ S b · uniform on (−1, 1)
/// x ← m + κ (x − m)        κ ~ 1 + S c · uniform on (−1, 1)       m: the mean of the picture
/// x ← g + σ (x − g)        σ ~ 1 + S s · uniform on (−1, 1)       g: the mean of the pixel's channels
///
/// together  y = κ σ x + κ (1 − σ) g + (1 − κ) m + δ,  m and g those of before
/// ```
struct Colour {
    /// S b, S c, S s in [0, 1]
    most: [f32; 3],
}

fn build(values: &Values) -> Box<dyn Augmentation> {
    let most = ["brightness", "contrast", "saturation"]
        .map(|name| (values.get("strength") * values.get(name)) as f32);
    Box::new(Colour { most })
}

impl Augmentation for Colour {
    fn change(&self, rng: &mut Rng, picture: &mut Picture) {
        let channels = picture.size.channels;
        if picture.size.numbers() == 0 {
            return;
        }
        let [delta, kappa, sigma] = self.most.map(|most| most * (2.0 * rng.uniform() - 1.0));
        let (kappa, sigma) = (1.0 + kappa, 1.0 + sigma);
        let mean = widest(Sum(picture.pixels)) / picture.pixels.len() as f32;
        let (add, own, grey) = ((1.0 - kappa) * mean + delta, kappa * sigma, kappa * (1.0 - sigma));
        let pixels = &mut *picture.pixels;
        match channels {
            1 => widest(Line { pixels, own: own + grey, add }),
            3 => widest(Pixels::<3> { pixels, own, grey, add }),
            4 => widest(Pixels::<4> { pixels, own, grey, add }),
            _ => pixels.chunks_exact_mut(channels).for_each(|pixel| {
                let add = grey * (pixel.iter().sum::<f32>() / channels as f32) + add;
                pixel.iter_mut().for_each(|x| *x = own * *x + add);
            }),
        }
    }
}

/// Σ x, in sixteen lanes and a fixed order.
struct Sum<'a>(&'a [f32]);

impl Loop for Sum<'_> {
    type Out = f32;
    #[inline(always)]
    fn run(self) -> f32 {
        let mut lanes = [0.0f32; 16];
        let (chunks, rest) = self.0.as_chunks::<16>();
        for chunk in chunks {
            for k in 0..16 {
                lanes[k] += chunk[k];
            }
        }
        let rest: f32 = rest.iter().sum();
        lanes.iter().sum::<f32>() + rest
    }
}

/// Grey pictures: no saturation to change.
struct Line<'a> {
    pixels: &'a mut [f32],
    own: f32,
    add: f32,
}

impl Loop for Line<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        self.pixels.iter_mut().for_each(|x| *x = self.own * *x + self.add);
    }
}

struct Pixels<'a, const C: usize> {
    pixels: &'a mut [f32],
    own: f32,
    grey: f32,
    add: f32,
}

impl<const C: usize> Loop for Pixels<'_, C> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let share = self.grey / C as f32;
        for pixel in self.pixels.as_chunks_mut::<C>().0 {
            let add = share * pixel.iter().sum::<f32>() + self.add;
            pixel.iter_mut().for_each(|x| *x = self.own * *x + add);
        }
    }
}
