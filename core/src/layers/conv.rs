use super::batch_norm::{normed, takes_norm};
use super::{Entry, Layer, reading};
use crate::activations::Activation;
use crate::graph::{Graph, Var};
use crate::initializers::{self, Fan};
use crate::losses::Link;
use crate::message::Message;
use crate::ops::Conv2d;
use crate::window::{Padding, Window};
use crate::words::{Words, setting_is};
use crate::{Error, Result};

pub(super) const ROW: Entry = Entry {
    name: "conv",
    form: "OUTPUTS ROWSxCOLUMNS [norm] [ACTIVATION] [stride=N] [pad=same|valid|N] [dilation=N] [groups=N|depthwise] \
           [bias=yes|no] [init=NAME]",
    formula: "y[oy, ox] = f(Σ_ky Σ_kx x[oy stride + ky dilation − pad, ox stride + kx dilation − pad] W[ky, kx] + b)",
    about: "a layer of kernels, each a small set of weights that is looked for everywhere in the picture",
    paper: "LeCun et al. 1989, Backpropagation Applied to Handwritten Zip Code Recognition",
    parse,
};

/// A layer of kernels over a picture.
///
/// ```text
/// y[oy, ox] = f(Σ_ky Σ_kx x[oy stride + ky dilation − pad, ox stride + kx dilation − pad] W[ky, kx] + b)
///
/// x: batch × height × width × channels     W: rows × columns × channels / groups × outputs     b: outputs
/// ```
///
/// `stride`, `dilation`: one number, or rows x columns (`stride=2x1`). `pad=same` (the default) keeps height and width,
/// divided by the stride and rounded up; `valid` adds nothing; a number adds so many zeros on each side. `groups` divide the
/// channels; `depthwise` means as many groups as channels.
///
/// With `norm` there is no bias, and the sums go through batch norm before f ([`super::BatchNormLayer`]).
///
/// W starts by `he_normal` if f is of the relu family, else by `glorot_uniform`, where inputs are rows · columns · channels /
/// groups and outputs rows · columns · outputs / groups; b starts at zero.
#[derive(Clone)]
pub struct Conv {
    outputs: usize,
    window: Window,
    groups: Groups,
    norm: bool,
    activation: &'static Activation,
    bias: bool,
    init: &'static initializers::Entry,
}

#[derive(Clone, Copy)]
enum Groups {
    Of(usize),
    /// As many as there are channels.
    Depthwise,
}

fn parse(words: &mut Words) -> Result<Box<dyn Layer>> {
    let outputs = words.number("the number of kernels", "a whole number from 1 to 1000000", |n| {
        (1..=1_000_000).contains(n)
    })?;
    let size = words.need("the size of the kernels", "write rows x columns here: for example 3x3")?;
    let sides = reading::sides(size).filter(|_| size.contains('x')).ok_or_else(|| {
        let mend = "write rows x columns, whole numbers from 1 to 255: for example 3x3";
        words.wrong(Message::of("the size of the kernels is `{size}`").with("size", size), mend)
    })?;
    let norm = takes_norm(words);
    let activation = reading::activation(words)?.unwrap_or(reading::identity());
    let mut layer = Conv { norm, bias: !norm, ..Conv::new(outputs, sides, activation) };
    for (name, value) in words.pairs(&["stride", "pad", "dilation", "groups", "bias", "init"])? {
        match name {
            "stride" => layer.window.stride = reading::sides_of(words, name, value)?,
            "pad" => layer.window.padding = reading::padding(words, name, value)?,
            "dilation" => layer.window.dilation = reading::sides_of(words, name, value)?,
            "groups" => layer.groups = groups(words, name, value)?,
            "bias" => layer.bias = reading::bias(words, name, value, norm)?,
            _ => layer.init = reading::initializer(words, name, value)?,
        }
    }
    Ok(Box::new(layer))
}

fn groups(words: &Words, name: &str, value: &str) -> Result<Groups> {
    match (value, value.parse()) {
        ("depthwise", _) => Ok(Groups::Depthwise),
        (_, Ok(n)) if n >= 1 => Ok(Groups::Of(n)),
        _ => {
            let mend =
                "write groups=2 (any whole number from 1 that divides the channels), or groups=depthwise";
            Err(words.wrong_pair(name, setting_is(name, value), mend))
        }
    }
}

impl Conv {
    /// `outputs` kernels of `size` (rows, columns) with that activation, moving pixel by pixel, with `pad=same`, a bias and
    /// the default start.
    pub fn new(outputs: usize, size: [usize; 2], activation: &'static Activation) -> Conv {
        Conv {
            outputs,
            window: Window::new(size[0], size[1], Padding::Same),
            groups: Groups::Of(1),
            norm: false,
            activation,
            bias: true,
            init: reading::default_initializer(Some(activation)),
        }
    }

    /// The same, moving by `stride` (rows, columns).
    pub fn stride(mut self, stride: [usize; 2]) -> Conv {
        self.window.stride = stride;
        self
    }

    /// The same with other edges.
    pub fn padding(mut self, padding: Padding) -> Conv {
        self.window.padding = padding;
        self
    }

    /// The same without a bias.
    pub fn without_bias(mut self) -> Conv {
        self.bias = false;
        self
    }

    fn build_with(&self, graph: &mut Graph, x: Var, f: &'static Activation) -> Result<Var> {
        let shape = graph.shape(x);
        let refuse = |needs| Error::Shape { op: "conv2d".into(), inputs: vec![shape], needs };
        let &[_, height, width, channels] = shape.dims() else { return Err(refuse(PICTURE.into())) };
        let groups = match self.groups {
            Groups::Of(n) => n,
            Groups::Depthwise => channels,
        };
        if !channels.is_multiple_of(groups) || !self.outputs.is_multiple_of(groups) {
            return Err(refuse(format!(
                "{groups} groups to divide both the {channels} channels that come in and the {} that go out: take a number \
                 that does",
                self.outputs
            )));
        }
        self.window.over(height, width).map_err(refuse)?;
        let [rows, columns] = self.window.size;
        let fan = Fan {
            inputs: rows * columns * (channels / groups),
            outputs: rows * columns * (self.outputs / groups),
        };
        let dims = [rows, columns, channels / groups, self.outputs];
        let w = graph.weight_with_fan("weight", &dims, self.init.start, fan);
        if self.norm {
            let sums = graph.apply(Conv2d::new(self.window, groups, reading::identity()), &[x, w])?;
            return normed(graph, sums, f);
        }
        let op = Conv2d::new(self.window, groups, f);
        if !self.bias {
            return graph.apply(op, &[x, w]);
        }
        let zeros = initializers::named("zeros").expect("in the table");
        let b = graph.weight_with_fan("bias", &[self.outputs], zeros, fan);
        graph.apply(op, &[x, w, b])
    }
}

/// What a layer over pictures needs.
const PICTURE: &str = "pictures, x [batch, height, width, channels]: put this layer before whatever makes rows of numbers of \
                       them (dense, flatten, global_average_pool)";

impl Layer for Conv {
    fn kind(&self) -> &'static str {
        ROW.name
    }

    fn line(&self) -> String {
        let [rows, columns] = self.window.size;
        let (stride, dilation) =
            (reading::written(self.window.stride), reading::written(self.window.dilation));
        let groups = match self.groups {
            Groups::Of(n) => n.to_string(),
            Groups::Depthwise => "depthwise".into(),
        };
        let bias = if self.bias { "yes" } else { "no" };
        let norm = if self.norm { " norm" } else { "" };
        format!(
            "conv {} {rows}x{columns}{norm} {} stride={stride} pad={} dilation={dilation} groups={groups} bias={bias} init={}",
            self.outputs, self.activation.name, self.window.padding, self.init.name
        )
    }

    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        self.build_with(graph, x, self.activation)
    }

    fn ends_in(&self) -> Link {
        if self.activation.name == "sigmoid" { Link::Sigmoid } else { Link::Identity }
    }

    fn build_open(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        match self.ends_in() {
            Link::Identity => self.build(graph, x),
            _ => self.build_with(graph, x, reading::identity()),
        }
    }
}
