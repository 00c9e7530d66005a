//! Networks that say a number: what is trained, scored, refused, and written for other programs.

use std::sync::atomic::AtomicBool;

use gradus::Error;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::onnx::Scaling;
use gradus::threads::Threads;
use gradus::train::{
    ClassWeights, Evaluator, Event, Fit, Monitor, Parts, Samples, Settings, Trainer, linear_baseline,
    majority_baseline,
};

/// y = sin 3x, for x in [−1, 1].
struct Wave;

impl Wave {
    fn x(index: usize) -> f32 {
        (index * 37 % 400) as f32 / 200.0 - 1.0
    }

    fn parts() -> Parts {
        Parts { train: (0..250).collect(), validation: (250..300).collect(), test: (300..400).collect() }
    }
}

impl Samples for Wave {
    fn len(&self) -> usize {
        400
    }
    fn inputs(&self) -> usize {
        1
    }
    fn classes(&self) -> usize {
        0
    }
    fn class(&self, _index: usize) -> usize {
        0
    }
    fn value(&self, index: usize) -> f32 {
        (3.0 * Wave::x(index)).sin()
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        into[0] = Wave::x(index);
    }
}

fn model(network: &str, loss: &str) -> gradus::Result<Model> {
    Model::new(Network::parse(network)?, Loss::parse(loss)?, 1, 0)
}

fn settings(network: &str, loss: &str) -> Settings {
    let (network, loss) = (network.into(), loss.into());
    Settings {
        network,
        loss,
        learning_rate: 0.01,
        epochs: 200,
        schedule: "one_cycle".into(),
        ..Settings::default()
    }
}

fn trained(model: &Model, settings: &Settings, threads: &Threads) -> (Vec<f32>, Vec<f32>) {
    let mut trainer = Trainer::new(model, &Wave, Wave::parts(), settings.clone(), threads, "wave").unwrap();
    trainer.run(None, &mut |_: &Event| {}, &AtomicBool::new(false)).unwrap();
    (trainer.best_theta().to_vec(), trainer.best_memory().to_vec())
}

/// What scikit-learn's documentation says of these four (`r2_score`, `mean_squared_error`, `mean_absolute_error`).
#[test]
fn a_fit_is_what_scikit_learn_says() {
    let fit = Fit::new(&[2.5, 0.0, 2.0, 8.0], &[3.0, -0.5, 2.0, 7.0]);
    assert!((fit.r_squared.unwrap() - 0.948_608_137_044_967).abs() < 1e-12);
    assert!((fit.root_mean_squared_error.powi(2) - 0.375).abs() < 1e-12);
    assert_eq!((fit.mean_absolute_error, fit.examples), (0.5, 4));
    assert_eq!(Fit::new(&[1.0, 2.0], &[3.0, 3.0]).r_squared, None, "all the same: no variance to explain");
    let twice = fit.times(2.0);
    assert_eq!((twice.mean_absolute_error, twice.r_squared), (1.0, fit.r_squared));
}

#[test]
fn a_wave_is_learnt_by_every_loss_of_numbers_and_with_mixed_examples() {
    let line = "dense 32 tanh, dense 16 tanh, dense 1";
    let threads = Threads::new(1);
    let linear =
        linear_baseline(&Wave, &Wave::parts(), &settings(line, "huber"), &threads, &AtomicBool::new(false));
    let mean = majority_baseline(&Wave, &Wave::parts().train, &Wave::parts().test);
    for (loss, mixup) in
        [("squared_error", 0.0), ("absolute_error", 0.0), ("huber", 0.0), ("squared_error", 0.1)]
    {
        let model = model(line, loss).unwrap();
        let settings = Settings { mixup, ..settings(line, loss) };
        let (theta, memory) = trained(&model, &settings, &threads);
        let told =
            Evaluator::new(&model, &threads).evaluate(&theta, &memory, &Wave, &Wave::parts().test).unwrap();
        let fit = told.scores.fit.expect("numbers fit more or less");
        assert!(fit.r_squared.unwrap() > if mixup > 0.0 { 0.85 } else { 0.99 }, "{loss} {mixup}: {fit:?}");
        assert!(told.scores.accuracy.is_none() && told.scores.confusion.is_empty());
        let (_, said) = told.prediction(7);
        assert!((said - Wave.value(307) as f64).abs() < 0.6, "{said}");
        let (_, linear) = *linear.as_ref().unwrap();
        assert!(fit.root_mean_squared_error < linear && linear < mean, "{fit:?} {linear} {mean}");
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let line = "dense 64 relu, dense 64 relu, dense 1";
    let (model, settings) =
        (model(line, "squared_error").unwrap(), Settings { epochs: 3, ..settings(line, "squared_error") });
    let one = trained(&model, &settings, &Threads::new(1)).0;
    assert!(
        one.iter()
            .zip(trained(&model, &settings, &Threads::new(3)).0)
            .all(|(a, b)| a.to_bits() == b.to_bits())
    );
}

#[test]
fn what_has_no_sense_for_numbers_is_refused() {
    let wrong = |result: gradus::Result<()>, says: &str| match result {
        Err(error @ Error::Settings { .. }) => assert!(error.to_string().contains(says), "{error}"),
        other => panic!("{says}: {other:?}"),
    };
    wrong(model("dense 1", "binary_cross_entropy").map(drop), "squared_error, absolute_error or huber");
    wrong(model("dense 1", "softmax_cross_entropy").map(drop), "is of classes");
    wrong(model("dense 2", "squared_error").map(drop), "ends in 2 numbers");
    let model = model("dense 1", "squared_error").unwrap();
    let begun = |settings: Settings| {
        Trainer::new(&model, &Wave, Wave::parts(), settings, &Threads::new(1), "wave").map(drop)
    };
    let plain = settings("dense 1", "squared_error");
    wrong(begun(Settings { monitor: Monitor::Accuracy, ..plain.clone() }), "monitor loss");
    wrong(begun(Settings { class_weights: ClassWeights::Balanced, ..plain }), "class_weights");
}

#[test]
fn onnx_says_the_number_in_its_own_unit() {
    let model = model("dense 3 relu, dense 1", "squared_error").unwrap();
    let theta = model.layout().start(1);
    let said = model.onnx(&theta, &[], Scaling { pixels: None, said: Some((100.0, 7.0)) }).unwrap();
    assert_eq!((said.output.value.name(), &said.output.dims[..]), ("value", &[1][..]));
    let ends: Vec<&str> = said.nodes.iter().rev().take(2).map(|node| node.op).collect();
    assert_eq!(ends, ["Add", "Mul"]);
}
