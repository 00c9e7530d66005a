//! What is fixed once training is over is folded into the weights: a network in use has fewer ops, and weights of its own.
//!
//! ```text
//! z = x W + b,  y = f(s z + t)      becomes      y = f(x W′ + b′)      W′ = W s (column by column),  b′ = b s + t
//! ```
//!
//! s and t are those of [`Op::at_rest`] (batch norm: s = γ / √(v + ε), t = β − m s). Where the layer before cannot take
//! them in ([`Op::absorbing`]), they stay as one op that scales and shifts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::graph::{Graph, Node, Source, Var};
use crate::initializers;
use crate::layout::Layout;
use crate::op::{Op, Shape};
use crate::ops::ScaleShift;

/// How the weights of a folded graph come from θ and from what is remembered.
#[derive(Default)]
pub struct Folding {
    moves: Vec<Move>,
    weights: usize,
    /// Whether anything is folded at all: else θ itself will do.
    changes: bool,
}

/// A stretch of what ops read: of θ, or of the memory.
#[derive(Clone, Copy)]
enum From {
    Weight(usize, usize),
    Memory(usize, usize),
}

/// What is written to one place in the folded weights, or to two.
enum Move {
    Copy {
        at: usize,
        len: usize,
        to: usize,
    },
    /// s and t of an op, as weights of their own.
    Fixed {
        fixed: Fixed,
        scale: usize,
        shift: usize,
    },
    /// W′ and b′.
    Absorbed {
        fixed: Fixed,
        weight: (usize, usize),
        bias: Option<usize>,
        to: usize,
        to_bias: usize,
    },
}

/// An op at rest, and the inputs that decide its s and t.
struct Fixed {
    op: Box<dyn Op>,
    rest: Vec<From>,
    channels: usize,
}

impl Fixed {
    /// s and t.
    fn of(&self, theta: &[f32], memory: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let read = |from: &From| match *from {
            From::Weight(at, len) => &theta[at..at + len],
            From::Memory(at, len) => &memory[at..at + len],
        };
        let rest: Vec<&[f32]> = self.rest.iter().map(read).collect();
        let (mut scale, mut shift) = (vec![0.0; self.channels], vec![0.0; self.channels]);
        self.op.at_rest().expect("found to be at rest").fixed(&rest, &mut scale, &mut shift);
        (scale, shift)
    }
}

impl Folding {
    /// The weights that the folded graph reads, from θ and the memory of the whole one.
    pub fn apply<'a>(&self, theta: &'a [f32], memory: &[f32]) -> Cow<'a, [f32]> {
        if !self.changes {
            return theta.into();
        }
        let mut all = vec![0.0; self.weights];
        for step in &self.moves {
            match step {
                Move::Copy { at, len, to } => all[*to..to + len].copy_from_slice(&theta[*at..at + len]),
                Move::Fixed { fixed, scale, shift } => {
                    let (s, t) = fixed.of(theta, memory);
                    all[*scale..scale + s.len()].copy_from_slice(&s);
                    all[*shift..shift + t.len()].copy_from_slice(&t);
                }
                Move::Absorbed { fixed, weight: (at, len), bias, to, to_bias } => {
                    let (s, t) = fixed.of(theta, memory);
                    let rows = theta[*at..at + len].chunks_exact(s.len());
                    for (to, row) in all[*to..to + len].chunks_exact_mut(s.len()).zip(rows) {
                        to.iter_mut().zip(row).zip(&s).for_each(|((to, w), s)| *to = w * s);
                    }
                    for (c, to) in all[*to_bias..to_bias + s.len()].iter_mut().enumerate() {
                        *to = bias.map_or(0.0, |at| theta[at + c] * s[c]) + t[c];
                    }
                }
            }
        }
        all.into()
    }
}

/// The graph as it is in use: the values `keep` of the new one, and how its weights come from θ.
pub(crate) fn fold(graph: Graph, keep: &[Var]) -> (Graph, Vec<Var>, Folding) {
    let used = |v: Var| {
        let inputs = graph.nodes.iter().filter_map(|node| match &node.source {
            Source::Op { inputs, .. } => Some(inputs),
            _ => None,
        });
        inputs.flatten().filter(|i| **i == v).count() + keep.iter().filter(|k| graph.whole(**k) == v).count()
    };
    // For each op that can be folded into the one before: which that is.
    let host = |node: &Node| -> Option<Var> {
        let Source::Op { op, inputs, shapes } = &node.source else { return None };
        let end = op.at_rest().filter(|_| graph.fixed(inputs))?.end();
        let from = &graph.nodes[inputs[0].0];
        let Source::Op { op: before, inputs: of_before, .. } = &from.source else { return None };
        // Seen in another shape its channels are others.
        let as_made = from.shape == shapes[0];
        let weights = of_before[1..].iter().all(|v| matches!(graph.nodes[v.0].source, Source::Weight { .. }));
        (used(inputs[0]) == 1 && as_made && weights && before.absorbing(end).is_some()).then_some(inputs[0])
    };
    let hosts: Vec<Option<Var>> = graph.nodes.iter().map(host).collect();
    let resting: Vec<bool> = (graph.nodes.iter())
        .map(|node| match &node.source {
            Source::Op { op, inputs, .. } => op.at_rest().is_some() && graph.fixed(inputs),
            _ => false,
        })
        .collect();
    let old: Vec<(Shape, Option<From>)> = graph.nodes.iter().map(|n| (n.shape, n.from())).collect();
    let mut new =
        Folder { graph: Graph::new(), places: vec![None; old.len()], folding: Folding::default(), old };
    // What is remembered stays where it was, for ops that cannot be folded.
    for memory in graph.layout.memories() {
        new.graph.layout.push_memory(
            memory.name.clone(),
            memory.shape,
            &graph.layout.memory()[memory.range()],
        );
    }
    let mut waiting = BTreeMap::new();
    for (i, node) in graph.nodes.into_iter().enumerate() {
        new.graph.scope(node.scope.clone());
        new.places[i] = match node.source {
            Source::Data(name) => Some(new.graph.data(name, node.shape.dims())),
            Source::Memory { at } => Some(new.graph.push(node.shape, Source::Memory { at })),
            Source::Weight { .. } => None,
            // Of what waits to be folded nothing is seen: it has one reader.
            Source::View { of } => new.places[of.0].map(|of| new.graph.push(node.shape, Source::View { of })),
            Source::Op { op, inputs, shapes } if hosts.contains(&Some(Var(i))) => {
                waiting.insert(i, (op, inputs, shapes));
                None
            }
            Source::Op { op, inputs, .. } if hosts[i].is_some() => {
                let before = waiting.remove(&inputs[0].0).expect("a host waits");
                Some(new.absorb(before, op, &inputs, &graph.layout))
            }
            Source::Op { op, inputs, shapes } if resting[i] => Some(new.rest(op, &inputs, shapes[0])),
            Source::Op { op, inputs, shapes } => {
                let inputs: Vec<Var> = inputs.iter().map(|v| new.value(*v, &graph.layout)).collect();
                Some(new.graph.push(node.shape, Source::Op { op, inputs, shapes }))
            }
        };
    }
    let kept = keep.iter().map(|v| new.value(*v, &graph.layout)).collect();
    new.graph.scope("");
    new.folding.weights = new.graph.layout().weights();
    (new.graph, kept, new.folding)
}

impl Graph {
    /// Whether all inputs but the first are weights or remembered.
    fn fixed(&self, inputs: &[Var]) -> bool {
        inputs[1..].iter().all(|v| self.nodes[v.0].from().is_some())
    }
}

impl Node {
    fn from(&self) -> Option<From> {
        match self.source {
            Source::Weight { at } => Some(From::Weight(at, self.shape.size())),
            Source::Memory { at } => Some(From::Memory(at, self.shape.size())),
            _ => None,
        }
    }
}

/// A folded graph in the making.
struct Folder {
    graph: Graph,
    /// Where each old value is in the new graph, once it is there.
    places: Vec<Option<Var>>,
    folding: Folding,
    old: Vec<(Shape, Option<From>)>,
}

impl Folder {
    /// An old value in the new graph; a weight is made when it is first read.
    fn value(&mut self, v: Var, layout: &Layout) -> Var {
        if let Some(place) = self.places[v.0] {
            return place;
        }
        let Some(From::Weight(at, len)) = self.old[v.0].1 else { unreachable!("values are made in order") };
        let (place, to) = self.weight(at, layout);
        self.folding.moves.push(Move::Copy { at, len, to });
        self.places[v.0] = Some(place);
        place
    }

    /// A new weight like the old one at `at`, and where it is.
    fn weight(&mut self, at: usize, layout: &Layout) -> (Var, usize) {
        let part = layout.part_of(at).expect("every weight has its part");
        let to = self.graph.layout.push(part.name.clone(), part.shape, part.start, part.fan);
        (self.graph.push(part.shape, Source::Weight { at: to }), to)
    }

    /// A weight of a number for each channel.
    fn fresh(&mut self, name: &str, channels: usize) -> (Var, usize) {
        let at = self.graph.layout.weights();
        let zeros = initializers::named("zeros").expect("in the table");
        (self.graph.weight(name, &[channels], zeros), at)
    }

    fn at_rest(&mut self, op: Box<dyn Op>, inputs: &[Var], x: Shape) -> Fixed {
        self.folding.changes = true;
        let rest = inputs[1..].iter().map(|v| self.old[v.0].1.expect("found to be fixed")).collect();
        Fixed { op, rest, channels: x.matrix().1 }
    }

    fn rest(&mut self, op: Box<dyn Op>, inputs: &[Var], shape: Shape) -> Var {
        let end = op.at_rest().expect("found to be at rest").end();
        let fixed = self.at_rest(op, inputs, shape);
        let channels = Shape::new(&[fixed.channels]);
        let (s, scale) = self.fresh("scale", fixed.channels);
        let (t, shift) = self.fresh("shift", fixed.channels);
        self.folding.moves.push(Move::Fixed { fixed, scale, shift });
        let x = self.places[inputs[0].0].expect("values are made in order");
        let (op, shapes) = (Box::new(ScaleShift { activation: end }), vec![shape, channels, channels]);
        self.graph.push(shape, Source::Op { op, inputs: vec![x, s, t], shapes })
    }

    fn absorb(
        &mut self,
        (before, of_before, shapes): (Box<dyn Op>, Vec<Var>, Vec<Shape>),
        op: Box<dyn Op>,
        inputs: &[Var],
        layout: &Layout,
    ) -> Var {
        let end = op.at_rest().expect("found to be at rest").end();
        let absorbing = before.absorbing(end).expect("found to be absorbing");
        let shape = self.old[inputs[0].0].0;
        let fixed = self.at_rest(op, inputs, shape);
        let from = |v: Option<&Var>| match v.and_then(|v| self.old[v.0].1) {
            Some(From::Weight(at, len)) => Some((at, len)),
            _ => None,
        };
        let weight = from(of_before.get(1)).expect("found to be a weight");
        let bias = from(of_before.get(2)).map(|(at, _)| at);
        let x = self.value(of_before[0], layout);
        let (w, to) = self.weight(weight.0, layout);
        let (b, to_bias) = self.fresh("bias", fixed.channels);
        self.folding.moves.push(Move::Absorbed { fixed, weight, bias, to, to_bias });
        let shapes = vec![shapes[0], shapes[1], self.graph.shape(b)];
        self.graph.push(shape, Source::Op { op: absorbing, inputs: vec![x, w, b], shapes })
    }
}
