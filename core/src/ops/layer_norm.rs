//! Layer normalisation, [Ba, Kiros & Hinton 2016](https://arxiv.org/abs/1607.06450): each row of the last dimension by
//! itself.
//!
//! ```text
//! m = mean x,  v = mean (x − m)²      over a row
//!
//! x̂  = (x − m) / √(v + ε)
//! y  = γ x̂ + β                        γ, β: one for each place of a row
//!
//! dβ = Σ_rows dy          dγ = Σ_rows dy x̂
//! dx = 1 / √(v + ε) (γ dy − mean γ dy − x̂ mean (γ dy x̂))
//! ```

use std::ops::Range;

use crate::error::{Error, Result};
use crate::gradients::Expression;
use crate::kernels::{Loop, wide};
use crate::onnx::{Form, Value};
use crate::op::{Backward, Exact, ExactForward, Forward, Op, Shape, Written};
use crate::real::Real;
use crate::threads::{Shared, Threads};

/// y = γ x̂ + β; inputs x, γ and β.
pub struct LayerNorm {
    /// ε > 0: keeps a variance of zero from being divided by.
    pub epsilon: f64,
}

/// Rows that one task handles: by the length of a row alone, so that sums over rows never depend on the threads.
fn rows_of_task(length: usize) -> usize {
    (16_384 / length.max(1)).clamp(16, 256)
}

/// What the way forward keeps, cut up: mean and 1 / √(v + ε) of each row, and room for partial sums over rows.
fn kept(keep: &mut [f32], rows: usize) -> (&mut [f32], &mut [f32]) {
    keep.split_at_mut(2 * rows)
}

fn each(rows: usize, length: usize, threads: &Threads, task: &(dyn Fn(usize, Range<usize>) + Sync)) {
    let step = rows_of_task(length);
    let one = |k: usize| task(k, k * step..rows.min((k + 1) * step));
    // Waking a thread costs about as much as a few thousand numbers.
    if rows * length <= 16_384 {
        (0..rows.div_ceil(step)).for_each(one);
    } else {
        threads.for_each(rows.div_ceil(step), &one);
    }
}

impl Op for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        match inputs {
            [x, scale, shift] if scale.dims() == [x.matrix().1] && shift.dims() == scale.dims() => Ok(*x),
            _ => Err(Error::Shape {
                op: self.name().into(),
                inputs: inputs.to_vec(),
                needs: "x […, numbers], scale [numbers] and shift [numbers]".into(),
            }),
        }
    }

    fn keeps(&self, inputs: &[Shape]) -> usize {
        let (rows, length) = inputs[0].matrix();
        2 * rows + 2 * length * rows.div_ceil(rows_of_task(length))
    }

    fn examples(&self) -> usize {
        1
    }

    fn forward(&self, run: Forward) {
        let (rows, length) = run.shapes[0].matrix();
        let (moments, _) = kept(run.keep, rows);
        let (y, moments) = (Shared::of(run.y), Shared::of(moments));
        let (scale, shift, epsilon) = (run.x[1], run.x[2], self.epsilon);
        each(rows, length, run.threads, &|_, own| {
            let x = &run.x[0][own.start * length..own.end * length];
            // SAFETY: rows of tasks are disjoint.
            let (y, moments) = unsafe {
                (y.slice(own.start * length..own.end * length), moments.slice(2 * own.start..2 * own.end))
            };
            wide(Normalise { x, y, moments, scale, shift, epsilon, length });
        });
    }

    fn backward(&self, run: Backward) {
        let (rows, length) = run.shapes[0].matrix();
        let (moments, parts) = kept(run.keep, rows);
        let [dx, d_scale, d_shift] = run.dx else { unreachable!("checked by shape") };
        let add = dx.as_ref().is_some_and(|dx| dx.add);
        let wanted = dx.is_some();
        let (to, sums) = (Shared::of(dx.as_mut().map_or(&mut [][..], |dx| dx.to)), Shared::of(parts));
        let (scale, x, dy, moments) = (run.x[1], run.x[0], &*run.dy, &*moments);
        each(rows, length, run.threads, &|task, own| {
            let numbers = own.start * length..own.end * length;
            // SAFETY: rows of tasks are disjoint, and so are their sums.
            let (dx, sums) = unsafe {
                (
                    to.slice(if wanted { numbers.clone() } else { 0..0 }),
                    sums.slice(2 * task * length..2 * (task + 1) * length),
                )
            };
            let (x, dy, moments) = (&x[numbers.clone()], &dy[numbers], &moments[2 * own.start..2 * own.end]);
            wide(Back { x, dy, dx, add, moments, scale, sums, length });
        });
        let of_tasks = |at: usize| parts.chunks(length).skip(at).step_by(2);
        for (at, to) in [(0, d_shift), (1, d_scale)] {
            let Some(to) = to else { continue };
            for i in 0..length {
                to.write(i, of_tasks(at).map(|sum| sum[i] as f64).sum::<f64>() as f32);
            }
        }
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    fn formula(&self, inputs: &[&[Expression]], _training: bool) -> Written {
        let affine = |(i, hat): (usize, Expression)| {
            let (row, scale, shift) = (inputs[1].len(), inputs[1], inputs[2]);
            scale[i % row] * hat + shift[i % row]
        };
        let rows = inputs[0].chunks(inputs[1].len());
        Ok(rows.flat_map(|row| normalised(row, self.epsilon)).enumerate().map(affine).collect())
    }

    fn onnx(&self, mut form: Form) -> std::result::Result<Value, String> {
        let mut x = form.value(0)?;
        // Not `LayerNormalization`: onnxruntime takes the mean's square from that of the squares, and of a row of equal numbers makes no numbers.
        let (rows, picture) = match *form.shapes[0].dims() {
            [_, height, width, channels] => (height * width, Some([height, width, channels])),
            _ => (1, None),
        };
        if picture.is_some() {
            x = form.to.channels_last(&x);
        }
        let even = form.to.normalised(&x, rows, self.epsilon);
        let dims = picture.map_or(vec![form.shapes[1].size()], Vec::from);
        let mut even = form.to.reshaped(&even, &dims);
        if picture.is_some() {
            even = form.to.channels_first(&even);
        }
        let (scale, shift) = (form.by_channel(1, "scale")?, form.by_channel(2, "shift")?);
        let scaled = form.to.node("Mul", &[&even, &scale], vec![]);
        Ok(form.to.node("Add", &[&scaled, &shift], vec![]))
    }
}

/// x̂ of one row.
pub(super) fn normalised<R: Real>(x: &[R], epsilon: f64) -> Vec<R> {
    let share = R::of(1.0 / x.len() as f64);
    let sum = |numbers: &mut dyn Iterator<Item = R>| numbers.reduce(|a, b| a + b).unwrap_or(R::of(0.0));
    let mean = sum(&mut x.iter().copied()) * share;
    let variance = sum(&mut x.iter().map(|x| (*x - mean) * (*x - mean))) * share;
    let deviation = (variance + R::of(epsilon)).sqrt();
    x.iter().map(|x| (*x - mean) / deviation).collect()
}

/// Σ f(aᵢ, bᵢ, cᵢ): sixteen sums of at most 64 numbers in `f32`, joined in `f64`.
#[inline(always)]
fn total(a: &[f32], b: &[f32], c: &[f32], f: impl Fn(f32, f32, f32) -> f32) -> f64 {
    let mut total = 0.0;
    for ((a, b), c) in a.chunks(1024).zip(b.chunks(1024)).zip(c.chunks(1024)) {
        let mut lanes = [0.0f32; 16];
        for ((a, b), c) in a.chunks(16).zip(b.chunks(16)).zip(c.chunks(16)) {
            for (((lane, a), b), c) in lanes.iter_mut().zip(a).zip(b).zip(c) {
                *lane += f(*a, *b, *c);
            }
        }
        total += lanes.iter().map(|x| *x as f64).sum::<f64>();
    }
    total
}

struct Normalise<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
    moments: &'a mut [f32],
    scale: &'a [f32],
    shift: &'a [f32],
    epsilon: f64,
    length: usize,
}

impl Loop for Normalise<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Normalise { x, y, moments, scale, shift, epsilon, length } = self;
        let n = length as f64;
        let rows = x.chunks_exact(length).zip(y.chunks_exact_mut(length)).zip(moments.chunks_exact_mut(2));
        for ((x, y), moments) in rows {
            let mean = (total(x, x, x, |x, _, _| x) / n) as f32;
            let variance = total(x, x, x, |x, _, _| (x - mean) * (x - mean)) / n;
            let inverse = (1.0 / (variance + epsilon).sqrt()) as f32;
            moments.copy_from_slice(&[mean, inverse]);
            for (((y, x), scale), shift) in y.iter_mut().zip(x).zip(scale).zip(shift) {
                *y = (x - mean) * inverse * scale + shift;
            }
        }
    }
}

struct Back<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    /// Empty if it is not wanted.
    dx: &'a mut [f32],
    add: bool,
    moments: &'a [f32],
    scale: &'a [f32],
    /// Σ dy, then Σ dy x̂.
    sums: &'a mut [f32],
    length: usize,
}

impl Loop for Back<'_> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Back { x, dy, dx, add, moments, scale, sums, length } = self;
        sums.fill(0.0);
        let (of_dy, of_products) = sums.split_at_mut(length);
        let rows = x.chunks_exact(length).zip(dy.chunks_exact(length)).zip(moments.chunks_exact(2));
        for (row, ((x, dy), moments)) in rows.enumerate() {
            let (mean, inverse) = (moments[0], moments[1]);
            for (((sum, product), x), dy) in of_dy.iter_mut().zip(&mut *of_products).zip(x).zip(dy) {
                *sum += dy;
                *product += dy * ((x - mean) * inverse);
            }
            if dx.is_empty() {
                continue;
            }
            let n = length as f64;
            let a = (total(dy, scale, x, |dy, scale, _| dy * scale) / n) as f32;
            let b = (total(dy, scale, x, |dy, scale, x| dy * scale * ((x - mean) * inverse)) / n) as f32;
            let dx = &mut dx[row * length..(row + 1) * length];
            for (((dx, x), dy), scale) in dx.iter_mut().zip(x).zip(dy).zip(scale) {
                let slope = inverse * (dy * scale - a - (x - mean) * inverse * b);
                *dx = if add { *dx + slope } else { slope };
            }
        }
    }
}

impl Exact for LayerNorm {
    fn forward(&self, run: ExactForward) {
        let length = run.shapes[0].matrix().1.max(1);
        for (x, y) in run.x[0].chunks(length).zip(run.y.chunks_mut(length)) {
            let n = length as f64;
            let mean = x.iter().sum::<f64>() / n;
            let variance = x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
            let deviation = (variance + self.epsilon).sqrt();
            for (i, y) in y.iter_mut().enumerate() {
                *y = run.x[1][i] * ((x[i] - mean) / deviation) + run.x[2][i];
            }
        }
    }
}
