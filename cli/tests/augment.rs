//! Changed pictures as users ask for them: --augment, --mixup, --label-smoothing, --tta.

use std::path::Path;
use std::process::{Command, Output};

use image::{Rgb, RgbImage};
use serde_json::Value;
use tempfile::TempDir;

fn gradus(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command.current_dir(folder).env("GRADUS_CACHE", "none").args(args).output().expect("the program starts")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn events(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", said(output));
    String::from_utf8_lossy(&output.stdout).lines().map(|l| serde_json::from_str(l).expect(l)).collect()
}

const QUICK: &[&str] =
    &["train", "--json", "--image", "8x8", "--epochs", "2", "--net", "dense 4 relu, dense 1 sigmoid"];

/// The hash of θ at the end.
fn trained(folder: &Path, more: &[&str]) -> String {
    events(&gradus(folder, &[QUICK, more].concat())).last().unwrap()["theta_hash"].to_string()
}

const LINE: &str = "flip, shift 1, rotate 10, colour 0.2, cutout 2";

#[test]
fn changes_are_recorded_and_the_same_on_any_threads_and_again() {
    let here = TempDir::new().unwrap();
    let all = &["--augment", LINE, "--mixup", "0.3", "--label-smoothing", "0.1"];
    let one = trained(here.path(), &[&all[..], &["--threads", "1", "--out", "one"]].concat());
    let three = trained(here.path(), &[&all[..], &["--threads", "3", "--out", "three"]].concat());
    assert_eq!(one, three);
    let toml = std::fs::read_to_string(here.path().join("one/run.toml")).unwrap();
    for part in [
        "flip 0.5, shift 1 edge=mean p=1",
        "cutout 2 p=1\"",
        "mixup = 0.3",
        "binary_cross_entropy smoothing=0.1",
    ] {
        assert!(toml.contains(part), "{part} is missing in\n{toml}");
    }
    let report = std::fs::read_to_string(here.path().join("one/report.html")).unwrap();
    assert!(report.contains("cutout 2 p=1") && report.contains("mixup = 0.3"), "the report lists them");
    let again = events(&gradus(here.path(), &["train", "one/run.toml", "--json", "--out", "again"]));
    assert_eq!(again.last().unwrap()["theta_hash"].to_string(), one);

    let plain = trained(here.path(), &["--augment", "none", "--out", "plain"]);
    assert_eq!(trained(here.path(), &["--no-mirror", "--out", "no-mirror"]), plain);
    let by_default = trained(here.path(), &["--out", "default"]);
    assert_eq!(trained(here.path(), &["--augment", "flip", "--out", "flip"]), by_default);
    assert!(plain != by_default && by_default != one);
    let mixed = trained(here.path(), &["--mixup", "1", "--out", "mixed"]);
    assert_ne!(mixed, by_default);
}

#[test]
fn wrong_words_and_settings_are_pointed_at() {
    let here = TempDir::new().unwrap();
    for (args, want) in [
        (&["--augment", "flip, shft 4"][..], "did you mean `shift`?"),
        (&["--augment", "rotate 400"], "[0, 180]"),
        (&["--augment", "flip", "--no-mirror"], "cannot be used with"),
        (&["--mixup=-1"], "mixup"),
        (&["--label-smoothing", "1"], "smoothing=1"),
        (&["--label-smoothing", "0.1", "--loss", "squared_error"], "`smoothing` is not a setting here"),
        (&["--label-smoothing", "0.1", "--loss", "binary_cross_entropy smoothing=0.1"], "set twice"),
        (&["--mixup", "0.2", "--gradient", "by_hand"], "mixup"),
    ] {
        let output = gradus(here.path(), &[QUICK, args].concat());
        assert!(!output.status.success() && said(&output).contains(want), "{args:?}: {}", said(&output));
    }
}

#[test]
fn a_trained_network_looks_more_than_once_if_asked_to() {
    let here = TempDir::new().unwrap();
    trained(here.path(), &["--out", "run"]);
    // A picture that is not its own mirror image, its mirror image, and others.
    let paths: Vec<String> = (0..6)
        .map(|number: u32| {
            let at = |x: u32, y: u32| {
                let x = if number.is_multiple_of(2) { x } else { 15 - x };
                let level = (x * 11 + y * (3 + number / 2)) % 256;
                Rgb([level as u8, (level * 7 % 256) as u8, (255 - level) as u8])
            };
            let folder = here.path().join("others").join(["cat", "dog"][number as usize % 2]);
            std::fs::create_dir_all(&folder).unwrap();
            let path = folder.join(format!("{number}.png"));
            RgbImage::from_fn(16, 16, at).save(&path).unwrap();
            path.to_str().unwrap().into()
        })
        .collect();
    let predicted = |path: &str, more: &[&str]| -> (f64, Value) {
        let seen =
            events(&gradus(here.path(), &[&["predict", "run", path, "--json"], more].concat())).remove(0);
        (seen["probabilities"]["dog"].as_f64().unwrap(), seen)
    };
    let (one, plain) = predicted(&paths[0], &[]);
    let (other, _) = predicted(&paths[1], &[]);
    assert_eq!((plain["tta"].as_str(), plain["views"].as_u64()), (Some("none"), Some(1)));
    assert!((one - other).abs() > 1e-6, "the two are not the same to the network");
    let (both, seen) = predicted(&paths[0], &["--tta", "flip"]);
    assert_eq!((seen["tta"].as_str(), seen["views"].as_u64()), (Some("flip 0.5"), Some(2)));
    assert!((both - 0.5 * (one + other)).abs() < 1e-9, "{both} is not the mean of {one} and {other}");
    assert!((predicted(&paths[1], &["--tta", "flip"]).0 - both).abs() < 1e-9);

    // The same views whatever else is looked at, so `evaluate` judges what `predict` answers.
    let views = &["--tta", "flip, shift 1, rotate 5", "--views", "5"];
    let right = (0..6).filter(|i| (predicted(&paths[*i], views).0 > 0.5) == (i % 2 == 1)).count();
    let scores =
        events(&gradus(here.path(), &[&["evaluate", "run", "others", "--json"], &views[..]].concat()))
            .remove(0);
    assert_eq!((scores["views"].as_u64(), scores["pictures"].as_u64()), (Some(5), Some(6)));
    assert!((scores["scores"]["accuracy"].as_f64().unwrap() - right as f64 / 6.0).abs() < 1e-12);
    let text = said(&gradus(here.path(), &["evaluate", "run", "others", "--tta", "flip"]));
    assert!(text.contains("2 views of each picture (as it is and mirrored)"), "{text}");
    let wrong = gradus(here.path(), &["predict", "run", &paths[0], "--tta", "flip", "--views", "1"]);
    assert!(!wrong.status.success() && said(&wrong).contains("from 2 to 1000"), "{}", said(&wrong));
}
