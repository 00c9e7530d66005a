//! A training that was stopped or killed and went on is the training that was not; what ends one, and how; what
//! a damaged checkpoint does.

mod common;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use common::{Clouds, model};
use gradus::network::Model;
use gradus::optimizers::OPTIMIZERS;
use gradus::threads::Threads;
use gradus::train::{
    Batch, ClassWeights, Evaluator, Event, Monitor, Outcome, Parts, Samples, Settings, Stopped, Trainer,
    checkpoint_path, previous_path,
};
use gradus::{Error, Result};

const DATA: Clouds = Clouds { examples: 70, inputs: 6, classes: 3 };

fn net() -> Model {
    model("dense 9 relu, dropout 0.3, dense 3 softmax", "softmax_cross_entropy", 6, 3)
}

/// 45 examples to train on: three steps an epoch, the last one short.
fn settings() -> Settings {
    Settings { batch: Batch::Of(20), epochs: 4, learning_rate: 0.02, seed: 8, ..Settings::default() }
}

fn trainer<'a>(model: &'a Model, settings: &Settings, threads: &Threads) -> Trainer<'a> {
    Trainer::new(model, &DATA, DATA.parts(45), settings.clone(), threads, "clouds").unwrap()
}

/// All that must be the same: every epoch but for its clock, and both θ to the bit.
fn essence(trainer: &Trainer) -> String {
    let bits = |theta: &[f32]| theta.iter().map(|w| w.to_bits()).collect::<Vec<_>>();
    let epochs = trainer.history().iter().map(|e| {
        let scores = (e.train_loss.to_bits(), e.validation_loss.map(f64::to_bits), e.validation_accuracy);
        format!("{} {} {scores:?} {} {}\n", e.epoch, e.step, e.best, e.theta_hash)
    });
    format!("{}{:?} {:?}", epochs.collect::<String>(), bits(trainer.theta()), bits(trainer.best_theta()))
}

fn run(trainer: &mut Trainer, folder: Option<&Path>) -> Result<Outcome> {
    trainer.run(folder, &mut |_: &Event| {}, &AtomicBool::new(false))
}

/// Runs and asks to stop when `step` is made.
fn run_until(trainer: &mut Trainer, folder: &Path, step: u64) -> Outcome {
    let stop = AtomicBool::new(false);
    let mut watcher = |event: &Event| {
        if let Event::Step { step: now, .. } = event {
            stop.store(*now == step, Relaxed);
        }
    };
    trainer.run(Some(folder), &mut watcher, &stop).unwrap()
}

fn undisturbed(model: &Model, settings: &Settings) -> (String, Outcome) {
    let mut trainer = trainer(model, settings, &Threads::new(1));
    let outcome = run(&mut trainer, None).unwrap();
    (essence(&trainer), outcome)
}

#[test]
fn stopped_at_any_step_and_resumed_is_the_same_training() {
    let (model, threads) = (net(), Threads::new(2));
    for entry in OPTIMIZERS {
        let settings = Settings { optimizer: entry.name.into(), ..settings() };
        let (want, _) = undisturbed(&model, &settings);
        for step in 1..12 {
            let folder = tempfile::tempdir().unwrap();
            let outcome = run_until(&mut trainer(&model, &settings, &threads), folder.path(), step);
            assert_eq!((outcome.stopped, outcome.steps), (Stopped::Asked, step));
            let mut next = trainer(&model, &settings, &threads);
            next.restore(folder.path()).unwrap();
            let outcome = run(&mut next, Some(folder.path())).unwrap();
            assert_eq!((outcome.stopped, outcome.steps), (Stopped::Epochs, 12));
            assert!(essence(&next) == want, "{} stopped at step {step} goes another way", entry.name);
        }
    }
}

#[test]
fn killed_at_any_step_and_resumed_is_the_same_training() {
    let (model, threads) = (net(), Threads::new(1));
    let settings = Settings { checkpoint_seconds: 0.0, patience: 2, ..settings() };
    let (want, whole) = undisturbed(&model, &settings);
    let (folder, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // What lies on the disk when a step is seen is what a power cut would leave.
    let mut watcher = |event: &Event| {
        if let Event::Step { step, .. } = event {
            let copy = killed.path().join(step.to_string());
            std::fs::create_dir(&copy).unwrap();
            for path in [checkpoint_path(folder.path()), previous_path(folder.path())] {
                if path.exists() {
                    std::fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
                }
            }
        }
    };
    trainer(&model, &settings, &threads)
        .run(Some(folder.path()), &mut watcher, &AtomicBool::new(false))
        .unwrap();
    for step in 1..=whole.steps {
        let mut next = trainer(&model, &settings, &threads);
        next.restore(&killed.path().join(step.to_string())).unwrap();
        run(&mut next, None).unwrap();
        assert!(essence(&next) == want, "killed at step {step} it goes another way");
    }
}

#[test]
fn stopped_again_and_again_it_is_still_the_same_training() {
    let model = net();
    for (loss, monitor) in
        [("softmax_cross_entropy smoothing=0.1", Monitor::Loss), ("softmax_cross_entropy", Monitor::Accuracy)]
    {
        let model = if loss.len() > 21 { common::model(&model.network.line(), loss, 6, 3) } else { net() };
        let settings = Settings {
            monitor,
            patience: 3,
            epochs: 9,
            batch: Batch::Of(7),
            class_weights: ClassWeights::Balanced,
            clip_norm: Some(0.5),
            weight_decay: 0.01,
            ..settings()
        };
        let (want, whole) = undisturbed(&model, &settings);
        let folder = tempfile::tempdir().unwrap();
        let mut starts = 0;
        let last = loop {
            let mut next = trainer(&model, &settings, &Threads::new(1 + starts % 3));
            if starts > 0 {
                next.restore(folder.path()).unwrap();
            }
            starts += 1;
            let outcome = run_until(&mut next, folder.path(), starts as u64 * 4);
            if outcome.stopped != Stopped::Asked {
                assert_eq!(outcome.stopped, whole.stopped);
                break essence(&next);
            }
        };
        assert!(starts > 5 && last == want, "{monitor:?}, {starts} starts");
    }
}

#[test]
fn a_training_that_has_ended_stays_ended() {
    let (model, folder) = (net(), tempfile::tempdir().unwrap());
    let mut first = trainer(&model, &settings(), &Threads::new(1));
    run(&mut first, Some(folder.path())).unwrap();
    let mut again = trainer(&model, &settings(), &Threads::new(1));
    again.restore(folder.path()).unwrap();
    let outcome = run(&mut again, Some(folder.path())).unwrap();
    assert_eq!((outcome.stopped, outcome.steps), (Stopped::Epochs, 12));
    assert!(essence(&again) == essence(&first));
}

/// A run folder with a checkpoint after steps 3 and, before that, at its beginning.
fn run_folder(model: &Model) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    run_until(&mut trainer(model, &settings(), &Threads::new(1)), folder.path(), 3);
    assert!(checkpoint_path(folder.path()).exists() && previous_path(folder.path()).exists());
    folder
}

#[test]
fn a_damaged_checkpoint_never_goes_on_wrongly() {
    let model = net();
    let folder = run_folder(&model);
    let threads = Threads::new(1);
    let path = checkpoint_path(folder.path());
    let whole = std::fs::read(&path).unwrap();
    let restored = |bytes: &[u8]| -> Result<String> {
        std::fs::write(&path, bytes).unwrap();
        let mut next = trainer(&model, &settings(), &threads);
        next.restore(folder.path())?;
        Ok(essence(&next))
    };
    let last = restored(&whole).unwrap();
    let before = restored(b"").unwrap();
    assert_ne!(last, before);
    let check = |bytes: &[u8], what: String| match restored(bytes) {
        // A byte may change without changing what is said: white space in the header.
        Ok(got) => {
            assert!(got == before || got == last, "{what}: neither the last checkpoint nor the one before")
        }
        Err(error) => panic!("{what}: the one before was whole, but {error}"),
    };
    for length in (0..whole.len()).step_by(13).chain(whole.len() - 8..whole.len()) {
        check(&whole[..length], format!("cut to {length} bytes"));
        assert_eq!(restored(&whole[..length]).unwrap(), before, "cut to {length} bytes");
    }
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    for (at, bit) in
        (0..header).map(|at| (at, at % 7)).chain((header..whole.len()).step_by(5).map(|at| (at, at % 8)))
    {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << bit;
        check(&bytes, format!("bit {bit} of byte {at} turned, of a header of {header}"));
    }
    std::fs::write(previous_path(folder.path()), b"nothing").unwrap();
    for bytes in [&b""[..], b"\xff\xff\xff\xff\xff\xff\xff\xff", &whole[..whole.len() / 2]] {
        let error = restored(bytes).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
        assert!(error.to_string().contains("mend"), "{error}");
    }
}

/// After every turned bit that is not noticed, training on gives the same as without it.
#[test]
fn progress_is_covered_by_the_checksum() {
    let model = net();
    let folder = run_folder(&model);
    let path = checkpoint_path(folder.path());
    let whole = std::fs::read(&path).unwrap();
    std::fs::remove_file(previous_path(folder.path())).unwrap();
    for (from, to) in
        [("\\\"step\\\":3", "\\\"step\\\":4"), ("\\\"seen\\\":0", "\\\"seen\\\":9"), ("clouds", "clouts")]
    {
        let text = whole.windows(from.len()).position(|w| w == from.as_bytes()).expect(from);
        let mut bytes = whole.clone();
        bytes[text..text + to.len()].copy_from_slice(to.as_bytes());
        std::fs::write(&path, bytes).unwrap();
        let error = trainer(&model, &settings(), &Threads::new(1)).restore(folder.path()).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{from} → {to}: {error:?}");
    }
}

#[test]
fn a_checkpoint_of_other_data_or_another_network_is_refused() {
    let model = net();
    let folder = run_folder(&model);
    let threads = Threads::new(1);
    let mut other = Trainer::new(&model, &DATA, DATA.parts(45), settings(), &threads, "other").unwrap();
    let error = other.restore(folder.path()).unwrap_err();
    assert!(
        matches!(error, Error::Damaged { .. }) && error.to_string().contains("data or settings"),
        "{error}"
    );
    let wider = common::model("dense 10 relu, dense 3 softmax", "softmax_cross_entropy", 6, 3);
    let mut other = trainer(&wider, &settings(), &threads);
    let start = essence(&other);
    let error = other.restore(folder.path()).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(essence(&other) == start, "what is refused changes nothing");
    let sgd = Settings { optimizer: "momentum".into(), ..settings() };
    let mut other = trainer(&model, &sgd, &threads);
    let start = essence(&other);
    assert!(matches!(other.restore(folder.path()), Err(Error::Damaged { .. })));
    assert!(essence(&other) == start, "what is refused changes nothing");
    let nothing = tempfile::tempdir().unwrap();
    let error = other.restore(nothing.path()).unwrap_err();
    assert!(matches!(error, Error::File { .. }) && error.to_string().contains("mend"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let (model, folder) = (net(), tempfile::tempdir().unwrap());
    let file = folder.path().join("a file");
    std::fs::write(&file, "").unwrap();
    for place in [folder.path().join("not there"), file] {
        let error = run(&mut trainer(&model, &settings(), &Threads::new(1)), Some(&place)).unwrap_err();
        assert!(matches!(error, Error::File { .. }), "{error:?}");
        assert!(error.to_string().contains(place.to_str().unwrap()), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_leaves_the_checkpoint_before() {
    let model = net();
    let folder = run_folder(&model);
    let whole = std::fs::read(checkpoint_path(folder.path())).unwrap();
    let part = folder.path().join("checkpoint.safetensors.part");
    std::os::unix::fs::symlink("/dev/full", &part).unwrap();
    let mut next = trainer(&model, &settings(), &Threads::new(1));
    next.restore(folder.path()).unwrap();
    let error = run(&mut next, Some(folder.path())).unwrap_err();
    assert!(error.to_string().contains("free some space"), "{error}");
    assert_eq!(std::fs::read(checkpoint_path(folder.path())).unwrap(), whole);
    assert!(!part.exists(), "nothing half-written is left");
}

#[test]
fn a_learning_rate_that_is_too_large_gets_a_verdict() {
    let model = common::model("dense 9 relu, dense 3", "squared_error", 6, 3);
    for (batch, learning_rate) in [(Batch::Of(20), 1e30), (Batch::All, 1e25), (Batch::Of(1), 1e4)] {
        let settings = Settings { batch, learning_rate, optimizer: "sgd".into(), epochs: 200, ..settings() };
        let mut trainer = trainer(&model, &settings, &Threads::new(1));
        let folder = tempfile::tempdir().unwrap();
        let Err(Error::NotFinite(verdict)) = run(&mut trainer, Some(folder.path())) else {
            panic!("{learning_rate} is too large for {batch:?}");
        };
        assert!(verdict.step >= 1 && !verdict.place.is_empty() && !verdict.op.is_empty(), "{verdict}");
        assert!(verdict.values.contains("not finite"), "{verdict}");
        assert!(verdict.cause.contains("learning rate"), "{verdict}");
        assert!(verdict.mend.contains(&format!("{}", learning_rate / 10.0)), "{verdict}");
        let text = Error::NotFinite(verdict).to_string();
        assert!(text.contains("training stopped at step") && text.contains("mend"), "{text}");
        let mut again = self::trainer(&model, &settings, &Threads::new(1));
        again.restore(folder.path()).unwrap();
        assert!(again.theta().iter().all(|w| w.is_finite()), "checkpoints hold only finite weights");
    }
}

#[test]
fn checkpoints_hold_only_finite_weights_even_within_an_epoch() {
    let model = common::model("dense 9 relu, dense 3", "squared_error", 6, 3);
    for learning_rate in [1e36, 1e38] {
        let settings = Settings {
            learning_rate,
            optimizer: "sgd".into(),
            batch: Batch::Of(1),
            checkpoint_seconds: 0.0,
            ..settings()
        };
        let folder = tempfile::tempdir().unwrap();
        let mut first = trainer(&model, &settings, &Threads::new(1));
        assert!(matches!(run(&mut first, Some(folder.path())), Err(Error::NotFinite(_))));
        let mut again = trainer(&model, &settings, &Threads::new(1));
        again.restore(folder.path()).unwrap();
        assert!(again.theta().iter().all(|w| w.is_finite()), "{learning_rate:e}");
    }
}

/// One example is as far out as numbers go: the loss of the validation part overflows.
struct Outlier;

impl Samples for Outlier {
    fn len(&self) -> usize {
        DATA.len()
    }
    fn inputs(&self) -> usize {
        DATA.inputs()
    }
    fn classes(&self) -> usize {
        DATA.classes()
    }
    fn class(&self, index: usize) -> usize {
        DATA.class(index)
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        DATA.read(index, into);
        if index == 50 {
            into.fill(1e30);
        }
        if index == 60 {
            into.fill(f32::NAN);
        }
    }
}

#[test]
fn a_validation_loss_that_overflows_can_be_saved_and_resumed() {
    let model = common::model("dense 9 relu, dense 3", "squared_error", 6, 3);
    let settings = Settings { learning_rate: 1e-3, epochs: 2, ..settings() };
    let folder = tempfile::tempdir().unwrap();
    let make =
        || Trainer::new(&model, &Outlier, DATA.parts(45), settings.clone(), &Threads::new(1), "").unwrap();
    let outcome = run(&mut make(), Some(folder.path()));
    assert!(outcome.is_ok(), "{outcome:?}");
    let mut again = make();
    again.restore(folder.path()).unwrap();
    assert_eq!(again.history().len(), 2);
}

#[test]
fn data_that_are_no_numbers_get_a_verdict_about_data() {
    let model = net();
    let parts = Parts { train: (55..65).collect(), ..Parts::default() };
    let mut trainer = Trainer::new(&model, &Outlier, parts, settings(), &Threads::new(1), "").unwrap();
    let Err(Error::NotFinite(verdict)) = run(&mut trainer, None) else { panic!("NaN is no number") };
    assert_eq!((verdict.place.as_str(), verdict.step), ("data", 1));
}

#[test]
fn early_stopping_keeps_and_names_the_best_epoch() {
    let model = common::model("dense 40 tanh, dense 3 softmax", "softmax_cross_entropy", 6, 3);
    let settings = Settings { learning_rate: 0.05, epochs: 500, patience: 4, ..settings() };
    let mut trainer = trainer(&model, &settings, &Threads::new(1));
    let outcome = run(&mut trainer, None).unwrap();
    assert_eq!(outcome.stopped, Stopped::Patience);
    let losses: Vec<f64> = outcome.history.iter().map(|e| e.validation_loss.unwrap()).collect();
    let least = losses.iter().cloned().fold(f64::INFINITY, f64::min);
    let best = 1 + losses.iter().position(|l| *l == least).unwrap() as u64;
    assert_eq!(outcome.best_epoch, best);
    assert_eq!(outcome.history.len() as u64, best + 4, "four epochs later it ended");
    let best = &outcome.history[best as usize - 1];
    assert!(best.best);
    assert_eq!(gradus::train::theta_hash(trainer.best_theta()), best.theta_hash);
    assert_ne!(trainer.best_theta(), trainer.theta());
    let flags = outcome.history.iter().scan(f64::INFINITY, |least, e| {
        let better = e.validation_loss.unwrap() < *least;
        *least = least.min(e.validation_loss.unwrap());
        Some(better == e.best)
    });
    assert!(flags.into_iter().all(|right| right));
}

#[test]
fn limits_on_steps_and_time_end_a_training() {
    let model = net();
    for steps in [1, 3, 7] {
        let settings = Settings { steps: Some(steps), ..settings() };
        let mut trainer = trainer(&model, &settings, &Threads::new(1));
        let outcome = run(&mut trainer, None).unwrap();
        assert_eq!((outcome.stopped, outcome.steps), (Stopped::Steps, steps));
        assert_eq!(outcome.history.last().unwrap().step, steps, "what was begun is recorded");
    }
    let settings = Settings { seconds: Some(1e-9), ..settings() };
    let outcome = run(&mut trainer(&model, &settings, &Threads::new(1)), None).unwrap();
    assert_eq!((outcome.stopped, outcome.steps), (Stopped::Time, 1));
}

#[test]
fn any_batch_size_sees_every_example_once_an_epoch() {
    let model = net();
    for (batch, steps) in [
        (Batch::All, 1),
        (Batch::Of(1), 45),
        (Batch::Of(20), 3),
        (Batch::Of(44), 2),
        (Batch::Of(45), 1),
        (Batch::Of(1000), 1),
    ] {
        let settings = Settings { batch, epochs: 2, ..settings() };
        let mut seen = Vec::new();
        let mut watcher = |event: &Event| match event {
            Event::Start { steps_per_epoch, .. } => assert_eq!(*steps_per_epoch, steps),
            Event::Step { seen: now, .. } => seen.push(*now),
            _ => {}
        };
        let mut trainer = trainer(&model, &settings, &Threads::new(1));
        let outcome = trainer.run(None, &mut watcher, &AtomicBool::new(false)).unwrap();
        assert_eq!(outcome.steps, 2 * steps, "{batch:?}");
        assert_eq!(seen[steps as usize - 1], 45);
        assert_eq!(seen.last(), Some(&45));
    }
}

#[test]
fn the_loss_of_an_epoch_is_the_mean_over_its_examples() {
    let model = common::model("dense 9 relu, dense 3 softmax", "softmax_cross_entropy", 6, 3);
    // Weights that hardly move: the batches' losses are those of one θ, the last batch a short one.
    for batch in [Batch::Of(44), Batch::Of(20), Batch::Of(1)] {
        let settings = Settings { batch, learning_rate: 1e-12, epochs: 1, ..settings() };
        let mut trainer = trainer(&model, &settings, &Threads::new(1));
        run(&mut trainer, None).unwrap();
        let train = DATA.parts(45).train;
        let all = Evaluator::new(&model, &Threads::new(1)).evaluate(trainer.theta(), &DATA, &train).unwrap();
        let told = trainer.history()[0].train_loss;
        assert!((told - all.scores.loss).abs() < 1e-6, "{batch:?}: {told}, not {}", all.scores.loss);
    }
}

/// Many of one class, few of another; what is read is the class itself, nothing more.
struct Skewed;

impl Samples for Skewed {
    fn len(&self) -> usize {
        40
    }
    fn inputs(&self) -> usize {
        1
    }
    fn classes(&self) -> usize {
        2
    }
    fn class(&self, index: usize) -> usize {
        usize::from(index.is_multiple_of(8))
    }
    fn read(&self, _: usize, into: &mut [f32]) {
        into.fill(1.0);
    }
}

#[test]
fn balanced_classes_count_the_same() {
    let model = common::model("dense 1 sigmoid init=zeros", "binary_cross_entropy", 1, 2);
    let probability = |class_weights| {
        let parts = Parts { train: (0..40).collect(), ..Parts::default() };
        let settings = Settings {
            class_weights,
            batch: Batch::All,
            epochs: 400,
            learning_rate: 0.5,
            optimizer: "sgd".into(),
            ..Settings::default()
        };
        let mut trainer = Trainer::new(&model, &Skewed, parts, settings, &Threads::new(1), "").unwrap();
        run(&mut trainer, None).unwrap();
        1.0 / (1.0 + (-(trainer.theta()[0] + trainer.theta()[1])).exp())
    };
    // Nothing to tell them apart by: the best guess is the share of the second class, as it counts.
    assert!((probability(ClassWeights::None) - 0.125).abs() < 1e-3);
    assert!((probability(ClassWeights::Balanced) - 0.5).abs() < 1e-3);
}

#[test]
fn nothing_to_train_on_and_settings_out_of_range_are_refused() {
    let (model, threads) = (net(), Threads::new(1));
    let make = |parts, settings| Trainer::new(&model, &DATA, parts, settings, &threads, "").err();
    assert!(matches!(make(Parts::default(), settings()), Some(Error::Data { .. })));
    for wrong in [
        Settings { learning_rate: 0.0, ..settings() },
        Settings { learning_rate: f64::NAN, ..settings() },
        Settings { clip_norm: Some(-1.0), ..settings() },
        Settings { clip_value: Some(0.0), ..settings() },
        Settings { l2: -0.1, ..settings() },
        Settings { weight_decay: f64::INFINITY, ..settings() },
        Settings { epochs: 0, ..settings() },
        Settings { steps: Some(0), ..settings() },
        Settings { seconds: Some(0.0), ..settings() },
        Settings { checkpoint_seconds: f64::NAN, ..settings() },
    ] {
        let error = make(DATA.parts(45), wrong.clone()).expect("out of range");
        assert!(matches!(error, Error::Range { .. }), "{error} {wrong:?}");
    }
    let wrong = Settings { optimizer: "adma".into(), ..settings() };
    assert!(matches!(make(DATA.parts(45), wrong), Some(Error::Line { .. })));
}
