//! Using a network: predictions and scores.

use super::batches::{Samples, fill};
use super::metrics::{Scores, most_likely};
use crate::Result;
use crate::augmentations::Views;
use crate::graph::Var;
use crate::network::Model;
use crate::plan::Plan;
use crate::threads::{Shared, Threads};

/// Predictions over a set of examples.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// A probability for each class, example after example, in the order asked for; where there are no classes, the number that
    /// is said of each.
    pub probabilities: Vec<f64>,
    /// How good they are.
    pub scores: Scores,
}

/// A network in use: forward only, in batches, the last one short.
pub struct Evaluator<'a> {
    model: &'a Model,
    threads: Threads,
    plans: Vec<(usize, Plan, Var, Var)>,
    batch: usize,
}

impl<'a> Evaluator<'a> {
    /// In batches of at most 256 examples.
    pub fn new(model: &'a Model, threads: &Threads) -> Self {
        Evaluator { model, threads: threads.clone(), plans: Vec::new(), batch: 256 }
    }

    /// On which threads.
    pub(super) fn threads(&self) -> &Threads {
        &self.threads
    }

    fn plan(&mut self, batch: usize) -> Result<usize> {
        if let Some(found) = self.plans.iter().position(|p| p.0 == batch) {
            return Ok(found);
        }
        let (plan, z, loss) = self.model.evaluation_plan(batch, &self.threads)?;
        self.plans.push((batch, plan, z, loss));
        Ok(self.plans.len() - 1)
    }

    /// Predicts the examples `indices` and compares with what they are. `memory` is what was remembered in training; what is
    /// fixed in use is folded away.
    ///
    /// # Errors
    /// If a plan cannot be made; never for a model that was made.
    ///
    /// # Panics
    /// If θ or memory has another length than the layout says.
    pub fn evaluate(
        &mut self,
        theta: &[f32],
        memory: &[f32],
        data: &dyn Samples,
        indices: &[u32],
    ) -> Result<Evaluation> {
        self.evaluate_views(theta, memory, data, indices, &Views::one())
    }

    /// As [`Evaluator::evaluate`], with the mean of the probabilities of several views of each picture. The loss is the mean
    /// loss of the views.
    ///
    /// # Errors
    /// If there is more than one view and the data are no pictures.
    ///
    /// # Panics
    /// As [`Evaluator::evaluate`].
    pub fn evaluate_views(
        &mut self,
        theta: &[f32],
        memory: &[f32],
        data: &dyn Samples,
        indices: &[u32],
        views: &Views,
    ) -> Result<Evaluation> {
        let theta = &*self.model.folded(theta, memory);
        // Where there are no classes, one number stands for their probabilities.
        let (classes, model) = (self.model.classes.max(1), self.model);
        let size = views.size(data.shape().dims())?;
        let (inputs, share) = (data.inputs(), 1.0 / views.count() as f64);
        let mut room = vec![0.0; if views.count() > 1 { self.batch.min(indices.len()) * inputs } else { 0 }];
        let mut of_view = vec![0.0; classes];
        let mut probabilities = vec![0.0; indices.len() * classes];
        let (mut loss_sum, mut weight_sum) = (0.0f64, 0.0f64);
        for (indices, probabilities) in
            indices.chunks(self.batch).zip(probabilities.chunks_mut(self.batch * classes))
        {
            let found = self.plan(indices.len())?;
            let threads = self.threads.clone();
            let (_, plan, z, loss) = &mut self.plans[found];
            plan.memory().copy_from_slice(memory);
            for view in 0..views.count() {
                let room = Shared::of(&mut room);
                let look = |i: usize, row: &mut [f32]| {
                    // SAFETY: the rooms of rows are disjoint.
                    views.look(view, size, row, unsafe { room.slice(i * inputs..(i + 1) * inputs) });
                };
                fill(plan, data, indices, &threads, (view > 0).then_some(&look));
                let weight: f64 = plan.data("weight").iter().map(|w| *w as f64).sum();
                plan.forward(theta);
                loss_sum += plan.value(*loss)[0] as f64 * weight;
                weight_sum += weight;
                let z = plan.value(*z).chunks_exact(model.outputs);
                for (z, p) in z.zip(probabilities.chunks_exact_mut(classes)) {
                    model.probabilities(z, &mut of_view);
                    p.iter_mut().zip(&of_view).for_each(|(p, of_view)| *p += share * of_view);
                }
            }
        }
        let loss = loss_sum / weight_sum;
        let scores = if model.classes == 0 {
            let right: Vec<f64> = indices.iter().map(|i| data.value(*i as usize) as f64).collect();
            Scores::of_values(loss, &probabilities, &right)
        } else {
            let actual: Vec<usize> = indices.iter().map(|i| data.class(*i as usize)).collect();
            Scores::new(loss, &probabilities, &actual, classes)
        };
        Ok(Evaluation { probabilities, scores })
    }
}

impl Evaluation {
    /// The predicted class of example `i` of those asked for, and its probability; the number that is said, where there are
    /// no classes.
    pub fn prediction(&self, i: usize) -> (usize, f64) {
        let classes = self.scores.confusion.len().max(1);
        let p = &self.probabilities[i * classes..(i + 1) * classes];
        let class = most_likely(p);
        (class, p[class])
    }
}
