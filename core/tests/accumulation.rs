//! Steps made from several batches: the training is that of large batches, whatever is in memory at a time.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use crate::common::{DATA, net, picture_net, run, settings, trainer};
use gradus::Error;
use gradus::threads::Threads;
use gradus::train::{Batch, ClassWeights, Event, Parts, Samples, Settings, Trainer};

/// 45 examples in steps of 20 are 20, 20 and 5.
const WAYS: [(usize, u64); 5] = [(20, 1), (10, 2), (5, 4), (7, 3), (1, 20)];

#[test]
fn accumulated_trainings_are_those_of_large_batches() {
    let models = [net(), picture_net()];
    for (model, optimizer) in
        models.iter().flat_map(|m| ["sgd", "momentum", "adam epsilon=0.01"].map(|o| (m, o)))
    {
        let after = |batch, accumulate| {
            let class_weights = ClassWeights::Balanced;
            let (batch, optimizer) = (Batch::Of(batch), optimizer.into());
            let settings = Settings { batch, accumulate, optimizer, class_weights, ..settings() };
            let mut trainer = trainer(model, &settings, &Threads::new(1));
            let outcome = run(&mut trainer, None).unwrap();
            (trainer.theta().to_vec(), outcome)
        };
        for (batch, accumulate) in WAYS {
            let (large, of_large) = after(batch * accumulate as usize, 1);
            let (theta, outcome) = after(batch, accumulate);
            assert_eq!(outcome.steps, of_large.steps, "{batch} × {accumulate}");
            for (i, (large, parts)) in large.iter().zip(&theta).enumerate() {
                assert!(
                    (large - parts).abs() < 2e-5,
                    "{optimizer}, {batch} × {accumulate}: weight {i} is {parts}, not {large}"
                );
            }
            for (large, parts) in of_large.history.iter().zip(&outcome.history) {
                assert!((large.train_loss - parts.train_loss).abs() < 1e-5, "{batch} × {accumulate}");
            }
        }
    }
}

#[test]
fn any_accumulation_sees_every_example_once_an_epoch() {
    let model = net();
    for (batch, accumulate, seen) in [
        (20, 2, vec![40, 45]),
        (7, 3, vec![21, 42, 45]),
        (44, 2, vec![45]),
        (45, 3, vec![45]),
        (9, 5, vec![45]),
        (1, 44, vec![44, 45]),
        (10, u64::MAX, vec![45]),
    ] {
        let settings = Settings { batch: Batch::Of(batch), accumulate, epochs: 2, ..settings() };
        let mut told = Vec::new();
        let mut watcher = |event: &Event| match event {
            Event::Start { steps_per_epoch, .. } => assert_eq!(*steps_per_epoch, seen.len() as u64),
            Event::Step { seen, .. } => told.push(*seen),
            _ => {}
        };
        let mut trainer = trainer(&model, &settings, &Threads::new(1));
        let outcome = trainer.run(None, &mut watcher, &AtomicBool::new(false)).unwrap();
        assert_eq!(told, [seen.clone(), seen.clone()].concat(), "{batch} × {accumulate}");
        assert_eq!(outcome.steps, 2 * seen.len() as u64);
        assert!(outcome.history.iter().all(|e| e.train_loss.is_finite()));
    }
}

/// Remembers what was read.
struct Watched(Mutex<Vec<usize>>);

impl Samples for Watched {
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
        self.0.lock().unwrap().push(index);
        DATA.read(index, into);
    }
}

#[test]
fn one_epoch_reads_each_example_once_in_the_order_of_large_batches() {
    let model = net();
    let read = |batch, accumulate| {
        let data = Watched(Mutex::new(Vec::new()));
        let parts = Parts { train: (0..45).collect(), ..Parts::default() };
        let settings = Settings { batch: Batch::Of(batch), accumulate, epochs: 1, ..settings() };
        let mut trainer = Trainer::new(&model, &data, parts, settings, &Threads::new(1), "").unwrap();
        run(&mut trainer, None).unwrap();
        data.0.into_inner().unwrap()
    };
    for (batch, accumulate) in WAYS {
        assert_eq!(read(batch, accumulate), read(batch * accumulate as usize, 1), "{batch} × {accumulate}");
    }
}

/// One example, read late in the epoch, is no number.
struct Spoilt;

impl Samples for Spoilt {
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
        if index == 17 {
            into.fill(f32::NAN);
        }
    }
}

#[test]
fn the_verdict_finds_the_part_that_is_no_number() {
    let model = net();
    for seed in 0..8 {
        let settings = Settings { batch: Batch::Of(10), accumulate: 5, seed, ..settings() };
        let parts = Parts { train: (0..45).collect(), ..Parts::default() };
        let mut trainer = Trainer::new(&model, &Spoilt, parts, settings, &Threads::new(1), "").unwrap();
        let Err(Error::NotFinite(verdict)) = run(&mut trainer, None) else { panic!("NaN is no number") };
        assert_eq!((verdict.place.as_str(), verdict.step), ("data", 1), "seed {seed}");
    }
}

#[test]
fn what_cannot_be_accumulated_is_refused() {
    let (model, threads) = (net(), Threads::new(1));
    let make = |settings| Trainer::new(&model, &DATA, DATA.parts(45), settings, &threads, "").err();
    let none = Settings { accumulate: 0, ..settings() };
    assert!(matches!(make(none), Some(Error::Range { name, .. }) if name == "accumulate"));
    let twice_all = Settings { accumulate: 2, batch: Batch::All, ..settings() };
    assert!(matches!(make(twice_all), Some(Error::Settings { .. })));
    assert!(make(Settings { batch: Batch::All, ..settings() }).is_none());
}
