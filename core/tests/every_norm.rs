//! The norms against a plain reference in `f64`, whose way back is held against central differences; their sums where
//! numbers are large or many; what they refuse.

use std::sync::Arc;

use crate::common::{
    Along, Handle, Sum, Tensor, assert_close, assert_same_slope, dot, greatest, random, to_f64,
};
use gradus::activations::{self, Activation};
use gradus::graph::{Graph, Var};
use gradus::initializers;
use gradus::network::Network;
use gradus::op::{Moment, Op, Shape};
use gradus::ops::{BatchNorm, GroupNorm, LayerNorm, ScaleShift};
use gradus::optimizer::Objective;
use gradus::plan::Plan;
use gradus::threads::Threads;

/// What is normalised together.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Batch,
    BatchInUse,
    Layer,
    Group(usize),
    /// Nothing: y = f(γ x + β).
    None,
}

const EPSILON: f64 = 1e-3;
const TRAINING: Moment = Moment { training: true, seed: 1, step: 1, before: 0 };

impl Kind {
    fn moment(self) -> Moment {
        Moment { training: self != Kind::BatchInUse, ..TRAINING }
    }

    fn op(self, activation: &'static Activation) -> Arc<dyn Op> {
        match self {
            Kind::Batch | Kind::BatchInUse => {
                Arc::new(BatchNorm { activation, momentum: 0.1, epsilon: EPSILON })
            }
            Kind::Layer => Arc::new(LayerNorm { epsilon: EPSILON }),
            Kind::Group(groups) => Arc::new(GroupNorm { groups, epsilon: EPSILON }),
            Kind::None => Arc::new(ScaleShift { activation }),
        }
    }

    /// Where the numbers are that share a mean.
    fn together(self, dims: &[usize]) -> Vec<Vec<usize>> {
        let (size, channels) = (dims.iter().product::<usize>(), dims[dims.len() - 1]);
        let (example, all) = (size / dims[0], 0..size);
        let key = |i: usize| match self {
            Kind::Layer => i / channels,
            Kind::Group(groups) => i / example * groups + i % channels / (channels / groups),
            _ => i % channels,
        };
        let mut together = vec![Vec::new(); all.clone().map(key).max().unwrap() + 1];
        all.for_each(|i| together[key(i)].push(i));
        together
    }
}

/// x̂, and 1 / √(v + ε), of each number.
fn normalised(kind: Kind, x: &Tensor, running: &[f64]) -> Vec<(f64, f64)> {
    let channels = x.dims[x.dims.len() - 1];
    let mut all = vec![(0.0, 0.0); x.numbers.len()];
    for own in kind.together(&x.dims) {
        let n = own.len() as f64;
        let (mean, variance) = match kind {
            Kind::BatchInUse => (running[own[0] % channels], running[channels + own[0] % channels]),
            Kind::None => (0.0, 1.0 - EPSILON),
            _ => {
                let mean = own.iter().map(|i| x.numbers[*i]).sum::<f64>() / n;
                (mean, own.iter().map(|i| (x.numbers[*i] - mean).powi(2)).sum::<f64>() / n)
            }
        };
        let inverse = 1.0 / (variance + EPSILON).sqrt();
        for i in &own {
            all[*i] = ((x.numbers[*i] - mean) * inverse, inverse);
        }
    }
    all
}

/// y = f(γ x̂ + β)
fn forward(kind: Kind, f: &Activation, inputs: &[Tensor], running: &[f64]) -> Vec<f64> {
    let channels = inputs[1].numbers.len();
    let hats = normalised(kind, &inputs[0], running);
    let z = |(i, hat): (usize, &(f64, f64))| {
        inputs[1].numbers[i % channels] * hat.0 + inputs[2].numbers[i % channels]
    };
    hats.iter().enumerate().map(z).map(f.value).collect()
}

/// dx, dγ, dβ by the definition: every number of x moves the mean and the variance of its fellows.
fn backward(kind: Kind, f: &Activation, inputs: &[Tensor], running: &[f64], dy: &[f64]) -> Vec<Vec<f64>> {
    let (x, channels) = (&inputs[0], inputs[1].numbers.len());
    let hats = normalised(kind, x, running);
    let mut back: Vec<Vec<f64>> = inputs.iter().map(|x| vec![0.0; x.numbers.len()]).collect();
    let mut of_hats = vec![0.0; dy.len()];
    for (i, (hat, _)) in hats.iter().enumerate() {
        let c = i % channels;
        let dz = dy[i] * (f.slope)(inputs[1].numbers[c] * hat + inputs[2].numbers[c]);
        back[1][c] += dz * hat;
        back[2][c] += dz;
        of_hats[i] = dz * inputs[1].numbers[c];
    }
    for own in kind.together(&x.dims) {
        let n = own.len() as f64;
        let fixed = matches!(kind, Kind::BatchInUse | Kind::None);
        let mean = |f: &dyn Fn(usize) -> f64| {
            if fixed { 0.0 } else { own.iter().map(|i| f(*i)).sum::<f64>() / n }
        };
        let (a, b) = (mean(&|i| of_hats[i]), mean(&|i| of_hats[i] * hats[i].0));
        own.iter().for_each(|i| back[0][*i] = hats[*i].1 * (of_hats[*i] - a - hats[*i].0 * b));
    }
    back
}

/// A norm in a graph, all inputs weights but what it remembers.
fn graph(op: &Arc<dyn Op>, inputs: &[Tensor], running: &[f64], times: usize) -> (Graph, Vec<Var>) {
    let mut graph = Graph::new();
    let zeros = initializers::named("zeros").unwrap();
    let mut x: Vec<Var> = inputs
        .iter()
        .zip(["x", "scale", "shift"])
        .map(|(x, name)| graph.weight(name, &x.dims, zeros))
        .collect();
    if op.name() == "batch_norm" {
        let running: Vec<f32> = running.iter().map(|x| *x as f32).collect();
        x.push(graph.memory("running", &[2, inputs[1].numbers.len()], &running));
    }
    let y = (0..times).map(|_| graph.apply(Handle(op.clone()), &x).unwrap()).collect();
    (graph, y)
}

fn theta(inputs: &[Tensor]) -> Vec<f32> {
    inputs.iter().flat_map(Tensor::f32s).collect()
}

/// y, and the slopes of x, γ and β together: from one slope of the result, or from two that are to be added.
fn ran(
    kind: Kind,
    f: &'static Activation,
    inputs: &[Tensor],
    running: &[f64],
    dy: &[&[f64]],
    threads: &Threads,
) -> (Vec<f64>, Vec<f64>) {
    let op = kind.op(f);
    let (made, y) = graph(&op, inputs, running, 1);
    let mut plan = Plan::forward_only(made, &y, threads).unwrap();
    plan.at(kind.moment());
    plan.forward(&theta(inputs));
    let result = to_f64(plan.value(y[0]));
    let (mut made, y) = graph(&op, inputs, running, dy.len());
    let along = |(y, dy): (&Var, &&[f64])| -> Var {
        made.apply(Along(dy.iter().map(|x| *x as f32).collect()), &[*y]).unwrap()
    };
    let losses: Vec<Var> = y.iter().zip(dy).map(along).collect();
    let loss = if losses.len() > 1 { made.apply(Sum, &losses).unwrap() } else { losses[0] };
    let mut plan = Plan::training(made, loss, threads).unwrap();
    plan.at(kind.moment());
    let mut grad = vec![f32::NAN; theta(inputs).len()];
    plan.gradient(&theta(inputs), &mut grad);
    (result, to_f64(&grad))
}

/// x, γ, β, what is remembered.
fn inputs(dims: &[usize], seed: u64) -> (Vec<Tensor>, Vec<f64>) {
    let channels = dims[dims.len() - 1];
    let all = vec![
        Tensor::random(dims, seed),
        Tensor::random(&[channels], seed + 1),
        Tensor::random(&[channels], seed + 2),
    ];
    let mut running = random(2 * channels, seed + 3);
    running[channels..].iter_mut().for_each(|v| *v = (v.abs() + 0.1) as f32 as f64);
    (all, running)
}

/// Two rows, odd sizes, pictures, sizes that cross the kernels' pieces (256), chunks (64 pieces) and blocks of columns.
const SHAPES: [&[usize]; 12] = [
    &[2, 1],
    &[5, 3],
    &[3, 12],
    &[7, 13],
    &[2, 2, 3, 6],
    &[3, 5, 4, 6],
    &[200, 128],
    &[70, 520],
    &[131, 300],
    &[3000, 7],
    &[9, 17, 16, 24],
    &[2, 5, 5, 600],
];

fn kinds(channels: usize) -> Vec<Kind> {
    let groups = [1, 2, 3, channels].into_iter().filter(|groups| channels.is_multiple_of(*groups));
    let others = [Kind::Batch, Kind::BatchInUse, Kind::Layer, Kind::None];
    others.into_iter().chain(groups.map(Kind::Group)).collect()
}

/// Functions without a kink whose slope is taken from the result, from the input; and none.
fn functions(kind: Kind) -> Vec<&'static Activation> {
    let names: &[&str] = match kind {
        Kind::Layer | Kind::Group(_) => &["identity"],
        _ => &["identity", "tanh", "silu"],
    };
    names.iter().map(|name| activations::named(name).unwrap()).collect()
}

fn each(mut case: impl FnMut(Kind, &'static Activation, &[usize])) {
    for dims in SHAPES {
        for kind in kinds(dims[dims.len() - 1]) {
            functions(kind).into_iter().for_each(|f| case(kind, f, dims));
        }
    }
}

#[test]
fn the_reference_of_the_norms_is_its_own_slope() {
    each(|kind, f, dims| {
        let size = dims.iter().product();
        if size > 1000 {
            return;
        }
        let (inputs, running) = inputs(dims, 3);
        let r = random(size, 5);
        let back = backward(kind, f, &inputs, &running, &r);
        for direction in 0..2 {
            let random = |(i, x): (usize, &Tensor)| random(x.numbers.len(), 90 + 7 * direction + i as u64);
            let d: Vec<Vec<f64>> = inputs.iter().enumerate().map(random).collect();
            let written = back.iter().zip(&d).map(|(b, d)| dot(b, d)).sum();
            let at = |h: f64| {
                let moved: Vec<Tensor> = inputs.iter().zip(&d).map(|(x, d)| x.moved(d, h)).collect();
                dot(&forward(kind, f, &moved, &running), &r)
            };
            let h = 1e-6;
            let what = format!("{kind:?} {} {dims:?}", f.name);
            assert_same_slope(written, (at(h) - at(-h)) / (2.0 * h), &what);
        }
    });
}

#[test]
fn batch_norm_follows_its_reference() {
    follows(|kind| kind == Kind::Batch || kind == Kind::BatchInUse);
}

#[test]
fn layer_norm_follows_its_reference() {
    follows(|kind| kind == Kind::Layer);
}

#[test]
fn group_norm_follows_its_reference() {
    follows(|kind| matches!(kind, Kind::Group(_)));
}

#[test]
fn scale_shift_follows_its_reference() {
    follows(|kind| kind == Kind::None);
}

fn follows(which: impl Fn(Kind) -> bool) {
    each(|kind, f, dims| {
        if !which(kind) {
            return;
        }
        let (inputs, running) = inputs(dims, 11);
        let size: usize = dims.iter().product();
        let (first, second) = (random(size, 6), random(size, 7));
        let what = format!("{kind:?} {} {dims:?}", f.name);
        let (y, slopes) = ran(kind, f, &inputs, &running, &[&first], &Threads::new(2));
        let want = forward(kind, f, &inputs, &running);
        assert_close(&y, &want, 2e-6 * (1.0 + greatest(&want)), &format!("{what}: y"));
        let (_, twice) = ran(kind, f, &inputs, &running, &[&first, &second], &Threads::new(1));
        let back = backward(kind, f, &inputs, &running, &first);
        let added = backward(kind, f, &inputs, &running, &second);
        let inverse = normalised(kind, &inputs[0], &running).iter().fold(0.0, |a: f64, x| a.max(x.1));
        let mut at = 0;
        for (k, name) in ["dx", "dγ", "dβ"].into_iter().enumerate() {
            // Slopes of x are differences of numbers as large as 1 / √(v + ε).
            let size =
                if k == 0 { 2.0 * inverse } else { (size as f64 / inputs[1].numbers.len() as f64).sqrt() };
            let near = 2e-6 * (size + greatest(&back[k]));
            let range = at..at + back[k].len();
            assert_close(&slopes[range.clone()], &back[k], near, &format!("{what}: {name}"));
            let both: Vec<f64> = back[k].iter().zip(&added[k]).map(|(a, b)| a + b).collect();
            assert_close(&twice[range], &both, 2.0 * near, &format!("{what}: {name} of an input used twice"));
            at += back[k].len();
        }
    });
}

#[test]
fn the_norms_have_the_same_bits_on_any_number_of_threads() {
    for dims in [&[3000, 7][..], &[200, 520], &[16, 16, 16, 24], &[2, 40, 40, 33]] {
        for kind in kinds(dims[dims.len() - 1]) {
            let (inputs, running) = inputs(dims, 11);
            let dy = random(dims.iter().product(), 6);
            let run =
                |threads| ran(kind, functions(kind)[0], &inputs, &running, &[&dy], &Threads::new(threads));
            let one = run(1);
            [2, 3, 8]
                .into_iter()
                .for_each(|threads| assert!(run(threads) == one, "{kind:?}, {dims:?}, {threads}"));
        }
    }
}

/// Far from zero with a small deviation, and 131,072 values to a mean.
#[test]
fn sums_are_sound_where_numbers_are_large_or_many() {
    let f = activations::named("identity").unwrap();
    for (dims, offset, deviation) in [
        (&[64, 3][..], 1000.0, 1.0),
        (&[64, 3], -4e4, 10.0),
        (&[128, 32, 32, 2], 10.0, 0.5),
        (&[128, 32, 32, 2], 0.0, 1.0),
    ] {
        let (mut all, running) = inputs(dims, 2);
        all[0].numbers.iter_mut().for_each(|x| *x = (offset + deviation * *x) as f32 as f64);
        for kind in [Kind::Batch, Kind::Group(1)] {
            let dy = random(all[0].numbers.len(), 3);
            let (y, slopes) = ran(kind, f, &all, &running, &[&dy], &Threads::new(2));
            let what = format!("{kind:?} of {dims:?} around {offset}");
            // The mean is rounded to the digits of its own size; nothing else is lost.
            let inverse = normalised(kind, &all[0], &running).iter().fold(0.0, |a: f64, x| a.max(x.1));
            let near = 1e-6 + 2f64.powi(-23) * offset.abs() * inverse;
            assert_close(&y, &forward(kind, f, &all, &running), near, &what);
            let back = backward(kind, f, &all, &running, &dy);
            let of_scale = &slopes[all[0].numbers.len()..all[0].numbers.len() + back[1].len()];
            let rows = dy.len() as f64 / of_scale.len() as f64;
            assert_close(of_scale, &back[1], near * rows.sqrt(), &format!("{what}: dγ"));
        }
    }
}

#[test]
fn what_is_remembered_follows_its_formula() {
    let (inputs, running) = inputs(&[6, 2, 2, 5], 4);
    let op = Kind::Batch.op(activations::named("identity").unwrap());
    let (made, y) = graph(&op, &inputs, &running, 1);
    let mut plan = Plan::forward_only(made, &y, &Threads::new(1)).unwrap();
    let start = to_f64(plan.memory());
    assert_close(&start, &running, 1e-7, "as it starts");
    plan.at(TRAINING);
    plan.forward(&theta(&inputs));
    assert!(to_f64(plan.memory()) == start, "going forward changes nothing");
    let of_channel = |c: usize| inputs[0].numbers.iter().skip(c).step_by(5).copied().collect::<Vec<f64>>();
    let mean = |x: &[f64]| x.iter().sum::<f64>() / 24.0;
    let variance = |x: &[f64]| x.iter().map(|v| (v - mean(x)).powi(2)).sum::<f64>() / 23.0;
    let seen: Vec<f64> =
        (0..5).map(|c| mean(&of_channel(c))).chain((0..5).map(|c| variance(&of_channel(c)))).collect();
    for share in [None, Some(0.25), Some(1.0)] {
        let before = to_f64(plan.memory());
        plan.remember(share);
        let m = share.unwrap_or(0.1);
        let want: Vec<f64> = before.iter().zip(&seen).map(|(old, new)| (1.0 - m) * old + m * new).collect();
        assert_close(&to_f64(plan.memory()), &want, 1e-6, &format!("a share of {share:?}"));
    }
}

#[test]
fn norms_refuse_what_does_not_fit() {
    let shape = |dims: &[usize]| Shape::new(dims);
    let f = activations::named("identity").unwrap();
    let x = shape(&[4, 6]);
    let (six, four) = (shape(&[6]), shape(&[4]));
    for (op, wrong) in [
        (Kind::Batch.op(f), vec![x, six, six]),
        (Kind::Batch.op(f), vec![x, four, six, shape(&[2, 6])]),
        (Kind::Batch.op(f), vec![x, six, six, six]),
        (Kind::Batch.op(f), vec![six, six, six, shape(&[2, 6])]),
        (Kind::Layer.op(f), vec![x, six]),
        (Kind::Layer.op(f), vec![x, four, four]),
        (Kind::Group(4).op(f), vec![x, six, six]),
        (Kind::Group(3).op(f), vec![x, six, four]),
        (Kind::None.op(f), vec![x, six, four]),
    ] {
        let text = op.shape(&wrong).unwrap_err().to_string();
        assert!(text.starts_with(&format!("{}: inputs of shape", op.name())), "{text}");
    }
    let network = Network::parse("dense 6, group_norm 4, dense 1").unwrap();
    let mut graph = Graph::new();
    let x = graph.data("input", &[2, 3]);
    let text = network.build(&mut graph, x, false).unwrap_err().to_string();
    assert!(
        text.contains("6 channels cannot be divided among 4 groups") && text.contains("1, 2, 3, 6"),
        "{text}"
    );
}
