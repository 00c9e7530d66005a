//! The greatest of each window, [Riesenhuber & Poggio 1999](https://doi.org/10.1038/14819).
//!
//! ```text
//! y[n, oy, ox, c] = max over the window at (oy, ox) of x[n, iy, ix, c]     the padding takes no part
//!
//! dx = Σ dy over the windows whose greatest it is     the first, row by row, where several are
//! ```

use crate::error::Result;
use crate::kernels::{Loop, widest};
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

    fn forward(&self, run: Forward) {
        let (s, x, y) = (self.sweep(run.shapes), run.x[0], Shared::of(run.y));
        run.threads.for_each(s.batch, &|n| {
            // SAFETY: results of pictures are disjoint.
            let y = unsafe { y.slice(n * s.result()..(n + 1) * s.result()) };
            widest(Greatest { s, x: &x[n * s.picture()..][..s.picture()], y });
        });
    }

    fn backward(&self, run: Backward) {
        let s = self.sweep(run.shapes);
        let Some(dx) = &mut run.dx[0] else { return };
        let (x, y, add) = (run.x[0], run.y, dx.add);
        let (dx, dy) = (Shared::of(dx.to), &*run.dy);
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
            widest(Back { s, x: &x[picture], y: &y[result.clone()], dx, dy: &dy[result], add: !fresh });
        });
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }
}

/// One picture's way forward.
struct Greatest<'a> {
    s: Sweep,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Loop for Greatest<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Greatest { s, x, y } = self;
        for (place, y) in y.chunks_exact_mut(s.channels).enumerate() {
            let (oy, ox) = (place / s.across.places, place % s.across.places);
            for first in (0..s.channels).step_by(SIDE) {
                let count = SIDE.min(s.channels - first);
                let mut greatest = [f32::NEG_INFINITY; SIDE];
                s.each_pixel(oy, ox, |at| {
                    let x = &x[at + first..][..count];
                    match x.first_chunk::<SIDE>() {
                        Some(x) => take(&mut greatest, x),
                        None => take(&mut greatest[..count], x),
                    }
                });
                y[first..][..count].copy_from_slice(&greatest[..count]);
            }
        }
    }
}

/// Channels that are held in registers.
const SIDE: usize = 16;

/// The greater of each two; what is no number stays to be seen.
#[inline(always)]
fn take(greatest: &mut [f32], x: &[f32]) {
    for (y, x) in greatest.iter_mut().zip(x) {
        *y = if *x > *y || x.is_nan() { *x } else { *y };
    }
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
        let Back { s, x, y, dx, dy, add } = self;
        let results = y.chunks_exact(s.channels).zip(dy.chunks_exact(s.channels));
        for (place, (y, dy)) in results.enumerate() {
            let (oy, ox) = (place / s.across.places, place % s.across.places);
            for first in (0..s.channels).step_by(SIDE) {
                let count = SIDE.min(s.channels - first);
                let (mut greatest, mut slope) = ([0.0; SIDE], [0.0; SIDE]);
                greatest[..count].copy_from_slice(&y[first..][..count]);
                slope[..count].copy_from_slice(&dy[first..][..count]);
                s.each_pixel(oy, ox, |at| {
                    let (x, dx) = (&x[at + first..][..count], &mut dx[at + first..][..count]);
                    match (x.first_chunk::<SIDE>(), dx.first_chunk_mut::<SIDE>()) {
                        (Some(x), Some(dx)) => give(dx, x, &greatest, &mut slope, add),
                        _ => give(dx, x, &greatest[..count], &mut slope[..count], add),
                    }
                });
            }
        }
    }
}

/// The slope to where the greatest is; then it is gone.
#[inline(always)]
fn give(dx: &mut [f32], x: &[f32], greatest: &[f32], slope: &mut [f32], add: bool) {
    for (((dx, x), y), dy) in dx.iter_mut().zip(x).zip(greatest).zip(slope) {
        let is_it = x == y;
        let own = if is_it { *dy } else { 0.0 };
        *dx = if add { *dx + own } else { own };
        *dy = if is_it { 0.0 } else { *dy };
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
