//! MNIST's files instead of a folder of pictures: every command takes them.

mod common;

use std::path::Path;

use common::{events, gradus, text};
use tempfile::TempDir;

/// A file of bytes in IDX: `dims`, then the bytes.
fn idx(path: &Path, dims: &[u32], bytes: &[u8]) {
    let mut file = vec![0, 0, 8, dims.len() as u8];
    dims.iter().for_each(|d| file.extend(d.to_be_bytes()));
    file.extend(bytes);
    std::fs::write(path, file).unwrap();
}

/// 40 pictures to train and 10 to test: bright at the top (0) or at the bottom (1).
fn digits(at: &Path) {
    std::fs::create_dir(at).unwrap();
    for (part, n, from) in [("train", 40u32, 0u32), ("t10k", 10, 40)] {
        let pixel = |i: u32| {
            let (number, row) = (from + i / 36, i % 36 / 6);
            let bright = (row < 3) == number.is_multiple_of(2);
            (if bright { 200 } else { 20 } + (number * 31 + i * 17) % 50) as u8
        };
        let pixels: Vec<u8> = (0..n * 36).map(pixel).collect();
        idx(&at.join(format!("{part}-images-idx3-ubyte")), &[n, 6, 6], &pixels);
        let labels: Vec<u8> = (0..n).map(|i| (i % 2) as u8).collect();
        idx(&at.join(format!("{part}-labels-idx1-ubyte")), &[n], &labels);
    }
}

#[test]
fn mnists_files_are_trained_on_evaluated_predicted_and_inspected() {
    let here = TempDir::new().unwrap();
    digits(&here.path().join("digits"));
    let trained = gradus(
        here.path(),
        &["train", "digits", "--json", "--epochs", "8", "--batch", "4", "--lr", "0.01", "--out", "run"],
    );
    let done = events(&trained).pop().unwrap();
    assert_eq!(done["event"], "done");
    assert_eq!(done["test_accuracy"], 1.0, "such pictures can be learned: {done}");
    // Their own size, grey, and not mirrored.
    let toml = std::fs::read_to_string(here.path().join("run/run.toml")).unwrap();
    for line in ["width = 6\n", "height = 6\n", "grey = true\n", "augment = \"none\"\n"] {
        assert!(toml.contains(line), "{line:?} is not in {toml}");
    }
    for (part, pictures) in [("test", 10), ("train", 40)] {
        let told = events(&gradus(here.path(), &["evaluate", "run", "digits", "--part", part, "--json"]));
        assert_eq!(told[0]["pictures"], pictures, "{part}");
        assert_eq!(told[0]["part"], part);
    }
    let all = events(&gradus(here.path(), &["evaluate", "run", "digits", "--json"]));
    assert_eq!(all[0]["pictures"], 50);
    let none = gradus(here.path(), &["evaluate", "run", "digits", "--part", "validation"]);
    assert!(text(&none).contains("has no validation folder of its own"), "{}", text(&none));
    assert!(!none.status.success());

    let told = events(&gradus(here.path(), &["predict", "run", "digits", "--json"]));
    assert_eq!(told.len(), 50);
    let one = gradus(here.path(), &["predict", "run", "digits/t10k-images-idx3-ubyte"]);
    assert!(text(&one).starts_with("digits/t10k-images-idx3-ubyte[0]  0  "), "{}", text(&one));
    assert_eq!(text(&one).lines().count(), 10);

    let looked = text(&gradus(here.path(), &["inspect", "digits"]));
    assert!(looked.contains("50 pictures in 2 classes") && looked.contains("formats: IDX 50"), "{looked}");

    let damaged = here.path().join("digits/train-labels-idx1-ubyte");
    std::fs::write(&damaged, [0, 0, 8, 1, 0]).unwrap();
    let told = gradus(here.path(), &["train", "digits"]);
    assert!(text(&told).contains("cut short within its header; fetch it again"), "{}", text(&told));
    assert!(!told.status.success());
}
