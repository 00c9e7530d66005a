//! The MNIST family's files: whole ones, and all that can be wrong with them.
#![allow(missing_docs)]

mod common;

use std::io::Write;

use common::{Folder, contents, small};
use flate2::Compression;
use flate2::write::GzEncoder;
use gradus_pictures::{
    Format, Part, Pictures, Settings, Split, idx_files, idx_pictures, inspect, stored_size,
};

const WIDTH: u32 = 5;
const HEIGHT: u32 = 4;

/// An IDX file of bytes.
fn idx(dims: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, dims.len() as u8];
    dims.iter().for_each(|d| file.extend(d.to_be_bytes()));
    file.extend(bytes);
    file
}

/// `n` pictures, each of other pixels in every set `from`.
fn pictures(n: u32, from: u32) -> Vec<u8> {
    let pixel = |i: u32| ((from + i / 20) * 7 + i % 20 * 3) as u8;
    idx(&[n, HEIGHT, WIDTH], &(0..n * 20).map(pixel).collect::<Vec<u8>>())
}

fn labels(n: u32) -> Vec<u8> {
    idx(&[n], &(0..n).map(|i| (i % 3) as u8).collect::<Vec<u8>>())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// 30 pictures to train and 6 to test, of three classes.
fn digits() -> Folder {
    let folder = Folder::new();
    folder.add("train-images-idx3-ubyte", pictures(30, 0)).add("train-labels-idx1-ubyte", labels(30));
    folder.add("t10k-images-idx3-ubyte", pictures(6, 30)).add("t10k-labels-idx1-ubyte", labels(6));
    folder.add("LICENSE.txt", "free");
    folder
}

fn as_stored() -> Settings {
    Settings { width: WIDTH, height: HEIGHT, grey: true, ..Settings::default() }
}

#[test]
fn pictures_labels_and_parts_are_those_of_the_files() {
    let folder = digits();
    assert_eq!(stored_size(folder.path()).unwrap(), Some((WIDTH, HEIGHT)));
    let read = folder.open_with(&as_stored()).unwrap();
    assert_eq!(read.classes(), ["0", "1", "2"]);
    assert_eq!(read.list().len(), 36);
    let first = &read.list()[0];
    assert_eq!(first.path.to_str(), Some("t10k-images-idx3-ubyte[0]"));
    assert_eq!((first.width, first.height, first.format), (WIDTH, HEIGHT, Some(Format::Idx)));
    assert!(read.list().is_sorted_by_key(|picture| &picture.path));
    for (i, picture) in read.list().iter().enumerate() {
        let (tests, number) = (i < 6, if i < 6 { i } else { i - 6 });
        assert_eq!(picture.part == Part::Test, tests);
        assert_eq!(picture.class, number % 3);
        let stored = pictures(30, if tests { 30 } else { 0 });
        let at = 16 + number * 20;
        assert_eq!(read.pixels(i), &stored[at..at + 20], "picture {i}");
    }
    let validation = read.indices(Part::Validation).len();
    assert!((1..15).contains(&validation), "{validation} split off");
    assert!(read.summary_line().starts_with("36 pictures of 3 classes"), "{}", read.summary_line());
}

#[test]
fn compressed_or_named_with_a_dot_they_are_the_same() {
    let plain = digits().open_with(&as_stored()).unwrap();
    let folder = Folder::new();
    folder
        .add("train-images-idx3-ubyte.gz", gzip(&pictures(30, 0)))
        .add("train-labels.idx1-ubyte", labels(30));
    folder
        .add("t10k-images.idx3-ubyte.gz", gzip(&pictures(6, 30)))
        .add("t10k-labels-idx1-ubyte.gz", gzip(&labels(6)));
    let read = folder.open_with(&as_stored()).unwrap();
    assert_eq!(read.fingerprint(), plain.fingerprint());
    // Its name says nothing: the content is compressed or not.
    folder.add("train-images-idx3-ubyte.gz", pictures(30, 0));
    assert_eq!(folder.open_with(&as_stored()).unwrap().fingerprint(), plain.fingerprint());
}

#[test]
fn other_sizes_colours_and_threads() {
    let folder = digits();
    let read = folder.open();
    assert_eq!((read.width(), read.height(), read.channels()), (12, 8, 3));
    let pixels = read.pixels(7);
    assert!(pixels.chunks(3).all(|p| p[0] == p[1] && p[1] == p[2]), "grey in three channels");
    let alone = folder.open_with(&Settings { threads: 1, ..small() }).unwrap();
    assert!((0..36).all(|i| alone.pixels(i) == read.pixels(i)));
    let own = Split { validation: 0.0, test: 0.0, seed: 0 };
    let all = Pictures::open(folder.path(), &as_stored(), &own, &|_, _| {}).unwrap();
    assert_eq!(all.indices(Part::Train).len(), 30);
}

#[test]
fn without_test_files_a_test_part_is_split_off() {
    let folder = Folder::new();
    folder.add("train-images-idx3-ubyte", pictures(200, 0)).add("train-labels-idx1-ubyte", labels(200));
    let read = folder.open_with(&as_stored()).unwrap();
    let test = read.indices(Part::Test).len();
    assert!((5..60).contains(&test), "{test}");
}

#[test]
fn names_of_the_classes() {
    let folder = digits();
    folder.add("labels.txt", "shirt\nbag\r\n boot \nhat\n");
    assert_eq!(folder.open().classes(), ["shirt", "bag", "boot"]);
    folder.add("labels.txt", "shirt\nbag\n");
    assert!(folder.error().contains("no name for label 2; write it in line 3"), "{}", folder.error());
    folder.add("labels.txt", "shirt\nbag\nbag\n");
    assert!(folder.error().contains("stands for two labels"), "{}", folder.error());
    folder.add("labels.txt", [0xff, 0xfe, 0xff]);
    assert!(folder.error().contains("UTF-8"), "{}", folder.error());
}

#[test]
fn labels_need_not_begin_at_zero() {
    let folder = Folder::new();
    let from_seven: Vec<u8> = (0..30).map(|i| 7 + 3 * (i % 2)).collect();
    folder
        .add("train-images-idx3-ubyte", pictures(30, 0))
        .add("train-labels-idx1-ubyte", idx(&[30], &from_seven));
    assert_eq!(folder.open().classes(), ["7", "10"]);
}

/// What is said of a set one of whose files is replaced.
fn told(name: &str, content: impl AsRef<[u8]>) -> String {
    let folder = digits();
    folder.add(name, content);
    let opened = folder.error();
    let looked = inspect(folder.path(), &small(), &|_, _| {}).unwrap_err().to_string();
    assert_eq!(opened, looked, "the doctor says the same");
    opened
}

#[test]
fn damaged_files_are_told_with_their_mend() {
    const IMAGES: &str = "train-images-idx3-ubyte";
    const LABELS: &str = "train-labels-idx1-ubyte";
    let huge = idx(&[u32::MAX, u32::MAX, u32::MAX], &[1; 100]);
    let large = idx(&[100_000_000, HEIGHT, WIDTH], &[1; 100]);
    let long = [pictures(30, 0), vec![7]].concat();
    let packed = gzip(&pictures(30, 0));
    let mut flipped = packed.clone();
    *flipped.iter_mut().nth_back(5).unwrap() ^= 0x40;
    let of_floats = [vec![0, 0, 13, 3], pictures(30, 0)[4..].to_vec()].concat();
    for (name, content, says) in [
        (IMAGES, vec![], "not an IDX file"),
        (IMAGES, vec![0, 0, 8], "not an IDX file"),
        (IMAGES, vec![0, 0, 8, 3, 0, 0, 0, 30, 0, 0], "cut short within its header; fetch it again"),
        (IMAGES, b"<!DOCTYPE html><html>404".to_vec(), "a web page (HTML), not a picture"),
        (IMAGES, labels(30), "a file of labels (one dimension), where pictures (three dimensions) belong"),
        (
            LABELS,
            pictures(30, 0),
            "a file of pictures (three dimensions), where labels (one dimension) belong",
        ),
        (IMAGES, of_floats, "type 0x0d, and only bytes (0x08) can be pictures; write it anew as bytes"),
        (
            IMAGES,
            pictures(30, 0)[..500].to_vec(),
            "promises 30 × 4 × 5 = 600 bytes, it holds at most 484; fetch",
        ),
        (IMAGES, long.clone(), "promises 30 × 4 × 5 = 600 bytes, and more follow; fetch it again"),
        (IMAGES, gzip(&long), "and more follow; fetch it again"),
        (IMAGES, huge.clone(), "at most 4 GiB are read into memory; if the header is right, divide"),
        (IMAGES, gzip(&huge), "at most 4 GiB are read"),
        (IMAGES, large.clone(), "promises 100000000 × 4 × 5 = 2000000000 bytes, it holds at most 100"),
        (IMAGES, gzip(&large), "2000000000 bytes, it holds at most"),
        (
            IMAGES,
            gzip(&pictures(30, 0)[..500]),
            "cut short: its header promises 30 × 4 × 5 = 600 bytes, it holds 484",
        ),
        (IMAGES, packed[..packed.len() / 2].to_vec(), "cut short: its header promises"),
        (IMAGES, flipped, "its compression is damaged"),
        (IMAGES, pictures(29, 0), "30 labels for the 29 pictures of"),
        (LABELS, labels(31), "31 labels for the 30 pictures of"),
        (IMAGES, idx(&[30, 0, 5], &[]), "5 × 0 pixels: there is nothing to see"),
        (IMAGES, idx(&[30, 5, 4], &[1; 600]), "its pictures are 4 × 5, those of"),
        ("t10k-labels-idx1-ubyte", idx(&[6], &[0, 1, 2, 0, 1, 9]), "class \"9\" has no picture to train on"),
    ] {
        let told = if says.starts_with("class") {
            let folder = digits();
            folder.add(name, content);
            folder.error()
        } else {
            told(name, content)
        };
        assert!(told.contains(says), "{says:?} is not in: {told}");
        assert!(told.contains("-ubyte") || says.starts_with("class"), "no file named: {told}");
    }
}

#[test]
fn missing_files_are_named() {
    for (lost, says) in [
        ("train-labels-idx1-ubyte", "there is no train-labels-idx1-ubyte (or train-labels-idx1-ubyte.gz)"),
        ("t10k-images-idx3-ubyte", "there is no t10k-images-idx3-ubyte (or"),
    ] {
        let folder = digits();
        std::fs::remove_file(folder.file(lost)).unwrap();
        assert!(folder.error().contains(says), "{}", folder.error());
    }
    let folder = Folder::new();
    folder.add("t10k-images-idx3-ubyte", pictures(6, 30)).add("t10k-labels-idx1-ubyte", labels(6));
    assert!(folder.error().contains("there is no train-images-idx3-ubyte"), "{}", folder.error());
}

#[test]
fn more_pixels_than_the_limit_are_refused() {
    let few = Settings { max_pixels: 19, ..small() };
    let error = digits().open_with(&few).unwrap_err().to_string();
    assert!(error.contains("5 × 4 pixels, more than the limit of 19"), "{error}");
}

#[test]
fn the_doctor_counts_them_and_finds_copies() {
    let folder = digits();
    folder.add("t10k-images-idx3-ubyte", pictures(6, 0));
    let report = inspect(folder.path(), &as_stored(), &|_, _| {}).unwrap();
    assert_eq!((report.pictures, report.classes.len()), (36, 3));
    assert_eq!(report.formats.get("IDX"), Some(&36));
    assert_eq!(report.sizes.map(|s| (s.width, s.height)), Some(([WIDTH; 3], [HEIGHT; 3])));
    assert_eq!(report.duplicates.len(), 6);
    assert!(report.problems.iter().any(|p| p.contains("in several of train, validation and test")));
}

#[test]
fn pictures_of_one_file_and_files_of_a_folder() {
    let folder = digits();
    let files = idx_files(folder.path()).unwrap();
    let names: Vec<_> = files.iter().map(|f| f.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["t10k-images-idx3-ubyte", "train-images-idx3-ubyte"]);
    let six = idx_pictures(&files[0], &as_stored()).unwrap().unwrap();
    assert_eq!((six.len(), &six[1][..]), (6, &pictures(6, 30)[36..56]));
    assert_eq!(idx_pictures(&folder.file("t10k-labels-idx1-ubyte"), &as_stored()).unwrap(), None);
    assert_eq!(idx_pictures(&folder.file("LICENSE.txt"), &as_stored()).unwrap(), None);
    folder.add("t10k-images-idx3-ubyte", &pictures(6, 30)[..50]);
    assert!(idx_pictures(&files[0], &as_stored()).unwrap_err().to_string().contains("cut short"));
    let pets = Folder::pets(1);
    assert_eq!((idx_files(pets.path()).unwrap().len(), stored_size(pets.path()).unwrap()), (0, None));
}

#[test]
fn what_was_read_once_is_kept_until_a_file_changes() {
    let (folder, cache) = (digits(), tempfile::TempDir::new().unwrap());
    let settings = Settings { cache: Some(cache.path().to_path_buf()), ..as_stored() };
    let open = || folder.open_with(&settings).unwrap();
    let same = |a: &Pictures, b: &Pictures| {
        a.list() == b.list() && a.fingerprint() == b.fingerprint() && contents(a) == contents(b)
    };
    let plain = folder.open_with(&as_stored()).unwrap();
    let (first, second) = (open(), open());
    assert_eq!((first.decoded(), second.decoded()), (36, 0));
    assert!(same(&plain, &first) && same(&plain, &second));
    assert!(second.summary_line().ends_with("; 36 from the cache"), "{}", second.summary_line());
    // Other labels are seen though no picture is read; other pictures are read.
    let turned: Vec<u8> = (0..30).map(|i| ((i + 1) % 3) as u8).collect();
    folder.add("train-labels-idx1-ubyte", idx(&[30], &turned));
    let relabelled = open();
    let first = relabelled.list().iter().find(|p| p.path.to_string_lossy().starts_with("train")).unwrap();
    assert_eq!((relabelled.decoded(), first.class), (0, 1));
    folder.add("t10k-images-idx3-ubyte", pictures(6, 100));
    let changed = open();
    assert_eq!((changed.decoded(), open().decoded()), (36, 0));
    assert!(same(&folder.open_with(&as_stored()).unwrap(), &changed));
    // A byte of a picture lost on the disk.
    let [file] = <[_; 1]>::try_from(std::fs::read_dir(cache.path()).unwrap().collect::<Vec<_>>()).unwrap();
    let path = file.unwrap().path();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 4;
    std::fs::write(&path, bytes).unwrap();
    let mended = open();
    assert!(same(&changed, &mended) && mended.cache_trouble().is_some_and(|t| t.contains("damaged")));
    assert_eq!((open().decoded(), open().cache_trouble()), (0, None));
}
