//! The mean of each window, [LeCun et al. 1989](https://doi.org/10.1162/neco.1989.1.4.541) (there with a weight and a
//! bias of its own).
//!
//! ```text
//! y[n, oy, ox, c] = Σ x[n, iy, ix, c] / m     over the m pixels of the window at (oy, ox) that lie in the picture
//!
//! dx = Σ dy / m     over the windows it lies in
//! ```
//!
//! The padding is not counted: m is smaller at the edges, as in TensorFlow and as in PyTorch with
//! `count_include_pad=False`.

use crate::error::Result;
use crate::kernels::{Loop, widest};
use crate::onnx::{Attribute, Form, Value};
use crate::op::{Backward, Exact, ExactForward, Forward, Op, Shape};
use crate::threads::Shared;
use crate::window::{Sweep, Window};

/// The mean of each window, by channel.
pub struct AveragePool {
    /// What it looks at.
    pub window: Window,
}

impl AveragePool {
    fn sweep(&self, shapes: &[Shape]) -> Sweep {
        Sweep::of(self.name(), &self.window, shapes).expect("checked by shape")
    }
}

impl Op for AveragePool {
    fn name(&self) -> &'static str {
        "average_pool"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        Ok(Sweep::of(self.name(), &self.window, inputs)?.shape())
    }

    fn examples(&self) -> usize {
        1
    }

    fn forward(&self, run: Forward) {
        let (s, x, y) = (self.sweep(run.shapes), run.x[0], Shared::of(run.y));
        run.threads.for_each(s.batch, &|n| {
            // SAFETY: results of pictures are disjoint.
            let y = unsafe { y.slice(n * s.result()..(n + 1) * s.result()) };
            widest(Mean { s, x: &x[n * s.picture()..][..s.picture()], y });
        });
    }

    fn backward(&self, run: Backward) {
        let s = self.sweep(run.shapes);
        let Some(dx) = &mut run.dx[0] else { return };
        let (dy, add, dx) = (&*run.dy, dx.add, Shared::of(dx.to));
        run.threads.for_each(s.batch, &|n| {
            // SAFETY: pictures are disjoint.
            let dx = unsafe { dx.slice(n * s.picture()..(n + 1) * s.picture()) };
            if !add {
                dx.fill(0.0);
            }
            widest(Back { s, dy: &dy[n * s.result()..][..s.result()], dx });
        });
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    fn onnx(&self, form: Form) -> std::result::Result<Value, String> {
        let mut attributes = self.sweep(form.shapes).onnx();
        attributes.push(("count_include_pad", Attribute::Int(0)));
        Ok(form.to.node("AveragePool", &[&form.value(0)?], attributes))
    }
}

/// One picture's way forward.
struct Mean<'a> {
    s: Sweep,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Loop for Mean<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Mean { s, x, y } = self;
        y.fill(0.0);
        for (place, y) in y.chunks_exact_mut(s.channels).enumerate() {
            let mut m = 0.0;
            for at in s.pixels(place / s.across.places, place % s.across.places) {
                y.iter_mut().zip(&x[at..][..s.channels]).for_each(|(y, x)| *y += x);
                m += 1.0;
            }
            y.iter_mut().for_each(|y| *y /= m);
        }
    }
}

/// One picture's way back.
struct Back<'a> {
    s: Sweep,
    dy: &'a [f32],
    dx: &'a mut [f32],
}

impl Loop for Back<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Back { s, dy, dx } = self;
        for (place, dy) in dy.chunks_exact(s.channels).enumerate() {
            let pixels = || s.pixels(place / s.across.places, place % s.across.places);
            let m = pixels().count() as f32;
            for at in pixels() {
                dx[at..][..s.channels].iter_mut().zip(dy).for_each(|(dx, dy)| *dx += dy / m);
            }
        }
    }
}

impl Exact for AveragePool {
    fn forward(&self, run: ExactForward) {
        let s = self.sweep(run.shapes);
        for (place, y) in run.y.iter_mut().enumerate() {
            let (c, at) = (place % s.channels, place / s.channels);
            let (ox, oy) = (at % s.across.places, at / s.across.places % s.down.places);
            let x = &run.x[0][place / s.result() * s.picture()..];
            let sum: f64 = s.pixels(oy, ox).map(|at| x[at + c]).sum();
            *y = sum / s.pixels(oy, ox).count() as f64;
        }
    }
}
