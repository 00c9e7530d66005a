//! Which networks are drawn neuron by neuron, with every weight as a line: small ones, made of dense layers.
//!
//! A column is the input or a dense layer; dropout changes nothing that is drawn. Inputs may be more than can be drawn: they are
//! one block then, and the weights that come from it are left out (the page shows them as pictures).

use std::ops::Range;

use gradus::graph::{Graph, Var};
use gradus::network::Model;
use serde::Serialize;
use serde_json::{Value, json};

use crate::reply::packed;

/// Neurons of a layer that is drawn, at most.
pub const MOST_UNITS: usize = 64;
/// Weights that are drawn, at most.
pub const MOST_WEIGHTS: usize = 2000;

/// What is drawn of a network.
#[derive(Clone, Debug)]
pub struct Drawing {
    columns: Vec<Column>,
    /// Where in θ lies what is drawn, one stretch after another.
    stretches: Vec<Range<usize>>,
    /// The layers whose results the columns behind the first are, from 0.
    layers: Vec<usize>,
}

/// The input, or a dense layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Column {
    /// `input`, `1.dense`, …
    name: String,
    /// What it ends in.
    function: Option<String>,
    units: usize,
    /// Where among the weights that are told those from the column before begin: row after row, a row for each neuron there.
    /// None of the input, and behind inputs that are one block.
    weights: Option<usize>,
    /// Where its biases begin.
    bias: Option<usize>,
    /// Whether it is one block.
    block: bool,
}

impl Drawing {
    /// What is drawn of a model; none if it is not small, or not of dense layers.
    pub fn of(model: &Model) -> Option<Drawing> {
        let block = model.inputs > MOST_UNITS;
        let input = Column {
            name: "input".into(),
            function: None,
            units: model.inputs,
            weights: None,
            bias: None,
            block,
        };
        let (mut columns, mut stretches, mut layers) = (vec![input], Vec::new(), Vec::new());
        let mut told = 0;
        let mut take = |range: Range<usize>| {
            let at = told;
            told += range.len();
            stretches.push(range);
            at
        };
        let mut drawn = 0;
        for (i, layer) in model.network.layers().iter().enumerate() {
            match layer.kind() {
                "dense" => {}
                "dropout" | "flatten" => continue,
                _ => return None,
            }
            let name = format!("{}.dense", i + 1);
            let part =
                |of: &str| model.layout().parts().iter().find(|part| part.name == format!("{name}.{of}"));
            let weight = part("weight")?;
            let &[rows, units] = weight.shape.dims() else { return None };
            let before = columns.last()?;
            if units > MOST_UNITS || rows != before.units {
                return None;
            }
            let weights = (!before.block).then(|| take(weight.range()));
            drawn += if before.block { 0 } else { rows * units };
            let bias = part("bias").map(|part| take(part.range()));
            let line = layer.line();
            let function = line.split(' ').find(|word| {
                *word == "softmax" || (*word != "identity" && gradus::activations::named(word).is_some())
            });
            let function = function.map(str::to_string);
            columns.push(Column { name, function, units, weights, bias, block: false });
            layers.push(i);
        }
        (1..=MOST_WEIGHTS).contains(&drawn).then_some(Drawing { columns, stretches, layers })
    }

    /// Its columns, for the page.
    pub fn describe(&self) -> Value {
        json!(self.columns)
    }

    /// The weights that are drawn, packed.
    pub fn weights(&self, theta: &[f32]) -> Value {
        let all: Vec<f32> = self.stretches.iter().flat_map(|range| &theta[range.clone()]).copied().collect();
        packed(&all)
    }

    /// The network for so many examples, and where in it the results of the columns behind the first are.
    ///
    /// # Errors
    /// As for the model itself; never for one that was made.
    pub fn graph(&self, model: &Model, examples: usize) -> gradus::Result<(Graph, Vec<Var>)> {
        let mut graph = Graph::new();
        let input = graph.data("input", &model.input.dims(examples));
        let values = model.network.build_layers(&mut graph, input, false)?;
        Ok((graph, self.layers.iter().map(|layer| values[*layer]).collect()))
    }

    /// Whether the inputs are drawn one by one.
    pub fn shows_inputs(&self) -> bool {
        !self.columns[0].block
    }
}

/// The layers of a model, the input first, with the shapes of their results for one example.
pub fn layers(model: &Model) -> Vec<Value> {
    let mut graph = Graph::new();
    let dims = model.input.dims(1);
    let mut value = graph.data("input", &dims);
    let mut layers = vec![json!({ "kind": "input", "line": "input", "shape": &dims[1..], "weights": 0 })];
    for layer in model.network.layers() {
        let before = graph.layout().weights();
        // The model was built of the same layers.
        let Ok(built) = layer.build(&mut graph, value) else { break };
        value = built;
        layers.push(json!({
            "kind": layer.kind(),
            "line": layer.line(),
            "shape": &graph.shape(value).dims()[1..],
            "weights": graph.layout().weights() - before,
        }));
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus::losses::Loss;
    use gradus::network::Network;

    fn drawing(line: &str, inputs: usize) -> Option<Drawing> {
        let loss = Loss::parse("binary_cross_entropy").unwrap();
        Drawing::of(&Model::new(Network::parse(line).unwrap(), loss, inputs, 2).unwrap())
    }

    #[test]
    fn every_weight_of_a_small_network_is_told_once() {
        let small = drawing("dense 3 relu, dropout 0.5, dense 2 tanh bias=no, dense 1 sigmoid", 4).unwrap();
        let at: Vec<_> = small.columns.iter().map(|c| (c.units, c.weights, c.bias)).collect();
        assert_eq!(
            at,
            [(4, None, None), (3, Some(0), Some(12)), (2, Some(15), None), (1, Some(21), Some(23))]
        );
        assert_eq!(small.stretches.iter().map(|r| r.len()).sum::<usize>(), 24);
        let functions: Vec<_> = small.columns.iter().map(|c| c.function.as_deref().unwrap_or("")).collect();
        assert_eq!(functions, ["", "relu", "tanh", "sigmoid"]);
    }

    #[test]
    fn many_inputs_are_one_block() {
        let wide = drawing("dense 8 relu, dense 1 sigmoid", 1728).unwrap();
        assert!(!wide.shows_inputs() && wide.columns[1].weights.is_none());
        assert_eq!((wide.columns[1].bias, wide.columns[2].weights), (Some(0), Some(8)));
    }

    #[test]
    fn what_is_large_or_not_dense_is_not_drawn() {
        for (line, inputs) in [
            ("dense 65 relu, dense 1 sigmoid", 4),
            ("dense 64 relu, dense 64 relu, dense 1 sigmoid", 4),
            ("dense 1 sigmoid", 65),
            ("dense 8 relu, layer_norm, dense 1 sigmoid", 4),
        ] {
            assert!(drawing(line, inputs).is_none(), "{line}");
        }
    }
}
