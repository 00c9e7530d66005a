use super::{Entry, Layer};
use crate::Result;
use crate::graph::{Graph, Var};
use crate::ops::GlobalAveragePool;
use crate::words::Words;

pub(super) const ROW: Entry = Entry {
    name: "global_average_pool",
    form: "",
    formula: "y[c] = Σ x[iy, ix, c] / (height width)",
    about: "the mean of each channel: a row of as many numbers as channels, whatever the size of the picture",
    paper: "Lin, Chen & Yan 2013, Network In Network, arXiv 1312.4400",
    parse,
};

/// The mean of each channel; no weights.
///
/// ```text
/// y[c] = Σ x[iy, ix, c] / (height width)
/// ```
pub struct GlobalAveragePoolLayer;

fn parse(_: &mut Words) -> Result<Box<dyn Layer>> {
    Ok(Box::new(GlobalAveragePoolLayer))
}

impl Layer for GlobalAveragePoolLayer {
    fn kind(&self) -> &'static str {
        ROW.name
    }

    fn line(&self) -> String {
        ROW.name.into()
    }

    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        graph.apply(GlobalAveragePool, &[x])
    }
}
