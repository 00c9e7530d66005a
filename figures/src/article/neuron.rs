//! One neuron with its numbers: inputs, weights, their sum, its activation.

use super::{Effort, Figure};
use crate::{Chart, NetworkDrawing, number};
use gradus::Result;
use gradus::graph::Graph;
use gradus::network::Network;
use gradus::plan::Plan;
use gradus::threads::Threads;

pub(super) const ROW: Figure = Figure {
    name: "neuron",
    about: "one neuron: weighted sum, bias, activation, with numbers",
    is_measured: false,
    draw,
};

const INPUTS: [f32; 3] = [1.0, 0.5, -1.5];
/// Three weights and the bias.
const THETA: [f32; 4] = [0.8, -1.2, 0.6, 0.5];

/// What a layer of one neuron makes of the inputs.
fn result(line: &str, threads: &Threads) -> Result<f64> {
    let mut graph = Graph::new();
    let x = graph.data("input", &[1, INPUTS.len()]);
    let y = Network::parse(line)?.build(&mut graph, x, false)?;
    let mut plan = Plan::forward_only(graph, &[y], threads)?;
    plan.data("input").copy_from_slice(&INPUTS);
    plan.forward(&THETA);
    Ok(plan.value(y)[0] as f64)
}

fn draw(effort: &Effort) -> Result<Box<dyn Chart>> {
    let sum = result("dense 1", &effort.threads)?;
    let y = result("dense 1 sigmoid", &effort.threads)?;
    let shown = |x: f64| number((1e3 * x).round() / 1e3);
    let mut chart = NetworkDrawing::new("A neuron: y = f(w₁x₁ + w₂x₂ + w₃x₃ + b)")
        .note("Each input is multiplied by its weight; the sum and the bias b go through the activation f, here the sigmoid.")
        .column(
            "inputs",
            [("x₁", INPUTS[0]), ("x₂", INPUTS[1]), ("x₃", INPUTS[2])]
                .map(|(name, x)| (name, shown(x as f64)))
                .into_iter()
                .chain([("1", String::new())]),
        )
        .column("weighted sum", [("Σ", shown(sum))])
        .column("activation", [("f", "sigmoid")])
        .column("output", [("y", shown(y))]);
    for (i, w) in THETA.iter().enumerate() {
        let name = if i == INPUTS.len() { "b".into() } else { format!("w{}", ['₁', '₂', '₃'][i]) };
        chart = chart.edge((0, i), (1, 0), Some(*w as f64), format!("{name} = {}", shown(*w as f64)));
    }
    chart = chart.edge((1, 0), (2, 0), None, "").edge((2, 0), (3, 0), None, "");
    Ok(Box::new(chart))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0.8·1 − 1.2·0.5 + 0.6·(−1.5) + 0.5 = −0.2; sigmoid(−0.2) = 0.450166.
    #[test]
    fn the_numbers_are_those_of_the_formula() {
        let threads = Threads::new(1);
        assert!((result("dense 1", &threads).unwrap() + 0.2).abs() < 1e-6);
        assert!((result("dense 1 sigmoid", &threads).unwrap() - 0.450_166).abs() < 1e-6);
        let svg = draw(&Effort::full(1)).unwrap().svg();
        assert!(svg.contains(">−0.2<") && svg.contains(">0.45<") && svg.contains(">w₂ = −1.2<"));
    }
}
