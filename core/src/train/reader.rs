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
    /// How many pictures are being changed at a time.
    chunks: usize,
}

/// Waking a thread costs about as much as reading some thousand numbers.
pub(super) const WORTH_A_THREAD: usize = 20_000;

impl<'a> Reader<'a> {
    /// For the examples `train`.
    ///
    /// # Errors
    /// [`Error::Settings`] if pictures are to be changed and the data are none.
    pub fn new(data: &'a dyn Samples, train: &[u32], settings: &Settings) -> Result<Self> {
        let augment = Augment::parse(&settings.augment)?;
        let size = augment.size(data.shape().dims())?;
        if !augment.is_empty() && size.numbers() != data.inputs() {
            return Err(Error::Data {
                message: format!("the data speak of {size:?}, but of {} numbers an example", data.inputs()),
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
        !self.augment.is_empty() || self.data.is_costly()
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
        Desk { rows: vec![0.0; kept * self.inputs], rooms: vec![0.0; chunks * room], chunks }
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
        if self.mixes() {
            self.place(examples, &desk.rows, plan, threads);
        }
        self.label(examples, plan);
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
    pub fn place(&self, examples: Examples, rows: &[f32], plan: &mut Plan, threads: &Threads) {
        let n = self.inputs;
        let to = Shared::of(plan.data("input"));
        let place = |i: usize| {
            // SAFETY: rows are disjoint.
            let to = unsafe { to.slice(i * n..(i + 1) * n) };
            let row = &rows[i * n..(i + 1) * n];
            if !self.mixes() {
                return to.copy_from_slice(row);
            }
            let share = self.share(examples, i);
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
    pub fn label(&self, examples: Examples, plan: &mut Plan) {
        let targets = plan.data("target").len() / examples.len();
        for (i, target) in plan.data("target").chunks_exact_mut(targets).enumerate() {
            write_target(self.class(examples.index(i)), target);
            if self.mixes() {
                let (class, share) = (self.class(examples.index(i + 1)), self.target_share(examples, i));
                if let [target] = target {
                    *target = share * *target + (1.0 - share) * class as f32;
                } else {
                    target.iter_mut().for_each(|t| *t *= share);
                    target[class] += 1.0 - share;
                }
            }
        }
        for (i, weight) in plan.data("weight").iter_mut().enumerate() {
            *weight = self.weight(examples, i);
        }
    }

    /// How much the `i`-th example counts.
    pub fn weight(&self, examples: Examples, i: usize) -> f32 {
        let own = self.own_weight(examples.index(i));
        if !self.mixes() {
            return own;
        }
        let share = self.share(examples, i);
        share * own + (1.0 - share) * self.own_weight(examples.index(i + 1))
    }

    fn class(&self, index: u32) -> usize {
        self.data.class(index as usize)
    }

    fn own_weight(&self, index: u32) -> f32 {
        self.data.weight(index as usize) * self.class_weights[self.class(index)]
    }

    /// λ
    fn share(&self, examples: Examples, i: usize) -> f32 {
        lambda(self.mixup, examples.seed, examples.epoch, examples.index(i))
    }

    /// λ wᵢ / w̃ᵢ
    fn target_share(&self, examples: Examples, i: usize) -> f32 {
        let (share, weight) = (self.share(examples, i), self.weight(examples, i));
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
    let mut counts = vec![0usize; data.classes()];
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
mod tests {
    use super::super::settings::Batch;
    use super::*;
    use crate::losses::Loss;
    use crate::network::{Model, Network};
    use crate::op::Shape;
    use crate::optimizer::Objective;

    const DIMS: [usize; 3] = [3, 4, 2];

    /// Pictures of three classes; every fourth counts nothing.
    struct Few;

    impl Samples for Few {
        fn len(&self) -> usize {
            30
        }
        fn inputs(&self) -> usize {
            DIMS.iter().product()
        }
        fn shape(&self) -> Shape {
            Shape::new(&DIMS)
        }
        fn classes(&self) -> usize {
            3
        }
        fn class(&self, index: usize) -> usize {
            index % 7 % 3
        }
        fn read(&self, index: usize, into: &mut [f32]) {
            let mut rng = Rng::new(3, Stream::Probe, index as u64);
            into.fill_with(|| rng.normal());
        }
        fn weight(&self, index: usize) -> f32 {
            (index % 4) as f32
        }
    }

    fn settings(mixup: f64) -> Settings {
        let augment = "flip, shift 1, rotate 30, colour 0.3, cutout 2".into();
        Settings {
            augment,
            mixup,
            class_weights: ClassWeights::Balanced,
            batch: Batch::Of(30),
            ..Settings::default()
        }
    }

    fn model(network: &str, loss: &str) -> Model {
        Model::new(Network::parse(network).unwrap(), Loss::parse(loss).unwrap(), 24, 3).unwrap()
    }

    fn order() -> Vec<u32> {
        let mut order: Vec<u32> = (0..30).collect();
        Rng::new(1, Stream::Shuffle, 0).shuffle(&mut order);
        order
    }

    /// What a plan of `count` examples holds, example by example: inputs, targets, weight.
    fn held(reader: &Reader, order: &[u32], count: usize, threads: &Threads) -> Vec<Vec<f32>> {
        let mut desk = reader.desk(count, threads, false);
        let mut all = Vec::new();
        for from in (0..order.len()).step_by(count) {
            let to = order.len().min(from + count);
            let mut plan =
                model("dense 3 softmax", "softmax_cross_entropy").mixing_plan(to - from, threads).unwrap();
            reader.fill(Examples { order, from, to, seed: 9, epoch: 2 }, &mut plan, &mut desk, threads);
            for i in 0..to - from {
                let mut example = plan.data("input")[i * 24..(i + 1) * 24].to_vec();
                example.extend(&plan.data("target")[i * 3..(i + 1) * 3]);
                example.push(plan.data("weight")[i]);
                all.push(example);
            }
        }
        all
    }

    #[test]
    fn an_example_is_the_same_however_an_epoch_is_cut() {
        for mixup in [0.0, 0.7] {
            let reader = Reader::new(&Few, &order(), &settings(mixup)).unwrap();
            let whole = held(&reader, &order(), 30, &Threads::new(1));
            for (count, threads) in [(1, 1), (4, 2), (7, 1), (29, 3)] {
                let cut = held(&reader, &order(), count, &Threads::new(threads));
                assert!(cut == whole, "mixup {mixup}, parts of {count}");
            }
        }
    }

    #[test]
    fn an_example_is_mixed_with_the_next_of_the_order() {
        let (order, threads) = (order(), Threads::new(1));
        let plain = held(&Reader::new(&Few, &order, &settings(0.0)).unwrap(), &order, 30, &threads);
        let mixed = held(&Reader::new(&Few, &order, &settings(0.7)).unwrap(), &order, 30, &threads);
        for i in 0..30 {
            let share = lambda(0.7, 9, 2, order[i]);
            let (one, other) = (&plain[i], &plain[(i + 1) % 30]);
            for k in (0..24).chain([27]) {
                let want = share * one[k] + (1.0 - share) * other[k];
                assert!((mixed[i][k] - want).abs() < 1e-6, "example {i}, number {k}");
            }
        }
    }

    /// A network that passes on three of the numbers it is given, and one loss for both classes of each mixture.
    #[test]
    fn the_loss_of_a_mixture_is_the_mixture_of_the_losses() {
        for (end, loss) in [
            ("softmax", "softmax_cross_entropy smoothing=0.1"),
            ("softmax", "softmax_cross_entropy"),
            ("sigmoid", "binary_cross_entropy smoothing=0.2"),
        ] {
            let model = model(&format!("dense 3 {end}"), loss);
            let (order, threads) = (order(), Threads::new(1));
            let reader = Reader::new(&Few, &order, &settings(0.7)).unwrap();
            let examples = Examples { order: &order, from: 0, to: 30, seed: 9, epoch: 2 };
            let mut mixed = model.mixing_plan(30, &threads).unwrap();
            reader.fill(examples, &mut mixed, &mut reader.desk(30, &threads, false), &threads);
            let theta = model.layout().start(1);
            let got = mixed.loss(&theta);
            // The loss of each example alone, for its own class and for the other.
            let (mut sum, mut weights) = (0.0, 0.0);
            let mut one = model.training_plan(1, &threads).unwrap();
            for i in 0..30 {
                one.data("input").copy_from_slice(&mixed.data("input")[i * 24..(i + 1) * 24]);
                one.data("weight").fill(1.0);
                let share = lambda(0.7, 9, 2, order[i]);
                for (index, share) in [(examples.index(i), share), (examples.index(i + 1), 1.0 - share)] {
                    model.write_target(Few.class(index as usize), one.data("target"));
                    let weight = (share * reader.own_weight(index)) as f64;
                    sum += weight * one.loss(&theta) as f64;
                    weights += weight;
                }
            }
            assert!((got as f64 - sum / weights).abs() < 2e-6, "{loss}: {got}, not {}", sum / weights);
        }
    }
}
