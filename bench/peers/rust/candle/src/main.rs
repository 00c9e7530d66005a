//! Candle on the workloads of gradus-bench, a line of JSON each, on the processor.

use candle_core::{D, DType, Device, Result, Tensor, Var};
use candle_nn::{
    AdamW, BatchNorm, BatchNormConfig, ModuleT, Optimizer, ParamsAdamW, SGD, VarBuilder, VarMap,
};
use common::{Given, Start, Workload, rows_of_pictures, version};

/// A layer's weights.
struct Own {
    weight: Var,
    bias: Option<Var>,
}

/// What there is to train; nothing for pools.
struct Network {
    own: Vec<Option<Own>>,
    norms: Vec<Option<BatchNorm>>,
    vars: Vec<Var>,
}

/// With the weights of gradus, kernels and rows for pictures in the order of channels first.
fn network(w: &Workload, start: &Start) -> Result<Network> {
    let map = VarMap::new();
    let mut made = Network { own: Vec::new(), norms: Vec::new(), vars: Vec::new() };
    let mut shape = w.inputs.clone();
    for (number, layer) in (1..).zip(&w.layers) {
        let weight = match (layer.kind.as_str(), start.of(number, layer, "weight")) {
            ("conv", Some((dims, numbers))) => {
                shape[2] = layer.size;
                Some(Tensor::from_slice(numbers, dims, &Device::Cpu)?.permute((3, 2, 0, 1))?.contiguous()?)
            }
            ("dense", Some((_, numbers))) => {
                let rows: usize = shape.iter().product();
                let numbers = match shape[..] {
                    [height, width, channels] => rows_of_pictures(numbers, [height, width, channels]),
                    _ => numbers.to_vec(),
                };
                shape = vec![layer.size];
                Some(Tensor::from_vec(numbers, (rows, layer.size), &Device::Cpu)?)
            }
            ("pool", _) => {
                shape = vec![shape[0] / layer.size, shape[1] / layer.size, shape[2]];
                None
            }
            _ => {
                shape = vec![shape[2]];
                None
            }
        };
        let bias = match start.of(number, layer, "bias") {
            Some((_, b)) => Some(Var::from_tensor(&Tensor::from_slice(b, b.len(), &Device::Cpu)?)?),
            None => None,
        };
        made.own.push(match weight {
            Some(weight) => Some(Own { weight: Var::from_tensor(&weight)?, bias }),
            None => None,
        });
        let vars = VarBuilder::from_varmap(&map, DType::F32, &Device::Cpu).pp(number);
        let norm = || candle_nn::batch_norm(layer.size, BatchNormConfig::default(), vars);
        made.norms.push(if layer.norm { Some(norm()?) } else { None });
    }
    made.vars = made
        .own
        .iter()
        .flatten()
        .flat_map(|o| std::iter::once(o.weight.clone()).chain(o.bias.clone()))
        .collect();
    made.vars.extend(
        map.data()
            .lock()
            .unwrap()
            .iter()
            .filter(|(name, _)| !name.contains("running"))
            .map(|(_, v)| v.clone()),
    );
    Ok(made)
}

/// From pictures or rows to the last sums.
fn forward(w: &Workload, net: &Network, x: &Tensor, training: bool) -> Result<Tensor> {
    let mut x = x.clone();
    for ((layer, own), norm) in w.layers.iter().zip(&net.own).zip(&net.norms) {
        x = match (layer.kind.as_str(), own) {
            ("conv", Some(own)) => {
                let z = x.conv2d(&own.weight, 1, 1, 1, 1)?;
                match &own.bias {
                    Some(bias) => z.broadcast_add(&bias.reshape((1, (), 1, 1))?)?,
                    None => z,
                }
            }
            ("dense", Some(own)) => {
                let z = x.flatten_from(1)?.matmul(&own.weight)?;
                match &own.bias {
                    Some(bias) => z.broadcast_add(bias)?,
                    None => z,
                }
            }
            ("pool", _) => x.max_pool2d(layer.size)?,
            _ => x.mean((2, 3))?,
        };
        if let Some(norm) = norm {
            x = norm.forward_t(&x, training)?;
        }
        x = match layer.function.as_deref() {
            Some("relu") => x.relu()?,
            Some(_) => candle_nn::ops::sigmoid(&x)?,
            None => x,
        };
    }
    Ok(x)
}

fn loss_of(w: &Workload, z: &Tensor, y: &Tensor) -> Result<Tensor> {
    match w.loss.as_str() {
        "softmax_cross_entropy" => candle_nn::loss::cross_entropy(z, y),
        "squared_error" => candle_nn::loss::mse(z, y),
        _ => candle_nn::loss::binary_cross_entropy_with_logit(z, y),
    }
}

/// Plain descent is its own; momentum it has not, so that is written by the formula.
enum Update {
    Sgd(SGD),
    Momentum(Vec<(Var, Tensor)>, f64),
    Adam(AdamW),
}

impl Update {
    fn new(w: &Workload, vars: &[Var]) -> Result<Update> {
        Ok(match w.optimizer.as_str() {
            "adam" => Update::Adam(AdamW::new(
                vars.to_vec(),
                ParamsAdamW { lr: w.rate, weight_decay: 0.0, ..ParamsAdamW::default() },
            )?),
            "momentum" => {
                let kept: Result<Vec<_>> = vars.iter().map(|v| Ok((v.clone(), v.zeros_like()?))).collect();
                Update::Momentum(kept?, w.rate)
            }
            _ => Update::Sgd(SGD::new(vars.to_vec(), w.rate)?),
        })
    }

    fn step(&mut self, loss: &Tensor) -> Result<()> {
        match self {
            Update::Sgd(rule) => rule.backward_step(loss),
            Update::Adam(rule) => rule.backward_step(loss),
            Update::Momentum(kept, rate) => {
                let slopes = loss.backward()?;
                for (var, velocity) in kept {
                    let Some(slope) = slopes.get(var) else { continue };
                    *velocity = (velocity.affine(0.9, 0.0)? + slope)?.detach();
                    var.set(&(var.as_tensor() - velocity.affine(*rate, 0.0)?)?)?;
                }
                Ok(())
            }
        }
    }
}

fn inputs(w: &Workload, start: &Start) -> Result<Vec<Tensor>> {
    let dims = match w.inputs[..] {
        [height, width, channels] => vec![w.batch, channels, height, width],
        _ => vec![w.batch, w.inputs[0]],
    };
    (0..w.pool).map(|number| Tensor::from_vec(start.batch(w, number), &dims[..], &Device::Cpu)).collect()
}

fn targets(w: &Workload, start: &Start) -> Result<Vec<Tensor>> {
    let one = |number| {
        let y = start.target(w, number);
        if w.loss == "softmax_cross_entropy" {
            let y: Vec<u32> = y.iter().map(|y| *y as u32).collect();
            return Tensor::from_vec(y, w.batch, &Device::Cpu);
        }
        Tensor::from_slice(y, (w.batch, y.len() / w.batch), &Device::Cpu)
    };
    (0..w.pool).map(one).collect()
}

fn training(w: &Workload, start: &Start) -> Result<impl FnMut() -> f64> {
    let net = network(w, start)?;
    let (mut update, x, y) = (Update::new(w, &net.vars)?, inputs(w, start)?, targets(w, start)?);
    let mut turn = (0..w.pool).cycle();
    let mut step = move || -> Result<f64> {
        let batch = turn.next().unwrap();
        let loss = loss_of(w, &forward(w, &net, &x[batch], true)?, &y[batch])?;
        update.step(&loss)?;
        Ok(loss.to_scalar::<f32>()? as f64)
    };
    Ok(move || step().unwrap())
}

fn inference(w: &Workload, start: &Start) -> Result<impl FnMut() -> f64> {
    let (net, x) = (network(w, start)?, inputs(w, start)?);
    let mut turn = (0..w.pool).cycle();
    let mut step = move || -> Result<f64> {
        let z = forward(w, &net, &x[turn.next().unwrap()], false)?;
        Ok(z.flatten_all()?.narrow(D::Minus1, 0, 1)?.to_vec1::<f32>()?[0].abs() as f64)
    };
    Ok(move || step().unwrap())
}

fn main() {
    let (given, version) = (Given::new(), version("candle-core"));
    for w in given.workloads.iter().filter(|w| !w.evolves) {
        let start = Start::new(w);
        if w.trains {
            given.measure(w, "candle", &version, || training(w, &start).unwrap());
        } else {
            given.measure(w, "candle", &version, || inference(w, &start).unwrap());
        }
    }
}
