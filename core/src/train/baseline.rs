//! What a result must be better than to mean anything.

use std::sync::atomic::AtomicBool;

use super::batches::{Parts, Samples};
use super::evaluate::Evaluator;
use super::metrics::Fit;
use super::settings::{Batch, Settings};
use super::trainer::Trainer;
use crate::Result;
use crate::losses::Loss;
use crate::network::{Model, Network};
use crate::threads::Threads;

/// The share of `part` that is right if the answer is always the class most frequent in training. Where numbers are to be said:
/// the root of the mean squared error if it is always their mean in training.
pub fn majority_baseline(data: &dyn Samples, train: &[u32], part: &[u32]) -> f64 {
    if data.classes() == 0 {
        let values = |part: &[u32]| part.iter().map(|i| data.value(*i as usize) as f64).collect::<Vec<f64>>();
        let mean = values(train).iter().sum::<f64>() / train.len().max(1) as f64;
        return Fit::new(&vec![mean; part.len()], &values(part)).root_mean_squared_error;
    }
    let count =
        |part: &[u32], class: usize| part.iter().filter(|i| data.class(**i as usize) == class).count();
    let most = (0..data.classes()).rev().max_by_key(|k| count(train, *k)).unwrap_or(0);
    count(part, most) as f64 / part.len().max(1) as f64
}

/// A linear model on the same inputs (no hidden layer, cross-entropy, Adam, at most 40 epochs, its best epoch by
/// the monitor): its accuracy on the validation part and on the test part. Where numbers are to be said, the loss is the squared
/// error, and instead of accuracies there are roots of its mean. Seed, monitor and changes of pictures are those of the network
/// it is compared with, `like`.
///
/// # Errors
/// As for any training.
pub fn linear_baseline(
    data: &dyn Samples,
    parts: &Parts,
    like: &Settings,
    threads: &Threads,
    stop: &AtomicBool,
) -> Result<(f64, f64)> {
    let (classes, inputs) = (data.classes(), data.inputs());
    let (network, loss) = match classes {
        0 => ("dense 1 init=zeros".to_string(), "squared_error"),
        2 => ("dense 1 sigmoid init=zeros".to_string(), "binary_cross_entropy"),
        _ => (format!("dense {classes} softmax init=zeros"), "softmax_cross_entropy"),
    };
    let settings = Settings {
        // With n inputs of size about 1 a step of Adam moves the sum by up to n η: η falls as inputs grow.
        learning_rate: 0.3 / (inputs as f64).max(30.0),
        epochs: 40,
        batch: Batch::Of(64),
        patience: 8,
        monitor: like.monitor,
        seed: like.seed,
        augment: like.augment.clone(),
        network: network.clone(),
        loss: loss.into(),
        ..Settings::default()
    };
    let model = Model::new(Network::parse(&network)?, Loss::parse(loss)?, inputs, classes)?;
    let mut trainer = Trainer::new(&model, data, parts.clone(), settings, threads, "baseline")?;
    trainer.run(None, &mut |_: &super::Event| {}, stop)?;
    let (theta, memory) = (trainer.best_theta().to_vec(), trainer.best_memory().to_vec());
    let mut evaluator = Evaluator::new(&model, threads);
    let mut score = |part: &[u32]| {
        let scores = evaluator.evaluate(&theta, &memory, data, part)?.scores;
        let error = scores.fit.map(|fit| fit.root_mean_squared_error);
        Ok(scores.accuracy.or(error).unwrap_or_default())
    };
    Ok((score(&parts.validation)?, score(&parts.test)?))
}
