//! dw = Σ x dy over all places of all pictures, block after block: between blocks the sums wait in memory, and the chain goes on from them.

use std::ops::Range;

use super::walk::{At, ROWS, Tap, Walk, choose};
use super::work::{Frame, even, shares, with_work};
use super::{ConvShape, Job, PARTS, Panels};
use crate::aligned::LINE;
use crate::kernels::kernel::Kernel;
use crate::kernels::sums::Sums;
use crate::threads::{Shared, Threads};

/// About how many places a block has: its part of dy stays in the nearest cache.
const PLACES: usize = 128;
/// So many tiles read dy where it lies.
const FEW: usize = 6;
/// At most so many rows of results.
const LINES: usize = 64;

pub(super) struct BackWeights<'a> {
    pub shape: &'a ConvShape,
    pub x: &'a [f32],
    pub dy: &'a [f32],
    pub dw: &'a mut [f32],
    pub add: bool,
    /// Σ dy, and whether it is added.
    pub db: Option<(&'a mut [f32], bool)>,
    pub threads: &'a Threads,
}

/// How places are cut into blocks, and weights into tiles: what all workers share.
struct Blocks<'a> {
    shape: &'a ConvShape,
    x: &'a [f32],
    dy: &'a [f32],
    panels: Panels,
    /// A row of the kernel is one run of weights, unless there are gaps between its columns.
    joined: bool,
    /// Weights of a run, and how many runs a group has.
    run: usize,
    runs: usize,
    /// Rows of a tile, and tiles of a run.
    height: usize,
    tiles: usize,
    /// Pictures, or rows of one picture, of a block.
    pictures: usize,
    lines: usize,
    /// Columns of a frame, and numbers from one to the next.
    columns: usize,
    pitch: usize,
    /// Numbers of a frame.
    frame: usize,
    /// dy of a block is laid out panel after panel.
    gathered: bool,
}

impl<'a> Blocks<'a> {
    /// Tiles for so many workers of one part of the batch.
    fn new<K: Kernel>(s: &'a ConvShape, x: &'a [f32], dy: &'a [f32], sharing: usize) -> Blocks<'a> {
        let (deep, wide) = (s.group_in(), s.group_out());
        let joined = s.dilation_w == 1 && s.groups == 1;
        let (run, runs) =
            if joined { (s.kernel_w * deep, s.kernel_h) } else { (deep, s.kernel_h * s.kernel_w) };
        let panels = Panels::new::<K>(wide, 0);
        let units_of = |height: usize| s.groups * runs * panels.count * run.div_ceil(height);
        let (high, low) = (even(run, K::ROWS), even(run, K::ROWS.div_ceil(2)));
        // Of three tiles one of two workers would have two: six lower ones are shared better.
        let uneven = sharing == 2 && units_of(high) < 4 && !units_of(high).is_multiple_of(2);
        let height = if uneven && units_of(low).is_multiple_of(2) { low } else { high };
        // Columns of memory an even number of cache lines apart would crowd into few places of the cache.
        let pitch = if s.in_c.is_multiple_of(32) { s.in_c + 16 } else { s.in_c };
        let tiles = run.div_ceil(height);
        let columns = (s.out_w - 1) * s.stride_w + s.reach_w();
        let whole = s.out_h * s.out_w;
        let (pictures, lines) = if whole <= PLACES {
            ((PLACES / whole).min(LINES / s.out_h).max(1), s.out_h.min(LINES))
        } else {
            (1, even(s.out_h, (PLACES / s.out_w).clamp(1, LINES)))
        };
        let frame = ((lines - 1) * s.stride_h + s.reach_h()) * columns * pitch;
        // Few tiles read dy where it lies.
        let gathered = tiles * runs > FEW || !wide.is_multiple_of(panels.columns);
        Blocks {
            shape: s,
            x,
            dy,
            panels,
            joined,
            run,
            runs,
            height,
            tiles,
            pictures,
            lines,
            columns,
            pitch,
            frame,
            gathered,
        }
    }

    fn units(&self) -> usize {
        self.shape.groups * self.runs * self.panels.count * self.tiles
    }

    /// Numbers a worker needs: its frames, and dy of a block, should it be gathered. The same for every batch.
    fn room(&self) -> usize {
        let s = self.shape;
        let places = self.pictures * self.lines * s.out_w;
        let slopes = s.groups * self.panels.count * self.panels.columns * places;
        self.pictures * self.frame + slopes
    }

    /// Some tiles of dw, which begins at `to`, summed over all places of some pictures, in a worker's room; and the sums of dy, from what they are.
    ///
    /// # Safety
    /// The machine has the instructions of K, for which the blocks were made; all weights have a place behind `to`, and these tiles are this worker's.
    unsafe fn sum<K: Kernel>(
        &self,
        pictures: Range<usize>,
        units: Range<usize>,
        room: &mut [f32],
        to: Shared,
        mut sums_of_dy: Option<&mut [f32]>,
    ) {
        let Blocks { shape: s, panels, lines, columns, pitch, .. } = *self;
        let (frames, slopes) = room.split_at_mut(self.pictures * self.frame);
        let b_step = if self.gathered { panels.columns } else { s.out_c };
        let end = pictures.end;
        for first in pictures.clone().step_by(self.pictures) {
            let some = first..(first + self.pictures).min(end);
            for top in (0..s.out_h).step_by(lines) {
                let band = top..(top + lines).min(s.out_h);
                let frame = Frame {
                    top: (top * s.stride_h) as isize - s.pad_top as isize,
                    left: -(s.pad_left as isize),
                    rows: (band.len() - 1) * s.stride_h + s.reach_h(),
                    columns,
                    pitch,
                };
                let mut taps = [Tap { a: 0, b: 0 }; LINES];
                let mut count = 0;
                for (k, n) in some.clone().enumerate() {
                    let picture = s.picture(self.x, n);
                    frame.copy(picture, [s.in_h, s.in_w, s.in_c], &mut frames[k * self.frame..]);
                    for oy in band.clone() {
                        let row = (oy - top) * s.stride_h * columns * pitch;
                        let b = count * s.out_w * b_step;
                        taps[count] = Tap { a: (k * self.frame + row) as isize, b: b as isize };
                        count += 1;
                    }
                }
                let places = count * s.out_w;
                let from = (some.start * s.out_h + band.start) * s.out_w * s.out_c;
                let dy = &self.dy[from..from + places * s.out_c];
                if let Some(sums) = &mut sums_of_dy {
                    // SAFETY: the machine has the instructions.
                    unsafe { K::within(Sums::of(dy, sums)) }
                }
                if self.gathered {
                    panels.gather(s, dy, slopes);
                }
                let walk = Walk {
                    taps: &taps[..count],
                    depth: s.out_w,
                    a_step: s.stride_w * pitch,
                    b_step,
                    resume: first > pictures.start || top > 0,
                    add: false,
                    relu: false,
                };
                let dy = if self.gathered { &*slopes } else { dy };
                // SAFETY: the caller's promise.
                unsafe { self.tiles::<K>(units.clone(), &walk, frames, dy, to) }
            }
        }
    }

    /// Some tiles, over the places of a block, whose slopes are `dy`.
    ///
    /// # Safety
    /// That of `sum`.
    unsafe fn tiles<K: Kernel>(
        &self,
        units: Range<usize>,
        walk: &Walk,
        frames: &[f32],
        dy: &[f32],
        to: Shared,
    ) {
        let Blocks { shape: s, panels, run, runs, height, tiles, columns, pitch, .. } = *self;
        let (deep, wide, across) = (s.group_in(), s.group_out(), panels.count);
        let places = walk.taps.len() * walk.depth;
        let mut unit = units.start;
        while unit < units.end {
            // Tiles that follow one another down a run, for one panel.
            let (strip, first) = (unit / tiles, unit % tiles * height);
            let (panel, rest) = (strip % across, strip / across);
            let (which, g) = (rest % runs, rest / runs);
            let (ky, kx) = if self.joined { (which, 0) } else { (which / s.kernel_w, which % s.kernel_w) };
            let place = ky * s.dilation_h * columns + kx * s.dilation_w;
            let column = g * wide + panel * panels.columns;
            // In a run of several places channels follow one another but for what is between places.
            let (mut from, mut ci) = (first + first / deep * (pitch - s.in_c), first % deep);
            from += place * pitch + g * deep;
            let mut line = which * run + first;
            let at = if self.gathered { (g * across + panel) * panels.columns * places } else { column };
            let b = dy.as_ptr().wrapping_add(at);
            let width = panels.columns.min(wide - panel * panels.columns);
            let end = units.end.min((strip + 1) * tiles);
            for tile in unit % tiles..unit % tiles + end - unit {
                let rows = height.min(run - tile * height);
                let (mut a, mut c) = ([std::ptr::null(); ROWS], [std::ptr::null_mut(); ROWS]);
                for r in 0..rows {
                    a[r] = frames.as_ptr().wrapping_add(from);
                    // SAFETY: a row of dw.
                    c[r] = unsafe { to.pointer(line * s.out_c + column) };
                    (from, ci, line) = (from + 1, ci + 1, line + 1);
                    if ci == deep {
                        (from, ci) = (from + pitch - s.in_c, 0);
                    }
                }
                let at = At { a, c, b, bias: std::ptr::null(), width };
                // SAFETY: frames and dy hold what is read; each tile of dw is one worker's.
                unsafe { choose::<K>(rows, walk, &at) }
            }
            unit = end;
        }
    }
}

impl Job for BackWeights<'_> {
    /// Parts of the batch, and tiles of each, follow one another, and every worker has some in a row: of many parts whole pictures, whose slopes nobody else
    /// reads; of one part some tiles, for which it goes through all places. Who has a part's first tile sums dy meanwhile, for the bias: otherwise dy would be
    /// read again.
    unsafe fn run<K: Kernel>(self) {
        let BackWeights { shape: s, x, dy, dw, add, db, threads } = self;
        let (parts, most) = (s.parts(), s.team(threads));
        let blocks = Blocks::new::<K>(s, x, dy, most.div_ceil(parts));
        let (units, size, team) = (blocks.units(), blocks.room(), most.min(parts * blocks.units()));
        // The sums of a part, those of dw and those of dy. The only ones of dw are made where they belong, unless something is there.
        let weights = if parts > 1 || add { dw.len().next_multiple_of(LINE) } else { 0 };
        let part = weights + if db.is_some() { s.out_c.next_multiple_of(LINE) } else { 0 };
        // Enough for any smaller batch: it may have more parts, and a step must find its room.
        let spare = if parts > 1 { s.batch.min(PARTS) - parts } else { 0 };
        with_work((parts + spare) * part + most * size, 0, 0, |work| {
            let (sums, rooms) = work.numbers.write().split_at_mut(parts * part);
            let (of_parts, rooms) = (Shared::of(sums), Shared::of(rooms));
            let in_place = Shared::of(dw);
            threads.for_each(team, &|worker| {
                // SAFETY: each worker has its own room, and its own tiles of each part; sums of dy belong to the first.
                unsafe {
                    let room = rooms.slice(worker * size..(worker + 1) * size);
                    for (number, own) in shares(worker, team, parts, units) {
                        let first = number * part;
                        let to = if weights == 0 { in_place } else { of_parts.after(first) };
                        let bias = (own.start == 0 && db.is_some()).then(|| {
                            let bias = of_parts.slice(first + weights..first + weights + s.out_c);
                            bias.fill(0.0);
                            bias
                        });
                        blocks.sum::<K>(s.part(number), own, room, to, bias);
                    }
                }
            });
            let (sums, others) = sums.split_at_mut(part);
            for number in 1..parts {
                end(sums, &others[(number - 1) * part..number * part], true);
            }
            let (sums, bias) = sums.split_at(weights);
            if weights > 0 {
                end(dw, sums, add);
            }
            if let Some((db, add)) = db {
                end(db, bias, add);
            }
        })
    }
}

/// The sums, or what was there and the sums.
pub(super) fn end(to: &mut [f32], sums: &[f32], add: bool) {
    to.iter_mut().zip(sums).for_each(|(to, sum)| *to = if add { *to + sum } else { *sum });
}
