use super::{Conv, Entry, Layer, reading};
use crate::activations::Activation;
use crate::graph::{Graph, Var};
use crate::initializers::Fan;
use crate::network::{in_layer, layers_of};
use crate::ops::{Add, Linear};
use crate::window::Padding;
use crate::words::Words;
use crate::{Error, Result};

pub(super) const ROW: Entry = Entry {
    name: "residual",
    form: "(LAYER, LAYER, …) [ACTIVATION]",
    formula: "y = f(x + g(x)), or f(P x + g(x)) where g changes the shape",
    about: "a way round some layers g: they learn only what is to be changed. P is a 1x1 convolution without bias, with the \
            stride that fits (of rows: a dense layer)",
    paper: "He et al. 2015, Deep Residual Learning for Image Recognition, arXiv 1512.03385",
    parse,
};

/// A way round some layers.
///
/// ```text
/// y = f(x + g(x)), or f(P x + g(x)) where g changes the shape
/// ```
///
/// g are the layers in the brackets. Where their result has another shape than x, x goes through a projection P: for pictures a 1x1
/// convolution without bias, with the stride by which g makes the picture smaller; for rows a matrix without bias.
pub struct Residual {
    layers: Vec<Box<dyn Layer>>,
    activation: &'static Activation,
}

fn parse(words: &mut Words) -> Result<Box<dyn Layer>> {
    let mend = "for example residual(conv 64 3x3 relu, conv 64 3x3) relu";
    let stretch = words.bracket("the layers in brackets", mend)?;
    let layers = layers_of(words.line(), stretch)?;
    let activation = reading::activation(words)?.unwrap_or(reading::identity());
    Ok(Box::new(Residual { layers, activation }))
}

impl Residual {
    /// Around `layers`, with f = `activation`.
    pub fn new(layers: Vec<Box<dyn Layer>>, activation: &'static Activation) -> Residual {
        Residual { layers, activation }
    }
}

impl Layer for Residual {
    fn kind(&self) -> &'static str {
        ROW.name
    }

    fn line(&self) -> String {
        let layers: Vec<String> = self.layers.iter().map(|l| l.line()).collect();
        format!("residual({}) {}", layers.join(", "), self.activation.name)
    }

    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        let outer = graph.scoped().to_string();
        let within = |name: &str| if outer.is_empty() { name.into() } else { format!("{outer}.{name}") };
        let mut through = x;
        for (i, layer) in self.layers.iter().enumerate() {
            graph.scope(within(&format!("{}.{}", i + 1, layer.kind())));
            through = layer.build(graph, through).map_err(|error| in_layer(i, &**layer, error))?;
        }
        graph.scope(within("projection"));
        let round = projection(graph, x, through)?;
        graph.scope(outer.clone());
        if graph.is_same(round, through) {
            return Err(Error::Shape {
                op: ROW.name.into(),
                inputs: vec![graph.shape(x)],
                needs: "layers in its brackets that compute something".into(),
            });
        }
        graph.apply(Add::new(self.activation), &[round, through])
    }
}

/// x in the shape of `like`.
fn projection(graph: &mut Graph, x: Var, like: Var) -> Result<Var> {
    let to = graph.shape(like);
    let x = if to.dims().len() == 2 { graph.flat(x) } else { x };
    let from = graph.shape(x);
    if from == to {
        return Ok(x);
    }
    if let (&[_, height, width, _], &[_, rows, columns, outputs]) = (from.dims(), to.dims()) {
        let stride = |from: usize, to: usize| {
            let stride = from.div_ceil(to.max(1));
            (from.div_ceil(stride.max(1)) == to).then_some(stride)
        };
        return match (stride(height, rows), stride(width, columns)) {
            (Some(down), Some(across)) => {
                let conv = Conv::new(outputs, [1, 1], reading::identity());
                conv.padding(Padding::Valid).stride([down, across]).without_bias().build(graph, x)
            }
            _ => Err(Error::Shape {
                op: ROW.name.into(),
                inputs: vec![from, to],
                needs: format!(
                    "layers in its brackets that keep the picture's size, or divide it by their strides: no stride makes \
                     {rows}×{columns} of {height}×{width}; write pad=same"
                ),
            }),
        };
    }
    let (inputs, outputs) = (from.matrix().1, to.matrix().1);
    let start = reading::default_initializer(None).start;
    let w = graph.weight_with_fan("weight", &[inputs, outputs], start, Fan { inputs, outputs });
    graph.apply(Linear::new(reading::identity()), &[x, w])
}
