//! `gradus check gradient`, and gradients as `gradus train` takes them.

use std::path::Path;
use std::process::{Command, Output};

use image::RgbImage;
use serde_json::Value;
use tempfile::TempDir;

fn gradus(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command.current_dir(folder).env("GRADUS_CACHE", folder.join("cache")).args(args);
    command.output().expect("the program starts")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn json(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", text(output));
    String::from_utf8_lossy(&output.stdout).lines().map(|l| serde_json::from_str(l).expect(l)).collect()
}

/// Twelve pictures of each of two classes.
fn pets(at: &Path) {
    for (class, name) in ["cat", "dog"].into_iter().enumerate() {
        let folder = at.join("pets").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for number in 0..12 {
            let picture = RgbImage::from_fn(8, 8, |x, y| {
                let level = ((x * 31 + y * 57 + number * 101) % 90 + 100 * class as u32) as u8;
                image::Rgb([level, level / 2, 255 - level])
            });
            picture.save(folder.join(format!("{number}.png"))).unwrap();
        }
    }
}

#[test]
fn the_article_s_six_slopes_are_printed_side_by_side() {
    let here = TempDir::new().unwrap();
    let out = gradus(here.path(), &["check", "gradient", "--article"]);
    let all = text(&out);
    assert!(out.status.success(), "{all}");
    for line in [
        "x₁ = 0.5, x₂ = 1, t = 1; w₁ = 0.4",
        "∂L/∂w₁ = 2·(y − t)·y·(1 − y)·w₅·[z₁ > 0]·x₁",
        "= 2·(0.495 − 1)·0.495·(1 − 0.495)·0.6·[0.5 > 0]·0.5",
        "∂L/∂w₆ = 2·(y − t)·y·(1 − y)·a₂",
        "z₁ = w₁·x₁ + w₂·x₂",
        "backpropagation         central         forward         by hand",
        "1.dense.weight[3]",
        "all ways agree",
    ] {
        assert!(all.contains(line), "{line} is missing in\n{all}");
    }
    let latex = text(&gradus(here.path(), &["check", "gradient", "--article", "--latex"]));
    assert!(latex.contains("\\frac{\\partial L}{\\partial w_1} &= 2\\,\\left(y - t\\right)"), "{latex}");

    // By the formulas on this very example: z₁ = 0.5, z₂ = 0.4, z₃ = −0.02.
    let report = json(&gradus(here.path(), &["check", "gradient", "--article", "--json"])).pop().unwrap();
    let y = 1.0 / (1.0 + 0.02f64.exp());
    let delta = 2.0 * (y - 1.0) * y * (1.0 - y);
    let want = [0.6 * 0.5, -0.8 * 0.5, 0.6, -0.8, 0.5, 0.4].map(|inner| delta * inner);
    let slopes = report["report"]["slopes"].as_array().unwrap();
    assert_eq!(slopes.len(), 6);
    for (slope, want) in slopes.iter().zip(want) {
        for way in ["backpropagation", "central", "forward", "by_hand"] {
            let got = slope[way].as_f64().unwrap();
            // Weights such as 0.4 are rounded to f32.
            assert!((got - want).abs() < 1e-7 + 1e-6 * want.abs(), "{way}: {got}, {want}");
        }
    }
}

#[test]
fn any_network_and_data_can_be_checked() {
    let here = TempDir::new().unwrap();
    let net = ["--image", "6x6", "--net", "dropout 0.2, dense 5 relu, dense 1 sigmoid", "--batch", "20"];
    let built_in = json(&gradus(here.path(), &[&["check", "gradient", "--json"], &net[..]].concat()));
    let report = built_in.last().unwrap();
    assert_eq!(report["agrees"], true);
    assert!(report["not_by_hand"].as_str().unwrap().contains("dropout 0.2"), "{report}");
    assert!(report["report"]["sweep"]["points"].as_array().unwrap().len() > 20);
    assert_eq!(report["report"]["weights"], 6 * 6 * 3 * 5 + 5 + 5 + 1);

    pets(here.path());
    let train = ["train", "pets", "--image", "3x3", "--grey", "--epochs", "2", "--out", "run", "--quiet"];
    let out = gradus(here.path(), &[&train[..], &["--net", "dense 3 tanh, dense 1 sigmoid"]].concat());
    assert!(out.status.success(), "{}", text(&out));
    let out = gradus(here.path(), &["check", "gradient", "run", "--weights", "all", "--formulas"]);
    assert!(out.status.success(), "{}", text(&out));
    assert!(text(&out).contains("the run's best weights") && text(&out).contains("a₃ = tanh(z₃)"));
    let out = gradus(here.path(), &["check", "gradient", "run", "--net", "dense 1"]);
    assert!(!out.status.success() && text(&out).contains("--net cannot be given with the run"));

    // Closer than f32 can be: so it is a disagreement, and the program's answer says so.
    let strict = ["check", "gradient", "pets", "--tolerance", "1e-13", "--image", "3x3"];
    let out = gradus(here.path(), &[&strict[..], &["--net", "dense 3 tanh, dense 1 sigmoid"]].concat());
    assert_eq!(out.status.code(), Some(1), "{}", text(&out));
    assert!(text(&out).contains("THE WAYS DISAGREE, in "), "{}", text(&out));
}

fn hashes(events: &[Value]) -> Vec<&str> {
    events.iter().filter(|e| e["event"] == "epoch").map(|e| e["theta_hash"].as_str().unwrap()).collect()
}

#[test]
fn a_training_can_be_checked_on_the_way_and_go_by_other_gradients() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let run = |more: &[&str]| {
        let common = ["train", "pets", "--json", "--image", "3x3", "--grey", "--epochs", "3", "--batch", "4"];
        gradus(here.path(), &[&common[..], &["--net", "dense 3 relu, dense 1 sigmoid"], more].concat())
    };
    let plain = json(&run(&[]));
    let checked = json(&run(&["--check-gradient", "2"]));
    assert_eq!(hashes(&plain), hashes(&checked));
    let checks: Vec<&Value> = checked.iter().filter(|e| e["event"] == "gradient_check").collect();
    assert!(checks.len() >= 4, "{checked:?}");
    assert!(checks.iter().all(|c| c["agrees"] == true && c["step"].as_u64().unwrap() % 2 == 0));

    for way in ["forward_difference", "central_difference", "by_hand"] {
        let events = json(&run(&["--gradient", way, "--out", way]));
        let loss = |events: &[Value]| events.iter().rev().find_map(|e| e["train_loss"].as_f64()).unwrap();
        let (ours, theirs) = (loss(&events), loss(&plain));
        assert!((ours - theirs).abs() < 1e-3 * theirs, "{way} ends at a loss of {ours}, not {theirs}");
        let again =
            json(&gradus(here.path(), &["train", &format!("{way}/run.toml"), "--json", "--threads", "3"]));
        assert_eq!(hashes(&again), hashes(&events), "{way}");
    }
    let out = gradus(
        here.path(),
        &["train", "pets", "--gradient", "by_hand", "--net", "dense 20 relu, dense 1 sigmoid"],
    );
    assert!(!out.status.success() && text(&out).contains("are too many to derive"), "{}", text(&out));
    let listed = text(&gradus(here.path(), &["list", "gradients", "central_difference"]));
    assert!(listed.contains("2n + 1 losses"), "{listed}");
    assert!(text(&run(&["--gradient", "by_foot"])).contains("no way to a gradient is called `by_foot`"));
}
