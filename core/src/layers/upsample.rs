use super::{Entry, Layer};
use crate::Result;
use crate::graph::{Graph, Var};
use crate::ops::Upsample;
use crate::words::Words;

pub(super) const ROW: Entry = Entry {
    name: "upsample",
    form: "TIMES",
    formula: "y[oy, ox] = x[⌊oy / times⌋, ⌊ox / times⌋]",
    about: "a larger picture: every pixel becomes a square",
    paper: "Dumoulin & Visin 2016, A guide to convolution arithmetic for deep learning, arXiv 1603.07285",
    parse,
};

/// A picture `times` as high and as wide, by the nearest pixel; no weights.
///
/// ```text
/// y[oy, ox] = x[⌊oy / times⌋, ⌊ox / times⌋]
/// ```
pub struct UpsampleLayer {
    /// From 1 to 64.
    pub times: usize,
}

fn parse(words: &mut Words) -> Result<Box<dyn Layer>> {
    let times =
        words.number("how many times as large", "a whole number from 1 to 64", |n| (1..=64).contains(n))?;
    Ok(Box::new(UpsampleLayer { times }))
}

impl Layer for UpsampleLayer {
    fn kind(&self) -> &'static str {
        ROW.name
    }

    fn line(&self) -> String {
        format!("upsample {}", self.times)
    }

    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        graph.apply(Upsample { times: self.times }, &[x])
    }
}
