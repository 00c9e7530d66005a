//! Gradient descent over all data, over small batches, and over one example at a time: the loss of each.

use std::sync::atomic::AtomicBool;

use super::{Effort, Figure};
use crate::colour::Colour;
use crate::{Axis, Chart, Grid, Lines, Series};
use gradus::Result;
use gradus::average::ExponentialAverage;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::rng::{Rng, Stream};
use gradus::train::{Batch, Event, Parts, Samples, Settings, Trainer};

pub(super) const ROW: Figure = Figure {
    name: "batches",
    about: "loss with all data, small batches, and one example a step",
    is_measured: false,
    draw,
};

const EXAMPLES: usize = 400;
const EPOCHS: u64 = 60;
const NET: &str = "dense 12 tanh, dense 1 sigmoid";
const RATE: f64 = 0.1;
const RUNS: [(Batch, &str); 3] = [
    (Batch::All, "all 400 examples a step"),
    (Batch::Of(20), "20 examples a step"),
    (Batch::Of(1), "1 example a step"),
];

/// Two crescents, one in the other, with noise.
struct Crescents(Vec<[f32; 2]>);

impl Crescents {
    fn new() -> Crescents {
        let mut rng = Rng::new(1, Stream::Probe, 1);
        let point = |i: usize| {
            let turn = std::f32::consts::PI * rng.uniform();
            let noise = [0.2 * rng.normal(), 0.2 * rng.normal()];
            let at = if i.is_multiple_of(2) {
                [turn.cos(), turn.sin()]
            } else {
                [1.0 - turn.cos(), 0.4 - turn.sin()]
            };
            [at[0] + noise[0], at[1] + noise[1]]
        };
        Crescents((0..EXAMPLES).map(point).collect())
    }
}

impl Samples for Crescents {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn inputs(&self) -> usize {
        2
    }
    fn classes(&self) -> usize {
        2
    }
    fn class(&self, index: usize) -> usize {
        index % 2
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        into.copy_from_slice(&self.0[index]);
    }
}

/// What a training tells: the loss of each step's batch, and the loss over all data after each pass.
struct Told {
    batches: Vec<f64>,
    passes: Vec<f64>,
}

fn train(batch: Batch, effort: &Effort) -> Result<Told> {
    let data = Crescents::new();
    let model = Model::new(Network::parse(NET)?, Loss::parse("binary_cross_entropy")?, 2, 2)?;
    let all: Vec<u32> = (0..EXAMPLES as u32).collect();
    // What is validated is what is trained on: here it is descent that is looked at, not how well it generalises.
    let parts = Parts { train: all.clone(), validation: all, ..Parts::default() };
    let settings = Settings {
        network: NET.into(),
        optimizer: "sgd".into(),
        learning_rate: RATE,
        batch,
        epochs: effort.steps(EPOCHS),
        ..Settings::default()
    };
    let mut trainer = Trainer::new(&model, &data, parts, settings, &effort.threads, "")?;
    let mut told = Told { batches: Vec::new(), passes: Vec::new() };
    let mut watch = |event: &Event| match event {
        Event::Step { loss, .. } => told.batches.push(*loss as f64),
        Event::Epoch(record) => told.passes.extend(record.validation_loss),
        _ => {}
    };
    trainer.run(None, &mut watch, &AtomicBool::new(false))?;
    Ok(told)
}

/// Values with their numbers from 1, at most about `most` of them, evenly over the logarithm of the number.
fn thinned(values: &[f64], most: usize) -> Vec<(f64, f64)> {
    let growth = (values.len() as f64).powf(1.0 / most as f64);
    let mut points = Vec::new();
    let mut next = 1.0;
    for (i, value) in values.iter().enumerate() {
        let number = (i + 1) as f64;
        if number >= next || i + 1 == values.len() {
            points.push((number, *value));
            next = (number * growth).max(number + 0.5);
        }
    }
    points
}

fn draw(effort: &Effort) -> Result<Box<dyn Chart>> {
    let mut by_passes = Lines::new(
        "The loss over all data, after each pass",
        Axis::linear("passes over the data"),
        Axis::linear("loss (binary cross-entropy)").between(0.0, 0.8),
    );
    let mut by_steps = Lines::new(
        "The loss of each batch, and its average",
        Axis::log("steps"),
        Axis::linear("loss (binary cross-entropy)").between(0.0, 1.6),
    );
    for (i, (batch, name)) in RUNS.into_iter().enumerate() {
        let told = train(batch, effort)?;
        let colour = Colour::of_series(i);
        let passes = told.passes.iter().enumerate().map(|(i, loss)| (i as f64 + 1.0, *loss));
        by_passes = by_passes.series(Series::new(name, passes).coloured(colour));
        // About a tenth of the training is remembered, and a hundred steps at the most.
        let memory = (told.batches.len() as f64 / 10.0).clamp(1.0, 100.0);
        let smooth: Vec<f64> =
            ExponentialAverage::corrected(1.0 - 1.0 / memory)?.over(told.batches.iter().copied()).collect();
        let raw = Series::new("", thinned(&told.batches, 300)).coloured(colour.with_opacity(0.3)).width(1.0);
        by_steps.series.insert(0, raw);
        by_steps = by_steps.series(Series::new(name, thinned(&smooth, 300)).coloured(colour));
    }
    let page = Grid::new("All data, small batches, one example", 2)
        .note(format!(
            "“{NET}” on two crescents of {EXAMPLES} points, by sgd with η = {RATE}. Pale: single batches; full: averaged over \
             the last hundred steps. A small batch says less about the slope, but leaves time for more steps."
        ))
        .panel(by_passes)
        .panel(by_steps)
        .panels_of(500.0, 420.0)
        .with_one_legend();
    Ok(Box::new(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_makes_the_steps_its_batch_allows() {
        let effort = Effort { share: 0.1, ..Effort::full(2) };
        let [all, some, one] = RUNS.map(|(batch, _)| train(batch, &effort).unwrap());
        assert!([&all, &some, &one].iter().all(|told| told.passes.len() == 6));
        let last = |told: &Told| told.passes[5];
        assert!(last(&one) < last(&some) && last(&some) < last(&all), "more steps, less loss");
        let [all, some, one] = [all, some, one].map(|told| told.batches);
        assert_eq!([all.len(), some.len(), one.len()], [6, 6 * 20, 6 * 400]);
        // The first step over all data has the mean loss of all: that of the start, near ln 2.
        assert!((all[0] - std::f64::consts::LN_2).abs() < 0.4);
        assert!(all.windows(2).all(|w| w[1] < w[0]), "over all data every small step goes down: {all:?}");
        assert!(one.windows(2).any(|w| w[1] > 2.0 * w[0]), "single examples do not");
    }
}
