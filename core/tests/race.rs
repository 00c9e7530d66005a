//! Optimizers side by side: everyone gets the same, and what is said about the noise is so.

use std::sync::atomic::AtomicBool;

use crate::common::{DATA, net, settings};
use gradus::optimizer::Objective;
use gradus::race::{Course, FunctionCourse, NetworkCourse, Race, race};
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;
use gradus::train::{Batch, Settings};
use gradus::{Error, Result};

/// ½ (x² + 25 y²)
struct Ravine;

impl Objective<f64> for Ravine {
    fn loss(&mut self, theta: &[f64]) -> f64 {
        height(theta)
    }
    fn gradient(&mut self, theta: &[f64], grad: &mut [f64]) -> f64 {
        grad.copy_from_slice(&[theta[0], 25.0 * theta[1]]);
        height(theta)
    }
}

fn height(theta: &[f64]) -> f64 {
    0.5 * (theta[0] * theta[0] + 25.0 * theta[1] * theta[1])
}

fn start(seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed, Stream::Probe, 0);
    vec![3.0 + rng.uniform() as f64, 1.0 + rng.uniform() as f64]
}

fn in_the_ravine(entries: &[&str], seeds: &[u64], tries: usize) -> Result<Race> {
    let threads = Threads::new(1);
    let course = FunctionCourse {
        objective: &|_| Box::new(Ravine),
        height: &height,
        start: &start,
        budget: 300,
        threads: &threads,
    };
    race(&course, entries, seeds, tries, &mut |_, _| {})
}

#[test]
fn everyone_starts_alike_gets_the_same_budget_and_is_tuned_by_as_many_tries() {
    let race = in_the_ravine(&["sgd", "momentum", "adam"], &[1, 2, 3], 5).unwrap();
    assert_eq!(race.racers.len(), 3);
    for racer in &race.racers {
        assert_eq!((racer.trials.len(), racer.runs.len()), (5, 3), "{}", racer.name);
        let least = racer.trials.iter().min_by(|a, b| a.result.total_cmp(&b.result)).unwrap();
        assert_eq!(racer.learning_rate, least.size, "{}: the best size tried is run with", racer.name);
        for (run, seed) in racer.runs.iter().zip([1, 2, 3]) {
            let [first, .., last] = &run.points[..] else { panic!("a run has points") };
            assert_eq!(run.path[0], start(seed)[..], "{}: seed {seed} starts where it says", racer.name);
            assert_eq!((first.step, first.passes), (0, 0));
            assert_eq!((last.step, last.passes), (100, 300), "a gradient is three passes");
            assert_eq!(run.result, last.train);
        }
    }
    assert!(race.racers.windows(2).all(|pair| pair[0].median <= pair[1].median), "the best comes first");
}

/// The greatest rate at which gradient descent does not diverge on a curvature of 25 is 2/25 = 0.08.
#[test]
fn tuning_finds_the_rate_that_theory_says_and_says_when_the_best_lies_at_the_edge() {
    let tuned = in_the_ravine(&["sgd@keras"], &[1], 5).unwrap();
    let racer = &tuned.racers[0];
    let rates: Vec<f64> = racer.trials.iter().map(|t| t.size).collect();
    for (rate, want) in rates.iter().zip([1e-3, 10f64.powf(-2.5), 1e-2, 10f64.powf(-1.5), 0.1]) {
        assert!((rate / want - 1.0).abs() < 1e-12, "{rates:?}");
    }
    assert!((racer.learning_rate - 10f64.powf(-1.5)).abs() < 1e-12 && !racer.at_the_edge);
    assert!(racer.trials[4].result > 1e10 || racer.trials[4].result.is_infinite(), "0.1 diverges");
    let edge = in_the_ravine(&["sgd@keras"], &[1], 2).unwrap();
    assert!(edge.racers[0].at_the_edge, "of two tries each lies at an edge");
    let untuned = in_the_ravine(&["sgd@keras"], &[1], 1).unwrap();
    assert!(untuned.racers[0].trials.is_empty() && untuned.racers[0].learning_rate == 0.01);
}

#[test]
fn a_difference_that_is_there_is_seen_and_one_that_is_not_is_called_noise() {
    let race = in_the_ravine(&["sgd", "sgd", "momentum"], &[1, 2, 3, 4, 5], 5).unwrap();
    assert_eq!(race.racers[0].name, "momentum", "momentum is made for ravines");
    for racer in &race.racers[1..] {
        let behind = racer.behind.unwrap();
        assert!(behind.is_beyond_noise() && behind.mean > 0.0, "{behind:?}");
    }
    let twice = in_the_ravine(&["sgd", "sgd"], &[1, 2, 3], 3).unwrap();
    assert_eq!(twice.racers[1].behind.unwrap().mean, 0.0);
    assert!(!twice.racers[1].behind.unwrap().is_beyond_noise());
}

#[test]
fn one_that_diverges_is_told_and_comes_last() {
    let threads = Threads::new(1);
    let course = FunctionCourse {
        objective: &|_| Box::new(Ravine),
        height: &height,
        start: &start,
        budget: 3000,
        threads: &threads,
    };
    let choice = gradus::optimizers::Choice::parse("sgd").unwrap();
    let run = course.run(&choice, 0.5, 1).unwrap();
    assert!(run.result.is_infinite() && run.ended.as_deref() == Some("it diverged"));
    assert!(run.points.len() < 900, "it is not run on for nothing");
    let json = serde_json::to_value(&run).unwrap();
    assert!(json["result"].is_null(), "JSON holds no infinity");
}

#[test]
fn networks_race_over_the_same_epochs_and_the_same_seeds_give_the_same_results() {
    let (model, threads, parts) = (net(), Threads::new(1), DATA.parts(45));
    let stop = AtomicBool::new(false);
    // Ten epochs of 45 examples, each gradient three passes.
    let course = NetworkCourse {
        model: &model,
        data: &DATA,
        parts: &parts,
        settings: settings(),
        budget: 10 * 45 * 3,
        threads: &threads,
        stop: &stop,
    };
    let run = || race(&course, &["sgd", "adam"], &[1, 2], 3, &mut |_, _| {}).unwrap();
    let (once, again) = (run(), run());
    for (a, b) in once.racers.iter().zip(&again.racers) {
        assert_eq!((&a.name, a.learning_rate), (&b.name, b.learning_rate));
        for (a, b) in a.runs.iter().zip(&b.runs) {
            assert_eq!(a.result, b.result);
            assert_eq!(a.points.len(), 10);
            assert_eq!(a.points[9].passes, 10 * 45 * 3);
            let lowest = a.points.iter().filter_map(|p| p.validation).fold(f64::INFINITY, f64::min);
            assert_eq!(a.result, lowest);
        }
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(race(&course, &["sgd"], &[1], 1, &mut |_, _| {}).is_err(), "asked to stop, it stops");
}

#[test]
fn nobody_takes_more_than_the_budget_and_one_step_and_all_are_judged_equally_often() {
    let (model, threads, parts) = (net(), Threads::new(1), DATA.parts(45));
    let stop = AtomicBool::new(false);
    let budget = 20 * 45 * 3;
    let course = NetworkCourse {
        model: &model,
        data: &DATA,
        parts: &parts,
        settings: Settings { batch: Batch::Of(8), ..settings() },
        budget,
        threads: &threads,
        stop: &stop,
    };
    // Passes of a step with a full batch.
    let racers = [
        ("sgd", 8 * 3),
        ("sam over sgd", 8 * 6),
        ("genetic population=20", 8 * 20),
        ("cma_es population=10", 8 * 10),
        ("openai_es population=30 over adam", 8 * 30),
        // A generation takes more than an epoch of gradients.
        ("random_search population=50", 8 * 50),
    ];
    for (line, step) in racers {
        let choice = gradus::optimizers::Choice::parse(line).unwrap();
        let run = course.run(&choice, 0.1, 1).unwrap();
        let mut before = 0;
        for (epoch, point) in (1..).zip(&run.points) {
            let granted = epoch * 45 * 3;
            let passes = point.passes;
            assert!(passes > before, "{line}: {passes} after {before}");
            assert!(
                passes < granted.max(before + 1) + step,
                "{line}: {passes} of {granted} in epoch {epoch}"
            );
            before = passes;
        }
        assert!((budget..budget + step).contains(&before), "{line}: {before} of {budget} passes");
        let most = if step < 45 * 3 { run.points.len() == 20 } else { run.points.len() <= 20 };
        assert!(most, "{line}: {} epochs", run.points.len());
    }
}

#[test]
fn nothing_entered_is_an_error() {
    assert!(matches!(in_the_ravine(&[], &[1], 1), Err(Error::Settings { .. })));
    assert!(matches!(in_the_ravine(&["sgd"], &[], 1), Err(Error::Settings { .. })));
    assert!(matches!(in_the_ravine(&["sdg"], &[1], 1), Err(Error::Line { .. })));
}
