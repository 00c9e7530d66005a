//! The workloads of `bench/workloads.txt` for peers in Rust: sizes, the weights and batches of gradus-bench, and its clock.

use std::env;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

/// Steps whose losses are compared.
const FIRST: usize = 20;

/// A row of the table.
pub struct Workload {
    pub name: String,
    pub trains: bool,
    pub evolves: bool,
    /// `[numbers]` or `[height, width, channels]`.
    pub inputs: Vec<usize>,
    pub layers: Vec<Layer>,
    pub loss: String,
    pub batch: usize,
    pub optimizer: String,
    pub rate: f64,
    pub pool: usize,
    pub warmup: usize,
}

/// `conv 32 3x3 norm relu`, `dense 10`, `pool 2`, `global_average_pool`: all that the table uses.
pub struct Layer {
    pub kind: String,
    pub size: usize,
    pub norm: bool,
    /// `relu` or `sigmoid`; that of a cross-entropy belongs to the loss.
    pub function: Option<String>,
}

/// Weights by layer, and all batches: inputs, and targets as they stand in the export.
pub struct Start {
    pub weights: Vec<(String, Vec<usize>, Vec<f32>)>,
    pub inputs: Vec<f32>,
    pub targets: Vec<f32>,
}

/// What the command line asks for: `WORKLOAD… --threads N --reps N --seconds S --variant NAME`.
pub struct Given {
    pub workloads: Vec<Workload>,
    pub threads: usize,
    /// One of several forms of a peer; `plain` if none is named.
    pub variant: String,
    reps: usize,
    seconds: f64,
}

impl Layer {
    fn parse(line: &str) -> Layer {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let kind = words.remove(0).to_string();
        let norm = words.contains(&"norm");
        words.retain(|w| *w != "norm" && !w.contains('x'));
        let size = if kind == "global_average_pool" { 0 } else { words.remove(0).parse().unwrap() };
        Layer { kind, size, norm, function: words.first().map(|w| w.to_string()).filter(|w| w != "softmax") }
    }
}

/// All rows of the table.
pub fn workloads() -> Vec<Workload> {
    let rows = include_str!("../../../../workloads.txt")
        .lines()
        .filter(|l| !l.trim().is_empty() && !l.starts_with('#'));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let mut layers: Vec<Layer> = cells[4].split(',').map(Layer::parse).collect();
        if cells[5].ends_with("cross_entropy") {
            layers.last_mut().unwrap().function = None;
        }
        Workload {
            name: cells[0].into(),
            trains: cells[1] == "train",
            evolves: cells[1] == "evolve",
            inputs: cells[2].split('x').map(|n| n.parse().unwrap()).collect(),
            layers,
            loss: cells[5].into(),
            batch: cells[6].parse().unwrap(),
            optimizer: cells[7].into(),
            rate: cells[8].parse().unwrap(),
            pool: cells[9].parse().unwrap(),
            warmup: cells[10].parse().unwrap(),
        }
    })
    .collect()
}

impl Start {
    /// What `gradus-bench --export` writes; the program's path is in GRADUS_BENCH.
    pub fn new(w: &Workload) -> Start {
        let program = env::var("GRADUS_BENCH").expect("GRADUS_BENCH names the program gradus-bench");
        let mut child =
            Command::new(program).args(["--export", &w.name]).stdout(Stdio::piped()).spawn().unwrap();
        let mut bytes = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut bytes).unwrap();
        assert!(child.wait().unwrap().success());
        let head = bytes.iter().position(|b| *b == b'\n').unwrap();
        let told: Value = serde_json::from_slice(&bytes[..head]).unwrap();
        let mut numbers =
            bytes[head + 1..].chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
        let mut take = |n: usize| -> Vec<f32> { numbers.by_ref().take(n).collect() };
        let count = |v: &Value| v.as_u64().unwrap() as usize;
        let parts = told["parts"].as_array().unwrap().iter().map(|part| {
            let dims: Vec<usize> = part[1].as_array().unwrap().iter().map(count).collect();
            (part[0].as_str().unwrap().to_string(), dims)
        });
        let weights = parts.map(|(name, dims)| (name, dims.clone(), take(dims.iter().product()))).collect();
        Start { weights, inputs: take(count(&told["counts"][1])), targets: take(count(&told["counts"][2])) }
    }

    /// A weight of the layer at that place of the line, from 1, by its last name.
    pub fn of(&self, number: usize, layer: &Layer, name: &str) -> Option<(&[usize], &[f32])> {
        let full = format!("{number}.{}.{name}", layer.kind);
        self.weights.iter().find(|w| w.0 == full).map(|w| (&w.1[..], &w.2[..]))
    }

    /// Inputs of a batch, pictures in the order of channels first.
    pub fn batch(&self, w: &Workload, number: usize) -> Vec<f32> {
        let all =
            &self.inputs[number * self.inputs.len() / w.pool..(number + 1) * self.inputs.len() / w.pool];
        let [height, width, channels] = w.inputs[..] else { return all.to_vec() };
        let pixels = height * width;
        let picture = |p: &[f32]| -> Vec<f32> {
            (0..channels * pixels).map(|i| p[i % pixels * channels + i / pixels]).collect()
        };
        all.chunks_exact(pixels * channels).flat_map(picture).collect()
    }

    /// Targets of a batch.
    pub fn target(&self, w: &Workload, number: usize) -> &[f32] {
        &self.targets[number * self.targets.len() / w.pool..(number + 1) * self.targets.len() / w.pool]
    }
}

/// A dense layer's weights behind pictures, their rows in the order of channels first.
pub fn rows_of_pictures(weights: &[f32], shape: [usize; 3]) -> Vec<f32> {
    let [height, width, channels] = shape;
    let (pixels, outputs) = (height * width, weights.len() / shape.iter().product::<usize>());
    let row = |i: usize| (i % pixels * channels + i / pixels) * outputs;
    (0..channels * pixels).flat_map(|i| weights[row(i)..row(i) + outputs].iter().copied()).collect()
}

impl Given {
    pub fn new() -> Given {
        let mut given =
            Given { workloads: Vec::new(), threads: 1, variant: "plain".into(), reps: 9, seconds: 0.15 };
        let mut words = env::args().skip(1);
        let mut known = workloads();
        while let Some(word) = words.next() {
            let mut value = || words.next().expect("an option has a value");
            match word.as_str() {
                "--threads" => given.threads = value().parse().unwrap(),
                "--variant" => given.variant = value(),
                "--reps" => given.reps = value().parse().unwrap(),
                "--seconds" => given.seconds = value().parse().unwrap(),
                name => {
                    let at = known.iter().position(|w| w.name == name).expect("a workload of the table");
                    given.workloads.push(known.remove(at));
                }
            }
        }
        given
    }

    /// Prints a line of JSON. `make` gives a step from the start, which returns its loss.
    pub fn measure<S: FnMut() -> f64>(&self, w: &Workload, peer: &str, version: &str, make: impl Fn() -> S) {
        let mut early = make();
        let first: Vec<f64> = (0..FIRST).map(|_| early()).collect();
        drop(early);
        let mut step = make();
        let mut timed = |n: usize| {
            let (core, start) = (core_seconds(), Instant::now());
            let loss = (0..n).map(|_| step()).last().unwrap();
            (start.elapsed().as_secs_f64() / n as f64, (core_seconds() - core) / n as f64, loss)
        };
        let before = timed(1).2;
        let once = timed(1).0;
        let rough = timed((w.warmup.min((1.0 / once) as usize)).max(1)).0;
        let steps = ((self.seconds / rough).ceil() as usize).max(1);
        let all: Vec<_> = (0..self.reps).map(|_| timed(steps)).collect();
        let sorted = |of: fn(&(f64, f64, f64)) -> f64| {
            let mut found: Vec<f64> = all.iter().map(of).collect();
            found.sort_by(f64::total_cmp);
            found
        };
        let (times, core) = (sorted(|t| t.0), sorted(|t| t.1));
        println!(
            "{}",
            json!({"peer": peer, "version": version, "workload": w.name, "threads": self.threads,
                   "median_s": times[times.len() / 2], "min_s": times[0], "max_s": times[times.len() - 1],
                   "core_s": core[core.len() / 2], "peak_bytes": peak_bytes(), "loss_before": before, "loss_after": all[all.len() - 1].2, "first": first})
        );
    }
}

/// The version of a package, as `Cargo.lock` has it.
pub fn version(package: &str) -> String {
    let lock = include_str!("../../Cargo.lock");
    let told = lock.split("[[package]]").find(|p| p.contains(&format!("\nname = \"{package}\"\n")));
    told.and_then(|p| p.split('"').nth(3)).unwrap_or("unknown").to_string()
}

/// The most memory the program ever held.
fn peak_bytes() -> i64 {
    // SAFETY: zeroes are a usage, and a place for the answer.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the same.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    usage.ru_maxrss << 10
}

/// Seconds that all threads together had a core.
pub fn core_seconds() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: t is a place for the answer.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9
}
