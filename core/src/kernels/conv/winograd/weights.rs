//! dw: each worker makes some rows of dU and goes through the tiles of a stretch of the batch for them, block after block: between blocks the sums wait
//! in memory, and the chain goes on from them. Of the transforms it makes the rows it needs, and no others. The sums of all stretches are added up at the end.

use super::transforms::{Picture, Slopes, Transform, WeightSlopes, both, row};
use super::{GAP, POSITIONS, Pictures, Products, STRETCHES, Tiles, load, together};
use crate::aligned::LINE;
use crate::kernels::conv::work::{shares, with_work};
use crate::kernels::conv::{ConvShape, Job, Panels};
use crate::kernels::kernel::Kernel;
use crate::kernels::vector::{Lanes, Vector};
use crate::threads::{Shared, Threads};
use std::marker::PhantomData;
use std::ops::Range;

/// Positions in a row of a transformed tile, and how many rows there are.
const ROW: usize = 4;
/// Floats of transformed tiles that stay in the second cache.
const CACHED: usize = 100_000;
/// Tiles of a block, at least and at most: the sums are fetched and put back once in a block.
const FEW: usize = 48;
const MANY: usize = 256;

pub struct BackWeights<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub dy: &'a [f32],
    pub dw: &'a mut [f32],
    pub add: bool,
    pub threads: &'a Threads,
}

impl Job for BackWeights<'_> {
    unsafe fn run<K: Kernel>(self) {
        let BackWeights { shape: s, x, dy, dw, add, threads } = self;
        let panels = Panels::new::<K>(s.out_c, 0);
        let across = panels.count * panels.columns;
        let tiles = Tiles::of(s.out_h, s.out_w);
        let (some, stretches) = (together(s) * tiles.count(), s.batch.div_ceil(together(s)));
        let all = s.batch * tiles.count();
        // A row of dU is divided among the workers of a stretch of the batch, by panels of channels of the result, only if there are not enough rows; by bands of
        // channels of the picture, only if there are not enough panels.
        let team = s.team(threads);
        let sharing = team.div_ceil(stretches);
        let share = panels.count.div_ceil((sharing / gcd(sharing, ROW)).min(panels.count));
        let parts = panels.count.div_ceil(share);
        let vectors = s.in_c.div_ceil(K::V::LANES);
        let band = vectors.div_ceil(sharing.div_ceil(ROW * parts).min(vectors)) * K::V::LANES;
        let bands = s.in_c.div_ceil(band);
        let units = ROW * bands * parts;
        let team = team.min(stretches * units);
        // Rows of memory an even number of cache lines apart would crowd into few places of the cache.
        let pitch = if band.is_multiple_of(32) { band + 16 } else { band };
        let block = (CACHED / (ROW * (pitch + share * panels.columns))).clamp(FEW, MANY).min(some);
        let (seen, sloped) = (block * pitch + GAP, block * share * panels.columns + GAP);
        let [sums, room] =
            [POSITIONS * s.in_c * across, ROW * (seen + sloped)].map(|size| size.next_multiple_of(LINE));
        let zeros = s.in_c.max(s.out_c).next_multiple_of(LINE);
        let numbers = stretches * sums + zeros + team * room;
        // Enough for any smaller batch: it may have more stretches, and a step must find its room.
        let spare = if stretches > 1 { (s.batch.min(STRETCHES) - stretches) * sums } else { 0 };
        with_work(numbers + spare, 0, 0, |work| {
            let each = sums;
            let (sums, rest) = work.numbers.write()[..numbers].split_at_mut(stretches * sums);
            let (zeros, own) = rest.split_at_mut(zeros);
            zeros.fill(0.0);
            let (zeros, own, sums) = (&*zeros, Shared::of(own), Shared::of(sums));
            let pictures = Pictures::seen(s, x);
            let results = Pictures::sloped(s, dy);
            threads.for_each(team, &|worker| {
                // SAFETY: each worker has its own part.
                let memory = unsafe { own.slice(worker * room..(worker + 1) * room) };
                let (v, d) = memory.split_at_mut(ROW * seen);
                let blocks = shares(worker, team, stretches, units).flat_map(|(stretch, own)| {
                    let (start, end) = (stretch * some, all.min((stretch + 1) * some));
                    let ends = move |first: usize| first..end.min(first + block);
                    (start..end).step_by(block).map(move |first| (stretch, own.clone(), ends(first)))
                });
                for (stretch, own, these) in blocks {
                    let resume = these.start > stretch * some;
                    let mut made = units;
                    for unit in own {
                        let (i, part) = (unit / parts / bands, unit % parts);
                        let from = unit / parts % bands * band;
                        let deep = from..(from + band).min(s.in_c);
                        let these = || these.clone();
                        if unit / parts != made {
                            let (wide, plane, of) = (pitch, seen, PhantomData::<Picture>);
                            let (channels, these, to) = (deep.clone(), these(), &mut *v);
                            let rows = RowOf {
                                of,
                                i,
                                from: pictures,
                                channels,
                                tiles,
                                these,
                                zeros,
                                to,
                                wide,
                                plane,
                            };
                            // SAFETY: the machine has the instructions.
                            unsafe { K::within(rows) }
                            made = unit / parts;
                        }
                        let own = part * share..((part + 1) * share).min(panels.count);
                        let (wide, plane, of) = (panels.columns, sloped, PhantomData::<Slopes>);
                        let (channels, to) = (own.start * wide..(own.end * wide).min(s.out_c), &mut *d);
                        let rows = RowOf {
                            of,
                            i,
                            from: results,
                            channels,
                            tiles,
                            these: these(),
                            zeros,
                            to,
                            wide,
                            plane,
                        };
                        // SAFETY: the machine has the instructions.
                        unsafe { K::within(rows) }
                        let products = Products::new(these().len(), [1, pitch], wide, across, resume);
                        for (j, panel) in (0..ROW).flat_map(|j| own.clone().map(move |panel| (j, panel))) {
                            let a = v[j * seen..].as_ptr();
                            let b = d[j * sloped + (panel - own.start) * these().len() * wide..].as_ptr();
                            let row = (i * ROW + j) * s.in_c + deep.start;
                            // SAFETY: the machine has the instructions; rows and panel are whole, and these rows of dU this worker's.
                            unsafe {
                                let to = sums.pointer(stretch * each + row * across + panel * wide);
                                products.of::<K>(deep.len(), a, b, to)
                            }
                        }
                    }
                }
            });
            let dw = Shared::of(dw);
            let turn = |ci: usize| {
                // SAFETY: the machine has the instructions; the sums are finished, and each channel of dw is one task's.
                unsafe { K::within(Turn { s, ci, from: sums, stretches, each, across, to: dw, add }) }
            };
            if team == 1 { (0..s.in_c).for_each(turn) } else { threads.for_each(s.in_c, &turn) }
        })
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Row i of T x Tᵀ for some tiles and channels, where T is Bᵀ (V, of the picture) or A (D, of the slopes): blocks of `wide`
/// channels, in each a row for each tile; the four positions `plane` floats apart. Behind the last channel are zeros.
struct RowOf<'a, T, const N: usize> {
    of: PhantomData<T>,
    from: Pictures<'a>,
    channels: Range<usize>,
    tiles: Tiles,
    these: Range<usize>,
    zeros: &'a [f32],
    i: usize,
    to: &'a mut [f32],
    wide: usize,
    plane: usize,
}

impl<T: Transform<N, ROW>, const N: usize> Lanes for RowOf<'_, T, N> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.i {
                0 => self.row::<V, 0>(),
                1 => self.row::<V, 1>(),
                2 => self.row::<V, 2>(),
                _ => self.row::<V, 3>(),
            }
        }
    }
}

impl<T: Transform<N, ROW>, const N: usize> RowOf<'_, T, N> {
    #[inline(always)]
    unsafe fn row<V: Vector, const I: usize>(self) {
        let (count, wide) = (self.these.len(), self.wide);
        let columns = self.channels.len().next_multiple_of(wide);
        assert!(wide.is_multiple_of(V::LANES) && count * columns <= self.plane);
        assert!(self.to.len() >= ROW * self.plane);
        let to = self.to.as_mut_ptr();
        for (t, tile) in self.these.enumerate() {
            let places = self.from.square::<N>(self.tiles.place(tile), self.zeros);
            for c in (0..columns).step_by(V::LANES) {
                let from = self.channels.start + c;
                // SAFETY: places hold all channels; the assertions above for the stores.
                unsafe {
                    let row = if from < self.channels.end {
                        row::<T, V, I, N, ROW>(&load(&places, from, self.channels.end))
                    } else {
                        [V::zero(); ROW]
                    };
                    for (j, x) in row.iter().enumerate() {
                        x.store(to.add(j * self.plane + (c / wide * count + t) * wide + c % wide));
                    }
                }
            }
        }
    }
}

/// A slope smaller than this part of Σ |dU|, the sizes of all 16 sums it is made of, is 0. What is left of these where they should cancel is no slope, and an
/// optimizer that divides by the size of a slope (Adam, sign descent) would take it for one. It was 2⁻²⁴ of them at most in a layer of 2,048 tiles, and grows
/// with the tiles: slopes of exactly 0 are likely to be 0, which is no promise.
const NOTHING: f32 = 1.0 / (1 << 22) as f32;

/// dw = Gᵀ dU G of one channel of the picture.
struct Turn<'a> {
    s: &'a ConvShape,
    ci: usize,
    /// dU of each stretch of the batch.
    from: Shared,
    stretches: usize,
    /// Numbers of one.
    each: usize,
    across: usize,
    to: Shared,
    add: bool,
}

impl Lanes for Turn<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Turn { s, ci, from, stretches, each, across, to, add } = self;
        for c in (0..s.out_c).step_by(V::LANES) {
            // SAFETY: dU has whole vectors of all channels, and is finished; a partial vector of dw ends with its channels.
            unsafe {
                let mut u = [[V::zero(); 4]; 4];
                let mut size = V::zero();
                for k in 0..POSITIONS {
                    let at = (k * s.in_c + ci) * across + c;
                    let mut sum = V::load(from.pointer(at));
                    for stretch in 1..stretches {
                        sum = sum.add(V::load(from.pointer(stretch * each + at)));
                    }
                    u[k / 4][k % 4] = sum;
                    size = size.add(sum.abs());
                }
                let least = size.multiply_add(V::splat(NOTHING), V::zero());
                let dw = both::<WeightSlopes, V, 4, 3>(&u);
                let (count, mask) = (s.out_c - c, V::mask((s.out_c - c).min(V::LANES)));
                for (tap, dw) in dw.as_flattened().iter().enumerate() {
                    let dw = dw.or_zero(least);
                    let to = to.pointer((tap * s.in_c + ci) * s.out_c + c);
                    if count >= V::LANES {
                        (if add { V::load(to).add(dw) } else { dw }).store(to);
                    } else {
                        (if add { V::load_part(to, mask).add(dw) } else { dw }).store_part(to, mask);
                    }
                }
            }
        }
    }
}
