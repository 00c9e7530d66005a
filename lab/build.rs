//! Compresses the files of the page, so that the program carries them small and sends them as they are.
//!
//! Writes `files.rs`: a table of (path below `page/`, the bytes as gzip).

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let page = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("page");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("set by cargo"));
    println!("cargo::rerun-if-changed={}", page.display());
    let mut files = Vec::new();
    collect(&page, &mut files);
    files.sort();
    let mut table = String::from("[\n");
    for (number, path) in files.iter().enumerate() {
        let bytes = std::fs::read(path).expect("a file just listed");
        let compressed = out.join(format!("{number}.gz"));
        std::fs::write(&compressed, gzip(&bytes)).expect("cargo's own folder can be written");
        let name = path.strip_prefix(&page).expect("found below it").to_str().expect("plain names");
        let name = name.replace('\\', "/");
        writeln!(table, "    ({name:?}, include_bytes!({:?})),", compressed.display().to_string())
            .expect("text grows");
    }
    table.push(']');
    std::fs::write(out.join("files.rs"), table).expect("cargo's own folder can be written");
}

/// All files below a folder.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the page's folder is there") {
        let path = entry.expect("an entry just listed").path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}
