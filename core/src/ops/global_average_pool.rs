//! The mean of each channel, [Lin et al. 2013](https://arxiv.org/abs/1312.4400).
//!
//! ```text
//! y[n, c] = Σ x[n, iy, ix, c] / m     over the m pixels of the picture
//!
//! dx = dy / m
//! ```

use crate::error::{Error, Result};
use crate::kernels::{Loop, widest};
use crate::onnx::{Attribute, Form, Value};
use crate::op::{Backward, Exact, ExactForward, Forward, Op, Shape};
use crate::threads::Shared;

/// The mean of each channel of a picture: a row of as many numbers as there are channels.
pub struct GlobalAveragePool;

impl Op for GlobalAveragePool {
    fn name(&self) -> &'static str {
        "global_average_pool"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        match inputs {
            [x] if x.dims().len() == 4 && x.size() > 0 => Ok(Shape::new(&[x.dims()[0], x.dims()[3]])),
            _ => {
                let needs = "one picture: x [batch, height, width, channels]".into();
                Err(Error::Shape { op: self.name().into(), inputs: inputs.to_vec(), needs })
            }
        }
    }

    fn examples(&self) -> usize {
        1
    }

    fn forward(&self, run: Forward) {
        let (picture, channels) = sizes(run.shapes[0]);
        let (x, y) = (run.x[0], Shared::of(run.y));
        run.threads.for_each(run.shapes[0].dims()[0], &|n| {
            // SAFETY: rows are disjoint.
            let y = unsafe { y.slice(n * channels..(n + 1) * channels) };
            widest(Mean { x: &x[n * picture..(n + 1) * picture], y });
        });
    }

    fn backward(&self, run: Backward) {
        let (picture, channels) = sizes(run.shapes[0]);
        let Some(dx) = &mut run.dx[0] else { return };
        let (dy, add, m, dx) = (&*run.dy, dx.add, (picture / channels) as f32, Shared::of(dx.to));
        run.threads.for_each(run.shapes[0].dims()[0], &|n| {
            // SAFETY: pictures are disjoint.
            let dx = unsafe { dx.slice(n * picture..(n + 1) * picture) };
            let dy = &dy[n * channels..(n + 1) * channels];
            for pixel in dx.chunks_exact_mut(channels) {
                for (dx, dy) in pixel.iter_mut().zip(dy) {
                    *dx = if add { *dx + dy / m } else { dy / m };
                }
            }
        });
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    fn onnx(&self, form: Form) -> std::result::Result<Value, String> {
        let means = form.to.node("GlobalAveragePool", &[&form.value(0)?], vec![]);
        Ok(form.to.node("Flatten", &[&means], vec![("axis", Attribute::Int(1))]))
    }
}

/// Numbers in a picture, and channels.
fn sizes(x: Shape) -> (usize, usize) {
    (x.size() / x.dims()[0], x.dims()[3])
}

/// One picture's way forward.
struct Mean<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Loop for Mean<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Mean { x, y } = self;
        let m = (x.len() / y.len()) as f32;
        y.fill(0.0);
        for pixel in x.chunks_exact(y.len()) {
            y.iter_mut().zip(pixel).for_each(|(y, x)| *y += x);
        }
        y.iter_mut().for_each(|y| *y /= m);
    }
}

impl Exact for GlobalAveragePool {
    fn forward(&self, run: ExactForward) {
        let (picture, channels) = sizes(run.shapes[0]);
        for (x, y) in run.x[0].chunks_exact(picture).zip(run.y.chunks_exact_mut(channels)) {
            for (c, y) in y.iter_mut().enumerate() {
                let sum: f64 = x.iter().skip(c).step_by(channels).sum();
                *y = sum / (picture / channels) as f64;
            }
        }
    }
}
