//! Compresses the files of the page, and the course that it shows, so that the program carries them small and sends them as
//! they are.
//!
//! Writes `files.rs`: a table of (path below `page/`, the bytes as gzip). The course's chapters, written in `book/`, become
//! `course/LANGUAGE/CHAPTER.html`, and their titles `course/contents.json`. Style sheets take in what they import. Writes
//! `sections.rs` too: for each section of the page, (its first module, that and all modules it imports).

mod course;
mod modules;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("set by cargo"));
    let (page, book) = (here.join("page"), here.join("../book"));
    for watched in [&page, &book, &here.join("build")] {
        println!("cargo::rerun-if-changed={}", watched.display());
    }
    std::fs::write(out.join("sections.rs"), format!("{:?}", modules::sections(&page)).replace("[", "&["))
        .expect("cargo's own folder can be written");
    let mut files: Vec<(String, Vec<u8>)> = below(&page)
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&page).expect("found below it").to_str().expect("plain names");
            let mut bytes = std::fs::read(&path).expect("a file just listed");
            if name.ends_with(".css") {
                bytes =
                    modules::styles(&page, &String::from_utf8(bytes).expect("style sheets are text")).into();
            }
            (name.replace('\\', "/"), bytes)
        })
        .collect();
    match course::files(&book) {
        Ok(chapters) => files.extend(chapters),
        Err(words) => panic!("the course: {words}"),
    }
    files.sort();
    let mut table = String::from("[\n");
    for (number, (name, bytes)) in files.iter().enumerate() {
        let compressed = out.join(format!("{number}.gz"));
        std::fs::write(&compressed, gzip(bytes)).expect("cargo's own folder can be written");
        writeln!(table, "    ({name:?}, include_bytes!({:?})),", compressed.display().to_string())
            .expect("text grows");
    }
    table.push(']');
    std::fs::write(out.join("files.rs"), table).expect("cargo's own folder can be written");
}

/// All files below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the page's folder is there");
    let paths = entries.map(|entry| entry.expect("an entry just listed").path());
    paths.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}
