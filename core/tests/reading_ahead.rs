//! Batches that are read ahead are those that would be read when asked for: same bits on any number of threads, after a pause,
//! with changed and mixed pictures; and whatever happens, the training comes to an end.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};

use crate::common::{model, run};
use gradus::Error;
use gradus::network::Model;
use gradus::op::Shape;
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;
use gradus::train::{Batch, Event, Parts, Samples, Settings, Stopped, Trainer, theta_hash};

/// Pictures of 14 × 16 pixels in three channels, and what was read of them by whom.
#[derive(Default)]
struct Seen {
    costly: bool,
    read: Mutex<Vec<usize>>,
    by_loader: AtomicUsize,
    /// Which example is no number; which one makes reading panic.
    spoilt: Option<usize>,
    panics: Option<usize>,
    /// Whether the loader, and it alone, cannot read.
    loader_panics: bool,
}

const DIMS: [usize; 3] = [14, 16, 3];
const EXAMPLES: usize = 190;

impl Samples for Seen {
    fn len(&self) -> usize {
        EXAMPLES
    }
    fn inputs(&self) -> usize {
        DIMS.iter().product()
    }
    fn shape(&self) -> Shape {
        Shape::new(&DIMS)
    }
    fn is_costly(&self) -> bool {
        self.costly
    }
    fn classes(&self) -> usize {
        3
    }
    fn class(&self, index: usize) -> usize {
        index % 3
    }
    fn weight(&self, index: usize) -> f32 {
        1.0 + (index % 2) as f32
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        self.read.lock().unwrap().push(index);
        if std::thread::current().name() == Some("gradus-loader") {
            self.by_loader.fetch_add(1, Relaxed);
            assert!(!self.loader_panics, "the loader cannot read");
        }
        assert!(self.panics != Some(index), "example {index} cannot be read");
        let mut rng = Rng::new(11, Stream::Probe, index as u64);
        into.fill_with(|| rng.uniform() - 0.5);
        into[index % 3] += 2.0;
        if self.spoilt == Some(index) {
            into.fill(f32::NAN);
        }
    }
}

fn net() -> Model {
    model("dense 10 tanh, dropout 0.2, dense 3 softmax", "softmax_cross_entropy", 672, 3)
}

/// Steps of 70, 70 and 20 examples: 47,040 numbers are worth a loader.
fn settings() -> Settings {
    Settings { batch: Batch::Of(70), epochs: 4, seed: 5, learning_rate: 0.01, ..Settings::default() }
}

fn parts() -> Parts {
    Parts { train: (0..160).rev().collect(), validation: (160..EXAMPLES as u32).collect(), test: Vec::new() }
}

fn trained(data: &Seen, settings: &Settings, threads: usize) -> String {
    let model = net();
    let mut trainer =
        Trainer::new(&model, data, parts(), settings.clone(), &Threads::new(threads), "").unwrap();
    run(&mut trainer, None).unwrap();
    let losses: Vec<u64> = trainer.history().iter().map(|e| e.train_loss.to_bits()).collect();
    format!("{} {losses:?}", theta_hash(trainer.theta()))
}

/// What makes reading costly, or its order less plain.
fn ways() -> Vec<Settings> {
    vec![
        Settings { augment: "flip, shift 2, rotate 15, colour 0.3, cutout 5".into(), ..settings() },
        Settings { augment: "shift 3 edge=reflect, rotate 3".into(), mixup: 0.4, ..settings() },
        Settings {
            augment: "flip, colour 0.1".into(),
            mixup: 1.0,
            batch: Batch::Of(35),
            accumulate: 2,
            ..settings()
        },
        // Asks several times for the parts of a step.
        Settings {
            augment: "flip, colour 0.1".into(),
            batch: Batch::Of(40),
            accumulate: 3,
            optimizer: "sam over adam".into(),
            ..settings()
        },
        Settings {
            augment: "flip, colour 0.1".into(),
            batch: Batch::Of(40),
            accumulate: 4,
            check_gradient: Some(2),
            ..settings()
        },
        // One batch an epoch: what the last example is mixed with is the first.
        Settings { augment: "rotate 5".into(), mixup: 0.2, batch: Batch::All, ..settings() },
    ]
}

#[test]
fn the_bits_are_those_without_a_loader() {
    for settings in ways() {
        // On one thread nothing is read ahead.
        let alone = Seen::default();
        let want = trained(&alone, &settings, 1);
        assert_eq!(alone.by_loader.load(Relaxed), 0);
        for threads in [2, 3, 5] {
            let data = Seen::default();
            assert_eq!(trained(&data, &settings, threads), want, "{settings:?}, {threads} threads");
        }
    }
    let plain = trained(&Seen::default(), &settings(), 2);
    let costly = Seen { costly: true, ..Seen::default() };
    // Whether a loader gets a core before all is read is the machine's to say: not on the first try, if it is busy.
    let at_work = (0..100).any(|_| {
        assert_eq!(trained(&costly, &settings(), 2), plain);
        costly.by_loader.load(Relaxed) > 0
    });
    assert!(at_work, "a loader was at work");
    let all: Vec<String> = ways().iter().map(|s| trained(&Seen::default(), s, 1)).collect();
    assert!(all.iter().all(|hash| *hash != plain), "every way changes the training");
}

#[test]
fn plain_data_are_read_by_no_loader_and_each_example_once_an_epoch() {
    let data = Seen::default();
    let settings = Settings { epochs: 3, ..settings() };
    let model = net();
    let only = Parts { train: (0..160).collect(), ..Parts::default() };
    let mut trainer =
        Trainer::new(&model, &data, only.clone(), settings.clone(), &Threads::new(3), "").unwrap();
    run(&mut trainer, None).unwrap();
    assert_eq!((data.by_loader.load(Relaxed), data.read.lock().unwrap().len()), (0, 3 * 160));
    // Read ahead they are as well, but for two parts after the end.
    let data = Seen { costly: true, ..Seen::default() };
    let mut trainer = Trainer::new(&model, &data, only, settings, &Threads::new(3), "").unwrap();
    run(&mut trainer, None).unwrap();
    let read = data.read.lock().unwrap();
    for index in 0..160 {
        let times = read.iter().filter(|i| **i == index).count();
        assert!((3..=4).contains(&times), "example {index} was read {times} times");
    }
}

#[test]
fn stopped_at_any_step_it_goes_on_as_if_it_had_not_been() {
    let (model, data) = (net(), Seen::default());
    for settings in ways() {
        let steps = settings.steps_per_epoch(160) * settings.epochs;
        let new = || Trainer::new(&model, &data, parts(), settings.clone(), &Threads::new(2), "").unwrap();
        let mut whole = new();
        run(&mut whole, None).unwrap();
        for step in 1..steps {
            let folder = tempfile::tempdir().unwrap();
            let stop = AtomicBool::new(false);
            let mut watcher = |event: &Event| {
                if let Event::Step { step: now, .. } = event {
                    stop.store(*now == step, Relaxed);
                }
            };
            let mut first = new();
            let outcome = first.run(Some(folder.path()), &mut watcher, &stop).unwrap();
            assert_eq!((outcome.stopped, outcome.steps), (Stopped::Asked, step));
            let mut second = new();
            second.restore(folder.path()).unwrap();
            run(&mut second, None).unwrap();
            assert_eq!(theta_hash(second.theta()), theta_hash(whole.theta()), "{settings:?} at step {step}");
        }
    }
}

#[test]
fn the_same_trainer_can_be_run_on() {
    let (model, data) = (net(), Seen::default());
    let settings = &ways()[1];
    let want = trained(&data, settings, 1);
    let folder = tempfile::tempdir().unwrap();
    let mut trainer = Trainer::new(&model, &data, parts(), settings.clone(), &Threads::new(2), "").unwrap();
    for _ in 0..20 {
        let mut watcher = |_: &Event| {};
        // Asked to stop from the beginning, it makes one step.
        trainer.run(Some(folder.path()), &mut watcher, &AtomicBool::new(true)).unwrap();
        trainer.restore(folder.path()).unwrap();
    }
    assert!(want.starts_with(&theta_hash(trainer.theta())));
}

#[test]
fn an_error_or_a_panic_ends_it() {
    let model = net();
    for threads in [1, 2, 4] {
        let settings = &ways()[0];
        let spoilt = Seen { spoilt: Some(100), ..Seen::default() };
        let mut trainer =
            Trainer::new(&model, &spoilt, parts(), settings.clone(), &Threads::new(threads), "").unwrap();
        assert!(matches!(run(&mut trainer, None), Err(Error::NotFinite(_))));

        let broken = Seen { panics: Some(40), ..Seen::default() };
        let outcome =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| trained(&broken, settings, threads)));
        let said = outcome.expect_err("the panic goes on in the caller");
        assert_eq!(said.downcast_ref::<String>().unwrap(), "example 40 cannot be read");
    }
}

#[test]
fn a_loader_that_is_gone_is_not_waited_for() {
    let want = trained(&Seen::default(), &settings(), 1);
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        // Until it was the loader who came first.
        for _ in 0..100 {
            let data = Seen { costly: true, loader_panics: true, ..Seen::default() };
            let got = trained(&data, &settings(), 2);
            send.send((got, data.by_loader.load(Relaxed))).unwrap();
            if data.by_loader.load(Relaxed) > 0 {
                return;
            }
        }
    });
    loop {
        let answer = receive.recv_timeout(std::time::Duration::from_secs(100));
        let (got, by_loader) = answer.expect("the training waits for a thread that is gone");
        assert_eq!(got, want);
        if by_loader > 0 {
            return;
        }
    }
}

#[test]
fn what_cannot_be_changed_or_mixed_says_so() {
    let (table, model) = (
        crate::common::Clouds { examples: 60, inputs: 12, classes: 3 },
        crate::common::model("dense 3 softmax", "softmax_cross_entropy", 12, 3),
    );
    let new = |augment: &str, mixup| {
        let settings = Settings { augment: augment.into(), mixup, ..settings() };
        Trainer::new(&model, &table, table.parts(40), settings, &Threads::new(1), "").err()
    };
    assert!(new("none", 0.3).is_none());
    let error = new("flip", 0.0).unwrap().to_string();
    assert!(error.contains("flip 0.5") && error.contains("none"), "{error}");
    assert!(matches!(new("flipp", 0.0), Some(Error::Line { .. })));
    for alpha in [-0.1, f64::NAN, f64::INFINITY] {
        assert!(matches!(new("none", alpha), Some(Error::Range { .. })), "{alpha}");
    }
}
