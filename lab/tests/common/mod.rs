//! What the tests share: a small training, a page's server around it, and a client that can be rude.
#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::op::Shape;
use gradus::threads::Threads;
use gradus::train::{Batch, Between, Event, Order, Parts, Samples, Settings, Trainer, Watcher, model_hash};
use gradus_lab::drawing::Drawing;
use gradus_lab::watch::{Hub, Scene, Wall, look};
use gradus_lab::{Options, Server};

/// Pictures of 6 × 6 grey pixels: bright above or bright below.
pub struct Stripes;

impl Samples for Stripes {
    fn len(&self) -> usize {
        120
    }
    fn inputs(&self) -> usize {
        36
    }
    fn shape(&self) -> Shape {
        Shape::new(&[6, 6, 1])
    }
    fn classes(&self) -> usize {
        2
    }
    fn class(&self, index: usize) -> usize {
        index % 2
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        for (k, x) in into.iter_mut().enumerate() {
            let bright = (k < 18) == index.is_multiple_of(2);
            let noise = ((index * 31 + k * 17) % 13) as f32 / 13.0;
            *x = if bright { 0.3 } else { -0.3 } + noise - 0.5;
        }
    }
}

pub fn settings() -> Settings {
    Settings { batch: Batch::Of(8), epochs: 60, learning_rate: 0.01, seed: 3, ..Settings::default() }
}

pub fn parts() -> Parts {
    Parts { train: (0..90).collect(), validation: (90..120).collect(), test: Vec::new() }
}

pub fn model() -> Arc<Model> {
    let network = Network::parse("dense 12 relu, dropout 0.2, dense 9 sigmoid norm, dense 1 sigmoid")
        .or_else(|_| Network::parse("dense 12 relu, dropout 0.2, dense 9 norm sigmoid, dense 1 sigmoid"));
    let loss = Loss::parse("binary_cross_entropy").unwrap();
    Arc::new(Model::new(network.unwrap(), loss, [6, 6, 1], 2).unwrap())
}

pub fn hub(model: &Arc<Model>) -> Hub {
    let wall = Wall {
        part: "validation",
        of: 30,
        examples: Wall::choose(&parts().validation),
        width: 6,
        height: 6,
        channels: 1,
        bytes: vec![128; 30 * 36],
    };
    Hub::new(Scene {
        title: "stripes".into(),
        folder: "runs/stripes-1".into(),
        model: model.clone(),
        samples: Arc::new(Stripes),
        parts: parts(),
        settings: settings(),
        classes: vec!["above".into(), "below".into()],
        wall: Some(wall),
        drawing: Drawing::of(model),
    })
}

/// Hands everything to a hub.
pub struct Through<'h>(pub &'h Hub);

impl Watcher for Through<'_> {
    fn see(&mut self, event: &Event) {
        self.0.see(event);
    }
    fn between(&mut self, here: &Between) -> gradus::Result<Order> {
        Ok(self.0.between(here))
    }
}

/// Trains to the end; the hash of the weights.
pub fn train(model: &Model, watcher: &mut dyn Watcher) -> String {
    let mut trainer =
        Trainer::new(model, &Stripes, parts(), settings(), &Threads::new(2), "stripes").unwrap();
    trainer.run(None, watcher, &AtomicBool::new(false)).unwrap();
    model_hash(trainer.theta(), trainer.memory())
}

/// A server of a hub, with its looks.
pub fn serve(hub: &Hub) -> Server {
    look::start(hub).unwrap();
    Server::start(Options { watch: Some(hub.clone()), ..Options::default() }).unwrap()
}

/// Sends bytes and reads what comes until the other side closes, or for two seconds.
pub fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    // What is refused may be closed before all was sent.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status and the whole answer of a request with these header lines.
pub fn ask(server: &Server, line: &str, headers: &[&str], body: &str) -> (u16, String) {
    let headers: String = headers.iter().map(|h| format!("{h}\r\n")).collect();
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let request = format!("{line} HTTP/1.1\r\nconnection: close\r\n{headers}{length}\r\n{body}");
    let answer = raw(server.address(), request.as_bytes());
    let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    (status, answer)
}

pub fn host(server: &Server) -> String {
    format!("host: {}", server.address())
}

/// A POST as the page sends it.
pub fn post(server: &Server, path: &str, body: &str) -> (u16, String) {
    let token = format!("x-gradus-token: {}", server.token());
    ask(server, &format!("POST {path}"), &[&host(server), &token, "content-type: application/json"], body)
}
