//! Parts: stable, stratified, copies on one side.
#![allow(missing_docs)]

mod common;

use std::collections::HashMap;

use common::{Folder, jpeg, png, small};
use gradus_pictures::{Part, Pictures, Split};

fn parts(pictures: &Pictures) -> HashMap<String, Part> {
    pictures.list().iter().map(|p| (p.path.display().to_string(), p.part)).collect()
}

#[test]
fn adding_renaming_and_removing_pictures_moves_no_other() {
    let folder = Folder::pets(40);
    let before = parts(&folder.open());
    for part in Part::ALL {
        assert!(before.values().filter(|p| **p == part).count() >= 3, "{part:?}");
    }
    for i in 0..30 {
        folder.add(&format!("cat/new{i}.jpg"), jpeg(5000 + i));
    }
    std::fs::rename(folder.file("dog/3.png"), folder.file("dog/renamed.png")).unwrap();
    std::fs::remove_file(folder.file("dog/5.png")).unwrap();
    let after = parts(&folder.open());
    assert_eq!(after["dog/renamed.png"], before["dog/3.png"]);
    for (path, part) in before.iter().filter(|(path, _)| !["dog/3.png", "dog/5.png"].contains(&path.as_str()))
    {
        assert_eq!(after[path], *part, "{path}");
    }
}

#[test]
fn copies_lie_on_one_side_also_across_classes() {
    let folder = Folder::pets(30);
    for i in 0..30 {
        folder.add(&format!("dog/copy{i}.jpg"), jpeg(i));
    }
    let pictures = folder.open();
    let parts = parts(&pictures);
    for i in 0..30 {
        assert_eq!(parts[&format!("cat/{i}.jpg")], parts[&format!("dog/copy{i}.jpg")]);
    }
    assert_eq!(pictures.noted().len(), 30);
    assert_eq!(
        pictures.noted()[0].to_string(),
        "dog/copy0.jpg: the same picture as cat/0.jpg: dog here, cat there"
    );
}

#[test]
fn three_pictures_fill_three_parts() {
    for seed in 0..20 {
        let folder = Folder::new();
        for i in 0..3 {
            folder.add(&format!("cat.{i}.png"), png(i)).add(&format!("dog.{i}.png"), png(10 + i));
        }
        let split = Split { validation: 0.1, test: 0.1, seed };
        let pictures = Pictures::open(folder.path(), &small(), &split, &|_, _| {}).unwrap();
        for (class, part) in [0, 1].into_iter().flat_map(|c| Part::ALL.map(|p| (c, p))) {
            assert_eq!(pictures.count(class, part), 1, "seed {seed}, class {class}, {part:?}");
        }
        let none = Split { validation: 0.0, test: 0.0, seed };
        let pictures = Pictures::open(folder.path(), &small(), &none, &|_, _| {}).unwrap();
        assert_eq!(pictures.indices(Part::Train).len(), 6);
    }
}

#[test]
fn fractions_hold_on_average_and_the_seed_matters() {
    let folder = Folder::pets(150);
    let open = |seed| {
        let split = Split { validation: 0.2, test: 0.1, seed };
        Pictures::open(folder.path(), &small(), &split, &|_, _| {}).unwrap()
    };
    let (a, b) = (open(1), open(2));
    let (validation, test) = (a.indices(Part::Validation).len(), a.indices(Part::Test).len());
    assert!((39..82).contains(&validation) && (14..47).contains(&test), "{validation}, {test}");
    assert_ne!(parts(&a), parts(&b));
    assert_eq!(parts(&a), parts(&open(1)));
}
