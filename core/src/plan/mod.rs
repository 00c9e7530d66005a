//! A graph made ready to run: an order, and one block of memory cut up in advance. After that a step
//! allocates nothing and cannot fail.

mod back;
mod exact;
mod judge;
mod lent;
mod memory;
mod pieces;
mod probe;
mod profile;
mod settle;

pub use exact::ExactPlan;
pub use lent::Lent;
pub(crate) use probe::Probe;
pub use probe::Shown;
pub use profile::OpTime;

use std::sync::Arc;

use crate::activations::Activation;
use crate::graph::{Graph, Var};
use crate::layout::Layout;
use crate::op::{Forward, Moment, Op, Remember, Shape};
use crate::optimizer::{Back, Objective};
use crate::threads::Threads;
use crate::{Error, Result};
use judge::{Aside, Bench};
use memory::{Block, Pieces, Span};
use pieces::Stretch;
use profile::Watched;

/// The most inputs an op can have.
pub const MAX_INPUTS: usize = 4;

/// A graph with an order and memory: the [`Objective`] of training, or a network ready for use.
///
/// Time runs 0, 1, … n − 1 forward over the graph's values and on to 2n back over them; a value lives from when
/// it is made until it is last read, and values that do not live at one time share memory.
pub struct Plan {
    runs: Vec<Run>,
    /// Ops that go through a batch piece by piece.
    stretches: Vec<Stretch>,
    data: Vec<(&'static str, Shape, Span)>,
    /// Values that may be read after a run forward.
    kept: Vec<(Var, Span)>,
    loss: Option<(Span, Span)>,
    /// Parts of θ that nothing reads: their gradient is zero.
    unused: Vec<Span>,
    block: Block,
    /// Where members of a population are judged.
    bench: Bench,
    layout: Layout,
    /// What ops remember from batch to batch.
    memory: Vec<f32>,
    moment: Moment,
    threads: Threads,
    /// One for each op, or none.
    watched: Vec<Watched>,
}

/// One op, with the places it reads and writes.
struct Run {
    op: Arc<dyn Op>,
    scope: String,
    id: usize,
    shapes: [Shape; MAX_INPUTS],
    x: [Place; MAX_INPUTS],
    dx: [Option<(Place, bool)>; MAX_INPUTS],
    /// Of weights whose slopes do not go into a sink in blocks: where they wait.
    rooms: [Option<Room>; MAX_INPUTS],
    arity: usize,
    y: Span,
    keep: Span,
    /// Empty where no gradient is wanted: then there is no way back.
    dy: Span,
    /// Whether who reads y takes slopes back through the function this op ends in.
    ready: bool,
    /// The function that this op takes slopes back through, in place of who made its first input.
    through: Option<&'static Activation>,
    /// The places of a way forward without a way back.
    aside: Aside,
}

impl Run {
    /// Multiply-adds forward, and back: as many again for the slope of each factor that is wanted.
    fn products(&self) -> [usize; 2] {
        let once = self.op.products(&self.shapes[..self.arity]);
        [once, once * self.dx[..self.arity.min(2)].iter().flatten().count()]
    }
}

impl Run {
    /// What the op is handed for one member of a population, which only goes forward: in memory of its own, by one thread.
    ///
    /// # Safety
    /// Nobody else has these places of `own`, nor reads what the op writes there. (In no memory at all they are empty.)
    unsafe fn handed<'a>(
        &'a self,
        x: &'a [&'a [f32]; MAX_INPUTS],
        own: Option<Pieces>,
        moment: Moment,
        alone: &'a Threads,
    ) -> Forward<'a> {
        let write = |span| match own {
            // SAFETY: the caller's promise.
            Some(own) => unsafe { own.write(span) },
            None => &mut [],
        };
        Forward {
            shapes: &self.shapes[..self.arity],
            x: &x[..self.arity],
            y: write(self.aside.y),
            keep: write(self.aside.keep),
            moment,
            id: self.id,
            threads: alone,
        }
    }
}

/// Where slopes of weights wait on the way to a sink.
#[derive(Clone, Copy)]
struct Room {
    span: Span,
    /// Whether they are complete once the op has gone back: no other needs these weights any more.
    last: bool,
}

#[derive(Clone, Copy)]
enum Place {
    Memory(Span),
    Weights(Span),
    Remembered(Span),
    /// In the plan's block, for whoever has memory of his own.
    Batch(Span),
}

impl Plan {
    /// For training: forward and back, from a loss of one number.
    ///
    /// # Errors
    /// If `loss` is not one number, its batch is too small for an op ([`Op::trains`]), or an op has more than [`MAX_INPUTS`] inputs, or one value twice among them.
    pub fn training(graph: Graph, loss: Var, threads: &Threads) -> Result<Plan> {
        let shape = graph.shape(loss);
        if shape.size() != 1 {
            return Err(Error::Shape {
                op: "plan".into(),
                inputs: vec![shape],
                needs: "a loss of one number: end the graph with a loss".into(),
            });
        }
        settle::settle(graph, Some(loss), &[], threads)
    }

    /// For use: forward only, with memory for nothing but that; the values of `keep` can be read afterwards.
    ///
    /// # Errors
    /// As for [`Plan::training`].
    pub fn forward_only(graph: Graph, keep: &[Var], threads: &Threads) -> Result<Plan> {
        settle::settle(graph, None, keep, threads)
    }

    /// The names, shapes and places of the weights.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Bytes held for activations and their slopes.
    pub fn bytes(&self) -> usize {
        self.block.bytes() + self.stretches.iter().map(Stretch::bytes).sum::<usize>()
    }

    /// Multiply-adds of the way forward, and of the way back ([`Op::products`]).
    pub fn products(&self) -> [usize; 2] {
        self.runs.iter().map(Run::products).fold([0; 2], |sum, one| [sum[0] + one[0], sum[1] + one[1]])
    }

    /// Sets where in the training the next computation is.
    pub fn at(&mut self, moment: Moment) {
        self.moment = moment;
    }

    /// Where a batch is put before a step; [`Plan::with`] reads one where it lies.
    ///
    /// # Panics
    /// If the graph has no data of that name.
    pub fn data(&mut self, name: &str) -> &mut [f32] {
        let span = self.place_of(name);
        self.block.slice(span)
    }

    fn place_of(&self, name: &str) -> Span {
        let found = self.data.iter().find(|(n, ..)| *n == name);
        let (_, _, span) = found.unwrap_or_else(|| panic!("this plan has no data called {name:?}"));
        *span
    }

    /// A value that [`Plan::forward_only`] was asked to keep, after [`Plan::forward`].
    ///
    /// # Panics
    /// If it was not asked to keep it.
    pub fn value(&self, var: Var) -> &[f32] {
        self.block.read(self.kept_at(var))
    }

    fn kept_at(&self, var: Var) -> Span {
        let found = self.kept.iter().find(|(v, _)| *v == var);
        let (_, span) = found.unwrap_or_else(|| panic!("this plan does not keep {var:?}"));
        *span
    }

    /// What ops remember from batch to batch: at first as the layout says. In use they read it; while training they do
    /// not. Only [`Plan::remember`] changes it.
    pub fn memory(&mut self) -> &mut [f32] {
        &mut self.memory
    }

    /// Takes what the last way forward, by [`Plan::forward`], a loss or a gradient, saw of its batch into the memory. To be
    /// called once for each batch that counts. `share`: that of the new, where ops shall not decide it; 1/k for the k-th of
    /// several batches makes their mean.
    pub fn remember(&mut self, share: Option<f64>) {
        for run in &self.runs {
            let memory = run.x[..run.arity].iter().find_map(|place| match place {
                Place::Remembered(span) => Some(span.at..span.at + span.len),
                _ => None,
            });
            if let Some(range) = memory {
                let (shapes, keep) = (&run.shapes[..run.arity], self.block.read(run.keep));
                run.op.remember(Remember { shapes, keep, memory: &mut self.memory[range], share });
            }
        }
    }

    /// Computes every value.
    ///
    /// # Panics
    /// If θ has another length than the layout.
    pub fn forward(&mut self, theta: &[f32]) {
        self.visit(theta, &mut |_| {});
    }
}

fn read<'a>(
    place: Place,
    pieces: Pieces,
    batch: Pieces,
    (theta, memory): (&'a [f32], &'a [f32]),
) -> &'a [f32] {
    match place {
        // SAFETY: `settle` keeps apart all that is in use at one time.
        Place::Memory(span) => unsafe { pieces.read(span) },
        // SAFETY: as above.
        Place::Batch(span) => unsafe { batch.read(span) },
        Place::Weights(span) => &theta[span.at..span.at + span.len],
        Place::Remembered(span) => &memory[span.at..span.at + span.len],
    }
}

impl Objective for Plan {
    /// # Panics
    /// If the plan was not made for training.
    fn loss(&mut self, theta: &[f32]) -> f32 {
        let (loss, _) = self.loss.expect("a plan made with Plan::training has a loss");
        self.forward(theta);
        self.block.read(loss)[0]
    }

    /// The members are shared among the threads, each with memory of its own; every kernel runs on one thread. A loss
    /// has the same bits as by [`Plan::loss`], as long as its weights are finite. Allocates at its first call, unless [`Plan::prepare`] did it.
    ///
    /// # Panics
    /// If the plan was not made for training, or `population` is not so many θ.
    fn losses(&mut self, population: &[f32], losses: &mut [f32]) {
        self.judge(population, losses);
    }

    /// # Panics
    /// If the plan was not made for training, or `grad` is not as long as θ.
    fn gradient(&mut self, theta: &[f32], grad: &mut [f32]) -> f32 {
        let loss = self.loss(theta);
        self.slopes(theta, grad);
        loss
    }

    /// # Panics
    /// If the plan was not made for training.
    fn forth(&mut self, theta: &[f32]) -> Option<(f32, &mut dyn Back)> {
        let loss = self.loss(theta);
        Some((loss, self))
    }
}
