//! From a model to its nodes: what comes in, the ops of the folded graph one after another, probabilities.

use std::collections::HashMap;

use super::{Attribute, Form, Given, Port, Portable, Sketch, Value};
use crate::folding::fold;
use crate::graph::{Graph, Source, Var};
use crate::losses::Link;
use crate::message::Message;
use crate::network::Model;
use crate::op::Shape;
use crate::{Error, Result};

/// What stands around a network: how what comes in and what is said become what they are to people.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scaling<'a> {
    /// Mean and deviation by channel, if pictures are to come in as bytes: x = (byte / 255 − mean) / deviation.
    pub pixels: Option<[&'a [f64]; 2]>,
    /// Mean and deviation of the numbers that are to be said, if there are no classes: y = mean + deviation · z.
    pub said: Option<(f64, f64)>,
}

impl Model {
    /// The network in ONNX's words, with θ and what was remembered in training, ending in a probability for each class, or in the
    /// number that is said. With `pixels` it takes pictures as bytes, [batch, height, width, channels], else what the network
    /// sees, in the same order.
    ///
    /// ```
    /// use gradus::{losses::Loss, network::{Model, Network}, onnx::Scaling};
    /// let network = Network::parse("conv 4 3x3 norm relu, pool 2, dense 1 sigmoid").unwrap();
    /// let model = Model::new(network, Loss::parse("binary_cross_entropy").unwrap(), [8, 8, 3], 2).unwrap();
    /// let (theta, memory) = (model.layout().start(1), model.layout().memory().to_vec());
    /// let portable = model.onnx(&theta, &memory, Scaling::default()).unwrap();
    /// let ops: Vec<&str> = portable.nodes.iter().map(|node| node.op).collect();
    /// assert_eq!(ops, ["Transpose", "Conv", "Relu", "MaxPool", "Transpose", "Reshape", "Gemm", "Sigmoid", "Sub", "Concat"]);
    /// ```
    ///
    /// # Errors
    /// [`Error::Settings`] if an op has no form in ONNX.
    ///
    /// # Panics
    /// If θ or the memory has another length than the layout says, or if there are `pixels`, but no picture, or not a number for
    /// each of its channels.
    pub fn onnx(&self, theta: &[f32], memory: &[f32], scaling: Scaling) -> Result<Portable> {
        let weights = self.folded(theta, memory);
        let (graph, z, loss) = self.graph(1)?;
        let (graph, kept, _) = fold(graph, &[z, loss]);
        let z = kept[0];
        let dims = self.input.dims(1)[1..].to_vec();
        let Scaling { pixels, said } = scaling;
        if let Some([mean, deviation]) = pixels {
            let of_picture = dims.len() == 3 && [mean.len(), deviation.len()] == [dims[2]; 2];
            assert!(of_picture, "a mean and a deviation for each channel of a picture");
        }
        let mut sketch = Sketch::default();
        let input = sketch.fresh(if pixels.is_some() { "pixels" } else { "input" });
        let output = sketch.fresh(if self.classes == 0 { "value" } else { "probabilities" });
        let x = sketch.seen(&input, dims.len() == 3, pixels);
        let mut walk =
            Walk { to: &mut sketch, graph: &graph, weights: &weights, memory, values: HashMap::new() };
        let z = walk.computed(z, &x)?;
        sketch.scope = output.name().into();
        let last = match self.classes {
            0 => sketch.said(&z, said.unwrap_or((0.0, 1.0))),
            _ => self.in_probabilities(&mut sketch, z),
        };
        let end = sketch.nodes.iter_mut().find(|node| node.output == last).expect("a node gives it");
        end.output = output.clone();
        Ok(Portable {
            input: Port { value: input, bytes: pixels.is_some(), dims },
            output: Port { value: output, bytes: false, dims: vec![self.classes.max(1)] },
            nodes: sketch.nodes,
            constants: sketch.constants,
        })
    }

    /// As [`Model::probabilities`].
    fn in_probabilities(&self, to: &mut Sketch, z: Value) -> Value {
        let (link, open) = self.end();
        if link == Link::Softmax {
            return to.node("Softmax", &[&z], vec![("axis", Attribute::Int(1))]);
        }
        if link == Link::Sigmoid && open && self.outputs > 1 {
            // Of the logarithms: σ itself is too small to be divided where all z are far below 0.  ln σ(z) = −ln(1 + e⁻ᶻ)
            let below = to.node("Neg", &[&z], vec![]);
            let softplus = to.node("Softplus", &[&below], vec![]);
            let logarithms = to.node("Neg", &[&softplus], vec![]);
            return to.node("Softmax", &[&logarithms], vec![("axis", Attribute::Int(1))]);
        }
        let shares = if link == Link::Sigmoid && open {
            to.node("Sigmoid", &[&z], vec![])
        } else {
            let bounds = [to.number("least", 0.0), to.number("most", 1.0)];
            to.node("Clip", &[&z, &bounds[0], &bounds[1]], vec![])
        };
        if self.outputs == 1 {
            let one = to.number("one", 1.0);
            let other = to.node("Sub", &[&one, &shares], vec![]);
            return to.node("Concat", &[&other, &shares], vec![("axis", Attribute::Int(1))]);
        }
        let axis = to.whole("axis", vec![1]);
        let sum = to.node("ReduceSum", &[&shares, &axis], vec![]);
        // Of nothing all classes have alike.
        let (zero, even) = (to.number("zero", 0.0), to.number("even", 1.0 / self.classes as f32));
        let some = to.node("Greater", &[&sum, &zero], vec![]);
        let scaled = to.node("Div", &[&shares, &sum], vec![]);
        to.node("Where", &[&some, &scaled, &even], vec![])
    }
}

impl Sketch {
    /// What the network sees, from what comes in.
    fn seen(&mut self, input: &Value, picture: bool, pixels: Option<[&[f64]; 2]>) -> Value {
        let mut x = input.clone();
        if let Some([mean, deviation]) = pixels {
            self.scope = "pixels".into();
            let float = ("to", Attribute::Int(1));
            x = self.node("Cast", &[&x], vec![float]);
            let row = |of: &dyn Fn(usize) -> f64| (0..mean.len()).map(|c| of(c) as f32).collect::<Vec<_>>();
            let middle = self.numbers("mean", &[mean.len()], row(&|c| 255.0 * mean[c]));
            let factor = self.numbers("factor", &[mean.len()], row(&|c| 1.0 / (255.0 * deviation[c])));
            x = self.node("Sub", &[&x, &middle], vec![]);
            x = self.node("Mul", &[&x, &factor], vec![]);
        }
        self.scope = "input".into();
        if picture { self.channels_first(&x) } else { x }
    }

    /// y = mean + deviation · z
    fn said(&mut self, z: &Value, (mean, deviation): (f64, f64)) -> Value {
        let (factor, middle) = (self.number("factor", deviation as f32), self.number("mean", mean as f32));
        let y = self.node("Mul", &[z, &factor], vec![]);
        self.node("Add", &[&y, &middle], vec![])
    }
}

/// On the way through a graph.
struct Walk<'a> {
    to: &'a mut Sketch,
    graph: &'a Graph,
    weights: &'a [f32],
    memory: &'a [f32],
    /// What is written already, and in which shape it is seen.
    values: HashMap<(usize, Shape), Value>,
}

impl Walk<'_> {
    /// Writes all that stands before z, and z itself: behind it is the loss.
    fn computed(&mut self, z: Var, x: &Value) -> Result<Value> {
        let (graph, weights, memory) = (self.graph, self.weights, self.memory);
        for (i, node) in graph.nodes.iter().enumerate().take(graph.whole(z).0 + 1) {
            self.to.scope = node.scope.clone();
            let value = match &node.source {
                Source::Data(_) => x.clone(),
                Source::Op { op, inputs, shapes } => {
                    let given: Vec<Given> = (inputs.iter().zip(shapes))
                        .map(|(v, shape)| match graph.nodes[v.0].source {
                            Source::Weight { at } => Given::Numbers(&weights[at..at + shape.size()]),
                            Source::Memory { at } => Given::Numbers(&memory[at..at + shape.size()]),
                            _ => Given::Value(self.seen_as(*v, *shape)),
                        })
                        .collect();
                    op.onnx(Form { to: self.to, shapes, x: &given })
                        .map_err(|what| no_form(&node.scope, op.name(), &what))?
                }
                Source::Weight { .. } | Source::Memory { .. } | Source::View { .. } => continue,
            };
            self.values.insert((i, node.shape), value);
        }
        Ok(self.seen_as(graph.whole(z), graph.shape(z)))
    }

    /// A value in the shape in which it is seen.
    fn seen_as(&mut self, v: Var, shape: Shape) -> Value {
        let own = self.graph.shape(v);
        if let Some(known) = self.values.get(&(v.0, shape)) {
            return known.clone();
        }
        let mut value = self.values[&(v.0, own)].clone();
        if own.dims().len() == 4 {
            value = self.to.channels_last(&value);
        }
        value = self.to.reshaped(&value, &shape.dims()[1..]);
        if shape.dims().len() == 4 {
            value = self.to.channels_first(&value);
        }
        self.values.insert((v.0, shape), value.clone());
        value
    }
}

fn no_form(scope: &str, op: &str, what: &str) -> Error {
    Error::Settings {
        message: Message::of("layer {layer}, {op}, cannot be written as ONNX: {what}")
            .with("layer", scope)
            .with("op", op)
            .with("what", what),
        mend: "implement `Op::onnx` for it, or leave the layer out".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::Layer;
    use crate::losses::Loss;
    use crate::network::Network;
    use crate::op::{Backward, Forward, Op};

    fn portable(network: Network, loss: &str, classes: usize) -> Result<Portable> {
        let model = Model::new(network, Loss::parse(loss)?, [6, 5, 2], classes)?;
        let (theta, memory) = (model.layout().start(1), model.layout().memory().to_vec());
        let pixels = Some([&[0.5, 0.25][..], &[0.1, 0.2]]);
        model.onnx(&theta, &memory, Scaling { pixels, said: Some((3.0, 2.0)) })
    }

    /// What each node reads is there before it, names are given once, and nothing is there that nobody reads.
    #[test]
    fn a_network_is_in_order() {
        for (line, loss, classes) in [
            (
                "conv 4 3x3 norm relu, residual(conv 4 3x3, group_norm 2) silu, pool 2, dense 3",
                "squared_error",
                3,
            ),
            ("residual(dense 4 relu), layer_norm, dropout 0.5, dense 1 sigmoid", "binary_cross_entropy", 2),
            (
                "average_pool 2, upsample 2, batch_norm, global_average_pool, dense 3 softmax",
                "softmax_cross_entropy",
                3,
            ),
            ("dense 4 relu, dense 1", "huber", 0),
        ] {
            let all = portable(Network::parse(line).unwrap(), loss, classes).unwrap();
            let mut there: Vec<&str> = all.constants.iter().map(|c| c.value.name()).collect();
            there.push(all.input.value.name());
            for node in &all.nodes {
                for input in &node.inputs {
                    assert!(input.name().is_empty() || there.contains(&input.name()), "{line}: {node:?}");
                }
                there.push(node.output.name());
            }
            let last = if classes == 0 { "value" } else { "probabilities" };
            assert_eq!(there.last(), Some(&last), "{line}");
            let read =
                |name: &&&str| all.nodes.iter().any(|node| node.inputs.iter().any(|i| i.name() == **name));
            assert_eq!(
                there.iter().filter(read).count(),
                there.len() - 1,
                "{line}: only the last is not read"
            );
            there.sort_unstable();
            assert!(there.windows(2).all(|pair| pair[0] != pair[1]), "{line}: {there:?}");
        }
    }

    /// An op that remembers, and says nothing of ONNX.
    struct Twice;
    impl Op for Twice {
        fn name(&self) -> &'static str {
            "twice"
        }
        fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
            Ok(inputs[0])
        }
        fn forward(&self, _run: Forward) {}
        fn backward(&self, _run: Backward) {}
    }
    impl Layer for Twice {
        fn kind(&self) -> &'static str {
            "twice"
        }
        fn line(&self) -> String {
            "twice".into()
        }
        fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
            let seen = graph.memory("seen", &[1], &[0.0]);
            graph.apply(Twice, &[x, seen])
        }
    }

    #[test]
    fn a_layer_without_a_form_is_named() {
        let mut layers: Vec<Box<dyn Layer>> = vec![Box::new(Twice)];
        layers.push(Box::new(crate::layers::Dense::new(1, "sigmoid").unwrap()));
        let said = portable(Network::of(layers), "binary_cross_entropy", 2).unwrap_err().to_string();
        assert!(
            said.contains("layer 1.twice, twice, cannot be written as ONNX") && said.contains("mend"),
            "{said}"
        );
    }

    /// Of classes that are all unlikely σ is too small to be divided, and an ε that is no 32-bit number must not become 0.
    #[test]
    fn small_numbers_are_not_lost() {
        let network = Network::parse("group_norm 2 epsilon=1e-50, dense 3 sigmoid").unwrap();
        let nodes = portable(network, "binary_cross_entropy", 3).unwrap().nodes;
        let ops: Vec<&str> = nodes.iter().rev().take(4).map(|node| node.op).collect();
        assert_eq!(ops, ["Softmax", "Neg", "Softplus", "Neg"]);
        let norm = nodes.iter().find(|node| node.op == "InstanceNormalization").unwrap();
        assert!(
            matches!(norm.attributes[..], [("epsilon", Attribute::Float(epsilon))] if epsilon > 0.0),
            "{norm:?}"
        );
    }
}
