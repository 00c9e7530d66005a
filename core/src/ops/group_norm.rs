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
use crate::kernels::{Columns, Normal};
use crate::op::{Backward, Exact, ExactForward, Forward, Op, Shape, Written};
use crate::real::Real;

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

    /// Each group: its example, and its channels.
    fn each(&self, columns: &Columns) -> impl Iterator<Item = (usize, Range<usize>)> + use<> {
        let (groups, width) = (self.groups, columns.columns / self.groups);
        (0..columns.segments * groups)
            .map(move |k| (k / groups, k % groups * width..(k % groups + 1) * width))
    }
}

/// Calls `each` with the sums of every channel, joined from the chunks of an example.
fn joined(
    columns: &Columns,
    channels: &Range<usize>,
    join: impl Fn(&Range<usize>) -> [[f64; crate::kernels::WIDTH]; 2],
    mut each: impl FnMut(usize, f64, f64),
) {
    let of_group = |joint: Range<usize>| joint.start.max(channels.start)..joint.end.min(channels.end);
    for joint in columns.joints().map(of_group).filter(|joint| !joint.is_empty()) {
        let [first, second] = join(&joint);
        joint.enumerate().for_each(|(k, c)| each(c, first[k], second[k]));
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

    fn forward(&self, run: Forward) {
        let columns = columns(run.shapes);
        let Kept { mean, inverse, parts, .. } = Kept::of(run.keep, &columns);
        columns.moments(run.x[0], parts, run.threads);
        let rows = columns.rows as f64;
        for (example, channels) in self.each(&columns) {
            let moments = |joint: &Range<usize>| columns.joined_moments(parts, example, joint);
            let (mut m, mut squares) = (0.0, 0.0);
            joined(&columns, &channels, moments, |_, of_channel, _| m += of_channel / channels.len() as f64);
            joined(&columns, &channels, moments, |_, of_channel, around| {
                squares += around + rows * (of_channel - m) * (of_channel - m);
            });
            let v = squares / (rows * channels.len() as f64);
            let own = example * columns.columns + channels.start..example * columns.columns + channels.end;
            mean[own.clone()].fill(m as f32);
            inverse[own].fill((1.0 / (v + self.epsilon).sqrt()) as f32);
        }
        columns.normalise(run.x[0], run.y, Self::normal(run.x, mean, inverse), None, run.threads);
    }

    fn backward(&self, run: Backward) {
        let columns = columns(run.shapes);
        let Kept { mean, inverse, a, b, parts } = Kept::of(run.keep, &columns);
        let normal = Self::normal(run.x, mean, inverse);
        columns.slopes((run.x[0], run.dy), normal, None, parts, run.threads);
        let [dx, scale, shift] = run.dx else { unreachable!("checked by shape") };
        for (example, channels) in self.each(&columns) {
            let at = example * columns.columns;
            let r = inverse[at + channels.start] as f64;
            let (mut sum, mut product) = (0.0, 0.0);
            let sums = |joint: &Range<usize>| columns.joined_sums(parts, example, joint);
            joined(&columns, &channels, sums, |c, of_dy, of_products| {
                sum += run.x[1][c] as f64 * of_dy;
                product += run.x[1][c] as f64 * of_products;
            });
            let n = columns.rows as f64 * channels.len() as f64;
            a[at + channels.start..at + channels.end].fill((r * sum / n) as f32);
            b[at + channels.start..at + channels.end].fill((r * r * r * product / n) as f32);
        }
        for joint in columns.joints() {
            let (mut of_shift, mut of_scale) =
                ([0.0f64; crate::kernels::WIDTH], [0.0f64; crate::kernels::WIDTH]);
            for example in 0..columns.segments {
                let [sums, products] = columns.joined_sums(parts, example, &joint);
                for (k, c) in joint.clone().enumerate() {
                    of_shift[k] += sums[k];
                    of_scale[k] += products[k] * inverse[example * columns.columns + c] as f64;
                }
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
}

impl Exact for GroupNorm {
    fn forward(&self, run: ExactForward) {
        let columns = columns(run.shapes);
        for (example, channels) in self.each(&columns) {
            let row = |i: usize| {
                let at = (example * columns.rows + i) * columns.columns;
                at + channels.start..at + channels.end
            };
            let n = (columns.rows * channels.len()) as f64;
            let all = || (0..columns.rows).flat_map(|i| &run.x[0][row(i)]);
            let mean = all().sum::<f64>() / n;
            let variance = all().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
            let inverse = f64::of(1.0) / (variance + self.epsilon).sqrt();
            for i in 0..columns.rows {
                for (c, at) in channels.clone().zip(row(i)) {
                    run.y[at] = run.x[1][c] * ((run.x[0][at] - mean) * inverse) + run.x[2][c];
                }
            }
        }
    }
}
