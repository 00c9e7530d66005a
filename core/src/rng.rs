//! Random numbers by purpose and place: keyed by (seed, stream, step, element), so that no draw depends on
//! how many were made before it, for another purpose, or on another thread.
//!
//! The bits are ChaCha8 (Bernstein 2008) by the crate `rand_chacha`, whose raw stream is fixed; the three
//! samplers on top are ours, so that no release of a library can change a training.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::elementary;
use crate::kernels::{Loop, widest};

/// What a random number is for. Streams never meet: using one cannot disturb another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Starting weights.
    Init = 1,
    /// The order of examples in an epoch.
    Shuffle = 2,
    /// Which example goes to which part.
    Split = 3,
    /// Which activations are dropped.
    Dropout = 4,
    /// Changes made to pictures.
    Augment = 5,
    /// Populations of evolution.
    Population = 6,
    /// Measurements that must leave no trace.
    Probe = 7,
    /// What a noisy function adds to its values and slopes.
    Noise = 8,
    /// How pictures are mixed with one another.
    Mixup = 9,
    /// What data do to an example by themselves ([`crate::train::Samples::read_varied`]).
    Vary = 10,
}

/// A source of random numbers for one purpose at one step.
#[derive(Clone)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The numbers of `stream` at `step` (an epoch, a layer, …: whatever the purpose counts).
    ///
    /// ```
    /// use gradus::rng::{Rng, Stream};
    /// let draw = |step| Rng::new(42, Stream::Shuffle, step).below(1000);
    /// assert_eq!(draw(3), draw(3));
    /// ```
    pub fn new(seed: u64, stream: Stream, step: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8] = stream as u8;
        let mut bits = ChaCha8Rng::from_seed(key);
        bits.set_stream(step);
        Rng(bits)
    }

    /// Goes to the numbers of one element: draws `element * 2 ..` of 32 bits each.
    pub fn seek(&mut self, element: u64) {
        self.0.set_word_pos(element as u128 * 2);
    }

    /// Passes over so many draws of 32 bits.
    pub fn skip(&mut self, draws: u64) {
        self.0.set_word_pos(self.0.get_word_pos() + draws as u128);
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Fills `into` with what as many calls of [`Rng::bits`] would give.
    ///
    /// ```
    /// use gradus::rng::{Rng, Stream};
    /// let rng = Rng::new(42, Stream::Shuffle, 3);
    /// let (mut one, mut many, mut bits) = (rng.clone(), rng, [0; 3]);
    /// many.fill(&mut bits);
    /// assert_eq!(bits, [one.bits(), one.bits(), one.bits()]);
    /// ```
    pub fn fill(&mut self, into: &mut [u32]) {
        let mut bytes = [[0; 4]; MANY];
        for into in into.chunks_mut(MANY) {
            let bytes = &mut bytes[..into.len()];
            self.0.fill_bytes(bytes.as_flattened_mut());
            into.iter_mut().zip(bytes).for_each(|(bits, bytes)| *bits = u32::from_le_bytes(*bytes));
        }
    }

    /// Uniform in [0, 1), on a grid of 2⁻²⁴.
    pub fn uniform(&mut self) -> f32 {
        uniform(self.bits())
    }

    /// Fills `into` with what as many calls of [`Rng::uniform`] would give, made in vectors.
    ///
    /// ```
    /// use gradus::rng::{Rng, Stream};
    /// let rng = Rng::new(42, Stream::Shuffle, 3);
    /// let (mut one, mut many, mut uniforms) = (rng.clone(), rng, [0.0; 3]);
    /// many.uniforms(&mut uniforms);
    /// assert_eq!(uniforms, [one.uniform(), one.uniform(), one.uniform()]);
    /// ```
    pub fn uniforms(&mut self, into: &mut [f32]) {
        for into in into.chunks_mut(MANY) {
            let mut draws = [0; MANY];
            self.fill(&mut draws[..into.len()]);
            widest(Uniforms { draws: &draws, into });
        }
    }

    /// Uniform in 0..n, for 1 ≤ n < 2³², without bias (Lemire 2019).
    pub fn below(&mut self, n: usize) -> usize {
        let n = n as u32;
        let mut product = self.bits() as u64 * n as u64;
        if (product as u32) < n {
            let threshold = n.wrapping_neg() % n;
            while (product as u32) < threshold {
                product = self.bits() as u64 * n as u64;
            }
        }
        (product >> 32) as usize
    }

    /// Normal, mean 0 and deviation 1 (Box & Muller 1958), from exactly two draws.
    pub fn normal(&mut self) -> f32 {
        elementary::normal(self.bits(), self.bits())
    }

    /// Fills `into` with what as many calls of [`Rng::normal`] would give, bit for bit, made in vectors.
    pub fn normals(&mut self, into: &mut [f32]) {
        for into in into.chunks_mut(MANY) {
            let mut draws = [[0; 2]; MANY];
            self.fill(draws[..into.len()].as_flattened_mut());
            widest(Normals { draws: &draws, into });
        }
    }

    /// Puts `items` in random order (Fisher & Yates 1938).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

/// The draws of an [`Rng`] in their order, made many at a time: for those who use another number of them for each thing.
pub(crate) struct Stock<'a> {
    rng: &'a mut Rng,
    draws: [u32; MANY],
    next: usize,
}

impl Stock<'_> {
    /// From the next draw of `rng` on, which then goes on behind all that was made.
    pub fn of(rng: &mut Rng) -> Stock<'_> {
        Stock { rng, draws: [0; MANY], next: MANY }
    }

    /// As [`Rng::bits`].
    #[inline(always)]
    pub fn bits(&mut self) -> u32 {
        self.bits_if(true)
    }

    /// The next draw, which is used up only if it is wanted: without a jump that depends on that.
    #[inline(always)]
    pub fn bits_if(&mut self, wanted: bool) -> u32 {
        if self.next == MANY {
            self.rng.fill(&mut self.draws);
            self.next = 0;
        }
        let bits = self.draws[self.next];
        self.next += usize::from(wanted);
        bits
    }
}

/// Draws made at once.
pub(crate) const MANY: usize = 256;

/// The upper 24 of 32 bits, as a number below 1.
#[inline(always)]
fn uniform(bits: u32) -> f32 {
    (bits >> 8) as f32 * (1.0 / 16_777_216.0)
}

struct Uniforms<'a> {
    draws: &'a [u32; MANY],
    into: &'a mut [f32],
}

impl Loop for Uniforms<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        for (x, bits) in self.into.iter_mut().zip(self.draws) {
            *x = uniform(*bits);
        }
    }
}

struct Normals<'a> {
    draws: &'a [[u32; 2]; MANY],
    into: &'a mut [f32],
}

impl Loop for Normals<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        // Not `for_each`, which the compiler makes a function of its own: for the narrow vectors of any machine.
        for (x, [u, v]) in self.into.iter_mut().zip(self.draws) {
            *x = elementary::normal(*u, *v);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These numbers may never change: every seed's training depends on them.
    #[test]
    fn the_streams_are_golden() {
        let mut rng = Rng::new(1, Stream::Init, 0);
        let uniforms = [rng.uniform(), rng.uniform(), rng.uniform()];
        let normals = [rng.normal(), rng.normal()];
        let mut order: Vec<u8> = (0..8).collect();
        Rng::new(1, Stream::Shuffle, 3).shuffle(&mut order);
        assert_eq!(format!("{uniforms:?} {normals:?} {order:?}"), GOLDEN);
    }
    const GOLDEN: &str =
        "[0.3468246, 0.23552758, 0.5399975] [0.32580665, -0.84207344] [4, 6, 0, 2, 7, 3, 1, 5]";

    #[test]
    fn streams_steps_and_seeds_differ() {
        let first = |seed, stream, step| Rng::new(seed, stream, step).bits();
        let base = first(1, Stream::Init, 0);
        for other in [first(2, Stream::Init, 0), first(1, Stream::Shuffle, 0), first(1, Stream::Init, 1)] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn seeking_is_the_same_as_drawing() {
        let mut drawn = Rng::new(7, Stream::Dropout, 5);
        let all: Vec<u32> = (0..300).map(|_| drawn.bits()).collect();
        for element in [0, 1, 13, 99] {
            let mut sought = Rng::new(7, Stream::Dropout, 5);
            sought.seek(element);
            assert_eq!(sought.bits(), all[element as usize * 2]);
            sought.skip(element % 4);
            assert_eq!(sought.bits(), all[(element * 2 + 1 + element % 4) as usize]);
        }
    }

    #[test]
    fn many_bits_are_those_drawn_one_by_one() {
        for n in [0, 1, 63, 65, 256, 257, 700] {
            let mut one = Rng::new(8, Stream::Init, n as u64);
            (0..n % 7).for_each(|_| _ = one.bits());
            let (mut many, mut bits) = (one.clone(), vec![0; n]);
            many.fill(&mut bits);
            assert!(bits.iter().all(|bits| *bits == one.bits()), "{n}");
            assert_eq!(one.bits(), many.bits(), "as many draws");
        }
    }

    #[test]
    fn many_uniforms_are_those_drawn_one_by_one() {
        for n in [0, 1, 7, 255, 256, 257, 5000] {
            let mut one = Rng::new(11, Stream::Dropout, n as u64);
            let (mut many, mut drawn) = (one.clone(), vec![-1.0; n]);
            many.uniforms(&mut drawn);
            assert!(drawn.iter().all(|x| *x == one.uniform() && (0.0..1.0).contains(x)), "{n}");
            assert_eq!(one.bits(), many.bits(), "as many draws");
        }
    }

    #[test]
    fn a_stock_gives_the_draws_in_their_order() {
        let mut rng = Rng::new(12, Stream::Population, 1);
        rng.skip(3);
        let mut from = rng.clone();
        let mut stock = Stock::of(&mut from);
        for _ in 0..700 {
            let seen = stock.bits_if(false);
            let next = rng.bits();
            assert_eq!((seen, stock.bits(), stock.bits()), (next, next, rng.bits()));
        }
    }

    #[test]
    fn many_normals_are_those_drawn_one_by_one() {
        for n in [0, 1, 5, 255, 256, 257, 20_000] {
            let (mut one, mut many) =
                (Rng::new(9, Stream::Init, n as u64), Rng::new(9, Stream::Init, n as u64));
            let mut drawn = vec![0.0; n];
            many.normals(&mut drawn);
            // By the definition, with functions that are compared with the standard library's elsewhere.
            let want = |rng: &mut Rng| {
                let radius = (rng.bits() as f64 + 0.5) / 2f64.powi(32);
                let angle = rng.bits() as f64 / 2f64.powi(32);
                ((-2.0 * elementary::ln64(radius)).sqrt() * elementary::turn(angle).1) as f32
            };
            assert!(drawn.iter().all(|x| x.to_bits() == want(&mut one).to_bits()), "{n}");
            assert_eq!(one.bits(), many.bits(), "as many draws");
        }
        // The ends of the range, and both sides of every eighth of a turn.
        for v in (0..8).flat_map(|e| [e << 29, (e << 29) + 1, ((e + 1) << 29) - 1]).map(|v: u64| v as u32) {
            for u in [0, 1, 1 << 31, u32::MAX] {
                let radius = (u as f64 + 0.5) / 2f64.powi(32);
                let by_std =
                    (-2.0 * radius.ln()).sqrt() * (v as f64 / 2f64.powi(32) * std::f64::consts::TAU).cos();
                let got = elementary::normal(u, v);
                assert!((got as f64 - by_std).abs() < 1e-6, "{u} {v}: {got}, not {by_std}");
            }
        }
    }

    #[test]
    fn moments_are_right() {
        let mut rng = Rng::new(3, Stream::Probe, 0);
        let n = 200_000;
        let normal: Vec<f64> = (0..n).map(|_| rng.normal() as f64).collect();
        let moment = |p: i32| normal.iter().map(|x| x.powi(p)).sum::<f64>() / n as f64;
        assert!(moment(1).abs() < 0.01 && (moment(2) - 1.0).abs() < 0.02 && moment(3).abs() < 0.04);
        assert!((moment(4) - 3.0).abs() < 0.1);
        let mut counts = [0; 7];
        (0..70_000).for_each(|_| counts[rng.below(7)] += 1);
        assert!(counts.iter().all(|c| (9_600..10_400).contains(c)), "{counts:?}");
        let mean = (0..n).map(|_| rng.uniform() as f64).sum::<f64>() / n as f64;
        assert!((mean - 0.5).abs() < 0.005);
    }
}
