//! Networks that have a name: each stands in a network's line for its layers, all but the last, which is up to the
//! classes: `lenet, dense 10 softmax`.

/// A named network.
pub struct Preset {
    /// As the network line writes it.
    pub name: &'static str,
    /// Its layers, without the last.
    pub line: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Where it is from.
    pub paper: &'static str,
}

/// What a network line accepts in place of layers.
pub static PRESETS: &[Preset] = &[
    Preset {
        name: "mlp",
        line: "dense 256 relu, dropout 0.5, dense 128 relu, dropout 0.5",
        about: "two hidden layers of neurons: sees no neighbourhoods, trains in seconds",
        paper: "Rumelhart, Hinton & Williams 1986, Learning representations by back-propagating errors",
    },
    Preset {
        name: "lenet",
        line: "conv 6 5x5 tanh, average_pool 2, conv 16 5x5 tanh pad=valid, average_pool 2, dense 120 tanh, dense 84 tanh",
        about: "LeNet-5 for small grey pictures (28×28: digits), its pools without weights of their own",
        paper: "LeCun et al. 1998, Gradient-based learning applied to document recognition",
    },
    Preset {
        name: "vgg-small",
        line: "conv 32 3x3 relu, conv 32 3x3 relu, pool 2, conv 64 3x3 relu, conv 64 3x3 relu, pool 2, \
               conv 128 3x3 relu, conv 128 3x3 relu, pool 2, dropout 0.5, dense 128 relu, dropout 0.5",
        about: "pairs of 3x3 convolutions between pools, for small pictures in colour (24×24 to 64×64)",
        paper: "Simonyan & Zisserman 2014, Very Deep Convolutional Networks for Large-Scale Image Recognition, arXiv 1409.1556",
    },
];

/// The line of a whole network if `line` is but the name of a preset: its layers, and `end`.
pub fn completed(line: &str, end: &str) -> Option<String> {
    let preset = PRESETS.iter().find(|p| p.name == line.trim())?;
    Some(format!("{}, {end}", preset.line))
}
