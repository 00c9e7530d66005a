use super::{Entry, Layer, reading};
use crate::Result;
use crate::graph::{Graph, Var};
use crate::ops::AveragePool;
use crate::window::Window;
use crate::words::Words;

pub(super) const ROW: Entry = Entry {
    name: "average_pool",
    form: "SIZE [stride=SIZE] [pad=valid|same|N]",
    formula: "y[oy, ox] = Σ x[iy, ix] / m over the m pixels of the window at (oy, ox)",
    about: "the mean of each window: a smaller, smoother picture; the padding is not counted",
    paper: "LeCun et al. 1989, Backpropagation Applied to Handwritten Zip Code Recognition",
    parse,
};

/// The mean of each window, channel by channel; no weights.
///
/// ```text
/// y[oy, ox] = Σ x[iy, ix] / m over the m pixels of the window at (oy, ox)
/// ```
///
/// The window moves by its own size if no `stride` is given. Pixels of the padding are not counted in m.
pub struct AveragePoolLayer {
    /// What it looks at.
    pub window: Window,
}

fn parse(words: &mut Words) -> Result<Box<dyn Layer>> {
    Ok(Box::new(AveragePoolLayer { window: reading::pool(words)? }))
}

impl Layer for AveragePoolLayer {
    fn kind(&self) -> &'static str {
        ROW.name
    }

    fn line(&self) -> String {
        format!("average_pool {}", reading::pool_written(&self.window))
    }

    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        graph.apply(AveragePool { window: self.window }, &[x])
    }
}
