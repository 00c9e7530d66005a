//! How training examples are read: varied, mixed, labelled and weighed. All of it is a function of (seed, epoch, order), so it
//! does not matter who reads, how much at a time, or when.

use super::batches::Samples;
use super::mixup::lambda;
use super::settings::{ClassWeights, Settings};
use crate::augmentations::{Augment, Size};
use crate::plan::Plan;
use crate::rng::{Rng, Stream};
use crate::threads::{Shared, Threads};
use crate::{Error, Result};

/// Some examples of an epoch's order.
#[derive(Clone, Copy)]
pub(super) struct Examples<'o> {
    pub order: &'o [u32],
    pub from: usize,
    pub to: usize,
    pub seed: u64,
    pub epoch: u64,
}

impl<'o> Examples<'o> {
    pub fn len(&self) -> usize {
        self.to - self.from
    }

    /// The number of the `i`-th; that of `len` is what the last is mixed with.
    pub fn index(&self, i: usize) -> u32 {
        self.order[(self.from + i) % self.order.len()]
    }

    /// At most `count` of them, from the `from`-th on.
    pub fn part(&self, from: usize, count: usize) -> Examples<'o> {
        let from = self.from + from;
        Examples { from, to: self.to.min(from + count), ..*self }
    }
}

/// Reads training examples.
pub(super) struct Reader<'a> {
    data: &'a dyn Samples,
    pub inputs: usize,
    augment: Augment,
    size: Size,
    /// α; 0: nothing is mixed.
    mixup: f64,
    class_weights: Vec<f32>,
}

/// Memory that reading needs: rows to be mixed, and room for the pictures being changed.
pub(super) struct Desk {
    rows: Vec<f32>,
    rooms: Vec<f32>,
    /// λ of each example.
    shares: Vec<f32>,
    /// How many pictures are being changed at a time.
    chunks: usize,
}

/// Waking a thread costs about as much as reading some thousand numbers.
pub(super) const WORTH_A_THREAD: usize = 20_000;

impl<'a> Reader<'a> {
    /// For the examples `train`.
    ///
    /// # Errors
    /// [`Error::Settings`] if pictures are to be changed and the data are none, or classes to be weighed and there are none.
    pub fn new(data: &'a dyn Samples, train: &[u32], settings: &Settings) -> Result<Self> {
        let augment = Augment::parse(&settings.augment)?;
        if data.classes() == 0 && settings.class_weights != ClassWeights::None {
            return Err(Error::Settings {
                message: "classes are to be weighed, but a number is to be said of each example".into(),
                mend: "write none as class_weights".into(),
            });
        }
        let size = augment.size(data.shape().dims())?;
        if !augment.is_empty() && size.numbers() != data.inputs() {
            return Err(Error::Data {
                message: format!("the data speak of {size:?}, but of {} numbers an example", data.inputs())
                    .into(),
                mend: "let `Samples::shape` and `Samples::inputs` agree".into(),
            });
        }
        Ok(Reader {
            inputs: data.inputs(),
            class_weights: class_weights(data, train, settings.class_weights),
            mixup: settings.mixup,
            data,
            augment,
            size,
        })
    }

    pub fn mixes(&self) -> bool {
        self.mixup > 0.0
    }

    /// Whether reading takes much longer than copying what was read.
    pub fn is_costly(&self) -> bool {
        self.augment.is_costly() || self.data.is_costly()
    }

    /// How many rows are read for so many examples.
    pub fn rows(&self, examples: usize) -> usize {
        examples + usize::from(self.mixes())
    }

    /// Memory to read up to so many examples at a time. `keeps_rows`: also where nothing is mixed.
    pub fn desk(&self, examples: usize, threads: &Threads, keeps_rows: bool) -> Desk {
        let rows = self.rows(examples);
        // Any cut gives the same numbers: each row is read by itself.
        let chunks = rows.min(4 * threads.count());
        let room = if self.augment.is_empty() { 0 } else { self.inputs };
        let kept = if self.mixes() || keeps_rows { rows } else { 0 };
        Desk {
            rows: vec![0.0; kept * self.inputs],
            rooms: vec![0.0; chunks * room],
            shares: vec![1.0; examples],
            chunks,
        }
    }

    /// Puts `examples` where the plan reads them.
    pub fn fill(&self, examples: Examples, plan: &mut Plan, desk: &mut Desk, threads: &Threads) {
        let rows = self.rows(examples.len());
        let chunks = rows.min(desk.chunks);
        let rooms = Shared::of(&mut desk.rooms);
        let to = if self.mixes() { &mut desk.rows[..] } else { plan.data("input") };
        let to = Shared::of(to);
        // SAFETY: both buffers are borrowed; each chunk is read once, and they are disjoint.
        let read = |chunk| unsafe { self.read(examples, (chunk, chunks), to, rooms) };
        if self.inputs * rows < WORTH_A_THREAD {
            (0..chunks).for_each(read);
        } else {
            threads.for_each(chunks, &read);
        }
        let shares = self.shares(examples, &mut desk.shares);
        if self.mixes() {
            self.place(examples, &desk.rows, shares, plan, threads);
        }
        self.label(examples, shares, plan);
    }

    /// As [`Reader::fill`], from rows that were read before.
    pub fn fill_from(
        &self,
        examples: Examples,
        rows: &[f32],
        plan: &mut Plan,
        desk: &mut Desk,
        threads: &Threads,
    ) {
        let shares = self.shares(examples, &mut desk.shares);
        self.place(examples, rows, shares, plan, threads);
        self.label(examples, shares, plan);
    }

    /// Reads one of several chunks of the rows of `examples`.
    ///
    /// # Safety
    /// `to` holds as many rows as are read, `rooms` a room for each chunk; both are alive, and nobody else uses the chunk's
    /// part of them.
    pub unsafe fn read(
        &self,
        examples: Examples,
        (chunk, chunks): (usize, usize),
        to: Shared,
        rooms: Shared,
    ) {
        let (rows, n) = (self.rows(examples.len()), self.inputs);
        let room = if self.augment.is_empty() { 0..0 } else { chunk * n..(chunk + 1) * n };
        // SAFETY: the caller's promise.
        let room = unsafe { rooms.slice(room) };
        for i in chunk * rows / chunks..(chunk + 1) * rows / chunks {
            // SAFETY: the caller's promise.
            let row = unsafe { to.slice(i * n..(i + 1) * n) };
            let index = examples.index(i);
            let mut rng = Rng::new(examples.seed, Stream::Vary, examples.epoch << 32 | index as u64);
            self.data.read_varied(index as usize, &mut rng, row);
            self.augment.apply((examples.seed, examples.epoch, index), self.size, row, room);
        }
    }

    /// Copies rows that were read to where the plan reads them, or mixes each with the next.
    fn place(&self, examples: Examples, rows: &[f32], shares: &[f32], plan: &mut Plan, threads: &Threads) {
        let n = self.inputs;
        let to = Shared::of(plan.data("input"));
        let place = |i: usize| {
            // SAFETY: rows are disjoint.
            let to = unsafe { to.slice(i * n..(i + 1) * n) };
            let row = &rows[i * n..(i + 1) * n];
            if !self.mixes() {
                return to.copy_from_slice(row);
            }
            let share = shares[i];
            let next = &rows[(i + 1) * n..(i + 2) * n];
            for ((to, x), next) in to.iter_mut().zip(row).zip(next) {
                *to = share * x + (1.0 - share) * next;
            }
        };
        if n * examples.len() < WORTH_A_THREAD {
            (0..examples.len()).for_each(place);
        } else {
            threads.for_each(examples.len(), &place);
        }
    }

    /// Says what is right, and how much each example counts.
    fn label(&self, examples: Examples, shares: &[f32], plan: &mut Plan) {
        let targets = plan.data("target").len() / examples.len();
        for (i, target) in plan.data("target").chunks_exact_mut(targets).enumerate() {
            self.data.write_target(examples.index(i) as usize, target);
            if self.mixes() {
                let (next, share) = (examples.index(i + 1), self.target_share(examples, i, shares[i]));
                if let [target] = target {
                    *target = share * *target + (1.0 - share) * self.data.value(next as usize);
                } else {
                    target.iter_mut().for_each(|t| *t *= share);
                    target[self.class(next)] += 1.0 - share;
                }
            }
        }
        for (i, weight) in plan.data("weight").iter_mut().enumerate() {
            *weight = self.weight_at(examples, i, shares[i]);
        }
    }

    /// How much the `i`-th example counts.
    pub fn weight(&self, examples: Examples, i: usize) -> f32 {
        self.weight_at(examples, i, self.share(examples, i))
    }

    fn weight_at(&self, examples: Examples, i: usize, share: f32) -> f32 {
        let own = self.own_weight(examples.index(i));
        if !self.mixes() {
            return own;
        }
        share * own + (1.0 - share) * self.own_weight(examples.index(i + 1))
    }

    fn class(&self, index: u32) -> usize {
        self.data.class(index as usize)
    }

    fn own_weight(&self, index: u32) -> f32 {
        self.data.weight(index as usize) * self.class_weights[self.class(index)]
    }

    /// λ of each example.
    fn shares<'s>(&self, examples: Examples, shares: &'s mut [f32]) -> &'s [f32] {
        let shares = &mut shares[..examples.len()];
        if self.mixes() {
            shares.iter_mut().enumerate().for_each(|(i, share)| *share = self.share(examples, i));
        }
        shares
    }

    /// λ
    fn share(&self, examples: Examples, i: usize) -> f32 {
        if !self.mixes() {
            return 1.0;
        }
        lambda(self.mixup, examples.seed, examples.epoch, examples.index(i))
    }

    /// λ wᵢ / w̃ᵢ
    fn target_share(&self, examples: Examples, i: usize, share: f32) -> f32 {
        let weight = self.weight_at(examples, i, share);
        let own = self.own_weight(examples.index(i));
        if own == self.own_weight(examples.index(i + 1)) || weight == 0.0 {
            share
        } else {
            share * own / weight
        }
    }
}

impl Desk {
    /// What the rows and the rooms lie in, for those who share it.
    pub fn shared(&mut self) -> (Shared, Shared) {
        (Shared::of(&mut self.rows), Shared::of(&mut self.rooms))
    }

    /// In how many chunks so many rows are read at most.
    pub fn chunks(&self, rows: usize) -> usize {
        rows.min(self.chunks)
    }
}

/// Writes what is right for an example of `class`: its number, 0 or 1, or a 1 among zeros.
pub(crate) fn write_target(class: usize, target: &mut [f32]) {
    if let [target] = target {
        *target = class as f32;
    } else {
        target.fill(0.0);
        target[class] = 1.0;
    }
}

fn class_weights(data: &dyn Samples, train: &[u32], choice: ClassWeights) -> Vec<f32> {
    // Where numbers are to be said, all are of one.
    let mut counts = vec![0usize; data.classes().max(1)];
    train.iter().for_each(|i| counts[data.class(*i as usize)] += 1);
    match choice {
        ClassWeights::None => vec![1.0; counts.len()],
        ClassWeights::Balanced => {
            let weight = |n: &usize| train.len() as f32 / (counts.len() * (*n).max(1)) as f32;
            counts.iter().map(weight).collect()
        }
    }
}

#[cfg(test)]
mod tests;
