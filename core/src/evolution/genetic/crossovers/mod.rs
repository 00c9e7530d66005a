//! How two parents become two children, one way per file. A new one: its file, its `mod` line, its row in the table.

mod blend;
mod none;
mod one_point;
mod sbx;
mod two_point;
mod uniform;

pub use {
    blend::Blend, none::NoCrossover, one_point::OnePoint, sbx::Sbx, two_point::TwoPoint, uniform::Uniform,
};

use crate::optimizers::FromValues;
use crate::real::{Kinds, Number};
use crate::rng::Rng;
use crate::words::Values;

/// A named crossover.
pub struct Entry {
    /// As `crossover=` writes it.
    pub name: &'static str,
    /// In one line.
    pub about: &'static str,
    /// What becomes of a gene, or where the parents are cut.
    pub formula: &'static str,
    /// Where it is from.
    pub paper: &'static str,
    /// Makes it from the parameters of the genetic algorithm.
    pub make: Maker,
}

/// What `crossover=` accepts.
pub static CROSSOVERS: &[Entry] =
    &[uniform::ROW, one_point::ROW, two_point::ROW, blend::ROW, sbx::ROW, none::ROW];

/// Their names, the default first.
pub(crate) const NAMES: &[&str] = &["uniform", "one_point", "two_point", "blend", "sbx", "none"];

/// Joins two parents.
pub trait Crossover<R: Number>: Send + Sync {
    /// Writes two children of the parents `a` and `b`; all four are of one length, at least 1.
    fn cross(&self, rng: &mut Rng, a: &[R], b: &[R], first: &mut [R], second: &mut [R]);
}

type MakeFn<R> = fn(&Values) -> Box<dyn Crossover<R>>;

/// Makes a crossover, for genes in `f32` or in `f64`.
#[derive(Clone, Copy)]
pub struct Maker {
    single: MakeFn<f32>,
    double: MakeFn<f64>,
}

impl Maker {
    const fn of<C: FromValues + Crossover<f32> + Crossover<f64> + 'static>() -> Maker {
        Maker {
            single: |values| Box::new(C::from_values(values)),
            double: |values| Box::new(C::from_values(values)),
        }
    }
}

impl Kinds for Maker {
    type Of<R: Number> = MakeFn<R>;
    fn single(self) -> MakeFn<f32> {
        self.single
    }
    fn double(self) -> MakeFn<f64> {
        self.double
    }
}

/// The parents' genes, exchanged from `from` until `to`.
fn exchange<R: Number>(a: &[R], b: &[R], (first, second): (&mut [R], &mut [R]), (from, to): (usize, usize)) {
    first.copy_from_slice(a);
    second.copy_from_slice(b);
    first[from..to].copy_from_slice(&b[from..to]);
    second[from..to].copy_from_slice(&a[from..to]);
}
