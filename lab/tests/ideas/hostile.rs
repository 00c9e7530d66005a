//! Whatever an address says, the answer is an answer or an error with a mend: no panic, no endless computing.

use std::time::Duration;

use gradus_lab::bench::{Deadline, EXPERIMENTS, find};
use serde_json::{Value, json};

use super::{soon, state};

/// Keys and their texts.
type Address<'a> = &'a [(&'a str, &'a str)];

fn ask(name: &str, pairs: &[(&str, &str)]) -> Result<Value, String> {
    let state = state(pairs);
    let mut session = (find(name).unwrap().open)(&state, &soon()).map_err(|e| e.to_string())?;
    session.answer(&json!({}), &soon()).map_err(|e| e.to_string())
}

#[test]
fn what_is_wrong_is_said() {
    let huge = "9".repeat(400);
    let long = "x+".repeat(100_000);
    let many = "sgd;".repeat(9);
    let points = "1,1;".repeat(2000);
    let cases: &[(&str, Address, &str)] = &[
        ("descent", &[("f", "x + ")], "ends too soon"),
        ("descent", &[("f", "x + foo(y)")], "^^^"),
        ("descent", &[("f", &long)], "at most 400"),
        ("descent", &[("f", "sphere dim=3")], "dim=2"),
        ("descent", &[("f", "sphere dim=1000000")], "dim=2"),
        ("descent", &[("optimizers", "sgdd")], "did you mean"),
        ("descent", &[("optimizers", &many)], "from 1 to 8"),
        ("descent", &[("optimizers", "genetic population=1000000")], "at most 1000"),
        ("descent", &[("optimizers", "genetic replacement=steady_state children=100000")], "at most 1000"),
        ("descent", &[("optimizers", "cma_es population=900 restarts=ipop max_restarts=20")], "4096"),
        ("descent", &[("optimizers", "openai_es population=100000 over sgd")], "at most 1000"),
        ("descent", &[("lr", "abc")], "numbers with"),
        ("descent", &[("lr", "-1")], "from 0"),
        ("descent", &[("lr", "NaN")], "numbers with"),
        ("descent", &[("lr", &huge)], "numbers with"),
        ("descent", &[("steps", "0")], "from 1 to 2000"),
        ("descent", &[("steps", "99999999999999999999")], "whole number"),
        ("descent", &[("steps", "2001")], "from 1 to 2000"),
        ("descent", &[("start", "1")], "2 numbers"),
        ("descent", &[("start", "1e300,1")], "from -1000000"),
        ("descent", &[("view", "1,1,1,1")], "wider"),
        ("descent", &[("view", "1,2")], "4 numbers"),
        ("universal", &[("f", "x*y")], "x alone"),
        ("universal", &[("f", "ln(x)")], "must have a value"),
        ("universal", &[("f", "1/x")], "must have a value"),
        ("universal", &[("f", "x^900")], "must have a value"),
        ("universal", &[("n", "0")], "from 1 to 64"),
        ("universal", &[("n", "100000000")], "from 1 to 64"),
        ("universal", &[("on", "2,-2")], "wider"),
        ("universal", &[("on", "2")], "two numbers"),
        ("universal", &[("drawn", "1,1")], "from 2"),
        ("universal", &[("drawn", "1,1;1,2")], "from 2"),
        ("universal", &[("drawn", "a,b;c,d")], "points"),
        ("universal", &[("drawn", &points)], "from 2 to 1000"),
        ("universal", &[("optimizer", "lbfgs history=100000")], "1000"),
        ("universal", &[("kinks", "away")], "zero or spread"),
        ("universal", &[("steps", "1000000")], "20000"),
        ("averages", &[("beta", "1")], "below 1"),
        ("averages", &[("beta", "-0.1")], "below 1"),
        ("averages", &[("beta", "0.1;0.2;0.3;0.4;0.5;0.6;0.7")], "from 1 to 6"),
        ("averages", &[("series", "1 2 three")], "value 3"),
        ("averages", &[("count", "1000000")], "5000"),
        ("averages", &[("noise", "inf")], "noise"),
        ("evolution", &[("f", "x^2")], "a map can show"),
        ("evolution", &[("algorithm", "adam")], "no population"),
        ("evolution", &[("algorithm", "genetic population=401"), ("generations", "500")], "400000"),
        ("evolution", &[("algorithm", "lookahead over genetic")], "cannot be asked"),
        ("evolution", &[("population", "1")], "from 2"),
        ("evolution", &[("generations", "501")], "from 1 to 500"),
        ("evolution", &[("algorithm", "genetic selection=foo")], "^^^"),
    ];
    for (name, pairs, says) in cases {
        match ask(name, pairs) {
            Ok(_) => panic!("{name} {:?} was answered", short(pairs)),
            Err(words) => {
                assert!(words.contains(says), "{name} {:?}: {words}", short(pairs));
                assert!(words.len() < 2000, "{name} {:?}: {} letters", short(pairs), words.len());
            }
        }
    }
}

/// As much of an address as a message may hold.
fn short(pairs: &[(&str, &str)]) -> String {
    format!("{pairs:?}").chars().take(80).collect()
}

#[test]
fn what_is_odd_is_answered() {
    let cases: &[(&str, Address)] = &[
        ("descent", &[("f", "1e308*1e308*x - 1e308*1e308*x"), ("steps", "5")]),
        ("descent", &[("f", "ln(x)"), ("start", "-1"), ("steps", "5")]),
        ("descent", &[("f", "sqrt(x)*y"), ("start", "-1,0"), ("optimizers", "sgd;lbfgs;cma_es;genetic")]),
        ("descent", &[("f", "7"), ("steps", "5"), ("optimizers", "sgd;adam;lbfgs;cma_es")]),
        ("descent", &[("f", "exp(exp(x))"), ("lr", "1000"), ("steps", "50")]),
        ("descent", &[("f", "1/x"), ("start", "0")]),
        ("descent", &[("lr", "0"), ("steps", "3")]),
        (
            "descent",
            &[("lr", "1000000"), ("optimizers", "sgd;momentum;adam;rprop;lbfgs;schedule_free;lion;muon")],
        ),
        ("descent", &[("lists", "1"), ("f", "(((")]),
        ("descent", &[("f", ""), ("optimizers", ""), ("lr", ""), ("start", ""), ("view", "")]),
        ("universal", &[("lr", "1000"), ("steps", "50")]),
        ("universal", &[("optimizer", "genetic population=20"), ("steps", "20")]),
        ("universal", &[("f", "0"), ("steps", "20")]),
        ("averages", &[("series", "1")]),
        ("averages", &[("series", "1e100 -1e100")]),
        ("averages", &[("beta", "0.9999999999")]),
        ("evolution", &[("f", "ln(x*y)"), ("generations", "5")]),
        ("evolution", &[("f", "sqrt(-1-x^2-y^2)"), ("generations", "5")]),
        ("evolution", &[("f", "0*x*y + y - y + x*y*0 + y*0 + (x-x)*y"), ("f", "x*y*0+y")]),
    ];
    for (name, pairs) in cases {
        let answer = ask(name, pairs).unwrap_or_else(|e| panic!("{name} {pairs:?}: {e}"));
        assert!(answer.is_object());
    }
}

#[test]
fn questions_change_what_an_address_says() {
    let mut session =
        (find("descent").unwrap().open)(&state(&[("f", "x^2"), ("steps", "3")]), &soon()).unwrap();
    let mut steps = |question: Value| {
        let answer = session.answer(&question, &soon()).unwrap();
        answer["runs"][0]["values"].as_array().unwrap().len()
    };
    assert_eq!(steps(json!({})), 4);
    assert_eq!(steps(json!({ "steps": "7" })), 8);
    assert_eq!(steps(json!({ "steps": 7 })), 8);
    assert_eq!(steps(json!({ "steps": null })), 101);
    assert_eq!(steps(json!([1, 2])), 4, "what is no object changes nothing");
}

#[test]
fn an_answer_comes_when_time_is_over() {
    let over = Deadline::after(Duration::ZERO);
    for experiment in EXPERIMENTS.iter().filter(|e| ["descent", "universal", "evolution"].contains(&e.name)) {
        let mut session = (experiment.open)(&state(&[]), &over).unwrap();
        let answer = session.answer(&json!({}), &over).unwrap();
        assert_eq!(answer["cut_short"], true, "{}", experiment.name);
    }
    let mut session = (find("universal").unwrap().open)(&state(&[]), &over).unwrap();
    assert_eq!(session.answer(&json!({ "widths": "1" }), &over).unwrap()["cut_short"], true);
}
