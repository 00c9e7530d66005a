//! How weights start: by name. A new one: its row in the table.
//!
//! All but `zeros` and `ones` keep the size of signals about the same from layer to layer: the deviation of a weight is
//! √(gain / fan). Biases start at zero. The default is `he_normal` for layers that end in a function of the relu
//! family and `glorot_uniform` for all others (see [`crate::layers`]).

use crate::rng::Rng;

/// How many inputs and outputs each unit of a layer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fan {
    /// Inputs of each unit.
    pub inputs: usize,
    /// Outputs each input feeds.
    pub outputs: usize,
}

/// Fills the weights of one part of θ.
pub trait Initializer: Send + Sync {
    /// Draws all weights, in order.
    fn fill(&self, fan: Fan, weights: &mut [f32], rng: &mut Rng);
}

/// A named way to start.
pub struct Entry {
    /// As the network line writes it.
    pub name: &'static str,
    /// The deviation or bound.
    pub formula: &'static str,
    /// When to use it.
    pub about: &'static str,
    /// Who proposed it.
    pub paper: &'static str,
    /// Does it.
    pub start: &'static dyn Initializer,
}

/// √(gain / fan), and which distribution has that deviation.
struct Scaled {
    gain: f64,
    fan: fn(Fan) -> f64,
    normal: bool,
}

impl Initializer for Scaled {
    fn fill(&self, fan: Fan, weights: &mut [f32], rng: &mut Rng) {
        let deviation = (self.gain / (self.fan)(fan).max(1.0)).sqrt();
        if self.normal {
            rng.normals(weights);
            weights.iter_mut().for_each(|w| *w *= deviation as f32);
        } else {
            let bound = (deviation * 3.0f64.sqrt()) as f32;
            rng.uniforms(weights);
            weights.iter_mut().for_each(|w| *w = (2.0 * *w - 1.0) * bound);
        }
    }
}

struct Zeros;
impl Initializer for Zeros {
    fn fill(&self, _: Fan, weights: &mut [f32], _: &mut Rng) {
        weights.fill(0.0);
    }
}

struct Ones;
impl Initializer for Ones {
    fn fill(&self, _: Fan, weights: &mut [f32], _: &mut Rng) {
        weights.fill(1.0);
    }
}

fn inputs(fan: Fan) -> f64 {
    fan.inputs as f64
}
fn both(fan: Fan) -> f64 {
    (fan.inputs + fan.outputs) as f64 / 2.0
}

const HE: &str = "He et al. 2015, Delving Deep into Rectifiers, arXiv 1502.01852";
const GLOROT: &str =
    "Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks";
const LECUN: &str = "LeCun et al. 1998, Efficient BackProp";

/// What `init=` accepts.
#[rustfmt::skip]
pub const INITIALIZERS: &[Entry] = &[
    Entry { name: "he_normal",      formula: "w ~ N(0, 2 / inputs)",                about: "for the relu family",    paper: HE,     start: &Scaled { gain: 2.0, fan: inputs, normal: true } },
    Entry { name: "he_uniform",     formula: "w ~ U(±√(6 / inputs))",               about: "for the relu family",    paper: HE,     start: &Scaled { gain: 2.0, fan: inputs, normal: false } },
    Entry { name: "glorot_normal",  formula: "w ~ N(0, 2 / (inputs + outputs))",    about: "for sigmoid and tanh",   paper: GLOROT, start: &Scaled { gain: 1.0, fan: both, normal: true } },
    Entry { name: "glorot_uniform", formula: "w ~ U(±√(6 / (inputs + outputs)))",   about: "for sigmoid and tanh",   paper: GLOROT, start: &Scaled { gain: 1.0, fan: both, normal: false } },
    Entry { name: "lecun_normal",   formula: "w ~ N(0, 1 / inputs)",                about: "for layers without relu", paper: LECUN, start: &Scaled { gain: 1.0, fan: inputs, normal: true } },
    Entry { name: "lecun_uniform",  formula: "w ~ U(±√(3 / inputs))",               about: "for layers without relu", paper: LECUN, start: &Scaled { gain: 1.0, fan: inputs, normal: false } },
    Entry { name: "zeros",          formula: "w = 0",                               about: "biases; as weights of a hidden layer it keeps all units the same for ever", paper: "", start: &Zeros },
    Entry { name: "ones",           formula: "w = 1",                               about: "the scales of norms; as weights of a hidden layer it keeps all units the same for ever", paper: "", start: &Ones },
];

/// The way of that name.
pub fn named(name: &str) -> Option<&'static dyn Initializer> {
    INITIALIZERS.iter().find(|e| e.name == name).map(|e| e.start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    /// Mean 0, the deviation of the formula, and for the uniform ones the bound.
    #[test]
    fn every_initializer_has_its_deviation() {
        let fan = Fan { inputs: 300, outputs: 100 };
        let by_hand =
            [2.0 / 300.0, 2.0 / 300.0, 2.0 / 400.0, 2.0 / 400.0, 1.0 / 300.0, 1.0 / 300.0, 0.0, 0.0];
        for (entry, variance) in INITIALIZERS.iter().zip(by_hand) {
            let mut w = vec![f32::NAN; 30_000];
            entry.start.fill(fan, &mut w, &mut Rng::new(1, Stream::Init, 0));
            let mean = w.iter().map(|w| *w as f64).sum::<f64>() / w.len() as f64;
            let got = w.iter().map(|w| (*w as f64 - mean).powi(2)).sum::<f64>() / w.len() as f64;
            assert!((got - variance).abs() <= 0.03 * variance, "{}: {got}, not {variance}", entry.name);
            let middle = if entry.name == "ones" { 1.0 } else { 0.0 };
            assert!((mean - middle).abs() <= 0.02 * f64::sqrt(variance), "{}: mean {mean}", entry.name);
            if entry.name.ends_with("uniform") {
                let bound = w.iter().fold(0.0f32, |a, w| a.max(w.abs())) as f64;
                assert!(
                    (bound / (3.0 * variance).sqrt() - 1.0).abs() < 1e-3,
                    "{}: bound {bound}",
                    entry.name
                );
            }
        }
    }
}
