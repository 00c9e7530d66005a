//! What a page costs a training: `cargo run --release -p gradus-lab --example page_cost`.
//!
//! The same steps are trained alone, with a hub that nobody watches, and with a page that listens; in turns, in one
//! process, on one thread. Compared is the time on the core of the trainer's thread (Linux), by medians, as other work on the
//! machine disturbs that least; and what the server and the looks took beside it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::op::Shape;
use gradus::threads::Threads;
use gradus::train::{Between, Event, Order, Parts, Samples, Settings, Trainer, Watcher, model_hash};
use gradus_lab::watch::{Hub, Scene, Wall, look};
use gradus_lab::{Options, Server};

/// Noise in the shape of the built-in pictures.
struct Noise;

const ROUNDS: usize = 9;
const STEPS: u64 = 1500;

impl Samples for Noise {
    fn len(&self) -> usize {
        2500
    }
    fn inputs(&self) -> usize {
        24 * 24 * 3
    }
    fn shape(&self) -> Shape {
        Shape::new(&[24, 24, 3])
    }
    fn classes(&self) -> usize {
        2
    }
    fn class(&self, index: usize) -> usize {
        index % 2
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        for (k, x) in into.iter_mut().enumerate() {
            *x = ((index * 7919 + k * 104_729) % 1009) as f32 / 504.5 - 1.0 + 0.1 * (index % 2) as f32;
        }
    }
}

struct Through<'h>(&'h Hub);

impl Watcher for Through<'_> {
    fn see(&mut self, event: &Event) {
        self.0.see(event);
    }
    fn between(&mut self, here: &Between) -> gradus::Result<Order> {
        Ok(self.0.between(here))
    }
}

/// Seconds this thread was on a core, and all threads of the process were.
fn busy() -> (f64, f64) {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let own = read("/proc/thread-self/schedstat").split(' ').next().and_then(|n| n.parse::<f64>().ok());
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().filter_map(|entry| {
        let text = std::fs::read_to_string(entry.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    (own.unwrap_or(0.0) * 1e-9, threads.sum::<f64>() * 1e-9)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = Network::parse("dropout 0.5, dense 256 relu, dropout 0.5, dense 1 sigmoid")?;
    let model = Arc::new(Model::new(network, Loss::parse("binary_cross_entropy")?, [24, 24, 3], 2)?);
    let settings = Settings { steps: Some(STEPS), epochs: Settings::ENDLESS, ..Settings::default() };
    let parts = Parts { train: (0..2100).collect(), validation: (2100..2500).collect(), test: Vec::new() };
    let train = |watcher: &mut dyn Watcher| -> Result<(f64, f64, f64, String), gradus::Error> {
        let mut trainer =
            Trainer::new(&model, &Noise, parts.clone(), settings.clone(), &Threads::new(1), "")?;
        let ((own, all), began) = (busy(), Instant::now());
        trainer.run(None, watcher, &AtomicBool::new(false))?;
        let (own_after, all_after) = busy();
        let hash = model_hash(trainer.theta(), trainer.memory());
        Ok((own_after - own, all_after - all, began.elapsed().as_secs_f64(), hash))
    };
    let hub = || {
        Hub::new(Scene {
            title: "noise".into(),
            folder: String::new(),
            model: model.clone(),
            samples: Arc::new(Noise),
            parts: parts.clone(),
            settings: settings.clone(),
            classes: vec!["a".into(), "b".into()],
            wall: Some(Wall {
                part: "validation",
                of: 400,
                examples: Wall::choose(&parts.validation),
                width: 24,
                height: 24,
                channels: 3,
                bytes: vec![0; 400 * 24 * 24 * 3],
            }),
            drawing: None,
        })
    };
    let (mut alone, mut watched, mut open, mut beside) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let (own, _, _, hash) = train(&mut |_: &Event| {})?;
        alone.push(own);
        let quiet = hub();
        look::start(&quiet)?;
        watched.push(train(&mut Through(&quiet))?.0);
        quiet.close();
        let loud = hub();
        look::start(&loud)?;
        let server = Server::start(Options { watch: Some(loud.clone()), ..Options::default() })?;
        let over = AtomicBool::new(false);
        let (own, all, wall, same) = std::thread::scope(|scope| {
            scope.spawn(|| listen(&server, &over));
            let result = train(&mut Through(&loud));
            over.store(true, Relaxed);
            result
        })?;
        assert_eq!(hash, same, "a page changes no bit");
        open.push(own);
        beside.push((all - own) / wall);
        loud.close();
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let (base, quiet, loud) = (median(&mut alone), median(&mut watched), median(&mut open));
    let micro = |seconds: f64| 1e6 * seconds / STEPS as f64;
    let more = |seconds: f64| 100.0 * (seconds / base - 1.0);
    println!("alone            {:8.2} µs a step on the core", micro(base));
    println!("nobody watches   {:8.2} µs  {:+.2} %", micro(quiet), more(quiet));
    println!("a page is open   {:8.2} µs  {:+.2} %", micro(loud), more(loud));
    println!("server, looks and the listener beside it: {:.2} % of a core", 100.0 * median(&mut beside));
    Ok(())
}

/// A page that takes whatever comes.
fn listen(server: &Server, over: &AtomicBool) {
    let Ok(mut stream) = TcpStream::connect(server.address()) else { return };
    let _ = stream.set_read_timeout(Some(std::time::Duration::from_millis(200)));
    let _ = write!(stream, "GET /api/watch HTTP/1.1\r\nhost: {}\r\n\r\n", server.address());
    let mut room = vec![0; 1 << 16];
    while !over.load(Relaxed) {
        let _ = stream.read(&mut room);
    }
}
