//! A trained network in the words of [ONNX](https://onnx.ai), which other programs run: nodes, and the numbers they read.
//! Each op says its own ([`Op::onnx`](crate::op::Op::onnx)), functions between layers are taken from their formulas; the
//! crate `gradus-onnx` writes files of them.
//!
//! What is folded for use here ([`crate::folding`]) is folded there too. Pictures are batch × height × width ×
//! channels here, batch × channels × height × width there: they are turned where they come in and where rows are made of them.

mod function;
mod network;

pub use network::Scaling;

use std::collections::HashSet;

use crate::op::Shape;

/// The version of ONNX's operators that is spoken: runtimes since 2022 know it.
pub const OPSET: i64 = 17;

/// What a node reads or gives, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Value(String);

impl Value {
    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// An input that is left out.
    pub fn none() -> Value {
        Value(String::new())
    }
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// As ONNX calls it: `Conv`, `Gemm`, …
    pub op: &'static str,
    /// What it reads.
    pub inputs: Vec<Value>,
    /// What it gives.
    pub output: Value,
    /// How it does it.
    pub attributes: Vec<(&'static str, Attribute)>,
}

/// How a node does what it does.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// A whole number.
    Int(i64),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// A number.
    Float(f32),
    /// A word.
    Word(&'static str),
}

impl Attribute {
    /// Lengths, as ONNX writes them: rows before columns, all befores before all behinds.
    pub fn lengths<const N: usize>(name: &'static str, lengths: [usize; N]) -> (&'static str, Attribute) {
        (name, Attribute::Ints(lengths.iter().map(|n| *n as i64).collect()))
    }
}

/// Numbers that nodes read and nobody computes.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// What it is called.
    pub value: Value,
    /// Its lengths; none of a single number.
    pub dims: Vec<usize>,
    /// Row by row.
    pub numbers: Numbers,
}

/// The numbers of a [`Constant`].
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Weights and the like.
    Floats(Vec<f32>),
    /// Shapes, axes.
    Ints(Vec<i64>),
}

/// What comes in, or goes out: a batch of so many numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Port {
    /// Its name.
    pub value: Value,
    /// Whether the numbers are bytes; else they are 32-bit floats.
    pub bytes: bool,
    /// The lengths of one example.
    pub dims: Vec<usize>,
}

/// A network in ONNX's words.
#[derive(Clone, Debug, PartialEq)]
pub struct Portable {
    /// Pictures as bytes (`pixels`), or the numbers the network sees (`input`).
    pub input: Port,
    /// `probabilities`: one for each class.
    pub output: Port,
    /// Each behind all that it reads.
    pub nodes: Vec<Node>,
    /// In the order in which they were written.
    pub constants: Vec<Constant>,
}

/// What [`crate::op::Op::onnx`] is handed.
pub struct Form<'a> {
    /// Where its nodes go.
    pub to: &'a mut Sketch,
    /// The shape of each input, as the op knows it.
    pub shapes: &'a [Shape],
    /// The inputs.
    pub x: &'a [Given<'a>],
}

/// An input of an op.
#[derive(Clone, Debug)]
pub enum Given<'a> {
    /// Computed. A picture's channels come before its rows.
    Value(Value),
    /// Weights, or what is remembered, as the op knows them.
    Numbers(&'a [f32]),
}

impl Form<'_> {
    /// A computed input.
    ///
    /// # Errors
    /// If it is one of weights.
    pub fn value(&self, input: usize) -> Result<Value, String> {
        match &self.x[input] {
            Given::Value(value) => Ok(value.clone()),
            Given::Numbers(_) => Err(format!("its input {input} is not computed, but weights")),
        }
    }

    /// The weights of an input.
    ///
    /// # Errors
    /// If they are computed.
    pub fn numbers(&self, input: usize) -> Result<&[f32], String> {
        match &self.x[input] {
            Given::Numbers(numbers) => Ok(numbers),
            Given::Value(_) => Err(format!("its input {input} is computed, and not weights")),
        }
    }

    /// An input of a number for each channel, to be met by a value of the first input's shape.
    ///
    /// # Errors
    /// If they are computed.
    pub fn by_channel(&mut self, input: usize, name: &str) -> Result<Value, String> {
        let numbers = self.numbers(input)?.to_vec();
        let dims: &[usize] =
            if self.shapes[0].dims().len() == 4 { &[numbers.len(), 1, 1] } else { &[numbers.len()] };
        Ok(self.to.numbers(name, dims, numbers))
    }
}

/// A network in the making.
#[derive(Default)]
pub struct Sketch {
    nodes: Vec<Node>,
    constants: Vec<Constant>,
    taken: HashSet<String>,
    scope: String,
}

impl Sketch {
    /// Adds a node; what it gives.
    pub fn node(
        &mut self,
        op: &'static str,
        inputs: &[&Value],
        attributes: Vec<(&'static str, Attribute)>,
    ) -> Value {
        let output = self.fresh(op);
        let inputs = inputs.iter().copied().cloned().collect();
        self.nodes.push(Node { op, inputs, output: output.clone(), attributes });
        output
    }

    /// Adds numbers of these lengths.
    pub fn numbers(&mut self, name: &str, dims: &[usize], numbers: Vec<f32>) -> Value {
        assert_eq!(dims.iter().product::<usize>(), numbers.len(), "as many numbers as the lengths say");
        self.constant(name, dims, Numbers::Floats(numbers))
    }

    /// Adds a single number.
    pub fn number(&mut self, name: &str, number: f32) -> Value {
        self.constant(name, &[], Numbers::Floats(vec![number]))
    }

    /// Adds a row of whole numbers.
    pub fn whole(&mut self, name: &str, numbers: Vec<i64>) -> Value {
        self.constant(name, &[numbers.len()], Numbers::Ints(numbers))
    }

    fn constant(&mut self, name: &str, dims: &[usize], numbers: Numbers) -> Value {
        let value = self.fresh(name);
        self.constants.push(Constant { value: value.clone(), dims: dims.to_vec(), numbers });
        value
    }

    /// The places of a picture in another order: `order[i]` is where the i-th comes from.
    fn turned(&mut self, value: &Value, order: [i64; 4]) -> Value {
        self.node("Transpose", &[value], vec![("perm", Attribute::Ints(order.to_vec()))])
    }

    /// Channels before rows, from behind columns.
    pub fn channels_first(&mut self, value: &Value) -> Value {
        self.turned(value, [0, 3, 1, 2])
    }

    /// Channels behind columns, from before rows.
    pub fn channels_last(&mut self, value: &Value) -> Value {
        self.turned(value, [0, 2, 3, 1])
    }

    /// The numbers of each example as a row or a picture of these lengths.
    pub fn reshaped(&mut self, value: &Value, dims: &[usize]) -> Value {
        // 0 keeps a length: that of the batch is not known.
        let to = std::iter::once(0).chain(dims.iter().map(|n| *n as i64)).collect();
        let to = self.whole("shape", to);
        self.node("Reshape", &[value, &to], vec![])
    }

    /// The numbers of each example in so many groups, one behind another, each brought to mean 0 and variance 1: [batch, groups, numbers].
    pub fn normalised(&mut self, value: &Value, groups: usize, epsilon: f64) -> Value {
        let to = self.whole("groups", vec![0, groups as i64, -1]);
        let grouped = self.node("Reshape", &[value, &to], vec![]);
        // Numbers that are all equal differ from their rounded mean by its last digit, which 1 / √ε makes large: nothing is left of it once the mean of what
        // is left is taken away too.
        let mean = self.node("ReduceMean", &[&grouped], vec![("axes", Attribute::Ints(vec![2]))]);
        let grouped = self.node("Sub", &[&grouped, &mean], vec![]);
        let ones = self.numbers("ones", &[groups], vec![1.0; groups]);
        let zeros = self.numbers("zeros", &[groups], vec![0.0; groups]);
        // One that is no 32-bit number must not become 0: equal numbers have a variance of 0.
        let epsilon = ("epsilon", Attribute::Float((epsilon as f32).max(f32::MIN_POSITIVE)));
        self.node("InstanceNormalization", &[&grouped, &ones, &zeros], vec![epsilon])
    }

    /// A name that nothing has yet.
    fn fresh(&mut self, name: &str) -> Value {
        let name = if self.scope.is_empty() { name.into() } else { format!("{}.{name}", self.scope) };
        let numbered = (2..).map(|n| format!("{name}_{n}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| self.taken.insert(name.clone()));
        Value(free.expect("numbers never end"))
    }
}
