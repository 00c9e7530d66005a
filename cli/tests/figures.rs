//! `gradus figures` as its users run it.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn gradus(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gradus"))
        .current_dir(folder)
        .args(args)
        .output()
        .expect("the program starts")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_figures_asked_for_are_written_and_no_others() {
    let here = TempDir::new().unwrap();
    let output = gradus(here.path(), &["figures", "new/folder", "--only", "descent", "--only", "relu"]);
    assert!(output.status.success(), "{}", text(&output));
    let mut files: Vec<String> = std::fs::read_dir(here.path().join("new/folder"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["descent.png", "descent.svg", "relu.png", "relu.svg"]);
    let svg = std::fs::read_to_string(here.path().join("new/folder/descent.svg")).unwrap();
    assert!(svg.contains("η = 0.1: right") && svg.contains("from 2, after 10 steps at 0.215"));
}

#[test]
fn a_wrong_name_or_place_is_told() {
    let here = TempDir::new().unwrap();
    let wrong = gradus(here.path(), &["figures", "out", "--only", "ralu"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong).contains("did you mean `relu`?"), "{}", text(&wrong));
    assert!(!here.path().join("out").exists(), "nothing is made for a wrong name");
    std::fs::write(here.path().join("file"), "").unwrap();
    let blocked = gradus(here.path(), &["figures", "file/out", "--only", "relu"]);
    assert!(!blocked.status.success() && text(&blocked).contains("file/out"), "{}", text(&blocked));
}

#[test]
fn the_list_names_every_figure() {
    let here = TempDir::new().unwrap();
    let all = text(&gradus(here.path(), &["list", "figures"]));
    for name in [
        "neuron", "relu", "sigmoid", "network", "tangents", "descent", "batches", "averages", "ravine",
        "width",
    ] {
        assert!(all.lines().any(|line| line.starts_with(name)), "{name} is not in:\n{all}");
    }
    let one = text(&gradus(here.path(), &["list", "figures", "descent"]));
    assert!(one.contains("gradus figures DIR --only descent"), "{one}");
}
