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
