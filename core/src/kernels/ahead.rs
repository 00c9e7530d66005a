//! What will be read next, asked for while the machine multiplies.

use super::View;
use super::row::SECOND;
use super::vector::Vector;
use crate::aligned::LINE;
use std::ops::Range;

/// A part of a matrix, line by line. It is only a hint: no address is wrong.
pub(super) struct Ahead {
    /// The row under way, from one to the next, and its numbers.
    row: *const f32,
    stride: usize,
    length: usize,
    /// How far in the row.
    at: usize,
    rows: usize,
    /// Lines each time.
    share: usize,
}

impl Ahead {
    /// Nothing is asked for.
    pub fn nothing() -> Ahead {
        Ahead { row: std::ptr::null(), stride: 0, length: 0, at: 0, rows: 0, share: 0 }
    }

    /// These rows and columns, in `times` shares; nothing, if the matrix is near or its numbers stand apart.
    pub fn new(matrix: &View, rows: Range<usize>, columns: Range<usize>, times: usize) -> Ahead {
        if matrix.rows * matrix.columns <= SECOND || rows.is_empty() || columns.is_empty() || times == 0 {
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

    /// So many rows of `length` numbers, in `times` shares.
    pub fn lines(row: *const f32, stride: usize, length: usize, rows: usize, times: usize) -> Ahead {
        let share = (rows * length.div_ceil(LINE)).div_ceil(times);
        Ahead { row, stride, length, at: 0, rows, share }
    }

    /// Asks for the next share.
    #[inline(always)]
    pub fn ask<V: Vector>(&mut self) {
        for _ in 0..self.share {
            if self.rows == 0 {
                return;
            }
            V::prefetch_second(self.row.wrapping_add(self.at));
            self.at += LINE;
            if self.at >= self.length {
                (self.at, self.rows) = (0, self.rows - 1);
                self.row = self.row.wrapping_add(self.stride);
            }
        }
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
            let mut ahead = Ahead::lines(std::ptr::null(), 1000, length, rows, times);
            let lines = rows * length.div_ceil(LINE);
            for asked in 1..=times {
                ahead.ask::<[f32; 4]>();
                let left = ahead.rows * length.div_ceil(LINE) - ahead.at / LINE;
                assert_eq!(
                    left,
                    lines.saturating_sub(asked * lines.div_ceil(times)),
                    "{length} {rows} {times}"
                );
            }
            let end = std::ptr::null::<f32>().wrapping_add(rows * 1000);
            assert_eq!((ahead.rows, ahead.row), (0, end), "{length} {rows} {times}");
        }
        let mut nothing = Ahead::nothing();
        nothing.ask::<[f32; 4]>();
        assert_eq!(nothing.at, 0);
    }
}
