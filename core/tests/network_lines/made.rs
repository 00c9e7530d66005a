//! What a line makes: shapes, weights, starts, and the files of models.

use gradus::network::Held;

use super::*;

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
    let held = Held { gradient: 0, optimizer: 8 * 100_608, activations: 3 << 20 };
    let text = model.summary(32, &held).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(lines.len(), 6, "{text}");
    let ends: Vec<&[&str]> = lines[1..5].iter().map(|l| &l[l.len() - 2..]).collect();
    let weights = 784 * 128 + 128;
    assert_eq!(ends, [["32×784", "0"], ["32×128", &weights.to_string()], ["32×128", "0"], ["32×1", "128"]]);
    let all = weights + 128;
    assert_eq!(model.layout().weights(), all);
    let end = "100608 weights (0.4 MiB), optimizer (0.8 MiB), activations of a batch of 32 (3.0 MiB)";
    assert_eq!((all, text.lines().last().unwrap()), (100_608, end));
    let text = model.summary(32, &Held { gradient: 4 * all, optimizer: 0, ..held }).unwrap();
    assert!(text.contains(" (0.4 MiB), gradient (0.4 MiB), activations"), "{text}");
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
    let other = crate::common::model("dense 8 relu, dense 2", "squared_error", 5, 2);
    let error = file.theta(other.layout(), &path).unwrap_err().to_string();
    assert!(error.contains("no weights called 1.dense.weight of shape 5×8"), "{error}");
    assert!(matches!(ModelFile::load(folder.path()), Err(Error::File { .. })));
}
