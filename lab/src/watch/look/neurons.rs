//! Every weight and every neuron's activation of a small network, on a few examples that stay the same.

use gradus::graph::Var;
use gradus::op::Moment;
use gradus::plan::Plan;
use gradus::threads::Threads;
use serde_json::{Value, json};

use super::super::desk::Copy;
use super::super::scene::Scene;
use crate::reply::packed;

/// A plan over the examples that are shown.
pub struct Neurons {
    plan: Plan,
    columns: Vec<Var>,
    examples: usize,
    /// Whether the inputs are drawn one by one, and so told.
    inputs: bool,
}

impl Neurons {
    /// For the training of a scene; none if its network is not drawn neuron by neuron.
    ///
    /// # Errors
    /// If a plan cannot be made; never for a model that is trained.
    pub fn new(scene: &Scene, threads: &Threads) -> gradus::Result<Option<Neurons>> {
        let Some(drawing) = scene.drawing.as_ref() else { return Ok(None) };
        let shown = scene.shown();
        if shown.is_empty() {
            return Ok(None);
        }
        let (graph, columns) = drawing.graph(&scene.model, shown.len())?;
        let mut plan = Plan::forward_only(graph, &columns, threads)?;
        let rows = plan.data("input").chunks_exact_mut(scene.model.inputs);
        for (row, example) in rows.zip(&shown) {
            scene.samples.read(*example as usize, row);
        }
        Ok(Some(Neurons { plan, columns, examples: shown.len(), inputs: drawing.shows_inputs() }))
    }

    /// The weights that are drawn, and column by column the results of each example, the inputs first if they are drawn.
    pub fn of(&mut self, scene: &Scene, now: &Copy) -> Option<Value> {
        let drawing = scene.drawing.as_ref()?;
        self.plan.memory().copy_from_slice(&now.memory);
        self.plan.at(Moment {
            training: false,
            seed: scene.settings.seed,
            step: now.step,
            ..Moment::default()
        });
        self.plan.forward(&now.theta);
        let mut columns: Vec<Value> = Vec::new();
        if self.inputs {
            columns.push(packed(self.plan.data("input")));
        }
        columns.extend(self.columns.iter().map(|column| packed(self.plan.value(*column))));
        Some(json!({ "examples": self.examples, "weights": drawing.weights(&now.theta), "results": columns }))
    }
}
