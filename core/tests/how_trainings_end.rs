//! How a training ends: at its limits, with its best weights, or with a verdict; and what it counts on the way.

use std::sync::atomic::AtomicBool;

use crate::common::{DATA, net, run, settings, trainer};
use gradus::Error;
use gradus::threads::Threads;
use gradus::train::{Batch, ClassWeights, Evaluator, Event, Parts, Samples, Settings, Stopped, Trainer};

#[test]
fn a_learning_rate_that_is_too_large_gets_a_verdict() {
    let model = crate::common::model("dense 9 relu, dense 3", "squared_error", 6, 3);
    for (batch, learning_rate, tenth) in
        [(Batch::Of(20), 1e30, "1e29"), (Batch::All, 1e25, "1e24"), (Batch::Of(1), 1e4, "1000")]
    {
        let settings = Settings { batch, learning_rate, optimizer: "sgd".into(), epochs: 200, ..settings() };
        let mut trainer = trainer(&model, &settings, &Threads::new(1));
        let folder = tempfile::tempdir().unwrap();
        let Err(Error::NotFinite(verdict)) = run(&mut trainer, Some(folder.path())) else {
            panic!("{learning_rate} is too large for {batch:?}");
        };
        assert!(verdict.step >= 1 && !verdict.place.is_empty() && !verdict.op.is_empty(), "{verdict}");
        assert!(verdict.values.to_string().contains("not finite"), "{verdict}");
        assert!(verdict.cause.to_string().contains("learning rate"), "{verdict}");
        assert!(verdict.mend.to_string().contains(&format!(" {tenth} (a tenth)")), "{verdict}");
        let text = Error::NotFinite(verdict).to_string();
        assert!(text.contains("training stopped at step") && text.contains("mend"), "{text}");
        let mut again = self::trainer(&model, &settings, &Threads::new(1));
        again.restore(folder.path()).unwrap();
        assert!(again.theta().iter().all(|w| w.is_finite()), "checkpoints hold only finite weights");
    }
}

#[test]
fn checkpoints_hold_only_finite_weights_even_within_an_epoch() {
    let model = crate::common::model("dense 9 relu, dense 3", "squared_error", 6, 3);
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
    let model = crate::common::model("dense 9 relu, dense 3", "squared_error", 6, 3);
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
    let model = crate::common::model("dense 40 tanh, dense 3 softmax", "softmax_cross_entropy", 6, 3);
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
    let model = crate::common::model("dense 9 relu, dense 3 softmax", "softmax_cross_entropy", 6, 3);
    // Weights that hardly move: the batches' losses are those of one θ, the last batch a short one.
    for batch in [Batch::Of(44), Batch::Of(20), Batch::Of(1)] {
        let settings = Settings { batch, learning_rate: 1e-12, epochs: 1, ..settings() };
        let mut trainer = trainer(&model, &settings, &Threads::new(1));
        run(&mut trainer, None).unwrap();
        let train = DATA.parts(45).train;
        let all = Evaluator::new(&model, &Threads::new(1))
            .evaluate(trainer.theta(), trainer.memory(), &DATA, &train)
            .unwrap();
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
    let model = crate::common::model("dense 1 sigmoid init=zeros", "binary_cross_entropy", 1, 2);
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
