//! The program as its users run it: trainings by evolution, and the race of optimizers.

mod common;

use common::{events, gradus, pets, text};
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn evolution_is_given_what_suits_it_and_learns() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let args = ["train", "pets", "--optimizer", "genetic", "--epochs", "20", "--json", "--out", "run"];
    let told = events(&gradus(here.path(), &args));
    let toml = std::fs::read_to_string(here.path().join("run/run.toml")).unwrap();
    for part in ["width = 6", "batch = \"500\"", "monitor = \"loss\"", "patience = 30", "dense 16 relu"] {
        assert!(toml.contains(part), "{part} is missing: {toml}");
    }
    let done = told.iter().rfind(|e| e["event"] == "done").unwrap();
    assert!(done["validation_accuracy"].as_f64().unwrap() > 0.9, "{done}");
    // Losses that are to hold for ever are of all pictures.
    let args =
        ["train", "pets", "--optimizer", "genetic reevaluate=no", "--epochs", "2", "--quiet", "--out", "all"];
    assert!(gradus(here.path(), &args).status.success());
    assert!(std::fs::read_to_string(here.path().join("all/run.toml")).unwrap().contains("batch = \"all\""));
}

#[test]
fn a_race_says_its_terms_and_keeps_to_them() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let settings = ["--seeds", "2", "--tries", "1", "--epochs", "3", "--batch", "8", "--image", "4x4"];
    let entries = "sgd,adam,lbfgs,genetic population=10";
    let race = [&["race", "pets", "--optimizers", entries, "--out", "race"], &settings[..]].concat();
    let table = text(&gradus(here.path(), &race));
    for part in
        ["3 epochs of gradients", "batches of 8 for all, evolution too", "has the lowest median over 2 seeds"]
    {
        assert!(table.contains(part), "{part} is missing: {table}");
    }
    for file in ["steps", "evaluations", "seconds", "results"] {
        assert!(here.path().join(format!("race/{file}.png")).metadata().unwrap().len() > 1000, "{file}");
    }
    let json: Value =
        serde_json::from_slice(&std::fs::read(here.path().join("race/race.json")).unwrap()).unwrap();
    let budget = json["budget"].as_u64().unwrap();
    let racers = json["racers"].as_array().unwrap();
    assert_eq!(racers.len(), 4);
    for racer in racers.iter().filter(|racer| racer["name"] != "lbfgs") {
        for run in racer["runs"].as_array().unwrap() {
            let passes = run["points"].as_array().unwrap().last().unwrap()["passes"].as_u64().unwrap();
            assert!((budget..budget + 80).contains(&passes), "{}: {passes} of {budget}", racer["name"]);
        }
    }
}
