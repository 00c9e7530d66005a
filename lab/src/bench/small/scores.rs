//! How good the weights are on all examples of a part.

use gradus::network::Model;
use gradus::plan::Plan;
use gradus::threads::Threads;
use gradus::train::most_likely;
use gradus::{Result, graph::Var};
use serde::Serialize;

use super::config::Config;
use super::data::{Data, Example, Task};
use super::training::fill;

/// The loss of a part, and the share of right answers where classes are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// The mean over all examples.
    pub loss: f32,
    /// Right answers, as a share.
    pub accuracy: Option<f64>,
}

/// Judges weights on the examples to train on, and on those to test with if there are any.
pub struct Scores {
    parts: Vec<Part>,
}

struct Part {
    plan: Plan,
    last: Var,
    loss: Var,
    /// The right classes.
    classes: Option<Vec<usize>>,
}

impl Scores {
    /// For the examples of `data`.
    ///
    /// # Errors
    /// As [`Model::evaluation_plan`].
    pub fn new(model: &Model, data: &Data, config: &Config, threads: &Threads) -> Result<Scores> {
        let part = |examples: &[Example]| -> Result<Part> {
            let (mut plan, last, loss) = model.evaluation_plan(examples.len(), threads)?;
            fill(&mut plan, model, data, config, examples.iter().copied());
            let classes = (data.task != Task::Values)
                .then(|| examples.iter().map(|example| example.label as usize).collect());
            Ok(Part { plan, last, loss, classes })
        };
        let parts = [&data.train, &data.test].into_iter().filter(|examples| !examples.is_empty());
        Ok(Scores { parts: parts.map(|examples| part(examples)).collect::<Result<_>>()? })
    }

    /// The loss of the training part alone.
    pub fn train_loss(&mut self, model: &Model, theta: &[f32], memory: &[f32]) -> f32 {
        let part = self.parts.first_mut().expect("there are examples to train on");
        part.plan.forward(&model.folded(theta, memory));
        part.plan.value(part.loss)[0]
    }

    /// Of the training part, and of the test part if there is one.
    pub fn of(&mut self, model: &Model, theta: &[f32], memory: &[f32]) -> (Score, Option<Score>) {
        let weights = model.folded(theta, memory);
        let mut scores = self.parts.iter_mut().map(|part| {
            part.plan.forward(&weights);
            let loss = part.plan.value(part.loss)[0];
            let accuracy = part.classes.as_ref().map(|classes| {
                let mut shares = vec![0.0; model.classes];
                let rows = part.plan.value(part.last).chunks_exact(model.outputs);
                let right = rows.zip(classes).filter(|(z, class)| {
                    model.probabilities(z, &mut shares);
                    most_likely(&shares) == **class
                });
                right.count() as f64 / classes.len() as f64
            });
            Score { loss, accuracy }
        });
        let train = scores.next().expect("there are examples to train on");
        (train, scores.next())
    }
}
