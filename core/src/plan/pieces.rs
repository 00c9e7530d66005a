//! In use, ops that take each example by itself go through a batch piece by piece: a few examples go through all of
//! them, then the next few. What lies between two of them is read while it is in the cache, and needs memory for those
//! few examples only. The threads share the pieces; no result depends on how a batch is cut.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::memory::{Block, Lease, Pieces, Span, place};
use super::settle::Facts;
use super::{MAX_INPUTS, Place, Run};
use crate::graph::{Graph, Node, Source, Var};
use crate::op::{Forward, Moment, Shape};
use crate::threads::{Shared, Threads};

/// Numbers that an op reads and writes for a piece, at most: they stay in the last cache.
const NUMBERS: usize = 1 << 18;
/// An op takes part if a piece uses each of its weights at least so often: what is done once for all examples (weights are
/// put in order) must not weigh.
const USES: usize = 1 << 10;

/// Ops that follow one another, and go through a batch piece by piece.
pub(super) struct Stretch {
    /// Which of the plan's.
    pub runs: Range<usize>,
    batch: usize,
    /// Of a piece, at most.
    examples: usize,
    parts: Vec<Part>,
    /// For each thread, what lies between the ops.
    blocks: Vec<Block>,
    /// What the ops are given: a piece is one thread's.
    alone: Threads,
}

/// Where an op reads and writes: in `Place::Memory`, of the thread, a piece; in `Place::Batch`, of the plan, the batch.
struct Part {
    x: [Place; MAX_INPUTS],
    y: Place,
    keep: Span,
}

/// A stretch before memory is cut: which of the graph's values its ops make.
pub(super) struct Sketch {
    batch: usize,
    examples: usize,
    nodes: Vec<usize>,
    /// For each value of the graph: whether nobody outside the stretch reads it.
    inner: Vec<bool>,
}

impl Sketch {
    /// The stretches of a graph in use, longest possible; none if its batch fits in the cache.
    pub fn all(graph: &Graph, facts: &Facts, keep: &[Var], threads: &Threads) -> Vec<Sketch> {
        let batch = graph.nodes.iter().find_map(|node| match node.source {
            Source::Data(_) => node.shape.dims().first().copied(),
            _ => None,
        });
        let Some(batch) = batch.filter(|batch| *batch > 1) else { return Vec::new() };
        let ops = || {
            (0..graph.nodes.len())
                .filter(|i| facts.needed[*i] && matches!(graph.nodes[*i].source, Source::Op { .. }))
        };
        let greatest = ops().filter_map(|i| Part::numbers(graph, i, batch)).max().unwrap_or(0);
        let examples = (NUMBERS / greatest.max(1)).min(batch / threads.count()).max(1);
        let mut all: Vec<Sketch> = Vec::new();
        let mut open = false;
        for i in ops() {
            let joins = Part::numbers(graph, i, batch).is_some() && often(&graph.nodes[i], batch, examples);
            match all.last_mut().filter(|_| open && joins) {
                Some(sketch) => sketch.nodes.push(i),
                None if joins => all.push(Sketch {
                    batch,
                    examples,
                    nodes: vec![i],
                    inner: vec![false; graph.nodes.len()],
                }),
                None => {}
            }
            open = joins;
        }
        for sketch in &mut all {
            let last = sketch.nodes.last().copied();
            for &i in &sketch.nodes {
                sketch.inner[i] = facts.last_user[i] <= last && !keep.contains(&Var(i)) && Some(i) != last;
            }
        }
        // What is in the cache anyway gains nothing.
        all.retain(|sketch| sketch.numbers(graph) > 2 * NUMBERS);
        all
    }

    /// Whether the value needs no memory but that of a piece; `kept`: or what its op keeps.
    pub fn holds(&self, value: usize, kept: bool) -> bool {
        if kept { self.nodes.contains(&value) } else { self.inner[value] }
    }

    /// Its first op may be at a later piece while its last is at an earlier one: what any of them reads or writes in the plan's
    /// memory is in use for as long as all of them. `leases`: three a value, the first its own.
    pub fn extend(&self, graph: &Graph, leases: &mut [Lease]) {
        let (Some(&first), Some(&last)) = (self.nodes.first(), self.nodes.last()) else { return };
        for &i in &self.nodes {
            let Source::Op { inputs, .. } = &graph.nodes[i].source else { continue };
            leases[3 * i].from = leases[3 * i].from.min(first);
            for v in inputs {
                leases[3 * v.0].to = leases[3 * v.0].to.max(last);
            }
        }
    }

    fn numbers(&self, graph: &Graph) -> usize {
        self.nodes.iter().filter(|i| self.inner[**i]).map(|i| graph.nodes[*i].shape.size()).sum()
    }

    /// Cuts the memory of a piece. `first`: which of the plan's ops begins it; `places`: those of all values in the plan.
    pub fn settle(
        self,
        graph: &Graph,
        facts: &Facts,
        first: usize,
        places: &[Place],
        threads: &Threads,
    ) -> Stretch {
        let mut leases = Vec::new();
        for &i in &self.nodes {
            let Source::Op { op, shapes, .. } = &graph.nodes[i].source else { continue };
            let shapes: Vec<Shape> = piece(op.examples(), shapes, self.examples).collect();
            let size = graph.nodes[i].shape.size() / self.batch * self.examples;
            let to = facts.last_user[i].unwrap_or(i);
            leases.push(Lease { len: if self.inner[i] { size } else { 0 }, from: i, to });
            leases.push(Lease { len: op.keeps(&shapes), from: i, to: i });
        }
        let (spans, floats) = place(&leases);
        let own = |v: usize| {
            let at = self.nodes.iter().position(|i| *i == v).filter(|_| self.inner[v]);
            match (at, places[v]) {
                (Some(at), _) => Place::Memory(spans[2 * at]),
                (None, Place::Memory(span)) => Place::Batch(span),
                (None, place) => place,
            }
        };
        let part = |(k, i): (usize, &usize)| {
            let Source::Op { inputs, .. } = &graph.nodes[*i].source else {
                unreachable!("a stretch is made of ops")
            };
            let x =
                std::array::from_fn(|s| inputs.get(s).map_or(Place::Memory(Span::default()), |v| own(v.0)));
            Part { x, y: own(*i), keep: spans[2 * k + 1] }
        };
        Stretch {
            runs: first..first + self.nodes.len(),
            batch: self.batch,
            examples: self.examples,
            parts: self.nodes.iter().enumerate().map(part).collect(),
            blocks: (0..threads.count()).map(|_| Block::new(floats)).collect(),
            alone: Threads::new(1),
        }
    }

    /// Which value its first op makes.
    pub fn first(&self) -> usize {
        self.nodes[0]
    }
}

impl Part {
    /// How many numbers the op that makes value `i` reads and writes for each example; none if it is not one that takes
    /// each of `batch` examples by itself.
    fn numbers(graph: &Graph, i: usize, batch: usize) -> Option<usize> {
        let node = &graph.nodes[i];
        let Source::Op { op, inputs, shapes } = &node.source else { return None };
        let rows = op.examples();
        let fixed =
            |v: &Var| matches!(graph.nodes[v.0].source, Source::Weight { .. } | Source::Memory { .. });
        let (own, common) = inputs.split_at(rows.min(inputs.len()));
        let fits = rows > 0 && !own.iter().any(fixed) && common.iter().all(fixed);
        let mut all = shapes[..own.len()].iter().chain([&node.shape]);
        (fits && all.all(|s| s.dims().first() == Some(&batch)))
            .then(|| shapes[..own.len()].iter().chain([&node.shape]).map(|s| s.size() / batch).sum())
    }
}

/// Whether a piece uses the op's weights often enough.
fn often(node: &Node, batch: usize, examples: usize) -> bool {
    let Source::Op { op, shapes, .. } = &node.source else { return false };
    let weights = shapes.get(1).map_or(0, |w| w.size());
    match op.products(shapes) {
        0 => true,
        products => products / batch * examples >= USES * weights,
    }
}

/// The shapes of a piece: the first `rows` have a row for each example.
fn piece(rows: usize, shapes: &[Shape], examples: usize) -> impl Iterator<Item = Shape> {
    shapes.iter().enumerate().map(move |(s, shape)| if s < rows { shape.of_batch(examples) } else { *shape })
}

impl Stretch {
    /// Bytes held for what lies between the ops.
    pub fn bytes(&self) -> usize {
        self.blocks.iter().map(Block::bytes).sum()
    }

    /// All its ops, for the whole batch.
    pub fn forward(
        &mut self,
        runs: &[Run],
        plan: Pieces,
        (theta, memory): (&[f32], &[f32]),
        moment: Moment,
        threads: &Threads,
    ) {
        let (batch, pieces) = (self.batch, self.batch.div_ceil(self.examples));
        let next = AtomicUsize::new(0);
        let blocks = Shared::of(&mut self.blocks);
        let (parts, alone, most) = (&self.parts, &self.alone, self.examples);
        threads.for_each(threads.count().min(pieces), &|worker| {
            // SAFETY: each worker has its own block.
            let own = unsafe { blocks.slice(worker..worker + 1) }[0].pieces();
            loop {
                let first = next.fetch_add(1, Relaxed) * most;
                if first >= batch {
                    return;
                }
                let examples = most.min(batch - first);
                let moment = Moment { before: moment.before + first as u64, ..moment };
                let short = |span: Span| Span { len: span.len / most * examples, ..span };
                let some = |span: Span| {
                    let one = span.len / batch;
                    Span { at: span.at + one * first, len: one * examples }
                };
                for (run, part) in runs.iter().zip(parts) {
                    let rows = run.op.examples();
                    let mut shapes = run.shapes;
                    piece(rows, &run.shapes, examples).zip(&mut shapes).for_each(|(piece, to)| *to = piece);
                    // SAFETY: `place` keeps apart all that a piece uses at one time, `settle` all of the plan; what a piece
                    // writes in the plan's block is its own examples'.
                    let x = part.x.map(|place| unsafe {
                        match place {
                            Place::Memory(span) => own.read(short(span)),
                            Place::Batch(span) => plan.read(some(span)),
                            Place::Weights(span) => &theta[span.at..span.at + span.len],
                            Place::Remembered(span) => &memory[span.at..span.at + span.len],
                        }
                    });
                    // SAFETY: as above.
                    let y = unsafe {
                        match part.y {
                            Place::Batch(span) => plan.write(some(span)),
                            Place::Memory(span) => own.write(short(span)),
                            Place::Weights(_) | Place::Remembered(_) => unreachable!("an op makes a value"),
                        }
                    };
                    run.op.forward(Forward {
                        shapes: &shapes[..run.arity],
                        x: &x[..run.arity],
                        y,
                        // SAFETY: as above.
                        keep: unsafe {
                            own.write(Span { len: run.op.keeps(&shapes[..run.arity]), ..part.keep })
                        },
                        moment,
                        id: run.id,
                        threads: alone,
                    });
                }
            }
        });
    }
}
