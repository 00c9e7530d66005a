use super::{Entry, Layer, reading};
use crate::Result;
use crate::graph::{Graph, Var};
use crate::ops::MaxPool;
use crate::window::Window;
use crate::words::Words;

pub(super) const ROW: Entry = Entry {
    name: "pool",
    form: "SIZE [stride=SIZE] [pad=valid|same|N]",
    formula: "y[oy, ox] = max x[iy, ix] over the window at (oy, ox)",
    about: "keeps the greatest of each window: a smaller picture of what was found, wherever in the window it was",
    paper: "Riesenhuber & Poggio 1999, Hierarchical Models of Object Recognition in Cortex",
    parse,
};

/// The greatest number of each window, channel by channel; no weights.
///
/// ```text
/// y[oy, ox] = max x[iy, ix] over the window at (oy, ox)
/// ```
///
/// The window moves by its own size if no `stride` is given. `pad=valid` (the default) leaves out what is too narrow for a
/// whole window at the end; the padding takes no part in the maximum.
pub struct Pool {
    /// What it looks at.
    pub window: Window,
}

fn parse(words: &mut Words) -> Result<Box<dyn Layer>> {
    Ok(Box::new(Pool { window: reading::pool(words)? }))
}

impl Layer for Pool {
    fn kind(&self) -> &'static str {
        ROW.name
    }

    fn line(&self) -> String {
        format!("pool {}", reading::pool_written(&self.window))
    }

    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        graph.apply(MaxPool { window: self.window }, &[x])
    }
}
