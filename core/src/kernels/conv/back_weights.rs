//! dw = Σ x dy over all places of all pictures. Each worker makes some tiles of dw and goes through all places for them,
//! block after block: between blocks the sums wait in memory, and the chain goes on from them. One of them sums dy meanwhile, for the
//! bias: otherwise dy would be read again.

use super::walk::{At, ROWS, Tap, Walk, choose};
use super::work::{Frame, even, with_work};
use super::{ConvShape, Job, Panels};
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

impl Job for BackWeights<'_> {
    unsafe fn run<K: Kernel>(self) {
        let BackWeights { shape: s, x, dy, dw, add, db, threads } = self;
        let (deep, wide) = (s.group_in(), s.group_out());
        // A row of the kernel is one run of weights, unless there are gaps between its columns.
        let joined = s.dilation_w == 1 && s.groups == 1;
        let (run, runs) =
            if joined { (s.kernel_w * deep, s.kernel_h) } else { (deep, s.kernel_h * s.kernel_w) };
        let panels = Panels::new::<K>(wide, 0);
        let units_of = |height: usize| s.groups * runs * panels.count * run.div_ceil(height);
        let (high, low) = (even(run, K::ROWS), even(run, K::ROWS.div_ceil(2)));
        // Of three tiles one of two workers would have two: six lower ones are shared better.
        let uneven = s.team(threads) == 2 && units_of(high) < 4 && !units_of(high).is_multiple_of(2);
        let height = if uneven && units_of(low).is_multiple_of(2) { low } else { high };
        // Columns of memory an even number of cache lines apart would crowd into few places of the cache.
        let pitch = if s.in_c.is_multiple_of(32) { s.in_c + 16 } else { s.in_c };
        let (tiles, across) = (run.div_ceil(height), panels.count);
        let units = units_of(height);
        let columns = (s.out_w - 1) * s.stride_w + s.reach_w();
        let whole = s.out_h * s.out_w;
        let (pictures, lines) = if whole <= PLACES {
            ((PLACES / whole).min(LINES / s.out_h).max(1), s.out_h.min(LINES))
        } else {
            (1, even(s.out_h, (PLACES / s.out_w).clamp(1, LINES)))
        };
        let one = ((lines - 1) * s.stride_h + s.reach_h()) * columns * pitch;
        // dy of a block, panel after panel, unless few tiles would read the copy.
        let gathered = tiles * runs > FEW || !wide.is_multiple_of(panels.columns);
        let slopes =
            if gathered { s.groups * across * panels.columns * pictures * lines * s.out_w } else { 0 };
        let b_step = if gathered { panels.columns } else { s.out_c };
        let (team, sums) = (s.team(threads).min(units), if add { dw.len() } else { 0 });
        let size = pictures * one + slopes;
        let bias = if db.is_some() { s.out_c.next_multiple_of(LINE) } else { 0 };
        let numbers = bias + sums + team * size;
        with_work(numbers, 0, 0, |work| {
            let (bias, rest) = work.numbers.write()[..numbers].split_at_mut(bias);
            let (sums, frames) = rest.split_at_mut(sums);
            bias.fill(0.0);
            let sums_of_dy = Shared::of(bias);
            let to = if add { Shared::of(sums) } else { Shared::of(dw) };
            let frames = Shared::of(frames);
            threads.for_each(team, &|worker| {
                // SAFETY: each worker has its own part.
                let own = unsafe { frames.slice(worker * size..(worker + 1) * size) };
                let (frames, slopes) = own.split_at_mut(pictures * one);
                let own = units * worker / team..units * (worker + 1) / team;
                let mut resume = false;
                for first in (0..s.batch).step_by(pictures) {
                    let some = first..(first + pictures).min(s.batch);
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
                            frame.copy(s.picture(x, n), [s.in_h, s.in_w, s.in_c], &mut frames[k * one..]);
                            for oy in band.clone() {
                                let row = (oy - top) * s.stride_h * columns * pitch;
                                let b = count * s.out_w * b_step;
                                taps[count] = Tap { a: (k * one + row) as isize, b: b as isize };
                                count += 1;
                            }
                        }
                        let places = count * s.out_w;
                        let from = (some.start * s.out_h + band.start) * s.out_w * s.out_c;
                        let dy = &dy[from..from + places * s.out_c];
                        if worker == 0 && db.is_some() {
                            // SAFETY: the machine has the instructions; the sums are this worker's.
                            unsafe { K::within(Sums::of(dy, sums_of_dy.slice(0..s.out_c))) }
                        }
                        if gathered {
                            panels.gather(s, dy, slopes);
                        }
                        let walk = Walk {
                            taps: &taps[..count],
                            depth: s.out_w,
                            a_step: s.stride_w * pitch,
                            b_step,
                            resume,
                            add: false,
                            relu: false,
                        };
                        let mut unit = own.start;
                        while unit < own.end {
                            // Tiles that follow one another down a run, for one panel.
                            let (strip, first) = (unit / tiles, unit % tiles * height);
                            let (panel, rest) = (strip % across, strip / across);
                            let (which, g) = (rest % runs, rest / runs);
                            let (ky, kx) =
                                if joined { (which, 0) } else { (which / s.kernel_w, which % s.kernel_w) };
                            let place = ky * s.dilation_h * columns + kx * s.dilation_w;
                            let column = g * wide + panel * panels.columns;
                            // In a run of several places channels follow one another but for what is between places.
                            let (mut from, mut ci) = (first + first / deep * (pitch - s.in_c), first % deep);
                            from += place * pitch + g * deep;
                            let mut line = which * run + first;
                            let b = if gathered {
                                slopes.as_ptr().wrapping_add((g * across + panel) * panels.columns * places)
                            } else {
                                dy.as_ptr().wrapping_add(column)
                            };
                            let width = panels.columns.min(wide - panel * panels.columns);
                            let end = own.end.min((strip + 1) * tiles);
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
                                unsafe { choose::<K>(rows, &walk, &at) }
                            }
                            unit = end;
                        }
                        resume = true;
                    }
                }
            });
            if let Some((db, add)) = db {
                let last = |db: f32, sum: f32| if add { db + sum } else { sum };
                db.iter_mut().zip(bias).for_each(|(db, sum)| *db = last(*db, *sum));
            }
            if add && s.batch > 0 {
                dw.iter_mut().zip(sums).for_each(|(dw, sum)| *dw += *sum);
            }
        })
    }
}
