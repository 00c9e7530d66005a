//! Which thread computes which part of a product. None of it shows in the result.

use super::Job;
use super::kernel::Kernel;
use super::matmul::Product;
use super::row::TOGETHER;
use super::vector::Vector;
use super::zeros;
use crate::aligned::LINE;
use crate::threads::{Threads, looks};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};

/// Below this many multiplications per thread, waking threads costs more than it gains.
const WORTH_SHARING: usize = 1 << 17;
/// Turns of a row, at most.
const TURNS: usize = 4;
/// Numbers of b, for each thread, at most, where threads stand in line: what a second cache holds (2 MiB).
const OWN: usize = 1 << 19;
/// Columns of a block of one row that is handed on, at least.
const BLOCK: usize = 64;
/// Blocks of several rows, for each thread that waits, about; an eighth at least.
const BLOCKS: usize = 64;
/// Tiles one below another that read b where it lies; where there are more of them it may be copied.
const FEW: usize = 3;
/// How many threads may stand in line.
const IN_LINE: usize = 16;

/// A product, and who may help: a is m × k, b is k × n, c has m · n elements, the bias n.
pub(super) struct Alone<'a> {
    pub product: &'a Product<'a>,
    pub threads: &'a Threads,
}

impl Job for Alone<'_> {
    #[inline(always)]
    unsafe fn run<K: Kernel>(self) {
        let Alone { product, threads } = self;
        let (m, k, n) = (product.a.rows, product.a.columns, product.b.columns);
        let work = m * k * n;
        let team = threads.count().min(work / WORTH_SHARING);
        if team < 2 {
            // SAFETY: the caller's promise.
            return unsafe { product.part::<K>(0..m, 0..n) };
        }
        let product = Product { shared: true, ..*product };
        if m == 1 && n >= 2 * team * LINE && product.by_rows() {
            // SAFETY: the caller's promise.
            return unsafe { product.one_row::<K>(team, threads) };
        }
        let ((down, across), list) = product.shares::<K>(team);
        let product = &Product { list, ..product };
        if let Some(blocks) = product.blocks_in_line::<K>(team) {
            // SAFETY: the caller's promise.
            return unsafe { product.in_line::<K>(team, blocks, threads) };
        }
        // Where a is transposed parts are whole tiles; else rows are shared evenly: tiles are as high as it takes.
        let unit = if product.a.column_stride == 1 { 1 } else { K::ROWS };
        threads.for_each(down * across, &|task| {
            let rows = cut(task / across, down, m, unit);
            let columns = cut(task % across, across, n, K::V::LANES);
            // SAFETY: the caller's promise; the parts are disjoint.
            unsafe { product.part::<K>(rows, columns) }
        });
    }
}

impl Product<'_> {
    /// How `team` threads share it: rows of parts, columns of parts; and whether a goes without columns of zeros, if that was found out.
    fn shares<K: Kernel>(&self, team: usize) -> ((usize, usize), Option<bool>) {
        let (m, n) = (self.a.rows, self.b.columns);
        // Whole rows of what is handed over: of a part of each, θ and what is kept for it would lie in a part of the sets of the second cache, and not stay there.
        if self.each.is_some() && whole_rows::<K>(m, n, team) {
            return ((team, 1), None);
        }
        let mut list = None;
        let whole = n.is_multiple_of(K::V::LANES) && self.b.column_stride == 1;
        if whole && m >= team * K::ROWS {
            let empty = zeros::count(&self.a, &(0..m), K::ROWS, n);
            let many = empty >= zeros::ENOUGH;
            // To look for zeros and to pack a row of what is left takes as long as to read a row and a half of b, of which rows are left out too (measured).
            let pays = 3 * m * zeros::PLACES > 2 * n * (zeros::PLACES - empty);
            if many && pays && self.as_it_lies::<K>(m) {
                return ((team, 1), Some(true));
            }
            // By columns parts may differ: each looks for itself.
            list = (!many).then_some(false);
        }
        (grid(team, m, n), list)
    }

    /// In how many rows and columns of blocks c is cut, if threads are to stand in line: if b, which is changed on the way back, is more than the sums that are handed
    /// on, lies in the threads' second caches as a does, and blocks are so many that to wait for the first costs little.
    fn blocks_in_line<K: Kernel>(&self, team: usize) -> Option<(usize, usize)> {
        let (m, k, n) = (self.a.rows, self.a.columns, self.b.columns);
        let near = m * k <= team * OWN && k * n <= team * OWN;
        let pays = 2 * team * m <= k && near && whole_rows::<K>(k, n, team);
        let plain = self.each.is_none() && !self.epilogue.add && self.list == Some(false);
        if !pays || !plain || team > IN_LINE {
            return None;
        }
        let across = n.div_ceil(K::VECTORS * K::V::LANES);
        // Where b is copied for more than a few rows, a block has half of them at least.
        let most =
            if self.as_it_lies::<K>(m) { m.div_ceil(K::ROWS) } else { m.div_ceil(FEW * K::ROWS).min(2) };
        let down = (BLOCKS * (team - 1)).div_ceil(across).min(most);
        (across * down >= BLOCKS / 8 * (team - 1)).then_some((down, across))
    }

    /// Each thread has some rows of b, all of them, and adds its products to the sums of a block of c when the thread before it has: as `row_in_line` does. By
    /// columns of b a thread would have to fetch from another's cache half of what that changed in the step before, whose slopes are computed row by row
    /// (`shares`): mnist-s takes a sixth less on two threads, and little more than half on a day when the way between two caches is long.
    ///
    /// # Safety
    /// That of `part`; c takes what is finished and holds nothing to be added to; at most `IN_LINE` threads.
    unsafe fn in_line<K: Kernel>(&self, team: usize, (down, across): (usize, usize), threads: &Threads) {
        let (m, k, n) = (self.a.rows, self.a.columns, self.b.columns);
        let height = m.div_ceil(m.div_ceil(K::ROWS));
        line(team, down * across, threads, &|task, block| {
            let rows = cut(block % down, down, m, height);
            let columns = cut(block / down, across, n, K::VECTORS * K::V::LANES);
            // SAFETY: the caller's promise; nobody else is at this block.
            unsafe { self.some::<K>(rows, columns, cut(task, team, k, K::ROWS)) }
        });
    }

    /// One row times b, by several threads.
    ///
    /// # Safety
    /// That of `part`; one row of a, and `by_rows`.
    unsafe fn one_row<K: Kernel>(&self, team: usize, threads: &Threads) {
        let (depth, columns) = (self.a.columns, self.b.columns);
        let blocks = (columns / BLOCK).min(4 * (team - 1));
        // SAFETY: the caller's promise.
        unsafe {
            if team <= IN_LINE && blocks >= 2 * (team - 1) && depth * columns <= team * OWN {
                self.row_in_line::<K>(team, blocks, threads)
            } else {
                self.row_in_turns::<K>(team, threads)
            }
        }
    }

    /// One row times a b that lies in the threads' second caches: each thread has some rows of b, all of them, and adds its products to the sums of a block of
    /// columns when the thread before it has. So what a thread changes on the way back, row by row (`Inlet::take_product`), it finds in its own cache on the way
    /// forth: by columns it would have to fetch half of it from another's. All but the last block of one thread go on beside the next one's.
    ///
    /// # Safety
    /// That of `part`; one row of a, and `by_rows`; at most `IN_LINE` threads.
    unsafe fn row_in_line<K: Kernel>(&self, team: usize, blocks: usize, threads: &Threads) {
        line(team, blocks, threads, &|task, block| {
            let columns = cut(block, blocks, self.b.columns, LINE);
            // SAFETY: the caller's promise; nobody else is at these columns.
            unsafe { self.row::<K>(columns, cut(task, team, self.a.columns, TOGETHER)) }
        });
    }

    /// One row times a large b, by several threads: in each turn a thread has other columns, and other rows of b. If it kept to its columns, what it reads of
    /// b would lie in a part of the sets of its second cache, as the length of a row is most often a multiple of what lies in all sets, and so fill
    /// only a part of that cache, from which it would be gone before the next step.
    ///
    /// # Safety
    /// That of `part`; one row of a, and `by_rows`.
    unsafe fn row_in_turns<K: Kernel>(&self, team: usize, threads: &Threads) {
        let turns = team.min(TURNS).min(self.a.columns.div_ceil(TOGETHER));
        for turn in 0..turns {
            threads.for_each(team, &|task| {
                let part = (task + turn * team / turns) % team;
                let columns = cut(part, team, self.b.columns, LINE);
                // SAFETY: the caller's promise; the columns are disjoint.
                unsafe { self.row::<K>(columns, cut(turn, turns, self.a.columns, TOGETHER)) }
            });
        }
    }
}

/// Threads in line: each does `work(thread, block)` with one block after another, when the thread before it is behind that block.
fn line(team: usize, blocks: usize, threads: &Threads, work: &(dyn Fn(usize, usize) + Sync)) {
    let done: [Progress; IN_LINE] = std::array::from_fn(|_| Progress::default());
    let broken = AtomicBool::new(false);
    threads.for_each(team, &|task| {
        let breaks = Breaks(&broken);
        for block in 0..blocks {
            if task > 0 && !done[task - 1].reaches(block + 1, &broken) {
                return;
            }
            work(task, block);
            done[task].0.store(block + 1, Release);
        }
        std::mem::forget(breaks);
    });
}

/// How many blocks a task is behind; in cache lines of its own. Of tasks in line the caller of `for_each` takes the first, and whatever nobody has begun, in order:
/// so whoever waits waits for a task that runs, unless one has panicked: then those that nobody has begun are dropped.
#[derive(Default)]
#[repr(align(128))]
struct Progress(AtomicUsize);

impl Progress {
    /// Waits until so many are done; whether they ever will be.
    fn reaches(&self, blocks: usize, broken: &AtomicBool) -> bool {
        while !looks(|| self.0.load(Acquire) >= blocks) {
            if broken.load(Relaxed) {
                return false;
            }
            // The core may be wanted by the one that is waited for.
            std::thread::yield_now();
        }
        true
    }
}

/// A task that leaves before its last block, in a panic or because of another's, ends the line.
struct Breaks<'a>(&'a AtomicBool);

impl Drop for Breaks<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Whether each of `team` threads has whole rows of a matrix of weights when their slopes are handed over.
fn whole_rows<K: Kernel>(rows: usize, columns: usize, team: usize) -> bool {
    rows >= columns && rows >= 2 * team * K::ROWS
}

/// One of `parts` parts of a size, nearly equal, all but the last of whole units.
pub(super) fn cut(part: usize, parts: usize, size: usize, unit: usize) -> Range<usize> {
    let start = |part: usize| (size.div_ceil(unit) * part / parts * unit).min(size);
    start(part)..start(part + 1)
}

/// How `team` threads share m × n elements: rows of parts, columns of parts, as square as may be.
fn grid(team: usize, m: usize, n: usize) -> (usize, usize) {
    let border = |down: usize| m.div_ceil(down) + n.div_ceil(team / down);
    let down =
        (1..=team).filter(|down| team.is_multiple_of(*down)).min_by_key(|&down| border(down)).unwrap_or(1);
    (down, team / down)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn nobody_waits_for_who_has_panicked() {
        let threads = Threads::new(4);
        for (who, block) in (0..4).flat_map(|who| [0, 1, 7].map(|block| (who, block))) {
            let work = |at: usize, now: usize| assert!((at, now) != (who, block), "a fault");
            let line = || line(4, 8, &threads, &work);
            catch_unwind(AssertUnwindSafe(line)).expect_err("the panic goes on in the caller");
        }
        let done = AtomicUsize::new(0);
        line(4, 8, &threads, &|_, _| _ = done.fetch_add(1, Relaxed));
        assert_eq!(done.into_inner(), 32, "the team stays usable");
    }
}
