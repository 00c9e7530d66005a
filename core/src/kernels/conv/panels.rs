//! The weights of a convolution in the order tiles read them.

use super::ConvShape;
use super::work::{copy, even};
use crate::kernels::kernel::Kernel;
use crate::kernels::vector::Vector;
use crate::threads::{Shared, Threads};

/// Fewer numbers are packed by the caller alone.
const WORTH_SHARING: usize = 1 << 13;

/// The columns of one group, cut into panels: `depth` rows of `columns` numbers each, zeros where it has fewer.
#[derive(Clone, Copy)]
pub(super) struct Panels {
    /// Of a panel: whole vectors.
    pub columns: usize,
    /// How many.
    pub count: usize,
    width: usize,
    depth: usize,
}

impl Panels {
    pub fn new<K: Kernel>(width: usize, depth: usize) -> Panels {
        let columns = even(width.div_ceil(K::V::LANES), K::VECTORS) * K::V::LANES;
        Panels { columns, count: width.div_ceil(columns), width, depth }
    }

    /// Numbers of a group.
    pub fn numbers(&self) -> usize {
        self.count * self.columns * self.depth
    }

    /// The panels of a group.
    pub fn of<'a>(&self, packed: &'a [f32], group: usize) -> impl Iterator<Item = &'a [f32]> + use<'a> {
        let numbers = self.numbers();
        packed[group * numbers..(group + 1) * numbers].chunks_exact(self.columns * self.depth)
    }

    /// For the way forward: rows (ky, kx, ci), columns co.
    pub fn pack(&self, s: &ConvShape, w: &[f32], to: &mut [f32], threads: &Threads) {
        self.each(s.groups, to, threads, &|g, first, to| {
            let count = self.columns.min(self.width - first);
            for (to, w) in to.chunks_exact_mut(self.columns).zip(w.chunks_exact(s.out_c)) {
                copy(&w[g * self.width + first..][..count], &mut to[..count]);
                to[count..].fill(0.0);
            }
        });
    }

    /// For the way back: rows (ky, kx, co), columns ci.
    pub fn pack_turned(&self, s: &ConvShape, w: &[f32], to: &mut [f32], threads: &Threads) {
        let (deep, wide) = (s.group_in(), s.group_out());
        self.each(s.groups, to, threads, &|g, first, to| {
            for (tap, to) in to.chunks_exact_mut(wide * self.columns).enumerate() {
                for (j, at) in (first..first + self.columns).enumerate() {
                    let to = to[j..].iter_mut().step_by(self.columns);
                    if at < deep {
                        let w = &w[(tap * deep + at) * s.out_c + g * wide..][..wide];
                        to.zip(w).for_each(|(to, w)| *to = *w);
                    } else {
                        to.for_each(|to| *to = 0.0);
                    }
                }
            }
        });
    }

    /// Rows of all channels, one for each place, as panels of as many rows.
    pub fn gather(&self, s: &ConvShape, rows: &[f32], to: &mut [f32]) {
        let size = rows.len() / s.out_c * self.columns;
        for (task, to) in to.chunks_exact_mut(size).take(s.groups * self.count).enumerate() {
            let first = task % self.count * self.columns;
            let (at, count) = (task / self.count * self.width + first, self.columns.min(self.width - first));
            for (to, row) in to.chunks_exact_mut(self.columns).zip(rows.chunks_exact(s.out_c)) {
                copy(&row[at..at + count], &mut to[..count]);
                to[count..].iter_mut().for_each(|to| *to = 0.0);
            }
        }
    }

    /// `f` with each group, the first column of each panel, and the panel.
    fn each(
        &self,
        groups: usize,
        to: &mut [f32],
        threads: &Threads,
        f: &(dyn Fn(usize, usize, &mut [f32]) + Sync),
    ) {
        let (size, to) = (self.columns * self.depth, Shared::of(to));
        let pack = |task: usize| {
            // SAFETY: panels are disjoint.
            let to = unsafe { to.slice(task * size..(task + 1) * size) };
            f(task / self.count, task % self.count * self.columns, to);
        };
        match groups * self.count {
            few if few * size < WORTH_SHARING => (0..few).for_each(pack),
            many => threads.for_each(many, &pack),
        }
    }
}
