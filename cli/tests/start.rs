//! What is done before the first step, and what is left for after the last: the cache, the first checkpoint, the baselines.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use common::{command, events, gradus, hashes, pets, text, train};
use serde_json::Value;
use tempfile::TempDir;

/// A training on the built-in pictures that is over soon.
const BUILT_IN: [&str; 7] = ["train", "--image", "8x8", "--net", "dense 1 sigmoid", "--steps", "40"];

fn built_in(here: &Path, cache: &str, more: &[&str]) -> std::process::Output {
    gradus(here, &[&BUILT_IN, more, &["--cache", cache]].concat())
}

/// The line with the hash of θ, and those that begin with `note`.
fn told(output: &std::process::Output) -> (String, Vec<String>) {
    assert!(output.status.success(), "{}", text(output));
    let text = text(output);
    let lines = |begin: &str| -> Vec<String> {
        text.lines().map(str::trim).filter(|l| l.starts_with(begin)).map(String::from).collect()
    };
    (lines("θ ").concat(), lines("note"))
}

fn only_file(folder: &Path) -> std::path::PathBuf {
    let mut files = std::fs::read_dir(folder).unwrap();
    let path = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none(), "one file");
    path
}

#[test]
fn the_built_in_pictures_train_the_same_with_and_without_a_cache_whatever_happens_to_it() {
    let here = TempDir::new().unwrap();
    let (want, notes) = told(&built_in(here.path(), "none", &[]));
    assert!(want.len() > 10 && notes.is_empty(), "{want} {notes:?}");
    for _ in 0..2 {
        assert_eq!(told(&built_in(here.path(), "cache", &[])), (want.clone(), Vec::new()));
    }
    let path = only_file(&here.path().join("cache"));
    let whole = std::fs::read(&path).unwrap();
    // Were it not read, nothing would notice that a pixel is another.
    for at in [70, whole.len() / 2, whole.len() - 1] {
        let mut other = whole.clone();
        other[at] ^= 64;
        std::fs::write(&path, other).unwrap();
        let (hash, notes) = told(&built_in(here.path(), "cache", &[]));
        assert_eq!((hash, notes.len()), (want.clone(), 1), "{notes:?}");
        assert!(notes[0].contains("is damaged (the checksum of its "), "{notes:?}");
        assert_eq!(std::fs::read(&path).unwrap(), whole, "mended");
    }
    // A place where no folder can be made: said in one line, and no error.
    std::fs::write(here.path().join("file"), "").unwrap();
    let (hash, notes) = told(&built_in(here.path(), "file/below", &[]));
    assert_eq!(hash, want);
    assert!(notes.len() == 1 && notes[0].contains("the cache cannot be written"), "{notes:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_without_room_is_no_error() {
    let here = TempDir::new().unwrap();
    let (want, _) = told(&built_in(here.path(), "none", &[]));
    // No file may be larger than 500 blocks (of 512 or 1024 bytes): as on a full disk, it cannot be made as long as the pixels need.
    let limited = |args: &[&str]| {
        let program = env!("CARGO_BIN_EXE_gradus");
        let line = "trap '' XFSZ; ulimit -f 500; exec \"$0\" \"$@\"";
        Command::new("sh").args(["-c", line, program]).args(args).current_dir(here.path()).output().unwrap()
    };
    let (hash, notes) = told(&limited(&[&BUILT_IN[..], &["--cache", "cache"]].concat()));
    assert_eq!(hash, want);
    assert!(notes.len() == 1 && notes[0].contains("cannot be written (File too large"), "{notes:?}");
    assert_eq!(
        std::fs::read_dir(here.path().join("cache")).unwrap().count(),
        0,
        "nothing half-written is left"
    );
}

#[test]
fn starts_at_once_share_a_cache() {
    let here = TempDir::new().unwrap();
    let (want, _) = told(&built_in(here.path(), "none", &[]));
    let starts: Vec<_> = (0..4)
        .map(|_| {
            command(here.path(), &[&BUILT_IN[..], &["--cache", "cache"]].concat())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for start in starts {
        assert_eq!(told(&start.wait_with_output().unwrap()), (want.clone(), Vec::new()));
    }
    only_file(&here.path().join("cache"));
}

#[cfg(unix)]
#[test]
fn killed_while_the_cache_is_written_the_next_start_is_as_the_first() {
    let here = TempDir::new().unwrap();
    let (want, _) = told(&built_in(here.path(), "none", &[]));
    let cache = here.path().join("cache");
    for number in 0..8 {
        let run = format!("killed{number}");
        let mut child = command(here.path(), &[&BUILT_IN[..], &["--cache", "cache", "--out", &run]].concat())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // As soon as there is any file; a little later each time.
        while std::fs::read_dir(&cache).map_or(0, Iterator::count) == 0 && child.try_wait().unwrap().is_none()
        {
            std::thread::yield_now();
        }
        std::thread::sleep(std::time::Duration::from_micros(200 * number));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(told(&built_in(here.path(), "cache", &[])), (want.clone(), Vec::new()), "kill {number}");
        std::fs::remove_dir_all(&cache).unwrap();
    }
}

#[test]
fn none_in_the_environment_forbids_the_cache() {
    let here = TempDir::new().unwrap();
    let with = |value: &str| {
        let output = command(here.path(), &BUILT_IN).env("GRADUS_CACHE", value).output().unwrap();
        (told(&output), here.path().join(value).exists())
    };
    let ((one, _), none) = with("none");
    let ((other, _), some) = with("some");
    assert_eq!((one, none, some), (other, false, true));
}

/// The last event, without what is measured by the clock.
fn end(events: &[Value]) -> Value {
    let mut end = events.last().unwrap().clone();
    ["run", "seconds"].iter().for_each(|field| end[field] = Value::Null);
    end
}

#[test]
fn killed_before_the_first_checkpoint_or_after_the_last_step_it_ends_the_same() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let whole = train(here.path(), &["--out", "whole"]);
    let baselines = std::fs::read(here.path().join("whole/baselines.json")).unwrap();
    // Killed in the first step: nothing but run.toml is there.
    let early = here.path().join("early");
    std::fs::create_dir(&early).unwrap();
    std::fs::copy(here.path().join("whole/run.toml"), early.join("run.toml")).unwrap();
    let resumed = events(&gradus(here.path(), &["resume", "early", "--json"]));
    assert_eq!((hashes(&resumed), end(&resumed)), (hashes(&whole), end(&whole)));
    assert_eq!(std::fs::read(early.join("baselines.json")).unwrap(), baselines);
    // Killed while the baselines were computed: the training is whole, and nothing that comes behind it is there.
    for file in ["baselines.json", "model.safetensors", "report.html"] {
        std::fs::remove_file(early.join(file)).unwrap();
    }
    let resumed = events(&gradus(here.path(), &["resume", "early", "--json"]));
    assert!(resumed.iter().all(|e| e["event"] != "step"), "the training has ended");
    assert_eq!(end(&resumed), end(&whole));
    assert_eq!(std::fs::read(early.join("baselines.json")).unwrap(), baselines);
    assert!(early.join("report.html").exists() && early.join("model.safetensors").exists());
}

#[test]
fn the_first_step_waits_for_no_baseline() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let child =
        command(here.path(), &["train", "pets", "--json", "--image", "8x8", "--time", "30s", "--out", "run"])
            .stdout(Stdio::piped())
            .spawn();
    let mut child = child.unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    lines.find(|line| line.as_ref().unwrap().contains("\"step\",")).unwrap().unwrap();
    let early = here.path().join("run/baselines.json").exists();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!early, "they are computed when the training has ended");
}
