//! What is measured: the table `workloads.txt`, read.

use std::borrow::Cow;

use gradus::Result;
use gradus::input::Input;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::optimizers::Choice;

use crate::digits;

const TABLE: &str = include_str!("../workloads.txt");

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Workload {
    /// What it is called.
    pub name: Cow<'static, str>,
    /// Whole training steps, or the way forward only.
    pub trains: bool,
    /// How many θ a step judges, if it is a generation of evolution.
    pub members: Option<usize>,
    /// What an example is.
    pub input: Input,
    /// Classes to tell apart.
    pub classes: usize,
    /// The layers, as the library reads them.
    pub network: Cow<'static, str>,
    /// The loss, as the library reads it.
    pub loss: &'static str,
    /// Examples a step.
    pub batch: usize,
    /// The optimizer, as the library reads it.
    pub optimizer: &'static str,
    /// η
    pub learning_rate: f64,
    /// How many batches lie ready in memory.
    pub pool: usize,
    /// Steps before the clock starts.
    pub warmup: usize,
    /// Whether examples are pictures of digits, and not drawn.
    pub digits: bool,
}

/// All workloads, in the order of the table.
pub fn all() -> Vec<Workload> {
    let lines = TABLE.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty());
    lines.map(|line| read(line).unwrap_or_else(|| panic!("workloads.txt has a bad line: {line}"))).collect()
}

/// Those whose examples are at hand.
pub fn ready() -> Vec<Workload> {
    all().into_iter().filter(|w| !w.digits || digits::folder().is_some()).collect()
}

fn read(line: &'static str) -> Option<Workload> {
    let cells: Vec<&'static str> = line.split('|').map(str::trim).collect();
    let [name, what, inputs, classes, network, loss, batch, optimizer, rate, pool, warmup, ref more @ ..] =
        cells[..]
    else {
        return None;
    };
    Some(Workload {
        name: name.into(),
        trains: match what {
            "train" | "evolve" => true,
            "infer" => false,
            _ => return None,
        },
        members: match what {
            "evolve" => Some(Choice::parse(optimizer).ok()?.values().whole("population")),
            _ => None,
        },
        input: inputs.parse().ok()?,
        classes: classes.parse().ok()?,
        network: network.into(),
        loss,
        batch: batch.parse().ok()?,
        optimizer,
        learning_rate: rate.parse().ok()?,
        pool: pool.parse().ok()?,
        warmup: warmup.parse().ok()?,
        digits: match more {
            [] => false,
            ["digits"] => true,
            _ => return None,
        },
    })
}

impl Workload {
    /// The network and its loss.
    ///
    /// # Errors
    /// If the line does not describe a network.
    pub fn model(&self) -> Result<Model> {
        Model::new(Network::parse(&self.network)?, Loss::parse(self.loss)?, self.input, self.classes)
    }

    /// Bytes that no way of doing a step can leave unmoved: forward reads θ; the update reads and writes θ and
    /// the optimizer's state (`states` numbers per weight). The gradient itself could stay in registers.
    pub fn bytes(&self, weights: usize, states: usize) -> f64 {
        let passes = match (self.members, self.trains) {
            // Each member is written once and read once.
            (Some(members), _) => 2 * members,
            (_, true) => 3 + 2 * states,
            (_, false) => 1,
        };
        4.0 * (passes * weights + self.batch * self.input.numbers()) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_makes_a_model() {
        let names: Vec<_> = all().into_iter().map(|w| w.name).collect();
        assert!(names.contains(&"tiny".into()) && names.contains(&"sgd-1".into()), "{names:?}");
        for w in all() {
            w.model().unwrap_or_else(|e| panic!("{}: {e}", w.name));
        }
    }
}
