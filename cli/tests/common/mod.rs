//! What the tests of the program share: running it, and a small folder of pictures.
#![allow(dead_code, reason = "no test file uses all of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::{Rgb, RgbImage};
use serde_json::Value;

pub fn gradus(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().expect("the program starts")
}

pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command.current_dir(folder).env("GRADUS_CACHE", folder.join("cache")).args(args);
    command
}

pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The JSON lines of a run that must succeed.
pub fn events(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", text(output));
    String::from_utf8_lossy(&output.stdout).lines().map(|l| serde_json::from_str(l).expect(l)).collect()
}

/// A picture whose class can be seen: bright at the top (cat) or at the bottom (dog), with noise.
pub fn picture(class: usize, number: u32) -> RgbImage {
    RgbImage::from_fn(20, 20, |x, y| {
        let bright = (y < 10) == (class == 0);
        let noise = (x * 31 + y * 17 + number * 101) % 60;
        let level = if bright { 150 + noise } else { 40 + noise } as u8;
        Rgb([level, level / 2, 255 - level])
    })
}

/// A folder of 60 pictures, 30 of each class.
pub fn pets(at: &Path) -> PathBuf {
    let pets = at.join("pets");
    for (class, name) in ["cat", "dog"].into_iter().enumerate() {
        std::fs::create_dir_all(pets.join(name)).unwrap();
        for number in 0..30 {
            picture(class, number).save(pets.join(name).join(format!("{number}.png"))).unwrap();
        }
    }
    pets
}

pub const QUICK: &[&str] = &[
    "--image",
    "8x8",
    "--epochs",
    "6",
    "--batch",
    "4",
    "--lr",
    "0.01",
    "--net",
    "dense 8 relu, dropout 0.1, dense 1 sigmoid",
];

pub fn train(folder: &Path, more: &[&str]) -> Vec<Value> {
    events(&gradus(folder, &[&["train", "pets", "--json"], QUICK, more].concat()))
}

pub fn hashes(events: &[Value]) -> Vec<String> {
    events.iter().filter(|e| e["event"] == "epoch").map(|e| e["theta_hash"].to_string()).collect()
}
