//! Every schedule: its rates against PyTorch's, what it does at its edges, what it refuses, and its line.

use crate::common::{cases, fixture, floats, pointed_at};
use gradus::Error;
use gradus::schedules::{Choice, Horizon, Judged, SCHEDULES, Schedule, Seen};

fn horizon(steps: u64) -> Horizon {
    Horizon { steps_per_epoch: 10, steps: Some(steps), validates: true }
}

fn made(line: &str, horizon: &Horizon) -> Box<dyn Schedule> {
    Choice::parse(line).unwrap().build(horizon).unwrap()
}

fn factors(line: &str, steps: u64) -> Vec<f64> {
    let schedule = made(line, &horizon(steps));
    (0..steps).map(|t| schedule.factor(t, &Seen::default())).collect()
}

fn validated(score: Option<f64>) -> Judged {
    Judged { train_loss: 9.0, validation_loss: score, validation_accuracy: score, by_accuracy: false }
}

fn assert_near(got: f64, want: f64, base: f64, what: &str) {
    assert!((got - want).abs() <= 1e-12 * base, "{what}: {got}, not {want}");
}

#[test]
fn every_schedule_gives_pytorchs_rates() {
    let file = fixture("schedules");
    let base = file["rate"].as_f64().unwrap();
    let mut tried = Vec::new();
    for case in cases(&file) {
        let number = |name: &str| case[name].as_u64().unwrap();
        let (line, steps) = (case["line"].as_str().unwrap(), number("steps"));
        let horizon = Horizon { steps_per_epoch: number("steps_per_epoch"), ..horizon(steps) };
        let choice = Choice::parse(line).unwrap();
        tried.extend(choice.links.iter().map(|link| link.entry.name));
        let schedule = choice.build(&horizon).unwrap();
        let rates = floats(&case["rates"]);
        assert_eq!(rates.len() as u64, steps);
        for (t, want) in rates.into_iter().enumerate() {
            let got = base * schedule.factor(t as u64, &Seen::default());
            assert_near(got, want, base, &format!("{line}, after {t} steps"));
        }
    }
    for case in file["plateaus"].as_array().unwrap() {
        let line = case["line"].as_str().unwrap();
        tried.push("reduce_on_plateau");
        let (schedule, mut seen) = (made(line, &horizon(1000)), Seen::default());
        let epochs = floats(&case["scores"]).into_iter().zip(floats(&case["rates"]));
        for (epoch, (score, want)) in epochs.enumerate() {
            let t = 10 * epoch as u64;
            assert_near(base * schedule.factor(t, &seen), want, base, &format!("{line}, epoch {epoch}"));
            schedule.judged(t + 10, &validated(Some(score)), &mut seen);
        }
        assert!(seen.cuts > 0, "{line} is tried");
    }
    for entry in SCHEDULES {
        assert!(tried.contains(&entry.name), "{} is compared with nothing", entry.name);
    }
}

#[test]
fn every_schedule_reads_its_own_line_and_stays_within_its_rate() {
    for entry in SCHEDULES {
        let choice = Choice::parse(entry.name).unwrap();
        let line = choice.line();
        assert_eq!(Choice::parse(&line).unwrap().line(), line);
        assert_eq!(factors(&line, 300), factors(entry.name, 300), "{line}");
        assert!(factors(&line, 300).iter().all(|s| (0.0..=1.0).contains(s)), "{line}");
        // However short or long the training is, and long after its end.
        for steps in [1, 2, 3, 10] {
            let horizon = horizon(steps);
            let schedule = made(entry.name, &Horizon { steps: Some(steps + 10), ..horizon });
            for t in [0, 1, steps, 1_000_000, u64::MAX >> 1] {
                let s = schedule.factor(t, &Seen::default());
                assert!((0.0..=1.0).contains(&s), "{line} of {steps} steps is {s} after {t}");
            }
        }
    }
}

#[test]
fn what_has_an_end_stays_there() {
    for (line, end) in [
        ("cosine steps=40 end=0.1", 0.1),
        ("polynomial steps=40 power=2 end=0.3", 0.3),
        ("one_cycle steps=40 end=0.01", 0.01),
        ("one_cycle steps=40 phases=3 end=0.01 rise=0.4", 0.01),
        ("warmup steps=7 over cosine steps=33", 0.0),
    ] {
        let schedule = made(line, &horizon(1000));
        for t in [40, 41, 99, 100_000] {
            assert_near(schedule.factor(t, &Seen::default()), end, 1.0, line);
        }
        assert!(schedule.factor(38, &Seen::default()) > end, "{line}");
    }
}

#[test]
fn a_warm_up_begins_above_zero_and_arrives_with_its_last_step() {
    assert_eq!(factors("warmup steps=4", 6), [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
    assert_eq!(factors("warmup steps=4 start=0.5", 5), [0.625, 0.75, 0.875, 1.0, 1.0]);
    assert_eq!(factors("warmup steps=1 over step steps=2", 5)[..3], [1.0, 1.0, 1.0]);
    let twice = factors("warmup steps=2 over warmup steps=2 over step steps=1 factor=0.5", 6);
    assert_eq!(twice, [0.5, 1.0, 0.5, 1.0, 1.0, 0.5]);
}

#[test]
fn lengths_in_epochs_and_of_the_training_are_those_steps() {
    assert_eq!(factors("cosine epochs=5", 60), factors("cosine steps=50", 60));
    assert_eq!(factors("cosine", 60), factors("cosine steps=60", 60));
    assert_eq!(factors("cosine steps=run", 60), factors("cosine steps=60", 60));
    assert_eq!(
        factors("warmup epochs=2 over cosine", 60),
        factors("warmup steps=20 over cosine steps=40", 60)
    );
    assert_eq!(factors("step epochs=0.001", 5), factors("step steps=1", 5), "a length is at least a step");
    for (line, follows) in [("cosine", true), ("warmup over one_cycle", true), ("cosine steps=5", false)] {
        assert_eq!(Choice::parse(line).unwrap().follows_run(), follows, "{line}");
    }
}

#[test]
fn what_cannot_be_known_is_refused() {
    let unlimited = Horizon { steps: None, ..horizon(1) };
    let blind = Horizon { validates: false, ..horizon(100) };
    let told = |line: &str, horizon: &Horizon| match Choice::parse(line).unwrap().build(horizon) {
        Err(Error::Settings { message, mend }) => format!("{message}: {mend}"),
        Err(other) => panic!("{line}: {other}"),
        Ok(_) => panic!("{line} is built"),
    };
    for name in ["cosine", "polynomial", "one_cycle"] {
        let text = told(name, &unlimited);
        assert!(text.contains(name) && text.contains("how long") && text.contains("epochs="), "{text}");
        assert!(told(&format!("warmup steps=5 over {name}"), &unlimited).contains("how long"));
        assert!(Choice::parse(&format!("{name} epochs=3")).unwrap().build(&unlimited).is_ok());
    }
    assert!(told("warmup steps=100 over cosine", &blind).contains("nothing of the training is left"));
    assert!(told("reduce_on_plateau", &blind).contains("watch=train_loss"));
    assert!(Choice::parse("reduce_on_plateau watch=train_loss").unwrap().build(&blind).is_ok());
    assert!(told("one_cycle phases=3 rise=0.5", &horizon(100)).contains("below 0.5"));
    for entry in SCHEDULES.iter().filter(|e| e.times.as_ref().is_none_or(|t| t.default != "steps=run")) {
        assert!(Choice::parse(entry.name).unwrap().build(&unlimited).is_ok(), "{}", entry.name);
    }
}

#[test]
fn a_wrong_word_is_pointed_at() {
    for (line, word, mend) in [
        ("cosin", "cosin", "did you mean `cosine`?"),
        ("", "", "for example cosine"),
        ("cosine steps=0", "steps=0", "a whole number from 1, or `run`"),
        ("cosine steps=1.5", "steps=1.5", "a whole number from 1"),
        ("cosine steps=5,9", "steps=5,9", "a whole number from 1"),
        ("cosine epochs=-1", "epochs=-1", "a number above 0"),
        ("cosine epochs=run", "epochs=run", "a number above 0"),
        ("cosine epochs=inf", "epochs=inf", "a number above 0"),
        ("cosine steps=9 epochs=2", "epochs=2", "keep one of them"),
        ("cosine end=2", "end=2", "[0, 1]"),
        ("cosine factor=2", "factor=2", "known: end, steps, epochs"),
        ("constant steps=4", "steps=4", "none"),
        ("multi_step steps=5,5", "steps=5,5", "several that grow"),
        ("multi_step steps=run", "steps=run", "several that grow"),
        ("multi_step epochs=3,1", "epochs=3,1", "several that grow"),
        ("step factor=1", "factor=1", "(0, 1)"),
        ("warm_restarts multiply=1.5", "multiply=1.5", "whole number"),
        ("reduce_on_plateau watch=los", "watch=los", "train_loss"),
        ("warmup steps=4 cosine", "cosine", "write `over`"),
        ("warmup steps=4 over", "", "for example cosine"),
        ("cosine over step", "over", "does not belong"),
    ] {
        let error = Choice::parse(line).err().unwrap_or_else(|| panic!("`{line}` was read"));
        assert_eq!(pointed_at(&error), word, "{line}");
        assert!(error.to_string().contains(mend), "{line}: {error}");
    }
}

#[test]
fn the_plateau_watches_what_it_is_told_to() {
    let cuts = |watch: &str, by_accuracy: bool, epochs: &[(f64, Option<f64>, Option<f64>)]| {
        let schedule = made(&format!("reduce_on_plateau patience=0 watch={watch}"), &horizon(1000));
        let mut seen = Seen::default();
        for (train_loss, validation_loss, validation_accuracy) in epochs.iter().copied() {
            let epoch = Judged { train_loss, validation_loss, validation_accuracy, by_accuracy };
            schedule.judged(1, &epoch, &mut seen);
        }
        seen.cuts
    };
    // The training loss falls, the validation loss stays, the accuracy falls.
    let course = [(3.0, Some(1.0), Some(0.9)), (2.0, Some(1.0), Some(0.8)), (1.0, Some(1.0), Some(0.7))];
    assert_eq!(cuts("train_loss", true, &course), 0);
    assert_eq!(cuts("loss", true, &course), 2);
    let rising = course.map(|(a, b, c)| (a, b.map(|b| b - a / 10.0), c.map(|c| 1.0 - c)));
    assert_eq!([cuts("accuracy", false, &rising), cuts("loss", false, &rising)], [0, 2]);
    assert_eq!([cuts("monitor", true, &rising), cuts("monitor", false, &rising)], [0, 2]);
    // A loss that is no number is no improvement, not even the first.
    assert_eq!(cuts("loss", false, &[(1.0, None, None), (1.0, Some(5.0), None), (1.0, None, None)]), 2);
}

#[test]
fn a_plateau_behind_a_warm_up_hears_nothing_before_its_end() {
    let schedule = made("warmup steps=20 over reduce_on_plateau patience=0 factor=0.5", &horizon(1000));
    let mut seen = Seen::default();
    for t in [10, 20] {
        schedule.judged(t, &validated(Some(1.0)), &mut seen);
    }
    assert_eq!(seen, Seen::default());
    schedule.judged(30, &validated(Some(1.0)), &mut seen);
    schedule.judged(40, &validated(Some(1.0)), &mut seen);
    assert_eq!((seen.cuts, schedule.factor(40, &seen), schedule.factor(9, &seen)), (1, 0.5, 0.5));
}
