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
    let pictures = numbers(&folder.join("train-images-idx3-ubyte"), 3, count * PICTURE)?;
    let classes = numbers(&folder.join("train-labels-idx1-ubyte"), 1, count)?;
    Ok((
        pictures.iter().map(|x| f32::from(*x) / 255.0).collect(),
        classes.into_iter().map(f32::from).collect(),
    ))
}

/// The first `count` numbers of an IDX file of bytes in so many dimensions: 0, 0, 8, the dimensions, four bytes for the size of each.
fn numbers(file: &Path, dimensions: u8, count: usize) -> Result<Vec<u8>, String> {
    let mut bytes = std::fs::read(file).map_err(|e| format!("{} (not compressed): {e}", file.display()))?;
    if !bytes.starts_with(&[0, 0, 8, dimensions]) {
        return Err(format!("{}: no IDX file of bytes in {dimensions} dimensions", file.display()));
    }
    let head = 4 + 4 * usize::from(dimensions);
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
    fn what_is_missing_or_wrong_is_named() {
        let none = numbers(Path::new("nowhere/train-labels-idx1-ubyte"), 1, 1).unwrap_err();
        assert!(none.starts_with("nowhere/train-labels-idx1-ubyte (not compressed): "), "{none}");
        let other = numbers(&Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads.txt"), 1, 1).unwrap_err();
        assert!(other.ends_with("no IDX file of bytes in 1 dimensions"), "{other}");
        let short = std::env::temp_dir().join(format!("gradus-bench-{}", std::process::id()));
        std::fs::write(&short, [0, 0, 8, 1, 0, 0, 0, 2, 7, 9]).unwrap();
        let (whole, more) = (numbers(&short, 1, 2), numbers(&short, 1, 3));
        std::fs::remove_file(&short).unwrap();
        assert_eq!(whole.unwrap(), [7, 9]);
        assert!(more.unwrap_err().ends_with("10 bytes, but 11 are wanted"));
    }
}
