//! Column by column: means and squares, and what normalising does to each number.
//!
//! A value is rows of numbers, a number for each column (channel). It is read in pieces of whole rows, about 256 numbers
//! long, so that loops are long however few the columns; or, where there are more columns, in pieces of one row each. A
//! chunk is 64 pieces. Within a chunk sums are `f32`, of at most 64 numbers in a row; chunks are joined in `f64`, in
//! order. Chunks depend on the shape alone, so sums do not depend on the number of threads.

mod loops;

use std::ops::Range;

use super::wide;
use crate::threads::{Shared, Threads};
use loops::{Back, Moments, Normalise, Slopes};

/// Numbers of a piece at most, and columns that are joined together.
pub const WIDTH: usize = 256;
/// Pieces of a chunk.
const PIECES: usize = 64;
/// Pieces that a function is applied to together: stored numbers must have left the store buffer when they are read again.
const STRIP: usize = 8;
/// Numbers that one thread goes through before another would be awake.
const ALONE: usize = 16_384;

/// A value: so many segments, of so many rows, of so many columns. Each segment is summed up by itself.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// How many segments: 1, or one for each example.
    pub segments: usize,
    /// Rows of each segment.
    pub rows: usize,
    /// Numbers of each row.
    pub columns: usize,
}

/// What is subtracted and what is multiplied, for each column of each segment; then for each column alone.
///
/// ```text
/// y = (x − mean) · (deviation⁻¹ · scale) + shift
/// ```
#[derive(Clone, Copy)]
pub struct Normal<'a> {
    /// Segment after segment; empty for zeros.
    pub mean: &'a [f32],
    /// 1 / deviation, segment after segment; empty for ones.
    pub inverse: &'a [f32],
    /// One for each column.
    pub scale: &'a [f32],
    /// One for each column.
    pub shift: &'a [f32],
}

/// A function applied to each number last, and how its slope is taken.
#[derive(Clone, Copy)]
pub struct End<'a> {
    /// dy ← dy · slope(kept), as [`crate::activations::Activation::chain`]
    pub chain: fn(&mut [f32], &[f32]),
    /// What it is taken from: the results; else what went in, computed again.
    pub results: Option<&'a [f32]>,
}

/// A chunk of some columns.
#[derive(Clone)]
struct Tile {
    /// Where in numbers for each column of each segment it lies.
    channels: Range<usize>,
    columns: Range<usize>,
    rows: usize,
    /// Where its partial sums lie: two stretches.
    parts: [Range<usize>; 2],
    numbers: Range<usize>,
    /// From a piece to the next, and how long each is at most.
    step: usize,
    width: usize,
}

impl Tile {
    /// Its pieces, or those of a strip.
    #[inline(always)]
    fn pieces(&self, of: Range<usize>) -> impl Iterator<Item = Range<usize>> + use<> {
        let width = self.width;
        of.clone().step_by(self.step).map(move |at| at..of.end.min(at + width))
    }

    /// A few pieces at a time: from the first number to behind the last.
    #[inline(always)]
    fn strips(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (all, step) = (self.numbers.clone(), STRIP * self.step);
        all.clone().step_by(step).map(move |at| at..all.end.min(at + step))
    }

    /// The stretches of a strip without gaps.
    #[inline(always)]
    fn stretches(&self, strip: Range<usize>) -> impl Iterator<Item = Range<usize>> + use<> {
        let long = if self.step == self.width { strip.len() } else { self.width };
        let step = if self.step == self.width { strip.len() } else { self.step };
        strip.clone().step_by(step).map(move |at| at..strip.end.min(at + long))
    }

    /// A number for each place of a piece, from one for each column; `other` if there is none.
    #[inline(always)]
    fn spread(&self, of: &[f32], range: Range<usize>, other: f32) -> [f32; WIDTH] {
        let mut all = [other; WIDTH];
        if !of.is_empty() {
            let own = &of[range];
            all[..self.width].chunks_mut(own.len()).for_each(|to| to.copy_from_slice(&own[..to.len()]));
        }
        all
    }

    /// One sum for each column, from one for each place of a piece.
    #[inline(always)]
    fn gathered(&self, all: &[f32; WIDTH], into: &mut [f64; WIDTH]) {
        into.fill(0.0);
        for some in all[..self.width].chunks(self.columns.len()) {
            into.iter_mut().zip(some).for_each(|(sum, x)| *sum += *x as f64);
        }
    }
}

impl Columns {
    fn width(&self) -> usize {
        if self.columns >= WIDTH { WIDTH } else { WIDTH / self.columns.max(1) * self.columns }
    }

    fn chunk(&self) -> usize {
        PIECES * (WIDTH / self.columns.max(1)).max(1)
    }

    fn chunks(&self) -> usize {
        self.rows.div_ceil(self.chunk())
    }

    fn blocks(&self) -> usize {
        self.columns.div_ceil(WIDTH)
    }

    /// Numbers that partial sums take.
    pub fn parts(&self) -> usize {
        2 * self.segments * self.chunks() * self.columns
    }

    fn each(&self, threads: &Threads, task: &(dyn Fn(Tile) + Sync)) {
        let (chunks, blocks) = (self.chunks(), self.blocks());
        let tasks = self.segments * chunks * blocks;
        let one = |number: usize| {
            let (segment, chunk, block) =
                (number / blocks / chunks, number / blocks % chunks, number % blocks);
            let columns = block * WIDTH..self.columns.min((block + 1) * WIDTH);
            let rows = chunk * self.chunk()..self.rows.min((chunk + 1) * self.chunk());
            let at = |row: usize, column: usize| (segment * self.rows + row) * self.columns + column;
            let whole = columns.len() == self.columns;
            let width = if whole { self.width() } else { columns.len() };
            let part = |which: usize| {
                let at = (2 * (segment * chunks + chunk) + which) * self.columns;
                at + columns.start..at + columns.end
            };
            task(Tile {
                channels: segment * self.columns + columns.start..segment * self.columns + columns.end,
                rows: rows.len(),
                parts: [part(0), part(1)],
                numbers: at(rows.start, columns.start)..at(rows.end - 1, columns.end),
                step: if whole { width } else { self.columns },
                width,
                columns,
            });
        };
        if self.segments * self.rows * self.columns <= ALONE {
            (0..tasks).for_each(one);
        } else {
            threads.for_each(tasks, &one);
        }
    }

    /// Of each chunk: the mean of each column, and the sum of squares around it.
    pub fn moments(&self, x: &[f32], parts: &mut [f32], threads: &Threads) {
        let parts = Shared::of(parts);
        self.each(threads, &|tile| {
            // SAFETY: parts of tiles are disjoint, and each tile is handled by one task.
            let [mean, squares] = tile.parts.clone().map(|range| unsafe { parts.slice(range) });
            wide(Moments { x, tile: &tile, mean, squares });
        });
    }

    /// Of each chunk: Σ dz and Σ dz (x − mean) of each column, where dz = dy · slope of the end; dz is put in place of dy.
    pub fn slopes(
        &self,
        (x, dy): (&[f32], &mut [f32]),
        normal: Normal,
        end: Option<End>,
        parts: &mut [f32],
        threads: &Threads,
    ) {
        let (parts, dy) = (Shared::of(parts), Shared::of(dy));
        self.each(threads, &|tile| {
            // SAFETY: parts of tiles are disjoint, and each tile is handled by one task.
            let [sums, products] = tile.parts.clone().map(|range| unsafe { parts.slice(range) });
            wide(Slopes { x, dy, normal, end, tile: &tile, sums, products });
        });
    }

    /// What normalising makes of x, and then `apply`.
    pub fn normalise(
        &self,
        x: &[f32],
        y: &mut [f32],
        normal: Normal,
        apply: Option<fn(&mut [f32])>,
        threads: &Threads,
    ) {
        let y = Shared::of(y);
        self.each(threads, &|tile| wide(Normalise { x, y, normal, apply, tile: &tile }));
    }

    /// dx = dz (deviation⁻¹ · scale) − a − (x − mean) b, or what is added to dx; a and b for each column of each segment,
    /// empty for zeros.
    pub fn back(
        &self,
        (x, dz): (&[f32], &[f32]),
        normal: Normal,
        [a, b]: [&[f32]; 2],
        (dx, add): (&mut [f32], bool),
        threads: &Threads,
    ) {
        let dx = Shared::of(dx);
        self.each(threads, &|tile| wide(Back { x, dz, dx, add, normal, a, b, tile: &tile }));
    }

    /// The stretches of columns that are joined together, at most [`WIDTH`] each.
    pub fn joints(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let columns = self.columns;
        (0..columns).step_by(WIDTH).map(move |at| at..columns.min(at + WIDTH))
    }

    /// Joins the chunks of a segment: mean and sum of squares around it, for each of some columns
    /// ([Chan, Golub & LeVeque 1983](https://doi.org/10.1080/00031305.1983.10483115)).
    pub fn joined_moments(&self, parts: &[f32], segment: usize, columns: &Range<usize>) -> [[f64; WIDTH]; 2] {
        let [mut mean, mut squares] = [[0.0; WIDTH]; 2];
        self.join(parts, segment, columns, |k, rows, part, _| mean[k] += rows * part);
        mean.iter_mut().for_each(|m| *m /= self.rows as f64);
        self.join(parts, segment, columns, |k, rows, part, square| {
            squares[k] += square + rows * (part - mean[k]) * (part - mean[k]);
        });
        [mean, squares]
    }

    /// Joins the chunks of a segment: both sums, for each of some columns.
    pub fn joined_sums(&self, parts: &[f32], segment: usize, columns: &Range<usize>) -> [[f64; WIDTH]; 2] {
        let mut both = [[0.0; WIDTH]; 2];
        self.join(parts, segment, columns, |k, _, sum, product| {
            both[0][k] += sum;
            both[1][k] += product;
        });
        both
    }

    /// Hands the chunks of a segment to `each`, for each of some columns: which of them, the rows of the chunk, and what was
    /// found for it: a mean and a sum of squares, or two sums.
    #[inline(always)]
    pub fn join(
        &self,
        parts: &[f32],
        segment: usize,
        columns: &Range<usize>,
        mut each: impl FnMut(usize, f64, f64, f64),
    ) {
        for chunk in 0..self.chunks() {
            let rows = self.chunk().min(self.rows - chunk * self.chunk()) as f64;
            let at = 2 * (segment * self.chunks() + chunk) * self.columns;
            let [first, second] =
                [at, at + self.columns].map(|at| &parts[at + columns.start..][..columns.len()]);
            for (k, (a, b)) in first.iter().zip(second).enumerate() {
                each(k, rows, *a as f64, *b as f64);
            }
        }
    }
}
