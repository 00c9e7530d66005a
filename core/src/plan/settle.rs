//! From a graph to a plan: what is needed, when each value lives, and where.

use super::judge::{Aside, Bench};
use super::memory::{Block, Lease, Span, place};
use super::pieces::Sketch;
use super::{MAX_INPUTS, Place, Plan, Room, Run};
use crate::activations::Activation;
use crate::graph::{Graph, Node, Source, Var};
use crate::message::Message;
use crate::op::{Moment, Shape};
use crate::threads::Threads;
use crate::{Error, Result};

/// Orders the graph and cuts its memory: for training if there is a loss, else forward only.
pub(super) fn settle(graph: Graph, loss: Option<Var>, keep: &[Var], threads: &Threads) -> Result<Plan> {
    let asked = keep;
    let keep: Vec<Var> = keep.iter().map(|v| graph.whole(*v)).collect();
    let (loss, keep) = (loss.map(|v| graph.whole(v)), keep.as_slice());
    let facts = Facts::of(&graph, loss, keep)?;
    let sketches = if loss.is_some() { Vec::new() } else { Sketch::all(&graph, &facts, keep, threads) };
    let mut leases = facts.leases(&graph, loss.is_some(), keep);
    for (i, lease) in leases.iter_mut().enumerate().filter(|(i, _)| i % 3 < 2) {
        if sketches.iter().any(|sketch| sketch.holds(i / 3, i % 3 == 1)) {
            lease.len = 0;
        }
    }
    sketches.iter().for_each(|sketch| sketch.extend(&graph, &mut leases));
    let (spans, total) = place(&leases);
    if Vec::<f32>::new().try_reserve_exact(total).is_err() {
        return Err(Error::Settings {
            message: Message::of(
                "the values of a batch do not fit into this machine's memory: {total} numbers",
            )
            .with("total", total),
            mend: "take a smaller batch (--batch), fewer channels, or smaller pictures (--image)".into(),
        });
    }
    let (y, kept, dy) = (|i: usize| spans[3 * i], |i: usize| spans[3 * i + 1], |i: usize| spans[3 * i + 2]);
    // Members of a population only go forward; they read the batch where it lies.
    let (aside, bench) = if loss.is_some() {
        let mut leases = facts.leases(&graph, false, keep);
        for (i, node) in graph.nodes.iter().enumerate() {
            if matches!(node.source, Source::Data(_)) {
                leases[3 * i].len = 0;
            }
        }
        place(&leases)
    } else {
        (vec![Span::default(); spans.len()], 0)
    };
    let asides: Vec<Place> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(i, node)| match node.source {
            Source::Weight { at } => Place::Weights(Span { at, len: node.shape.size() }),
            Source::Memory { at } => Place::Remembered(Span { at, len: node.shape.size() }),
            Source::Data(_) => Place::Batch(y(i)),
            Source::Op { .. } | Source::View { .. } => Place::Memory(aside[3 * i]),
        })
        .collect();
    let places: Vec<(Place, Option<Place>)> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(i, node)| match node.source {
            Source::Weight { at } => {
                let place = Place::Weights(Span { at, len: node.shape.size() });
                (place, loss.map(|_| place))
            }
            Source::Memory { at } => (Place::Remembered(Span { at, len: node.shape.size() }), None),
            _ => (Place::Memory(y(i)), facts.sloped[i].then(|| Place::Memory(dy(i)))),
        })
        .collect();

    let own: Vec<Place> = places.iter().map(|(place, _)| *place).collect();
    // What reads the batch itself is the same for all members.
    let together = |node: &Node| match &node.source {
        Source::Op { op, inputs, shapes } => match inputs.first().map(|v| asides[v.0]) {
            Some(Place::Batch(_)) => op.together(shapes),
            _ => 1,
        },
        _ => 1,
    };
    let together = graph.nodes.iter().map(together).max().unwrap_or(1);
    let ops = |i: &usize| facts.needed[*i] && matches!(graph.nodes[*i].source, Source::Op { .. });
    let stretch = |sketch: Sketch| {
        let first = (0..sketch.first()).filter(ops).count();
        sketch.settle(&graph, &facts, first, &own, threads)
    };
    let stretches = sketches.into_iter().map(stretch).collect();

    let through: Vec<_> = (0..graph.nodes.len()).map(|i| facts.through(&graph, i)).collect();
    let mut plan = Plan {
        runs: Vec::new(),
        stretches,
        data: Vec::new(),
        kept: asked.iter().zip(keep).map(|(v, whole)| (*v, y(whole.0))).collect(),
        loss: loss.map(|v| (y(v.0), dy(v.0))),
        unused: Vec::new(),
        block: Block::new(total),
        bench: Bench::new(loss.map(|v| aside[3 * v.0]), bench, together),
        memory: graph.layout.memory().to_vec(),
        layout: graph.layout,
        moment: Moment::default(),
        threads: threads.clone(),
        watched: Vec::new(),
    };
    // Views are not counted: what an op draws at random does not depend on how its input is seen.
    let mut id = 0;
    for (i, node) in graph.nodes.into_iter().enumerate() {
        id += usize::from(i > 0 && !matches!(node.source, Source::View { .. }));
        match node.source {
            Source::Data(name) => plan.data.push((name, node.shape, y(i))),
            Source::Weight { at } if !facts.needed[i] => {
                plan.unused.push(Span { at, len: node.shape.size() })
            }
            Source::Weight { .. } | Source::Memory { .. } => {}
            Source::Op { op, inputs, shapes } if facts.needed[i] => {
                // Two slopes in one place, from one call: neither could be told from the other.
                let again = |s: usize| inputs[..s].contains(&inputs[s]) && places[inputs[s].0].1.is_some();
                if (0..inputs.len()).any(again) {
                    return Err(Error::Shape {
                        op: op.name().into(),
                        inputs: shapes,
                        needs: "each input to be another value: one of these is given twice".into(),
                    });
                }
                if loss.is_some() {
                    op.trains(&shapes)?;
                }
                let input = |s: usize| inputs.get(s).map(|v| v.0);
                let room = |v: usize| Room { span: dy(v), last: facts.first_user[v] == Some(i) };
                plan.runs.push(Run {
                    op: op.into(),
                    scope: node.scope,
                    id,
                    shapes: std::array::from_fn(|s| shapes.get(s).copied().unwrap_or(Shape::new(&[]))),
                    x: std::array::from_fn(|s| {
                        input(s).map_or(Place::Memory(Span::default()), |v| places[v].0)
                    }),
                    dx: std::array::from_fn(|s| {
                        input(s).and_then(|v| places[v].1).map(|p| (p, facts.adds[i][s]))
                    }),
                    rooms: std::array::from_fn(|s| input(s).filter(|v| facts.waits[*v]).map(room)),
                    arity: inputs.len(),
                    y: y(i),
                    keep: kept(i),
                    dy: dy(i),
                    ready: through[i].is_some(),
                    through: input(0).and_then(|v| through[v]),
                    aside: Aside {
                        x: std::array::from_fn(|s| {
                            input(s).map_or(Place::Memory(Span::default()), |v| asides[v])
                        }),
                        y: aside[3 * i],
                        keep: aside[3 * i + 1],
                    },
                });
            }
            Source::Op { .. } | Source::View { .. } => {}
        }
    }
    Ok(plan)
}

/// What must be known of each value before places are given out.
pub(super) struct Facts {
    /// Whether the loss or a kept value depends on it.
    pub needed: Vec<bool>,
    /// Whether ∂L/∂(it) is computed in memory: it is needed and depends on a weight.
    sloped: Vec<bool>,
    /// The last needed value that is computed from it.
    pub last_user: Vec<Option<usize>>,
    /// The first.
    first_user: Vec<Option<usize>>,
    /// Whether it is weights whose slopes have to be together before they are handed over: no op hands them over in
    /// blocks, or several have a part in them.
    waits: Vec<bool>,
    /// For each input of each op: whether its gradient joins one written before.
    adds: Vec<[bool; MAX_INPUTS]>,
}

impl Facts {
    fn of(graph: &Graph, loss: Option<Var>, keep: &[Var]) -> Result<Facts> {
        let n = graph.nodes.len();
        let mut facts = Facts {
            needed: vec![false; n],
            sloped: vec![false; n],
            last_user: vec![None; n],
            first_user: vec![None; n],
            waits: vec![false; n],
            adds: vec![[false; MAX_INPUTS]; n],
        };
        for v in loss.iter().chain(keep) {
            facts.needed[v.0] = true;
        }
        let mut written = vec![false; n];
        for i in (0..n).rev().collect::<Vec<_>>() {
            let Source::Op { op, inputs, shapes } = &graph.nodes[i].source else { continue };
            if inputs.len() > MAX_INPUTS {
                return Err(Error::Shape {
                    op: op.name().into(),
                    inputs: shapes.clone(),
                    needs: format!("at most {MAX_INPUTS} inputs"),
                });
            }
            if !facts.needed[i] {
                continue;
            }
            for (slot, v) in inputs.iter().enumerate() {
                facts.needed[v.0] = true;
                facts.last_user[v.0] = facts.last_user[v.0].or(Some(i));
                facts.first_user[v.0] = Some(i);
                let in_blocks = op.in_blocks().is_some_and(|op| op.input() == slot);
                let weights = matches!(graph.nodes[v.0].source, Source::Weight { .. });
                facts.waits[v.0] = loss.is_some() && weights && (written[v.0] || !in_blocks);
                // Counted from the end, as the way back meets them.
                facts.adds[i][slot] = std::mem::replace(&mut written[v.0], true);
            }
        }
        for i in 0..n {
            if let (Source::Op { inputs, .. }, true, true) =
                (&graph.nodes[i].source, facts.needed[i], loss.is_some())
            {
                let weighted =
                    |v: &Var| facts.sloped[v.0] || matches!(graph.nodes[v.0].source, Source::Weight { .. });
                facts.sloped[i] = inputs.iter().any(weighted);
            }
        }
        Ok(facts)
    }

    /// The function that value i is the result of, if the op that reads it takes slopes back through that function. Only one op reads such a value.
    fn through(&self, graph: &Graph, i: usize) -> Option<&'static Activation> {
        let reader =
            self.first_user[i].filter(|_| self.sloped[i] && self.first_user[i] == self.last_user[i])?;
        match (&graph.nodes[i].source, &graph.nodes[reader].source) {
            (Source::Op { op, .. }, Source::Op { op: reader, inputs, shapes }) => {
                op.ends_in().filter(|_| inputs[0] == Var(i) && reader.goes_through(shapes))
            }
            _ => None,
        }
    }

    /// Three leases a value: itself, what its op keeps, its slope. Value i is made at time i and goes back at
    /// time 2n − i. The slopes of weights need room if they have to wait for one another on the way to a sink.
    fn leases(&self, graph: &Graph, training: bool, keep: &[Var]) -> Vec<Lease> {
        let n = graph.nodes.len();
        let end = 2 * n;
        let mut leases = Vec::with_capacity(3 * n);
        for (i, node) in graph.nodes.iter().enumerate() {
            let size = node.shape.size();
            let back = if training { end - i } else { self.last_user[i].unwrap_or(i) };
            let (y, kept, from, to) = match &node.source {
                Source::Weight { .. } | Source::Memory { .. } => (0, 0, i, i),
                // A batch stays readable for the whole step: an optimizer may ask about it more than once.
                Source::Data(_) => (size, 0, 0, end),
                Source::Op { op, shapes, .. } if self.needed[i] => {
                    (size, op.keeps(shapes), i, if keep.contains(&Var(i)) { end } else { back })
                }
                Source::Op { .. } | Source::View { .. } => (0, 0, i, i),
            };
            let slope_from = self.last_user[i].map_or(n, |user| end - user);
            let slope_to = end - self.first_user[i].filter(|_| self.waits[i]).unwrap_or(i);
            let sloped = training && (self.sloped[i] || self.waits[i]);
            leases.push(Lease { len: y, from, to });
            // What will be remembered is read when all is done.
            let kept_to = match &node.source {
                Source::Op { inputs, .. } if inputs.iter().any(|v| graph.is_memory(*v)) => end,
                _ if training => end - i,
                _ => i,
            };
            leases.push(Lease { len: kept, from: i, to: kept_to });
            leases.push(Lease { len: if sloped { size } else { 0 }, from: slope_from, to: slope_to });
        }
        leases
    }
}
