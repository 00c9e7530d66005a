//! Sentences of the program in both languages: each has its Chinese in `page/messages.js`, with the same facts in it.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::{host, post};
use gradus::losses::LOSSES;
use gradus::optimizers::OPTIMIZERS;
use gradus_lab::{Options, Server};
use serde_json::{Value, json};

/// The rows of the page's table: code and Chinese.
fn chinese() -> BTreeMap<String, String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("page/messages.js");
    let text = std::fs::read_to_string(file).unwrap();
    let (_, table) = text.split_once("export const chinese = {\n").expect("the table is there");
    let (table, _) = table.split_once("\n};").expect("and ends");
    let rows: String = table.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let mut strings = Vec::new();
    let mut open: Option<String> = None;
    let mut letters = rows.chars();
    while let Some(c) = letters.next() {
        match (&mut open, c) {
            (None, '\'') => open = Some(String::new()),
            (None, _) => {}
            (Some(_), '\'') => strings.extend(open.take()),
            (Some(text), '\\') => match letters.next() {
                Some('n') => text.push('\n'),
                other => text.extend(other),
            },
            (Some(text), c) => text.push(c),
        }
    }
    assert!(strings.len() > 300 && strings.len().is_multiple_of(2), "{}", strings.len());
    let count = strings.len() / 2;
    let table: BTreeMap<_, _> = strings.chunks(2).map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(table.len(), count, "a code stands twice");
    table
}

fn holes(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// The sources of the core, the lab and the program, without their tests; lines broken within a text are joined.
fn sources() -> String {
    fn below(folder: &Path, all: &mut String) {
        let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                below(&path, all);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("message.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                all.push_str(text.split("#[cfg(test)]").next().unwrap());
            }
        }
    }
    let mut all = String::new();
    for folder in ["core/src", "lab/src", "cli/src"] {
        below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder), &mut all);
    }
    let parts: Vec<&str> = all.split("\\\n").collect();
    parts.iter().enumerate().map(|(i, part)| if i == 0 { part } else { part.trim_start() }).collect()
}

#[test]
fn every_template_has_both_languages_with_the_same_facts() {
    let (table, sources) = (chinese(), sources());
    let templates = sources.split("Message::of(").skip(1).filter_map(|rest| {
        let (text, _) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
        Some(text.replace("\\n", "\n"))
    });
    // A mend without facts is written as a plain text.
    let mends = sources.split("mend: \"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()));
    let templates: BTreeSet<String> = templates.chain(mends).collect();
    assert!(templates.len() > 100, "{}", templates.len());
    let missing: Vec<_> = templates.iter().filter(|code| !table.contains_key(*code)).collect();
    assert!(missing.is_empty(), "no Chinese for {missing:#?}");
    for (code, chinese) in &table {
        assert_eq!(holes(code), holes(chinese), "{code}");
        assert!(code == chinese || chinese.chars().any(|c| c > '\u{2e7f}'), "{code} is not translated");
        let written = code.replace('\n', "\\n");
        assert!(sources.contains(&format!("\"{written}\"")), "nobody says {code:?} any more");
    }
}

/// What the lab shows of the tables of optimizers and losses.
#[test]
fn what_optimizers_and_losses_are_for_is_told_in_both_languages() {
    let table = chinese();
    let abouts = OPTIMIZERS.iter().map(|o| o.about).chain(LOSSES.iter().map(|l| l.about));
    let missing: Vec<_> = abouts.filter(|about| !table.contains_key(*about)).collect();
    assert!(missing.is_empty(), "no Chinese for {missing:#?}");
}

/// All that a message says, put together anew: as the page does.
fn worded(message: &Value, table: &BTreeMap<String, String>, unknown: &mut Vec<String>) -> String {
    let Some(code) = message["code"].as_str() else { return message.as_str().unwrap().into() };
    let own = table.get(code).cloned().unwrap_or_else(|| {
        unknown.push(code.into());
        code.into()
    });
    let mut text = String::new();
    let mut rest = own.as_str();
    while let Some((before, from)) = rest.split_once('{') {
        let (name, behind) = from.split_once('}').unwrap();
        text.push_str(before);
        text.push_str(&worded(&message["facts"][name], table, unknown));
        rest = behind;
    }
    text + rest
}

/// What people get wrong: the answer can be said in Chinese to its last word, and in English as the program says it.
#[test]
fn what_people_get_wrong_is_told_in_both_languages() {
    let server = Server::start(Options::default()).unwrap();
    let (table, english) = (chinese(), BTreeMap::new());
    let wrong: &[(&str, &[(&str, &str)])] = &[
        ("playground", &[("net", "dense 3 rleu, dense 1 sigmoid")]),
        ("playground", &[("net", "dens 3")]),
        ("playground", &[("net", "dense")]),
        ("playground", &[("net", "dense 0 relu")]),
        ("playground", &[("net", "dense 3 relu 4, dense 1")]),
        ("playground", &[("net", "dense 3 bias=maybe, dense 1")]),
        ("playground", &[("net", "dense 3 bias=no bias=no, dense 1")]),
        ("playground", &[("net", "dense 3 size=4, dense 1")]),
        ("playground", &[("net", "dropout 2, dense 1")]),
        ("playground", &[("net", "(dense 3")]),
        ("playground", &[("net", "dense 3)")]),
        ("playground", &[("net", "residual dense 3")]),
        ("playground", &[("net", "dense 3 softmax"), ("loss", "binary_cross_entropy")]),
        ("playground", &[("net", "dense 5 sigmoid")]),
        ("playground", &[("net", "dropout 0.5")]),
        ("playground", &[("net", "dense 30000 relu, dense 1 sigmoid")]),
        ("playground", &[("loss", "hinges")]),
        ("playground", &[("optimizer", "adm")]),
        ("playground", &[("optimizer", "adam@keras2")]),
        ("playground", &[("optimizer", "adam beta1=2")]),
        ("playground", &[("optimizer", "ema adam")]),
        ("playground", &[("optimizer", "genetic population=100000")]),
        ("playground", &[("lr", "much")]),
        ("playground", &[("noise", "7")]),
        ("playground", &[("examples", "1.5")]),
        ("playground", &[("data", "circles")]),
        ("playground", &[("data", "own")]),
        ("playground", &[("data", "own"), ("points", "1,2")]),
        ("playground", &[("data", "own"), ("points", "1,b,3;1,2,3")]),
        ("playground", &[("features", "x,z")]),
        ("playground", &[("features", "x,x")]),
        ("playground", &[("data", "plane"), ("net", "dense 2"), ("loss", "squared_error")]),
        ("playground", &[("data", "plane")]),
        ("playground", &[("colour", "blue")]),
        ("weight", &[("weight", "5000")]),
        ("landscape", &[("directions", "up")]),
        ("descent", &[("f", "x^2 + ")]),
        ("descent", &[("f", "(x")]),
        ("descent", &[("f", "x)")]),
        ("descent", &[("f", "x / 0")]),
        ("descent", &[("f", "sin x")]),
        ("descent", &[("f", "max(x)")]),
        ("descent", &[("f", "x^2000")]),
        ("descent", &[("f", "xy + log(x)")]),
        ("descent", &[("f", "2..3 x")]),
        ("descent", &[("f", "x # y")]),
        ("descent", &[("f", "rosenbrok")]),
        ("descent", &[("f", "rosenbrock dim=3")]),
        ("descent", &[("start", "1,2,3,4")]),
        ("descent", &[("start", "here")]),
        ("descent", &[("lr", "much")]),
        ("descent", &[("optimizers", "adam;sgdd")]),
        ("universal", &[("f", "1/x^2")]),
        ("universal", &[("f", "x y")]),
        ("universal", &[("n", "0")]),
        ("averages", &[("series", "1 2 drei")]),
        ("averages", &[("beta", "2")]),
        ("evolution", &[("algorithm", "sgd")]),
        ("evolution", &[("f", "rosenbrock dim=5")]),
        ("evolution", &[("population", "100000")]),
        ("evolution", &[("seed", "x")]),
    ];
    for (experiment, state) in wrong {
        let state: BTreeMap<_, _> = state.iter().copied().collect();
        let body = json!({ "state": state }).to_string();
        let ask = |path: String, body: &str| -> (u16, Value) {
            let (status, answer) = post(&server, &path, body);
            (status, serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap())
        };
        let (mut status, mut answer) = ask(format!("/api/bench/{experiment}"), &body);
        if status == 200 {
            // Some read their state when they are asked.
            (status, answer) = ask(format!("/api/bench/{experiment}/{}", answer["session"]), "{}");
        }
        assert_eq!(status, 400, "{experiment} {state:?}: {answer}");
        let error = &answer["error"];
        let mut unknown = Vec::new();
        worded(error, &table, &mut unknown);
        assert!(unknown.is_empty(), "{experiment} {state:?}: no Chinese for {unknown:#?}");
        let words =
            error["words"].as_str().unwrap_or_else(|| panic!("{experiment} {state:?}: no code: {error}"));
        assert_eq!(worded(error, &english, &mut unknown), words);
        assert!(!words.contains('{'), "{experiment} {state:?}: a hole is left open: {words}");
    }
}

/// The server's own refusals too.
#[test]
fn refusals_of_the_server_are_told_in_both_languages() {
    let (server, table) = (Server::start(Options::default()).unwrap(), chinese());
    let at = host(&server);
    let json = "content-type: application/json";
    let token = format!("x-gradus-token: {}", server.token());
    let refused: [(&str, &[&str]); 8] = [
        ("GET /api/runs/7", &[at.as_str()]),
        ("POST /api/bench/nothing", &[at.as_str(), json, token.as_str()]),
        ("POST /api/bench/descent/99", &[at.as_str(), json, token.as_str()]),
        ("POST /api/bench/descent", &[at.as_str(), json]),
        ("POST /api/bench/descent", &[at.as_str(), token.as_str()]),
        ("GET /api/lab", &["host: example.org"]),
        ("GET /api/lab", &[at.as_str(), "origin: http://example.org"]),
        ("PUT /api/lab", &[at.as_str()]),
    ];
    for (line, headers) in refused {
        let (status, answer) = common::ask(&server, line, headers, "{}");
        assert!((400..500).contains(&status), "{line}: {status}");
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        let mut unknown = Vec::new();
        worded(&body["error"], &table, &mut unknown);
        assert!(unknown.is_empty() && body["error"]["code"].is_string(), "{line}: {body}");
    }
}
