//! The weighted sum of a dense layer.

use super::*;

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
