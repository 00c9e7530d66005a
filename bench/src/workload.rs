//! What is measured: the table `workloads.txt`, read.

use gradus::Result;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::optimizers::Choice;

const TABLE: &str = include_str!("../workloads.txt");

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// What it is called.
    pub name: &'static str,
    /// Whole training steps, or the way forward only.
    pub trains: bool,
    /// How many θ a step judges, if it is a generation of evolution.
    pub members: Option<usize>,
    /// Numbers per example.
    pub inputs: usize,
    /// Classes to tell apart.
    pub classes: usize,
    /// The layers, as the library reads them.
    pub network: &'static str,
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
}

/// All workloads, in the order of the table.
pub fn all() -> Vec<Workload> {
    let lines = TABLE.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty());
    lines.map(|line| read(line).unwrap_or_else(|| panic!("workloads.txt has a bad line: {line}"))).collect()
}

fn read(line: &'static str) -> Option<Workload> {
    let cells: Vec<&'static str> = line.split('|').map(str::trim).collect();
    let [name, what, inputs, classes, network, loss, batch, optimizer, rate, pool, warmup] = cells[..] else {
        return None;
    };
    Some(Workload {
        name,
        trains: match what {
            "train" | "evolve" => true,
            "infer" => false,
            _ => return None,
        },
        members: match what {
            "evolve" => Some(Choice::parse(optimizer).ok()?.values().whole("population")),
            _ => None,
        },
        inputs: inputs.parse().ok()?,
        classes: classes.parse().ok()?,
        network,
        loss,
        batch: batch.parse().ok()?,
        optimizer,
        learning_rate: rate.parse().ok()?,
        pool: pool.parse().ok()?,
        warmup: warmup.parse().ok()?,
    })
}

impl Workload {
    /// The network and its loss.
    ///
    /// # Errors
    /// If the line does not describe a network.
    pub fn model(&self) -> Result<Model> {
        Model::new(Network::parse(self.network)?, Loss::parse(self.loss)?, self.inputs, self.classes)
    }

    /// Multiplications and additions of the matrix products of one step.
    ///
    /// Forward, the weights' gradient and the inputs' gradient take 2 · batch · inputs · units each; nobody asks
    /// for the gradient of the data. A generation goes forward once for each member.
    pub fn flops(&self, model: &Model) -> f64 {
        let matrices = model.layout().parts().iter().filter(|p| p.shape.dims().len() == 2);
        let products = |first: bool| match (self.trains, first) {
            (false, _) => 1,
            (true, true) => 2,
            (true, false) => 3,
        };
        let of = |(k, m): (usize, usize)| match self.members {
            Some(members) => 2 * members * self.batch * m,
            None => 2 * products(k == 0) * self.batch * m,
        };
        matrices.map(|p| p.shape.size()).enumerate().map(of).sum::<usize>() as f64
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
        4.0 * (passes * weights + self.batch * self.inputs) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_makes_a_model() {
        let names: Vec<_> = all().iter().map(|w| w.name).collect();
        assert!(names.contains(&"tiny") && names.contains(&"sgd-1"), "{names:?}");
        for w in all() {
            w.model().unwrap_or_else(|e| panic!("{}: {e}", w.name));
        }
    }

    #[test]
    fn work_is_counted_by_hand_for_mnist_s() {
        let w = all().into_iter().find(|w| w.name == "mnist-s").unwrap();
        let by_hand = 2 * 32 * (2 * 784 * 128 + 3 * 128 * 10);
        assert_eq!(w.flops(&w.model().unwrap()), by_hand as f64);
        let w = all().into_iter().find(|w| w.name == "ga").unwrap();
        let by_hand = 256.0 * 2.0 * 1000.0 * (784.0 * 32.0 + 32.0 * 10.0);
        assert_eq!(w.flops(&w.model().unwrap()), by_hand);
    }
}
