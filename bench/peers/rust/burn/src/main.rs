//! Burn on the workloads of gradus-bench, a line of JSON each, on its back end `flex`; `--variant ndarray`: on the one that
//! was its processor's before.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, GradientsParams, SgdConfig};
use burn::tensor::activation::{log_sigmoid, relu, sigmoid};
use burn::tensor::{Device, Int, Tensor, TensorData};
use common::{Given, Start, Workload, rows_of_pictures, version};

/// The layers that have weights, each kind in the order of the line.
#[derive(Module, Debug)]
struct Network {
    dense: Vec<Linear>,
    conv: Vec<Conv2d>,
    norm: Vec<BatchNorm>,
}

fn tensor<const D: usize>(numbers: &[f32], dims: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), dims), device)
}

/// With the weights of gradus, kernels and rows for pictures in the order of channels first.
fn network(w: &Workload, start: &Start, device: &Device) -> Network {
    let mut made = Network { dense: Vec::new(), conv: Vec::new(), norm: Vec::new() };
    let mut shape = w.inputs.clone();
    for (number, layer) in (1..).zip(&w.layers) {
        let bias =
            start.of(number, layer, "bias").map(|(_, b)| Param::from_tensor(tensor(b, [b.len()], device)));
        match layer.kind.as_str() {
            "conv" => {
                let (dims, numbers) = start.of(number, layer, "weight").unwrap();
                let kernel =
                    tensor(numbers, [dims[0], dims[1], dims[2], dims[3]], device).permute([3, 2, 0, 1]);
                let config =
                    Conv2dConfig::new([shape[2], layer.size], [3, 3]).with_padding(PaddingConfig2d::Same);
                let mut conv = config.with_bias(bias.is_some()).init(device);
                conv.weight = Param::from_tensor(Tensor::from_data(kernel.into_data(), device));
                conv.bias = bias;
                made.conv.push(conv);
                shape[2] = layer.size;
            }
            "dense" => {
                let (_, numbers) = start.of(number, layer, "weight").unwrap();
                let rows: usize = shape.iter().product();
                let numbers = match shape[..] {
                    [height, width, channels] => rows_of_pictures(numbers, [height, width, channels]),
                    _ => numbers.to_vec(),
                };
                let mut dense = LinearConfig::new(rows, layer.size).with_bias(bias.is_some()).init(device);
                dense.weight = Param::from_tensor(tensor(&numbers, [rows, layer.size], device));
                dense.bias = bias;
                made.dense.push(dense);
                shape = vec![layer.size];
            }
            "pool" => shape = vec![shape[0] / layer.size, shape[1] / layer.size, shape[2]],
            _ => shape = vec![shape[2]],
        }
        if layer.norm {
            made.norm.push(BatchNormConfig::new(layer.size).init(device));
        }
    }
    made
}

/// From pictures, or rows given as pictures of one pixel, to the last sums.
fn forward(w: &Workload, net: &Network, x: Tensor<4>) -> Tensor<2> {
    let (mut dense, mut conv, mut norm) = (net.dense.iter(), net.conv.iter(), net.norm.iter());
    let (mut picture, mut row) = (x, None);
    for layer in &w.layers {
        match layer.kind.as_str() {
            "conv" => picture = conv.next().unwrap().forward(picture),
            "dense" => {
                let flat = row.take().unwrap_or_else(|| picture.clone().flatten(1, 3));
                row = Some(dense.next().unwrap().forward(flat));
            }
            "pool" => {
                let pool: MaxPool2d =
                    MaxPool2dConfig::new([layer.size; 2]).with_strides([layer.size; 2]).init();
                picture = pool.forward(picture);
            }
            _ => row = Some(picture.clone().mean_dim(2).mean_dim(3).flatten(1, 3)),
        }
        if layer.norm {
            picture = norm.next().unwrap().forward(picture);
        }
        match (layer.function.as_deref(), row.take()) {
            (Some("relu"), Some(z)) => row = Some(relu(z)),
            (Some("relu"), None) => picture = relu(picture),
            (Some("sigmoid"), Some(z)) => row = Some(sigmoid(z)),
            (_, z) => row = z,
        }
    }
    row.unwrap()
}

fn loss_of(w: &Workload, z: Tensor<2>, y: &Target) -> Tensor<1> {
    match y {
        Target::Classes(y) => CrossEntropyLossConfig::new().init(&z.device()).forward(z, y.clone()),
        Target::Values(y) if w.loss == "squared_error" => (z - y.clone()).powi_scalar(2).mean(),
        // softplus(z) − y z = −ln σ(−z) − y z
        Target::Values(y) => (-log_sigmoid(-z.clone()) - y.clone() * z).mean(),
    }
}

enum Target {
    Classes(Tensor<1, Int>),
    Values(Tensor<2>),
}

fn target(w: &Workload, start: &Start, number: usize, device: &Device) -> Target {
    let y = start.target(w, number);
    if w.loss == "softmax_cross_entropy" {
        let y: Vec<i64> = y.iter().map(|y| *y as i64).collect();
        return Target::Classes(Tensor::from_data(TensorData::new(y, [w.batch]), device));
    }
    Target::Values(tensor(y, [w.batch, y.len() / w.batch], device))
}

fn inputs(w: &Workload, start: &Start, device: &Device) -> Vec<Tensor<4>> {
    let dims = match w.inputs[..] {
        [height, width, channels] => [w.batch, channels, height, width],
        _ => [w.batch, w.inputs[0], 1, 1],
    };
    (0..w.pool).map(|number| tensor(&start.batch(w, number), dims, device)).collect()
}

fn training(w: &Workload, start: &Start, plain: &Device) -> impl FnMut() -> f64 {
    let device = plain.clone().autodiff();
    let mut net = Some(network(w, start, &device));
    let mut update = match w.optimizer.as_str() {
        "adam" => AdamConfig::new().with_epsilon(1e-8).init(),
        "momentum" => {
            let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
            SgdConfig::new().with_momentum(Some(momentum)).init()
        }
        _ => SgdConfig::new().init(),
    };
    let x = inputs(w, start, &device);
    let y: Vec<Target> = (0..w.pool).map(|number| target(w, start, number, &device)).collect();
    let mut turn = (0..w.pool).cycle();
    move || {
        let batch = turn.next().unwrap();
        let now = net.take().unwrap();
        let loss = loss_of(w, forward(w, &now, x[batch].clone()), &y[batch]);
        let told = loss.clone().inner();
        let slopes = GradientsParams::from_grads(loss.backward(), &now);
        net = Some(update.step(w.rate, now, slopes));
        told.into_scalar::<f32>() as f64
    }
}

fn inference(w: &Workload, start: &Start, device: &Device) -> impl FnMut() -> f64 {
    let (net, x) = (network(w, start, device), inputs(w, start, device));
    let mut turn = (0..w.pool).cycle();
    move || {
        let z = forward(w, &net, x[turn.next().unwrap()].clone());
        z.slice([0..1, 0..1]).into_scalar::<f32>().abs() as f64
    }
}

fn main() {
    let given = Given::new();
    let (peer, plain) = match given.variant.as_str() {
        #[allow(deprecated)]
        "ndarray" => ("burn-ndarray", Device::ndarray()),
        _ => ("burn", Device::flex()),
    };
    let version = version("burn");
    for w in given.workloads.iter().filter(|w| !w.evolves) {
        let start = Start::new(w);
        if w.trains {
            given.measure(w, peer, &version, || training(w, &start, &plain));
        } else {
            given.measure(w, peer, &version, || inference(w, &start, &plain));
        }
    }
}
