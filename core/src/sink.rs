//! Where slopes go while they are in the nearest cache: nobody needs to write all of them down.
//!
//! A plan on its way back knows a [`Sink`] and hands it the slopes of a few weights at a time, with these weights; what
//! the sink does to them is its own affair. An op that computes the slopes of a weight piece by piece
//! ([`crate::op::InBlocks`]) has an [`Inlet`] for them.

use crate::optimizer::CHUNK;
use crate::real::Number;
use crate::threads::{Shared, Threads};

/// Takes in slopes, and changes the weights they belong to.
pub trait Sink<R: Number = f32>: Sync {
    /// The slopes of `theta`, the weights from number `at` of θ on. In a step that is asked for once about every weight, in
    /// any order, from any thread; nobody reads these weights any more before the step is over.
    ///
    /// # Safety
    /// No two calls at one time are about the same weight.
    unsafe fn take(&self, at: usize, theta: &mut [R], slopes: Block<R>);

    /// What is kept for weight number `at` and, side by side, for those after it; nothing, unless a sink says where. Whoever computes their slopes asks the
    /// machine to fetch it.
    fn kept(&self, _at: usize) -> [Shared<R>; KINDS] {
        std::array::from_fn(|_| Shared::of(&mut []))
    }

    /// Numbers that are read for a weight (itself, its slope, what is kept for it): decides whether others shall help.
    fn numbers(&self) -> usize;
}

/// Of so many kinds of numbers that are kept for weights a [`Sink`] can say where they lie.
pub const KINDS: usize = 3;

/// The slopes of some weights that stand side by side.
#[derive(Clone, Copy, Debug)]
pub enum Block<'a, R = f32> {
    /// One after another.
    Slopes(&'a [R]),
    /// Those of a matrix, row after row: in row i and column j column\[i\] · row\[j\] + 0, rounded once. The slopes of a
    /// layer's weights from a single example are such, and are not written down at all.
    Product {
        /// One number for each row.
        column: &'a [R],
        /// One number for each column.
        row: &'a [R],
    },
}

impl<R> Block<'_, R> {
    /// How many slopes.
    pub fn len(&self) -> usize {
        match self {
            Block::Slopes(slopes) => slopes.len(),
            Block::Product { column, row } => column.len() * row.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Fewer numbers than this are taken in by the caller alone: what another core wrote last has to come back from there
/// for the next way forward, which costs more than it gains.
const WORTH_SHARING: usize = 250_000;

/// Hands over slopes that lie in memory, all of `theta`, whose first weight is number `at` of θ.
pub(crate) fn hand_over<R: Number>(
    sink: &dyn Sink<R>,
    at: usize,
    theta: &mut [R],
    slopes: &[R],
    threads: &Threads,
) {
    let weights = theta.len();
    let theta = Shared::of(theta);
    let take = |chunk| {
        let range = chunk * CHUNK..weights.min((chunk + 1) * CHUNK);
        // SAFETY: chunks are disjoint, and each is handled by one task.
        unsafe { sink.take(at + range.start, theta.slice(range.clone()), Block::Slopes(&slopes[range])) }
    };
    let chunks = weights.div_ceil(CHUNK);
    match is_shared(weights * sink.numbers(), threads) {
        true => threads.for_each(chunks, &take),
        false => (0..chunks).for_each(take),
    }
}

/// The same where all slopes are zero.
pub(crate) fn hand_over_zeros<R: Number>(sink: &dyn Sink<R>, at: usize, theta: &mut [R]) {
    let zeros = [R::of(0.0); 64];
    for (chunk, theta) in theta.chunks_mut(zeros.len()).enumerate() {
        let slopes = Block::Slopes(&zeros[..theta.len()]);
        // SAFETY: one call after another.
        unsafe { sink.take(at + chunk * zeros.len(), theta, slopes) }
    }
}

/// Whether threads take in so many numbers together.
fn is_shared(numbers: usize, threads: &Threads) -> bool {
    numbers >= WORTH_SHARING && threads.count() > 1
}

/// The way into a sink for one part of θ.
pub struct Inlet<'a> {
    sink: &'a dyn Sink,
    at: usize,
    theta: Shared,
    weights: usize,
}

impl<'a> Inlet<'a> {
    /// For the weights `theta`, the first of which is number `at` of θ.
    pub(crate) fn new(sink: &'a dyn Sink, at: usize, theta: &'a mut [f32]) -> Self {
        Inlet { sink, at, weights: theta.len(), theta: Shared::of(theta) }
    }

    /// The slopes of the part's weights from number `first` on. Each weight has to be among those of one call.
    ///
    /// # Panics
    /// If the part has not so many weights.
    ///
    /// # Safety
    /// No two calls at one time are about the same weight.
    pub unsafe fn take(&self, first: usize, slopes: Block) {
        // SAFETY: the part is borrowed for as long as this lives; the rest is the caller's promise.
        unsafe {
            let theta = self.theta.slice(first..first + slopes.len());
            self.sink.take(self.at + first, theta, slopes);
        }
    }

    /// What is read and written when slopes come: the part's weights, and what is kept for them.
    pub fn beside(&self) -> [Shared; KINDS + 1] {
        let [a, b, c] = self.sink.kept(self.at);
        [self.theta, a, b, c]
    }

    /// The slopes of all of the part's weights, a matrix: column\[i\] · row\[j\] + 0.
    ///
    /// # Panics
    /// If the part has another number of weights.
    pub fn take_product(&mut self, column: &[f32], row: &[f32], threads: &Threads) {
        assert_eq!(column.len() * row.len(), self.weights, "a product as large as the part");
        if !is_shared(self.weights * self.sink.numbers(), threads) {
            // SAFETY: the only call.
            return unsafe { self.take(0, Block::Product { column, row }) };
        }
        let rows = (CHUNK / row.len()).max(1);
        threads.for_each(column.len().div_ceil(rows), &|chunk| {
            let range = chunk * rows..column.len().min((chunk + 1) * rows);
            let first = range.start * row.len();
            // SAFETY: chunks of rows are disjoint, and each is handled by one task.
            unsafe { self.take(first, Block::Product { column: &column[range], row }) }
        });
    }
}
