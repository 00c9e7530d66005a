//! What will be read or written next, asked for while the machine multiplies.

use super::View;
use super::vector::Vector;
use crate::aligned::LINE;
use std::ops::Range;

/// A matrix of so few numbers is still in the second cache when it is read again.
const NEAR: usize = 1 << 14;

/// A part of a matrix, line by line. It is only a hint: no address is wrong.
pub(super) struct Ahead {
    /// What has not been asked for.
    left: Lines,
    /// Lines each time.
    share: usize,
    /// How many of them are due.
    due: usize,
}

/// Some lines, while a tile asks for them.
#[derive(Clone, Copy)]
pub(super) struct Lines {
    /// The next, and how many are left of its row.
    at: *const f32,
    here: usize,
    /// Lines of a row.
    row: usize,
    /// Numbers from the end of a row's lines to the next row.
    gap: usize,
    /// They will be written: other cores, which have read them, shall give them up.
    write: bool,
    pub count: usize,
}

impl Lines {
    /// Asks for the next.
    #[inline(always)]
    pub fn next<V: Vector>(&mut self) {
        if self.write {
            V::prefetch_write(self.at);
        } else {
            V::prefetch_second(self.at);
        }
        self.at = self.at.wrapping_add(LINE);
        self.here -= 1;
        if self.here == 0 {
            self.at = self.at.wrapping_add(self.gap);
            self.here = self.row;
        }
    }
}

impl Ahead {
    /// Nothing is asked for.
    pub fn nothing() -> Ahead {
        Ahead::lines(std::ptr::null(), 0, 0, 0, 1)
    }

    /// These rows and columns, in `times` shares; nothing, if the matrix is near or its numbers stand apart.
    pub fn new(matrix: &View, rows: Range<usize>, columns: Range<usize>, times: usize) -> Ahead {
        if !Ahead::pays(matrix) || rows.is_empty() || columns.is_empty() || times == 0 {
            return Ahead::nothing();
        }
        let row = matrix
            .data
            .as_ptr()
            .wrapping_add(rows.start * matrix.row_stride + columns.start * matrix.column_stride);
        let (stride, length, rows) = match (matrix.column_stride, matrix.row_stride) {
            (1, stride) => (stride, columns.len(), rows.len()),
            (stride, 1) => (stride, rows.len(), columns.len()),
            _ => return Ahead::nothing(),
        };
        Ahead::lines(row, stride, length, rows, times)
    }

    /// Whether it pays to ask for parts of it.
    pub fn pays(matrix: &View) -> bool {
        matrix.rows * matrix.columns > NEAR
    }

    /// So many rows of `length` numbers, in `times` shares.
    pub fn lines(row: *const f32, stride: usize, length: usize, rows: usize, times: usize) -> Ahead {
        let lines = length.div_ceil(LINE);
        let (count, gap) = (rows * lines, stride.wrapping_sub(lines * LINE));
        let left = Lines { at: row, here: lines, row: lines, gap, write: false, count };
        Ahead { left, share: count.div_ceil(times), due: 0 }
    }

    /// The same, to be written.
    pub fn for_writing(mut self) -> Ahead {
        self.left.write = true;
        self
    }

    /// One more share is due. None, if all has been asked for.
    #[inline(always)]
    pub fn another(&mut self) -> Option<&mut Ahead> {
        if self.left.count == 0 {
            return None;
        }
        self.due = self.left.count.min(self.due + self.share);
        Some(self)
    }

    /// At most so many lines of what is due.
    #[inline(always)]
    pub fn due(&self, most: usize) -> Lines {
        Lines { count: self.due.min(most), ..self.left }
    }

    /// They have been asked for.
    #[inline(always)]
    pub fn done(&mut self, lines: Lines) {
        self.left = Lines { count: self.left.count - lines.count, ..lines };
        self.due -= lines.count;
    }

    /// Asks for all that is due.
    #[inline(always)]
    pub fn ask<V: Vector>(&mut self) {
        let mut lines = self.due(usize::MAX);
        for _ in 0..lines.count {
            lines.next::<V>();
        }
        self.done(lines);
    }
}

/// Some such parts, one after the other.
pub(super) struct Several<const N: usize> {
    parts: [Ahead; N],
    /// Lines each time, but for the last of a part, of which there may be fewer.
    share: usize,
}

impl<const N: usize> Several<N> {
    /// All of them, in about so many shares.
    pub fn new(parts: [Ahead; N], times: usize) -> Several<N> {
        let lines: usize = parts.iter().map(|part| part.left.count).sum();
        Several { parts, share: lines.div_ceil(times) }
    }

    /// The part that is under way, of which one more share is due. None, if all has been asked for.
    pub fn another(&mut self) -> Option<&mut Ahead> {
        let part = self.parts.iter_mut().find(|part| part.left.count > 0)?;
        part.due = self.share.min(part.left.count);
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_all_of_it_in_so_many_times() {
        for (length, rows, times) in
            [(512, 6, 32), (16, 1, 1), (10, 6, 1), (100, 12, 7), (3072, 1, 32), (1, 1, 9)]
        {
            let mut ahead = Ahead::lines(std::ptr::null(), 1000, length, rows, times).for_writing();
            let lines = rows * length.div_ceil(LINE);
            for asked in 1..=times {
                ahead.another();
                if asked % 2 == 0 {
                    // A tile on its way asks for some, the rest follows.
                    let mut some = ahead.due(3);
                    (0..some.count).for_each(|_| some.next::<[f32; 4]>());
                    ahead.done(some);
                }
                ahead.ask::<[f32; 4]>();
                assert_eq!(
                    ahead.left.count,
                    lines.saturating_sub(asked * lines.div_ceil(times)),
                    "{length} {rows} {times}"
                );
            }
            let end = std::ptr::null::<f32>().wrapping_add(rows * 1000);
            assert_eq!((ahead.left.count, ahead.left.at), (0, end), "{length} {rows} {times}");
            assert!(ahead.left.write, "what is left is still to be written");
        }
        let mut nothing = Ahead::nothing();
        nothing.another();
        nothing.ask::<[f32; 4]>();
        assert!(nothing.left.at.is_null());
    }
}
