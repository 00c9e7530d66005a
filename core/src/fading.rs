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
//! So every [`EVERY`] steps such numbers are made zero. They are too small to move a weight.

use crate::kernels::{Loop, wide};
use crate::real::Number;

/// Steps from one clearing to the next: what it costs is not to be seen beside them.
const EVERY: u64 = 64;

/// Whether step `t` ends with a clearing.
pub(crate) fn is_due(t: u64) -> bool {
    t.is_multiple_of(EVERY)
}

/// Makes zero what is too near to zero to have all its digits.
pub(crate) fn clear<R: Number>(numbers: &mut [R]) {
    wide(Clear(numbers));
}

struct Clear<'a, R>(&'a mut [R]);

impl<R: Number> Loop for Clear<'_, R> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        // Most often there is nothing to write, and reading is cheaper.
        if self.0.iter().fold(false, |any, x| any | (x.or_zero() != *x)) {
            self.0.iter_mut().for_each(|x| *x = x.or_zero());
        }
    }
}
