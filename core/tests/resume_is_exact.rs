//! A training that was stopped or killed and went on is the training that was not; what a damaged checkpoint does.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::common::{DATA, bits, net, optimizer_lines, picture_net, run, settings, trainer, wrapper_lines};
use gradus::network::Model;
use gradus::schedules::SCHEDULES;
use gradus::threads::Threads;
use gradus::train::{
    Batch, ClassWeights, Event, Monitor, Outcome, Settings, Stopped, Trainer, checkpoint_path, previous_path,
};
use gradus::{Error, Result};

/// All that must be the same: every epoch but for its clock, and both θ, with what they remember, to the bit.
fn essence(trainer: &Trainer) -> String {
    let epochs = trainer.history().iter().map(|e| {
        let scores = (e.train_loss.to_bits(), e.validation_loss.map(f64::to_bits), e.validation_accuracy);
        format!(
            "{} {} {scores:?} {} {} {}\n",
            e.epoch,
            e.step,
            e.best,
            e.theta_hash,
            e.learning_rate.to_bits()
        )
    });
    let all = [trainer.theta(), trainer.best_theta(), trainer.memory(), trainer.best_memory()].map(bits);
    format!("{}{all:?}", epochs.collect::<String>())
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
fn a_network_on_pictures_stopped_at_any_step_and_resumed_is_the_same_training() {
    let (model, threads) = (picture_net(), Threads::new(2));
    let settings = Settings { optimizer: "adam".into(), ..settings() };
    let (want, _) = undisturbed(&model, &settings);
    for step in 1..12 {
        let folder = tempfile::tempdir().unwrap();
        let outcome = run_until(&mut trainer(&model, &settings, &threads), folder.path(), step);
        assert_eq!((outcome.stopped, outcome.steps), (Stopped::Asked, step));
        let mut resumed = trainer(&model, &settings, &Threads::new(1));
        resumed.restore(folder.path()).unwrap();
        run(&mut resumed, None).unwrap();
        assert_eq!(essence(&resumed), want, "stopped at step {step}");
    }
}

#[test]
fn stopped_at_any_step_and_resumed_is_the_same_training() {
    let (model, threads) = (net(), Threads::new(2));
    for line in optimizer_lines().into_iter().chain(wrapper_lines()) {
        let settings = Settings { optimizer: line.clone(), ..settings() };
        let (want, _) = undisturbed(&model, &settings);
        for step in 1..12 {
            let folder = tempfile::tempdir().unwrap();
            let outcome = run_until(&mut trainer(&model, &settings, &threads), folder.path(), step);
            assert_eq!((outcome.stopped, outcome.steps), (Stopped::Asked, step));
            let mut next = trainer(&model, &settings, &threads);
            next.restore(folder.path()).unwrap();
            let outcome = run(&mut next, Some(folder.path())).unwrap();
            assert_eq!((outcome.stopped, outcome.steps), (Stopped::Epochs, 12));
            assert!(essence(&next) == want, "{line} stopped at step {step} goes another way");
        }
    }
}

/// A line of each schedule that changes the rate within twelve steps.
fn line_of(schedule: &str) -> &str {
    match schedule {
        "step" => "step steps=5",
        "multi_step" => "multi_step steps=2,7",
        "noam" => "noam steps=4",
        "warm_restarts" => "warm_restarts steps=3",
        "warmup" => "warmup steps=4 over reduce_on_plateau patience=0 threshold=0.9 watch=train_loss",
        // Its only cut comes after the third epoch: it must know of the best and of the wait for it.
        "reduce_on_plateau" => "reduce_on_plateau patience=1 threshold=0.9",
        name => name,
    }
}

#[test]
fn stopped_at_any_step_every_schedule_goes_on_where_it_was() {
    let (model, threads) = (net(), Threads::new(1));
    for (entry, accumulate) in SCHEDULES.iter().zip([1, 2].into_iter().cycle()) {
        let (schedule, batch) = (line_of(entry.name).into(), Batch::Of(20 / accumulate as usize));
        let settings = Settings { schedule, batch, accumulate, optimizer: "momentum".into(), ..settings() };
        let mut rates = Vec::new();
        let mut watcher = |event: &Event| {
            if let Event::Step { learning_rate, .. } = event {
                rates.push(*learning_rate);
            }
        };
        let mut whole = trainer(&model, &settings, &threads);
        whole.run(None, &mut watcher, &AtomicBool::new(false)).unwrap();
        let want = essence(&whole);
        let changes = rates.windows(2).any(|pair| pair[0] != pair[1]);
        assert_eq!((rates.len(), changes), (12, entry.name != "constant"), "{}: {rates:?}", entry.name);
        for step in 1..12 {
            let folder = tempfile::tempdir().unwrap();
            run_until(&mut trainer(&model, &settings, &threads), folder.path(), step);
            let mut next = trainer(&model, &settings, &threads);
            next.restore(folder.path()).unwrap();
            run(&mut next, Some(folder.path())).unwrap();
            assert!(essence(&next) == want, "{} stopped at step {step} goes another way", entry.name);
        }
    }
}

#[test]
fn killed_at_any_step_and_resumed_is_the_same_training() {
    killed_and_resumed(&net());
    let norms = "batch_norm, dense 9 norm relu, dropout 0.3, dense 3 softmax";
    killed_and_resumed(&crate::common::model(norms, "softmax_cross_entropy", 6, 3));
}

fn killed_and_resumed(model: &Model) {
    let threads = Threads::new(1);
    let settings = Settings { checkpoint_seconds: 0.0, patience: 2, ..settings() };
    let (want, whole) = undisturbed(model, &settings);
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
    trainer(model, &settings, &threads)
        .run(Some(folder.path()), &mut watcher, &AtomicBool::new(false))
        .unwrap();
    for step in 1..=whole.steps {
        let mut next = trainer(model, &settings, &threads);
        let left = killed.path().join(step.to_string());
        // Who is killed in the first step begins anew.
        assert_eq!(checkpoint_path(&left).exists(), step > 1);
        if step > 1 {
            next.restore(&left).unwrap();
        }
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
        let model =
            if loss.len() > 21 { crate::common::model(&model.network.line(), loss, 6, 3) } else { net() };
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

/// A run folder with a checkpoint after step 3 and, before that, after the first.
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
    let wider = crate::common::model("dense 10 relu, dense 3 softmax", "softmax_cross_entropy", 6, 3);
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
