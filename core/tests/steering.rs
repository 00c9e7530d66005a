//! A training that was steered by hand, and is repeated from its record, or killed and resumed, ends with the same weights.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use crate::common::{net, settings, trainer};
use gradus::threads::Threads;
use gradus::train::{
    Between, Change, Event, Order, Outcome, Record, Settings, Stopped, Trainer, What, model_hash,
    steering_path,
};
use gradus::{Error, Result};

/// Somebody who makes `planned` changes, each once, and writes them down; `killed` after so many steps.
struct Hand {
    record: Record,
    planned: Vec<Change>,
    killed: Option<u64>,
    rates: Vec<f64>,
}

impl Hand {
    fn new(record: Record, planned: &[Change]) -> Hand {
        Hand { record, planned: planned.into(), killed: None, rates: Vec::new() }
    }
}

impl gradus::train::Watcher for Hand {
    fn see(&mut self, event: &Event) {
        if let Event::Step { learning_rate, .. } = event {
            self.rates.push(*learning_rate);
        }
    }

    fn between(&mut self, here: &Between) -> Result<Order> {
        if self.killed == Some(here.step) {
            return Err(Error::Settings { message: "killed".into(), mend: "resume".into() });
        }
        let due = self.planned.iter().filter(|c| c.after_step == here.step).copied().collect::<Vec<_>>();
        self.planned.retain(|c| c.after_step != here.step);
        for change in due {
            self.record.add(change)?;
        }
        Ok(self.record.at(here.step))
    }
}

fn go(trainer: &mut Trainer, folder: &Path, hand: &mut Hand) -> Result<Outcome> {
    trainer.run(Some(folder), hand, &AtomicBool::new(false))
}

fn hash(trainer: &Trainer) -> String {
    model_hash(trainer.theta(), trainer.memory())
}

fn plan() -> [Change; 3] {
    [
        Change { after_step: 0, what: What::Rate { factor: 2.0 } },
        Change { after_step: 4, what: What::Rate { factor: 0.1 } },
        Change { after_step: 7, what: What::Stop },
    ]
}

fn quick() -> Settings {
    // Every checkpoint is written: whoever is killed goes on from his last step but one, or the one before.
    Settings { optimizer: "adam".into(), checkpoint_seconds: 0.0, ..settings() }
}

#[test]
fn repeated_from_its_record_it_ends_with_the_same_weights() {
    let (model, threads, settings) = (net(), Threads::new(1), quick());
    let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let mut hand = Hand::new(Record::open(first.path()).unwrap(), &plan());
    let mut steered = trainer(&model, &settings, &threads);
    let outcome = go(&mut steered, first.path(), &mut hand).unwrap();
    assert_eq!((outcome.stopped, outcome.steps), (Stopped::Steered, 7));
    assert_eq!(outcome.history.len(), 3, "the third epoch is judged as far as it came");
    let eta = settings.learning_rate;
    assert_eq!(hand.rates, [2.0, 2.0, 2.0, 2.0, 0.1, 0.1, 0.1].map(|factor| eta * factor));

    let read = Record::open(first.path()).unwrap();
    assert_eq!(read.changes(), plan());
    let mut again = trainer(&model, &settings, &Threads::new(2));
    let mut replay = Hand::new(Record::repeat(second.path(), &read).unwrap(), &[]);
    assert_eq!(go(&mut again, second.path(), &mut replay).unwrap().stopped, Stopped::Steered);
    assert_eq!(hash(&again), hash(&steered));
    // And its own record repeats it once more.
    assert_eq!(Record::open(second.path()).unwrap().changes(), plan());

    let mut untouched = trainer(&model, &Settings { steps: Some(7), ..settings.clone() }, &threads);
    crate::common::run(&mut untouched, None).unwrap();
    assert_ne!(hash(&untouched), hash(&steered), "the changes change something");
}

#[test]
fn killed_at_any_step_and_resumed_it_ends_with_the_same_weights() {
    let (model, threads, settings) = (net(), Threads::new(1), quick());
    let changes = &plan()[..2];
    let whole = tempfile::tempdir().unwrap();
    let mut steered = trainer(&model, &settings, &threads);
    go(&mut steered, whole.path(), &mut Hand::new(Record::open(whole.path()).unwrap(), changes)).unwrap();
    for (killed, seconds) in (1..12).flat_map(|step| [(step, 0.0), (step, 1e9)]) {
        // With a checkpoint of the very step, and with none but that of the last epoch: changes behind it come from the record.
        let settings = Settings { checkpoint_seconds: seconds, ..settings.clone() };
        let folder = tempfile::tempdir().unwrap();
        let mut hand = Hand::new(Record::open(folder.path()).unwrap(), changes);
        hand.killed = Some(killed);
        go(&mut trainer(&model, &settings, &threads), folder.path(), &mut hand).unwrap_err();
        let mut resumed = trainer(&model, &settings, &threads);
        resumed.restore(folder.path()).unwrap();
        let planned = changes.iter().filter(|c| c.after_step >= killed).copied().collect::<Vec<_>>();
        let mut hand = Hand::new(Record::open(folder.path()).unwrap(), &planned);
        go(&mut resumed, folder.path(), &mut hand).unwrap();
        assert_eq!(hash(&resumed), hash(&steered), "killed before step {}", killed + 1);
    }
}

#[test]
fn stopped_and_resumed_it_is_as_if_nobody_had_stopped_it() {
    let (model, threads, settings) = (net(), Threads::new(1), quick());
    let mut undisturbed = trainer(&model, &settings, &threads);
    crate::common::run(&mut undisturbed, None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let stop = [Change { after_step: 7, what: What::Stop }];
    let mut hand = Hand::new(Record::open(folder.path()).unwrap(), &stop);
    go(&mut trainer(&model, &settings, &threads), folder.path(), &mut hand).unwrap();
    let mut record = Record::open(folder.path()).unwrap();
    record.go_on().unwrap();
    let mut resumed = trainer(&model, &settings, &threads);
    resumed.restore(folder.path()).unwrap();
    let outcome = go(&mut resumed, folder.path(), &mut Hand::new(record, &[])).unwrap();
    assert_eq!((outcome.stopped, hash(&resumed)), (Stopped::Epochs, hash(&undisturbed)));
    // Repeated, it is not stopped either.
    let repeated = Record::open(folder.path()).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(Record::repeat(elsewhere.path(), &repeated).unwrap().changes(), []);
}

/// Who made the rate too large is told of that rate, not of the one in the settings.
#[test]
fn a_verdict_names_the_rate_that_was_set_by_hand() {
    let (model, settings) = (net(), Settings { optimizer: "sgd".into(), ..settings() });
    let folder = tempfile::tempdir().unwrap();
    let change = [Change { after_step: 2, what: What::Rate { factor: 1e20 } }];
    let mut hand = Hand::new(Record::open(folder.path()).unwrap(), &change);
    let mut steered = trainer(&model, &settings, &Threads::new(1));
    let error = go(&mut steered, folder.path(), &mut hand).unwrap_err();
    let Error::NotFinite(verdict) = error else { panic!("{error}") };
    assert!(verdict.cause.to_string().contains("rate 2e18 is"), "{verdict}");
}

#[test]
fn a_record_that_cannot_be_read_or_a_rate_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut record = Record::open(folder.path()).unwrap();
    for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = record.add(Change { after_step: 1, what: What::Rate { factor } }).unwrap_err();
        assert!(matches!(error, Error::Range { .. }), "{error}");
    }
    assert!(!steering_path(folder.path()).exists());
    std::fs::write(
        steering_path(folder.path()),
        "{\"after_step\":1,\"do\":\"rate\",\"factor\":0.5}\nnonsense\n",
    )
    .unwrap();
    let error = Record::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("line 2"), "{error}");
}
