//! What goes wrong in a training without ending it: told once, with its numbers, from the epoch since when it is so.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::common::{DATA, settings, trainer};
use gradus::threads::Threads;
use gradus::train::{Batch, EpochRecord, Event, Found, Notice, Notices, Samples, Settings, Units};

/// An epoch of these losses.
fn epoch(epoch: u64, train_loss: f64, validation_loss: Option<f64>) -> EpochRecord {
    EpochRecord {
        epoch,
        step: 10 * epoch,
        train_loss,
        validation_loss,
        validation_accuracy: None,
        learning_rate: 0.01,
        seconds: epoch as f64,
        passes: 100 * epoch,
        diversity: None,
        examples_per_second: 1.0,
        best: false,
        units: None,
        theta_hash: String::new(),
    }
}

/// After which epochs something new is told, and what.
fn told(history: &[EpochRecord]) -> Vec<(u64, Notice)> {
    let mut notices = Notices::default();
    history
        .iter()
        .flat_map(|e| notices.add(e).into_iter().map(|n| (e.epoch, n)).collect::<Vec<_>>())
        .collect()
}

/// The least validation loss is in epoch 4; eight epochs later, and 5 % higher, it is overfitting since then.
#[test]
fn overfitting_is_told_once_with_the_best_epoch() {
    let validation = [0.7, 0.6, 0.5, 0.4, 0.41, 0.42, 0.43, 0.44, 0.45, 0.46, 0.47, 0.48, 0.49, 0.5];
    let history: Vec<_> = (1..).zip(validation).map(|(k, v)| epoch(k, 1.0 / k as f64, Some(v))).collect();
    let all = told(&history);
    assert_eq!(all.len(), 1, "{all:?}");
    let (when, notice) = &all[0];
    assert_eq!((*when, notice.since, notice.epoch), (12, 4, 12));
    let numbers = Found::Overfitting {
        validation_then: 0.4,
        validation_now: 0.48,
        train_then: 0.25,
        train_now: 1.0 / 12.0,
    };
    assert_eq!(notice.found, numbers);
    let text = notice.to_string();
    for part in ["since epoch 4", "0.4000", "0.4800", "0.2500", "0.0833", "mend: "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // It goes on with its numbers of the moment, also when they tremble, and ends when validation is better than ever.
    let mut notices = Notices::of(&history);
    assert_eq!(notices.all()[0].epoch, 14);
    assert!(notices.add(&epoch(15, 0.3, Some(0.401))).is_empty());
    assert_eq!((notices.all()[0].since, notices.all()[0].epoch), (4, 15));
    assert!(notices.add(&epoch(16, 0.05, Some(0.6))).is_empty());
    notices.add(&epoch(17, 0.05, Some(0.3)));
    assert!(notices.all().is_empty());
}

#[test]
fn what_is_no_overfitting_is_not_told() {
    let long = |validation: fn(u64) -> Option<f64>, train: fn(u64) -> f64| -> Vec<EpochRecord> {
        (1..=40).map(|k| epoch(k, train(k), validation(k))).collect()
    };
    let falls = |k: u64| 1.0 / k as f64;
    // Validation stands still, trembles by less than 5 %, or is not there at all.
    assert!(told(&long(|_| Some(0.5), falls)).is_empty());
    assert!(told(&long(|k| Some(0.5 + 0.009 * (k % 2) as f64), falls)).is_empty());
    assert!(told(&long(|_| None, falls)).is_empty());
    // Both rise: that is something else.
    assert!(told(&long(|k| Some(0.5 + 0.01 * k as f64), |k| 1.0 + 0.001 * k as f64)).is_empty());
    // A rise that has lasted four epochs.
    assert!(
        told(&(1..=5).map(|k| epoch(k, falls(k), Some(0.5 + 0.1 * k as f64))).collect::<Vec<_>>()).is_empty()
    );
}

#[test]
fn diverging_is_told_when_the_loss_is_twice_the_first() {
    let losses = [1.0, 0.8, 1.9, 2.1, 3.0, 0.5, 4.0];
    let history: Vec<_> = (1..).zip(losses).map(|(k, loss)| epoch(k, loss, None)).collect();
    let all = told(&history);
    let when: Vec<_> = all.iter().map(|(when, notice)| (*when, notice.since)).collect();
    assert_eq!(when, [(4, 4), (7, 7)], "told again only after it had ended");
    assert!(all[0].1.to_string().contains("0.001 (a tenth)"), "{}", all[0].1);
}

#[test]
fn units_are_told_of_layer_by_layer_and_until_they_are_counted_again() {
    let counted = |dead: usize, share: f64| {
        let (layer, function) = ("1.dense".to_string(), "relu".to_string());
        let relu = Units { layer, function, units: 8, dead: Some(dead), saturated: None };
        let (layer, function) = ("2.dense".to_string(), "tanh".to_string());
        Some(vec![relu, Units { layer, function, units: 8, dead: None, saturated: Some(share) }])
    };
    let history: Vec<EpochRecord> = (1..)
        .zip([None, counted(2, 0.5), counted(3, 0.51), None, counted(4, 0.2), counted(0, 0.0)])
        .map(|(k, units)| EpochRecord { units, ..epoch(k, 1.0, None) })
        .collect();
    let all = told(&history);
    let kinds: Vec<_> =
        all.iter().map(|(when, n)| (*when, n.since, serde_json::to_value(n).unwrap())).collect();
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    assert_eq!((kinds[0].0, &kinds[0].2["kind"], &kinds[0].2["dead"]), (3, &"dead".into(), &3.into()));
    assert_eq!(
        (kinds[1].0, &kinds[1].2["kind"], &kinds[1].2["share"]),
        (3, &"saturated".into(), &0.51.into())
    );
    assert!(kinds[0].2["words"]["code"].as_str().unwrap().contains("{dead} of {units}"));
    let after = |n: usize| Notices::of(&history[..n]).all().iter().map(|n| n.since).collect::<Vec<_>>();
    assert_eq!((after(4), after(5), after(6)), (vec![3, 3], vec![3], vec![]));
}

/// Steps that are far too long throw all inputs of the ReLUs below zero. The training says so, the count is that of plain
/// loops over the weights, and a training that was stopped and resumed says the same.
#[test]
fn dying_units_are_counted_and_told_in_a_training() {
    let model = crate::common::model("dense 12 relu, dense 3", "squared_error", 6, 3);
    let settings = Settings {
        batch: Batch::All,
        learning_rate: 3.0,
        optimizer: "adam".into(),
        epochs: 130,
        ..settings()
    };
    // All in one, or stopped after that step and resumed.
    let events = |stop_at: Option<u64>| {
        let (folder, stop) = (tempfile::tempdir().unwrap(), AtomicBool::new(false));
        let (mut notices, mut theta, mut history) = (Vec::new(), Vec::new(), Vec::new());
        for start in 0..=u32::from(stop_at.is_some()) {
            let mut trainer = trainer(&model, &settings, &Threads::new(1));
            if start > 0 {
                trainer.restore(folder.path()).unwrap();
            }
            stop.store(false, Relaxed);
            let mut watcher = |event: &Event| match event {
                Event::Notice(notice) => notices.push(notice.clone()),
                Event::Step { step, .. } => stop.store(Some(*step) == stop_at, Relaxed),
                _ => {}
            };
            history = trainer.run(Some(folder.path()), &mut watcher, &stop).unwrap().history;
            theta = trainer.theta().to_vec();
        }
        (notices, theta, history)
    };
    let (notices, theta, history) = events(None);
    let (notice, dead) = notices
        .iter()
        .find_map(|notice| match notice.found {
            Found::Dead { dead, .. } => Some((notice, dead)),
            _ => None,
        })
        .unwrap_or_else(|| panic!("{notices:?}"));
    assert!(dead > 3 && notice.since == notice.epoch, "{notice}");
    let counted: Vec<_> = history.iter().filter(|e| e.units.is_some()).collect();
    // 45 examples and three passes for each: 8192 passes are over in the 61st epoch, and again in the 122nd.
    assert_eq!(counted.iter().map(|e| e.epoch).collect::<Vec<_>>(), [61, 122]);
    // From then on the weights before a dead unit stand still, so the last weights tell the same.
    let mut x = [0.0f32; 6];
    let mut alive = [false; 12];
    for example in DATA.parts(45).train {
        DATA.read(example as usize, &mut x);
        for (unit, alive) in alive.iter_mut().enumerate() {
            let z: f32 = (0..6).map(|i| x[i] * theta[12 * i + unit]).sum::<f32>() + theta[72 + unit];
            *alive |= z > 0.0;
        }
    }
    let units = &counted[1].units.as_ref().unwrap()[0];
    assert_eq!(units.dead, Some(alive.iter().filter(|alive| !**alive).count()), "{units:?}");
    let (again, same, _) = events(Some(90));
    assert_eq!((again, same), (notices, theta), "resumed in mid-training");
}
