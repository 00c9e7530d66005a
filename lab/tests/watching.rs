//! A training with pages open ends with the same weights as without; a page gets the whole picture, whenever it comes.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use common::{Through, host, hub, model, post, serve, train};
use gradus::train::Event;
use gradus_lab::Server;
use gradus_lab::watch::{Cursor, Ended};
use serde_json::Value;

/// A page that listens.
fn listen(server: &Server) -> impl Iterator<Item = Value> + use<> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(format!("GET /api/watch HTTP/1.1\r\n{}\r\n\r\n", host(server)).as_bytes()).unwrap();
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.filter_map(|line| line.strip_prefix("data: ").map(|json| serde_json::from_str(json).unwrap()))
}

fn done() -> Ended {
    Ended::Done { words: "ended".into(), theta_hash: "0".into() }
}

/// Pages come and go, one never reads, looks are taken: the bits are those of a training that nobody saw.
#[test]
fn pages_change_no_bit() {
    let model = model();
    let alone = train(&model, &mut |_: &Event| {});
    let hub = hub(&model);
    let server = serve(&hub);
    let (looked, over) = (AtomicBool::new(false), AtomicBool::new(false));
    let hashes: Vec<String> = std::thread::scope(|scope| {
        let mut deaf = TcpStream::connect(server.address()).unwrap();
        deaf.write_all(format!("GET /api/watch HTTP/1.1\r\n{}\r\n\r\n", host(&server)).as_bytes()).unwrap();
        scope.spawn(|| {
            for message in listen(&server) {
                looked.fetch_or(message.get("look").is_some(), Relaxed);
                if over.load(Relaxed) {
                    break;
                }
            }
        });
        // As often as it takes until a look was taken in the midst of it.
        let mut hashes = Vec::new();
        while hashes.len() < 3 || (!looked.load(Relaxed) && hashes.len() < 500) {
            hashes.push(train(&model, &mut Through(&hub)));
        }
        over.store(true, Relaxed);
        hub.end(done());
        drop(deaf);
        hashes
    });
    assert!(looked.load(Relaxed), "no look was taken");
    assert!(hashes.iter().all(|hash| *hash == alone), "{alone} {hashes:?}");
}

/// Every message adds up to what a page that comes last is told at once.
#[test]
fn a_late_page_knows_as_much_as_an_early_one() {
    let model = model();
    let hub = hub(&model);
    let mut cursor = Cursor::default();
    let mut early = Vec::new();
    struct Both<'h>(&'h gradus_lab::watch::Hub, &'h mut Cursor, &'h mut Vec<Value>);
    impl gradus::train::Watcher for Both<'_> {
        fn see(&mut self, event: &Event) {
            self.0.see(event);
            self.2.extend(self.0.news(self.1));
        }
    }
    train(&model, &mut Both(&hub, &mut cursor, &mut early));
    hub.end(done());
    early.extend(hub.news(&mut cursor));
    assert!(cursor.is_over() && hub.news(&mut cursor).is_none());
    let late = hub.news(&mut Cursor::default()).unwrap();
    let steps = 60 * 12;
    assert_eq!(late["now"]["step"], steps);
    assert_eq!(late["curve"]["columns"]["step"].as_array().unwrap().len(), steps);
    assert_eq!(late["epochs"].as_array().unwrap().len(), 60);
    let told = |name: &str, column: &str| -> Vec<Value> {
        early
            .iter()
            .flat_map(|m| m[name]["columns"][column].as_array().cloned().unwrap_or_default())
            .collect()
    };
    assert_eq!(Value::from(told("curve", "loss")), late["curve"]["columns"]["loss"]);
    assert_eq!(early.iter().filter(|m| m.get("scene").is_some()).count(), 1);
    assert_eq!(early.iter().filter(|m| m.get("end").is_some()).count(), 1);
}

/// While a training gets ready, a page is told the scene once, and the start when it comes.
#[test]
fn before_the_start_nothing_is_told_twice() {
    let model = model();
    let (hub, mut cursor) = (hub(&model), Cursor::default());
    let first = hub.news(&mut cursor).unwrap();
    assert!(first.get("scene").is_some() && first.get("start").is_none());
    assert!(hub.news(&mut cursor).is_none());
    train(&model, &mut Through(&hub));
    let second = hub.news(&mut cursor).unwrap();
    assert!(second.get("scene").is_none() && second.get("start").is_some());
    assert!(hub.news(&mut cursor).is_none());
}

/// Pause, single steps, go on: as the page asks for them.
#[test]
fn a_person_pauses_and_steps() {
    let model = model();
    let alone = train(&model, &mut |_: &Event| {});
    let hub = hub(&model);
    let server = serve(&hub);
    let step = |hub: &gradus_lab::watch::Hub| {
        hub.news(&mut Cursor::default()).unwrap()["now"]["step"].as_u64().unwrap()
    };
    assert_eq!(post(&server, "/api/watch", r#"{"do":"pause"}"#).0, 200);
    let hash = std::thread::scope(|scope| {
        let training = scope.spawn(|| train(&model, &mut Through(&hub)));
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(step(&hub), 0);
        for expected in 1..=3 {
            assert_eq!(post(&server, "/api/watch", r#"{"do":"step"}"#).0, 200);
            let until = std::time::Instant::now();
            while step(&hub) < expected && until.elapsed() < Duration::from_secs(20) {
                std::thread::sleep(Duration::from_millis(10));
            }
            std::thread::sleep(Duration::from_millis(200));
            assert_eq!(step(&hub), expected, "it waits again after one step");
        }
        assert!(!training.is_finished());
        assert_eq!(post(&server, "/api/watch", r#"{"do":"go"}"#).0, 200);
        training.join().unwrap()
    });
    assert_eq!(hash, alone);
    hub.end(done());
}
