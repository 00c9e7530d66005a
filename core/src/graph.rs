//! A network and its loss, written down once: what is computed from what.

use crate::error::{Error, Result};
use crate::initializers::{Fan, Initializer};
use crate::layout::Layout;
use crate::op::{Op, Shape};

/// A value in a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Var(pub(crate) usize);

pub(crate) enum Source {
    /// Filled before each step.
    Data(&'static str),
    /// A stretch of θ.
    Weight { at: usize },
    /// Computed. The inputs are no views, but these are the shapes they are seen in.
    Op { op: Box<dyn Op>, inputs: Vec<Var>, shapes: Vec<Shape> },
    /// Another value, seen in another shape: the same memory.
    View { of: Var },
}

pub(crate) struct Node {
    pub shape: Shape,
    pub source: Source,
    /// The layer it belongs to.
    pub scope: String,
}

/// Values, and what each is computed from. A value can only be made from earlier ones, so the order of making
/// is an order of computing.
///
/// ```
/// use gradus::{graph::Graph, initializers, ops::Linear, activations};
/// let mut g = Graph::new();
/// let x = g.data("input", &[32, 2]);
/// let w = g.weight("weight", &[2, 3], initializers::named("he_normal").unwrap());
/// let b = g.weight("bias", &[3], initializers::named("zeros").unwrap());
/// let y = g.apply(Linear::new(activations::named("relu").unwrap()), &[x, w, b]).unwrap();
/// assert_eq!(g.shape(y).dims(), [32, 3]);
/// ```
#[derive(Default)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) layout: Layout,
    scope: String,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the layer that what follows belongs to, for example `1.dense`.
    pub fn scope(&mut self, name: impl Into<String>) {
        self.scope = name.into();
    }

    /// The layer that what follows belongs to.
    pub fn scoped(&self) -> &str {
        &self.scope
    }

    /// A value that is filled before each step, found again by its name.
    pub fn data(&mut self, name: &'static str, dims: &[usize]) -> Var {
        self.push(Shape::new(dims), Source::Data(name))
    }

    /// Weights; their fan (how many inputs and outputs each unit has) is that of a matrix `inputs × outputs`.
    pub fn weight(&mut self, name: &str, dims: &[usize], start: &'static dyn Initializer) -> Var {
        let (inputs, outputs) = Shape::new(dims).matrix();
        self.weight_with_fan(name, dims, start, Fan { inputs, outputs })
    }

    /// Weights whose starting size follows another fan than their shape says (a bias, a kernel).
    pub fn weight_with_fan(
        &mut self,
        name: &str,
        dims: &[usize],
        start: &'static dyn Initializer,
        fan: Fan,
    ) -> Var {
        let shape = Shape::new(dims);
        let full = if self.scope.is_empty() { name.into() } else { format!("{}.{name}", self.scope) };
        let at = self.layout.push(full, shape, start, fan);
        self.push(shape, Source::Weight { at })
    }

    /// Applies an op.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if the inputs do not fit it.
    pub fn apply(&mut self, op: impl Op + 'static, inputs: &[Var]) -> Result<Var> {
        self.apply_boxed(Box::new(op), inputs)
    }

    /// [`Graph::apply`] for an op chosen at run time.
    ///
    /// # Errors
    /// As for `apply`.
    pub fn apply_boxed(&mut self, op: Box<dyn Op>, inputs: &[Var]) -> Result<Var> {
        let shapes: Vec<Shape> = inputs.iter().map(|v| self.shape(*v)).collect();
        let shape = op.shape(&shapes)?;
        let inputs = inputs.iter().map(|v| self.whole(*v)).collect();
        Ok(self.push(shape, Source::Op { op, inputs, shapes }))
    }

    /// A value in another shape of as many numbers. Nothing is copied: what is computed from either is computed from the same
    /// memory, and their slopes are one.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if it holds another count of numbers.
    pub fn view(&mut self, v: Var, dims: &[usize]) -> Result<Var> {
        let (from, to) = (self.shape(v), Shape::new(dims));
        if from.size() != to.size() {
            let needs = format!("{} numbers, to be seen as {to}", to.size());
            return Err(Error::Shape { op: "view".into(), inputs: vec![from], needs });
        }
        Ok(if from == to { v } else { self.push(to, Source::View { of: self.whole(v) }) })
    }

    /// Each example as a row of numbers: a view of batch × numbers.
    pub fn flat(&mut self, v: Var) -> Var {
        let from = self.shape(v);
        let (batch, rest) = from.dims().split_at(from.dims().len().min(1));
        let to = Shape::new(&[batch.first().copied().unwrap_or(1), Shape::new(rest).size()]);
        if from == to { v } else { self.push(to, Source::View { of: self.whole(v) }) }
    }

    /// Whether two are one value, however it is seen.
    pub fn is_same(&self, a: Var, b: Var) -> bool {
        self.whole(a) == self.whole(b)
    }

    /// The value that a view is a view of; itself if it is none.
    pub(crate) fn whole(&self, v: Var) -> Var {
        if let Source::View { of } = self.nodes[v.0].source { of } else { v }
    }

    /// The shape of a value.
    pub fn shape(&self, v: Var) -> Shape {
        self.nodes[v.0].shape
    }

    /// The parts of θ so far.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    fn push(&mut self, shape: Shape, source: Source) -> Var {
        self.nodes.push(Node { shape, source, scope: self.scope.clone() });
        Var(self.nodes.len() - 1)
    }
}
