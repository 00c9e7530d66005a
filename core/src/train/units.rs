//! Units that no longer learn, counted layer by layer on a few examples of the training part that stay the same.
//!
//! ```text
//! dead       a ReLU that is 0 on all of them, wherever it is computed: its slope is 0 too, so no weight before it moves
//! saturated  the share of a sigmoid's or tanh's results within 1 % of the width from its ends, where slopes are nearly 0
//! ```
//!
//! It is a forward pass with dropout off, at the end of an epoch, from the weights as they are. Nothing that the training
//! reads is written, and at most 1 of [`SHARE`] passes is spent on it: when it is time is a function of passes alone, so a resumed
//! training counts at the same epochs.

use serde::{Deserialize, Serialize};

use super::batches::Samples;
use crate::Result;
use crate::activations::{self, Activation};
use crate::graph::{Graph, Var};
use crate::network::Model;
use crate::op::Moment;
use crate::plan::Plan;
use crate::threads::Threads;

/// Examples that are looked at.
const EXAMPLES: usize = 64;

/// Numbers that a look may keep: of networks with large results fewer examples are looked at.
const NUMBERS: usize = 1 << 22;

/// One pass of a look for so many of the training.
const SHARE: u64 = 128;

/// How many units of a layer no longer learn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Units {
    /// The layer: `2.dense`.
    pub layer: String,
    /// The function it ends in: `relu`, `sigmoid` or `tanh`.
    pub function: String,
    /// How many it has; of convolutions the channels.
    pub units: usize,
    /// Those that are 0 on all examples; of `relu` only.
    pub dead: Option<usize>,
    /// The share of results at the ends; of `sigmoid` and `tanh` only.
    pub saturated: Option<f64>,
}

impl Units {
    /// Of a layer that is not the last, with the words of its line, from its results: `units` numbers for each example, or for
    /// each place of a picture. None if it ends in a function that neither dies nor saturates.
    pub fn of(layer: &str, line: &str, units: usize, results: &[f32]) -> Option<Units> {
        let function = counted(line)?;
        let (layer, name) = (layer.to_string(), function.name.to_string());
        let (dead, saturated) = match function.name {
            "relu" => (Some(dead(results, units)), None),
            name => (None, Some(saturated(if name == "tanh" { -1.0 } else { 0.0 }, results))),
        };
        Some(Units { layer, function: name, units, dead, saturated })
    }
}

/// The function that a layer's line ends in, if its units are counted. Words in brackets are those of other layers.
fn counted(line: &str) -> Option<&'static Activation> {
    let mut depth = 0;
    let outside: String = line
        .chars()
        .filter(|c| {
            depth += i32::from(*c == '(') - i32::from(*c == ')');
            depth == 0
        })
        .collect();
    let function = outside.split_whitespace().find_map(activations::named)?;
    matches!(function.name, "relu" | "sigmoid" | "tanh").then_some(function)
}

/// Units that are 0 wherever they were computed.
fn dead(results: &[f32], units: usize) -> usize {
    let mut alive = vec![false; units];
    for row in results.chunks_exact(units.max(1)) {
        alive.iter_mut().zip(row).for_each(|(alive, x)| *alive |= *x != 0.0);
    }
    alive.iter().filter(|alive| !**alive).count()
}

/// The share of results within 1 % of the width of (low, 1) from an end.
fn saturated(low: f32, results: &[f32]) -> f64 {
    let edge = 0.01 * (1.0 - low);
    let count = results.iter().filter(|x| **x < low + edge || **x > 1.0 - edge).count();
    count as f64 / results.len().max(1) as f64
}

/// Whether units are counted after an epoch: the training took `before` passes until the last, `now` until this one.
pub(super) fn is_due(before: u64, now: u64) -> bool {
    let every = EXAMPLES as u64 * SHARE;
    now / every > before / every
}

/// A layer whose units are counted.
struct Layer {
    name: String,
    line: String,
    /// Numbers of its result.
    size: usize,
    /// Of them those of one place.
    units: usize,
    /// Where in the plan its result is.
    result: Var,
}

/// Counts the units of a model.
pub(super) struct Counter {
    plan: Plan,
    layers: Vec<Layer>,
}

impl Counter {
    /// For a model trained on the examples `train`. None if none of its units can die or saturate.
    ///
    /// # Errors
    /// If a plan cannot be made; never for a model that is trained.
    pub fn new(
        model: &Model,
        data: &dyn Samples,
        train: &[u32],
        threads: &Threads,
    ) -> Result<Option<Counter>> {
        let (_, layers) = build(model, 1)?;
        let numbers = model.inputs + layers.iter().map(|layer| layer.size).sum::<usize>();
        let count = train.len().min(EXAMPLES).min((NUMBERS / numbers).max(1));
        if layers.is_empty() || count == 0 {
            return Ok(None);
        }
        let (graph, layers) = build(model, count)?;
        let kept: Vec<Var> = layers.iter().map(|layer| layer.result).collect();
        let mut plan = Plan::forward_only(graph, &kept, threads)?;
        for (k, row) in plan.data("input").chunks_exact_mut(model.inputs).enumerate() {
            data.read(train[k * train.len() / count] as usize, row);
        }
        Ok(Some(Counter { plan, layers }))
    }

    /// With these weights, and what ops remember.
    pub fn count(&mut self, theta: &[f32], memory: &[f32], (seed, step): (u64, u64)) -> Vec<Units> {
        self.plan.memory().copy_from_slice(memory);
        self.plan.at(Moment { training: false, seed, step, ..Moment::default() });
        self.plan.forward(theta);
        let units = |l: &Layer| Units::of(&l.name, &l.line, l.units, self.plan.value(l.result));
        self.layers.iter().filter_map(units).collect()
    }
}

/// The network for so many examples, and its layers whose units are counted: not the last.
fn build(model: &Model, examples: usize) -> Result<(Graph, Vec<Layer>)> {
    let mut graph = Graph::new();
    let x = graph.data("input", &model.input.dims(examples));
    let results = model.network.build_layers(&mut graph, x, false)?;
    let all = model.network.layers();
    let hidden = all.iter().zip(results).enumerate().take(all.len().saturating_sub(1));
    let mut found = Vec::new();
    for (i, (layer, result)) in hidden {
        let (line, shape) = (layer.line(), graph.shape(result));
        if counted(&line).is_some() {
            let name = format!("{}.{}", i + 1, layer.kind());
            let units = shape.dims().last().copied().unwrap_or(1);
            found.push(Layer { name, line, size: shape.size(), units, result });
        }
    }
    Ok((graph, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_and_saturated_units_are_counted() {
        let dead = Units::of("1.dense", "dense 3 relu bias=yes", 3, &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0]).unwrap();
        assert_eq!((dead.dead, dead.saturated, dead.units), (Some(2), None, 3));
        let ends = |line: &str, results: &[f32]| Units::of("1.dense", line, 1, results).unwrap().saturated;
        assert_eq!(ends("dense 4 sigmoid", &[0.005, 0.5, 0.995, 0.02]), Some(0.5));
        assert_eq!(ends("dense 4 tanh", &[-0.985, 0.5, 0.985, 0.97]), Some(0.5));
        assert_eq!(Units::of("1.dense", "dense 1 gelu", 1, &[0.0]), None);
        // The relu in brackets is not what this one ends in.
        assert_eq!(Units::of("1.residual", "residual (conv 2 3x3 relu, conv 2 3x3 norm)", 1, &[0.0]), None);
    }

    #[test]
    fn counting_takes_its_share_of_passes_however_epochs_are_cut() {
        for epoch in [1, 700, 8192, 100_000] {
            let ends = |k: u64| k * epoch;
            let looks = (1..=50).filter(|k| is_due(ends(k - 1), ends(*k))).count() as u64;
            assert!(looks * EXAMPLES as u64 * SHARE <= ends(50), "{epoch}: {looks}");
            assert!(looks >= (ends(50) / (EXAMPLES as u64 * SHARE)).min(49), "{epoch}: {looks}");
        }
    }
}
