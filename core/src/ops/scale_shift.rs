//! A scale and a shift for each number of the last dimension, and a function of the result: what batch norm is in use,
//! where it cannot be folded into the layer before.
//!
//! ```text
//! y  = f(z),  z = s x + t
//!
//! dz = dy f′(z)
//! dx = s dz               ds = Σ dz x             dt = Σ dz
//! ```

use crate::activations::{Activation, Keeps};
use crate::error::{Error, Result};
use crate::kernels::{Columns, End, Normal};
use crate::onnx::{Form, Value};
use crate::op::{Backward, Exact, ExactForward, Forward, Op, Shape};

/// y = f(s x + t); inputs x, s and t.
pub struct ScaleShift {
    /// f
    pub activation: &'static Activation,
}

fn columns(shapes: &[Shape]) -> Columns {
    let (rows, columns) = shapes[0].matrix();
    Columns { segments: 1, rows, columns }
}

fn normal<'a>(x: &[&'a [f32]]) -> Normal<'a> {
    Normal { mean: &[], inverse: &[], scale: x[1], shift: x[2] }
}

impl Op for ScaleShift {
    fn name(&self) -> &'static str {
        "scale_shift"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        match inputs {
            [x, scale, shift] if scale.dims() == [x.matrix().1] && shift.dims() == scale.dims() => Ok(*x),
            _ => Err(Error::Shape {
                op: self.name().into(),
                inputs: inputs.to_vec(),
                needs: "x […, channels], scale [channels] and shift [channels]".into(),
            }),
        }
    }

    fn keeps(&self, inputs: &[Shape]) -> usize {
        columns(inputs).parts()
    }

    fn examples(&self) -> usize {
        1
    }

    fn forward(&self, run: Forward) {
        let apply = (!self.activation.is_identity()).then_some(self.activation.apply);
        columns(run.shapes).normalise(run.x[0], run.y, normal(run.x), apply, run.threads);
    }

    fn backward(&self, run: Backward) {
        let columns = columns(run.shapes);
        let results = (self.activation.keeps == Keeps::Result).then_some(run.y);
        let end = (!self.activation.is_identity()).then_some(End { chain: self.activation.chain, results });
        columns.slopes((run.x[0], run.dy), normal(run.x), end, run.keep, run.threads);
        let [dx, scale, shift] = run.dx else { unreachable!("checked by shape") };
        for joint in columns.joints() {
            let [sums, products] = columns.joined_sums(run.keep, 0, &joint);
            for (k, c) in joint.enumerate() {
                if let Some(shift) = shift {
                    shift.write(c, sums[k] as f32);
                }
                if let Some(scale) = scale {
                    scale.write(c, products[k] as f32);
                }
            }
        }
        if let Some(dx) = dx {
            columns.back((run.x[0], run.dy), normal(run.x), [&[]; 2], (dx.to, dx.add), run.threads);
        }
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    fn onnx(&self, mut form: Form) -> std::result::Result<Value, String> {
        let (x, scale, shift) = (form.value(0)?, form.by_channel(1, "scale")?, form.by_channel(2, "shift")?);
        let scaled = form.to.node("Mul", &[&x, &scale], vec![]);
        let shifted = form.to.node("Add", &[&scaled, &shift], vec![]);
        form.to.function(self.activation, shifted)
    }
}

impl Exact for ScaleShift {
    fn forward(&self, run: ExactForward) {
        let channels = run.x[1].len();
        for (i, y) in run.y.iter_mut().enumerate() {
            *y = run.x[1][i % channels] * run.x[0][i] + run.x[2][i % channels];
        }
        if self.activation.kink {
            run.sides.note(run.y.iter().copied());
        }
        if !self.activation.is_identity() {
            run.y.iter_mut().for_each(|y| *y = (self.activation.value)(*y));
        }
    }
}
