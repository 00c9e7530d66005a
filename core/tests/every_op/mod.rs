//! Every op against a plain reference in `f64`, whose way back is held against central differences.

mod dense;
mod draws;
mod pictures;
mod values;

use crate::common::pictures::{conv2d, pooled, upsample, whole};
use crate::common::{Tensor, assert_close, assert_same_slope, dot, greatest, random, run_op, run_twice};
use gradus::activations::{ACTIVATIONS, Activation};
use gradus::graph::Graph;
use gradus::op::{ExactForward, Moment, Op, Shape, Sides};
use gradus::ops::{Add, AveragePool, Conv2d, Dropout, GlobalAveragePool, Linear, MaxPool, Upsample};
use gradus::optimizer::Objective;
use gradus::plan::Plan;
use gradus::threads::Threads;
use gradus::window::{Padding, Window};

/// z = x W + b, by the definition.
fn sums(inputs: &[Tensor]) -> Vec<f64> {
    let (rows, depth, columns) = (inputs[0].dims[0], inputs[0].dims[1], inputs[1].dims[1]);
    let mut z = vec![0.0; rows * columns];
    for i in 0..rows {
        for j in 0..columns {
            for k in 0..depth {
                z[i * columns + j] += inputs[0].numbers[i * depth + k] * inputs[1].numbers[k * columns + j];
            }
            if let Some(b) = inputs.get(2) {
                z[i * columns + j] += b.numbers[j];
            }
        }
    }
    z
}

/// An op's way forward, in `f32` and in `f64`, against the definition, and its way back against the definition's central
/// differences, number by number.
fn follows<O: Op + 'static>(
    op: impl Fn() -> O,
    inputs: &[Tensor],
    formula: impl Fn(&[Tensor]) -> Vec<f64>,
    what: &str,
) {
    let y = formula(inputs);
    let shapes: Vec<Shape> = inputs.iter().map(|x| Shape::new(&x.dims)).collect();
    assert_eq!(op().shape(&shapes).unwrap().size(), y.len(), "{what}: the shape");
    let (first, second) = (random(y.len(), 6), random(y.len(), 7));
    let slopes = |r: &[f64]| -> Vec<Vec<f64>> {
        let h = 1e-6;
        let along = |i: usize, place: usize, h: f64| {
            let mut moved = inputs.to_vec();
            moved[i].numbers[place] += h;
            dot(&formula(&moved), r)
        };
        let slope = |i, place| (along(i, place, h) - along(i, place, -h)) / (2.0 * h);
        inputs.iter().enumerate().map(|(i, x)| (0..x.numbers.len()).map(|p| slope(i, p)).collect()).collect()
    };
    let (back, added) = (slopes(&first), slopes(&second));
    for threads in [1, 3].map(Threads::new) {
        let near = |size: f64| 4e-6 * (1.0 + size);
        let ran = run_op(op(), inputs, &first, Moment::default(), &threads);
        assert_close(&ran.y, &y, near(greatest(&y)), &format!("{what}: y"));
        let twice = run_twice(op(), inputs, [&first, &second], Moment::default(), &threads);
        for (i, back) in back.iter().enumerate() {
            assert_close(&ran.dx[i], back, near(greatest(back)), &format!("{what}: slope of input {i}"));
            let both: Vec<f64> = back.iter().zip(&added[i]).map(|(a, b)| a + b).collect();
            let what = format!("{what}: slope of input {i} used twice");
            assert_close(&twice[i], &both, 2.0 * near(greatest(&both)), &what);
        }
        let (x, mut exact) =
            (inputs.iter().map(|x| x.numbers.as_slice()).collect::<Vec<_>>(), vec![f64::NAN; y.len()]);
        let (moment, mut sides) = (Moment::default(), Sides::default());
        let run = ExactForward {
            shapes: &shapes,
            x: &x,
            y: &mut exact,
            sides: &mut sides,
            moment,
            id: 0,
            threads: &threads,
        };
        op().exact().expect("a way forward in f64").forward(run);
        assert_close(&exact, &y, 1e-12 * (1.0 + greatest(&y)), &format!("{what}: y in f64"));
    }
}

fn refuses(op: &dyn Op, inputs: &[&[usize]], says: &str) {
    let shapes: Vec<Shape> = inputs.iter().map(|dims| Shape::new(dims)).collect();
    let text = op.shape(&shapes).unwrap_err().to_string();
    assert!(text.starts_with(op.name()) && text.contains(says), "{text}");
}

type Function = fn(f64) -> f64;

/// The activations, written down once more from their formulas, and where they have kinks.
fn curve(name: &str) -> (Function, Function, bool) {
    fn sigmoid(x: f64) -> f64 {
        1.0 / (1.0 + (-x).exp())
    }
    fn tanh_inside(x: f64) -> f64 {
        ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh()
    }
    match name {
        "identity" => (|x| x, |_| 1.0, false),
        "relu" => (|x| if x > 0.0 { x } else { 0.0 }, |x| if x > 0.0 { 1.0 } else { 0.0 }, true),
        "leaky_relu" => (|x| if x > 0.0 { x } else { 0.01 * x }, |x| if x > 0.0 { 1.0 } else { 0.01 }, true),
        "elu" => (|x| if x > 0.0 { x } else { x.exp() - 1.0 }, |x| if x > 0.0 { 1.0 } else { x.exp() }, true),
        "gelu" => (
            |x| 0.5 * x * (1.0 + tanh_inside(x)),
            |x| {
                let (t, root) = (tanh_inside(x), (2.0 / std::f64::consts::PI).sqrt());
                0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * root * (1.0 + 3.0 * 0.044715 * x * x)
            },
            false,
        ),
        "silu" => (|x| x * sigmoid(x), |x| sigmoid(x) + x * sigmoid(x) * (1.0 - sigmoid(x)), false),
        "tanh" => (f64::tanh, |x| 1.0 / x.cosh().powi(2), false),
        "sigmoid" => (sigmoid, |x| sigmoid(x) * (1.0 - sigmoid(x)), false),
        "softplus" => (|x| (1.0 + x.exp()).ln(), sigmoid, false),
        _ => panic!("the activation `{name}` has no reference: add one in tests/every_op.rs"),
    }
}
