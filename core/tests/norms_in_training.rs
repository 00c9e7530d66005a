//! Networks with batch norm: what is remembered is renewed once a step and by nothing else, is kept and resumed to the
//! bit, and belongs to the weights it is used with.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::common::{DATA, assert_close, model, settings, to_f64, trainer};
use gradus::Error;
use gradus::gradients::{ByHand, Check, Way, check};
use gradus::network::Model;
use gradus::op::Moment;
use gradus::optimizer::Objective;
use gradus::plan::Plan;
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;
use gradus::train::{
    Batch, Evaluator, Event, ModelFile, Samples, Settings, Stopped, Sweep, Trainer, find_rate, model_hash,
};

/// Norms that fold into what is before them, and one that cannot (it comes first).
const LINE: &str = "batch_norm, dense 9 norm relu, dropout 0.3, dense 8, batch_norm, layer_norm, dense 6 tanh, \
                    group_norm 2, dense 3 softmax";

fn net() -> Model {
    model(LINE, "softmax_cross_entropy", 6, 3)
}

/// Those whose steps ask once, more than once, never for a gradient; those whose answer is not θ.
const OPTIMIZERS: [&str; 11] = [
    "adam",
    "sam over momentum",
    "lbfgs",
    "lookahead steps=2 over adam",
    "ema decay=0.8 over sgd",
    "schedule_free",
    "genetic population=5",
    "cma_es population=5",
    "openai_es population=6 over adam",
    "swa over momentum",
    "muon",
];

fn bits(trainer: &Trainer) -> String {
    let all = [trainer.theta(), trainer.memory(), trainer.best_theta(), trainer.best_memory()];
    let bits = all.map(|all| all.iter().map(|w| w.to_bits()).collect::<Vec<_>>());
    let epochs: Vec<String> = trainer
        .history()
        .iter()
        .map(|e| {
            let loss = e.validation_loss.map(f64::to_bits);
            format!(
                "{} {:x} {loss:?} {:?} {}",
                e.theta_hash,
                e.train_loss.to_bits(),
                e.validation_accuracy,
                e.passes
            )
        })
        .collect();
    format!("{epochs:?} {bits:?}")
}

/// Trains until step `until`, or to the end.
fn run(trainer: &mut Trainer, folder: Option<&std::path::Path>, until: Option<u64>) -> Stopped {
    let stop = AtomicBool::new(false);
    let mut watcher = |event: &Event| {
        if let Event::Step { step, .. } = event {
            stop.store(Some(*step) == until, Relaxed);
        }
    };
    trainer.run(folder, &mut watcher, &stop).unwrap().stopped
}

fn each_settings() -> impl Iterator<Item = Settings> {
    OPTIMIZERS.into_iter().flat_map(|optimizer| {
        [1, 3].map(|accumulate| Settings {
            optimizer: optimizer.into(),
            // 45 examples: parts of 20, 20 and 5, or of 7, 7 and 6, 20 a step.
            batch: Batch::Of(if accumulate == 1 { 20 } else { 7 }),
            accumulate,
            ..settings()
        })
    })
}

#[test]
fn stopped_at_any_step_and_resumed_it_is_the_same_training_on_any_number_of_threads() {
    let model = net();
    for settings in each_settings() {
        let mut whole = trainer(&model, &settings, &Threads::new(1));
        run(&mut whole, None, None);
        assert_ne!(whole.memory(), model.layout().memory(), "{}", settings.optimizer);
        for step in [1, 2, 3, 4, 8] {
            let folder = tempfile::tempdir().unwrap();
            let mut first = trainer(&model, &settings, &Threads::new(2));
            if run(&mut first, Some(folder.path()), Some(step)) != Stopped::Asked {
                continue;
            }
            let mut next = trainer(&model, &settings, &Threads::new(3));
            next.restore(folder.path()).unwrap();
            assert_eq!(next.memory(), first.memory());
            run(&mut next, None, None);
            assert!(
                bits(&next) == bits(&whole),
                "{} stopped at step {step} goes another way",
                settings.optimizer
            );
        }
    }
}

#[test]
fn a_large_network_has_the_same_bits_on_any_number_of_threads() {
    let model =
        model("dense 300 norm silu, dense 40 norm relu, dense 3 softmax", "softmax_cross_entropy", 6, 3);
    let run = |threads| {
        let settings = Settings { batch: Batch::Of(45), epochs: 3, ..settings() };
        let mut trainer = trainer(&model, &settings, &Threads::new(threads));
        run(&mut trainer, None, None);
        bits(&trainer)
    };
    let one = run(1);
    [2, 3, 8].into_iter().for_each(|threads| assert!(run(threads) == one, "{threads} threads"));
}

/// A plan of the network on the examples `indices`.
fn plan_on(model: &Model, indices: &[u32], moment: Moment) -> Plan {
    let mut plan = model.training_plan(indices.len(), &Threads::new(1)).unwrap();
    plan.at(moment);
    for (i, to) in indices.iter().zip(plan.data("input").chunks_exact_mut(6)) {
        DATA.read(*i as usize, to);
    }
    for (i, to) in indices.iter().zip(plan.data("target")) {
        *to = DATA.class(*i as usize) as f32;
    }
    plan.data("weight").fill(1.0);
    plan
}

/// What is remembered after some batches went by at θ; `share` of the k-th, counted from 1.
fn remembered(
    model: &Model,
    theta: &[f32],
    batches: &[(&[u32], Moment)],
    share: impl Fn(u64) -> Option<f64>,
) -> Vec<f32> {
    let mut memory = model.layout().memory().to_vec();
    for (k, (indices, moment)) in (1..).zip(batches) {
        let mut plan = plan_on(model, indices, *moment);
        plan.memory().copy_from_slice(&memory);
        plan.forward(theta);
        plan.remember(share(k));
        memory.copy_from_slice(plan.memory());
    }
    memory
}

const FIRST: Moment = Moment { training: true, seed: 8, step: 1, before: 0 };

/// The order of the first epoch: a function of the seed.
fn first_order() -> Vec<u32> {
    let mut order: Vec<u32> = (0..45).collect();
    Rng::new(8, Stream::Shuffle, 0).shuffle(&mut order);
    order
}

#[test]
fn a_step_remembers_its_examples_once_however_often_it_asks() {
    let (model, order) = (net(), first_order());
    let start = model.layout().start(8);
    for optimizer in OPTIMIZERS {
        for (batch, accumulate) in [(45, 1), (20, 3)] {
            let settings =
                Settings { optimizer: optimizer.into(), batch: Batch::Of(batch), accumulate, ..settings() };
            let mut trainer = trainer(&model, &settings, &Threads::new(1));
            run(&mut trainer, None, Some(1));
            let part = |(k, part): (usize, _)| (part, Moment { before: (k * batch) as u64, ..FIRST });
            let parts: Vec<(&[u32], Moment)> = order.chunks(batch).enumerate().map(part).collect();
            // Evolution asks for no gradient: it remembers with the weights it arrived at.
            let evolves = ["genetic", "cma", "openai"].iter().any(|name| optimizer.starts_with(name));
            let theta = if evolves { trainer.theta() } else { &start };
            let want = remembered(&model, theta, &parts, |_| None);
            assert!(trainer.memory() == want, "{optimizer}, parts of {batch}");
        }
    }
}

/// What the way forward kept for it lies where no slope of the way back does.
#[test]
fn it_is_the_same_before_and_after_the_way_back() {
    for line in [
        LINE,
        "dense 40 norm relu, dense 9, dense 300 norm silu, dense 3 softmax",
        "dense 80, batch_norm, dense 3",
    ] {
        let loss = if line.ends_with("softmax") { "softmax_cross_entropy" } else { "squared_error" };
        let model = model(line, loss, 6, 3);
        let theta = model.layout().start(3);
        for examples in [2, 7, 33] {
            let indices: Vec<u32> = (0..examples).collect();
            let mut plan = plan_on(&model, &indices, FIRST);
            plan.forward(&theta);
            plan.remember(Some(1.0));
            let want = plan.memory().to_vec();
            plan.memory().fill(0.0);
            plan.gradient(&theta, &mut vec![0.0; theta.len()]);
            plan.remember(Some(1.0));
            assert!(plan.memory() == want, "{line}, {examples} examples");
        }
    }
}

#[test]
fn weights_that_are_an_average_have_means_of_their_own() {
    let (model, order) = (net(), first_order());
    for optimizer in ["ema decay=0.8 over sgd", "schedule_free", "swa start=1 over adam"] {
        let settings = Settings { optimizer: optimizer.into(), epochs: 1, ..settings() };
        let mut trainer = trainer(&model, &settings, &Threads::new(1));
        run(&mut trainer, None, None);
        assert_ne!(trainer.theta(), trainer.best_theta(), "{optimizer}");
        let batches: Vec<(&[u32], Moment)> =
            order.chunks(20).map(|batch| (batch, Moment { step: 3, ..FIRST })).collect();
        let want = remembered(&model, trainer.best_theta(), &batches, |k| Some(1.0 / k as f64));
        assert!(trainer.best_memory() == want, "{optimizer}");
        assert_ne!(trainer.memory(), want);
    }
}

#[test]
fn what_is_not_a_step_leaves_no_trace() {
    let model = net();
    let mut plan = plan_on(&model, &first_order()[..20], FIRST);
    let theta = model.layout().start(3);
    let start = plan.memory().to_vec();
    let (mut grad, mut losses) = (vec![0.0; theta.len()], [0.0; 7]);
    plan.gradient(&theta, &mut grad);
    plan.losses(&theta.repeat(7), &mut losses);
    let report = check(&mut plan, &theta, None, &Check::default());
    assert!(report.agrees() && report.single.is_empty(), "{:?}", report.fault);
    assert!(plan.memory() == start);
    assert!(losses.iter().all(|loss| *loss == plan.loss(&theta)));

    let trained = |settings: &Settings| {
        let mut trainer = trainer(&model, settings, &Threads::new(1));
        run(&mut trainer, None, None);
        bits(&trainer)
    };
    let plain = trained(&settings());
    assert!(trained(&Settings { check_gradient: Some(1), ..settings() }) == plain);
    let sweep = Sweep { rates: 20, seeds: 1, ..Sweep::default() };
    let all: Vec<u32> = (0..45).collect();
    find_rate(&model, &DATA, &all, &settings(), &sweep, &Threads::new(1), &AtomicBool::new(false)).unwrap();
    assert!(trained(&settings()) == plain);
}

#[test]
fn what_is_remembered_is_part_of_the_hash_and_of_the_file() {
    let model = net();
    let mut trainer = trainer(&model, &settings(), &Threads::new(1));
    run(&mut trainer, None, None);
    let hash = model_hash(trainer.theta(), trainer.memory());
    assert_eq!(trainer.history().last().unwrap().theta_hash, hash);
    let mut other = trainer.memory().to_vec();
    other[0] = other[0].next_up();
    assert_ne!(model_hash(trainer.theta(), &other), hash);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let file = ModelFile::new(model.layout(), trainer.theta(), BTreeMap::new());
    file.save(&path).unwrap();
    let error = ModelFile::load(&path).unwrap().memory(model.layout(), &path).unwrap_err().to_string();
    assert!(error.contains("no weights called 1.batch_norm.running of shape 2×6"), "{error}");
    file.remembering(model.layout(), trainer.memory()).save(&path).unwrap();
    let loaded = ModelFile::load(&path).unwrap();
    assert_eq!(loaded.theta(model.layout(), &path).unwrap(), trainer.theta());
    assert_eq!(loaded.memory(model.layout(), &path).unwrap(), trainer.memory());
}

#[test]
fn differences_train_as_backpropagation_does() {
    let model = net();
    let run = |gradient| {
        let settings = Settings { gradient, optimizer: "momentum".into(), ..settings() };
        let mut trainer = trainer(&model, &settings, &Threads::new(1));
        run(&mut trainer, None, Some(4));
        (to_f64(trainer.theta()), to_f64(trainer.memory()))
    };
    let (theta, memory) = run(Way::Backpropagation);
    for way in [Way::CentralDifference, Way::ForwardDifference] {
        let (other, remembered) = run(way);
        assert_close(&other, &theta, 1e-4, &format!("{way:?}: θ"));
        assert_close(&remembered, &memory, 1e-4, &format!("{way:?}: memory"));
    }
}

#[test]
fn layer_and_group_norm_are_derived_by_hand_and_batch_norm_is_refused() {
    let error = ByHand::new(&net(), 4, true).err().unwrap().to_string();
    assert!(
        error.contains("by batch norm each example depends on all others") && error.contains("mend"),
        "{error}"
    );
    let settings = Settings { gradient: Way::ByHand, ..settings() };
    let error = Trainer::new(&net(), &DATA, DATA.parts(45), settings, &Threads::new(1), "").err().unwrap();
    assert!(matches!(error, Error::Settings { .. }), "{error:?}");
    let line = "dense 4 tanh, layer_norm epsilon=0.1, dense 4 silu, group_norm 2, dense 3 softmax";
    let model = model(line, "softmax_cross_entropy", 6, 3);
    let mut plan = plan_on(&model, &[1, 2, 3, 4, 5], FIRST);
    let mut by_hand = ByHand::new(&model, 5, true).unwrap();
    let report = check(&mut plan, &model.layout().start(2), Some(&mut by_hand), &Check::default());
    assert!(report.by_hand && report.agrees(), "{:?}", report.fault);
}

#[test]
fn a_batch_of_one_example_is_refused_where_it_has_no_variance() {
    let model = net();
    let made = |network: &Model, batch, train| {
        let settings = Settings { batch: Batch::Of(batch), ..settings() };
        Trainer::new(network, &DATA, DATA.parts(train), settings, &Threads::new(1), "").map(drop)
    };
    made(&model, 20, 45).unwrap();
    for (batch, train) in [(1, 45), (20, 41), (11, 45)] {
        let error =
            made(&model, batch, train).err().unwrap_or_else(|| panic!("batches of {batch} of {train}"));
        let text = error.to_string();
        assert!(matches!(error, Error::Settings { .. }), "{error:?}");
        assert!(
            text.contains("batch norm cannot train on a batch of one example") && text.contains("mend: "),
            "{text}"
        );
    }
    // Layer norm needs no batch, and in use batch norm needs none either.
    made(&crate::common::model("dense 5, layer_norm, dense 3", "squared_error", 6, 3), 1, 45).unwrap();
    let theta = model.layout().start(1);
    let memory = model.layout().memory();
    Evaluator::new(&model, &Threads::new(1)).evaluate(&theta, memory, &DATA, &[3]).unwrap();
}

#[test]
fn a_network_with_batch_norm_learns_where_inputs_are_badly_scaled() {
    /// The clouds, far from zero and of very different sizes.
    struct Scaled;
    impl Samples for Scaled {
        fn len(&self) -> usize {
            600
        }
        fn inputs(&self) -> usize {
            6
        }
        fn classes(&self) -> usize {
            3
        }
        fn class(&self, index: usize) -> usize {
            index * 7 % 3
        }
        fn read(&self, index: usize, into: &mut [f32]) {
            crate::common::Clouds { examples: 600, inputs: 6, classes: 3 }.read(index, into);
            into.iter_mut()
                .zip([1e-3, 1.0, 100.0, 1e3, 0.1, 10.0])
                .for_each(|(x, size)| *x = size * (*x + 5.0));
        }
    }
    let parts = crate::common::Clouds { examples: 600, inputs: 6, classes: 3 }.parts(400);
    let accuracy = |line: &str| {
        let model = model(line, "softmax_cross_entropy", 6, 3);
        let settings = Settings { batch: Batch::Of(50), epochs: 12, learning_rate: 0.01, ..settings() };
        let mut trainer =
            Trainer::new(&model, &Scaled, parts.clone(), settings, &Threads::new(1), "").unwrap();
        run(&mut trainer, None, None);
        let mut evaluator = Evaluator::new(&model, &Threads::new(1));
        let (theta, memory) = (trainer.best_theta(), trainer.best_memory());
        evaluator.evaluate(theta, memory, &Scaled, &parts.test).unwrap().scores.accuracy.unwrap()
    };
    let [plain, normed] =
        ["dense 16 relu, dense 3 softmax", "batch_norm, dense 16 norm relu, dense 3 softmax"].map(accuracy);
    assert!(normed > 0.65 && normed > plain + 0.1, "{normed} with batch norm, {plain} without");
}
