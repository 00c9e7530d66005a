//! The cache: the second start reads nothing, damage is noticed, trouble is survived.
#![allow(missing_docs)]

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use common::{Folder, contents, jpeg, noted, skipped, small};
use gradus_pictures::{Part, Pictures, Settings, Sheet};
use tempfile::TempDir;

fn cached(cache: &Path) -> Settings {
    Settings { cache: Some(cache.to_path_buf()), ..small() }
}

fn files(cache: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(cache).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    all
}

fn only(cache: &Path) -> PathBuf {
    let [path] = files(cache).try_into().expect("one file");
    path
}

/// Other bytes of the same length under the same time: only a start that reads the file could tell.
fn spoil(path: &Path) {
    let meta = fs::metadata(path).unwrap();
    fs::write(path, vec![0; meta.len() as usize]).unwrap();
    File::options().write(true).open(path).unwrap().set_modified(meta.modified().unwrap()).unwrap();
}

fn same(a: &Pictures, b: &Pictures) -> bool {
    contents(a) == contents(b)
        && skipped(a) == skipped(b)
        && noted(a) == noted(b)
        && a.fingerprint() == b.fingerprint()
        && a.list() == b.list()
}

#[test]
fn the_second_start_reads_no_picture() {
    let (folder, cache) = (Folder::pets(10), TempDir::new().unwrap());
    folder.add("cat/bad.jpg", "text").add("cat/odd.jpg", common::fixture("exif3.jpg"));
    let plain = folder.open();
    let first = folder.open_with(&cached(cache.path())).unwrap();
    assert!(same(&plain, &first));
    assert_eq!(first.decoded(), 21);
    only(cache.path());
    for picture in first.list() {
        spoil(&folder.file(picture.path.to_str().unwrap()));
    }
    let second = folder.open_with(&cached(cache.path())).unwrap();
    assert_eq!(second.decoded(), 0);
    assert!(same(&first, &second));
    assert!(second.summary_line().ends_with("; 21 from the cache"), "{}", second.summary_line());
}

#[test]
fn only_new_and_changed_files_are_decoded() {
    let (folder, cache) = (Folder::pets(10), TempDir::new().unwrap());
    let settings = cached(cache.path());
    let first = folder.open_with(&settings).unwrap();
    spoil(&folder.file("dog/9.png"));
    folder.add("cat/new.jpg", jpeg(70)).add("cat/3.jpg", jpeg(71)).add("cat/bad.jpg", "text");
    fs::rename(folder.file("cat/4.jpg"), folder.file("cat/moved.jpg")).unwrap();
    fs::remove_file(folder.file("cat/5.jpg")).unwrap();
    let second = folder.open_with(&settings).unwrap();
    assert_eq!(second.decoded(), 2);
    assert_eq!(second.list().len(), 20);
    let pixels = |set: &Pictures, path: &str| {
        set.pixels(set.list().iter().position(|p| p.path == Path::new(path)).unwrap()).to_vec()
    };
    assert_eq!(pixels(&second, "dog/9.png"), pixels(&first, "dog/9.png"));
    assert_eq!(pixels(&second, "cat/moved.jpg"), pixels(&first, "cat/4.jpg"));
    assert_ne!(pixels(&second, "cat/3.jpg"), pixels(&first, "cat/3.jpg"));
    only(cache.path());
    assert_eq!(contents(&first).len(), 20, "and a set opened before lives on");
    let third = folder.open_with(&settings).unwrap();
    assert!(third.decoded() == 0 && same(&second, &third));
}

#[test]
fn other_settings_have_their_own_cache() {
    let (folder, cache) = (Folder::pets(2), TempDir::new().unwrap());
    let settings = cached(cache.path());
    folder.open_with(&settings).unwrap();
    let grey = folder.open_with(&Settings { grey: true, ..settings.clone() }).unwrap();
    assert_eq!((grey.decoded(), grey.pixels(0).len()), (4, 96));
    assert_eq!(folder.open_with(&settings).unwrap().decoded(), 0);
}

/// Whatever is done to the file, the start after it says so, reads the pictures anew, and mends it.
fn noticed(plain: &Pictures, cache: &Path, open: impl Fn() -> Pictures, decoded: usize) {
    let path = only(cache);
    let whole = fs::read(&path).unwrap();
    let is_mended = |what: &str| {
        let again = open();
        assert!(contents(plain) == contents(&again), "{what}");
        assert_eq!((again.decoded(), again.fingerprint()), (decoded, plain.fingerprint()), "{what}");
        let trouble = again.cache_trouble().unwrap_or_default();
        let begins = format!("the cache {} is damaged (", path.display());
        assert!(trouble.starts_with(&begins) && trouble.ends_with("anew"), "{what}: {trouble}");
        let third = open();
        assert_eq!((third.decoded(), third.cache_trouble()), (0, None), "{what}");
        assert_eq!(fs::read(only(cache)).unwrap(), whole, "{what}");
    };
    for length in [0, 10, 64, 65, whole.len() / 2, whole.len() - 1, whole.len() + 1] {
        let mut other = whole.clone();
        other.resize(length, 0);
        fs::write(&path, other).unwrap();
        is_mended(&format!("{length} bytes instead of {}", whole.len()));
    }
    fs::write(&path, vec![0xff; whole.len()]).unwrap();
    is_mended("rubbish");
    // A bit of each byte of the head and of some of the pixels and the index.
    let some = (64..whole.len()).step_by(whole.len() / 50).chain([whole.len() - 1]);
    for at in (0..64).chain(some) {
        let mut other = whole.clone();
        other[at] ^= 1 << (at % 8);
        fs::write(&path, other).unwrap();
        is_mended(&format!("a bit of byte {at} turned"));
    }
}

#[test]
fn damage_is_noticed_said_and_mended() {
    let (folder, cache) = (Folder::pets(5), TempDir::new().unwrap());
    let open = || folder.open_with(&cached(cache.path())).unwrap();
    open();
    noticed(&folder.open(), cache.path(), open, 10);
    fs::remove_file(only(cache.path())).unwrap();
    assert_eq!((open().decoded(), open().decoded(), open().cache_trouble()), (10, 0, None));
}

#[test]
fn a_picture_of_another_content_and_the_same_length_is_read_anew() {
    let (folder, cache) = (Folder::pets(5), TempDir::new().unwrap());
    let open = || folder.open_with(&cached(cache.path())).unwrap();
    let first = open();
    let path = folder.file("cat/2.jpg");
    let mut bytes = fs::read(&path).unwrap();
    // Behind the end of the picture: another file of the same length, that decodes to something.
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    let second = open();
    assert_eq!(second.decoded(), 1);
    let hash = |set: &Pictures| set.list().iter().find(|p| p.path == Path::new("cat/2.jpg")).map(|p| p.hash);
    assert_ne!(hash(&first), hash(&second));
    assert!(same(&folder.open(), &second));
}

#[test]
fn the_files_used_longest_ago_go_first() {
    let (folder, cache) = (Folder::pets(4), TempDir::new().unwrap());
    let of = |width: u32, most: u64| {
        let settings = Settings { width, cache_bytes: most, ..cached(cache.path()) };
        folder.open_with(&settings).unwrap().decoded()
    };
    let age = |path: &Path, seconds: u64| {
        let time = std::time::SystemTime::now() - std::time::Duration::from_secs(seconds);
        File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    };
    assert_eq!(of(30, 1 << 30), 8);
    let first = only(cache.path());
    let one = fs::metadata(&first).unwrap().len();
    age(&first, 9000);
    for (width, seconds) in [(31, 8000), (32, 7000)] {
        let before = files(cache.path());
        assert_eq!(of(width, 1 << 30), 8);
        let new = files(cache.path()).into_iter().find(|p| !before.contains(p)).unwrap();
        age(&new, seconds);
    }
    // Whatever is the user's own, however old and large, and whatever it is called.
    let theirs = ["not ours", "pictures-2019.zip", "pictures-backup", "pictures-0123456789abcdefg"];
    for name in theirs {
        fs::write(cache.path().join(name), vec![0; 1 << 20]).unwrap();
        age(&cache.path().join(name), 200_000);
    }
    // The first is used again, so the second is the one used longest ago.
    assert_eq!(of(30, 1 << 30), 0);
    assert_eq!(of(33, one * 7 / 2), 8);
    assert_eq!(files(cache.path()).len(), 3 + theirs.len());
    assert_eq!([30, 32, 33].map(|width| of(width, 1 << 30)), [0; 3]);
    assert_eq!(of(31, 1), 8, "alone it is too large: it stays, and the others go");
    assert_eq!((of(31, 1), files(cache.path()).len()), (0, 1 + theirs.len()));
}

#[test]
fn what_a_killed_start_left_is_no_cache_and_goes_after_a_day() {
    let (folder, cache) = (Folder::pets(3), TempDir::new().unwrap());
    let open = || folder.open_with(&cached(cache.path())).unwrap();
    open();
    let whole = only(cache.path());
    let [young, old] = ["1-2-3", "4-5-6"].map(|name| {
        let path = PathBuf::from(format!("{}-{name}.temporary", whole.display()));
        fs::write(&path, &fs::read(&whole).unwrap()[..500]).unwrap();
        path
    });
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_secs(90_000);
    File::options().write(true).open(&old).unwrap().set_modified(yesterday).unwrap();
    fs::remove_file(&whole).unwrap();
    assert_eq!((open().decoded(), open().decoded()), (6, 0));
    assert_eq!(files(cache.path()), [whole, young]);
}

/// Six tiles of 4 × 4 pixels in two rows, as BMP.
fn sheet_file(shade: u8) -> Vec<u8> {
    let pixel = |x, y| image::Rgb([x as u8 * 20, y as u8 * 30, shade]);
    let mut file = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_fn(12, 8, pixel).write_to(&mut file, image::ImageFormat::Bmp).unwrap();
    file.into_inner()
}

fn tiles(sheet: &Sheet, settings: &Settings) -> Pictures {
    let part = |i, _: &[u8; 32]| if i < 4 { Part::Train } else { Part::Test };
    sheet.pictures(&["even", "odd"], settings, |i| i % 2, part).unwrap()
}

#[test]
fn tiles_of_a_sheet_are_kept_too() {
    let cache = TempDir::new().unwrap();
    let file = sheet_file(7);
    let sheet = Sheet { file: &file, name: "one", tile: 4, dims: [3, 2] };
    let plain = tiles(&sheet, &Settings { cache: None, width: 4, height: 4, ..small() });
    assert_eq!(plain.list().len(), 6);
    // Column 1, row 1: from pixel (4, 4) on.
    assert_eq!((&plain.pixels(4)[..3], &plain.pixels(4)[9..12]), (&[80, 120, 7][..], &[140, 120, 7][..]));
    for size in [4, 3] {
        let cache = TempDir::new().unwrap();
        let settings = Settings { width: size, height: size, ..cached(cache.path()) };
        let plain = tiles(&sheet, &Settings { cache: None, ..settings.clone() });
        let open = || tiles(&sheet, &settings);
        assert!(same(&plain, &open()) && same(&plain, &open()), "{size}");
        noticed(&plain, cache.path(), open, 0);
    }
    // Another sheet has another name; the same name finds what was kept.
    let settings = Settings { width: 4, height: 4, ..cached(cache.path()) };
    tiles(&sheet, &settings);
    let other = sheet_file(9);
    assert!(same(&plain, &tiles(&Sheet { file: &other, ..sheet }, &settings)));
    assert_eq!(tiles(&Sheet { file: &other, name: "two", ..sheet }, &settings).pixels(0)[2], 9);
}

#[test]
fn a_cache_that_cannot_be_written_is_no_error() {
    let folder = Folder::pets(3);
    let cache = TempDir::new().unwrap();
    fs::write(cache.path().join("file"), "").unwrap();
    let settings = cached(&cache.path().join("file/below"));
    let pictures = folder.open_with(&settings).unwrap();
    assert!(contents(&pictures) == contents(&folder.open()));
    let note = &noted(&pictures)[0];
    assert!(note.contains("the cache cannot be written (") && note.contains("held in memory"), "{note}");
    assert!(pictures.cache_trouble().is_some());
}

#[test]
fn many_starts_at_once_agree() {
    let (folder, cache) = (Folder::pets(12), TempDir::new().unwrap());
    let plain = contents(&folder.open());
    std::thread::scope(|scope| {
        for turn in 0..6 {
            let (folder, cache, plain) = (&folder, &cache, &plain);
            scope.spawn(move || {
                for round in 0..4 {
                    if turn == 0 {
                        folder.add(&format!("cat/later{round}.jpg"), "never a picture");
                    }
                    let pictures = folder.open_with(&cached(cache.path())).unwrap();
                    assert!(&contents(&pictures) == plain);
                    assert_eq!(pictures.cache_trouble(), None);
                }
            });
        }
    });
    folder.open_with(&cached(cache.path())).unwrap();
    assert!(folder.open_with(&cached(cache.path())).unwrap().decoded() == 0);
    assert!(!files(cache.path()).iter().any(|p| p.extension().is_some_and(|e| e == "temporary")));
}

#[test]
fn a_cache_inside_the_folder_is_not_read_as_pictures() {
    let folder = Folder::pets(2);
    let settings = cached(&folder.file("cache"));
    for decoded in [4, 0] {
        let pictures = folder.open_with(&settings).unwrap();
        assert_eq!((pictures.classes().len(), pictures.decoded()), (2, decoded));
        assert_eq!(skipped(&pictures), [] as [&str; 0]);
    }
}
