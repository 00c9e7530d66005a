//! Whole folders: their forms, classes, parts, what is left out and what is an error.
#![allow(missing_docs)]

mod common;

use std::fs;

use common::{Folder, contents, jpeg, noted, png, skipped, small};
use gradus_pictures::{Part, Pictures, Settings, Split, inspect};

#[test]
fn a_folder_per_class_read_deeply_and_sorted() {
    let folder = Folder::new();
    folder.add("dog/2.jpg", jpeg(1)).add("dog/deep/er/1.jpg", jpeg(2)).add("cat/x.png", png(3));
    folder
        .add("dog/Thumbs.db", [1; 9])
        .add("cat/.DS_Store", [1])
        .add(".git/x.jpg", "x")
        .add("__MACOSX/a/._b", "");
    folder.add("README.txt", "pets").add("labels.csv", "a,b").add("cat/._x.png", [0, 5, 22, 7]);
    let pictures = folder.open();
    assert_eq!(pictures.classes(), ["cat", "dog"]);
    let list: Vec<_> = pictures.list().iter().map(|p| (p.path.to_str().unwrap(), p.class)).collect();
    assert_eq!(list, [("cat/x.png", 0), ("dog/2.jpg", 1), ("dog/deep/er/1.jpg", 1)]);
    assert_eq!(skipped(&pictures), [] as [&str; 0]);
    assert_eq!((pictures.list()[0].width, pictures.list()[0].height), (60, 40));
    assert_eq!(pictures.pixels(2).len(), 12 * 8 * 3);
}

#[test]
fn kaggles_flat_names() {
    let folder = Folder::new();
    folder
        .add("dog.0.jpg", jpeg(1))
        .add("cat.1.jpg", jpeg(2))
        .add("dog_2.png", png(3))
        .add("cat-3.jpg", jpeg(4));
    folder.add("holiday.jpg", jpeg(5));
    let pictures = folder.open();
    assert_eq!(pictures.classes(), ["cat", "dog"]);
    assert_eq!(pictures.list().iter().map(|p| p.class).collect::<Vec<_>>(), [0, 0, 1, 1]);
    assert_eq!(skipped(&pictures), ["holiday.jpg: no class in its name (wanted: a name like cat.0.jpg)"]);
}

#[test]
fn the_users_own_parts_are_kept() {
    let folder = Folder::new();
    for i in 0..20 {
        folder.add(&format!("train/cat/{i}.png"), png(i)).add(&format!("train/dog/{i}.png"), png(100 + i));
        folder
            .add(&format!("test/cat.{i}.png"), png(200 + i))
            .add(&format!("test/dog.{i}.png"), png(300 + i));
    }
    let pictures = folder.open();
    let test = |p: &gradus_pictures::Picture| p.path.starts_with("test");
    assert!(pictures.list().iter().all(|p| (p.part == Part::Test) == test(p)));
    let validation = pictures.indices(Part::Validation).len();
    assert!((2..20).contains(&validation), "{validation} split off train");

    folder.add("val/cat/0.png", png(900)).add("val/dog/0.png", png(901));
    let pictures = folder.open();
    assert_eq!(Part::ALL.map(|p| pictures.indices(p).len()), [40, 2, 40]);
    assert_eq!(pictures.classes(), ["cat", "dog"]);
    assert_eq!(pictures.count(1, Part::Validation), 1);
}

#[test]
fn kaggles_unlabelled_test_folder_is_left_out_by_name() {
    let folder = Folder::new();
    for i in 0..4 {
        folder.add(&format!("train/cat.{i}.png"), png(i)).add(&format!("train/dog.{i}.png"), png(100 + i));
        folder.add(&format!("test1/{i}.png"), png(200 + i));
    }
    let pictures = folder.open();
    assert_eq!(pictures.list().len(), 8);
    assert_eq!(noted(&pictures), ["test1: 4 files without a class are left out"]);
}

#[test]
fn a_class_may_be_called_train() {
    let folder = Folder::new();
    folder.add("train/1.png", png(1)).add("bus/1.png", png(2)).add("tram/1.png", png(3));
    assert_eq!(folder.open().classes(), ["bus", "train", "tram"]);
}

#[test]
fn every_useless_file_is_named_with_its_reason() {
    let folder = Folder::pets(2);
    folder.add("cat/a.jpg", "").add("cat/b.jpg", [0; 900]).add("cat/c.jpg", "just words");
    folder.add("cat/d.jpg", "<html><body>not found</body></html>").add("cat/e.jpg", &jpeg(5)[..500]);
    folder.add("cat/f.bin", [1, 2, 3]).add("outside.jpg", jpeg(8)).add("dog/notes.txt", "fine");
    folder.add("dog/really.txt", png(77)).add("dog/g.jpg", png(78));
    let before = folder.state();
    let pictures = folder.open();
    assert_eq!(
        skipped(&pictures),
        [
            "cat/a.jpg: empty file (0 bytes)",
            "cat/b.jpg: filled with zeros: there is no picture in it",
            "cat/c.jpg: text, not a picture",
            "cat/d.jpg: a web page (HTML), not a picture",
            "cat/e.jpg: truncated JPEG: part of the picture is missing",
            "cat/f.bin: not a picture of a known format (JPEG, PNG, GIF, BMP, WebP, TIFF)",
            "outside.jpg: lies beside the class folders, so it has no class",
        ]
    );
    let expected = ["dog/g.jpg: named .jpg, but is PNG", "dog/really.txt: named .txt, but is PNG"];
    assert_eq!(noted(&pictures), expected);
    let line = pictures.summary_line();
    assert!(line.starts_with("6 pictures of 2 classes (cat 2, dog 4); train "), "{line}");
    assert!(line.ends_with("; 12 × 8 RGB; 7 skipped; 2 misnamed"), "{line}");
    assert!(folder.state() == before, "the folder is as it was");
}

#[test]
fn errors_say_what_where_and_the_mend() {
    let folder = Folder::new();
    let here = folder.path().display().to_string();
    assert!(folder.error().contains("the folder holds no picture; put one sub-folder per class"));
    assert!(folder.error().starts_with(&here));
    folder.add("cat/1.jpg", jpeg(1));
    assert!(folder.error().contains("only one class, \"cat\"; at least two"), "{}", folder.error());
    fs::create_dir(folder.file("dog")).unwrap();
    assert!(folder.error().contains("class \"dog\" has no readable picture"), "{}", folder.error());
    folder.add("dog/1.jpg", "text");
    assert!(folder.error().contains("(1 skipped; dog/1.jpg: text, not a picture)"), "{}", folder.error());
    let open = |name: &str| {
        let error = Pictures::open(&folder.file(name), &small(), &Split::default(), &|_, _| {});
        error.unwrap_err().to_string()
    };
    assert!(open("nowhere").contains("there is no such folder"));
    assert!(open("cat/1.jpg").contains("this is a file; give the folder"));

    let loose = Folder::new();
    loose.add("one.jpg", jpeg(1)).add("two.jpg", jpeg(2));
    assert!(loose.error().contains("2 files, and nothing tells their classes"), "{}", loose.error());

    let parts = Folder::new();
    parts.add("test/cat/1.png", png(1)).add("test/dog/1.png", png(2));
    assert!(parts.error().contains("there is \"test\" and no \"train\" folder"), "{}", parts.error());

    let wrapped = Folder::new();
    wrapped.add("pets/cat/1.png", png(1)).add("pets/dog/1.png", png(2));
    assert!(wrapped.error().contains("pets the folder you mean?"), "{}", wrapped.error());

    let bad = Split { validation: 0.7, test: 0.3, seed: 0 };
    let error = Pictures::open(wrapped.path(), &small(), &bad, &|_, _| {}).unwrap_err().to_string();
    assert!(error.contains("leaves nothing to train on"), "{error}");
}

#[test]
fn results_do_not_depend_on_threads() {
    let folder = Folder::pets(15);
    folder.add("cat/z.jpg", "text");
    let run = |threads| {
        let last = std::sync::Mutex::new((0, 0));
        let progress = |done, total| {
            let mut last = last.lock().unwrap();
            assert_eq!((done, total), (last.0 + 1, 31));
            *last = (done, total);
        };
        let settings = Settings { threads, ..small() };
        let pictures = Pictures::open(folder.path(), &settings, &Split::default(), &progress).unwrap();
        assert_eq!(last.into_inner().unwrap(), (31, 31));
        (contents(&pictures), skipped(&pictures), pictures.fingerprint())
    };
    let one = run(1);
    assert!(one == run(2) && one == run(8));
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_are_safe() {
    use std::os::unix::fs::symlink;
    let (folder, elsewhere) = (Folder::pets(1), Folder::new());
    elsewhere.add("far.png", png(50)).add("box/b.png", png(51));
    symlink(elsewhere.file("far.png"), folder.file("cat/link.png")).unwrap();
    symlink(elsewhere.file("box"), folder.file("dog/box")).unwrap();
    symlink(folder.path(), folder.file("cat/loop")).unwrap();
    symlink("nowhere", folder.file("dog/broken.png")).unwrap();
    let pictures = folder.open();
    let paths: Vec<_> = pictures.list().iter().map(|p| p.path.to_str().unwrap()).collect();
    assert_eq!(paths, ["cat/0.jpg", "cat/link.png", "dog/0.png", "dog/box/b.png"]);
    assert_eq!(noted(&pictures), ["cat/loop: a link back to a folder above it: not followed"]);
    assert!(
        skipped(&pictures)[0].starts_with("dog/broken.png: cannot be opened:"),
        "{:?}",
        skipped(&pictures)
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_does_not_stop_the_reading() {
    let folder = Folder::pets(1);
    let made = std::process::Command::new("mkfifo").arg(folder.file("cat/pipe.jpg")).status();
    if made.is_ok_and(|status| status.success()) {
        assert_eq!(skipped(&folder.open()), ["cat/pipe.jpg: not a file with content"]);
    }
}

#[test]
fn pictures_from_memory() {
    let classes = vec!["a".to_string(), "b".to_string()];
    let make = |labels: &[usize], bytes: usize| {
        let parts = vec![Part::Train; labels.len()];
        Pictures::from_memory(classes.clone(), labels, &parts, (0..bytes as u8).collect(), 2, 2, 3)
    };
    let pictures = make(&[1, 0], 24).unwrap();
    assert_eq!(pictures.pixels(1), (12..24).collect::<Vec<u8>>());
    assert_eq!(
        pictures.summary_line(),
        "2 pictures of 2 classes (a 1, b 1); train 2, validation 0, test 0; 2 × 2 RGB"
    );
    assert!(make(&[1, 2], 24).unwrap_err().to_string().contains("label 2"));
    assert!(make(&[1, 0], 23).is_err());
}

#[test]
fn the_doctor_reports_and_changes_nothing() {
    let folder = Folder::new();
    for i in 0..3 {
        folder.add(&format!("train/cat/{i}.jpg"), jpeg(i)).add(&format!("train/dog/{i}.jpg"), jpeg(10 + i));
    }
    folder.add("train/dog/copy.jpg", jpeg(0)).add("test/cat/9.jpg", jpeg(1)).add("test/dog/9.jpg", png(7));
    folder.add("train/cat/bad.jpg", "").add("train/cat/turned.jpg", common::fixture("exif6.jpg"));
    let tiny = image::RgbImage::new(3, 40).into();
    folder.add("train/cat/tiny.png", common::encode(&tiny, image::ImageFormat::Png));
    let before = folder.state();
    let report = inspect(folder.path(), &small(), &|_, _| {}).unwrap();
    assert!(folder.state() == before);
    assert_eq!(report.pictures, 11);
    assert_eq!((report.classes[0].pictures, report.classes[0].unreadable), (6, 1));
    assert_eq!(report.unreadable[0].to_string(), "train/cat/bad.jpg: empty file (0 bytes)");
    assert_eq!(report.sizes.unwrap().width, [3, 60, 60]);
    assert_eq!(report.formats["JPEG"], 9);
    assert_eq!((report.misnamed.len(), report.rotated.len(), report.tiny.len()), (1, 1, 1));
    assert_eq!(report.duplicates.len(), 2);
    let torn = report.duplicates.iter().find(|c| c.classes.len() == 2).unwrap();
    assert_eq!(torn.to_string(), "train/cat/0.jpg = train/dog/copy.jpg  (contradictory labels: cat, dog)");
    let text = report.to_string();
    assert!(text.contains("(in train and test)") && text.contains("labels contradict"), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["classes"][1]["name"], "dog");
    assert_eq!(json["duplicates"][1]["classes"].as_array().unwrap().len(), 2);
}
