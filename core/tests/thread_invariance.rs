//! The same bits for any number of threads: of one step's θ, and of whole trainings.

use std::sync::atomic::AtomicBool;

use crate::common::{Clouds, model, model_for, optimizer_lines, wrapper_lines};
use gradus::network::Model;
use gradus::op::Moment;
use gradus::optimizer::{Around, Objective, Setup, Step};
use gradus::optimizers::Choice;
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;
use gradus::train::{Batch, Evaluator, Event, Settings, Trainer, theta_hash};

/// θ, and whatever else the optimizer keeps, after some steps on batches of random numbers.
fn stepped(model: &Model, optimizer: &str, batch: usize, steps: u64, threads: usize) -> Vec<f32> {
    let threads = Threads::new(threads);
    let mut plan = model.training_plan(batch, &threads).unwrap();
    let mut theta = model.layout().start(5);
    let around = Around { clip_norm: 1.0, clip_adaptive: 0.5, ..Around::default() };
    let setup = Setup::new(model.layout(), &threads).around(around);
    let mut optimizer = Choice::parse(optimizer).unwrap().build(&setup);
    for t in 1..=steps {
        let mut rng = Rng::new(9, Stream::Probe, t);
        plan.data("input").fill_with(|| rng.normal());
        let classes = model.classes;
        plan.data("target").fill_with(|| rng.below(classes) as f32);
        plan.data("weight").fill_with(|| 0.5 + rng.uniform());
        plan.at(Moment { training: true, seed: 5, step: t, ..Moment::default() });
        optimizer.step(Step { t, learning_rate: 0.01 }, &mut theta, &mut plan);
    }
    theta.extend(optimizer.state().iter().flat_map(|(_, slot)| slot.to_vec()).map(|x| x as f32));
    theta
}

const COUNTS: [usize; 4] = [2, 3, 5, 8];

#[test]
fn every_optimizer_gives_the_same_weights_on_any_number_of_threads() {
    // 300 × 128 weights take five chunks; a batch of 96 exceeds what the kernels share, 1 and 7 do not.
    let line = "dense 128 relu, dropout 0.3, dense 33 gelu, dropout 0.1, dense 5 softmax";
    for optimizer in optimizer_lines().into_iter().chain(wrapper_lines()) {
        let model = model_for(&optimizer, line, "softmax_cross_entropy", 300, 5);
        // What a rule does hangs on no batch: one is shown all sizes.
        let batches: &[usize] = if optimizer == "adam@pytorch" { &[1, 7, 96] } else { &[7] };
        for &batch in batches {
            let one = stepped(&model, &optimizer, batch, 3, 1);
            let (theta, start) = (&one[..model.layout().weights()], model.layout().start(5));
            // In three generations of four it may be that nobody is better than the start.
            assert!(
                theta.iter().all(|w| w.is_finite()) && (theta != start || optimizer.contains("population"))
            );
            for threads in COUNTS {
                let many = stepped(&model, &optimizer, batch, 3, threads);
                let first = one.iter().zip(&many).position(|(a, b)| a.to_bits() != b.to_bits());
                assert_eq!(first, None, "{optimizer}: batch {batch}, {threads} threads");
            }
        }
    }
}

#[test]
fn every_layer_on_pictures_gives_the_same_weights_on_any_number_of_threads() {
    let line = "conv 7 3x3 relu, residual(conv 12 3x3 gelu stride=2, dropout 0.2, conv 12 3x3) relu, upsample 2, \
                pool 3 stride=2 pad=1, conv 12 3x3 silu groups=depthwise, average_pool 2, conv 20 1x1 groups=4, conv 17 3x3 relu, \
                residual(conv 20 3x1 dilation=2), global_average_pool, dense 5 softmax";
    let model = model(line, "softmax_cross_entropy", [13, 11, 3], 5);
    for batch in [1, 7, 40] {
        let one = stepped(&model, "adam", batch, 2, 1);
        assert!(one.iter().all(|w| w.is_finite()));
        for threads in COUNTS {
            assert!(one == stepped(&model, "adam", batch, 2, threads), "batch {batch}, {threads} threads");
        }
    }
}

#[test]
fn a_population_is_judged_as_its_members_are_on_any_number_of_threads() {
    // Ops that keep something for the way back, that draw, and that read two values.
    let deep = "dropout 0.2, conv 4 3x3 gelu, pool 2, batch_norm, residual(conv 6 3x3 relu) gelu, dense 40 norm gelu, \
                dropout 0.3, layer_norm, dense 20 silu, dense 5 softmax";
    // Of these several are judged side by side.
    let flat = "dense 30 relu, dense 5 softmax";
    let kept = "dense 20 gelu, dense 5 softmax";
    for (line, members) in [deep, flat, kept].into_iter().flat_map(|line| [1, 2, 7, 20].map(|m| (line, m))) {
        let model = model(line, "softmax_cross_entropy smoothing=0.1", [5, 4, 3], 5);
        let weights = model.layout().weights();
        let population: Vec<f32> = (0..members).flat_map(|k| model.layout().start(k)).collect();
        let judged = |threads: usize, one_by_one: bool| {
            let mut plan = model.training_plan(70, &Threads::new(threads)).unwrap();
            let mut rng = Rng::new(9, Stream::Probe, 1);
            // A third is dark in all.
            plan.data("input")
                .iter_mut()
                .enumerate()
                .for_each(|(i, x)| *x = if i % 60 < 20 { 0.0 } else { rng.normal() });
            plan.data("target").fill_with(|| rng.below(5) as f32);
            plan.data("weight").fill_with(|| 0.5 + rng.uniform());
            plan.at(Moment { training: true, seed: 5, step: 3, ..Moment::default() });
            let mut losses = vec![0.0; members as usize];
            if one_by_one {
                let thetas = population.chunks(weights);
                losses.iter_mut().zip(thetas).for_each(|(loss, theta)| *loss = plan.loss(theta));
            } else {
                plan.losses(&population, &mut losses);
                // Again, and after a step back: what lies in memory from before changes nothing.
                let (first, mut grad) = (losses.clone(), vec![0.0; weights]);
                plan.gradient(&population[..weights], &mut grad);
                plan.losses(&population, &mut losses);
                assert_eq!(losses, first);
            }
            losses.iter().map(|l| l.to_bits()).collect::<Vec<_>>()
        };
        let want = judged(1, true);
        assert!(want.windows(2).all(|pair| pair[0] != pair[1]), "members differ");
        for threads in [1, 2, 3, 8] {
            assert_eq!(judged(threads, false), want, "{line}: {members} members, {threads} threads");
        }
    }
}

#[test]
fn sizes_far_above_the_kernels_threshold_give_the_same_weights() {
    // Products of up to 200 × 700 × 520 numbers, and losses of many rows.
    for (line, loss, classes) in [
        ("dense 520 silu, dropout 0.5, dense 3 softmax", "softmax_cross_entropy smoothing=0.1", 3),
        ("dense 257 tanh, dense 1 sigmoid", "binary_cross_entropy", 2),
        ("dense 300 elu bias=no, dense 1", "huber", 2),
    ] {
        let model = model(line, loss, 700, classes);
        let one = stepped(&model, "adam", 200, 2, 1);
        for threads in COUNTS {
            assert!(one == stepped(&model, "adam", 200, 2, threads), "{line}: {threads} threads");
        }
    }
}

#[test]
fn a_picture_and_its_row_of_numbers_are_trained_alike() {
    let line = "dropout 0.3, dense 9 relu, dropout 0.3, dense 3 softmax";
    let rows = model(line, "softmax_cross_entropy", 12, 3);
    let pictures = model(line, "softmax_cross_entropy", [3, 2, 2], 3);
    let flattened = model(&format!("flatten, {line}"), "softmax_cross_entropy", [2, 3, 2], 3);
    let want = stepped(&rows, "adam", 40, 5, 1);
    assert!(want == stepped(&pictures, "adam", 40, 5, 2) && want == stepped(&flattened, "adam", 40, 5, 1));
}

#[test]
fn two_runs_on_the_same_threads_are_the_same() {
    let model = model("dense 64 relu, dropout 0.5, dense 1 sigmoid", "squared_error", 200, 2);
    for _ in 0..5 {
        assert!(stepped(&model, "adam", 96, 4, 3) == stepped(&model, "adam", 96, 4, 3));
    }
}

/// What a training told: the hash, the loss and the score of every epoch.
fn told(model: &Model, data: &Clouds, threads: usize, validate: bool) -> Vec<String> {
    let threads = Threads::new(threads);
    let settings = Settings { batch: Batch::Of(32), epochs: 3, seed: 3, ..Settings::default() };
    let mut parts = data.parts(110);
    if !validate {
        parts.validation.clear();
    }
    let mut trainer = Trainer::new(model, data, parts.clone(), settings, &threads, "clouds").unwrap();
    let mut told = Vec::new();
    let stop = AtomicBool::new(false);
    let mut watcher = |event: &Event| {
        if let Event::Epoch(e) = event {
            let train = format!("{} {:x} {}", e.epoch, e.train_loss.to_bits(), e.theta_hash);
            let validation = (e.validation_loss.map(f64::to_bits), e.validation_accuracy);
            told.push(if validate { format!("{train} {validation:?}") } else { train });
        }
    };
    trainer.run(None, &mut watcher, &stop).unwrap();
    assert_eq!(theta_hash(trainer.theta()), trainer.history().last().unwrap().theta_hash);
    if validate {
        let mut evaluator = Evaluator::new(model, &threads);
        let test = evaluator.evaluate(trainer.theta(), trainer.memory(), data, &parts.test).unwrap();
        told.push(format!("{:?}", test.probabilities));
    }
    told
}

#[test]
fn a_training_tells_the_same_hash_each_epoch_on_any_number_of_threads() {
    // 110 examples of 900 numbers: filling a batch is shared too, and the last batch is short.
    let data = Clouds { examples: 420, inputs: 900, classes: 3 };
    let model = model("dense 40 relu, dropout 0.2, dense 3 softmax", "softmax_cross_entropy", 900, 3);
    let one = told(&model, &data, 1, true);
    assert_eq!(one.len(), 4);
    for threads in [2, 3, 8] {
        assert_eq!(told(&model, &data, threads, true), one, "{threads} threads");
    }
}

#[test]
fn validating_changes_nothing() {
    let data = Clouds { examples: 150, inputs: 20, classes: 2 };
    let model = model("dense 16 relu, dropout 0.4, dense 1 sigmoid", "binary_cross_entropy", 20, 2);
    let with = told(&model, &data, 1, true);
    for (with, without) in with.iter().zip(told(&model, &data, 1, false)) {
        assert!(with.starts_with(&without), "{with}\n{without}");
    }
}
