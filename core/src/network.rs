//! A network in one line of text, and the model it makes together with a loss.

mod probabilities;
mod summary;

use std::borrow::Cow;
use std::ops::Range;

use crate::error::did_you_mean;
use crate::folding::{Folding, fold};
use crate::graph::{Graph, Var};
use crate::input::Input;
use crate::layers::{LAYERS, Layer};
use crate::layout::Layout;
use crate::losses::{Link, Loss, Targets};
use crate::message::Message;
use crate::plan::Plan;
use crate::presets::PRESETS;
use crate::threads::Threads;
use crate::words::Words;
use crate::{Error, Result};
pub use summary::Held;

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
    /// Reads a line such as `conv 32 3x3 relu, pool 2, dense 128 relu, dropout 0.2, dense 1 sigmoid`. The name of one of
    /// [`PRESETS`] stands for its layers.
    ///
    /// # Errors
    /// [`Error::Line`] pointing at the wrong word.
    pub fn parse(line: &str) -> Result<Network> {
        check_brackets(line)?;
        Ok(Network { layers: layers_of(line, 0..line.len())? })
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
        Ok(self.build_layers(graph, x, open)?.last().copied().unwrap_or(x))
    }

    /// As [`Network::build`]: the result of every layer.
    ///
    /// # Errors
    /// As [`Network::build`].
    pub fn build_layers(&self, graph: &mut Graph, x: Var, open: bool) -> Result<Vec<Var>> {
        let mut values = Vec::with_capacity(self.layers.len());
        for (i, layer) in self.layers.iter().enumerate() {
            let value = values.last().copied().unwrap_or(x);
            graph.scope(format!("{}.{}", i + 1, layer.kind()));
            let last = i + 1 == self.layers.len();
            let built = if last && open { layer.build_open(graph, value) } else { layer.build(graph, value) };
            values.push(built.map_err(|error| in_layer(i, &**layer, error))?);
        }
        graph.scope("");
        Ok(values)
    }

    /// What the last layer ends in.
    pub fn ends_in(&self) -> Link {
        self.layers.last().map_or(Link::Identity, |l| l.ends_in())
    }
}

/// How deep brackets may stand in one another.
const DEEPEST: usize = 8;

/// That every bracket is opened and closed.
fn check_brackets(line: &str) -> Result<()> {
    let wrong = |i: usize, message: Message, mend: &'static str| {
        Err(Error::Line { line: line.into(), at: i..i + 1, message, mend: mend.into() })
    };
    let mut open = Vec::new();
    for (i, c) in line.char_indices() {
        match c {
            '(' if open.len() == DEEPEST => {
                return wrong(
                    i,
                    Message::of("brackets stand {depth} deep").with("depth", DEEPEST),
                    "write what is in them one after another",
                );
            }
            '(' => open.push(i),
            ')' if open.pop().is_none() => {
                return wrong(
                    i,
                    "this bracket is closed, but was not opened".into(),
                    "remove it, or write ( before it",
                );
            }
            _ => {}
        }
    }
    match open.pop() {
        Some(i) => wrong(i, "this bracket is opened, but not closed".into(), "write ) where it ends"),
        None => Ok(()),
    }
}

/// The layers of a stretch of a line: between commas, but for those in brackets.
pub(crate) fn layers_of(line: &str, stretch: Range<usize>) -> Result<Vec<Box<dyn Layer>>> {
    let mut layers = Vec::new();
    let mut depth = 0;
    let mut ends: Vec<usize> = Vec::new();
    for (i, c) in line[stretch.clone()].char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => ends.push(stretch.start + i),
            _ => {}
        }
    }
    let mut start = stretch.start;
    for end in ends.into_iter().chain([stretch.end]) {
        let mut words = Words::within(line, start..end);
        start = end + 1;
        let name = words.need("a layer", "for example `dense 128 relu`")?;
        if let Some(preset) = PRESETS.iter().find(|p| p.name == name) {
            layers.extend(layers_of(preset.line, 0..preset.line.len())?);
        } else {
            let entry = LAYERS.iter().find(|e| e.name == name).ok_or_else(|| {
                let names = LAYERS.iter().map(|e| e.name).chain(PRESETS.iter().map(|p| p.name));
                let message = Message::of("no layer is called `{name}`").with("name", name);
                words.wrong(message, did_you_mean(name, names))
            })?;
            layers.push((entry.parse)(&mut words)?);
        }
        words.end()?;
    }
    Ok(layers)
}

/// The same error, saying in which layer.
pub(crate) fn in_layer(i: usize, layer: &dyn Layer, error: Error) -> Error {
    match error {
        Error::Shape { op, inputs, needs } => {
            Error::Shape { op: format!("layer {}, {}: {op}", i + 1, layer.kind()), inputs, needs }
        }
        other => other,
    }
}

/// A network, what it is judged by, and what goes in and out: everything that decides θ's layout.
pub struct Model {
    /// The layers.
    pub network: Network,
    /// The loss.
    pub loss: Loss,
    /// What an example is.
    pub input: Input,
    /// Numbers per example.
    pub inputs: usize,
    /// Classes to tell apart; 0: it says a number.
    pub classes: usize,
    /// Numbers the network ends in.
    pub outputs: usize,
    link: Link,
    open: bool,
    layout: Layout,
    folding: Folding,
}

impl Model {
    /// Joins a network and a loss, for examples of so many numbers, or pictures: `[height, width, channels]`. With 0 classes the
    /// network says a number of each example.
    ///
    /// # Errors
    /// [`Error::Settings`] if the network's end suits neither the loss nor the number of classes, or if there is
    /// nothing to learn.
    pub fn new(network: Network, loss: Loss, input: impl Into<Input>, classes: usize) -> Result<Model> {
        let input = input.into();
        let inputs = input.numbers();
        if inputs == 0 || classes == 1 {
            return Err(Error::Settings {
                message: Message::of(
                    "there is nothing to learn: {inputs} inputs an example, {classes} classes",
                )
                .with("inputs", inputs)
                .with("classes", classes),
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
                Link::Identity => Message::of("anything but softmax, for example `dense 1 sigmoid`"),
                Link::Sigmoid => Message::of("`dense 1 sigmoid` (the loss contains the sigmoid)"),
                Link::Softmax => Message::of("`dense {classes} softmax` (the loss contains the softmax)")
                    .with("classes", classes),
            };
            return Err(Error::Settings {
                message: Message::of("the network `{network}` does not suit the loss {loss}")
                    .with("network", network.line())
                    .with("loss", loss.entry.name),
                mend: Message::of("end the network with {end}, or choose another loss").saying("end", end),
            });
        }
        if classes == 0 && wants != Link::Identity {
            return Err(Error::Settings {
                message: Message::of("the loss {loss} is of classes, but a number is to be said")
                    .with("loss", loss.entry.name),
                mend: "choose a loss of numbers: squared_error, absolute_error or huber".into(),
            });
        }
        let open = wants != Link::Identity;
        let mut graph = Graph::new();
        let x = graph.data("input", &input.dims(1));
        let z = network.build(&mut graph, x, open)?;
        let outputs = graph.shape(z).size();
        let one = loss.entry.targets == Targets::Values && outputs == 1 && classes == 2;
        if classes == 0 && outputs != 1 {
            return Err(Error::Settings {
                message: Message::of("the network ends in {outputs} numbers, but one is to be said")
                    .with("outputs", outputs),
                mend: "end the network with `dense 1`".into(),
            });
        }
        if classes > 0 && outputs != classes && !one {
            let end = if classes == 2 && loss.entry.targets == Targets::Values {
                "`dense 1 sigmoid`".to_string()
            } else if loss.entry.targets == Targets::Class {
                format!("`dense {classes} softmax`")
            } else {
                format!("`dense {classes} sigmoid`")
            };
            return Err(Error::Settings {
                message: Message::of(
                    "the network ends in {outputs} numbers, but there are {classes} classes",
                )
                .with("outputs", outputs)
                .with("classes", classes),
                mend: Message::of("end the network with {end}").with("end", end),
            });
        }
        let link = if open { wants } else { ends };
        let layout = graph.layout().clone();
        if layout.weights() == 0 {
            return Err(Error::Settings {
                message: Message::of("the network `{network}` has no weights: nothing in it can be trained")
                    .with("network", network.line()),
                mend: "add a layer that has weights, for example `dense 1 sigmoid`".into(),
            });
        }
        // θ, its gradient, a state of the optimizer and the best θ: without room for these there is no training.
        if Vec::<f32>::new().try_reserve_exact(layout.weights().saturating_mul(4)).is_err() {
            return Err(Error::Settings {
                message: Message::of("{weights} weights do not fit into this machine's memory")
                    .with("weights", layout.weights()),
                mend: "write smaller layers, or make the pictures smaller (--image)".into(),
            });
        }
        let folding = Folding::default();
        let mut model = Model { network, loss, input, inputs, classes, outputs, link, open, layout, folding };
        let (graph, z, loss) = model.graph(1)?;
        model.folding = fold(graph, &[z, loss]).2;
        Ok(model)
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

    /// A plan that computes the network's last value and the loss of `batch` examples, forward only. What is fixed in use is
    /// folded away: it runs on the weights that [`Model::folded`] gives.
    ///
    /// # Errors
    /// As for [`Model::training_plan`].
    pub fn evaluation_plan(&self, batch: usize, threads: &Threads) -> Result<(Plan, Var, Var)> {
        let (graph, z, loss) = self.graph(batch)?;
        let (graph, kept, _) = fold(graph, &[z, loss]);
        Ok((Plan::forward_only(graph, &kept, threads)?, kept[0], kept[1]))
    }

    /// As [`Model::evaluation_plan`], without the loss: the way from `input` to the network's last value.
    ///
    /// # Errors
    /// As for [`Model::training_plan`].
    pub fn inference_plan(&self, batch: usize, threads: &Threads) -> Result<(Plan, Var)> {
        let (graph, z, loss) = self.graph(batch)?;
        let (graph, kept, _) = fold(graph, &[z, loss]);
        Ok((Plan::forward_only(graph, &kept[..1], threads)?, kept[0]))
    }

    /// The weights for an [`Model::evaluation_plan`], from θ and what was remembered in training: θ itself where there is
    /// nothing to fold.
    ///
    /// # Panics
    /// If either has another length than the layout says.
    pub fn folded<'a>(&self, theta: &'a [f32], memory: &[f32]) -> Cow<'a, [f32]> {
        let (weights, numbers) = (self.layout.weights(), self.layout.memory().len());
        assert_eq!(
            (theta.len(), memory.len()),
            (weights, numbers),
            "θ and memory must be as long as the layout says"
        );
        self.folding.apply(theta, memory)
    }

    /// What the network ends in, and whether that is left to the loss.
    pub(crate) fn end(&self) -> (Link, bool) {
        (self.link, self.open)
    }

    pub(crate) fn graph(&self, batch: usize) -> Result<(Graph, Var, Var)> {
        self.graph_for(batch, self.loss.entry.targets)
    }

    fn graph_for(&self, batch: usize, targets: Targets) -> Result<(Graph, Var, Var)> {
        let mut graph = Graph::new();
        let x = graph.data("input", &self.input.dims(batch));
        let z = self.network.build(&mut graph, x, self.open)?;
        let z = graph.flat(z);
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
}
