//! Lines are read, and written as they are read.

use super::*;

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
