//! Hostile folders, built at run time.
#![allow(dead_code, missing_docs)]

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use gradus_pictures::{Error, Pictures, Settings, Split};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;

/// A picture that differs for every `seed`: a colour ramp with a bright block.
pub fn scene(width: u32, height: u32, seed: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let noise = (x * 7 + y * 13 + seed * 31).wrapping_mul(2654435761) >> 26;
        let block = if (x + seed) % width < width / 3 { 120 } else { 0 };
        Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, (noise + block) as u8])
    })
}

/// The scene in a file format.
pub fn bytes(format: ImageFormat, seed: u32) -> Vec<u8> {
    encode(&DynamicImage::ImageRgb8(scene(60, 40, seed)), format)
}

pub fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

pub fn jpeg(seed: u32) -> Vec<u8> {
    bytes(ImageFormat::Jpeg, seed)
}

pub fn png(seed: u32) -> Vec<u8> {
    bytes(ImageFormat::Png, seed)
}

pub fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// A temporary folder with these files.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(TempDir::new().unwrap())
    }

    /// Two classes, `each` pictures of each, in sub-folders.
    pub fn pets(each: u32) -> Folder {
        let folder = Folder::new();
        for i in 0..each {
            folder.add(&format!("cat/{i}.jpg"), jpeg(i)).add(&format!("dog/{i}.png"), png(1000 + i));
        }
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn add(&self, name: &str, content: impl AsRef<[u8]>) -> &Folder {
        let path = self.file(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub fn open(&self) -> Pictures {
        self.open_with(&small()).unwrap()
    }

    pub fn open_with(&self, settings: &Settings) -> Result<Pictures, Error> {
        Pictures::open(self.path(), settings, &Split::default(), &|_, _| {})
    }

    pub fn error(&self) -> String {
        self.open_with(&small()).unwrap_err().to_string()
    }

    /// Everything in the folder: names, bytes and times.
    pub fn state(&self) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
        let mut all = Vec::new();
        let mut open = vec![self.path().to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let time = fs::metadata(&path).unwrap().modified().unwrap();
                    all.push((path.clone(), fs::read(path).unwrap(), time));
                }
            }
        }
        all.sort();
        all
    }
}

pub fn small() -> Settings {
    Settings { width: 12, height: 8, threads: 2, ..Settings::default() }
}

/// All that a reader sees of a set.
pub fn contents(pictures: &Pictures) -> Vec<(PathBuf, usize, [u8; 32], Vec<u8>)> {
    let list = pictures.list().iter().enumerate();
    list.map(|(i, p)| (p.path.clone(), p.class, p.hash, pictures.pixels(i).to_vec())).collect()
}

/// Skipped files as text lines.
pub fn skipped(pictures: &Pictures) -> Vec<String> {
    pictures.skipped().iter().map(ToString::to_string).collect()
}

/// Notes as text lines.
pub fn noted(pictures: &Pictures) -> Vec<String> {
    pictures.noted().iter().map(ToString::to_string).collect()
}
