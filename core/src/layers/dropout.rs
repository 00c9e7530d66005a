use super::{Entry, Layer};
use crate::Result;
use crate::graph::{Graph, Var};
use crate::ops::Dropout;
use crate::words::Words;

pub(super) const ROW: Entry = Entry {
    name: "dropout",
    form: "PROBABILITY",
    formula: "y = x m / (1 − p) while training, m = 1 with probability 1 − p, else 0; y = x in use",
    about: "while training, forgets each input with probability p: units cannot rely on one another",
    paper: "Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
    parse,
};

/// Dropout as a layer; it owns no weights.
///
/// ```text
/// y = x m / (1 − p) while training, m = 1 with probability 1 − p, else 0; y = x in use
/// ```
pub struct DropoutLayer {
    /// p in [0, 1).
    pub probability: f32,
}

fn parse(words: &mut Words) -> Result<Box<dyn Layer>> {
    let probability = words
        .number("the probability of dropping", "a number in [0, 1)", |p: &f32| (0.0..1.0).contains(p))?;
    Ok(Box::new(DropoutLayer { probability }))
}

impl Layer for DropoutLayer {
    fn kind(&self) -> &'static str {
        ROW.name
    }

    fn line(&self) -> String {
        format!("dropout {}", self.probability)
    }

    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        graph.apply(Dropout { probability: self.probability }, &[x])
    }
}
