//! The program as its users run it: schedules, accumulated steps, and the rate finder.

mod common;

use common::{QUICK, events, gradus, hashes, pets, text, train};
use serde_json::Value;
use tempfile::TempDir;

/// As [`QUICK`], without a rate.
const FREE: &[&str] = &[
    "--image",
    "8x8",
    "--epochs",
    "5",
    "--batch",
    "8",
    "--net",
    // A loss that grows without end, so that too large a rate shows.
    "dense 8 relu, dropout 0.1, dense 1",
    "--loss",
    "squared_error",
];

#[test]
fn schedules_change_the_rate_that_is_told() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let told = train(here.path(), &["--schedule", "warmup epochs=1 over cosine", "--out", "run"]);
    let rates = |kind: &str| -> Vec<f64> {
        told.iter().filter(|e| e["event"] == kind).map(|e| e["learning_rate"].as_f64().unwrap()).collect()
    };
    let epochs = rates("epoch");
    assert_eq!((epochs.len(), epochs[0]), (6, 0.01), "the rate is reached with the first epoch");
    assert!(epochs.windows(2).all(|pair| pair[1] < pair[0]) && epochs[5] < 0.001, "{epochs:?}");
    assert!(rates("step")[0] < 0.01);
    let run = here.path().join("run");
    let text = |name: &str| std::fs::read_to_string(run.join(name)).unwrap();
    let line = "schedule = \"warmup epochs=1 start=0 over cosine steps=run end=0\"";
    assert!(text("run.toml").contains(line), "{}", text("run.toml"));
    let logged: Vec<f64> = text("metrics.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["learning_rate"].as_f64().unwrap())
        .collect();
    assert_eq!(logged, epochs);
    assert!(text("report.html").contains("<h3>Learning rate"));
    assert_ne!(hashes(&told), hashes(&train(here.path(), &[])));
    let again = events(&gradus(here.path(), &["train", "run/run.toml", "--json", "--out", "again"]));
    assert_eq!(hashes(&again), hashes(&told));
    let plain = gradus(here.path(), &[&["train", "pets", "--schedule", "step epochs=2"], QUICK].concat());
    let plain = self::text(&plain);
    assert!(plain.contains("  η 0.01  ") && plain.contains("  η 0.001  "), "{plain}");
    let list = self::text(&gradus(here.path(), &["list", "schedules", "one_cycle"]));
    for part in ["Smith & Topin", "steps=run", "rise", "shape=cosine", "ηₜ = η s(t)"] {
        assert!(list.contains(part), "{part} is missing: {list}");
    }
}

#[test]
fn accumulating_is_a_larger_batch_in_less_memory() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let run = |more: &[&str]| events(&gradus(here.path(), &[&["train", "pets", "--json"], more].concat()));
    let quick = |batch: &'static str, times: &'static str| {
        let net = "dense 8 tanh, dense 1 sigmoid";
        let options = ["--image", "8x8", "--epochs", "4", "--optimizer", "momentum", "--net", net];
        run(&[&options[..], &["--batch", batch, "--accumulate", times]].concat())
    };
    let (large, parts) = (quick("12", "1"), quick("4", "3"));
    let steps = |events: &[Value]| events.last().unwrap()["steps"].as_u64().unwrap();
    assert_eq!((steps(&large), steps(&parts)), (16, 16), "42 pictures are 12, 12, 12 and 6");
    for field in ["train_loss", "validation_loss"] {
        let [a, b] = [&large, &parts].map(|e| e.last().unwrap()[field].as_f64().unwrap());
        assert!((a - b).abs() < 1e-4, "{field}: {a} and {b}");
    }
}

#[test]
fn a_rate_is_found_and_leaves_no_trace() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let train =
        |more: &[&str]| events(&gradus(here.path(), &[&["train", "pets", "--json"], FREE, more].concat()));
    let before = train(&["--lr", "0.01"]);
    let find = |more: &[&str]| gradus(here.path(), &[&["find-rate", "pets"], FREE, more].concat());
    let told = events(&find(&["--json", "--out", "rates"])).remove(0);
    assert_eq!(told["event"], "learning_rate");
    let rate = told["advice"]["learning_rate"].as_f64().unwrap();
    assert!(told["advice"]["reason"].as_str().unwrap().contains("half way down"), "{told}");
    assert!(told["curves"].as_array().unwrap().len() == 5 && told["rates"].as_array().unwrap().len() == 135);
    for file in ["rates.json", "rates.svg", "rates.png"] {
        assert!(here.path().join("rates").join(file).metadata().unwrap().len() > 1000, "{file}");
    }
    assert_eq!(text(&find(&["--quiet"])).trim(), rate.to_string());
    let table = text(&find(&["--threads", "3"]));
    for part in
        [&format!("take       --lr {rate}: "), "before the first step", "lowest", "back where it started"]
    {
        assert!(table.contains(part), "{part} is missing: {table}");
    }
    assert_eq!(hashes(&train(&["--lr", "0.01"])), hashes(&before), "a training is what it was");

    let by_hand = train(&["--lr", &rate.to_string()]);
    let auto = train(&["--lr", "auto", "--out", "auto"]);
    assert_eq!(auto[0]["event"], "learning_rate");
    assert_eq!(hashes(&auto), hashes(&by_hand), "found on the way it is the same training");
    let toml = || std::fs::read_to_string(here.path().join("auto/run.toml")).unwrap();
    let comment = "# learning_rate was found by a sweep: the loss is half way down at ";
    assert!(toml().contains(comment) && toml().contains(&format!("learning_rate = {rate}")), "{}", toml());
    assert!(here.path().join("auto/rates.svg").exists());
    let more = gradus(here.path(), &["resume", "auto", "--epochs", "6", "--quiet"]);
    assert!(more.status.success() && toml().contains(comment), "{}\n{}", text(&more), toml());
    let again = events(&gradus(here.path(), &["train", "auto/run.toml", "--json", "--out", "again"]));
    assert_eq!(hashes(&again)[..5], hashes(&auto));
}

#[test]
fn what_cannot_be_scheduled_or_found_is_explained() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    std::fs::write(here.path().join("old.toml"), "").unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["train", "pets", "--schedule", "cosin"], "did you mean `cosine`?"),
        (&["train", "pets", "--schedule", "cosine steps=0"], "as long as the training"),
        (&["train", "nowhere", "--schedule", "cosine", "--time", "5s"], "must know how long the training is"),
        (
            &["train", "pets", "--schedule", "warmup epochs=9 over cosine", "--epochs", "5"],
            "nothing of the training",
        ),
        (&["train", "nowhere", "--schedule", "reduce_on_plateau", "--validation", "0"], "watch=train_loss"),
        (&["train", "pets", "--accumulate", "0"], "accumulate = 0"),
        (&["train", "pets", "--batch", "all", "--accumulate", "2"], "more than there are"),
        (&["train", "old.toml", "--schedule", "cosine"], "--schedule cannot be given"),
        (&["train", "old.toml", "--lr", "auto"], "--lr cannot be given"),
        (&["train", "pets", "--lr", "quick"], "or `auto`"),
        (&["find-rate", "pets", "--lr", "0.1"], "leave --lr out"),
        (&["find-rate", "pets", "--to", "1e-9"], "above `from`"),
    ];
    for (args, expected) in cases {
        let out = gradus(here.path(), args);
        assert!(!out.status.success(), "{args:?} succeeded");
        assert!(text(&out).contains(expected), "{args:?} says: {}", text(&out));
        assert!(!here.path().join("runs/pets-1").exists(), "{args:?} leaves a run");
    }
}
