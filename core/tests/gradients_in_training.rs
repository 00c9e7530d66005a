//! Trainings by any gradient, and those that are checked on their way.

use crate::common::{DATA, model, run, settings};
use gradus::gradients::{ByHand, Way};
use gradus::network::Model;
use gradus::threads::Threads;
use gradus::train::{Batch, Event, Settings, Trainer};

/// θ and passes of a training; with `parts`, each batch in so many parts.
fn trained(model: &Model, way: Way, threads: usize, parts: u64) -> gradus::Result<(Vec<f32>, u64)> {
    let batch = Batch::Of(20 / parts as usize);
    let settings = Settings { gradient: way, batch, accumulate: parts, epochs: 10, ..settings() };
    let mut trainer = Trainer::new(model, &DATA, DATA.parts(45), settings, &Threads::new(threads), "clouds")?;
    let outcome = run(&mut trainer, None)?;
    Ok((trainer.theta().to_vec(), outcome.history.last().unwrap().passes))
}

#[test]
fn a_training_goes_the_same_way_by_any_gradient() {
    let model = model("dense 6 tanh, dense 3 softmax", "softmax_cross_entropy", 6, 3);
    let (want, passes) = trained(&model, Way::Backpropagation, 1, 1).unwrap();
    let n = want.len() as u64;
    let start = model.layout().start(8);
    let moved = want.iter().zip(&start).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(moved > 0.1);
    for (way, tolerance, each) in [
        (Way::ByHand, 2e-5, 3),
        (Way::CentralDifference, 2e-5, 2 * n + 1),
        (Way::ForwardDifference, 1e-3, n + 1),
    ] {
        let apart = |got: &[f32]| got.iter().zip(&want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let in_parts = apart(&trained(&model, way, 1, 2).unwrap().0);
        assert!(in_parts < tolerance, "{way:?} in parts ends {in_parts:e} away");
        let (got, cost) = trained(&model, way, 1, 1).unwrap();
        let apart = apart(&got);
        assert!(apart < tolerance, "{way:?} ends {apart:e} away, of {moved} moved");
        assert_eq!(cost, passes / 3 * each, "{way:?}: what was really computed is counted");
        assert!(trained(&model, way, 2, 1).unwrap().0 == got, "{way:?}: other bits on two threads");
    }
}

#[test]
fn a_way_that_cannot_be_gone_says_so() {
    let data = crate::common::Clouds { examples: 8, inputs: 400, classes: 3 };
    let wide = model("dense 300 relu, dense 3 softmax", "softmax_cross_entropy", 400, 3);
    let refused = |model: &Model, data: &dyn gradus::train::Samples, way| {
        let parts = gradus::train::Parts { train: vec![0, 1, 2], ..Default::default() };
        let settings = Settings { gradient: way, ..Settings::default() };
        Trainer::new(model, data, parts, settings, &Threads::new(1), "").err().unwrap().to_string()
    };
    let message = refused(&wide, &data, Way::ByHand);
    assert!(message.contains("121203 weights are too many") && message.contains("mend"), "{message}");
    let message = refused(&wide, &data, Way::CentralDifference);
    assert!(message.contains("242407 times") && message.contains("backpropagation"), "{message}");
    let message = refused(&crate::common::net(), &DATA, Way::ByHand);
    assert!(message.contains("dropout 0.3 is drawn anew"), "{message}");
    // Few weights, but formulas with a product for each of very many paths.
    let deep = model(&["dense 30 tanh"; 4].join(", "), "squared_error", 30, 30);
    let message = ByHand::new(&deep, 1, true).err().unwrap().to_string();
    assert!(message.contains("too many"), "{message}");
    assert!("backpropagaton".parse::<Way>().unwrap_err().contains("did you mean `backpropagation`"));
    for way in Way::ALL {
        assert_eq!(way.name().parse::<Way>(), Ok(way));
    }
}

#[test]
fn checking_in_mid_training_leaves_no_trace() {
    let model = crate::common::net();
    let bits = |check_gradient, threads, accumulate| {
        let batch = Batch::Of(20 / accumulate as usize);
        let settings = Settings { check_gradient, batch, accumulate, ..settings() };
        let mut trainer =
            Trainer::new(&model, &DATA, DATA.parts(45), settings, &Threads::new(threads), "clouds").unwrap();
        let mut checks = Vec::new();
        let mut watcher = |event: &Event| {
            if let Event::GradientCheck(check) = event {
                checks.push((check.step, check.agrees, check.error, check.checked));
            }
        };
        trainer.run(None, &mut watcher, &std::sync::atomic::AtomicBool::new(false)).unwrap();
        let theta: Vec<u32> = trainer.theta().iter().map(|w| w.to_bits()).collect();
        let hashes: Vec<String> = trainer.history().iter().map(|e| e.theta_hash.clone()).collect();
        (theta, hashes, checks)
    };
    for parts in [1, 2] {
        let (theta, hashes, none) = bits(None, 1, parts);
        assert!(none.is_empty());
        let (checked, same, checks) = bits(Some(5), 2, parts);
        assert!(checked == theta && same == hashes, "a check changes the training");
        assert_eq!(checks.iter().map(|c| c.0).collect::<Vec<_>>(), [5, 10]);
        for (step, agrees, error, weights) in checks {
            assert!(agrees && error < 1e-4 && weights >= 8, "step {step}: {error}");
        }
    }
}
