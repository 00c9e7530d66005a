//! A table instead of a folder of pictures: every command takes it.

mod common;

use std::path::Path;

use common::{events, gradus, hashes, text};
use serde_json::Value;
use tempfile::TempDir;

/// 240 rows: which class, and what price, follow from three columns; the fourth says nothing.
fn table(at: &Path) {
    let row = |i: usize| {
        let (size, rooms, town) = (i * 37 % 97, i * 11 % 5, ["north", "south", "west"][i * i % 7 % 3]);
        let price = 3.25 * size as f64 + 40.0 * rooms as f64 + if town == "west" { 100.0 } else { 0.0 };
        let class = if price > 280.0 { "dear" } else { "cheap" };
        let size = if i % 29 == 3 { "?".to_string() } else { size.to_string() };
        format!("{size},{rooms},{town},same,{price},{class}\n")
    };
    let rows: String = (0..240).map(row).collect();
    std::fs::write(at.join("houses.csv"), "size,rooms,town,nothing,price,class\n".to_string() + &rows)
        .unwrap();
}

fn trained(here: &Path, more: &[&str]) -> Vec<Value> {
    let all = [&["train", "houses.csv", "--json"], more].concat();
    events(&gradus(here, &all))
}

#[test]
fn classes_of_rows_are_learnt_scored_named_and_exported() {
    let here = TempDir::new().unwrap();
    table(here.path());
    let all = trained(here.path(), &["--leave-out", "price", "--out", "run", "--epochs", "30"]);
    let done = all.last().unwrap();
    assert!(done["test_accuracy"].as_f64().unwrap() > 0.85, "{done}");
    assert!(done["test_fit"].is_null(), "{done}");
    let toml = std::fs::read_to_string(here.path().join("run/run.toml")).unwrap();
    let guessed = ["label = \"class\"\n", "answer = \"class\"\n", "delimiter = \",\"\n", "header = true\n"];
    for line in
        ["[data.table]\n", "leave_out = [\"price\"]\n", "augment = \"none\"\n"].into_iter().chain(guessed)
    {
        assert!(toml.contains(line) && !toml.contains("width"), "{line:?} is not in {toml}");
    }
    // The same again from run.toml, on one thread: the same bits.
    let again = events(&gradus(here.path(), &["train", "run/run.toml", "--json", "--threads", "1"]));
    assert_eq!(hashes(&again), hashes(&all));

    let told = events(&gradus(here.path(), &["evaluate", "run", "houses.csv", "--json"]));
    assert_eq!((&told[0]["rows"], &told[0]["label"]), (&240.into(), &"class".into()), "{told:?}");
    assert!(told[0]["scores"]["accuracy"].as_f64().unwrap() > 0.85);

    // Rows without the label, in another order, with a column more; one is no row.
    let rows = "town;rooms;size;garden\nwest;4;96;yes\nnorth;0;1;no\nsouth\n";
    std::fs::write(here.path().join("new.csv"), rows).unwrap();
    let said = gradus(here.path(), &["predict", "run", "new.csv", "--json"]);
    assert_eq!(said.status.code(), Some(1), "one row could not be used");
    let said: Vec<Value> =
        String::from_utf8_lossy(&said.stdout).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(said[0]["error"].as_str().unwrap().contains("1 cell where the others have 4"), "{said:?}");
    assert_eq!((&said[1]["label"], &said[1]["line"]), (&"dear".into(), &2.into()), "{said:?}");
    assert_eq!((&said[2]["label"], &said[2]["class"]), (&"cheap".into(), &0.into()), "{said:?}");
    let people = text(&gradus(here.path(), &["predict", "run", "new.csv"]));
    assert!(people.contains("new.csv:2  dear  ") && people.contains("line 4: 1 cell"), "{people}");

    let file = events(&gradus(here.path(), &["export", "run", "--json"]));
    assert_eq!(
        (&file[0]["input"]["type"], &file[0]["output"]["name"]),
        (&"float32".into(), &"probabilities".into())
    );
    let report = std::fs::read_to_string(here.path().join("run/report.html")).unwrap();
    assert!(report.contains("rows it had never seen") && report.contains("town west"));
    assert!(!report.to_lowercase().contains("picture"), "a report on rows speaks of rows");
}

#[test]
fn numbers_of_rows_are_learnt_in_their_own_unit() {
    let here = TempDir::new().unwrap();
    table(here.path());
    let all =
        trained(here.path(), &["--label", "price", "--leave-out", "class", "--out", "run", "--epochs", "60"]);
    let done = all.last().unwrap();
    let fit = &done["test_fit"];
    assert!(fit["r_squared"].as_f64().unwrap() > 0.7, "{done}");
    assert!(done["test_accuracy"].is_null() && done["validation_accuracy"].is_null(), "{done}");
    // Both in the unit of the column: a spread of over 100.
    let (error, mean) = (&fit["root_mean_squared_error"], &done["baseline_majority_test"]);
    let [error, mean] = [error, mean].map(|x| x.as_f64().unwrap());
    assert!(mean > 90.0, "{done}");
    // Root of the mean squared error = deviation · √(1 − R²), and the mean of training is nearly that of the test part.
    let told = error / (mean * (1.0 - fit["r_squared"].as_f64().unwrap()).sqrt());
    assert!((0.9..1.1).contains(&told), "{told}: {done}");

    let told = events(&gradus(here.path(), &["evaluate", "run", "houses.csv", "--json"]));
    assert!(told[0]["scores"]["fit"]["mean_absolute_error"].as_f64().unwrap() > 1.0, "{told:?}");
    let people = text(&gradus(here.path(), &["evaluate", "run", "houses.csv"]));
    assert!(people.contains("off by ") && people.contains("R² 0."), "{people}");
    std::fs::write(here.path().join("new.csv"), "size,rooms,town\n50,3,west\n,3,west\n").unwrap();
    let said = events(&gradus(here.path(), &["predict", "run", "new.csv", "--json"]));
    let value = said[0]["value"].as_f64().unwrap();
    assert!((value - 382.5).abs() < 120.0 && said.len() == 2, "{said:?}");

    let file = events(&gradus(here.path(), &["export", "run", "--json"]));
    assert_eq!(file[0]["output"], serde_json::json!({ "name": "value", "type": "float32", "shape": [1] }));
    let report = std::fs::read_to_string(here.path().join("run/report.html")).unwrap();
    assert!(report.contains("Said and right") && report.contains("off on average"));
    assert!(!report.contains("id=\"matrix\"") && !report.contains("href=\"#matrix\""));
    let on = events(&gradus(here.path(), &["resume", "run", "--json", "--epochs", "61"]));
    assert_eq!(on.last().unwrap()["epochs"], 61);
}

#[test]
fn a_run_on_rows_that_was_stopped_goes_on_to_the_same_bits() {
    let here = TempDir::new().unwrap();
    table(here.path());
    let whole = trained(
        here.path(),
        &["--label", "price", "--schedule", "constant", "--epochs", "30", "--out", "whole"],
    );
    trained(here.path(), &["--label", "price", "--schedule", "constant", "--epochs", "11", "--out", "cut"]);
    let rest = events(&gradus(here.path(), &["resume", "cut", "--json", "--epochs", "30", "--threads", "1"]));
    assert_eq!(hashes(&rest).last(), hashes(&whole).last());
    // Another table under the same name is another training.
    let changed =
        std::fs::read_to_string(here.path().join("houses.csv")).unwrap().replacen("north", "south", 1);
    std::fs::write(here.path().join("houses.csv"), changed).unwrap();
    let refused = gradus(here.path(), &["resume", "cut", "--epochs", "31"]);
    assert!(!refused.status.success(), "{}", text(&refused));
}

#[test]
fn the_other_commands_take_tables_too() {
    let here = TempDir::new().unwrap();
    table(here.path());
    let seen = text(&gradus(here.path(), &["inspect", "houses.csv"]));
    for part in
        ["240 rows; label class: 2 classes", "town: 3 categories", "nothing is left out: every row has same"]
    {
        assert!(seen.contains(part), "{part:?} is not in {seen}");
    }
    let json = events(&gradus(here.path(), &["inspect", "houses.csv", "--json", "--label", "price"]));
    assert!(json[0]["encoder"]["label"]["scale"].is_array() && json[0]["rows"] == 240, "{json:?}");
    let race = &[
        "race",
        "houses.csv",
        "--seeds",
        "1",
        "--tries",
        "1",
        "--epochs",
        "1",
        "--json",
        "--label",
        "price",
    ];
    events(&gradus(here.path(), race));
    let check = gradus(here.path(), &["check", "gradient", "houses.csv", "--batch", "8"]);
    assert!(check.status.success(), "{}", text(&check));
    let rate =
        gradus(here.path(), &["find-rate", "houses.csv", "--seeds", "1", "--net", "dense 8 relu, dense 1"]);
    assert!(text(&rate).contains("rate"), "{}", text(&rate));
}

#[test]
fn what_does_not_fit_is_refused_with_a_mend() {
    let here = TempDir::new().unwrap();
    table(here.path());
    common::pets(here.path());
    let value = ["train", "houses.csv", "--label", "price"];
    for (args, says) in [
        (&["train", "houses.csv", "--image", "8x8"][..], "--image says how pictures are read"),
        (&["train", "pets", "--label", "x"], "--label says how a table is read"),
        (&["train", "houses.csv", "--augment", "flip"], "changes pictures"),
        (&["train", "houses.csv", "--label", "cost"], "there is no column `cost`"),
        (&["train", "nothing.csv"], "nothing.csv: the file cannot be read"),
        (&["train", "houses.csv", "--validation", "0.9"], "leaves nothing to train on"),
        (
            &[&value[..], &["--loss", "binary_cross_entropy"]].concat(),
            "squared_error, absolute_error or huber",
        ),
        (&[&value[..], &["--net", "dense 4 relu, dense 3"]].concat(), "end the network with `dense 1`"),
        (&[&value[..], &["--monitor", "accuracy"]].concat(), "no example is simply right"),
        (&[&value[..], &["--class-weights", "balanced"]].concat(), "a number is to be said"),
        (&["inspect", "pets", "--label", "x"], "--label says how a table is read"),
    ] {
        let refused = gradus(here.path(), args);
        assert!(!refused.status.success() && text(&refused).contains(says), "{args:?}: {}", text(&refused));
    }
    trained(here.path(), &["--epochs", "1", "--out", "run", "--leave-out", "price"]);
    for (args, says) in [
        (&["evaluate", "run", "pets"][..], "cannot be read"),
        (&["evaluate", "run", "houses.csv", "--part", "test"], "no parts of its own"),
        (&["predict", "run", "houses.csv", "--tta", "flip"], "--tta says how pictures are looked at"),
        (&["train", "run/run.toml", "--label", "town"], "--label cannot be given with"),
    ] {
        let refused = gradus(here.path(), args);
        assert!(!refused.status.success() && text(&refused).contains(says), "{args:?}: {}", text(&refused));
    }
}
