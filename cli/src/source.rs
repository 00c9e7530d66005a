//! Pictures as training examples: the built-in ones, a folder, and what turns bytes into the network's inputs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gradus::input::Input;
use gradus::op::Shape;
use gradus::threads::Threads;
use gradus::train::{Parts, Samples};
use gradus_pictures::{Part, Pictures, Settings, Split};
use serde::{Deserialize, Serialize};

use crate::args::Shared;
use crate::recipe::Data;

/// CIFAR-10's cats and dogs (Krizhevsky 2009): 3,000 tiles of 32×32, see `data/README.md`.
const SHEET: &[u8] = include_bytes!("../../data/cats-dogs.webp");
const TILE: u32 = 32;
const TILES_A_ROW: usize = 50;
const TRAIN: usize = 2500;
const TILES: usize = 3000;

/// What turns a picture's bytes into inputs: kept with the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preprocessing {
    pub width: u32,
    pub height: u32,
    pub grey: bool,
    /// By channel, of byte / 255 over the training part.
    pub mean: Vec<f64>,
    /// By channel, of byte / 255 over the training part.
    pub deviation: Vec<f64>,
}

impl Preprocessing {
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
    pub preprocessing: Preprocessing,
    table: Vec<[f32; 256]>,
}

impl PictureSamples {
    /// With mean and deviation measured on the pictures `train`.
    pub fn measured(pictures: Pictures, grey: bool, train: &[u32]) -> PictureSamples {
        let channels = pictures.channels();
        let (mut sum, mut squares, mut n) = (vec![0u64; channels], vec![0u64; channels], 0u64);
        for &i in train {
            for pixel in pictures.pixels(i as usize).chunks_exact(channels) {
                for (c, &byte) in pixel.iter().enumerate() {
                    sum[c] += byte as u64;
                    squares[c] += byte as u64 * byte as u64;
                }
                n += 1;
            }
        }
        // Whole numbers until here: the same on every machine, in any order.
        let mean: Vec<f64> = sum.iter().map(|s| *s as f64 / n as f64 / 255.0).collect();
        let variance = |(q, m): (&u64, &f64)| *q as f64 / n as f64 / (255.0 * 255.0) - m * m;
        // Pictures of a single shade: a deviation of at least one byte keeps the inputs finite.
        let deviation =
            squares.iter().zip(&mean).map(|p| variance(p).max(0.0).sqrt().max(1.0 / 255.0)).collect();
        let (width, height) = (pictures.width(), pictures.height());
        Self::with(pictures, Preprocessing { width, height, grey, mean, deviation })
    }

    /// With a model's preprocessing.
    pub fn with(pictures: Pictures, preprocessing: Preprocessing) -> PictureSamples {
        PictureSamples { table: preprocessing.table(), pictures, preprocessing }
    }
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
        self.preprocessing.inputs()
    }
    fn shape(&self) -> Shape {
        Shape::new(&self.preprocessing.dims())
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

/// Opens the pictures of a recipe.
pub fn open(data: &Data, shared: &Shared, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Pictures> {
    let split = Split { validation: data.validation, test: data.test, seed: 0 };
    if data.is_built_in() {
        return built_in(data, &split);
    }
    let settings = Settings {
        width: data.width,
        height: data.height,
        grey: data.grey,
        max_pixels: data.max_pixels,
        cache: cache_folder(shared),
        threads: threads(shared).count(),
    };
    Ok(Pictures::open(Path::new(&data.source), &settings, &split, progress)?)
}

/// The indices of each part.
pub fn parts(pictures: &Pictures) -> Parts {
    let of = |part| pictures.indices(part).into_iter().map(|i| i as u32).collect();
    Parts { train: of(Part::Train), validation: of(Part::Validation), test: of(Part::Test) }
}

/// The threads asked for.
pub fn threads(shared: &Shared) -> Threads {
    Threads::new(shared.threads.map_or_else(Threads::available, usize::from))
}

/// Where decoded pictures are kept.
pub fn cache_folder(shared: &Shared) -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    match &shared.cache {
        Some(folder) if folder.as_os_str() == "none" => None,
        Some(folder) => Some(folder.clone()),
        None => from("GRADUS_CACHE").or_else(|| {
            let home = from("HOME").or_else(|| from("USERPROFILE"));
            let cache =
                from("XDG_CACHE_HOME").or_else(|| from("LOCALAPPDATA")).or(home.map(|h| h.join(".cache")));
            cache.map(|c| c.join("gradus"))
        }),
    }
}

/// The built-in cats and dogs. Their test part is CIFAR-10's own; validation is split off the training part by
/// content, as for any folder.
fn built_in(data: &Data, split: &Split) -> Result<Pictures> {
    let side = TILE * TILES_A_ROW as u32;
    let sheet_settings = Settings {
        width: side,
        height: TILE * (TILES / TILES_A_ROW) as u32,
        grey: false,
        ..Settings::default()
    };
    let sheet = gradus_pictures::decode(SHEET, &sheet_settings)
        .map_err(|reason| anyhow::anyhow!("{reason}"))
        .context("the built-in pictures are damaged: build gradus anew")?;
    let tile_bytes = (TILE * TILE * 3) as usize;
    let mut pixels = Vec::with_capacity(TILES * tile_bytes);
    let line = side as usize * 3;
    for tile in 0..TILES {
        let (left, top) = (tile % TILES_A_ROW * TILE as usize * 3, tile / TILES_A_ROW * TILE as usize);
        for row in top..top + TILE as usize {
            pixels.extend_from_slice(&sheet.pixels[row * line + left..][..TILE as usize * 3]);
        }
    }
    let labels: Vec<usize> = (0..TILES).map(|tile| tile % 2).collect();
    let fixed: Vec<Part> =
        (0..TILES).map(|tile| if tile < TRAIN { Part::Train } else { Part::Test }).collect();
    let classes = vec!["cat".to_string(), "dog".into()];
    let whole = Pictures::from_memory(classes.clone(), &labels, &fixed, pixels, TILE, TILE, 3)?;
    // Validation by the content's hash, so that it is as for a folder.
    let to_part = |i: usize| {
        let hash = whole.list()[i].hash;
        let share = u64::from_be_bytes(hash[..8].try_into().expect("eight bytes")) as f64 / 2f64.powi(64);
        if i < TRAIN && share < split.validation { Part::Validation } else { fixed[i] }
    };
    let parts: Vec<Part> = (0..TILES).map(to_part).collect();
    let wanted = Settings { width: data.width, height: data.height, grey: data.grey, ..Settings::default() };
    let mut resized = Vec::with_capacity(TILES * wanted.width as usize * wanted.height as usize * 3);
    for i in 0..TILES {
        resized.extend(gradus_pictures::resize(whole.pixels(i), TILE, TILE, &wanted));
    }
    let channels = if data.grey { 1 } else { 3 };
    Ok(Pictures::from_memory(classes, &labels, &parts, resized, data.width, data.height, channels)?)
}
