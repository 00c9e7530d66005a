//! Working memory of convolutions, and who works in which part of it.

use std::cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::walk::Tap;
use crate::aligned::Aligned;
use crate::threads::{Shared, Threads};

/// What a convolution needs besides its operands. It grows at the first use, and stays.
#[derive(Default)]
pub(super) struct Work {
    /// Hold anything.
    pub numbers: Aligned,
    /// Empty.
    pub taps: Vec<Tap>,
    /// Empty.
    pub starts: Vec<usize>,
}

thread_local! {
    static WORK: Cell<Option<Box<Work>>> = const { Cell::new(None) };
}

/// Runs `f` with this thread's working memory: room for so many numbers, taps and starts.
pub(super) fn with_work<R>(numbers: usize, taps: usize, starts: usize, f: impl FnOnce(&mut Work) -> R) -> R {
    let mut work = WORK.take().unwrap_or_default();
    if work.numbers.read().len() < numbers {
        work.numbers = Aligned::new(numbers);
    }
    work.taps.clear();
    work.taps.reserve(taps);
    work.starts.clear();
    work.starts.reserve(starts);
    let result = f(&mut work);
    WORK.set(Some(work));
    result
}

/// Runs all tasks by a team of workers, each with a part of `work` of its own. The first task of a worker is always the same: what it reads may still be
/// in its cache.
pub(super) fn workers(
    threads: &Threads,
    team: usize,
    tasks: usize,
    work: &mut [f32],
    task: &(dyn Fn(usize, &mut [f32]) + Sync),
) {
    let (count, each) = (team.min(tasks), work.len() / team);
    let (next, work) = (AtomicUsize::new(count), Shared::of(work));
    threads.for_each(count, &|worker| {
        // SAFETY: each worker has its own part.
        let own = unsafe { work.slice(worker * each..(worker + 1) * each) };
        let mut number = worker;
        while number < tasks {
            task(number, own);
            number = next.fetch_add(1, Relaxed);
        }
    });
}

/// The units of each part that a worker does, where all units of all parts, one part after the other, are cut evenly among a team.
pub(super) fn shares(
    worker: usize,
    team: usize,
    parts: usize,
    units: usize,
) -> impl Iterator<Item = (usize, Range<usize>)> {
    let cut = |worker: usize| parts * units * worker / team;
    let own = cut(worker)..cut(worker + 1);
    (own.start / units..own.end.div_ceil(units)).map(move |part| {
        let all = part * units..(part + 1) * units;
        (part, own.start.max(all.start) - all.start..own.end.min(all.end) - all.start)
    })
}

/// How pictures are cut into tasks: some whole ones each, or some rows of one.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    batch: usize,
    height: usize,
    /// Pictures and rows of a task, at most.
    pub pictures: usize,
    pub rows: usize,
}

impl Cut {
    /// Tasks whose frames, of `size(rows)` numbers a picture, hold about `most` numbers, at least so many tasks as
    /// `workers` where there are enough pictures.
    pub fn new(
        batch: usize,
        height: usize,
        most: usize,
        workers: usize,
        size: impl Fn(usize) -> usize,
    ) -> Cut {
        let whole = size(height).max(1);
        if whole <= most {
            let pictures = (most / whole).min(batch.div_ceil(2 * workers)).max(1);
            // Of too few pictures everybody gets some rows.
            let bands = if batch < workers { workers.div_ceil(batch) } else { 1 };
            return Cut { batch, height, pictures, rows: even(height, height.div_ceil(bands)) };
        }
        // All frames share a few rows with the next: what a row more costs tells how many fit.
        let (one, two) = (size(1), size(2));
        let rows = 1 + most.saturating_sub(one) / (two - one).max(1);
        Cut { batch, height, pictures: 1, rows: even(height, rows) }
    }

    /// How many tasks.
    pub fn tasks(&self) -> usize {
        self.batch.div_ceil(self.pictures) * self.height.div_ceil(self.rows)
    }

    /// The pictures and the rows of a task.
    pub fn task(&self, task: usize) -> (Range<usize>, Range<usize>) {
        let bands = self.height.div_ceil(self.rows).max(1);
        let (n, row) = (task / bands * self.pictures, task % bands * self.rows);
        (n..(n + self.pictures).min(self.batch), row..(row + self.rows).min(self.height))
    }
}

/// A part of a picture, and the zeros around it.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    /// Where it begins in the picture: outside if negative.
    pub top: isize,
    pub left: isize,
    pub rows: usize,
    pub columns: usize,
    /// Numbers from one place to the next, at least the channels.
    pub pitch: usize,
}

impl Frame {
    /// Copies it out of a picture `height` × `width` × `channels`.
    pub fn copy(&self, picture: &[f32], [height, width, channels]: [usize; 3], to: &mut [f32]) {
        let line = self.columns * self.pitch;
        let before = (-self.left).clamp(0, self.columns as isize) as usize;
        let from = self.left.max(0) as usize;
        let count = (self.columns - before).min(width.saturating_sub(from));
        for (r, to) in to.chunks_exact_mut(line).take(self.rows).enumerate() {
            let row = self.top + r as isize;
            if row < 0 || row >= height as isize || count == 0 {
                to.fill(0.0);
                continue;
            }
            let (start, end) = (before * self.pitch, (before + count) * self.pitch);
            let row = &picture[(row as usize * width + from) * channels..][..count * channels];
            to[..start].fill(0.0);
            if self.pitch == channels {
                to[start..end].copy_from_slice(row);
            } else {
                let places = to[start..end].chunks_exact_mut(self.pitch).zip(row.chunks_exact(channels));
                places.for_each(|(to, from)| copy(from, &mut to[..channels]));
            }
            to[end..].fill(0.0);
        }
    }
}

/// Copies a few numbers, by pieces of known length: a call would take longer than the copy.
#[inline(always)]
pub(super) fn copy(from: &[f32], to: &mut [f32]) {
    let ((pieces, rest), (whole, last)) = (from.as_chunks::<4>(), to.as_chunks_mut::<4>());
    whole.iter_mut().zip(pieces).for_each(|(to, from)| *to = *from);
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
}

/// `length` cut into pieces of at most `most`, as even as may be: the length of the longest.
pub(super) fn even(length: usize, most: usize) -> usize {
    length.div_ceil(length.div_ceil(most.max(1)).max(1)).max(1)
}
