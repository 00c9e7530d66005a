//! Group normalisation, [Wu & He 2018](https://arxiv.org/abs/1803.08494): each example by itself, its channels in groups.
//!
//! ```text
//! m = mean x,  v = mean (x − m)²      over the channels of a group and all places of the example: n values
//!
//! x̂  = (x − m) / √(v + ε)
//! y  = γ x̂ + β                        γ, β: one for each channel
//!
//! dβ = Σ dy               dγ = Σ dy x̂                                    over examples and places
//! dx = 1 / √(v + ε) (γ dy − mean γ dy − x̂ mean (γ dy x̂))                 means over the group
//! ```
//!
//! The first dimension counts examples, the last channels. With one group it is layer norm over a whole picture, with as
//! many groups as channels instance norm.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::gradients::Expression;
use crate::kernels::{Columns, Normal, WIDTH};
use crate::onnx::{Form, Value};
use crate::op::{Backward, Exact, ExactForward, Forward, Op, Shape, Written};
use crate::threads::Shared;

/// y = γ x̂ + β; inputs x, γ and β.
pub struct GroupNorm {
    /// How many groups; a divisor of the number of channels.
    pub groups: usize,
    /// ε > 0: keeps a variance of zero from being divided by.
    pub epsilon: f64,
}

/// What the way forward keeps, cut up. All but the last: a number for each channel of each example.
struct Kept<'a> {
    mean: &'a mut [f32],
    /// 1 / √(v + ε)
    inverse: &'a mut [f32],
    /// Room for what the way back subtracts.
    a: &'a mut [f32],
    b: &'a mut [f32],
    /// Room for partial sums.
    parts: &'a mut [f32],
}

impl<'a> Kept<'a> {
    fn of(keep: &'a mut [f32], columns: &Columns) -> Kept<'a> {
        let each = columns.segments * columns.columns;
        let (mean, rest) = keep.split_at_mut(each);
        let (inverse, rest) = rest.split_at_mut(each);
        let (a, rest) = rest.split_at_mut(each);
        let (b, parts) = rest.split_at_mut(each);
        Kept { mean, inverse, a, b, parts }
    }
}

fn columns(shapes: &[Shape]) -> Columns {
    let (rows, columns) = shapes[0].matrix();
    let segments = shapes[0].dims()[0];
    Columns { segments, rows: rows / segments.max(1), columns }
}

impl GroupNorm {
    fn normal<'a>(x: &[&'a [f32]], mean: &'a [f32], inverse: &'a [f32]) -> Normal<'a> {
        Normal { mean, inverse, scale: x[1], shift: x[2] }
    }

    /// Each group of an example: its channels.
    fn each(&self, columns: &Columns) -> impl Iterator<Item = Range<usize>> + use<> {
        let width = columns.columns / self.groups;
        (0..self.groups).map(move |group| group * width..(group + 1) * width)
    }
}

impl Op for GroupNorm {
    fn name(&self) -> &'static str {
        "group_norm"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        match inputs {
            [x, scale, shift]
                if x.dims().len() > 1
                    && scale.dims() == [x.matrix().1]
                    && shift.dims() == scale.dims()
                    && x.matrix().1.is_multiple_of(self.groups) =>
            {
                Ok(*x)
            }
            _ => Err(Error::Shape {
                op: self.name().into(),
                inputs: inputs.to_vec(),
                needs: format!(
                    "x [batch, …, channels], scale [channels] and shift [channels], with channels that can be divided \
                     among {} groups",
                    self.groups
                ),
            }),
        }
    }

    fn keeps(&self, inputs: &[Shape]) -> usize {
        let columns = columns(inputs);
        4 * columns.segments * columns.columns + columns.parts()
    }

    fn examples(&self) -> usize {
        1
    }

    fn forward(&self, run: Forward) {
        let columns = columns(run.shapes);
        let Kept { mean, inverse, parts, .. } = Kept::of(run.keep, &columns);
        columns.moments(run.x[0], parts, run.threads);
        let (parts, width) = (&*parts, columns.columns);
        let (means, inverses) = (Shared::of(mean), Shared::of(inverse));
        run.threads.for_each(columns.segments, &|example| {
            // SAFETY: examples are disjoint, and each is handled by one task.
            let [mean, inverse] =
                [means, inverses].map(|all| unsafe { all.slice(example * width..(example + 1) * width) });
            for channels in self.each(&columns) {
                let n = (columns.rows * channels.len()) as f64;
                let (mut m, mut squares) = (0.0, 0.0);
                columns.join(parts, example, &channels, |_, rows, part, _| m += rows * part / n);
                columns.join(parts, example, &channels, |_, rows, part, around| {
                    squares += around + rows * (part - m) * (part - m);
                });
                mean[channels.clone()].fill(m as f32);
                inverse[channels].fill((1.0 / (squares / n + self.epsilon).sqrt()) as f32);
            }
        });
        columns.normalise(run.x[0], run.y, Self::normal(run.x, mean, inverse), None, run.threads);
    }

    fn backward(&self, run: Backward) {
        let columns = columns(run.shapes);
        let Kept { mean, inverse, a, b, parts } = Kept::of(run.keep, &columns);
        let normal = Self::normal(run.x, mean, inverse);
        columns.slopes((run.x[0], run.dy), normal, None, parts, run.threads);
        let [dx, scale, shift] = run.dx else { unreachable!("checked by shape") };
        let (parts, inverse, width) = (&*parts, &*inverse, columns.columns);
        let (of_a, of_b) = (Shared::of(a), Shared::of(b));
        run.threads.for_each(columns.segments, &|example| {
            let own = example * width..(example + 1) * width;
            // SAFETY: examples are disjoint, and each is handled by one task.
            let [a, b] = [of_a, of_b].map(|all| unsafe { all.slice(own.clone()) });
            for channels in self.each(&columns) {
                let (mut sum, mut product) = (0.0, 0.0);
                columns.join(parts, example, &channels, |k, _, of_dy, of_products| {
                    let scale = run.x[1][channels.start + k] as f64;
                    sum += scale * of_dy;
                    product += scale * of_products;
                });
                let n = (columns.rows * channels.len()) as f64;
                let r = inverse[own.start + channels.start] as f64;
                a[channels.clone()].fill((r * sum / n) as f32);
                b[channels].fill((r * r * r * product / n) as f32);
            }
        });
        for joint in columns.joints() {
            let (mut of_shift, mut of_scale) = ([0.0f64; WIDTH], [0.0f64; WIDTH]);
            for example in 0..columns.segments {
                let inverse = &inverse[example * width + joint.start..];
                columns.join(parts, example, &joint, |k, _, of_dy, of_products| {
                    of_shift[k] += of_dy;
                    of_scale[k] += of_products * inverse[k] as f64;
                });
            }
            for (k, c) in joint.enumerate() {
                if let Some(shift) = shift {
                    shift.write(c, of_shift[k] as f32);
                }
                if let Some(scale) = scale {
                    scale.write(c, of_scale[k] as f32);
                }
            }
        }
        if let Some(dx) = dx {
            columns.back((run.x[0], run.dy), normal, [a, b], (dx.to, dx.add), run.threads);
        }
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    fn formula(&self, inputs: &[&[Expression]], _training: bool) -> Written {
        let (x, channels) = (inputs[0], inputs[1].len());
        let group = |i: usize| i % channels / (channels / self.groups);
        let mut y = x.to_vec();
        for own in (0..self.groups).map(|g| (0..x.len()).filter(|i| group(*i) == g).collect::<Vec<_>>()) {
            let hats =
                super::layer_norm::normalised(&own.iter().map(|i| x[*i]).collect::<Vec<_>>(), self.epsilon);
            for (i, hat) in own.into_iter().zip(hats) {
                y[i] = inputs[1][i % channels] * hat + inputs[2][i % channels];
            }
        }
        Ok(y)
    }

    fn onnx(&self, mut form: Form) -> std::result::Result<Value, String> {
        let even = form.to.normalised(&form.value(0)?, self.groups, self.epsilon);
        let dims = match *form.shapes[0].dims() {
            [_, height, width, channels] => vec![channels, height, width],
            ref dims => dims[1..].to_vec(),
        };
        let even = form.to.reshaped(&even, &dims);
        let (scale, shift) = (form.by_channel(1, "scale")?, form.by_channel(2, "shift")?);
        let scaled = form.to.node("Mul", &[&even, &scale], vec![]);
        Ok(form.to.node("Add", &[&scaled, &shift], vec![]))
    }
}

impl Exact for GroupNorm {
    fn forward(&self, run: ExactForward) {
        let columns = columns(run.shapes);
        let groups =
            (0..columns.segments).flat_map(|k| self.each(&columns).map(move |channels| (k, channels)));
        for (example, channels) in groups {
            let row = |i: usize| {
                let at = (example * columns.rows + i) * columns.columns;
                at + channels.start..at + channels.end
            };
            let n = (columns.rows * channels.len()) as f64;
            let all = || (0..columns.rows).flat_map(|i| &run.x[0][row(i)]);
            let mean = all().sum::<f64>() / n;
            let variance = all().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
            let inverse = 1.0 / (variance + self.epsilon).sqrt();
            for i in 0..columns.rows {
                for (c, at) in channels.clone().zip(row(i)) {
                    run.y[at] = run.x[1][c] * ((run.x[0][at] - mean) * inverse) + run.x[2][c];
                }
            }
        }
    }
}
