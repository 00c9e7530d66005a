//! What one computation is: its shape, its way forward, its way back.

use crate::activations::Activation;
use crate::error::Result;
use crate::gradients::Expression;
use crate::onnx::{Form, Value};
pub use crate::sink::Inlet;
use crate::threads::Threads;

/// Up to four lengths, outermost first; the first is the batch wherever there is one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    dims: [usize; 4],
    rank: usize,
}

impl Shape {
    /// # Panics
    /// With more than four lengths.
    pub fn new(dims: &[usize]) -> Self {
        let mut all = [1; 4];
        all[..dims.len()].copy_from_slice(dims);
        Shape { dims: all, rank: dims.len() }
    }
    /// The lengths.
    pub fn dims(&self) -> &[usize] {
        &self.dims[..self.rank]
    }
    /// How many numbers a tensor of this shape holds; the greatest `usize` if they are more.
    pub fn size(&self) -> usize {
        self.dims.iter().fold(1, |all: usize, n| all.saturating_mul(*n))
    }
    /// The same with another first length.
    pub(crate) fn of_batch(mut self, examples: usize) -> Self {
        self.dims[0] = examples;
        self
    }
    /// As a matrix: rows (all but the last length together) and columns (the last length).
    pub fn matrix(&self) -> (usize, usize) {
        let columns = *self.dims().last().unwrap_or(&1);
        (self.size() / columns.max(1), columns)
    }
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{:?}", self.dims())
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let dims: Vec<String> = self.dims().iter().map(usize::to_string).collect();
        f.write_str(&dims.join("×"))
    }
}

/// Where in a training a computation happens: what a random op keys its draws by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    /// Whether weights are being trained (dropout drops) or only used (it does not).
    pub training: bool,
    /// The seed of the run.
    pub seed: u64,
    /// The step, 1 at the first.
    pub step: u64,
    /// How many examples of the step's batch come before these: 0 unless the batch is taken in parts.
    pub before: u64,
}

/// One computation. Its file opens with its formula; forward and backward stand side by side.
///
/// Ops know no memory: they are handed what they read and where they write. A loss is an op whose result is
/// one number. `shape` has checked all shapes before `forward` or `backward` runs, so these cannot fail.
pub trait Op: Send + Sync {
    /// What it is called in summaries, errors and profiles.
    fn name(&self) -> &'static str;

    /// The shape of the result, or why the inputs do not fit ([`crate::Error::Shape`]).
    fn shape(&self, inputs: &[Shape]) -> Result<Shape>;

    /// How many numbers the way forward leaves for the way back.
    fn keeps(&self, _inputs: &[Shape]) -> usize {
        0
    }

    /// Multiply-adds of the way forward, where they decide what it costs: those of products and convolutions. The slope of
    /// each of their inputs costs as many again.
    fn products(&self, _inputs: &[Shape]) -> usize {
        0
    }

    /// How many of its inputs, from the first, have a row for each example, if an example's part of the result comes from
    /// its rows of these and from the whole of all others; 0 if the examples of a batch must stay together.
    fn examples(&self) -> usize {
        0
    }

    /// y ← f(x…)
    fn forward(&self, run: Forward);

    /// Of how many members of a population [`Op::forward_each`] is faster than [`Op::forward`] of one after another, if all
    /// have the same first input: 1 if of none, [`crate::kernels::TOGETHER`] at most.
    fn together(&self, _inputs: &[Shape]) -> usize {
        1
    }

    /// The way forward of several members of a population, whose weights differ: for each what [`Op::forward`] gives, to
    /// the bit, as long as all numbers are finite.
    fn forward_each(&self, members: &mut [Forward]) {
        members.iter_mut().for_each(|run| self.forward(run.again()));
    }

    /// dx ← ∂L/∂x, from dy = ∂L/∂y
    fn backward(&self, run: Backward);

    /// The function it ends in, if whoever reads the result may take slopes back through that function in its place
    /// ([`Backward::ready`]): the slope can be told from the result.
    fn ends_in(&self) -> Option<&'static Activation> {
        None
    }

    /// Whether it can take slopes back through the function that its first input is the result of ([`Backward::through`]), and
    /// that is less work than behind it: where most of its slopes are 0.
    fn goes_through(&self, _inputs: &[Shape]) -> bool {
        false
    }

    /// How it hands over the slopes of its weights piece by piece, if it can.
    fn in_blocks(&self) -> Option<&dyn InBlocks> {
        None
    }

    /// The way forward in `f64`, if the op has one. Finite differences want it: the rounding of `f32` hides what a small
    /// step changes. Without it they take larger steps and see less.
    fn exact(&self) -> Option<&dyn Exact> {
        None
    }

    /// Whether inputs of these shapes are enough to train on: a batch of one example has no variance.
    ///
    /// # Errors
    /// [`crate::Error::Settings`], saying what to change.
    fn trains(&self, _inputs: &[Shape]) -> Result<()> {
        Ok(())
    }

    /// Takes what the last way forward saw of its batch into what is remembered from batch to batch: the input that is a
    /// [`crate::graph::Graph::memory`]. Called once for each batch that counts, never because somebody asks for a loss.
    fn remember(&self, _run: Remember) {}

    /// What it is once training is over, if that is no more than scaling and shifting.
    fn at_rest(&self) -> Option<&dyn AtRest> {
        None
    }

    /// The same op ending in `end`, if a scale and a shift of its result can be taken into its weights: it has no
    /// function at its end; input 1 holds weights whose last dimension is that of the result; input 2, if there is one, is
    /// a bias.
    fn absorbing(&self, _end: &'static Activation) -> Option<Box<dyn Op>> {
        None
    }

    /// The same in the words of ONNX, for a network in use: what its nodes give ([`crate::onnx`]), or why it has no such form.
    ///
    /// # Errors
    /// In words.
    fn onnx(&self, _form: Form) -> std::result::Result<Value, String> {
        Err("it has no form there".into())
    }

    /// What it does to one example, written down: the formulas of its result from those of its inputs, row by row, or
    /// why it cannot be written so. That is enough to derive a whole network by hand ([`crate::gradients::ByHand`]).
    fn formula(&self, _inputs: &[&[Expression]], _training: bool) -> Written {
        Err(format!("the op `{}` has no written formula", self.name()))
    }
}

/// An op that in use (not while training) only scales and shifts its first input, and applies a function:
/// y = f(s x + t), with an s and a t for each number of the last dimension. Such are folded away ([`crate::folding`]).
pub trait AtRest {
    /// f
    fn end(&self) -> &'static Activation;
    /// s and t, from all inputs but the first.
    fn fixed(&self, rest: &[&[f32]], scale: &mut [f32], shift: &mut [f32]);
}

/// An op that computes the slopes of its weights piece by piece, and need not have all of them in memory: the weights can
/// change while their slopes are in the nearest cache. Worth it for an op with many weights. Of any other, slopes are handed
/// over when [`Op::backward`] is done.
pub trait InBlocks {
    /// Which of its inputs the weights are.
    fn input(&self) -> usize;

    /// Hands over ∂L/∂(these weights), which are no longer there to be read. [`Op::backward`] has just run, with no gradient
    /// wanted for them; `dy` and `keep` are as it left them. The slopes have the same bits as by `backward`.
    fn hand_over(&self, run: HandOver);
}

/// What [`InBlocks::hand_over`] is handed.
pub struct HandOver<'a> {
    /// The shape of each input.
    pub shapes: &'a [Shape],
    /// The inputs; nothing in place of weights.
    pub x: &'a [&'a [f32]],
    /// The result, as on the way forward.
    pub y: &'a [f32],
    /// What the way forward kept, as [`Op::backward`] left it.
    pub keep: &'a mut [f32],
    /// ∂L/∂y, as [`Op::backward`] left it.
    pub dy: &'a mut [f32],
    /// Where the slopes go.
    pub into: Inlet<'a>,
    /// Where in the training this is.
    pub moment: Moment,
    /// Which op of the graph this is.
    pub id: usize,
    /// Who may help.
    pub threads: &'a Threads,
}

/// What [`Op::remember`] is handed.
pub struct Remember<'a> {
    /// The shape of each input.
    pub shapes: &'a [Shape],
    /// What the last way forward kept.
    pub keep: &'a [f32],
    /// What is remembered, to be renewed.
    pub memory: &'a mut [f32],
    /// The share of the new in it, where that is not for the op to decide.
    pub share: Option<f64>,
}

/// The formulas of an op's result, or why there are none.
pub type Written = std::result::Result<Vec<Expression>, String>;

/// The way forward in `f64`: the same function as [`Op::forward`].
pub trait Exact {
    /// y ← f(x…)
    fn forward(&self, run: ExactForward);
}

/// What [`Exact::forward`] is handed.
pub struct ExactForward<'a> {
    /// The shape of each input.
    pub shapes: &'a [Shape],
    /// The inputs.
    pub x: &'a [&'a [f64]],
    /// Where the result goes.
    pub y: &'a mut [f64],
    /// On which side of its kinks it is.
    pub sides: &'a mut Sides,
    /// Where in the training this is: what is drawn at random is drawn as on the way forward in `f32`.
    pub moment: Moment,
    /// Which op of the graph this is.
    pub id: usize,
    /// Who may help.
    pub threads: &'a Threads,
}

/// On which side of each kink a computation was. Where a slope jumps (relu at 0), a difference between two sides is no
/// slope: comparing the sides of two computations tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sides(Vec<i8>);

impl Sides {
    /// With room for `kinks` of them.
    pub fn with_room(kinks: usize) -> Self {
        Sides(Vec::with_capacity(kinks))
    }
    /// Notes numbers that change their sign where the slope jumps: −1, 0 (on the kink) or 1 for each.
    pub fn note(&mut self, distances: impl IntoIterator<Item = f64>) {
        self.0.extend(distances.into_iter().map(|d| (d > 0.0) as i8 - (d < 0.0) as i8));
    }
    /// Notes which of several it was (the greatest of a window), in place of a sign. Tells 127 apart.
    pub fn choose(&mut self, which: usize) {
        self.0.push((which % 127 + 1) as i8);
    }
    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
    /// What was noted, in order.
    pub fn signs(&self) -> &[i8] {
        &self.0
    }
}

/// What [`Op::forward`] is handed.
pub struct Forward<'a> {
    /// The shape of each input.
    pub shapes: &'a [Shape],
    /// The inputs.
    pub x: &'a [&'a [f32]],
    /// Where the result goes.
    pub y: &'a mut [f32],
    /// What the way back will find again: `keeps` numbers.
    pub keep: &'a mut [f32],
    /// Where in the training this is.
    pub moment: Moment,
    /// Which op of the graph this is: two dropouts draw apart.
    pub id: usize,
    /// Who may help.
    pub threads: &'a Threads,
}

impl Forward<'_> {
    /// The same once more.
    pub fn again(&mut self) -> Forward<'_> {
        Forward { y: self.y, keep: self.keep, ..*self }
    }
}

/// What [`Op::backward`] is handed.
pub struct Backward<'a> {
    /// The shape of each input.
    pub shapes: &'a [Shape],
    /// The inputs, as on the way forward.
    pub x: &'a [&'a [f32]],
    /// The result, as on the way forward.
    pub y: &'a [f32],
    /// What the way forward kept. An op may use a stretch of it to compute with, if it does not read it again itself.
    pub keep: &'a mut [f32],
    /// ∂L/∂y. Free to be overwritten: nobody reads it again.
    pub dy: &'a mut [f32],
    /// Whether `dy` has been taken back through the function the op ends in: it is ∂L/∂z, where y = f(z).
    pub ready: bool,
    /// One per input; `None` where no gradient is wanted.
    pub dx: &'a mut [Option<Gradient<'a>>],
    /// The function f that the first input is the result of, if ∂L/∂z is wanted for it, where x = f(z). The slope of f can be told from x, and there is no
    /// gradient yet that this one would be added to. Given to ops that [go through](Op::goes_through) functions, to no others.
    pub through: Option<&'static Activation>,
    /// Where in the training this is.
    pub moment: Moment,
    /// Which op of the graph this is.
    pub id: usize,
    /// Who may help.
    pub threads: &'a Threads,
}

/// Where a gradient goes, and whether it joins one that is there already.
pub struct Gradient<'a> {
    /// As long as the input it belongs to.
    pub to: &'a mut [f32],
    /// Add to what is there (an input used twice), or write over it.
    pub add: bool,
}

impl Gradient<'_> {
    /// Writes or adds one number.
    #[inline(always)]
    pub fn write(&mut self, i: usize, value: f32) {
        self.to[i] = if self.add { self.to[i] + value } else { value };
    }
}
