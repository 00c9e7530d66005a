//! Pictures as training examples: the built-in ones, a folder, and what turns bytes into the network's inputs.

use std::path::Path;

use anyhow::{Context, Result};
use gradus::input::Input;
use gradus::op::Shape;
use gradus::train::{Parts, Samples};
use gradus_pictures::{Part, Pictures, Settings, Sheet, Split};
use serde::{Deserialize, Serialize};

use super::{Preprocessing, Source, cache_folder, threads};
use crate::args::Shared;
use crate::console::Voice;
use crate::data::{self, Data};
use crate::noun::Noun;
use crate::report::Thumbnail;

/// CIFAR-10's cats and dogs (Krizhevsky 2009): 3,000 tiles of 32×32, see `data/README.md`.
const BUILT_IN: Sheet = Sheet {
    file: include_bytes!("../../../data/cats-dogs.webp"),
    // Its SHA-256: made at every start, it would take as long as reading the pictures from the cache.
    name: "85470dd7d16dca5ac77d80a2cb3043990097124e3633a71bff2e342e6c05fc63",
    tile: 32,
    dims: [50, 60],
};
/// So many of them, from the first on, are CIFAR-10's training pictures; the others are its test pictures.
const TRAIN: usize = 2500;

/// What turns a picture's bytes into inputs: kept with the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    pub width: u32,
    pub height: u32,
    pub grey: bool,
    /// By channel, of byte / 255 over the training part.
    pub mean: Vec<f64>,
    /// By channel, of byte / 255 over the training part.
    pub deviation: Vec<f64>,
}

impl Scale {
    /// Numbers per picture.
    pub fn inputs(&self) -> usize {
        self.input().numbers()
    }

    /// The shape of a picture.
    pub fn input(&self) -> Input {
        [self.height as usize, self.width as usize, self.mean.len()].into()
    }

    /// Height, width and channels.
    pub fn dims(&self) -> [usize; 3] {
        [self.height as usize, self.width as usize, self.mean.len()]
    }

    /// x = (byte / 255 − mean) / deviation, for each channel and byte.
    pub fn table(&self) -> Vec<[f32; 256]> {
        let row = |(mean, deviation): (&f64, &f64)| {
            std::array::from_fn(|byte| ((byte as f64 / 255.0 - mean) / deviation) as f32)
        };
        self.mean.iter().zip(&self.deviation).map(row).collect()
    }

    /// Whether it makes sense, where a file said it.
    pub fn is_sane(&self) -> bool {
        (1..=16384).contains(&self.width)
            && (1..=16384).contains(&self.height)
            && self.mean.len() == if self.grey { 1 } else { 3 }
            && self.deviation.len() == self.mean.len()
    }

    /// How `gradus_pictures` is asked for such pictures.
    pub fn settings(&self, max_pixels: u64) -> Settings {
        Settings {
            width: self.width,
            height: self.height,
            grey: self.grey,
            max_pixels,
            ..Settings::default()
        }
    }
}

/// Labelled pictures with their preprocessing.
pub struct PictureSamples {
    pub pictures: Pictures,
    pub scale: Scale,
    built_in: bool,
    table: Vec<[f32; 256]>,
}

impl PictureSamples {
    /// Reads the pictures of a recipe; mean and deviation are those of its training part.
    pub fn open(data: &Data, shape: &data::Shape, shared: &Shared, voice: Voice) -> Result<PictureSamples> {
        let bar = voice.bar("reading pictures");
        let pictures = open(data, shape, shared, &|done, total| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        })?;
        bar.finish_and_clear();
        let train = parts(&pictures).train;
        let measured = PictureSamples::measured(pictures, shape.grey, &train);
        Ok(PictureSamples { built_in: data.is_built_in(), ..measured })
    }

    /// With mean and deviation measured on the pictures `train`.
    pub fn measured(pictures: Pictures, grey: bool, train: &[u32]) -> PictureSamples {
        let channels = pictures.channels();
        let (mut sum, mut squares, mut n) = (vec![0u64; channels], vec![0u64; channels], 0u64);
        for &i in train {
            let bytes = pictures.pixels(i as usize);
            let [of_bytes, of_squares] = sums(bytes);
            for (k, (s, q)) in of_bytes.into_iter().zip(of_squares).enumerate() {
                sum[k % channels] += s;
                squares[k % channels] += q;
            }
            n += (bytes.len() / channels) as u64;
        }
        // Whole numbers until here: the same on every machine, in any order.
        let n = n.max(1);
        let mean: Vec<f64> = sum.iter().map(|s| *s as f64 / n as f64 / 255.0).collect();
        let variance = |(q, m): (&u64, &f64)| *q as f64 / n as f64 / (255.0 * 255.0) - m * m;
        // Pictures of a single shade: a deviation of at least one byte keeps the inputs finite.
        let deviation =
            squares.iter().zip(&mean).map(|p| variance(p).max(0.0).sqrt().max(1.0 / 255.0)).collect();
        let (width, height) = (pictures.width(), pictures.height());
        Self::with(pictures, Scale { width, height, grey, mean, deviation })
    }

    /// With a model's preprocessing.
    pub fn with(pictures: Pictures, scale: Scale) -> PictureSamples {
        PictureSamples { table: scale.table(), pictures, scale, built_in: false }
    }
}

/// Σ b and Σ b² of the bytes at place k, k + 48, k + 96 …: 48 columns, each of one channel whether there are one or three.
fn sums(bytes: &[u8]) -> [[u64; 48]; 2] {
    let mut all = [[0u64; 48]; 2];
    // Squares of so many rows fit into 32 bits.
    for part in bytes.chunks(48 << 16) {
        let mut some = [[0u32; 48]; 2];
        let [of_bytes, of_squares] = &mut some;
        let mut add = |row: &[u8]| {
            for ((s, q), byte) in of_bytes.iter_mut().zip(&mut *of_squares).zip(row) {
                *s += u32::from(*byte);
                *q += u32::from(*byte) * u32::from(*byte);
            }
        };
        let (rows, rest) = part.as_chunks::<48>();
        rows.iter().for_each(|row| add(row));
        add(rest);
        for (all, some) in all.iter_mut().flatten().zip(some.iter().flatten()) {
            *all += u64::from(*some);
        }
    }
    all
}

/// Writes bytes as inputs.
pub fn normalise(bytes: &[u8], table: &[[f32; 256]], into: &mut [f32]) {
    match table {
        [grey] => into.iter_mut().zip(bytes).for_each(|(x, b)| *x = grey[*b as usize]),
        _ => {
            for (x, pixel) in into.chunks_exact_mut(table.len()).zip(bytes.chunks_exact(table.len())) {
                for ((x, b), row) in x.iter_mut().zip(pixel).zip(table) {
                    *x = row[*b as usize];
                }
            }
        }
    }
}

impl Samples for PictureSamples {
    fn len(&self) -> usize {
        self.pictures.list().len()
    }
    fn inputs(&self) -> usize {
        self.scale.inputs()
    }
    fn shape(&self) -> Shape {
        Shape::new(&self.scale.dims())
    }
    /// What is in a file may have to be fetched from the disk.
    fn is_costly(&self) -> bool {
        !self.pictures.in_memory()
    }
    fn classes(&self) -> usize {
        self.pictures.classes().len()
    }
    fn class(&self, index: usize) -> usize {
        self.pictures.list()[index].class
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        normalise(self.pictures.pixels(index), &self.table, into);
    }
}

impl Source for PictureSamples {
    fn noun(&self) -> Noun {
        Noun::PICTURE
    }
    fn input(&self) -> Input {
        self.scale.input()
    }
    fn names(&self) -> &[String] {
        self.pictures.classes()
    }
    fn label(&self) -> String {
        "class".into()
    }
    fn parts(&self) -> Parts {
        parts(&self.pictures)
    }
    fn fingerprint(&self) -> [u8; 32] {
        self.pictures.fingerprint()
    }
    fn summary_line(&self) -> String {
        self.pictures.summary_line()
    }
    fn left_out(&self) -> Vec<(String, String)> {
        let all = self.pictures.skipped().iter();
        all.map(|skipped| (skipped.path.display().to_string(), skipped.reason.clone())).collect()
    }
    fn notes(&self) -> Vec<String> {
        self.pictures.cache_trouble().map(str::to_string).into_iter().collect()
    }
    fn preprocessing(&self) -> Preprocessing {
        Preprocessing::Picture(self.scale.clone())
    }
    fn place(&self, index: usize) -> String {
        if self.built_in {
            return format!("built-in picture {index}");
        }
        self.pictures.list()[index].path.display().to_string()
    }
    fn picture(&self, index: usize) -> Option<Thumbnail> {
        let [height, width, channels] = self.scale.dims();
        Some(Thumbnail { width, height, channels, pixels: self.pictures.pixels(index).to_vec() })
    }
}

/// Opens the pictures of a recipe.
fn open(
    data: &Data,
    shape: &data::Shape,
    shared: &Shared,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Pictures> {
    let settings = Settings {
        width: shape.width,
        height: shape.height,
        grey: shape.grey,
        max_pixels: shape.max_pixels,
        cache: cache_folder(shared),
        threads: threads(shared).count(),
        ..Settings::default()
    };
    if data.is_built_in() {
        return built_in(data, &settings);
    }
    let split = Split { validation: data.validation, test: data.test, seed: 0 };
    Ok(Pictures::open(Path::new(&data.source), &settings, &split, progress)?)
}

/// The indices of each part.
fn parts(pictures: &Pictures) -> Parts {
    let of = |part| pictures.indices(part).into_iter().map(|i| i as u32).collect();
    Parts { train: of(Part::Train), validation: of(Part::Validation), test: of(Part::Test) }
}

/// The built-in cats and dogs. Their test part is CIFAR-10's own; validation is split off the training part by
/// content, as for any folder.
fn built_in(data: &Data, settings: &Settings) -> Result<Pictures> {
    let part = |i: usize, hash: &[u8; 32]| {
        let share = u64::from_be_bytes(*hash.first_chunk().expect("32 bytes")) as f64 / 2f64.powi(64);
        match i < TRAIN {
            true if share < data.validation => Part::Validation,
            true => Part::Train,
            false => Part::Test,
        }
    };
    let pictures = BUILT_IN.pictures(&["cat", "dog"], settings, |i| i % 2, part);
    pictures.context("the built-in pictures are damaged: build gradus anew")
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn sums_are_those_of_every_channel() {
        for length in [0, 1, 3, 47, 48, 300_000, (48 << 16) + 51] {
            let bytes: Vec<u8> = (0..length).map(|i: u64| 255 - (i * i % 97 * (i % 3)) as u8).collect();
            let [sum, squares] = sums(&bytes);
            for c in 0..3 {
                let own = || bytes.iter().skip(c).step_by(3).map(|b| u64::from(*b));
                assert_eq!(sum.iter().skip(c).step_by(3).sum::<u64>(), own().sum::<u64>(), "{length}");
                assert_eq!(squares.iter().skip(c).step_by(3).sum::<u64>(), own().map(|b| b * b).sum::<u64>());
            }
        }
        let white = vec![255; (48 << 16) + 1];
        assert_eq!(sums(&white)[1][47], 65_025 << 16);
    }

    #[test]
    fn the_name_of_the_built_in_pictures_changes_with_them() {
        let hash: String = Sha256::digest(BUILT_IN.file).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(BUILT_IN.name, hash);
    }
}
