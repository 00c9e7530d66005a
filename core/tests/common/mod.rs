//! What several test files share: tensors in `f64`, fixtures, small data; in files of their own, running one op through a
//! plan and more.
#![allow(dead_code, reason = "no test file uses all of it")]

pub mod golden;
mod ops;
pub mod pictures;
pub mod valleys;

#[allow(unused_imports, reason = "no test file uses all of it")]
pub use ops::*;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use gradus::Error;
use gradus::graph::Graph;
use gradus::input::Input;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::optimizer::Setup;
use gradus::optimizers::{Choice, Dialect, Entry, Family, OPTIMIZERS};
use gradus::plan::Plan;
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;
use gradus::train::{Batch, Event, Outcome, Parts, Samples, Settings, Trainer};
use gradus::wrappers::WRAPPERS;

/// A tensor of a reference: its lengths and its numbers, row-major.
#[derive(Clone, Debug)]
pub struct Tensor {
    pub dims: Vec<usize>,
    pub numbers: Vec<f64>,
}

impl Tensor {
    pub fn new(dims: &[usize], numbers: Vec<f64>) -> Tensor {
        assert_eq!(dims.iter().product::<usize>(), numbers.len());
        Tensor { dims: dims.to_vec(), numbers }
    }

    /// Numbers between −1 and 1 that are the same in `f32`.
    pub fn random(dims: &[usize], seed: u64) -> Tensor {
        Tensor::new(dims, random(dims.iter().product(), seed))
    }

    pub fn f32s(&self) -> Vec<f32> {
        self.numbers.iter().map(|x| *x as f32).collect()
    }

    /// This plus `h` times `direction`.
    pub fn moved(&self, direction: &[f64], h: f64) -> Tensor {
        let numbers = self.numbers.iter().zip(direction).map(|(x, d)| x + h * d).collect();
        Tensor { dims: self.dims.clone(), numbers }
    }
}

/// Numbers between −1 and 1 on a grid of 2⁻²³: exact in `f32`.
pub fn random(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed, Stream::Probe, 77);
    (0..n).map(|_| 2.0 * rng.uniform() as f64 - 1.0).collect()
}

/// What two runs must have in common to be the same.
pub fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub fn greatest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |a, x| a.max(x.abs()))
}

/// Every number within `tolerance` of what it should be.
pub fn assert_close(got: &[f64], want: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}: how many numbers");
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let near = (got - want).abs() <= tolerance;
        assert!(near, "{what}: number {i} is {got}, should be {want} within {tolerance:e}");
    }
}

/// Two slopes along one direction, one by the written backward, one by central differences, agree to 10⁻⁷.
pub fn assert_same_slope(written: f64, differences: f64, what: &str) {
    let size = written.abs().max(differences.abs()).max(1e-2);
    let error = (written - differences).abs() / size;
    assert!(
        error <= 1e-7,
        "{what}: backward says {written}, differences say {differences}, apart by {error:e}"
    );
}

pub fn to_f64(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|x| *x as f64).collect()
}

/// What another program computed: `tests/fixtures/NAME.json`.
pub fn fixture(name: &str) -> serde_json::Value {
    let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All numbers of a list, or of a list of lists.
pub fn floats(value: &serde_json::Value) -> Vec<f64> {
    match value {
        serde_json::Value::Array(items) => items.iter().flat_map(floats).collect(),
        number => vec![number.as_f64().unwrap_or_else(|| panic!("{number} is not a number"))],
    }
}

pub fn cases(file: &serde_json::Value) -> &[serde_json::Value] {
    file["cases"].as_array().unwrap()
}

/// The word an error points at, and where its caret stands in the text people read.
pub fn pointed_at(error: &Error) -> String {
    let Error::Line { line, at, .. } = error else { panic!("{error:?} points at no line") };
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[1], format!("  {line}"), "the line is shown");
    let caret = lines[2].find('^').expect("a caret");
    assert_eq!(caret, 2 + line[..at.start].chars().count(), "the caret of\n{text}");
    let width = lines[2].chars().filter(|c| *c == '^').count();
    assert_eq!(width, line[at.clone()].chars().count().max(1), "the width of the caret of\n{text}");
    line[at.clone()].to_string()
}

/// Points in as many clouds as there are classes; anyone can learn them, nobody perfectly.
pub struct Clouds {
    pub examples: usize,
    pub inputs: usize,
    pub classes: usize,
}

impl Samples for Clouds {
    fn len(&self) -> usize {
        self.examples
    }
    fn inputs(&self) -> usize {
        self.inputs
    }
    fn classes(&self) -> usize {
        self.classes
    }
    fn class(&self, index: usize) -> usize {
        index * 7 % self.classes
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        let mut rng = Rng::new(11, Stream::Probe, index as u64);
        let class = self.class(index);
        for (i, x) in into.iter_mut().enumerate() {
            *x = rng.normal() + if i % self.classes == class { 1.0 } else { 0.0 };
        }
    }
}

impl Clouds {
    /// The first `train` to train with, a quarter as many to validate with, the rest to test.
    pub fn parts(&self, train: usize) -> Parts {
        let all: Vec<u32> = (0..self.examples as u32).collect();
        let (head, tail) = all.split_at(train);
        let (middle, tail) = tail.split_at((train / 4).min(tail.len()));
        Parts { train: head.to_vec(), validation: middle.to_vec(), test: tail.to_vec() }
    }
}

pub fn model(network: &str, loss: &str, inputs: impl Into<Input>, classes: usize) -> Model {
    Model::new(Network::parse(network).unwrap(), Loss::parse(loss).unwrap(), inputs, classes).unwrap()
}

/// Every optimizer in every dialect, and those settings that make another loop of it. Populations are small.
pub fn optimizer_lines() -> Vec<String> {
    let dialects = OPTIMIZERS.iter().flat_map(|e| e.dialects.iter().map(move |d| (e, d)));
    let line = |(e, d): (&Entry, &Dialect)| {
        let small = if e.family == Family::Evolution { " population=4" } else { "" };
        format!("{}@{}{small}", e.name, d.name)
    };
    dialects.map(line).chain(OTHER_LOOPS.iter().map(|line| line.to_string())).collect()
}

/// Every wrapper around Adam, and some around one another.
pub fn wrapper_lines() -> Vec<String> {
    let each = WRAPPERS.iter().map(|w| format!("{} over adam", w.name));
    let nested = ["ema over lookahead steps=2 over sam over momentum", "swa over schedule_free"];
    each.chain(nested.map(String::from)).collect()
}

/// Those that ask for gradients: all but evolution, which `every_evolution` is about.
pub fn gradient_lines() -> Vec<String> {
    let asks = |line: &String| !Choice::parse(line).unwrap().judges_populations();
    optimizer_lines().into_iter().filter(asks).collect()
}

const OTHER_LOOPS: [&str; 12] = [
    "rmsprop momentum=0.5",
    "rmsprop momentum=0.5 centered=yes",
    "genetic population=9 elites=0 selection=stochastic_universal crossover=sbx mutation=self_adaptive rate=1",
    "genetic population=7 replacement=steady_state children=3 selection=rank crossover=blend mutation=polynomial",
    "genetic population=9 elites=3 selection=roulette crossover=two_point reevaluate=no restarts=9 patience=2",
    "particle_swarm population=5 reevaluate=no spread=box",
    // With a step size that is too small at once, they restart every few steps.
    "cma_es population=4 restarts=bipop max_restarts=9 tolx=1",
    "sep_cma_es population=4 restarts=ipop max_restarts=9 tolx=1 active=no",
    "openai_es population=6 over adam",
    "openai_es population=6 shaping=losses over momentum",
    "pgpe population=6 over adam",
    "pgpe population=5 shaping=losses over sgd",
];

/// A model that the optimizer takes: of that network, or, where that is too large for it, of its last layer alone over 8
/// inputs.
pub fn model_for(optimizer: &str, network: &str, loss: &str, inputs: usize, classes: usize) -> Model {
    let (whole, threads) = (model(network, loss, inputs, classes), Threads::new(1));
    let taken = Choice::parse(optimizer).unwrap().check(&Setup::new(whole.layout(), &threads)).is_ok();
    if taken { whole } else { model(network.rsplit(", ").next().unwrap(), loss, 8, classes) }
}

/// What small trainings train on.
pub const DATA: Clouds = Clouds { examples: 70, inputs: 6, classes: 3 };

/// A small network with dropout.
pub fn net() -> Model {
    model("dense 9 relu, dropout 0.3, dense 3 softmax", "softmax_cross_entropy", 6, 3)
}

/// A network that takes the same data as pictures of 3 × 2 pixels, with every layer there is for such.
pub fn picture_net() -> Model {
    let line = "upsample 2, conv 4 2x3 relu, pool 2 stride=1, residual(conv 6 3x3 gelu stride=2 groups=2, dropout 0.3, \
                conv 6 1x1) silu, residual(conv 6 3x3 groups=depthwise dilation=2) relu, average_pool 2 pad=same stride=1, \
                flatten, residual(dense 9 relu, dropout 0.2, dense 7), dense 3 softmax";
    model(line, "softmax_cross_entropy", [3, 2, 1], 3)
}

/// 45 examples to train on: three steps an epoch, the last one short.
pub fn settings() -> Settings {
    Settings { batch: Batch::Of(20), epochs: 4, learning_rate: 0.02, seed: 8, ..Settings::default() }
}

/// A training on [`DATA`], ready for its first step.
pub fn trainer<'a>(model: &'a Model, settings: &Settings, threads: &Threads) -> Trainer<'a> {
    Trainer::new(model, &DATA, DATA.parts(45), settings.clone(), threads, "clouds").unwrap()
}

/// Trains to the end, watched by nobody.
pub fn run(trainer: &mut Trainer, folder: Option<&Path>) -> gradus::Result<Outcome> {
    trainer.run(folder, &mut |_: &Event| {}, &AtomicBool::new(false))
}

/// scikit-learn's digits: pictures of 64 numbers from −½ to ½, and which digit each shows.
pub fn digits(part: &str) -> (Vec<f32>, Vec<f32>) {
    let file = fixture("digits");
    let rows = file[part].as_array().unwrap();
    let level = |letter: u8| (letter - b'a') as f32 / 16.0 - 0.5;
    let picture = |row: &serde_json::Value| row[1].as_str().unwrap().bytes().map(level).collect::<Vec<_>>();
    (
        rows.iter().flat_map(picture).collect(),
        rows.iter().map(|row| row[0].as_u64().unwrap() as f32).collect(),
    )
}

/// The share of pictures whose digit is found.
pub fn accuracy(model: &Model, theta: &[f32], part: &str, threads: &Threads) -> f64 {
    let (pictures, answers) = digits(part);
    let mut graph = Graph::new();
    let x = graph.data("input", &[answers.len(), 64]);
    let z = model.network.build(&mut graph, x, true).unwrap();
    let mut plan = Plan::forward_only(graph, &[z], threads).unwrap();
    plan.data("input").copy_from_slice(&pictures);
    plan.forward(theta);
    let greatest = |z: &[f32]| (0..10).max_by(|a, b| z[*a].total_cmp(&z[*b])).unwrap() as f32;
    let right = plan.value(z).chunks(10).zip(&answers).filter(|(z, answer)| greatest(z) == **answer).count();
    right as f64 / answers.len() as f64
}
