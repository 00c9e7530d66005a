//! Every command of the course (`book/`) is one the program takes: each is run.

mod common;

use std::path::Path;

use common::{gradus, text};
use tempfile::TempDir;

/// The lines of the chapters' `sh` blocks. Those of the other language are the same (`lab/tests/course.rs`).
fn commands() -> Vec<(String, String)> {
    let mut commands = Vec::new();
    for entry in
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/en")).expect("the book")
    {
        let path = entry.expect("a chapter").path();
        let chapter = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let book = std::fs::read_to_string(&path).expect("a chapter");
        for block in book.split("```sh\n").skip(1) {
            let block = block.split("```").next().expect("a block");
            commands.extend(block.lines().map(|line| (chapter.clone(), line.to_string())));
        }
    }
    commands.sort();
    commands
}

/// The words of a line, as a shell cuts it: only spaces and simple quotes are used in the book.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let cut = |(i, part): (usize, &str)| -> Vec<String> {
        if i % 2 == 1 { vec![part.into()] } else { part.split_whitespace().map(String::from).collect() }
    };
    parts.flat_map(cut).collect()
}

/// The line, made short: what a command takes does not depend on how long it runs.
fn shortened(line: &str) -> Vec<String> {
    let mut words = words(line);
    let has = |words: &[String], option: &str| words.iter().any(|word| word == option);
    match words[1].as_str() {
        "train" if has(&words, "--check-gradient") => {}
        // A warm-up of an epoch needs a training that is longer.
        "train" if has(&words, "--schedule") => words.extend(["--steps", "40", "--quiet"].map(String::from)),
        "train" => words.extend(["--steps", "2", "--quiet"].map(String::from)),
        "find-rate" => words.extend(["--rates", "20", "--seeds", "1", "--quiet"].map(String::from)),
        "check" if !has(&words, "--article") && !has(&words, "--image") => {
            words.extend(["--image", "4x4", "--quiet"].map(String::from));
        }
        _ => {}
    }
    words.remove(0);
    words
}

#[test]
fn every_command_of_the_course_is_taken() {
    let commands = commands();
    assert!(commands.len() > 30, "only {} commands", commands.len());
    let here = TempDir::new().expect("a folder");
    for (chapter, line) in commands {
        assert!(line.starts_with("gradus "), "{chapter}: `{line}`");
        let words = shortened(&line);
        let output = gradus(here.path(), &words.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(output.status.success(), "{chapter}: `{line}`: {}", text(&output));
    }
}

#[test]
fn lines_are_cut_as_a_shell_does() {
    assert_eq!(words("a --b 'c 1, d' e"), ["a", "--b", "c 1, d", "e"]);
}
