//! Every loss with every parameter: a plain reference in `f64`, central differences, the `f32` op, PyTorch.

use crate::common::{
    Handle, Ran, Tensor, assert_close, assert_same_slope, cases, dot, fixture, floats, greatest, random,
    run_op, run_twice,
};
use gradus::losses::{LOSSES, Loss, Targets};
use gradus::op::{Moment, Op, Shape};
use gradus::threads::Threads;

/// A batch: z and t with one row an example, w one number an example.
struct Batch {
    outputs: usize,
    z: Vec<f64>,
    t: Vec<f64>,
    w: Vec<f64>,
}

impl Batch {
    fn rows(&self) -> usize {
        self.w.len()
    }
    fn row(&self, i: usize) -> &[f64] {
        &self.z[i * self.outputs..(i + 1) * self.outputs]
    }
    fn targets(&self, i: usize) -> &[f64] {
        let width = self.t.len() / self.rows();
        &self.t[i * width..(i + 1) * width]
    }
    fn tensors(&self) -> Vec<Tensor> {
        let (rows, n) = (self.rows(), self.outputs);
        let targets: &[usize] = if self.t.len() == rows && n > 1 { &[rows] } else { &[rows, n] };
        vec![
            Tensor::new(&[rows, n], self.z.clone()),
            Tensor::new(targets, self.t.clone()),
            Tensor::new(&[rows], self.w.clone()),
        ]
    }
}

/// The parameters of a line such as `huber delta=0.5`.
fn parameter(line: &str, name: &str, default: f64) -> f64 {
    let pair = line.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    pair.map_or(default, |value| value.parse().unwrap())
}

/// ℓ and ∂ℓ/∂z of one example, by the formula of the loss.
fn example(line: &str, z: &[f64], t: &[f64]) -> (f64, Vec<f64>) {
    let mean = |f: &dyn Fn(f64) -> (f64, f64), of: &[f64]| -> (f64, Vec<f64>) {
        let n = of.len() as f64;
        let each: Vec<(f64, f64)> = of.iter().map(|d| f(*d)).collect();
        (each.iter().map(|e| e.0).sum::<f64>() / n, each.iter().map(|e| e.1 / n).collect())
    };
    let distances: Vec<f64> = z.iter().zip(t).map(|(z, t)| z - t).collect();
    match line.split(' ').next().unwrap() {
        "squared_error" => mean(&|d| (d * d, 2.0 * d), &distances),
        "absolute_error" => mean(&|d| (d.abs(), if d == 0.0 { 0.0 } else { d.signum() }), &distances),
        "huber" => {
            let delta = parameter(line, "delta", 1.0);
            let near = |d: f64| (0.5 * d * d, d);
            let far = |d: f64| (delta * (d.abs() - 0.5 * delta), delta * d.signum());
            mean(&|d| if d.abs() <= delta { near(d) } else { far(d) }, &distances)
        }
        "binary_cross_entropy" => {
            let s = parameter(line, "smoothing", 0.0);
            let n = z.len() as f64;
            let each = z.iter().zip(t).map(|(z, t)| {
                let t = (1.0 - s) * t + 0.5 * s;
                // −t ln p − (1 − t) ln(1 − p) with −ln p = ln(1 + e⁻ᶻ), −ln(1 − p) = ln(1 + eᶻ).
                let ln = |z: f64| if z > 30.0 { z + (-z).exp() } else { z.exp().ln_1p() };
                (t * ln(-z) + (1.0 - t) * ln(*z), 1.0 / (1.0 + (-z).exp()) - t)
            });
            let each: Vec<(f64, f64)> = each.collect();
            (each.iter().map(|e| e.0).sum::<f64>() / n, each.iter().map(|e| e.1 / n).collect())
        }
        "softmax_cross_entropy" => {
            let s = parameter(line, "smoothing", 0.0);
            let most = z.iter().cloned().fold(f64::NEG_INFINITY, f64::max);
            let ln_sum = most + z.iter().map(|z| (z - most).exp()).sum::<f64>().ln();
            let q = |k: usize| s / z.len() as f64 + if k == t[0] as usize { 1.0 - s } else { 0.0 };
            let loss = z.iter().enumerate().map(|(k, z)| -q(k) * (z - ln_sum)).sum();
            (loss, z.iter().enumerate().map(|(k, z)| (z - ln_sum).exp() - q(k)).collect())
        }
        name => panic!("the loss `{name}` has no reference: add one in tests/every_loss.rs"),
    }
}

/// L = Σ wᵢ ℓᵢ / Σ wᵢ and ∂L/∂z.
fn reference(line: &str, batch: &Batch) -> (f64, Vec<f64>) {
    let total: f64 = batch.w.iter().sum();
    let (mut loss, mut slopes) = (0.0, Vec::new());
    for i in 0..batch.rows() {
        let (one, dz) = example(line, batch.row(i), batch.targets(i));
        loss += batch.w[i] * one / total;
        slopes.extend(dz.into_iter().map(|dz| dz * batch.w[i] / total));
    }
    (loss, slopes)
}

/// The lines to test a loss with: each parameter at its default and at two more values.
fn lines(entry: &gradus::losses::Entry) -> Vec<String> {
    let mut lines = vec![entry.name.to_string()];
    for p in entry.parameters {
        let [one, two] = if p.max.is_infinite() { [0.5, 2.0] } else { [0.1, 0.5] };
        lines.extend([one, two].map(|x| format!("{} {}={}", entry.name, p.name, p.min + x)));
    }
    lines
}

/// A random batch. Differences of z and t keep away from the kinks at 0, ½, 1 and 2.
fn batch(entry: &gradus::losses::Entry, rows: usize, outputs: usize, weighted: bool, seed: u64) -> Batch {
    let far = |d: f64| [0.0, 0.5, 1.0, 2.0].iter().all(|kink| (d.abs() - kink).abs() > 1e-3);
    let mut z: Vec<f64> = random(rows * outputs, seed).iter().map(|z| 4.0 * z).collect();
    let t: Vec<f64> = match entry.targets {
        Targets::Class => (0..rows).map(|i| ((i * 5 + 1) % outputs) as f64).collect(),
        Targets::Values => random(rows * outputs, seed + 1).iter().map(|t| 0.5 + 0.5 * t).collect(),
    };
    if entry.targets == Targets::Values {
        for (z, t) in z.iter_mut().zip(&t) {
            while !far(*z - t) {
                *z += 0.0078125;
            }
        }
    }
    let w = match weighted {
        true => random(rows, seed + 2).iter().map(|w| w + 1.0).collect(),
        false => vec![1.0; rows],
    };
    Batch { outputs, z, t, w }
}

/// One example, one output, odd numbers, more rows than one task has.
const SHAPES: [(usize, usize); 7] = [(1, 1), (1, 5), (6, 1), (3, 2), (7, 13), (131, 3), (200, 1)];

/// Every loss line at every shape it can have, with and without weights of examples.
fn each(mut check: impl FnMut(&'static gradus::losses::Entry, &str, Batch)) {
    for entry in LOSSES {
        for line in lines(entry) {
            for (rows, outputs) in SHAPES {
                for weighted in [false, true] {
                    check(entry, &line, batch(entry, rows, outputs, weighted, rows as u64));
                }
            }
        }
    }
}

fn op(line: &str) -> Handle<dyn Op> {
    Handle(std::sync::Arc::from(Loss::parse(line).unwrap().op()))
}

/// The `f32` op: its value, and the slopes of `scale` times it.
fn fast(entry: &gradus::losses::Entry, line: &str, batch: &Batch, scale: f64) -> Ran {
    let mut inputs = batch.tensors();
    if entry.targets == Targets::Class {
        inputs[1].dims = vec![batch.rows()];
    }
    run_op(op(line), &inputs, &[scale], Moment::default(), &Threads::new(2))
}

/// How far rounding may put a slope: z, t and p are numbers of size up to 4, each example has its share.
fn rounding(batch: &Batch) -> f64 {
    1e-6 * greatest(&batch.w) / batch.w.iter().sum::<f64>()
}

#[test]
fn the_reference_of_every_loss_is_its_own_slope() {
    each(|_, line, batch| {
        let (_, slopes) = reference(line, &batch);
        for seed in 0..3 {
            let d = random(batch.z.len(), 50 + seed);
            let at = |h: f64| {
                let z = batch.z.iter().zip(&d).map(|(z, d)| z + h * d).collect();
                reference(line, &Batch { outputs: batch.outputs, z, t: batch.t.clone(), w: batch.w.clone() })
                    .0
            };
            let what = format!("{line}, {} × {}", batch.rows(), batch.outputs);
            assert_same_slope(dot(&slopes, &d), (at(1e-5) - at(-1e-5)) / 2e-5, &what);
        }
    });
}

#[test]
fn every_loss_follows_its_reference_at_every_shape() {
    each(|entry, line, batch| {
        let what = format!("{line}, {} × {}", batch.rows(), batch.outputs);
        let near = rounding(&batch);
        let (loss, slopes) = reference(line, &batch);
        let ran = fast(entry, line, &batch, 1.0);
        assert_close(&ran.y, &[loss], 1e-6 * (1.0 + loss), &what);
        assert_close(&ran.dx[0], &slopes, near, &format!("{what}: slopes"));
        let scaled: Vec<f64> = slopes.iter().map(|s| -3.0 * s).collect();
        let ran = fast(entry, line, &batch, -3.0);
        assert_close(&ran.dx[0], &scaled, 3.0 * near, &format!("{what}: times −3"));
    });
}

#[test]
fn every_loss_adds_its_slopes_where_its_input_is_used_twice() {
    each(|entry, line, batch| {
        let (_, slopes) = reference(line, &batch);
        let mut inputs = batch.tensors();
        if entry.targets == Targets::Class {
            inputs[1].dims = vec![batch.rows()];
        }
        let twice = run_twice(op(line), &inputs, [&[1.0], &[2.0]], Moment::default(), &Threads::new(2));
        let both: Vec<f64> = slopes.iter().map(|s| 3.0 * s).collect();
        assert_close(&twice[0], &both, 4.0 * rounding(&batch), line);
    });
}

#[test]
fn no_slope_goes_into_targets_and_weights() {
    each(|entry, line, batch| {
        let ran = fast(entry, line, &batch, 1.0);
        assert_close(&ran.dx[1], &vec![0.0; batch.t.len()], 0.0, &format!("{line}: targets"));
        assert_close(&ran.dx[2], &vec![0.0; batch.rows()], 0.0, &format!("{line}: weights"));
    });
}

#[test]
fn every_loss_is_finite_and_right_at_extreme_values() {
    for entry in LOSSES {
        for line in lines(entry) {
            for outputs in [1, 2, 5] {
                for (size, class) in [(100.0, 0), (-100.0, 0), (100.0, outputs - 1), (88.0, 0), (-104.0, 0)] {
                    let z = (0..outputs).map(|k| if k % 2 == 0 { size } else { -size }).collect();
                    let t = match entry.targets {
                        Targets::Class => vec![class as f64],
                        Targets::Values => (0..outputs).map(|k| ((class + k) % 2) as f64).collect(),
                    };
                    let batch = Batch { outputs, z, t, w: vec![1.0] };
                    let ran = fast(entry, &line, &batch, 1.0);
                    let (loss, slopes) = reference(&line, &batch);
                    assert!(ran.y[0].is_finite() && loss.is_finite(), "{line} at {size}: {}", ran.y[0]);
                    assert_close(&ran.y, &[loss], 1e-5 + 1e-6 * loss.abs(), &line);
                    assert_close(&ran.dx[0], &slopes, 1e-6 * (1.0 + greatest(&slopes)), &line);
                }
            }
        }
    }
}

#[test]
fn a_class_that_does_not_exist_makes_the_loss_not_a_number() {
    for entry in LOSSES.iter().filter(|e| e.targets == Targets::Class) {
        for class in [-1.0, 3.0, 1e9, f64::NAN, f64::INFINITY] {
            let batch = Batch { outputs: 3, z: vec![0.5; 6], t: vec![1.0, class], w: vec![1.0; 2] };
            let y = fast(entry, entry.name, &batch, 1.0).y[0];
            assert!(y.is_nan(), "{}: class {class} of 3 gives {y}", entry.name);
        }
    }
}

#[test]
fn what_is_not_a_number_makes_every_loss_not_a_number() {
    for entry in LOSSES {
        for line in lines(entry) {
            let mut bad = batch(entry, 3, 2, false, 1);
            bad.z[3] = f64::NAN;
            let y = fast(entry, &line, &bad, 1.0).y[0];
            assert!(y.is_nan(), "{line}: {y}");
        }
    }
}

#[test]
fn shapes_that_do_not_fit_are_refused_with_what_is_needed() {
    let shape = |dims: &[usize]| Shape::new(dims);
    for entry in LOSSES {
        let op = op(entry.name);
        let target = if entry.targets == Targets::Class { shape(&[4]) } else { shape(&[4, 3]) };
        assert_eq!(op.shape(&[shape(&[4, 3]), target, shape(&[4])]).unwrap().size(), 1);
        for wrong in [
            vec![shape(&[4, 3]), target],
            vec![shape(&[4, 3]), target, shape(&[5])],
            vec![shape(&[4, 3]), shape(&[4, 2]), shape(&[4])],
            vec![shape(&[12]), target, shape(&[4])],
        ] {
            let text = op.shape(&wrong).unwrap_err().to_string();
            assert!(text.contains(entry.name) && text.contains("weights [batch]"), "{text}");
        }
    }
}

/// What a loss is called by PyTorch.
fn in_pytorch(name: &str) -> &'static str {
    match name {
        "squared_error" => "mse",
        "absolute_error" => "l1",
        "huber" => "huber",
        "binary_cross_entropy" => "bce",
        "softmax_cross_entropy" => "cross_entropy",
        _ => panic!("the loss `{name}` is not in fixtures/losses.json: add it to make.py, and its name here"),
    }
}

#[test]
fn every_loss_agrees_with_pytorch() {
    let file = fixture("losses");
    for entry in LOSSES {
        let mut found = 0;
        for case in cases(&file).iter().filter(|c| c["loss"] == in_pytorch(entry.name)) {
            let name = case["name"].as_str().unwrap();
            // There each class's share of a smoothed target has its own weight; here an example has one.
            if name.ends_with("torch_class_weights") {
                continue;
            }
            let settings = &case["settings"];
            let mut line = entry.name.to_string();
            for (theirs, ours) in [("delta", "delta"), ("label_smoothing", "smoothing")] {
                if let Some(value) = settings[theirs].as_f64() {
                    line += &format!(" {ours}={value}");
                }
            }
            let (z, t) = (floats(&case["inputs"]), floats(&case["targets"]));
            let rows = case["inputs"].as_array().unwrap().len();
            let mut w = settings.get("sample_weights").map_or(vec![1.0; rows], floats);
            if let Some(classes) = settings.get("class_weights").map(floats) {
                w.iter_mut().zip(&t).for_each(|(w, t)| *w *= classes[*t as usize]);
            }
            let batch = Batch { outputs: z.len() / rows, z, t, w };
            let (value, gradient) = (case["value"].as_f64().unwrap(), floats(&case["gradient"]));
            let (loss, slopes) = reference(&line, &batch);
            assert_close(&[loss], &[value], 1e-12 * (1.0 + value), &format!("{name}: the reference"));
            assert_close(
                &slopes,
                &gradient,
                1e-12 * (1.0 + greatest(&gradient)),
                &format!("{name}: its slopes"),
            );
            let ran = fast(entry, &line, &batch, 1.0);
            assert_close(&ran.y, &[value], 2e-6 * (1e-6 + value), name);
            let near = rounding(&batch) + 1e-6 * greatest(&gradient);
            assert_close(&ran.dx[0], &gradient, near, &format!("{name}: slopes"));
            found += 1;
        }
        assert!(found > 1, "{} has no case in fixtures/losses.json", entry.name);
    }
}

#[test]
fn softmax_cross_entropy_of_mixed_targets_is_pytorchs() {
    let file = fixture("augment");
    for case in file["mixed"].as_array().unwrap() {
        let (z, t) = (floats(&case["logits"]), floats(&case["targets"]));
        let (classes, smoothing) =
            (case["classes"].as_u64().unwrap() as usize, case["smoothing"].as_f64().unwrap());
        let rows = z.len() / classes;
        let inputs = [
            Tensor::new(&[rows, classes], z),
            Tensor::new(&[rows, classes], t),
            Tensor::new(&[rows], vec![1.0; rows]),
        ];
        let op = gradus::losses::SoftmaxCrossEntropy { smoothing };
        let ran = run_op(op, &inputs, &[1.0], Moment::default(), &Threads::new(1));
        let value = case["value"].as_f64().unwrap();
        assert_close(&ran.y, &[value], 1e-6 * value.max(1.0), "value");
        assert_close(&ran.y, &[case["two_losses"].as_f64().unwrap()], 2e-6, "λ L(a) + (1 − λ) L(b)");
        assert_close(&ran.dx[0], &floats(&case["gradient"]), 1e-6, "gradient");
        assert!(ran.dx[1].iter().chain(&ran.dx[2]).all(|slope| *slope == 0.0));
    }
}
