//! The greatest of each window, [Riesenhuber & Poggio 1999](https://doi.org/10.1038/14819).
//!
//! ```text
//! y[n, oy, ox, c] = max over the window at (oy, ox) of x[n, iy, ix, c]     the padding takes no part
//!
//! dx = Σ dy over the windows whose greatest it is     the first, row by row, where several are
//! ```
//!
//! If x = f(z), and every pixel is in one window, dz = f′ ⊙ dx is found before slopes are spread over the picture: the greatest x of a
//! window is y, so f′ is needed once for each window and not for each pixel.

use std::ops::Range;

use crate::error::Result;
use crate::kernels::{Loop, widest};
use crate::onnx::{Form, Value};
use crate::op::{Backward, Exact, ExactForward, Forward, Op, Shape};
use crate::threads::Shared;
use crate::window::{Sweep, Window};

/// The greatest number of each window, by channel.
pub struct MaxPool {
    /// What it looks at.
    pub window: Window,
}

impl MaxPool {
    fn sweep(&self, shapes: &[Shape]) -> Sweep {
        Sweep::of(self.name(), &self.window, shapes).expect("checked by shape")
    }
}

impl Op for MaxPool {
    fn name(&self) -> &'static str {
        "max_pool"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        Ok(Sweep::of(self.name(), &self.window, inputs)?.shape())
    }

    fn examples(&self) -> usize {
        1
    }

    fn forward(&self, run: Forward) {
        let (s, x, y) = (self.sweep(run.shapes), run.x[0], Shared::of(run.y));
        // Of too few pictures everybody gets some rows.
        let bands = run.threads.count().div_ceil(s.batch.max(1)).clamp(1, s.down.places.max(1));
        run.threads.for_each(s.batch * bands, &|task| {
            let (n, band) = (task / bands, task % bands);
            let [first, end] = [band, band + 1].map(|b| s.down.places * b / bands * s.across.places);
            let from = n * s.result();
            // SAFETY: places are disjoint.
            let y = unsafe { y.slice(from + first * s.channels..from + end * s.channels) };
            widest(Greatest { s, first, x: &x[n * s.picture()..][..s.picture()], y });
        });
    }

    fn backward(&self, run: Backward) {
        let s = self.sweep(run.shapes);
        let Some(dx) = &mut run.dx[0] else { return };
        let (x, y, add) = (run.x[0], run.y, dx.add);
        let (dx, dy) = (Shared::of(dx.to), Shared::of(run.dy));
        // Where every pixel is in one window, each is written once.
        let fresh = !add && s.is_exact();
        run.threads.for_each(s.batch, &|n| {
            let (picture, result) =
                (n * s.picture()..(n + 1) * s.picture(), n * s.result()..(n + 1) * s.result());
            // SAFETY: pictures are disjoint.
            let dx = unsafe { dx.slice(picture.clone()) };
            if !add && !fresh {
                dx.fill(0.0);
            }
            // SAFETY: pictures are disjoint.
            let (y, dy) = (&y[result.clone()], unsafe { dy.slice(result) });
            if let Some(function) = run.through {
                (function.chain)(dy, y);
            }
            widest(Back { s, x: &x[picture], y, dx, dy, add: !fresh });
        });
    }

    fn goes_through(&self, inputs: &[Shape]) -> bool {
        self.sweep(inputs).is_exact()
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    fn onnx(&self, form: Form) -> std::result::Result<Value, String> {
        Ok(form.to.node("MaxPool", &[&form.value(0)?], self.sweep(form.shapes).onnx()))
    }
}

/// What is done to N channels, from `c` on, of one place of the result.
trait Channels {
    fn some<const N: usize>(&mut self, place: usize, c: usize);
}

/// All channels of some places, so many at a time: numbers of a known count stay in registers.
#[inline(always)]
fn every(s: Sweep, places: Range<usize>, mut of: impl Channels) {
    for place in places {
        let mut c = 0;
        while c + 16 <= s.channels {
            of.some::<16>(place, c);
            c += 16;
        }
        while c < s.channels {
            of.some::<1>(place, c);
            c += 1;
        }
    }
}

/// The way forward, for the places of one picture from `first` on that `y` has room for.
struct Greatest<'a> {
    s: Sweep,
    first: usize,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Loop for Greatest<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let places = self.first..self.first + self.y.len() / self.s.channels.max(1);
        every(self.s, places, self);
    }
}

impl Channels for Greatest<'_> {
    #[inline(always)]
    fn some<const N: usize>(&mut self, place: usize, c: usize) {
        let mut greatest = [f32::NEG_INFINITY; N];
        let [rows, columns] = self.s.spans(place / self.s.across.places, place % self.s.across.places);
        for (iy, ix) in rows.flat_map(|iy| columns.clone().map(move |ix| (iy, ix))) {
            let at = self.s.pixel(iy, ix);
            let x: [f32; N] = *part(&self.x[at + c..]);
            for i in 0..N {
                // What is no number stays to be seen.
                greatest[i] = if x[i] > greatest[i] || x[i].is_nan() { x[i] } else { greatest[i] };
            }
        }
        *part_mut(&mut self.y[(place - self.first) * self.s.channels + c..]) = greatest;
    }
}

#[inline(always)]
fn part<const N: usize>(of: &[f32]) -> &[f32; N] {
    of.first_chunk().expect("inside the picture")
}

#[inline(always)]
fn part_mut<const N: usize>(of: &mut [f32]) -> &mut [f32; N] {
    of.first_chunk_mut().expect("inside the picture")
}

/// One picture's way back: a slope goes to the first that is the greatest, and is gone then.
struct Back<'a> {
    s: Sweep,
    x: &'a [f32],
    y: &'a [f32],
    dx: &'a mut [f32],
    dy: &'a [f32],
    /// Whether windows add to what is there.
    add: bool,
}

impl Loop for Back<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        every(self.s, 0..self.s.down.places * self.s.across.places, self);
    }
}

impl Channels for Back<'_> {
    #[inline(always)]
    fn some<const N: usize>(&mut self, place: usize, c: usize) {
        let (s, result) = (self.s, place * self.s.channels + c);
        let greatest: [f32; N] = *part(&self.y[result..]);
        let mut slope = part::<N>(&self.dy[result..]).map(f32::to_bits);
        let [rows, columns] = s.spans(place / s.across.places, place % s.across.places);
        for (iy, ix) in rows.flat_map(|iy| columns.clone().map(move |ix| (iy, ix))) {
            let at = s.pixel(iy, ix);
            let x: [f32; N] = *part(&self.x[at + c..]);
            let dx: &mut [f32; N] = part_mut(&mut self.dx[at + c..]);
            let mut sum = if self.add { *dx } else { [0.0; N] };
            // Masks instead of branches: nobody can foresee where the greatest is.
            let mut is_it = [0; N];
            for i in 0..N {
                is_it[i] = ((x[i] == greatest[i]) as u32).wrapping_neg();
            }
            for i in 0..N {
                sum[i] += f32::from_bits(slope[i] & is_it[i]);
            }
            for i in 0..N {
                slope[i] &= !is_it[i];
            }
            *dx = sum;
        }
    }
}

impl Exact for MaxPool {
    fn forward(&self, run: ExactForward) {
        let s = self.sweep(run.shapes);
        for (place, y) in run.y.iter_mut().enumerate() {
            let (c, at) = (place % s.channels, place / s.channels);
            let (ox, oy) = (at % s.across.places, at / s.across.places % s.down.places);
            let x = &run.x[0][place / s.result() * s.picture()..];
            let (mut greatest, mut which) = (f64::NEG_INFINITY, 0);
            for (k, at) in s.pixels(oy, ox).enumerate() {
                if x[at + c] > greatest || x[at + c].is_nan() {
                    (greatest, which) = (x[at + c], k);
                }
            }
            *y = greatest;
            run.sides.choose(which);
        }
    }
}
