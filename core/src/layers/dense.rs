use super::batch_norm::{normed, takes_norm};
use super::{Entry, Layer, reading};
use crate::activations::{self, ACTIVATIONS, Activation};
use crate::error::did_you_mean;
use crate::graph::{Graph, Var};
use crate::initializers::{Fan, Initializer};
use crate::losses::Link;
use crate::message::Message;
use crate::ops::Linear;
use crate::words::Words;
use crate::{Error, Result, initializers};

pub(super) const ROW: Entry = Entry {
    name: "dense",
    form: "UNITS [norm] [ACTIVATION] [bias=yes|no] [init=NAME]",
    formula: "y = f(x W + b)",
    about: "a layer of neurons: each sums all inputs, weighted, and passes the sum through f",
    paper: "Rosenblatt 1958, The Perceptron",
    parse,
};

/// A layer of neurons, fully connected.
///
/// ```text
/// y = f(x W + b)      x: batch × inputs    W: inputs × units    b: units
/// ```
///
/// With `norm` there is no bias, and the sums go through batch norm before f ([`super::BatchNormLayer`]). Of a picture it
/// sees all numbers as one row.
///
/// W starts by `he_normal` if f is of the relu family, else by `glorot_uniform`; b starts at zero.
pub struct Dense {
    units: usize,
    norm: bool,
    end: End,
    bias: bool,
    init: &'static initializers::Entry,
}

/// What comes after the sum.
#[derive(Clone, Copy)]
enum End {
    Function(&'static Activation),
    /// Only before `softmax_cross_entropy`, which contains it.
    Softmax,
}

fn parse(words: &mut Words) -> Result<Box<dyn Layer>> {
    let units = words
        .number("the number of units", "a whole number from 1 to 1000000", |n| (1..=1_000_000).contains(n))?;
    let norm = takes_norm(words);
    let mut end = End::Function(activations::named("identity").expect("in the table"));
    if let Some(word) = words.take() {
        end = match (activations::named(word), word) {
            (Some(function), _) => End::Function(function),
            (None, "softmax") => End::Softmax,
            _ => {
                let names = ACTIVATIONS.iter().map(|a| a.name).chain(["softmax"]);
                return Err(words.wrong(
                    Message::of("no activation is called `{word}`").with("word", word),
                    did_you_mean(word, names),
                ));
            }
        };
    }
    let mut layer = Dense { units, norm, end, bias: !norm, init: default_init(end) };
    for (name, value) in words.pairs(&["bias", "init"])? {
        match name {
            "bias" => layer.bias = reading::bias(words, name, value, norm)?,
            _ => layer.init = reading::initializer(words, name, value)?,
        }
    }
    Ok(Box::new(layer))
}

fn default_init(end: End) -> &'static initializers::Entry {
    reading::default_initializer(if let End::Function(f) = end { Some(f) } else { None })
}

impl Dense {
    /// `units` neurons with the activation of that name (or `softmax`), a bias, and the default start.
    ///
    /// # Errors
    /// [`Error::Settings`] if no activation is called so.
    pub fn new(units: usize, activation: &str) -> Result<Dense> {
        let end = match activations::named(activation) {
            Some(function) => End::Function(function),
            None if activation == "softmax" => End::Softmax,
            None => {
                return Err(Error::Settings {
                    message: Message::of("no activation is called `{word}`").with("word", activation),
                    mend: did_you_mean(activation, ACTIVATIONS.iter().map(|a| a.name)),
                });
            }
        };
        Ok(Dense { units, norm: false, end, bias: true, init: default_init(end) })
    }

    fn activation(&self) -> &'static str {
        match self.end {
            End::Function(f) => f.name,
            End::Softmax => "softmax",
        }
    }

    fn build_with(&self, graph: &mut Graph, x: Var, function: &'static Activation) -> Result<Var> {
        let x = graph.flat(x);
        let (_, inputs) = graph.shape(x).matrix();
        let fan = Fan { inputs, outputs: self.units };
        let w = graph.weight_with_fan("weight", &[inputs, self.units], self.init.start, fan);
        if self.norm {
            let sums =
                graph.apply(Linear::new(activations::named("identity").expect("in the table")), &[x, w])?;
            return normed(graph, sums, function);
        }
        if !self.bias {
            return graph.apply(Linear::new(function), &[x, w]);
        }
        let zeros: &'static dyn Initializer = initializers::named("zeros").expect("in the table");
        let b = graph.weight_with_fan("bias", &[self.units], zeros, fan);
        graph.apply(Linear::new(function), &[x, w, b])
    }
}

impl Layer for Dense {
    fn kind(&self) -> &'static str {
        ROW.name
    }

    fn line(&self) -> String {
        let bias = if self.bias { "yes" } else { "no" };
        let norm = if self.norm { " norm" } else { "" };
        format!("dense {}{norm} {} bias={bias} init={}", self.units, self.activation(), self.init.name)
    }

    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        match self.end {
            End::Function(f) => self.build_with(graph, x, f),
            End::Softmax => self.build_open(graph, x),
        }
    }

    fn ends_in(&self) -> Link {
        match self.end {
            End::Function(f) if f.name == "sigmoid" => Link::Sigmoid,
            End::Function(_) => Link::Identity,
            End::Softmax => Link::Softmax,
        }
    }

    fn build_open(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        match self.ends_in() {
            Link::Identity => self.build(graph, x),
            _ => self.build_with(graph, x, activations::named("identity").expect("in the table")),
        }
    }
}
