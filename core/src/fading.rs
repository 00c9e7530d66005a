//! Numbers that fade. What an optimizer remembers of a weight whose slope has become zero (that of a unit which no example
//! wakes any more) shrinks by the same factor each step:
//!
//! ```text
//! m ← β m
//! ```
//!
//! For β = 0.9 it is below 1.2e−38 after 830 steps: too near to zero to have all its digits
//! ([subnormal](https://doi.org/10.1109/IEEESTD.2019.8766229), IEEE 754), and many processors take a hundred times as long for such
//! numbers. Rounding then keeps it from ever reaching zero: 0.9 · 4 is 4 again, in units of the smallest number.
//! So every [`EVERY`] steps such numbers are made zero; and velocities, which the next steps shrink and multiply by a rate, from 1e−30 on.
//! They are too small to move a weight.
//!
//! Slopes fade too: those of an example about which there is no doubt any more (p = 10⁻³⁵ for a class that it is not). Where they begin, in the
//! loss, and where they are multiplied by the slope of an activation, they are 0 below 1e−30 ([`slope`]), for every rule: also for those that
//! go by the sign alone.

use crate::kernels::{Loop, wide};
use crate::optimizer::CHUNK;
use crate::real::Number;
use crate::threads::{Shared, Threads};

/// Steps from one clearing to the next: what it costs is not to be seen beside them.
const EVERY: u64 = 64;

/// A slope, or 0 where it is next to nothing.
#[inline(always)]
pub(crate) fn slope(x: f32) -> f32 {
    x.or_zero(f32::FAINT)
}

/// At the end of step `t`, if it is time: makes zero what in `numbers` is nearer to zero than `least`.
pub(crate) fn settle<R: Number>(t: u64, threads: &Threads, numbers: &mut [R], least: R) {
    if !t.is_multiple_of(EVERY) {
        return;
    }
    let (count, numbers) = (numbers.len(), Shared::of(numbers));
    threads.for_each(count.div_ceil(CHUNK), &|chunk| {
        // SAFETY: chunks are disjoint, and each is handled by one task.
        wide(Clear(unsafe { numbers.slice(chunk * CHUNK..count.min((chunk + 1) * CHUNK)) }, least));
    });
}

struct Clear<'a, R>(&'a mut [R], R);

impl<R: Number> Loop for Clear<'_, R> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        // Most often there is nothing to write, and reading is cheaper.
        let Clear(numbers, least) = self;
        if numbers.iter().fold(false, |any, x| any | (x.or_zero(least) != *x)) {
            numbers.iter_mut().for_each(|x| *x = x.or_zero(least));
        }
    }
}
