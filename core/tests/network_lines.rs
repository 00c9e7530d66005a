//! Networks, losses and optimizers as lines of text: what is read, what is written back, what is pointed at; and
//! the models and files they make.

mod common;

use std::collections::BTreeMap;

use common::{model, pointed_at};
use gradus::Error;
use gradus::activations::ACTIVATIONS;
use gradus::graph::Graph;
use gradus::initializers::INITIALIZERS;
use gradus::input::Input;
use gradus::layers::LAYERS;
use gradus::losses::{LOSSES, Loss};
use gradus::network::{Model, Network};
use gradus::optimizers::{Choice, OPTIMIZERS};
use gradus::presets::{PRESETS, completed};
use gradus::threads::Threads;
use gradus::train::ModelFile;
use proptest::prelude::*;

/// A line of each kind of layer, words at their defaults and not.
fn layer_lines() -> Vec<String> {
    let mut lines = Vec::new();
    for entry in LAYERS {
        match entry.name {
            "dense" => {
                let names = ACTIVATIONS.iter().map(|a| a.name).chain(["softmax"]);
                lines.extend(names.map(|name| format!("dense 3 {name}")));
                lines.extend(INITIALIZERS.iter().map(|e| format!("dense 1000000 init={} bias=no", e.name)));
                lines.extend(
                    ["dense 1", "dense 7 bias=yes", "dense 7 norm", "dense 7 norm relu"].map(String::from),
                );
                lines.push("dense 3 norm softmax bias=no init=zeros".into());
            }
            "conv" => {
                lines.extend(ACTIVATIONS.iter().map(|a| format!("conv 3 3x3 {}", a.name)));
                lines.extend(
                    INITIALIZERS.iter().map(|e| format!("conv 1000000 255x1 init={} bias=no", e.name)),
                );
                lines.extend([
                    "conv 1 1x1".into(),
                    "conv 4 3x5 relu stride=2 pad=valid dilation=2x1 groups=2".into(),
                ]);
                lines.extend([
                    "conv 4 3x3 pad=0 groups=depthwise stride=1x3".into(),
                    "conv 4 3x3 pad=255".into(),
                    "conv 4 3x3 norm".into(),
                    "conv 4 3x3 norm relu stride=2 bias=no".into(),
                ]);
            }
            "pool" | "average_pool" => {
                for rest in
                    ["1", "2", "2x3", "3 stride=2 pad=1", "255 stride=1x255 pad=same", "2x2 pad=valid"]
                {
                    lines.push(format!("{} {rest}", entry.name));
                }
            }
            "global_average_pool" | "flatten" => lines.push(entry.name.into()),
            "upsample" => lines.extend(["upsample 1", "upsample 64"].map(String::from)),
            "residual" => lines.extend(
                [
                    "residual(dense 3)",
                    "residual(conv 8 3x3 relu stride=2, conv 8 3x3) relu",
                    "residual (dropout 0.5, residual(dense 3 relu, residual(dense 4)) tanh) gelu",
                ]
                .map(String::from),
            ),
            "batch_norm" => {
                lines.extend(
                    ["batch_norm", "batch_norm epsilon=0.1", "batch_norm momentum=1"].map(String::from),
                );
                lines.push("batch_norm epsilon=1e-7 momentum=0".into());
            }
            "layer_norm" => lines.extend(["layer_norm", "layer_norm epsilon=3"].map(String::from)),
            "group_norm" => lines.extend(["group_norm 1", "group_norm 32 epsilon=1e-6"].map(String::from)),
            "dropout" => lines.extend(["dropout 0", "dropout 0.25", "dropout 0.99999"].map(String::from)),
            name => panic!("the layer `{name}` has no line here: add some in tests/network_lines.rs"),
        }
    }
    lines
}

#[test]
fn every_layer_reads_back_to_itself() {
    for line in layer_lines() {
        let written = Network::parse(&line).unwrap().line();
        assert_eq!(Network::parse(&written).unwrap().line(), written, "{line}");
        assert!(written.starts_with(line.split([' ', '(']).next().unwrap()), "{written}");
    }
    let all = layer_lines().join(" ,");
    let written = Network::parse(&all).unwrap();
    assert_eq!(written.layers().len(), layer_lines().len());
    assert_eq!(Network::parse(&written.line()).unwrap().line(), written.line());
}

#[test]
fn defaults_are_written_out() {
    let line = |text| Network::parse(text).unwrap().line();
    assert_eq!(line("dense 3 relu"), "dense 3 relu bias=yes init=he_normal");
    assert_eq!(line(" dense  3 ,dropout .5"), "dense 3 identity bias=yes init=glorot_uniform, dropout 0.5");
    assert_eq!(line("dense 3 norm relu"), "dense 3 norm relu bias=no init=he_normal");
    assert_eq!(line("dense 3 norm"), "dense 3 norm identity bias=no init=glorot_uniform");
    assert_eq!(line("batch_norm"), "batch_norm momentum=0.1 epsilon=0.00001");
    assert_eq!(line("group_norm 4"), "group_norm 4 epsilon=0.00001");
    assert_eq!(line("dense 3 softmax init=zeros bias=no"), "dense 3 softmax bias=no init=zeros");
    assert_eq!(Loss::parse("huber").unwrap().line(), "huber delta=1");
    let conv = "conv 8 3x5 relu stride=2 pad=same dilation=1 groups=1 bias=yes init=he_normal";
    assert_eq!(line("conv 8 3x5 relu stride=2x2"), conv);
    assert_eq!(
        line("pool 2x3,average_pool 3 stride=1"),
        "pool 2x3 stride=2x3 pad=valid, average_pool 3 stride=1 pad=valid"
    );
    assert_eq!(
        line("residual( dense 3 relu ,dropout 0.1 )"),
        "residual(dense 3 relu bias=yes init=he_normal, dropout 0.1) identity"
    );
}

/// What is wrong, and the word that must be pointed at.
const WRONG: &[(&str, &str)] = &[
    ("dense 3 rleu", "rleu"),
    ("dense 3 relu, dens 4", "dens"),
    ("  dense  0 relu", "0"),
    ("dense 1000001", "1000001"),
    ("dense -1", "-1"),
    ("dense 3.5", "3.5"),
    ("dense relu", "relu"),
    ("dense 3 relu 4", "4"),
    ("dense 3 relu tanh", "tanh"),
    ("dense 3 bias=maybe", "bias=maybe"),
    ("dense 3 bias=maybe init=zeros", "bias=maybe"),
    ("dense 3 init=zeroes bias=no", "init=zeroes"),
    ("dense 3 bais=no", "bais=no"),
    ("dense 3 bias=no bias=yes", "bias=yes"),
    ("dense 3 bias=no relu", "relu"),
    ("dense 3 relu dropout 0.5", "dropout"),
    ("dense 3 relu norm", "norm"),
    ("dense 3 norm bias=yes", "bias=yes"),
    ("dense norm 3", "norm"),
    ("batch_norm 3", "3"),
    ("batch_norm momentum=1.1", "momentum=1.1"),
    ("batch_norm epsilon=0", "epsilon=0"),
    ("layer_norm momentum=0.1", "momentum=0.1"),
    ("group_norm 0", "0"),
    ("group_norm 2 3", "3"),
    ("group_norm 2 epsilon=-1", "epsilon=-1"),
    ("dropout 1", "1"),
    ("dropout -0.1", "-0.1"),
    ("dropout NaN", "NaN"),
    ("dropout half", "half"),
    ("dropout 0.5 0.5", "0.5"),
    ("dense 3, größe 4", "größe"),
    ("dense 3 rélu, dense 4", "rélu"),
    ("conv 0 3x3", "0"),
    ("conv 8 3x3 norm bias=yes", "bias=yes"),
    ("conv 8 3x3 relu norm", "norm"),
    ("conv 8 3", "3"),
    ("conv 8 3x0", "3x0"),
    ("conv 8 3x256", "3x256"),
    ("conv 8 3x3x3", "3x3x3"),
    ("conv 8 relu", "relu"),
    ("conv 8 3x3 rleu", "rleu"),
    ("conv 8 3x3 softmax", "softmax"),
    ("conv 8 3x3 relu norn", "norn"),
    ("conv 8 3x3 stride=0", "stride=0"),
    ("conv 8 3x3 pad=full", "pad=full"),
    ("conv 8 3x3 pad=-1", "pad=-1"),
    ("conv 8 3x3 pad=256 stride=2", "pad=256"),
    ("conv 8 3x3 dilation=1x0", "dilation=1x0"),
    ("conv 8 3x3 groups=0", "groups=0"),
    ("conv 8 3x3 groups=all", "groups=all"),
    ("conv 8 3x3 strides=2", "strides=2"),
    ("pool two", "two"),
    ("pool 2 2", "2"),
    ("pool 2 dilation=2", "dilation=2"),
    ("average_pool 2 stride=", "stride="),
    ("global_average_pool 2", "2"),
    ("flatten relu", "relu"),
    ("upsample 65", "65"),
    ("dense 8 relu, residual(dense 8 rleu, dense 8) relu", "rleu"),
    ("residual(dense 8, dens 8)", "dens"),
    ("residual(dense 8) rleu", "rleu"),
    ("residual(dense 8) relu relu", "relu"),
    ("residual(dense 8) bias=no", "bias=no"),
    ("residual relu", "relu"),
    ("dense (8)", "(8)"),
    ("dense 8 (relu)", "(relu)"),
    ("dense 8 relu (dense 8)", "(dense 8)"),
    ("dense 8 bias=no (dense 8 bias=no)", "(dense 8 bias=no)"),
    ("residual(dense 8, residual(dense 8)", "("),
    ("residual(dense 8)) relu", ")"),
    ("dense 8 relu), dense 1", ")"),
    ("(dense 8)", "(dense 8)"),
    ("lenet relu", "relu"),
    ("residual(lenet 5)", "5"),
    // Three bytes of white space are one column.
    ("dense 3\u{3000}rleu", "rleu"),
];

#[test]
fn every_wrong_word_of_a_network_is_pointed_at() {
    for (line, word) in WRONG {
        let error = Network::parse(line).err().unwrap_or_else(|| panic!("`{line}` is read"));
        assert_eq!(pointed_at(&error), *word, "{error}");
        assert!(error.to_string().contains("mend: "), "{error}");
    }
    // The second of two equal words, not the first.
    let Err(Error::Line { at, .. }) = Network::parse("dropout 0.5 0.5") else { panic!() };
    assert_eq!(at, 12..15);
}

#[test]
fn what_is_missing_is_pointed_at_where_it_should_stand() {
    for (line, column) in [
        ("", 0),
        ("dense", 5),
        ("dense 3, dropout", 16),
        ("dense 3 relu,", 13),
        ("dense 3,, dense 4", 8),
        ("dense 3,  , dense", 8),
        ("conv", 4),
        ("conv 3", 6),
        ("pool", 4),
        ("upsample", 8),
        ("residual", 8),
        ("dense 3, residual()", 18),
        ("residual(dense 3,)", 17),
    ] {
        let error = Network::parse(line).err().unwrap_or_else(|| panic!("`{line}` is read"));
        let Error::Line { at, .. } = &error else { panic!("{error:?}") };
        assert!(at.is_empty() && (column..column + 2).contains(&at.start), "{line}: at {at:?}\n{error}");
        assert!(error.to_string().contains("is missing"), "{error}");
        pointed_at(&error);
    }
}

#[test]
fn a_name_that_is_nearly_right_is_guessed() {
    for (line, guess) in [
        ("dens 3", "dense"),
        ("conv2d 3", "conv"),
        ("pol 2", "pool"),
        ("resnet", "lenet"),
        ("dense 3, vgg_small", "vgg-small"),
        ("dense 3 rleu", "relu"),
        ("dense 3 init=he_norma", "he_normal"),
        ("dense 3 bia=no", "bias"),
    ] {
        let text = Network::parse(line).err().unwrap().to_string();
        assert!(text.contains(&format!("did you mean `{guess}`?")), "{text}");
    }
    let text = Loss::parse("squared_eror").err().unwrap().to_string();
    assert!(text.contains("did you mean `squared_error`?"), "{text}");
    let text = Network::parse("transformer 3").err().unwrap().to_string();
    assert!(text.contains("known: dense, conv, pool") && text.contains("mlp, lenet"), "{text}");
}

#[test]
fn every_wrong_word_of_a_loss_is_pointed_at() {
    for (line, word) in [
        ("huber delta=0", "delta=0"),
        ("huber delta=inf", "delta=inf"),
        ("huber delta=1 delta=2", "delta=2"),
        ("binary_cross_entropy smoothing=1", "smoothing=1"),
        ("squared_error smoothing=0.1", "smoothing=0.1"),
        (" mse", "mse"),
        ("huber 0.5", "0.5"),
    ] {
        assert_eq!(pointed_at(&Loss::parse(line).err().unwrap()), word);
    }
    for entry in LOSSES {
        let line = Loss::parse(entry.name).unwrap().line();
        assert_eq!(Loss::parse(&line).unwrap().line(), line);
    }
}

fn refused(network: &str, loss: &str, inputs: impl Into<Input>, classes: usize) -> String {
    let made = Model::new(Network::parse(network).unwrap(), Loss::parse(loss).unwrap(), inputs, classes);
    let error = made.err().unwrap_or_else(|| panic!("{network} with {loss} for {classes} classes is taken"));
    assert!(matches!(error, Error::Settings { .. }), "{error:?}");
    assert!(error.to_string().contains("mend: "), "{error}");
    error.to_string()
}

#[test]
fn a_network_whose_end_suits_neither_loss_nor_classes_is_refused() {
    assert!(refused("dense 1 sigmoid", "softmax_cross_entropy", 4, 2).contains("`dense 2 softmax`"));
    assert!(refused("dense 2 softmax", "squared_error", 4, 2).contains("anything but softmax"));
    assert!(refused("dense 2 softmax", "binary_cross_entropy", 4, 2).contains("`dense 1 sigmoid`"));
    assert!(refused("dense 3 softmax", "softmax_cross_entropy", 4, 5).contains("`dense 5 softmax`"));
    assert!(refused("dense 1 softmax", "softmax_cross_entropy", 4, 2).contains("ends in 1 numbers"));
    assert!(refused("dense 1 sigmoid", "squared_error", 4, 3).contains("`dense 3 sigmoid`"));
    assert!(refused("dense 7 sigmoid", "binary_cross_entropy", 4, 2).contains("`dense 1 sigmoid`"));
    for (network, loss, classes) in [
        ("dense 1 sigmoid", "binary_cross_entropy", 2),
        ("dense 2 sigmoid", "squared_error", 2),
        ("dense 1", "huber", 2),
        ("dense 1", "binary_cross_entropy", 2),
        ("dense 5", "softmax_cross_entropy", 5),
        ("dense 5 sigmoid, dropout 0.1", "absolute_error", 5),
    ] {
        model(network, loss, 4, classes);
    }
}

/// What a layer does to a picture of 9 × 7 pixels with 4 channels, or what it says.
fn shape_of(line: &str) -> Result<Vec<usize>, String> {
    let mut graph = Graph::new();
    let x = graph.data("input", &[2, 9, 7, 4]);
    let network = Network::parse(line).unwrap();
    let z = network.build(&mut graph, x, false).map_err(|error| error.to_string())?;
    assert_eq!(graph.scoped(), "", "{line}");
    Ok(graph.shape(z).dims().to_vec())
}

#[test]
fn pictures_change_their_shape_as_the_layers_say() {
    for (line, shape) in [
        ("conv 8 3x3", vec![2, 9, 7, 8]),
        ("conv 8 3x3 pad=valid", vec![2, 7, 5, 8]),
        ("conv 8 3x3 stride=2", vec![2, 5, 4, 8]),
        ("conv 8 3x3 pad=1 stride=2", vec![2, 5, 4, 8]),
        ("conv 8 3x1 dilation=2x1 pad=valid", vec![2, 5, 7, 8]),
        ("conv 8 5x5 pad=5", vec![2, 15, 13, 8]),
        ("conv 8 3x3 groups=depthwise", vec![2, 9, 7, 8]),
        ("pool 2", vec![2, 4, 3, 4]),
        ("pool 2 pad=same", vec![2, 5, 4, 4]),
        ("average_pool 3 stride=2 pad=1", vec![2, 5, 4, 4]),
        ("global_average_pool", vec![2, 4]),
        ("upsample 3", vec![2, 27, 21, 4]),
        ("flatten", vec![2, 252]),
        ("dense 5", vec![2, 5]),
        ("dropout 0.5", vec![2, 9, 7, 4]),
        ("residual(conv 4 3x3)", vec![2, 9, 7, 4]),
        ("residual(conv 6 3x3 stride=2, conv 6 3x3) relu", vec![2, 5, 4, 6]),
        ("residual(conv 6 3x3 stride=3x2)", vec![2, 3, 4, 6]),
        ("residual(pool 2 pad=same)", vec![2, 5, 4, 4]),
        ("residual(dense 9)", vec![2, 9]),
        ("flatten, residual(dense 252)", vec![2, 252]),
    ] {
        assert_eq!(shape_of(line), Ok(shape), "{line}");
    }
}

#[test]
fn a_picture_that_does_not_fit_is_told_where_and_how_to_mend_it() {
    for (line, says) in [
        ("pool 2, pool 5", ["layer 2, pool: max_pool", "5×5 is larger than 4×3", "pad=same"]),
        ("conv 8 3x3, conv 8 5x9 pad=valid", ["layer 2, conv: conv2d", "5×9 is larger than 9×7", "pad=same"]),
        ("dense 8, conv 8 3x3", ["layer 2, conv", "put this layer before", "flatten"]),
        ("flatten, pool 2", ["layer 2, pool", "one picture", "[batch, height, width, channels]"]),
        ("dense 5, upsample 2", ["layer 2, upsample", "one picture", "[batch, height, width, channels]"]),
        ("conv 8 3x3 groups=3", ["layer 1, conv", "3 groups to divide", "the 4 channels"]),
        ("conv 6 3x3 groups=depthwise", ["layer 1, conv", "4 groups to divide", "the 6 that go out"]),
        ("pool 2 pad=2", ["layer 1, pool", "less padding", "2 pixels"]),
        ("residual(conv 4 3x3 pad=valid)", ["layer 1, residual", "7×5 of 9×7", "pad=same"]),
        ("residual(upsample 2)", ["layer 1, residual", "18×14 of 9×7", "pad=same"]),
        ("pool 1, residual(conv 4 3x3, pool 99)", ["layer 2, residual: layer 2, pool", "99×99", "9×7"]),
        ("residual(flatten)", ["layer 1, residual", "compute something", "[2, 9, 7, 4]"]),
    ] {
        let text = shape_of(line).unwrap_err();
        says.iter().for_each(|says| assert!(text.contains(says), "{line}: {text}"));
    }
}

#[test]
fn a_projection_is_there_where_the_shape_changes_and_only_there() {
    let names = |line: &str| {
        let all = format!("{line}, dense 1");
        let model = model(&all, "squared_error", [9, 7, 4], 2);
        let parts = model.layout().parts();
        let name = |p: &gradus::layout::Part| format!("{} {}", p.name, p.shape);
        parts.iter().map(name).take(parts.len() - 2).collect::<Vec<_>>()
    };
    assert_eq!(names("residual(conv 4 3x3 bias=no)"), ["1.residual.1.conv.weight 3×3×4×4"]);
    let two = names("residual(conv 6 3x3 stride=2 bias=no, residual(conv 6 1x1 bias=no)) relu");
    let wanted = [
        "1.residual.1.conv.weight 3×3×4×6",
        "1.residual.2.residual.1.conv.weight 1×1×6×6",
        "1.residual.projection.weight 1×1×4×6",
    ];
    assert_eq!(two, wanted);
    let rows = names("dense 3 bias=no, residual(dense 5 bias=no)");
    assert_eq!(rows[1..], ["2.residual.1.dense.weight 3×5", "2.residual.projection.weight 3×5"]);
}

/// He: variance 2 / inputs; Glorot: 2 / (inputs + outputs), each of a unit's window.
#[test]
fn kernels_start_by_the_fan_of_their_window() {
    for (line, variance) in [
        ("conv 64 5x5 relu", 2.0 / (25.0 * 8.0)),
        ("conv 64 5x5 relu groups=4", 2.0 / (25.0 * 2.0)),
        ("conv 512 5x5 relu groups=depthwise", 2.0 / 25.0),
        ("conv 64 5x5", 2.0 / (25.0 * (8.0 + 64.0))),
        ("conv 64 5x5 groups=2 init=glorot_normal", 2.0 / (25.0 * (4.0 + 32.0))),
        ("conv 64 5x5 init=lecun_normal", 1.0 / (25.0 * 8.0)),
    ] {
        let model = model(&format!("{line}, global_average_pool, dense 1"), "squared_error", [6, 6, 8], 2);
        let theta = model.layout().start(3);
        let w = &theta[model.layout().parts()[0].range()];
        let got = w.iter().map(|w| (*w as f64).powi(2)).sum::<f64>() / w.len() as f64;
        assert!((got / variance - 1.0).abs() < 0.06, "{line}: {got}, not {variance}");
        assert!(theta[model.layout().parts()[1].range()].iter().all(|b| *b == 0.0));
    }
}

#[test]
fn every_preset_is_a_network_for_its_pictures() {
    for preset in PRESETS {
        for (input, classes) in [([28, 28, 1], 10), ([32, 32, 3], 2), ([24, 24, 3], 3)] {
            let line = completed(&format!(" {} ", preset.name), &format!("dense {classes} softmax")).unwrap();
            let model = model(&line, "softmax_cross_entropy", input, classes);
            let short = model_line(&format!("{}, dense {classes} softmax", preset.name));
            assert_eq!(model.network.line(), short, "{}", preset.name);
        }
        let name = preset.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let known = preset.paper.chars().any(|c| c.is_ascii_digit()) && preset.about.len() > 5;
        assert!(name && known && LAYERS.iter().all(|l| l.name != preset.name), "{}", preset.name);
    }
    assert!(completed("dense 1", "dense 1").is_none() && completed("lenet, dense 1", "dense 1").is_none());
    // LeCun et al. 1998 with all 16 kernels seeing all 6 pictures, and no weights in the pools.
    let lenet = model("lenet, dense 10 softmax", "softmax_cross_entropy", [28, 28, 1], 10);
    assert_eq!(lenet.layout().weights(), 61_706);
    // He et al. 2015 count 0.27 million: 269,722 with norms, and 16 · 32 + 32 · 64 in two projections.
    let resnet = model("resnet-20, dense 10 softmax", "softmax_cross_entropy", [32, 32, 3], 10);
    assert_eq!(resnet.layout().weights(), 269_722 + 2_560);
}

fn model_line(line: &str) -> String {
    Network::parse(line).unwrap().line()
}

#[test]
fn what_does_not_fit_into_memory_is_told_before_it_is_tried() {
    let big =
        "conv 1000000 3x3, conv 1000000 255x255, upsample 64, upsample 32, dense 1000000, dense 2 softmax";
    let text = refused(big, "softmax_cross_entropy", [24, 24, 3], 2);
    assert!(text.contains("memory"), "{text}");
    let wide =
        model("conv 1000000 1x1 bias=no, global_average_pool, dense 2", "squared_error", [200, 200, 1], 2);
    let error = wide.training_plan(4096, &Threads::new(1)).err().unwrap().to_string();
    assert!(error.contains("batch") && error.contains("mend: "), "{error}");
}

#[test]
fn an_input_is_read_as_it_is_written() {
    for input in [Input::from(7), Input::from([24, 16, 3])] {
        assert_eq!(input.to_string().parse::<Input>().unwrap(), input);
    }
    for wrong in ["", "x", "3x4", "1x2x3x4", "-1", "3x4x", "24×24×3"] {
        assert!(wrong.parse::<Input>().unwrap_err().to_string().contains("24x24x3"), "{wrong}");
    }
    refused("dense 1 sigmoid", "squared_error", [0, 3, 3], 2);
}

#[test]
fn a_network_may_end_in_a_picture() {
    for (line, loss) in [
        ("conv 8 3x3 relu, conv 3 1x1, global_average_pool", "softmax_cross_entropy"),
        ("conv 1 4x4 sigmoid pad=valid", "binary_cross_entropy"),
        ("conv 8 3x3 relu, conv 3 4x4 pad=valid", "softmax_cross_entropy"),
    ] {
        let classes = if loss.starts_with('b') { 2 } else { 3 };
        let model = model(line, loss, [4, 4, 2], classes);
        let (mut plan, z, _) = model.evaluation_plan(5, &Threads::new(1)).unwrap();
        plan.data("input").fill(0.5);
        plan.forward(&model.layout().start(1));
        assert_eq!(plan.value(z).len(), 5 * model.outputs, "{line}");
    }
}

#[test]
fn a_network_without_weights_and_a_single_class_are_refused() {
    assert!(refused("dropout 0.5", "squared_error", 2, 2).contains("no weights"));
    refused("dense 1 sigmoid", "squared_error", 2, 1);
    refused("dense 1 softmax", "softmax_cross_entropy", 2, 1);
    refused("dense 1 sigmoid", "squared_error", 0, 2);
}

#[test]
fn probabilities_sum_to_one_whatever_the_end() {
    for (network, loss, classes) in [
        ("dense 1 sigmoid", "binary_cross_entropy", 2),
        ("dense 1 sigmoid", "squared_error", 2),
        ("dense 3 sigmoid", "binary_cross_entropy", 3),
        ("dense 3 softmax", "softmax_cross_entropy", 3),
        ("dense 3", "squared_error", 3),
    ] {
        let model = model(network, loss, 2, classes);
        for size in [0.0f32, 0.3, -5.0, 100.0, -100.0] {
            let z: Vec<f32> = (0..model.outputs).map(|k| size * (k as f32 + 1.0)).collect();
            let mut p = vec![f64::NAN; classes];
            model.probabilities(&z, &mut p);
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{network}, {loss}: {p:?} of {z:?}");
            assert!(p.iter().all(|p| (0.0..=1.0).contains(p)), "{network}, {loss}: {p:?} of {z:?}");
        }
    }
    let model = model("dense 3 softmax", "softmax_cross_entropy", 2, 3);
    let mut p = [0.0; 3];
    model.probabilities(&[0.0, 2f32.ln(), 5f32.ln()], &mut p);
    for (p, want) in p.iter().zip([0.125, 0.25, 0.625]) {
        assert!((p - want).abs() < 1e-6);
    }
}

#[test]
fn the_summary_counts_what_there_is() {
    let model = model("dense 128 relu, dropout 0.2, dense 1 sigmoid bias=no", "binary_cross_entropy", 784, 2);
    let text = model.summary(32, 2).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(lines.len(), 6, "{text}");
    let ends: Vec<&[&str]> = lines[1..5].iter().map(|l| &l[l.len() - 2..]).collect();
    let weights = 784 * 128 + 128;
    assert_eq!(ends, [["32×784", "0"], ["32×128", &weights.to_string()], ["32×128", "0"], ["32×1", "128"]]);
    let all = weights + 128;
    assert_eq!(model.layout().weights(), all);
    assert!(
        lines[5][0] == all.to_string() && text.contains("(0.4 MiB), gradient and optimizer (1.2 MiB)"),
        "{text}"
    );
}

#[test]
fn a_layer_more_does_not_change_how_the_others_start() {
    let start = |line: &str| {
        let model = model(line, "squared_error", 5, 2);
        let theta = model.layout().start(4);
        let part = |name: &str| {
            let part = model.layout().parts().iter().find(|p| p.name == name).unwrap();
            theta[part.range()].to_vec()
        };
        (part("1.dense.weight"), part("2.dense.weight"))
    };
    let short = start("dense 7 relu, dense 2");
    let long = start("dense 7 relu, dense 2, dense 2 tanh, dense 1");
    assert_eq!(short, long);
    let (first, second) = start("dense 5 relu, dense 5 relu, dense 2");
    assert_ne!(first, second, "parts of one shape draw apart");
    let model = model("dense 7 relu, dense 2", "squared_error", 5, 2);
    assert_ne!(model.layout().start(1), model.layout().start(2), "seeds differ");
}

#[test]
fn a_model_file_gives_back_what_was_saved() {
    let model = model("dense 7 relu, dense 2", "squared_error", 5, 2);
    let theta = model.layout().start(1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let metadata = BTreeMap::from([("network".to_string(), model.network.line())]);
    ModelFile::new(model.layout(), &theta, metadata.clone()).save(&path).unwrap();
    let file = ModelFile::load(&path).unwrap();
    assert_eq!(file.metadata, metadata);
    assert_eq!(file.theta(model.layout(), &path).unwrap(), theta);
    let other = common::model("dense 8 relu, dense 2", "squared_error", 5, 2);
    let error = file.theta(other.layout(), &path).unwrap_err().to_string();
    assert!(error.contains("no weights called 1.dense.weight of shape 5×8"), "{error}");
    assert!(matches!(ModelFile::load(folder.path()), Err(Error::File { .. })));
}

/// Words of the language, near misses, and anything at all.
fn words() -> impl Strategy<Value = String> {
    let known = [
        "dense",
        "dropout",
        "relu",
        "softmax",
        "3",
        "0.5",
        "-1",
        "bias=no",
        "init=",
        "init=zeros",
        ",",
        "=",
        "conv",
        "3x3",
        "pool",
        "flatten",
        "residual",
        "residual(",
        "(",
        ")",
        "stride=2",
        "pad=same",
        "groups=depthwise",
        "lenet",
    ];
    let more = [
        "adam",
        "beta1=0.5",
        "beta1=",
        "huber",
        "delta=1e999",
        "smoothing=0.1",
        "größe",
        "\u{3000}",
        "\t",
        "",
    ];
    let word = prop_oneof![
        6 => prop::sample::select([&known[..], &more[..]].concat()).prop_map(String::from),
        1 => prop::collection::vec(any::<char>(), 0..6).prop_map(|c| c.into_iter().collect::<String>()),
    ];
    prop::collection::vec(word, 0..8).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) })]

    #[test]
    fn no_line_panics_and_what_is_read_reads_back(line in words()) {
        let text = |error: Error| { error.to_string(); };
        match Network::parse(&line) {
            Ok(network) => prop_assert_eq!(Network::parse(&network.line()).unwrap().line(), network.line()),
            Err(error) => text(error),
        }
        match Loss::parse(&line) {
            Ok(loss) => prop_assert_eq!(Loss::parse(&loss.line()).unwrap().line(), loss.line()),
            Err(error) => text(error),
        }
        match Choice::parse(&line) {
            Ok(choice) => prop_assert_eq!(Choice::parse(&choice.line()).unwrap().line(), choice.line()),
            Err(error) => text(error),
        }
    }

    #[test]
    fn any_number_a_parameter_takes_is_written_back_exactly(bits in any::<u64>()) {
        let x = f64::from_bits(bits);
        for line in OPTIMIZERS.iter().flat_map(|e| e.dialects[0].parameters.iter().map(|p| format!("{} {}={x}", e.name, p.name))) {
            if let Ok(choice) = Choice::parse(&line) {
                prop_assert_eq!(Choice::parse(&choice.line()).unwrap().line(), choice.line());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_bytes_make_the_loading_of_a_model_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        header in 0u64..150,
        cut in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        bit in 0..8,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let load = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            match ModelFile::load(&path) {
                Ok(file) => drop(file.theta(model("dense 2", "squared_error", 3, 2).layout(), &path)),
                Err(error) => assert!(matches!(error, Error::Damaged { .. }), "{error:?}"),
            }
        };
        load(&bytes);
        load(&[&header.to_le_bytes()[..], &bytes].concat());
        // A whole file, cut, or with one bit turned.
        let model = model("dense 2", "squared_error", 3, 2);
        ModelFile::new(model.layout(), &model.layout().start(1), BTreeMap::new()).save(&path).unwrap();
        let mut whole = std::fs::read(&path).unwrap();
        load(&whole[..cut.index(whole.len())]);
        let at = at.index(whole.len());
        whole[at] ^= 1u8 << bit;
        load(&whole);
    }
}
