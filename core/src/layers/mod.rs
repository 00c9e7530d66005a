//! Layers: operations together with the weights they own. One per file; a new one: its file, its `mod` line, its
//! row in the table.

mod average_pool;
mod conv;
mod dense;
mod dropout;
mod flatten;
mod global_average_pool;
mod pool;
mod reading;
mod residual;
mod upsample;

pub use average_pool::AveragePoolLayer;
pub use conv::Conv;
pub use dense::Dense;
pub use dropout::DropoutLayer;
pub use flatten::Flatten;
pub use global_average_pool::GlobalAveragePoolLayer;
pub use pool::Pool;
pub use residual::Residual;
pub use upsample::UpsampleLayer;

use crate::Result;
use crate::graph::{Graph, Var};
use crate::losses::Link;
use crate::words::Words;

/// A layer as the network line writes it. Implement it outside the crate to have your own
/// (`examples/own_layer.rs`).
pub trait Layer: Send + Sync {
    /// What it is: the first word of its line.
    fn kind(&self) -> &'static str;

    /// The words that read back to it, every default written out.
    fn line(&self) -> String;

    /// Adds it to a graph: x in, its result out. x is batch × inputs, or, as long as layers keep them, pictures: batch × height ×
    /// width × channels ([`Graph::flat`] makes rows of them).
    ///
    /// # Errors
    /// [`crate::Error::Shape`] if x does not fit.
    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var>;

    /// What it ends in, if that makes a prediction: losses that start before it need to know.
    fn ends_in(&self) -> Link {
        Link::Identity
    }

    /// As [`Layer::build`], without what it ends in.
    ///
    /// # Errors
    /// As for `build`.
    fn build_open(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        self.build(graph, x)
    }
}

/// A named kind of layer.
pub struct Entry {
    /// The first word.
    pub name: &'static str,
    /// The words that follow.
    pub form: &'static str,
    /// What it computes.
    pub formula: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Where it is from.
    pub paper: &'static str,
    /// Reads the words behind the first.
    pub parse: fn(&mut Words) -> Result<Box<dyn Layer>>,
}

/// What a network line accepts.
pub static LAYERS: &[Entry] = &[
    dense::ROW,
    conv::ROW,
    pool::ROW,
    average_pool::ROW,
    global_average_pool::ROW,
    upsample::ROW,
    flatten::ROW,
    residual::ROW,
    dropout::ROW,
];
