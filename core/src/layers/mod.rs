//! Layers: operations together with the weights they own. One per file; a new one: its file, its `mod` line, its
//! row in the table.

mod batch_norm;
mod dense;
mod dropout;
mod group_norm;
mod layer_norm;

pub use batch_norm::BatchNormLayer;
pub use dense::Dense;
pub use dropout::DropoutLayer;
pub use group_norm::GroupNormLayer;
pub use layer_norm::LayerNormLayer;

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

    /// Adds it to a graph: x (batch × inputs) in, its result out.
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
pub static LAYERS: &[Entry] = &[dense::ROW, batch_norm::ROW, layer_norm::ROW, group_norm::ROW, dropout::ROW];
