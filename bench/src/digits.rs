//! MNIST's training pictures, as its files have them: real examples, most of whose numbers are 0.

use std::path::{Path, PathBuf};

/// The variable that names the folder of `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`.
const VARIABLE: &str = "GRADUS_BENCH_DIGITS";
/// Numbers of a picture.
const PICTURE: usize = 28 * 28;

/// The folder, if one is named.
pub fn folder() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// The first `count` pictures, their numbers in 0..=1, and their classes.
///
/// # Errors
/// What is missing, and where it was looked for.
pub fn first(count: usize) -> Result<(Vec<f32>, Vec<f32>), String> {
    let folder = folder().ok_or(format!("{VARIABLE} has to name the folder of MNIST's files"))?;
    let pictures = numbers(&folder.join("train-images-idx3-ubyte"), 16, count * PICTURE)?;
    let classes = numbers(&folder.join("train-labels-idx1-ubyte"), 8, count)?;
    Ok((
        pictures.iter().map(|x| f32::from(*x) / 255.0).collect(),
        classes.into_iter().map(f32::from).collect(),
    ))
}

/// So many bytes behind the head of a file.
fn numbers(file: &Path, head: usize, count: usize) -> Result<Vec<u8>, String> {
    let mut bytes = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
    if bytes.len() < head + count {
        return Err(format!("{}: {} bytes, but {} are wanted", file.display(), bytes.len(), head + count));
    }
    bytes.truncate(head + count);
    Ok(bytes.split_off(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let none = numbers(Path::new("nowhere/train-labels-idx1-ubyte"), 8, 1).unwrap_err();
        assert!(none.starts_with("nowhere/train-labels-idx1-ubyte: "), "{none}");
        let short =
            numbers(Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads.txt").as_path(), 8, 1 << 30)
                .unwrap_err();
        assert!(short.ends_with(&format!("but {} are wanted", (1 << 30) + 8)), "{short}");
    }
}
