//! Every op against a plain reference in `f64`, whose way back is held against central differences.

mod common;

use common::{Tensor, assert_close, assert_same_slope, dot, greatest, random, run_op, run_twice};
use gradus::activations::{ACTIVATIONS, Activation};
use gradus::graph::Graph;
use gradus::op::{Moment, Op, Shape};
use gradus::ops::{Dropout, Linear};
use gradus::optimizer::Objective;
use gradus::plan::Plan;
use gradus::threads::Threads;

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
