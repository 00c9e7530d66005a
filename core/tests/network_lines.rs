//! Networks, losses and optimizers as lines of text: what is read, what is written back, what is pointed at; and
//! the models and files they make.

mod common;

use std::collections::BTreeMap;

use common::{model, pointed_at};
use gradus::Error;
use gradus::activations::ACTIVATIONS;
use gradus::initializers::INITIALIZERS;
use gradus::layers::LAYERS;
use gradus::losses::{LOSSES, Loss};
use gradus::network::{Model, Network};
use gradus::optimizers::{Choice, OPTIMIZERS};
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
        assert!(written.starts_with(line.split(' ').next().unwrap()), "{written}");
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
        ("dense 3 rleu", "relu"),
        ("dense 3 init=he_norma", "he_normal"),
        ("dense 3 bia=no", "bias"),
    ] {
        let text = Network::parse(line).err().unwrap().to_string();
        assert!(text.contains(&format!("did you mean `{guess}`?")), "{text}");
    }
    let text = Loss::parse("squared_eror").err().unwrap().to_string();
    assert!(text.contains("did you mean `squared_error`?"), "{text}");
    let text = Network::parse("conv2d 3").err().unwrap().to_string();
    assert!(text.contains("known: dense, batch_norm, layer_norm, group_norm, dropout"), "{text}");
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

fn refused(network: &str, loss: &str, inputs: usize, classes: usize) -> String {
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
    let known =
        ["dense", "dropout", "relu", "softmax", "3", "0.5", "-1", "bias=no", "init=", "init=zeros", ",", "="];
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
