//! What others compute, and what users write: whole networks against PyTorch, scores against scikit-learn, and
//! the examples, each of which adds something of its own from outside the crate.

use crate::common::{Handle, Tensor, assert_close, cases, fixture, floats, greatest, model, run_op};
use gradus::activations::ACTIVATIONS;
use gradus::op::{Moment, Op};
use gradus::ops::{AveragePool, Conv2d, MaxPool, Upsample};
use gradus::optimizer::{Around, Objective, Setup, Step};
use gradus::optimizers::{Choice, Family, OPTIMIZERS};
use gradus::threads::Threads;
use gradus::train::Scores;
use gradus::window::{Padding, Window};
use serde_json::Value;

/// The network and the loss of a case, as lines.
fn lines(network: &Value) -> (String, &'static str) {
    let sizes: Vec<u64> = network["sizes"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    let activation = network["activation"].as_str().unwrap();
    let (last, loss) = match network["loss"].as_str().unwrap() {
        "mse" => (activation, "squared_error"),
        "cross_entropy" => ("softmax", "softmax_cross_entropy"),
        other => panic!("what is {other}?"),
    };
    let layer = |i: usize| {
        let activation = if i + 1 == sizes.len() { last } else { activation };
        format!("dense {} {activation}", sizes[i])
    };
    ((1..sizes.len()).map(layer).collect::<Vec<_>>().join(", "), loss)
}

#[test]
fn convolutions_and_pools_are_those_of_pytorch() {
    let file = fixture("convolutions");
    for case in cases(&file) {
        let (layer, name) = (&case["layer"], case["name"].as_str().unwrap());
        let pair = |key: &str| [0, 1].map(|i| layer[key][i].as_u64().unwrap_or(1) as usize);
        let padding = match layer["pad"].as_u64() {
            Some(n) => Padding::Pixels(n as usize),
            None => Padding::Same,
        };
        let [[rows, columns], stride, dilation] = ["size", "stride", "dilation"].map(pair);
        let window = Window::new(rows, columns, padding)
            .stride(stride[0], stride[1])
            .dilation(dilation[0], dilation[1]);
        let inputs: Vec<Tensor> = (0..case["inputs"].as_array().unwrap().len())
            .map(|i| {
                let dims: Vec<usize> = floats(&case["shapes"][i]).iter().map(|n| *n as usize).collect();
                Tensor::new(&dims, floats(&case["inputs"][i]))
            })
            .collect();
        let r = floats(&case["r"]);
        let run = |op: Box<dyn Op>| {
            run_op(
                Handle::<dyn Op>(std::sync::Arc::from(op)),
                &inputs,
                &r,
                Moment::default(),
                &Threads::new(2),
            )
        };
        let ran = run(match layer["kind"].as_str().unwrap() {
            "conv" => {
                Box::new(Conv2d::new(window, layer["groups"].as_u64().unwrap() as usize, &ACTIVATIONS[0]))
            }
            "max" => Box::new(MaxPool { window }),
            "average" => Box::new(AveragePool { window }),
            _ => Box::new(Upsample { times: layer["times"].as_u64().unwrap() as usize }),
        });
        let near = |want: &[f64]| 1e-6 * (1.0 + greatest(want));
        let y = floats(&case["y"]);
        assert_close(&ran.y, &y, near(&y), &format!("{name}: y"));
        for (i, slopes) in case["slopes"].as_array().unwrap().iter().map(floats).enumerate() {
            assert_close(&ran.dx[i], &slopes, near(&slopes), &format!("{name}: slope of input {i}"));
        }
    }
}

#[test]
fn whole_trainings_end_where_those_of_pytorch_do() {
    let file = fixture("mlp");
    let seen: Vec<u64> = floats(&file["losses_at_steps"]).into_iter().map(|s| s as u64).collect();
    for network in file["networks"].as_array().unwrap() {
        let (line, loss) = lines(network);
        let sizes = floats(&network["sizes"]);
        let (inputs, outputs) = (sizes[0] as usize, *sizes.last().unwrap() as usize);
        let model = model(&line, loss, inputs, outputs.max(2));
        let layout = network["layout"].as_array().unwrap();
        for (ours, theirs) in model.layout().parts().iter().zip(layout) {
            assert_eq!(ours.at as u64, theirs["offset"].as_u64().unwrap(), "θ is laid out the same");
        }
        let batches = network["batches"].as_array().unwrap();
        for run in network["runs"].as_array().unwrap() {
            let line = run["line"].as_str().unwrap();
            let what = format!("{} by {line}", network["name"]);
            let learning_rate = run["learning_rate"].as_f64().unwrap();
            let around = Around { l2: run["around"]["l2"].as_f64().unwrap_or(0.0), ..Around::default() };
            let threads = Threads::new(1);
            let rows = batches[0]["targets"].as_array().unwrap().len();
            let mut plan = model.training_plan(rows, &threads).unwrap();
            let mut theta: Vec<f32> = floats(&network["start"]).iter().map(|x| *x as f32).collect();
            let setup = Setup::new(model.layout(), &threads).around(around);
            let mut optimizer = Choice::parse(line).unwrap().build(&setup);
            let mut losses = Vec::new();
            plan.data("weight").fill(1.0);
            for t in 1..=100 {
                let batch = &batches[(t as usize - 1) % batches.len()];
                for (to, x) in plan.data("input").iter_mut().zip(floats(&batch["inputs"])) {
                    *to = x as f32;
                }
                for (to, x) in plan.data("target").iter_mut().zip(floats(&batch["targets"])) {
                    *to = x as f32;
                }
                let loss = optimizer.step(Step { t, learning_rate }, &mut theta, &mut plan);
                if seen.contains(&t) {
                    losses.push(loss as f64);
                }
            }
            let (f64s, f32s) = (floats(&run["f64"]["theta"]), floats(&run["f32"]["theta"]));
            // PyTorch's own f32 says how far rounding alone leads: RMSprop divides by what is nearly zero.
            let own = f64s.iter().zip(&f32s).map(|(a, b)| (a - b).abs()).fold(1e-6, f64::max);
            for (i, (ours, theirs)) in theta.iter().zip(&f64s).enumerate() {
                let off = (*ours as f64 - theirs).abs();
                assert!(off <= 4.0 * own, "{what}: weight {i} is {ours}, of PyTorch {theirs}");
            }
            for (ours, theirs) in losses.iter().zip(floats(&run["f64"]["losses"])) {
                assert!((ours - theirs).abs() <= 4.0 * own, "{what}: loss {ours}, of PyTorch {theirs}");
            }
            assert_eq!(losses.len(), seen.len());
        }
    }
}

#[test]
fn every_rule_that_pytorch_has_trains_whole_networks_beside_it() {
    let file = fixture("mlp");
    // Muon is for matrices, L-BFGS asks more than once: both are walked in layerwise.rs.
    let one_slope = |e: &&gradus::optimizers::Entry| e.family == Family::Rule && e.name != "muon";
    for entry in OPTIMIZERS.iter().filter(one_slope) {
        let has =
            |d: &gradus::optimizers::Dialect| d.name == "pytorch" && d.about.starts_with("torch.optim.");
        let name = format!("{}@pytorch", entry.name);
        for network in file["networks"].as_array().unwrap() {
            let lines = network["runs"].as_array().unwrap().iter().map(|run| run["line"].as_str().unwrap());
            let trained = lines.filter(|line| line.split(' ').next() == Some(&name)).count() > 0;
            assert!(trained || !entry.dialects.iter().any(has), "{name} is not in fixtures/mlp.json");
        }
    }
}

#[test]
fn every_score_is_that_of_scikit_learn() {
    let file = fixture("metrics");
    let whole = |v: &Value| -> Vec<usize> { floats(v).into_iter().map(|x| x as usize).collect() };
    for case in cases(&file) {
        let classes = case["classes"].as_u64().unwrap() as usize;
        let (targets, predictions) = (whole(&case["targets"]), whole(&case["predictions"]));
        let mut probabilities = vec![0.0; targets.len() * classes];
        for (p, class) in probabilities.chunks_exact_mut(classes).zip(&predictions) {
            p[*class] = 1.0;
        }
        let scores = Scores::new(0.5, &probabilities, &targets, classes);
        let name = &case["name"];
        assert_eq!(scores.loss, 0.5);
        assert!((scores.accuracy.unwrap() - case["accuracy"].as_f64().unwrap()).abs() < 1e-12, "{name}");
        let confusion: Vec<usize> = scores.confusion.concat();
        assert_eq!(confusion, whole(&case["confusion"]), "{name}");
        for (k, class) in scores.classes.iter().enumerate() {
            // Where nothing was predicted as a class scikit-learn says 0, and here it is said that there is none.
            let predicted = predictions.contains(&k);
            let near = |ours: Option<f64>, theirs: &Value, defined: bool| {
                assert_eq!(ours.is_some(), defined, "{name}, class {k}");
                assert!(
                    (ours.unwrap_or(0.0) - theirs[k].as_f64().unwrap()).abs() < 1e-12,
                    "{name}, class {k}"
                );
            };
            near(class.precision, &case["precision"], predicted);
            near(class.recall, &case["recall"], targets.contains(&k));
            near(class.f1, &case["f1"], predicted || targets.contains(&k));
            assert_eq!(class.support, whole(&case["support"])[k], "{name}, class {k}");
        }
        if case.get("scores").is_some() {
            area_is(case);
        }
    }
    for case in file["roc_auc"].as_array().unwrap() {
        area_is(case);
    }
}

fn area_is(case: &Value) {
    let targets: Vec<usize> = floats(&case["targets"]).into_iter().map(|x| x as usize).collect();
    let probabilities: Vec<f64> = floats(&case["scores"]).into_iter().flat_map(|p| [1.0 - p, p]).collect();
    let auc = Scores::new(0.0, &probabilities, &targets, 2).auc.unwrap();
    let theirs = case["roc_auc"].as_f64().unwrap();
    assert!((auc - theirs).abs() < 1e-12, "area {auc}, of scikit-learn {theirs}");
}

#[test]
fn the_area_under_the_curve_needs_both_classes() {
    assert_eq!(Scores::new(0.0, &[0.5, 0.5, 0.1, 0.9], &[1, 1], 2).auc, None);
    assert_eq!(Scores::new(f64::NAN, &[], &[], 2).accuracy, Some(0.0));
}

#[test]
fn the_interval_of_a_share_is_that_of_wilson() {
    // The example of Newcombe 1998 (Statistics in Medicine 17, table I), and the limits at none and all.
    let (low, high) = gradus::train::wilson(81, 263);
    assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
    assert_eq!(gradus::train::wilson(0, 0), (0.0, 1.0));
    assert_eq!(gradus::train::wilson(0, 10).0, 0.0);
    assert!((gradus::train::wilson(10, 10).1 - 1.0).abs() < 1e-12);
}

/// An objective is asked what its population loses one by one, unless it knows better.
#[test]
fn a_plan_gives_the_losses_of_a_population() {
    let model = model("dense 3 tanh, dense 1 sigmoid", "squared_error", 2, 2);
    let mut plan = model.training_plan(4, &Threads::new(1)).unwrap();
    plan.data("input").copy_from_slice(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    plan.data("weight").fill(1.0);
    let (one, two) = (model.layout().start(1), model.layout().start(2));
    let mut losses = [0.0; 2];
    plan.losses(&[one.clone(), two.clone()].concat(), &mut losses);
    assert_eq!(losses, [plan.loss(&one), plan.loss(&two)]);
}

#[path = "../examples/own_layer.rs"]
mod own_layer;
#[path = "../examples/own_objective.rs"]
mod own_objective;
#[path = "../examples/own_op.rs"]
mod own_op;
#[path = "../examples/own_rule.rs"]
mod own_rule;

#[test]
fn an_op_of_ones_own_trains() {
    own_op::main();
}

#[test]
fn a_layer_of_ones_own_trains() {
    own_layer::main();
}

#[test]
fn a_rule_of_ones_own_descends() {
    own_rule::main();
}

#[test]
fn an_objective_of_ones_own_is_minimised() {
    own_objective::main();
}
