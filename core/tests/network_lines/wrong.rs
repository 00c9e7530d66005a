//! What is wrong with a line is said, and where it stands.

use super::*;

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
fn a_network_without_weights_and_a_single_class_are_refused() {
    assert!(refused("dropout 0.5", "squared_error", 2, 2).contains("no weights"));
    refused("dense 1 sigmoid", "squared_error", 2, 1);
    refused("dense 1 softmax", "softmax_cross_entropy", 2, 1);
    refused("dense 1 sigmoid", "squared_error", 0, 2);
}
