//! The cache: the second start reads nothing, damage is noticed, trouble is survived.
#![allow(missing_docs)]

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use common::{Folder, contents, jpeg, noted, skipped, small};
use gradus_pictures::{Pictures, Settings};
use tempfile::TempDir;

fn cached(cache: &Path) -> Settings {
    Settings { cache: Some(cache.to_path_buf()), ..small() }
}

fn files(cache: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(cache).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    all
}

fn one(cache: &Path, ending: &str) -> PathBuf {
    let mut found = files(cache).into_iter().filter(|p| p.extension().is_some_and(|e| e == ending));
    let path = found.next().unwrap();
    assert!(found.next().is_none(), "one {ending} file");
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
    assert_eq!((first.decoded(), files(cache.path()).len()), (21, 2));
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
    assert_eq!(files(cache.path()).len(), 2, "the old pixels are gone");
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

#[test]
fn damage_is_noticed_and_mended() {
    let (folder, cache) = (Folder::pets(5), TempDir::new().unwrap());
    let settings = cached(cache.path());
    let plain = folder.open_with(&settings).unwrap();
    type Damage = fn(&Path, &Path);
    let damages: [(&str, Damage); 8] = [
        ("pixels cut", |_, p| File::options().write(true).open(p).unwrap().set_len(1000).unwrap()),
        ("pixels one byte short", |_, p| {
            let length = fs::metadata(p).unwrap().len();
            File::options().write(true).open(p).unwrap().set_len(length - 1).unwrap()
        }),
        ("pixels empty", |_, p| File::options().write(true).open(p).unwrap().set_len(0).unwrap()),
        ("pixels gone", |_, p| fs::remove_file(p).unwrap()),
        ("index cut", |i, _| {
            let bytes = fs::read(i).unwrap();
            fs::write(i, &bytes[..bytes.len() / 2]).unwrap()
        }),
        ("index changed", |i, _| {
            let mut bytes = fs::read(i).unwrap();
            let at = bytes.windows(6).position(|w| w == b"\"slot\"").unwrap() + 7;
            bytes[at] = b'9';
            fs::write(i, bytes).unwrap()
        }),
        ("index empty", |i, _| fs::write(i, "").unwrap()),
        ("index rubbish", |i, _| fs::write(i, [0xff; 5000]).unwrap()),
    ];
    drop(folder.open_with(&settings).unwrap());
    for (what, damage) in damages {
        // A mapping of a file that is then cut must not be touched again: `plain` is compared as a copy.
        let _ = what;
        damage(&one(cache.path(), "index"), &one(cache.path(), "pixels"));
        let again = folder.open_with(&settings).unwrap();
        assert_eq!(again.decoded(), 10, "{what}");
        assert!(contents(&folder.open()) == contents(&again), "{what}");
        assert_eq!(again.cache_trouble(), None);
        assert_eq!(folder.open_with(&settings).unwrap().decoded(), 0, "{what}");
    }
    assert_eq!(plain.list().len(), 10);
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
