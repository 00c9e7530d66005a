//! Batch normalisation, [Ioffe & Szegedy 2015](https://arxiv.org/abs/1502.03167), for each number of the last dimension
//! (channel) over all other dimensions, and a function of the result.
//!
//! ```text
//! training:  m = mean x,  v = mean (x − m)²        over the batch (and the places of a picture): n values
//! use:       m, v = those remembered
//!
//! x̂  = (x − m) / √(v + ε)
//! y  = f(z),  z = γ x̂ + β                          γ: scale    β: shift
//!
//! dz = dy f′(z)
//! dβ = Σ dz               dγ = Σ dz x̂
//! dx = γ / √(v + ε) (dz − dβ / n − x̂ dγ / n)       training
//! dx = γ / √(v + ε) dz                              use
//!
//! remembered, once for each batch that counts:
//! m_r ← (1 − µ) m_r + µ m
//! v_r ← (1 − µ) v_r + µ v n / (n − 1)
//! ```
//!
//! µ is PyTorch's `momentum`: the share of the new. The variance is taken around the mean, in chunks that are joined in
//! `f64`: no squares of large numbers are subtracted.

use crate::activations::{Activation, Keeps};
use crate::error::{Error, Result};
use crate::gradients::Expression;
use crate::kernels::{Columns, End, Normal, WIDTH};
use crate::op::{AtRest, Backward, Exact, ExactForward, Forward, Op, Remember, Shape, Written};

/// y = f(γ x̂ + β); inputs x, γ, β and what is remembered: a row of means, a row of variances.
pub struct BatchNorm {
    /// f
    pub activation: &'static Activation,
    /// µ in [0, 1]: the share of a batch in what is remembered.
    pub momentum: f64,
    /// ε > 0: keeps a variance of zero from being divided by.
    pub epsilon: f64,
}

/// What the way forward keeps, cut up.
struct Kept<'a> {
    mean: &'a mut [f32],
    /// 1 / √(v + ε)
    inverse: &'a mut [f32],
    /// v
    variance: &'a mut [f32],
    /// Room for what the way back subtracts.
    a: &'a mut [f32],
    b: &'a mut [f32],
    /// Room for partial sums.
    parts: &'a mut [f32],
}

impl<'a> Kept<'a> {
    fn of(keep: &'a mut [f32], channels: usize) -> Kept<'a> {
        let (mean, rest) = keep.split_at_mut(channels);
        let (inverse, rest) = rest.split_at_mut(channels);
        let (variance, rest) = rest.split_at_mut(channels);
        let (a, rest) = rest.split_at_mut(channels);
        let (b, parts) = rest.split_at_mut(channels);
        Kept { mean, inverse, variance, a, b, parts }
    }
}

fn columns(shapes: &[Shape]) -> Columns {
    let (rows, columns) = shapes[0].matrix();
    Columns { segments: 1, rows, columns }
}

impl BatchNorm {
    fn normal<'a>(x: &[&'a [f32]], mean: &'a [f32], inverse: &'a [f32]) -> Normal<'a> {
        Normal { mean, inverse, scale: x[1], shift: x[2] }
    }

    fn inverse(&self, variance: f64) -> f64 {
        1.0 / (variance + self.epsilon).sqrt()
    }
}

impl Op for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        match inputs {
            [x, scale, shift, running]
                if x.dims().len() > 1
                    && scale.dims() == [x.matrix().1]
                    && shift.dims() == scale.dims()
                    && running.dims() == [2, x.matrix().1] =>
            {
                Ok(*x)
            }
            _ => Err(Error::Shape {
                op: self.name().into(),
                inputs: inputs.to_vec(),
                needs:
                    "x [batch, …, channels], scale [channels], shift [channels] and a memory [2, channels]"
                        .into(),
            }),
        }
    }

    fn trains(&self, inputs: &[Shape]) -> Result<()> {
        if inputs[0].matrix().0 > 1 {
            return Ok(());
        }
        Err(Error::Settings {
            message: "batch norm cannot train on a batch of one example: one value for each channel has no variance"
                .into(),
            mend: "choose a batch size that leaves no batch of one example (the last one of an epoch takes what is \
                   left), or normalise by layer_norm, which needs no batch"
                .into(),
        })
    }

    fn keeps(&self, inputs: &[Shape]) -> usize {
        5 * inputs[0].matrix().1 + columns(inputs).parts()
    }

    fn forward(&self, run: Forward) {
        let columns = columns(run.shapes);
        let channels = columns.columns;
        let Kept { mean, inverse, variance, parts, .. } = Kept::of(run.keep, channels);
        if run.moment.training {
            columns.moments(run.x[0], parts, run.threads);
            for joint in columns.joints() {
                let [means, squares] = columns.joined_moments(parts, 0, &joint);
                for (k, c) in joint.enumerate() {
                    let v = squares[k] / columns.rows as f64;
                    (mean[c], variance[c], inverse[c]) = (means[k] as f32, v as f32, self.inverse(v) as f32);
                }
            }
        } else {
            let (means, variances) = run.x[3].split_at(channels);
            mean.copy_from_slice(means);
            variance.copy_from_slice(variances);
            inverse.iter_mut().zip(variances).for_each(|(to, v)| *to = self.inverse(*v as f64) as f32);
        }
        let apply = (!self.activation.is_identity()).then_some(self.activation.apply);
        columns.normalise(run.x[0], run.y, Self::normal(run.x, mean, inverse), apply, run.threads);
    }

    fn backward(&self, run: Backward) {
        let columns = columns(run.shapes);
        let Kept { mean, inverse, a, b, parts, .. } = Kept::of(run.keep, columns.columns);
        let normal = Self::normal(run.x, mean, inverse);
        let results = (self.activation.keeps == Keeps::Result).then_some(run.y);
        let end = (!self.activation.is_identity()).then_some(End { chain: self.activation.chain, results });
        columns.slopes((run.x[0], run.dy), normal, end, parts, run.threads);
        let [dx, scale, shift, _] = run.dx else { unreachable!("checked by shape") };
        let n = columns.rows as f64;
        for joint in columns.joints() {
            let [sums, products] = columns.joined_sums(parts, 0, &joint);
            for (k, c) in joint.enumerate() {
                let (sum, product, inverse) = (sums[k], products[k], inverse[c] as f64);
                if let Some(shift) = shift {
                    shift.write(c, sum as f32);
                }
                if let Some(scale) = scale {
                    scale.write(c, (product * inverse) as f32);
                }
                let factor = run.x[1][c] as f64 * inverse / n;
                (a[c], b[c]) = ((factor * sum) as f32, (factor * inverse * inverse * product) as f32);
            }
        }
        if let Some(dx) = dx {
            let fixed = if run.moment.training { [&*a, &*b] } else { [&[][..]; 2] };
            columns.back((run.x[0], run.dy), normal, fixed, (dx.to, dx.add), run.threads);
        }
    }

    fn remember(&self, run: Remember) {
        let (n, channels) = run.shapes[0].matrix();
        let (new, old) = (run.share.unwrap_or(self.momentum), 1.0 - run.share.unwrap_or(self.momentum));
        let (means, variances) = run.memory.split_at_mut(channels);
        let unbiased = n as f64 / (n as f64 - 1.0);
        for c in 0..channels {
            let (mean, variance) = (run.keep[c] as f64, run.keep[2 * channels + c] as f64);
            means[c] = (old * means[c] as f64 + new * mean) as f32;
            variances[c] = (old * variances[c] as f64 + new * unbiased * variance) as f32;
        }
    }

    fn at_rest(&self) -> Option<&dyn AtRest> {
        Some(self)
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    fn formula(&self, _inputs: &[&[Expression]], _training: bool) -> Written {
        Err("by batch norm each example depends on all others of its batch".into())
    }
}

impl AtRest for BatchNorm {
    fn end(&self) -> &'static Activation {
        self.activation
    }

    fn fixed(&self, rest: &[&[f32]], scale: &mut [f32], shift: &mut [f32]) {
        let (means, variances) = rest[2].split_at(scale.len());
        for c in 0..scale.len() {
            let factor = rest[0][c] as f64 * self.inverse(variances[c] as f64);
            scale[c] = factor as f32;
            shift[c] = (rest[1][c] as f64 - means[c] as f64 * factor) as f32;
        }
    }
}

impl Exact for BatchNorm {
    fn forward(&self, run: ExactForward) {
        let (n, channels) = run.shapes[0].matrix();
        // A few columns at a time: their sums have room here.
        for from in (0..channels).step_by(WIDTH) {
            let some = from..channels.min(from + WIDTH);
            let (mut mean, mut variance) = ([0.0f64; WIDTH], [0.0f64; WIDTH]);
            let row = |i: usize| &run.x[0][i * channels + some.start..i * channels + some.end];
            if run.moment.training {
                for i in 0..n {
                    mean.iter_mut().zip(row(i)).for_each(|(m, x)| *m += x);
                }
                mean.iter_mut().for_each(|m| *m /= n as f64);
                for i in 0..n {
                    variance
                        .iter_mut()
                        .zip(row(i).iter().zip(&mean))
                        .for_each(|(v, (x, m))| *v += (x - m) * (x - m));
                }
                variance.iter_mut().for_each(|v| *v /= n as f64);
            } else {
                let (means, variances) = run.x[3].split_at(channels);
                mean[..some.len()].copy_from_slice(&means[some.clone()]);
                variance[..some.len()].copy_from_slice(&variances[some.clone()]);
            }
            for i in 0..n {
                for (k, c) in some.clone().enumerate() {
                    let hat = (run.x[0][i * channels + c] - mean[k]) * self.inverse(variance[k]);
                    run.y[i * channels + c] = run.x[1][c] * hat + run.x[2][c];
                }
            }
        }
        if self.activation.kink {
            run.sides.note(run.y.iter().copied());
        }
        if !self.activation.is_identity() {
            run.y.iter_mut().for_each(|y| *y = (self.activation.value)(*y));
        }
    }
}
