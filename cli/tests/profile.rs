//! `gradus train --profile`: what it says adds up, and changes nothing.

mod common;

use common::{hashes, pets, train};
use tempfile::TempDir;

#[test]
fn a_profile_adds_up_and_changes_no_result() {
    let here = TempDir::new().unwrap();
    pets(here.path());
    let watched = train(here.path(), &["--profile", "--out", "watched"]);
    assert_eq!(hashes(&watched), hashes(&train(here.path(), &["--out", "plain"])));

    let profile = watched.iter().find(|e| e["event"] == "profile").expect("a profile");
    let number = |v: &serde_json::Value| v.as_f64().expect("a number");
    assert!(number(&profile["steps"]) > 0.0 && number(&profile["peak_flops"]) > 1e8, "{profile}");
    let rows = profile["rows"].as_array().unwrap();
    let named = |what: &str| rows.iter().filter(|r| r["what"].as_str().unwrap().contains(what)).count();
    assert!(named("linear") >= 2 && named("optimizer") == 1 && named("batches") == 1, "{profile}");
    assert_eq!(named("cross_entropy"), 1, "{profile}");
    // Everything is in a row: together they are the step.
    let sum: f64 = rows.iter().map(|r| number(&r["forward_s"]) + number(&r["back_s"])).sum();
    let step = number(&profile["step_s"]);
    assert!((sum - step).abs() < 1e-6 + 0.01 * step, "{sum} of {step}");
    // Whoever multiplies has a floor.
    let floors = rows.iter().filter(|r| r["what"].as_str().unwrap().contains("linear"));
    assert!(floors.into_iter().all(|r| number(&r["floor_s"]) > 0.0), "{profile}");
}
