//! A model as a table: layers, shapes, weights and memory.

use super::Model;
use crate::Result;
use crate::graph::Graph;

/// Columns for a layer's line in a summary.
const WIDTH: usize = 60;

/// Words in rows of at most `width` letters, if no word is longer.
fn in_rows(line: &str, width: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match rows.last_mut() {
            Some(row) if row.chars().count() + 1 + word.chars().count() <= width => {
                row.push(' ');
                row.push_str(word);
            }
            _ => rows.push(word.into()),
        }
    }
    rows
}

/// Bytes that a training holds beside its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Of slopes that are written to memory: none where rules take them on the way back.
    pub gradient: usize,
    /// Of what the optimizer keeps between steps.
    pub optimizer: usize,
    /// Of activations and their slopes.
    pub activations: usize,
}

impl Model {
    /// Layers, shapes, weights and memory as a table, for a batch size and what a training of it holds.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if a layer does not fit the one before.
    pub fn summary(&self, batch: usize, held: &Held) -> Result<String> {
        let mut graph = Graph::new();
        let mut value = graph.data("input", &self.input.dims(batch));
        let row = |number: &str, layer: &str, shape: &str, weights: &str| {
            format!("{number:<4}{layer:<WIDTH$}{shape:>16}{weights:>12}")
        };
        let mut lines = vec![row("", "layer", "result", "weights")];
        lines.push(row("0", "input", &graph.shape(value).to_string(), "0"));
        for (i, layer) in self.network.layers().iter().enumerate() {
            let before = graph.layout().weights();
            value = layer.build(&mut graph, value)?;
            let own = graph.layout().weights() - before;
            let shape = graph.shape(value).to_string();
            let mut words = in_rows(&layer.line(), WIDTH - 1).into_iter();
            let first = words.next().unwrap_or_default();
            lines.push(row(&(i + 1).to_string(), &first, &shape, &own.to_string()));
            lines.extend(words.map(|rest| format!("{:<6}{rest}", "")));
        }
        let mib = |bytes: usize| format!("({:.1} MiB)", bytes as f64 / (1 << 20) as f64);
        let weights = self.layout.weights();
        let mut memory = format!("{weights} weights {}", mib(weights * 4));
        for (what, bytes) in [("gradient", held.gradient), ("optimizer", held.optimizer)] {
            if bytes > 0 {
                memory += &format!(", {what} {}", mib(bytes));
            }
        }
        lines.push(memory + &format!(", activations of a batch of {batch} {}", mib(held.activations)));
        Ok(lines.join("\n"))
    }
}
