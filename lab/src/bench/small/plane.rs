//! What every neuron says of every place: the network, asked at the points of a grid over the plane.

use gradus::Result;
use gradus::graph::{Graph, Var};
use gradus::losses::Link;
use gradus::network::Model;
use gradus::plan::Plan;
use gradus::threads::Threads;

use super::features::Feature;

/// How far the grid reaches from the middle, in units of the network.
pub const VIEW: f64 = 1.25;

/// The network over a grid of `side` × `side` places, the first at the top left.
pub struct Plane {
    plan: Plan,
    layers: Vec<(Var, usize)>,
    side: usize,
    softmax: bool,
}

impl Plane {
    /// For a model that sees `features`.
    ///
    /// # Errors
    /// As [`Model::training_plan`].
    pub fn new(
        model: &Model,
        features: &[&'static Feature],
        side: usize,
        threads: &Threads,
    ) -> Result<Plane> {
        let places = side * side;
        let mut graph = Graph::new();
        let mut value = graph.data("input", &[places, features.len()]);
        let mut layers = Vec::new();
        for (i, layer) in model.network.layers().iter().enumerate() {
            graph.scope(format!("{}.{}", i + 1, layer.kind()));
            value = layer.build(&mut graph, value)?;
            layers.push((value, graph.shape(value).size() / places));
        }
        let mut keep: Vec<Var> = layers.iter().map(|(var, _)| *var).collect();
        keep.dedup();
        let mut plan = Plan::forward_only(graph, &keep, threads)?;
        let rows = plan.data("input").chunks_exact_mut(features.len());
        for (place, row) in rows.enumerate() {
            let [x, y] = Self::place(side, place);
            row.iter_mut().zip(features).for_each(|(to, feature)| *to = (feature.of)(x, y) as f32);
        }
        Ok(Plane { plan, layers, side, softmax: model.network.ends_in() == Link::Softmax })
    }

    /// Where on the plane a place of the grid is, in units of the network.
    pub fn place(side: usize, place: usize) -> [f64; 2] {
        let along = |i: usize| VIEW * ((2 * i + 1) as f64 / side as f64 - 1.0);
        [along(place % side), -along(place / side)]
    }

    /// Places along an edge.
    pub fn side(&self) -> usize {
        self.side
    }

    /// How many neurons each layer has.
    pub fn units(&self) -> Vec<usize> {
        self.layers.iter().map(|(_, units)| *units).collect()
    }

    /// Asks the network at all places.
    pub fn look(&mut self, theta: &[f32], memory: &[f32]) {
        self.plan.memory().copy_from_slice(memory);
        self.plan.forward(theta);
    }

    /// What it answers at each place: of classes that exclude each other a probability each, else what the network ends in.
    pub fn answers(&self, model: &Model) -> Vec<f32> {
        let last = self.layer(self.layers.len() - 1);
        if !self.softmax {
            return last.to_vec();
        }
        let mut shares = vec![0.0; model.classes];
        let rows = last.chunks_exact(model.outputs);
        rows.flat_map(|z| {
            model.probabilities(z, &mut shares);
            shares.iter().map(|p| *p as f32).collect::<Vec<_>>()
        })
        .collect()
    }

    /// What neuron `unit` of a layer says at each place.
    pub fn neuron(&self, layer: usize, unit: usize) -> impl Iterator<Item = f32> + '_ {
        self.layer(layer).iter().skip(unit).step_by(self.layers[layer].1).copied()
    }

    fn layer(&self, layer: usize) -> &[f32] {
        self.plan.value(self.layers[layer].0)
    }
}
