//! A training steered over the page's own requests; what it leaves repeats it, to the same weights.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use common::{command, events, gradus, pets};
use serde_json::Value;

/// Long enough to be paused before it ends, on a busy machine too.
const JOB: &[&str] = &[
    "--image",
    "8x8",
    "--epochs",
    "3000",
    "--patience",
    "0",
    "--batch",
    "4",
    "--net",
    "dropout 0.2, dense 12 relu, dense 1 sigmoid",
    "--lr",
    "0.01",
];

/// A training with a page, and what it has said so far.
struct Served {
    child: Child,
    lines: Box<dyn Iterator<Item = Value>>,
    address: String,
    token: String,
}

impl Served {
    fn start(folder: &Path, args: &[&str]) -> Served {
        let args = [args, &["--lab", "--json"]].concat();
        let mut child = command(folder, &args).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut lines =
            out.lines().map_while(Result::ok).map(|line| serde_json::from_str::<Value>(&line).unwrap());
        let page = lines.find(|line| line["event"] == "page").expect("it says where the page is");
        let address =
            page["url"].as_str().unwrap().trim_start_matches("http://").trim_end_matches('/').to_string();
        let index = ask(&address, "GET / HTTP/1.1", "", "");
        let token = index.split("gradus-token\" content=\"").nth(1).unwrap()[..32].to_string();
        Served { child, lines: Box::new(lines), address, token }
    }

    fn wish(&self, what: &str) {
        let headers = format!("x-gradus-token: {}\r\ncontent-type: application/json\r\n", self.token);
        let answer = ask(&self.address, "POST /api/watch HTTP/1.1", &headers, what);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// The line it ends with.
    fn done(mut self) -> Value {
        let done = self.lines.by_ref().find(|line| line["event"] == "done");
        assert!(self.child.wait().unwrap().success());
        done.expect("it ends")
    }
}

fn ask(address: &str, line: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{line}\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn hash(folder: &Path, args: &[&str]) -> Value {
    events(&gradus(folder, &[args, &["--json"]].concat())).pop().unwrap()["theta_hash"].clone()
}

#[test]
fn a_steered_run_is_repeated_to_the_same_weights() {
    let folder = tempfile::tempdir().unwrap();
    pets(folder.path());
    let train = [&["train", "pets"], JOB].concat();
    let served = Served::start(folder.path(), &[&train[..], &["--out", "steered"]].concat());
    served.wish(r#"{"do":"pause"}"#);
    served.wish(r#"{"do":"step"}"#);
    served.wish(r#"{"do":"rate","factor":3}"#);
    served.wish(r#"{"do":"save"}"#);
    served.wish(r#"{"do":"go"}"#);
    let steered = served.done()["theta_hash"].clone();
    let record = std::fs::read_to_string(folder.path().join("steered/steering.jsonl")).unwrap();
    assert!(record.contains(r#""do":"rate","factor":3.0"#), "{record}");
    assert_eq!(
        hash(folder.path(), &["train", "--repeat", "steered", "--out", "again", "--threads", "1"]),
        steered
    );
    assert_eq!(hash(folder.path(), &["train", "--repeat", "again", "--out", "third"]), steered);
    assert_ne!(hash(folder.path(), &["train", "steered/run.toml", "--out", "plain"]), steered);
}

#[test]
fn a_run_stopped_by_hand_is_judged_and_can_be_resumed_as_if_it_had_not_been() {
    let folder = tempfile::tempdir().unwrap();
    pets(folder.path());
    let train = [&["train", "pets"], JOB].concat();
    let whole = hash(folder.path(), &[&train[..], &["--out", "whole"]].concat());
    let served = Served::start(folder.path(), &[&train[..], &["--out", "cut"]].concat());
    served.wish(r#"{"do":"pause"}"#);
    served.wish(r#"{"do":"step"}"#);
    served.wish(r#"{"do":"stop"}"#);
    let done = served.done();
    assert_eq!(done["stopped"], "steered", "{done}");
    assert!(folder.path().join("cut/model.safetensors").exists());
    assert_eq!(hash(folder.path(), &["train", "--repeat", "cut", "--out", "cut-again"]), done["theta_hash"]);
    assert_eq!(hash(folder.path(), &["resume", "cut"]), whole);
    assert_eq!(hash(folder.path(), &["train", "--repeat", "cut", "--out", "whole-again"]), whole);
}
