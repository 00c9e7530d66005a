//! The smallest network worth the name: two inputs, two hidden neurons, one output, six weights.

use super::{Effort, Figure};
use crate::{Chart, NetworkDrawing, number};
use gradus::Result;
use gradus::graph::Graph;
use gradus::network::Network;
use gradus::plan::Plan;

pub(super) const ROW: Figure = Figure {
    name: "network",
    about: "the network of six weights, with the numbers of one example",
    is_measured: false,
    draw,
};

const LINE: &str = "dense 2 sigmoid bias=no, dense 1 sigmoid bias=no";
const INPUTS: [f32; 2] = [1.0, 0.5];

/// θ as it starts, and the values of the hidden neurons and of the output.
fn values(effort: &Effort) -> Result<(Vec<f32>, Vec<f64>)> {
    let network = Network::parse(LINE)?;
    let mut graph = Graph::new();
    let mut value = graph.data("input", &[1, 2]);
    let mut kept = Vec::new();
    for (i, layer) in network.layers().iter().enumerate() {
        graph.scope(format!("{}.dense", i + 1));
        value = layer.build(&mut graph, value)?;
        kept.push(value);
    }
    let mut plan = Plan::forward_only(graph, &kept, &effort.threads)?;
    let theta = plan.layout().start(1);
    plan.data("input").copy_from_slice(&INPUTS);
    plan.forward(&theta);
    let values = kept.iter().flat_map(|v| plan.value(*v).iter().map(|x| *x as f64)).collect();
    Ok((theta, values))
}

fn draw(effort: &Effort) -> Result<Box<dyn Chart>> {
    let (theta, values) = values(effort)?;
    let shown = |x: f64| number((1e3 * x).round() / 1e3);
    let mut chart = NetworkDrawing::new("A network is a function of its weights")
        .note(format!(
            "“{LINE}”: six weights, drawn at random as every training starts. Under each neuron is its value for x₁ = 1, \
             x₂ = 0.5. Training changes the weights so that y comes nearer to what it should be."
        ))
        .column("inputs", [("x₁", shown(INPUTS[0] as f64)), ("x₂", shown(INPUTS[1] as f64))])
        .column("hidden layer", [("h₁", shown(values[0])), ("h₂", shown(values[1]))])
        .column("output", [("y", shown(values[2]))]);
    // θ holds W row by row: the weights of one input to all neurons, then those of the next.
    let arrows = [
        ((0, 0), (1, 0)),
        ((0, 0), (1, 1)),
        ((0, 1), (1, 0)),
        ((0, 1), (1, 1)),
        ((1, 0), (2, 0)),
        ((1, 1), (2, 0)),
    ];
    for ((i, (from, to)), w) in arrows.into_iter().enumerate().zip(&theta) {
        let name = ['₁', '₂', '₃', '₄', '₅', '₆'][i];
        chart = chart.edge(from, to, Some(*w as f64), format!("w{name} = {}", shown(*w as f64)));
    }
    Ok(Box::new(chart))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_follow_from_the_weights() {
        let (theta, values) = values(&Effort::full(1)).unwrap();
        assert_eq!((theta.len(), values.len()), (6, 3));
        let w: Vec<f64> = theta.iter().map(|w| *w as f64).collect();
        let f = |x: f64| 1.0 / (1.0 + (-x).exp());
        let h = [f(w[0] + 0.5 * w[2]), f(w[1] + 0.5 * w[3])];
        let y = f(h[0] * w[4] + h[1] * w[5]);
        for (got, want) in values.iter().zip([h[0], h[1], y]) {
            assert!((got - want).abs() < 1e-6, "{got} is not {want}");
        }
    }
}
