//! A larger picture: every pixel becomes a square (nearest neighbour), as in
//! [Dumoulin & Visin 2016](https://arxiv.org/abs/1603.07285) before a convolution.
//!
//! ```text
//! y[n, oy, ox, c] = x[n, ⌊oy / times⌋, ⌊ox / times⌋, c]
//!
//! dx = Σ dy over its square, row by row
//! ```

use crate::error::{Error, Result};
use crate::onnx::{Attribute, Form, Value};
use crate::op::{Backward, Exact, ExactForward, Forward, Op, Shape};
use crate::threads::Shared;
use crate::window::MOST;

/// A picture `times` as high and `times` as wide.
pub struct Upsample {
    /// Into how many pixels one becomes, each way; from 1.
    pub times: usize,
}

impl Upsample {
    /// Where in x the pixel begins that becomes pixel `place` of y.
    fn source(&self, x: Shape, place: usize) -> usize {
        let (height, width, channels) = (x.dims()[1], x.dims()[2], x.dims()[3]);
        let (ox, row) = (place % (width * self.times), place / (width * self.times));
        let (oy, n) = (row % (height * self.times), row / (height * self.times));
        ((n * height + oy / self.times) * width + ox / self.times) * channels
    }
}

impl Op for Upsample {
    fn name(&self) -> &'static str {
        "upsample"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let most = |n: usize| n.checked_mul(self.times).is_some_and(|n| (1..=MOST).contains(&n));
        match inputs {
            [x] if x.dims().len() == 4 && most(x.dims()[1]) && most(x.dims()[2]) => {
                let (batch, height, width, channels) = (x.dims()[0], x.dims()[1], x.dims()[2], x.dims()[3]);
                Ok(Shape::new(&[batch, height * self.times, width * self.times, channels]))
            }
            _ => {
                let needs = format!(
                    "one picture, x [batch, height, width, channels], that {} times as large has sides from 1 to {MOST}",
                    self.times
                );
                Err(Error::Shape { op: self.name().into(), inputs: inputs.to_vec(), needs })
            }
        }
    }

    fn examples(&self) -> usize {
        1
    }

    fn forward(&self, run: Forward) {
        let (shape, x) = (run.shapes[0], run.x[0]);
        let channels = shape.dims()[3];
        let row = shape.dims()[2] * self.times;
        let y = Shared::of(run.y);
        run.threads.for_each(shape.dims()[0] * shape.dims()[1] * self.times, &|task| {
            // SAFETY: rows are disjoint.
            let y = unsafe { y.slice(task * row * channels..(task + 1) * row * channels) };
            for (ox, y) in y.chunks_exact_mut(channels).enumerate() {
                y.copy_from_slice(&x[self.source(shape, task * row + ox)..][..channels]);
            }
        });
    }

    fn backward(&self, run: Backward) {
        let shape = run.shapes[0];
        let Some(dx) = &mut run.dx[0] else { return };
        let (dy, add, dx) = (&*run.dy, dx.add, Shared::of(dx.to));
        let channels = shape.dims()[3];
        let row = shape.dims()[2] * channels;
        run.threads.for_each(shape.dims()[0] * shape.dims()[1], &|task| {
            // SAFETY: rows are disjoint.
            let dx = unsafe { dx.slice(task * row..(task + 1) * row) };
            if !add {
                dx.fill(0.0);
            }
            let large = row * self.times;
            for line in dy[task * large * self.times..][..large * self.times].chunks_exact(large) {
                let squares = line.chunks_exact(channels * self.times);
                for (dx, square) in dx.chunks_exact_mut(channels).zip(squares) {
                    for pixel in square.chunks_exact(channels) {
                        dx.iter_mut().zip(pixel).for_each(|(dx, dy)| *dx += dy);
                    }
                }
            }
        });
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    fn onnx(&self, form: Form) -> std::result::Result<Value, String> {
        let times = self.times as f32;
        let scales = form.to.numbers("scales", &[4], vec![1.0, 1.0, times, times]);
        let attributes = vec![
            ("mode", Attribute::Word("nearest")),
            ("nearest_mode", Attribute::Word("floor")),
            ("coordinate_transformation_mode", Attribute::Word("asymmetric")),
        ];
        Ok(form.to.node("Resize", &[&form.value(0)?, &Value::none(), &scales], attributes))
    }
}

impl Exact for Upsample {
    fn forward(&self, run: ExactForward) {
        let channels = run.shapes[0].dims()[3];
        for (place, y) in run.y.chunks_exact_mut(channels).enumerate() {
            y.copy_from_slice(&run.x[0][self.source(run.shapes[0], place)..][..channels]);
        }
    }
}
