//! The sum of two values, where a way round some layers meets the way through them
//! ([He et al. 2015](https://arxiv.org/abs/1512.03385)).
//!
//! ```text
//! z = a + b
//! y = f(z)
//!
//! da = db = dz = dy ⊙ f′(z)
//! ```

use crate::activations::{Activation, Keeps};
use crate::error::{Error, Result};
use crate::gradients::Expression;
use crate::onnx::{Form, Value};
use crate::op::{Backward, Exact, ExactForward, Forward, Op, Shape, Written};
use crate::threads::Shared;

/// y = f(a + b), number by number.
pub struct Add {
    activation: &'static Activation,
}

impl Add {
    /// With f = `activation`.
    pub fn new(activation: &'static Activation) -> Self {
        Add { activation }
    }

    /// Whether z itself must be kept: the slope cannot be told from y.
    fn keeps_input(&self) -> bool {
        self.activation.keeps == Keeps::Input
    }
}

impl Op for Add {
    fn name(&self) -> &'static str {
        "add"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        match inputs {
            [a, b] if a == b => Ok(*a),
            _ => Err(Error::Shape {
                op: self.name().into(),
                inputs: inputs.to_vec(),
                needs: "two values of one shape".into(),
            }),
        }
    }

    fn keeps(&self, inputs: &[Shape]) -> usize {
        if self.keeps_input() { inputs[0].size() } else { 0 }
    }

    fn examples(&self) -> usize {
        2
    }

    fn forward(&self, run: Forward) {
        let (a, b) = (run.x[0], run.x[1]);
        let (y, keep) = (Shared::of(run.y), Shared::of(run.keep));
        run.threads.in_chunks(a.len(), &|range| {
            // SAFETY: chunks are disjoint.
            let y = unsafe { y.slice(range.clone()) };
            for ((y, a), b) in y.iter_mut().zip(&a[range.clone()]).zip(&b[range.clone()]) {
                *y = a + b;
            }
            if self.keeps_input() {
                // SAFETY: as above.
                unsafe { keep.slice(range.clone()) }.copy_from_slice(y);
            }
            if !self.activation.is_identity() {
                (self.activation.apply)(y);
            }
        });
    }

    fn backward(&self, run: Backward) {
        let kept = if self.keeps_input() { run.keep } else { run.y };
        let dy = Shared::of(run.dy);
        let [da, db] = run.dx else { unreachable!("checked by shape") };
        let [da, db] = [da, db].map(|dx| dx.as_mut().map(|dx| (Shared::of(dx.to), dx.add)));
        run.threads.in_chunks(run.y.len(), &|range| {
            // SAFETY: chunks are disjoint.
            let dz = unsafe { dy.slice(range.clone()) };
            if !self.activation.is_identity() {
                (self.activation.chain)(dz, &kept[range.clone()]);
            }
            for (dx, add) in [da, db].into_iter().flatten() {
                // SAFETY: as above.
                let dx = unsafe { dx.slice(range.clone()) };
                for (dx, dz) in dx.iter_mut().zip(&*dz) {
                    *dx = if add { *dx + dz } else { *dz };
                }
            }
        });
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    fn formula(&self, inputs: &[&[Expression]], _training: bool) -> Written {
        let sums = inputs[0].iter().zip(inputs[1]).map(|(a, b)| *a + *b);
        Ok(sums.map(|z| (self.activation.written)(z.named("z")).named("a")).collect())
    }

    fn onnx(&self, form: Form) -> std::result::Result<Value, String> {
        let sum = form.to.node("Add", &[&form.value(0)?, &form.value(1)?], vec![]);
        form.to.function(self.activation, sum)
    }
}

impl Exact for Add {
    fn forward(&self, run: ExactForward) {
        let sums = run.x[0].iter().zip(run.x[1]).map(|(a, b)| a + b);
        run.y.iter_mut().zip(sums).for_each(|(y, z)| *y = z);
        if self.activation.kink {
            run.sides.note(run.y.iter().copied());
        }
        if !self.activation.is_identity() {
            run.y.iter_mut().for_each(|y| *y = (self.activation.value)(*y));
        }
    }
}
