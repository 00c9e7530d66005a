//! Vectors as long as θ: cut into pieces, none across two parts of θ, shared among threads; every sum in one order.

use std::ops::Range;

use crate::kernels::{Loop, widest};
use crate::optimizer::{CHUNK, Setup};
use crate::real::Number;
use crate::threads::{Shared, Threads};

/// The cut of θ, and who may help.
pub(crate) struct Pieces {
    list: Vec<Piece>,
    /// What each piece adds to a sum.
    sums: Vec<f64>,
    threads: Threads,
}

/// A stretch of θ.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Which part of the layout it belongs to.
    pub part: usize,
    /// Where in θ it lies.
    pub range: Range<usize>,
}

impl Pieces {
    /// Of all parts.
    pub fn new(setup: &Setup) -> Self {
        Pieces::of(setup, |_| true)
    }

    /// Of those parts only whose numbers are `wanted`.
    pub fn of(setup: &Setup, wanted: impl Fn(usize) -> bool) -> Self {
        let mut list = Vec::new();
        for (part, of) in setup.layout.parts().iter().enumerate().filter(|(i, _)| wanted(*i)) {
            let range = of.range();
            let starts = range.clone().step_by(CHUNK);
            list.extend(starts.map(|at| Piece { part, range: at..range.end.min(at + CHUNK) }));
        }
        Pieces { sums: vec![0.0; list.len()], list, threads: setup.threads.clone() }
    }

    /// All pieces, in the order of θ.
    pub fn list(&self) -> &[Piece] {
        &self.list
    }

    /// Who may help.
    pub fn threads(&self) -> &Threads {
        &self.threads
    }

    /// Does something for each piece, in any order: its number and itself.
    pub fn each(&self, task: &(dyn Fn(usize, &Piece) + Sync)) {
        self.threads.for_each(self.list.len(), &|i| task(i, &self.list[i]));
    }

    /// Writes a vector, piece by piece.
    pub fn write<R: Number>(&self, to: &mut [R], task: impl Fn(Range<usize>, &mut [R]) + Sync) {
        let to = Shared::of(to);
        self.each(&|_, piece| {
            // SAFETY: pieces are disjoint, and each is handled by one task.
            task(piece.range.clone(), unsafe { to.slice(piece.range.clone()) });
        });
    }

    /// The sum of what each piece adds.
    pub fn sum(&mut self, task: impl Fn(Range<usize>) -> f64 + Sync) -> f64 {
        let sums = Shared::of(&mut self.sums);
        let list = &self.list;
        self.threads.for_each(list.len(), &|i| {
            // SAFETY: each task writes its own number.
            let sum = unsafe { sums.slice(i..i + 1) };
            sum[0] = task(list[i].range.clone());
        });
        self.sums.iter().sum()
    }

    /// Σ aᵢ bᵢ
    pub fn dot<R: Number>(&mut self, a: &[R], b: &[R]) -> f64 {
        self.sum(|piece| dot(&a[piece.clone()], &b[piece]))
    }

    /// ‖a‖
    pub fn norm<R: Number>(&mut self, a: &[R]) -> f64 {
        self.dot(a, a).sqrt()
    }

    /// a ← a + share (b − a)
    pub fn approach<R: Number>(&self, a: &mut [R], b: &[R], share: f64) {
        let share = R::of(share);
        self.write(a, |piece, a| {
            a.iter_mut().zip(&b[piece]).for_each(|(a, b)| *a = *a + share * (*b - *a));
        });
    }
}

/// Σ aᵢ bᵢ in `f64`, over eight lanes in a fixed order.
pub(crate) fn dot<R: Number>(a: &[R], b: &[R]) -> f64 {
    widest(Dot(a, b))
}

struct Dot<'a, R>(&'a [R], &'a [R]);

impl<R: Number> Loop for Dot<'_, R> {
    type Out = f64;
    #[inline(always)]
    fn run(self) -> f64 {
        let mut lanes = [0.0f64; 8];
        for (a, b) in self.0.chunks(8).zip(self.1.chunks(8)) {
            for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
                *lane += a.to_f64() * b.to_f64();
            }
        }
        lanes.iter().sum()
    }
}
