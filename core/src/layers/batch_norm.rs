use super::{Entry, Layer};
use crate::Result;
use crate::activations::{self, Activation};
use crate::graph::{Graph, Var};
use crate::initializers;
use crate::ops::BatchNorm;
use crate::words::{Parameter, Values, Words};

pub(super) const ROW: Entry = Entry {
    name: "batch_norm",
    form: "[momentum=0.1] [epsilon=1e-5]",
    formula: "y = γ (x − m) / √(v + ε) + β; m, v: of the batch while training, remembered in use",
    about: "each channel gets mean 0 and variance 1 over the batch, then a scale and a shift that are learnt",
    paper: "Ioffe & Szegedy 2015, Batch Normalization, arXiv 1502.03167",
    parse,
};

const PARAMETERS: &[Parameter] = &[
    Parameter::number("momentum", "µ", 0.1, (0.0, 1.0), "the share of the new batch in what is remembered"),
    EPSILON,
];

pub(super) const EPSILON: Parameter =
    Parameter::number("epsilon", "ε", 1e-5, (0.0, f64::INFINITY), "added to the variance").open();

/// Batch normalisation as a layer, [Ioffe & Szegedy 2015](https://arxiv.org/abs/1502.03167). A channel is a number of the
/// last dimension.
///
/// ```text
/// y = γ (x − m) / √(v + ε) + β; m, v: of the batch while training, remembered in use
/// ```
///
/// γ starts at one, β at zero; the remembered m starts at zero, v at one, and after each training step
/// m ← (1 − µ) m + µ (that of the batch), the same for v: PyTorch's convention, the variance unbiased.
pub struct BatchNormLayer(Values);

fn parse(words: &mut Words) -> Result<Box<dyn Layer>> {
    Ok(Box::new(BatchNormLayer(words.values(PARAMETERS)?)))
}

/// γ and β for the last dimension of a value: the weights `scale` and `shift`.
pub(super) fn scale_and_shift(graph: &mut Graph, x: Var) -> [Var; 2] {
    let (_, channels) = graph.shape(x).matrix();
    let start = |name| initializers::named(name).expect("in the table");
    [graph.weight("scale", &[channels], start("ones")), graph.weight("shift", &[channels], start("zeros"))]
}

fn batch_norm(graph: &mut Graph, x: Var, values: &Values, activation: &'static Activation) -> Result<Var> {
    let (_, channels) = graph.shape(x).matrix();
    let [scale, shift] = scale_and_shift(graph, x);
    let start: Vec<f32> = [0.0, 1.0].iter().flat_map(|x| std::iter::repeat_n(*x, channels)).collect();
    let running = graph.memory("running", &[2, channels], &start);
    let op = BatchNorm { activation, momentum: values.get("momentum"), epsilon: values.get("epsilon") };
    graph.apply(op, &[x, scale, shift, running])
}

/// Whether the word `norm` comes next, and takes it: what layers of sums read before their function.
pub(super) fn takes_norm(words: &mut Words) -> bool {
    words.peek() == Some("norm") && words.take().is_some()
}

/// Batch norm of the sums x (without bias or function) of a layer, then its function: what the word `norm` stands for.
pub(super) fn normed(graph: &mut Graph, x: Var, activation: &'static Activation) -> Result<Var> {
    batch_norm(graph, x, &Values::defaults(PARAMETERS), activation)
}

impl Layer for BatchNormLayer {
    fn kind(&self) -> &'static str {
        ROW.name
    }

    fn line(&self) -> String {
        format!("{}{}", ROW.name, self.0.written())
    }

    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        batch_norm(graph, x, &self.0, activations::named("identity").expect("in the table"))
    }
}
