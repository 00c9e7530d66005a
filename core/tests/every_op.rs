//! Every op against a plain reference in `f64`, whose way back is held against central differences.

mod common;

use common::pictures::{conv2d, pooled, upsample, whole};
use common::{Tensor, assert_close, assert_same_slope, dot, greatest, random, run_op, run_twice};
use gradus::activations::{ACTIVATIONS, Activation};
use gradus::graph::Graph;
use gradus::op::{ExactForward, Moment, Op, Shape, Sides};
use gradus::ops::{Add, AveragePool, Conv2d, Dropout, GlobalAveragePool, Linear, MaxPool, Upsample};
use gradus::optimizer::Objective;
use gradus::plan::Plan;
use gradus::threads::Threads;
use gradus::window::{Padding, Window};

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

/// y = f(z)
fn linear(function: &Activation, inputs: &[Tensor]) -> Vec<f64> {
    sums(inputs).into_iter().map(curve(function.name).0).collect()
}

/// dx = dz Wᵀ, dW = xᵀ dz, db = Σ dz, with dz = dy f′(z), by the definition.
fn linear_back(function: &Activation, inputs: &[Tensor], dy: &[f64]) -> Vec<Vec<f64>> {
    let (rows, depth, columns) = (inputs[0].dims[0], inputs[0].dims[1], inputs[1].dims[1]);
    let slope = curve(function.name).1;
    let mut dx: Vec<Vec<f64>> = inputs.iter().map(|x| vec![0.0; x.numbers.len()]).collect();
    for (place, z) in sums(inputs).into_iter().enumerate() {
        let (i, j) = (place / columns, place % columns);
        let dz = dy[place] * slope(z);
        for k in 0..depth {
            dx[0][i * depth + k] += dz * inputs[1].numbers[k * columns + j];
            dx[1][k * columns + j] += dz * inputs[0].numbers[i * depth + k];
        }
        if let Some(db) = dx.get_mut(2) {
            db[j] += dz;
        }
    }
    assert_eq!(dx[0].len(), rows * depth);
    dx
}

/// x, W and perhaps b; where the function has a kink, no sum comes near it.
fn linear_inputs(function: &Activation, shape: [usize; 3], bias: bool, seed: u64) -> Vec<Tensor> {
    let [rows, depth, columns] = shape;
    let kinked = curve(function.name).2;
    let far = if rows * columns < 100 { 1e-2 } else { 1e-5 };
    (0..)
        .map(|again| {
            let seed = seed + 1000 * again;
            let mut inputs = vec![
                Tensor::random(&[rows, depth], seed),
                Tensor::random(&[depth, columns], seed + 1),
                Tensor::random(&[columns], seed + 2),
            ];
            inputs.truncate(if bias { 3 } else { 2 });
            inputs
        })
        .find(|inputs| !kinked || sums(inputs).iter().all(|z| z.abs() > far))
        .unwrap()
}

/// A single number, a row, a column, odd sizes, sizes that fill vectors and cross the kernels' blocks.
const SHAPES: [[usize; 3]; 12] = [
    [1, 1, 1],
    [1, 5, 1],
    [1, 1, 7],
    [6, 1, 1],
    [1, 9, 11],
    [3, 4, 2],
    [5, 3, 16],
    [7, 13, 11],
    [17, 31, 1],
    [33, 19, 65],
    [64, 70, 48],
    [40, 600, 9],
];

#[test]
fn the_reference_of_linear_is_its_own_slope() {
    for (function, bias) in ACTIVATIONS.iter().flat_map(|f| [(f, true), (f, false)]) {
        for (case, shape) in SHAPES.into_iter().filter(|s| s.iter().product::<usize>() < 3000).enumerate() {
            let inputs = linear_inputs(function, shape, bias, 10 * case as u64);
            let r = random(shape[0] * shape[2], 5);
            let back = linear_back(function, &inputs, &r);
            for direction in 0..3 {
                let d: Vec<Vec<f64>> = inputs
                    .iter()
                    .enumerate()
                    .map(|(i, x)| random(x.numbers.len(), 90 + 7 * direction + i as u64))
                    .collect();
                let written = back.iter().zip(&d).map(|(b, d)| dot(b, d)).sum();
                let at = |h: f64| {
                    let moved: Vec<Tensor> = inputs.iter().zip(&d).map(|(x, d)| x.moved(d, h)).collect();
                    dot(&linear(function, &moved), &r)
                };
                let h = 1e-5;
                let what = format!("linear {} {shape:?}, bias {bias}", function.name);
                assert_same_slope(written, (at(h) - at(-h)) / (2.0 * h), &what);
            }
        }
    }
}

#[test]
fn linear_follows_its_reference_with_every_activation_at_every_shape() {
    for (function, bias) in ACTIVATIONS.iter().flat_map(|f| [(f, true), (f, false)]) {
        for (case, shape) in SHAPES.into_iter().enumerate() {
            let threads = Threads::new(1 + case % 2);
            let inputs = linear_inputs(function, shape, bias, 100 + 10 * case as u64);
            let (first, second) = (random(shape[0] * shape[2], 6), random(shape[0] * shape[2], 7));
            let ran = run_op(Linear::new(function), &inputs, &first, Moment::default(), &threads);
            let what = format!("linear {} {shape:?}, bias {bias}", function.name);
            let rounding = |depth: usize, size: f64| 2e-7 * (4.0 + (depth as f64).sqrt()) * (1.0 + size);

            let y = linear(function, &inputs);
            assert_close(&ran.y, &y, rounding(shape[1], greatest(&y)), &format!("{what}: y"));
            let back = linear_back(function, &inputs, &first);
            let added = linear_back(function, &inputs, &second);
            let twice =
                run_twice(Linear::new(function), &inputs, [&first, &second], Moment::default(), &threads);
            for (input, name) in (0..inputs.len()).zip(["dx", "dW", "db"]) {
                // The way back meets functions of z that are themselves rounded over the depth of z.
                let depth = shape[0].max(shape[2]) + shape[1];
                let near = rounding(depth, greatest(&back[input]));
                assert_close(&ran.dx[input], &back[input], near, &format!("{what}: {name}"));
                let both: Vec<f64> = back[input].iter().zip(&added[input]).map(|(a, b)| a + b).collect();
                assert_close(
                    &twice[input],
                    &both,
                    2.0 * near,
                    &format!("{what}: {name} of an input used twice"),
                );
            }
        }
    }
}

#[test]
fn linear_refuses_shapes_that_do_not_fit() {
    let op = Linear::new(&ACTIVATIONS[0]);
    let shape = |dims: &[usize]| Shape::new(dims);
    let fits = op.shape(&[shape(&[5, 3]), shape(&[3, 2]), shape(&[2])]).unwrap();
    assert_eq!(fits.dims(), [5, 2]);
    for wrong in [
        vec![shape(&[5, 3]), shape(&[4, 2])],
        vec![shape(&[5, 3]), shape(&[3, 2]), shape(&[3])],
        vec![shape(&[5, 3])],
        vec![shape(&[5]), shape(&[5, 2])],
        vec![],
    ] {
        let text = op.shape(&wrong).unwrap_err().to_string();
        assert!(text.starts_with("linear: inputs of shape"), "{text}");
    }
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

/// Pictures (batch, height, width, channels), outputs, window, groups: odd, prime, not square; strides, distances, groups,
/// paddings wider than the picture.
fn convolutions() -> Vec<([usize; 4], usize, Window, usize)> {
    let window = |rows, columns, padding| Window::new(rows, columns, padding);
    use Padding::{Pixels, Same, Valid};
    vec![
        ([1, 1, 1, 1], 1, window(1, 1, Valid), 1),
        ([2, 5, 5, 3], 4, window(3, 3, Same), 1),
        ([2, 7, 5, 2], 3, window(3, 3, Pixels(1)).stride(2, 2), 1),
        ([1, 8, 6, 3], 5, window(3, 3, Same).stride(2, 2), 1),
        ([2, 9, 11, 2], 3, window(3, 2, Valid).stride(1, 2).dilation(2, 3), 1),
        ([1, 7, 7, 6], 9, window(3, 3, Same).dilation(2, 2), 3),
        ([2, 6, 7, 5], 5, window(3, 3, Same), 5),
        ([1, 6, 7, 3], 6, window(3, 5, Pixels(2)).stride(2, 1), 3),
        ([2, 3, 2, 2], 3, window(2, 2, Pixels(4)), 1),
        ([2, 4, 5, 17], 19, window(1, 1, Valid), 1),
        ([3, 5, 6, 11], 4, window(1, 1, Valid).stride(2, 3), 1),
        ([1, 13, 11, 1], 2, window(7, 5, Same).stride(3, 2), 1),
        ([1, 5, 3, 2], 2, window(5, 3, Valid), 2),
    ]
}

fn conv_inputs(x: [usize; 4], outputs: usize, window: &Window, groups: usize, bias: bool) -> Vec<Tensor> {
    let w = [window.size[0], window.size[1], x[3] / groups, outputs];
    let mut inputs = vec![Tensor::random(&x, 11), Tensor::random(&w, 12), Tensor::random(&[outputs], 13)];
    inputs.truncate(if bias { 3 } else { 2 });
    inputs
}

#[test]
fn conv2d_follows_its_reference_at_every_shape() {
    for ((x, outputs, window, groups), bias) in
        convolutions().into_iter().zip([true, false].into_iter().cycle())
    {
        let inputs = conv_inputs(x, outputs, &window, groups, bias);
        let op = || Conv2d::new(window, groups, &ACTIVATIONS[0]);
        let what = format!("conv2d of {x:?} to {outputs}, {window:?}, {groups} groups, bias {bias}");
        follows(op, &inputs, |inputs| conv2d(&window, groups, inputs), &what);
    }
}

#[test]
fn conv2d_follows_its_reference_with_every_activation() {
    let (x, window) = ([2, 5, 4, 2], Window::new(3, 3, Padding::Same));
    for function in ACTIVATIONS {
        let (value, _, kinked) = curve(function.name);
        let z = |inputs: &[Tensor]| conv2d(&window, 1, inputs);
        let mut inputs = conv_inputs(x, 3, &window, 1, true);
        while kinked && z(&inputs).iter().any(|z| z.abs() < 1e-3) {
            inputs[2].numbers.iter_mut().for_each(|b| *b += 0.0078125);
        }
        let formula = |inputs: &[Tensor]| z(inputs).into_iter().map(value).collect();
        follows(|| Conv2d::new(window, 1, function), &inputs, formula, &format!("conv2d {}", function.name));
    }
}

fn refuses(op: &dyn Op, inputs: &[&[usize]], says: &str) {
    let shapes: Vec<Shape> = inputs.iter().map(|dims| Shape::new(dims)).collect();
    let text = op.shape(&shapes).unwrap_err().to_string();
    assert!(text.starts_with(op.name()) && text.contains(says), "{text}");
}

#[test]
fn ops_on_pictures_refuse_shapes_that_do_not_fit_and_say_why() {
    let conv = |groups| Conv2d::new(Window::new(3, 3, Padding::Valid), groups, &ACTIVATIONS[0]);
    refuses(&conv(1), &[&[1, 5, 5, 2], &[3, 3, 2, 4], &[5]], "b [outputs]");
    refuses(&conv(1), &[&[1, 5, 5, 2], &[3, 2, 2, 4]], "w [3, 3, 2, outputs]");
    refuses(&conv(1), &[&[1, 5, 5, 3], &[3, 3, 2, 4]], "w [3, 3, 3, outputs]");
    refuses(&conv(2), &[&[1, 5, 5, 3], &[3, 3, 1, 4]], "2 groups to divide both the 3 channels");
    refuses(&conv(0), &[&[1, 5, 5, 3], &[3, 3, 1, 4]], "0 groups");
    refuses(&conv(1), &[&[1, 75], &[3, 3, 1, 4]], "[batch, height, width, channels]");
    refuses(&conv(1), &[&[1, 5, 5, 3]], "w [3, 3, channels");
    refuses(&conv(1), &[&[1, 2, 5, 2], &[3, 3, 2, 4]], "3×3 is larger than 2×5");
    let pool = |size, padding| MaxPool { window: Window::new(size, size, padding) };
    refuses(&pool(6, Padding::Valid), &[&[1, 5, 7, 2]], "6×6 is larger than 5×7");
    refuses(&pool(2, Padding::Pixels(2)), &[&[1, 5, 7, 2]], "less padding");
    refuses(&pool(2, Padding::Valid), &[&[5, 7]], "one picture");
    let dilated = Window::new(2, 2, Padding::Valid).dilation(2, 1);
    refuses(&AveragePool { window: dilated }, &[&[1, 5, 7, 2]], "neighbouring pixels");
    refuses(&GlobalAveragePool, &[&[5, 7]], "one picture");
    refuses(&Upsample { times: 0 }, &[&[1, 5, 7, 2]], "sides from 1");
    refuses(&Upsample { times: usize::MAX }, &[&[1, 5, 7, 2]], "sides from 1");
    refuses(&Add::new(&ACTIVATIONS[0]), &[&[2, 3], &[3, 2]], "two values of one shape");
}

/// Pictures and windows of pools.
fn pools() -> Vec<([usize; 4], Window)> {
    let window = |rows, columns, padding| Window::new(rows, columns, padding);
    use Padding::{Pixels, Same, Valid};
    vec![
        ([1, 1, 1, 1], window(1, 1, Valid)),
        ([2, 6, 4, 3], window(2, 2, Valid).stride(2, 2)),
        ([2, 7, 5, 17], window(2, 2, Valid).stride(2, 2)),
        ([1, 7, 5, 2], window(3, 3, Pixels(1)).stride(2, 2)),
        ([2, 7, 6, 3], window(3, 2, Same).stride(2, 3)),
        ([1, 5, 5, 2], window(3, 3, Pixels(2))),
        ([2, 5, 11, 1], window(2, 3, Valid).stride(3, 4)),
        ([1, 4, 3, 5], window(4, 3, Valid)),
    ]
}

#[test]
fn max_pool_follows_its_reference_and_hands_slopes_to_the_greatest() {
    for (x, window) in pools() {
        let inputs = [Tensor::random(&x, 21)];
        let greatest = |seen: &[f64]| seen.iter().fold(f64::NEG_INFINITY, |a, x| a.max(*x));
        let what = format!("max_pool of {x:?}, {window:?}");
        follows(|| MaxPool { window }, &inputs, |inputs| pooled(&window, &inputs[0], greatest), &what);
    }
    // Of equals the first, row by row.
    let window = Window::new(2, 2, Padding::Valid).stride(2, 2);
    let x = Tensor::new(&[1, 2, 4, 1], vec![0.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
    let ran = run_op(MaxPool { window }, &[x], &[3.0, 5.0], Moment::default(), &Threads::new(1));
    assert_eq!(
        (ran.y, ran.dx[0].as_slice()),
        (vec![1.0, 2.0], &[0.0, 3.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0][..])
    );
}

#[test]
fn what_is_no_number_is_not_lost_in_a_pool() {
    let window = Window::new(1, 3, Padding::Valid);
    for place in 0..3 {
        let mut x = Tensor::new(&[1, 1, 3, 1], vec![1.0, 2.0, 3.0]);
        x.numbers[place] = f64::NAN;
        let ran = run_op(MaxPool { window }, &[x], &[1.0], Moment::default(), &Threads::new(1));
        assert!(ran.y[0].is_nan(), "a NaN at place {place}");
    }
}

#[test]
fn average_pool_follows_its_reference_which_does_not_count_the_padding() {
    let mean = |seen: &[f64]| seen.iter().sum::<f64>() / seen.len() as f64;
    for (x, window) in pools() {
        let inputs = [Tensor::random(&x, 22)];
        let what = format!("average_pool of {x:?}, {window:?}");
        follows(|| AveragePool { window }, &inputs, |inputs| pooled(&window, &inputs[0], mean), &what);
    }
}

#[test]
fn global_average_pool_follows_its_reference() {
    let mean = |seen: &[f64]| seen.iter().sum::<f64>() / seen.len() as f64;
    for x in [[1, 1, 1, 1], [3, 5, 7, 2], [2, 1, 4, 19]] {
        let formula = |inputs: &[Tensor]| pooled(&whole(&inputs[0]), &inputs[0], mean);
        follows(
            || GlobalAveragePool,
            &[Tensor::random(&x, 23)],
            formula,
            &format!("global_average_pool of {x:?}"),
        );
    }
}

#[test]
fn upsample_follows_its_reference() {
    for (x, times) in [([1, 1, 1, 1], 1), ([2, 3, 5, 2], 2), ([1, 2, 3, 17], 3), ([3, 4, 1, 1], 5)] {
        let formula = |inputs: &[Tensor]| upsample(times, &inputs[0]);
        follows(
            || Upsample { times },
            &[Tensor::random(&x, 24)],
            formula,
            &format!("upsample of {x:?} by {times}"),
        );
    }
}

#[test]
fn add_follows_its_formula_with_every_activation() {
    for function in ACTIVATIONS {
        let (value, _, kinked) = curve(function.name);
        for dims in [vec![1, 1], vec![5, 7], vec![3, 2, 5, 2]] {
            let inputs = (0..)
                .map(|again| {
                    [Tensor::random(&dims, 31 + 100 * again), Tensor::random(&dims, 32 + 100 * again)]
                })
                .find(|x| {
                    !kinked || x[0].numbers.iter().zip(&x[1].numbers).all(|(a, b)| (a + b).abs() > 1e-3)
                })
                .unwrap();
            let sum =
                |x: &[Tensor]| x[0].numbers.iter().zip(&x[1].numbers).map(|(a, b)| value(a + b)).collect();
            follows(|| Add::new(function), &inputs, sum, &format!("add {} of {dims:?}", function.name));
        }
    }
    // More numbers than one task takes.
    let n = 20_001;
    let [a, b] = [Tensor::random(&[n], 1), Tensor::random(&[n], 2)];
    let (dy, sum) =
        (random(n, 3), a.numbers.iter().zip(&b.numbers).map(|(a, b)| a + b).collect::<Vec<f64>>());
    let ran = run_op(Add::new(&ACTIVATIONS[0]), &[a, b], &dy, Moment::default(), &Threads::new(2));
    assert_close(&ran.y, &sum, 1e-6, "many numbers");
    assert_close(&ran.dx[0], &dy, 0.0, "da");
    assert_close(&ran.dx[1], &dy, 0.0, "db");
}

fn training(step: u64) -> Moment {
    Moment { training: true, seed: 42, step, ..Moment::default() }
}

/// m of dropout, found by dropping ones.
fn mask(p: f32, n: usize, moment: Moment, threads: &Threads) -> Vec<bool> {
    let ones = Tensor::new(&[n], vec![1.0; n]);
    let ran = run_op(Dropout { probability: p }, &[ones], &vec![1.0; n], moment, threads);
    ran.y.iter().map(|y| *y != 0.0).collect()
}

#[test]
fn dropout_follows_its_formula_and_drops_the_same_on_the_way_back() {
    for (p, n) in [(0.5f32, 1), (0.2, 7), (0.9, 1000), (0.0, 33), (0.3, 20_001)] {
        let threads = Threads::new(2);
        let m = mask(p, n, training(3), &threads);
        let (x, dy, more) = (Tensor::random(&[n], 1), random(n, 2), random(n, 3));
        let formula = |v: &[f64]| -> Vec<f64> {
            v.iter().zip(&m).map(|(v, m)| if *m { v / (1.0 - p as f64) } else { 0.0 }).collect()
        };
        let op = || Dropout { probability: p };
        let ran = run_op(op(), std::slice::from_ref(&x), &dy, training(3), &threads);
        let near = 1e-6 / (1.0 - p as f64);
        assert_close(&ran.y, &formula(&x.numbers), near, "y");
        assert_close(&ran.dx[0], &formula(&dy), near, "dx");
        // L = Σ r y is linear in x: its slope is exact, and differences add nothing to the formula.
        let used = run_op(op(), std::slice::from_ref(&x), &dy, Moment::default(), &threads);
        assert_close(&used.y, &x.numbers, 0.0, "in use y = x");
        assert_close(&used.dx[0], &dy, 0.0, "in use dx = dy");
        let twice = run_twice(op(), &[x], [&dy, &more], Moment::default(), &threads);
        let sum: Vec<f64> = dy.iter().zip(&more).map(|(a, b)| a + b).collect();
        assert_close(&twice[0], &sum, 1e-6, "an input used twice");
    }
}

#[test]
fn dropout_keeps_the_share_it_says() {
    let n = 40_000;
    for p in [0.1f32, 0.5, 0.8] {
        let kept = mask(p, n, training(1), &Threads::new(2)).iter().filter(|m| **m).count() as f64 / n as f64;
        assert!((kept - (1.0 - p as f64)).abs() < 0.01, "p = {p}: {kept} kept");
    }
}

#[test]
fn dropout_draws_anew_each_step_and_seed_and_never_within_one() {
    let threads = Threads::new(3);
    let draw =
        |seed, step| mask(0.5, 20_000, Moment { training: true, seed, step, ..Moment::default() }, &threads);
    let first = draw(1, 1);
    assert_eq!(first, draw(1, 1), "asked twice within a step");
    assert_eq!(
        first,
        mask(0.5, 20_000, Moment { training: true, seed: 1, step: 1, ..Moment::default() }, &Threads::new(1))
    );
    for other in [draw(1, 2), draw(2, 1)] {
        let same = first.iter().zip(&other).filter(|(a, b)| a == b).count();
        assert!((9_600..10_400).contains(&same), "{same} of 20000 drawn the same");
    }
    let (front, back) = first.split_at(8192);
    assert_ne!(front[..8192], back[..8192], "chunks draw apart");
}

#[test]
fn two_dropouts_of_one_network_draw_apart() {
    let ones = Tensor::new(&[64], vec![1.0; 64]);
    let r = vec![1.0; 64];
    let twice = run_twice(Dropout { probability: 0.5 }, &[ones], [&r, &r], training(1), &Threads::new(1));
    let (none, one, both) = twice[0].iter().fold((0, 0, 0), |(n, o, b), x| match *x {
        0.0 => (n + 1, o, b),
        2.0 => (n, o + 1, b),
        _ => (n, o, b + 1),
    });
    assert!(none > 4 && one > 16 && both > 4, "{none} {one} {both}");
}

/// May never change: every seed's training with dropout depends on it.
#[test]
fn the_draws_of_dropout_are_golden() {
    let drawn = mask(0.5, 40, training(7), &Threads::new(1));
    let text: String = drawn.iter().map(|m| if *m { '1' } else { '0' }).collect();
    assert_eq!(text, "1010101110010010100110011100110000110101");
}

#[test]
fn one_value_given_twice_to_one_op_is_refused_where_it_would_have_two_slopes() {
    let zeros = gradus::initializers::named("zeros").unwrap();
    let mut graph = Graph::new();
    let w = graph.weight("w", &[3, 3], zeros);
    let square = graph.apply(Linear::new(&ACTIVATIONS[0]), &[w, w]).unwrap();
    let loss = graph.apply(common::Along(vec![1.0; 9]), &[square]).unwrap();
    let error = Plan::training(graph, loss, &Threads::new(1)).err().expect("refused").to_string();
    assert!(error.contains("given twice"), "{error}");
    // Data have no slopes.
    let mut graph = Graph::new();
    let x = graph.data("x", &[2, 2]);
    let square = graph.apply(Linear::new(&ACTIVATIONS[0]), &[x, x]).unwrap();
    let w = graph.weight("w", &[2, 2], zeros);
    let y = graph.apply(Linear::new(&ACTIVATIONS[0]), &[square, w]).unwrap();
    let loss = graph.apply(common::Along(vec![1.0; 4]), &[y]).unwrap();
    let mut plan = Plan::training(graph, loss, &Threads::new(1)).unwrap();
    plan.data("x").copy_from_slice(&[1.0, 2.0, 3.0, 4.0]);
    let mut grad = [f32::NAN; 4];
    plan.gradient(&[0.0; 4], &mut grad);
    assert_eq!(grad, [22.0, 22.0, 32.0, 32.0], "column sums of x² = [7 10; 15 22]");
}

#[test]
fn a_view_is_the_same_memory_and_its_slopes_are_one() {
    let zeros = gradus::initializers::named("zeros").unwrap();
    let mut graph = Graph::new();
    let x = graph.weight("x", &[2, 1, 2, 2], zeros);
    let y = graph.apply(MaxPool { window: Window::new(1, 1, Padding::Valid) }, &[x]).unwrap();
    let (flat, turned) = (graph.flat(y), graph.view(y, &[4, 2]).unwrap());
    assert_eq!((graph.shape(flat).dims(), graph.shape(turned).dims()), (&[2, 4][..], &[4, 2][..]));
    assert!(graph.is_same(flat, turned) && graph.flat(flat) == flat);
    let text = graph.view(y, &[3, 3]).unwrap_err().to_string();
    assert!(text.contains("9 numbers, to be seen as 3×3"), "{text}");
    let [w, v] = [[4, 1], [2, 1]].map(|dims| graph.weight("w", &dims, zeros));
    let first = graph.apply(Linear::new(&ACTIVATIONS[0]), &[flat, w]).unwrap();
    let second = graph.apply(Linear::new(&ACTIVATIONS[0]), &[turned, v]).unwrap();
    let first = graph.apply(common::Along(vec![1.0, 10.0]), &[first]).unwrap();
    let second = graph.apply(common::Along(vec![1.0; 4]), &[second]).unwrap();
    let loss = graph.apply(common::Sum, &[first, second]).unwrap();
    let loss = graph.view(loss, &[1, 1]).unwrap();
    let mut plan = Plan::training(graph, loss, &Threads::new(1)).unwrap();
    let theta = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 0.1, 0.2, 0.3, 0.4, 100.0, 1000.0];
    let mut grad = [f32::NAN; 14];
    let loss = plan.gradient(&theta, &mut grad);
    let by_hand = (0.1 + 0.4 + 0.9 + 1.6) + 10.0 * (0.5 + 1.2 + 2.1 + 3.2) + 100.0 * 16.0 + 1000.0 * 20.0;
    assert!((loss - by_hand).abs() < 1e-2, "{loss}, not {by_hand}");
    let dx = [100.1, 1000.2, 100.3, 1000.4, 101.0, 1002.0, 103.0, 1004.0];
    assert_close(&common::to_f64(&grad[..8]), &dx, 1e-3, "both slopes");
    assert_eq!(grad[8..], [51.0, 62.0, 73.0, 84.0, 16.0, 20.0]);
}

#[test]
fn a_loss_that_depends_on_no_weight_has_no_slope() {
    let mut graph = Graph::new();
    let x = graph.data("x", &[3]);
    graph.weight("unused", &[2], gradus::initializers::named("zeros").unwrap());
    let loss = graph.apply(common::Along(vec![1.0; 3]), &[x]).unwrap();
    let mut plan = Plan::training(graph, loss, &Threads::new(1)).unwrap();
    plan.data("x").copy_from_slice(&[1.0, 2.0, 3.0]);
    let mut grad = [f32::NAN; 2];
    assert_eq!(plan.gradient(&[0.0; 2], &mut grad), 6.0);
    assert_eq!(grad, [0.0; 2]);
}
