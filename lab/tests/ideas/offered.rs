//! What the pages offer can be asked for.

use std::path::Path;

use gradus_lab::bench::find;
use serde_json::json;

use super::{soon, state};

/// The texts of a list in a module of the page, `const NAME = ['…', …];`.
fn list(module: &str, name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("page/bench").join(module);
    let text = std::fs::read_to_string(&path).unwrap();
    let from = text.find(&format!("const {name} = [")).unwrap_or_else(|| panic!("{module} has no {name}"));
    let list = &text[from..from + text[from..].find("];").unwrap()];
    list.split('\'').skip(1).step_by(2).map(String::from).collect()
}

fn ask(name: &str, pairs: &[(&str, &str)]) {
    let mut session = (find(name).unwrap().open)(&state(pairs), &soon()).unwrap();
    let answer = session.answer(&json!({}), &soon());
    assert!(answer.is_ok(), "{name} {pairs:?}: {}", answer.err().unwrap());
}

#[test]
fn every_example_of_the_pages_is_answered() {
    let all = [
        list("descent-words.js", "EXAMPLES"),
        list("universal.js", "EXAMPLES"),
        list("evolution.js", "FUNCTIONS"),
    ];
    assert!(all.iter().all(|of| of.len() >= 8), "{all:?}");
    let [descent, universal, evolution] = all;
    for f in descent {
        ask("descent", &[("f", &f), ("steps", "20")]);
    }
    for f in universal {
        ask("universal", &[("f", &f), ("steps", "5")]);
    }
    for f in evolution {
        ask("evolution", &[("f", &f), ("generations", "3")]);
    }
}
