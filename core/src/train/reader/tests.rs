//! What is read is a function of (seed, epoch, order), and mixtures are what their formula says.

use super::*;
use crate::losses::Loss;
use crate::network::{Model, Network};
use crate::op::Shape;
use crate::optimizer::Objective;
use crate::train::settings::Batch;

const DIMS: [usize; 3] = [3, 4, 2];

/// Pictures of three classes; every fourth counts nothing.
struct Few;

impl Samples for Few {
    fn len(&self) -> usize {
        30
    }
    fn inputs(&self) -> usize {
        DIMS.iter().product()
    }
    fn shape(&self) -> Shape {
        Shape::new(&DIMS)
    }
    fn classes(&self) -> usize {
        3
    }
    fn class(&self, index: usize) -> usize {
        index % 7 % 3
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        let mut rng = Rng::new(3, Stream::Probe, index as u64);
        into.fill_with(|| rng.normal());
    }
    fn weight(&self, index: usize) -> f32 {
        (index % 4) as f32
    }
}

fn settings(mixup: f64) -> Settings {
    let augment = "flip, shift 1, rotate 30, colour 0.3, cutout 2".into();
    Settings {
        augment,
        mixup,
        class_weights: ClassWeights::Balanced,
        batch: Batch::Of(30),
        ..Settings::default()
    }
}

fn model(network: &str, loss: &str) -> Model {
    Model::new(Network::parse(network).unwrap(), Loss::parse(loss).unwrap(), 24, 3).unwrap()
}

fn order() -> Vec<u32> {
    let mut order: Vec<u32> = (0..30).collect();
    Rng::new(1, Stream::Shuffle, 0).shuffle(&mut order);
    order
}

/// What a plan of `count` examples holds, example by example: inputs, targets, weight.
fn held(reader: &Reader, order: &[u32], count: usize, threads: &Threads) -> Vec<Vec<f32>> {
    let mut desk = reader.desk(count, threads, false);
    let mut all = Vec::new();
    for from in (0..order.len()).step_by(count) {
        let to = order.len().min(from + count);
        let mut plan =
            model("dense 3 softmax", "softmax_cross_entropy").mixing_plan(to - from, threads).unwrap();
        reader.fill(Examples { order, from, to, seed: 9, epoch: 2 }, &mut plan, &mut desk, threads);
        for i in 0..to - from {
            let mut example = plan.data("input")[i * 24..(i + 1) * 24].to_vec();
            example.extend(&plan.data("target")[i * 3..(i + 1) * 3]);
            example.push(plan.data("weight")[i]);
            all.push(example);
        }
    }
    all
}

#[test]
fn an_example_is_the_same_however_an_epoch_is_cut() {
    for mixup in [0.0, 0.7] {
        let reader = Reader::new(&Few, &order(), &settings(mixup)).unwrap();
        let whole = held(&reader, &order(), 30, &Threads::new(1));
        for (count, threads) in [(1, 1), (4, 2), (7, 1), (29, 3)] {
            let cut = held(&reader, &order(), count, &Threads::new(threads));
            assert!(cut == whole, "mixup {mixup}, parts of {count}");
        }
    }
}

#[test]
fn an_example_is_mixed_with_the_next_of_the_order() {
    let (order, threads) = (order(), Threads::new(1));
    let plain = held(&Reader::new(&Few, &order, &settings(0.0)).unwrap(), &order, 30, &threads);
    let mixed = held(&Reader::new(&Few, &order, &settings(0.7)).unwrap(), &order, 30, &threads);
    for i in 0..30 {
        let share = lambda(0.7, 9, 2, order[i]);
        let (one, other) = (&plain[i], &plain[(i + 1) % 30]);
        for k in (0..24).chain([27]) {
            let want = share * one[k] + (1.0 - share) * other[k];
            assert!((mixed[i][k] - want).abs() < 1e-6, "example {i}, number {k}");
        }
    }
}

/// A network that passes on three of the numbers it is given, and one loss for both classes of each mixture.
#[test]
fn the_loss_of_a_mixture_is_the_mixture_of_the_losses() {
    for (end, loss) in [
        ("softmax", "softmax_cross_entropy smoothing=0.1"),
        ("softmax", "softmax_cross_entropy"),
        ("sigmoid", "binary_cross_entropy smoothing=0.2"),
    ] {
        let model = model(&format!("dense 3 {end}"), loss);
        let (order, threads) = (order(), Threads::new(1));
        let reader = Reader::new(&Few, &order, &settings(0.7)).unwrap();
        let examples = Examples { order: &order, from: 0, to: 30, seed: 9, epoch: 2 };
        let mut mixed = model.mixing_plan(30, &threads).unwrap();
        reader.fill(examples, &mut mixed, &mut reader.desk(30, &threads, false), &threads);
        let theta = model.layout().start(1);
        let got = mixed.loss(&theta);
        // The loss of each example alone, for its own class and for the other.
        let (mut sum, mut weights) = (0.0, 0.0);
        let mut one = model.training_plan(1, &threads).unwrap();
        for i in 0..30 {
            one.data("input").copy_from_slice(&mixed.data("input")[i * 24..(i + 1) * 24]);
            one.data("weight").fill(1.0);
            let share = lambda(0.7, 9, 2, examples.index(i));
            for (index, share) in [(examples.index(i), share), (examples.index(i + 1), 1.0 - share)] {
                model.write_target(Few.class(index as usize), one.data("target"));
                let weight = (share * reader.own_weight(index)) as f64;
                sum += weight * one.loss(&theta) as f64;
                weights += weight;
            }
        }
        assert!((got as f64 - sum / weights).abs() < 2e-6, "{loss}: {got}, not {}", sum / weights);
    }
}
