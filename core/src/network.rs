//! A network in one line of text, and the model it makes together with a loss.

use crate::error::did_you_mean;
use crate::graph::{Graph, Var};
use crate::layers::{LAYERS, Layer};
use crate::layout::Layout;
use crate::losses::{Link, Loss, Targets};
use crate::plan::Plan;
use crate::threads::Threads;
use crate::words::Words;
use crate::{Error, Result};

/// Layers, one after another.
///
/// ```
/// use gradus::network::Network;
/// let network = Network::parse("dense 128 relu, dropout 0.2, dense 1 sigmoid").unwrap();
/// assert_eq!(network.layers().len(), 3);
/// let error = Network::parse("dense 128 rleu, dense 1").err().unwrap().to_string();
/// assert!(error.contains("did you mean `relu`?"));
/// ```
pub struct Network {
    layers: Vec<Box<dyn Layer>>,
}

impl Network {
    /// Reads a line such as `dense 128 relu, dropout 0.2, dense 1 sigmoid`.
    ///
    /// # Errors
    /// [`Error::Line`] pointing at the wrong word.
    pub fn parse(line: &str) -> Result<Network> {
        let mut layers = Vec::new();
        let mut start = 0;
        for piece in line.split(',') {
            let mut words = Words::within(line, start..start + piece.len());
            start += piece.len() + 1;
            let name = words.need("a layer", "for example `dense 128 relu`")?;
            let entry = LAYERS.iter().find(|e| e.name == name).ok_or_else(|| {
                let mend = did_you_mean(name, LAYERS.iter().map(|e| e.name));
                words.wrong(format!("no layer is called `{name}`"), mend)
            })?;
            layers.push((entry.parse)(&mut words)?);
            words.end()?;
        }
        Ok(Network { layers })
    }

    /// From layers made in code.
    pub fn of(layers: Vec<Box<dyn Layer>>) -> Network {
        Network { layers }
    }

    /// The layers, the first that sees the data first.
    pub fn layers(&self) -> &[Box<dyn Layer>] {
        &self.layers
    }

    /// The line that reads back to it, every default written out.
    pub fn line(&self) -> String {
        self.layers.iter().map(|l| l.line()).collect::<Vec<_>>().join(", ")
    }

    /// Adds all layers to a graph; the last without what it ends in, if `open`.
    ///
    /// # Errors
    /// [`Error::Shape`] if a layer does not fit the one before.
    pub fn build(&self, graph: &mut Graph, x: Var, open: bool) -> Result<Var> {
        let mut value = x;
        for (i, layer) in self.layers.iter().enumerate() {
            graph.scope(format!("{}.{}", i + 1, layer.kind()));
            let last = i + 1 == self.layers.len();
            value = if last && open { layer.build_open(graph, value)? } else { layer.build(graph, value)? };
        }
        graph.scope("");
        Ok(value)
    }

    /// What the last layer ends in.
    pub fn ends_in(&self) -> Link {
        self.layers.last().map_or(Link::Identity, |l| l.ends_in())
    }
}

/// A network, what it is judged by, and what goes in and out: everything that decides θ's layout.
pub struct Model {
    /// The layers.
    pub network: Network,
    /// The loss.
    pub loss: Loss,
    /// Numbers per example.
    pub inputs: usize,
    /// Classes to tell apart.
    pub classes: usize,
    /// Numbers the network ends in.
    pub outputs: usize,
    link: Link,
    open: bool,
    layout: Layout,
}

impl Model {
    /// Joins a network and a loss.
    ///
    /// # Errors
    /// [`Error::Settings`] if the network's end suits neither the loss nor the number of classes, or if there is
    /// nothing to learn.
    pub fn new(network: Network, loss: Loss, inputs: usize, classes: usize) -> Result<Model> {
        if inputs == 0 || classes < 2 {
            return Err(Error::Settings {
                message: format!("there is nothing to learn: {inputs} inputs an example, {classes} classes"),
                mend: "give examples of at least one number, of at least two classes".into(),
            });
        }
        let ends = network.ends_in();
        let wants = loss.entry.link;
        let suits = match wants {
            Link::Identity => ends != Link::Softmax,
            _ => ends == wants || ends == Link::Identity,
        };
        if !suits {
            let end = match wants {
                Link::Identity => "anything but softmax, for example `dense 1 sigmoid`".to_string(),
                Link::Sigmoid => "`dense 1 sigmoid` (the loss contains the sigmoid)".into(),
                Link::Softmax => format!("`dense {classes} softmax` (the loss contains the softmax)"),
            };
            return Err(Error::Settings {
                message: format!(
                    "the network `{}` does not suit the loss {}",
                    network.line(),
                    loss.entry.name
                ),
                mend: format!("end the network with {end}, or choose another loss"),
            });
        }
        let open = wants != Link::Identity;
        let mut graph = Graph::new();
        let x = graph.data("input", &[1, inputs]);
        let z = network.build(&mut graph, x, open)?;
        let outputs = graph.shape(z).matrix().1;
        let one = loss.entry.targets == Targets::Values && outputs == 1 && classes == 2;
        if outputs != classes && !one {
            let end = if classes == 2 && loss.entry.targets == Targets::Values {
                "`dense 1 sigmoid`".to_string()
            } else if loss.entry.targets == Targets::Class {
                format!("`dense {classes} softmax`")
            } else {
                format!("`dense {classes} sigmoid`")
            };
            return Err(Error::Settings {
                message: format!("the network ends in {outputs} numbers, but there are {classes} classes"),
                mend: format!("end the network with {end}"),
            });
        }
        let link = if open { wants } else { ends };
        let layout = graph.layout().clone();
        if layout.weights() == 0 {
            return Err(Error::Settings {
                message: format!(
                    "the network `{}` has no weights: nothing in it can be trained",
                    network.line()
                ),
                mend: "add a layer that has weights, for example `dense 1 sigmoid`".into(),
            });
        }
        // θ, its gradient, a state of the optimizer and the best θ: without room for these there is no training.
        if Vec::<f32>::new().try_reserve_exact(layout.weights().saturating_mul(4)).is_err() {
            return Err(Error::Settings {
                message: format!("{} weights do not fit into this machine's memory", layout.weights()),
                mend: "write smaller layers, or make the pictures smaller (--image)".into(),
            });
        }
        Ok(Model { network, loss, inputs, classes, outputs, link, open, layout })
    }

    /// The names, shapes and places of the weights.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// A plan that trains on batches of exactly `batch` examples; data `input`, `target`, `weight`.
    ///
    /// # Errors
    /// [`Error::Shape`] if a layer does not fit the one before.
    pub fn training_plan(&self, batch: usize, threads: &Threads) -> Result<Plan> {
        let (graph, _, loss) = self.graph(batch)?;
        Plan::training(graph, loss, threads)
    }

    /// As [`Model::training_plan`], for targets that may lie between classes: `target` has a number for every output.
    ///
    /// # Errors
    /// As for [`Model::training_plan`], and if the loss wants the number of one class.
    pub fn mixing_plan(&self, batch: usize, threads: &Threads) -> Result<Plan> {
        let (graph, _, loss) = self.graph_for(batch, Targets::Values)?;
        Plan::training(graph, loss, threads)
    }

    /// A plan that computes the network's last value and the loss of `batch` examples, forward only.
    ///
    /// # Errors
    /// As for [`Model::training_plan`].
    pub fn evaluation_plan(&self, batch: usize, threads: &Threads) -> Result<(Plan, Var, Var)> {
        let (graph, z, loss) = self.graph(batch)?;
        Ok((Plan::forward_only(graph, &[z, loss], threads)?, z, loss))
    }

    pub(crate) fn graph(&self, batch: usize) -> Result<(Graph, Var, Var)> {
        self.graph_for(batch, self.loss.entry.targets)
    }

    fn graph_for(&self, batch: usize, targets: Targets) -> Result<(Graph, Var, Var)> {
        let mut graph = Graph::new();
        let x = graph.data("input", &[batch, self.inputs]);
        let z = self.network.build(&mut graph, x, self.open)?;
        let target = match targets {
            Targets::Values => graph.data("target", &[batch, self.outputs]),
            Targets::Class => graph.data("target", &[batch]),
        };
        let weight = graph.data("weight", &[batch]);
        graph.scope("loss");
        let loss = graph.apply_boxed(self.loss.op(), &[z, target, weight])?;
        Ok((graph, z, loss))
    }

    /// Numbers per example that say what is right.
    pub fn targets(&self) -> usize {
        if self.loss.entry.targets == Targets::Class { 1 } else { self.outputs }
    }

    /// Writes what is right for an example of `class`: its number, 0 or 1, or a 1 among zeros.
    pub fn write_target(&self, class: usize, target: &mut [f32]) {
        crate::train::write_target(class, target);
    }

    /// From the network's last value of one example to a probability per class. Outputs that are not
    /// probabilities of themselves (several sigmoids, no function at all) are held within [0, 1] and scaled to sum 1.
    pub fn probabilities(&self, z: &[f32], into: &mut [f64]) {
        let mut p: [f32; 1] = [0.0];
        if let [z] = z {
            p[0] = *z;
            if self.link == Link::Sigmoid && self.open {
                p[0] = crate::real::Real::sigmoid(p[0]);
            }
            let p = (p[0] as f64).clamp(0.0, 1.0);
            into.copy_from_slice(&[1.0 - p, p]);
            return;
        }
        match self.link {
            Link::Softmax => {
                let greatest = z.iter().fold(f32::NEG_INFINITY, |a, z| a.max(*z));
                for (p, z) in into.iter_mut().zip(z) {
                    *p = crate::elementary::exp(z - greatest) as f64;
                }
            }
            Link::Sigmoid if self.open => {
                for (p, z) in into.iter_mut().zip(z) {
                    *p = crate::real::Real::sigmoid(*z) as f64;
                }
            }
            _ => {
                for (p, z) in into.iter_mut().zip(z) {
                    *p = (*z as f64).clamp(0.0, 1.0);
                }
            }
        }
        let sum: f64 = into.iter().sum();
        for p in into.iter_mut() {
            *p = if sum > 0.0 { *p / sum } else { 1.0 / z.len() as f64 };
        }
    }

    /// Layers, shapes, weights and memory as a table, for a batch size and a number of state values per weight.
    ///
    /// # Errors
    /// [`Error::Shape`] if a layer does not fit the one before.
    pub fn summary(&self, batch: usize, states: usize) -> Result<String> {
        let mut graph = Graph::new();
        let mut value = graph.data("input", &[batch, self.inputs]);
        let mut lines = vec![format!("{:<4}{:<52}{:>14}{:>12}", "", "layer", "result", "weights")];
        lines.push(format!("{:<4}{:<52}{:>14}{:>12}", "0", "input", graph.shape(value).to_string(), 0));
        for (i, layer) in self.network.layers().iter().enumerate() {
            let before = graph.layout().weights();
            value = layer.build(&mut graph, value)?;
            let own = graph.layout().weights() - before;
            let shape = graph.shape(value).to_string();
            lines.push(format!("{:<4}{:<52}{shape:>14}{own:>12}", i + 1, layer.line()));
        }
        let weights = self.layout.weights();
        let activations = self.training_plan(batch, &Threads::new(1))?.bytes();
        let mib = |bytes: usize| format!("{:.1} MiB", bytes as f64 / (1 << 20) as f64);
        lines.push(format!(
            "{weights} weights ({}), gradient and optimizer ({}), activations of a batch of {batch} ({})",
            mib(weights * 4),
            mib(weights * 4 * (1 + states)),
            mib(activations)
        ));
        Ok(lines.join("\n"))
    }
}
