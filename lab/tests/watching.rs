//! A training with pages open ends with the same weights as without; a page gets the whole picture, whenever it comes.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use base64::Engine;
use common::{Through, host, hub, model, post, serve, train};
use gradus::train::{EpochRecord, Event};
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

/// The numbers of a packed text.
fn unpack(text: &Value) -> Vec<f32> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap();
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

/// Of a small network every weight and result is told: the inputs are the examples', the first layer's results follow from
/// inputs, weights and biases by plain loops, and the last layer's are the answers on the wall.
#[test]
fn a_look_tells_every_weight_and_neuron() {
    let model = model();
    let hub = hub(&model);
    let server = serve(&hub);
    let over = AtomicBool::new(false);
    let (scene, look) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Relaxed) {
                train(&model, &mut Through(&hub));
            }
        });
        let mut scene = Value::Null;
        let found = listen(&server).find_map(|mut message| {
            if let Some(new) = message.get_mut("scene") {
                scene = new.take();
            }
            message.get_mut("look").map(Value::take)
        });
        over.store(true, Relaxed);
        (scene, found.unwrap())
    });
    hub.end(done());
    let columns = scene["drawing"]["columns"].as_array().unwrap();
    let shown: Vec<usize> = serde_json::from_value(scene["drawing"]["shown"].clone()).unwrap();
    let units: Vec<u64> = columns.iter().map(|c| c["units"].as_u64().unwrap()).collect();
    assert_eq!((units, shown.len()), (vec![36, 12, 9, 1], 8));
    let neurons = &look["neurons"];
    let weights = unpack(&neurons["weights"]);
    assert_eq!(weights.len(), 36 * 12 + 12 + 12 * 9 + 9 + 1);
    let results: Vec<Vec<f32>> = neurons["results"].as_array().unwrap().iter().map(unpack).collect();
    let wall = hub.scene().wall.as_ref().unwrap();
    let at = |column: usize, what: &str| columns[column][what].as_u64().unwrap() as usize;
    let mut greatest = 0.0f32;
    for (example, place) in shown.iter().enumerate() {
        let mut x = [0.0; 36];
        hub.scene().samples.read(wall.examples[*place] as usize, &mut x);
        assert_eq!(results[0][36 * example..][..36], x);
        for unit in 0..12 {
            let sum: f32 = (0..36).map(|i| x[i] * weights[at(1, "weights") + 12 * i + unit]).sum();
            let by_hand = (sum + weights[at(1, "bias") + unit]).max(0.0);
            let told = results[1][12 * example + unit];
            assert!((by_hand - told).abs() < 1e-5, "example {example}, unit {unit}: {by_hand} {told}");
            greatest = greatest.max(told);
        }
        let p = results[3][example];
        let (class, sure) = (&look["answers"]["classes"][place], &look["answers"]["sure"][place]);
        assert_eq!(class, u64::from(p > 0.5));
        let off = sure.as_f64().unwrap() - 1000.0 * f64::from(p.max(1.0 - p));
        assert!(off.abs() < 0.6, "{sure} {p}");
    }
    assert!(greatest > 0.1, "something is said");
}

/// What goes wrong is told with the epoch since when, and a page that comes late is told too.
#[test]
fn pages_are_told_what_goes_wrong() {
    let model = model();
    let hub = hub(&model);
    let epoch = |epoch: u64, validation: f64| EpochRecord {
        epoch,
        step: epoch,
        train_loss: 1.0 / epoch as f64,
        validation_loss: Some(validation),
        validation_accuracy: Some(0.5),
        learning_rate: 0.1,
        seconds: 1.0,
        passes: 1,
        diversity: None,
        examples_per_second: 1.0,
        best: false,
        units: None,
        theta_hash: String::new(),
    };
    let mut early = Cursor::default();
    for k in 1..=12 {
        hub.see(&Event::Epoch(epoch(k, 0.5 + 0.1 * (k as f64 - 3.0).abs())));
        let news = hub.news(&mut early).unwrap();
        assert_eq!(news["notices"].as_array().unwrap().len(), usize::from(k >= 11), "epoch {k}: {news}");
    }
    for mut cursor in [Cursor::default(), early] {
        hub.see(&Event::Epoch(epoch(13, 2.0)));
        let notice = &hub.news(&mut cursor).unwrap()["notices"][0];
        assert_eq!((&notice["kind"], &notice["since"]), (&"overfitting".into(), &3.into()));
        assert_eq!(notice["words"]["facts"]["validation_now"], "2.0000");
    }
    let resumed = common::hub(&model);
    resumed.history(&(1..=12).map(|k| epoch(k, 0.5 + 0.1 * (k as f64 - 3.0).abs())).collect::<Vec<_>>());
    assert_eq!(resumed.news(&mut Cursor::default()).unwrap()["notices"][0]["since"], 3);
}

/// The pictures' bytes are asked for by themselves; what comes first is short.
#[test]
fn the_walls_pictures_come_by_themselves() {
    let model = model();
    let hub = hub(&model);
    let server =
        Server::start(gradus_lab::Options { watch: Some(hub.clone()), ..Default::default() }).unwrap();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream
        .write_all(
            format!("GET /api/watch/wall HTTP/1.1\r\n{}\r\nconnection: close\r\n\r\n", host(&server))
                .as_bytes(),
        )
        .unwrap();
    let mut answer = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut answer).unwrap();
    let wall = hub.scene().wall.as_ref().unwrap();
    assert!(answer.ends_with(&wall.bytes) && answer.starts_with(b"HTTP/1.1 200"));
    let first = hub.news(&mut Cursor::default()).unwrap();
    assert_eq!(first["scene"]["wall"]["count"], 30);
    assert!(first["scene"]["wall"].get("bytes").is_none());
}
