//! Loops over vectors of `f64`, with sums in one order on every machine.

use crate::kernels::{Loop, widest};

/// a · b, over eight lanes in a fixed order.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    widest(Dot(a, b))
}

/// into ← into + scale · x
pub(crate) fn add(into: &mut [f64], scale: f64, x: &[f64]) {
    widest(Add(into, scale, x));
}

/// (a, b) ← (c a + s b, c b − s a)
pub(crate) fn turn(a: &mut [f64], b: &mut [f64], cos: f64, sin: f64) {
    widest(Turn(a, b, cos, sin));
}

struct Dot<'a>(&'a [f64], &'a [f64]);

impl Loop for Dot<'_> {
    type Out = f64;
    #[inline(always)]
    fn run(self) -> f64 {
        let mut lanes = [0.0f64; 8];
        let (a, b) = (self.0.chunks_exact(8), self.1.chunks_exact(8));
        let rest = a.remainder().iter().zip(b.remainder()).fold(0.0, |sum, (x, y)| sum + x * y);
        for (a, b) in a.zip(b) {
            for ((lane, x), y) in lanes.iter_mut().zip(a).zip(b) {
                *lane += x * y;
            }
        }
        lanes.iter().sum::<f64>() + rest
    }
}

struct Add<'a>(&'a mut [f64], f64, &'a [f64]);

impl Loop for Add<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        for (to, x) in self.0.iter_mut().zip(self.2) {
            *to += self.1 * x;
        }
    }
}

struct Turn<'a>(&'a mut [f64], &'a mut [f64], f64, f64);

impl Loop for Turn<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let (cos, sin) = (self.2, self.3);
        for (a, b) in self.0.iter_mut().zip(self.1) {
            (*a, *b) = (cos * *a + sin * *b, cos * *b - sin * *a);
        }
    }
}

/// row ← row − (vⱼ w + wⱼ v): what leaves a symmetric matrix symmetric to the bit.
pub(crate) struct Both<'a> {
    pub row: &'a mut [f64],
    pub v_j: f64,
    pub w_j: f64,
    pub v: &'a [f64],
    pub w: &'a [f64],
}

impl Loop for Both<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        for ((x, v), w) in self.row.iter_mut().zip(self.v).zip(self.w) {
            *x -= self.v_j * w + self.w_j * v;
        }
    }
}
