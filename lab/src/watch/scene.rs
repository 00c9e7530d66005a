//! What a page is told once: what is trained, and on what.

use std::sync::Arc;

use gradus::graph::Graph;
use gradus::network::Model;
use gradus::train::{Parts, Samples, Settings};
use serde_json::{Value, json};

use crate::reply::packed_bytes;

/// A training, as pages see it.
pub struct Scene {
    /// What it is called.
    pub title: String,
    /// The run's folder, as text.
    pub folder: String,
    /// The network and its loss.
    pub model: Arc<Model>,
    /// The examples.
    pub samples: Arc<dyn Samples>,
    /// Which of them are for what.
    pub parts: Parts,
    /// How it is trained.
    pub settings: Settings,
    /// What the classes are called.
    pub classes: Vec<String>,
    /// Pictures to show, if the examples are any.
    pub wall: Option<Wall>,
}

/// Pictures on which pages see the network's answers.
pub struct Wall {
    /// Which part they are of.
    pub part: &'static str,
    /// How many that part has.
    pub of: usize,
    /// Their numbers among the examples.
    pub examples: Vec<u32>,
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// 1 or 3.
    pub channels: usize,
    /// Picture after picture, row after row, channels side by side.
    pub bytes: Vec<u8>,
}

/// Pictures on the wall at most.
pub const MOST: usize = 400;

impl Wall {
    /// `MOST` of the examples `part`, evenly spread.
    pub fn choose(part: &[u32]) -> Vec<u32> {
        let count = part.len().min(MOST);
        (0..count).map(|k| part[k * part.len() / count]).collect()
    }
}

impl Scene {
    /// All of it as JSON.
    pub fn describe(&self) -> Value {
        json!({
            "title": self.title,
            "folder": self.folder,
            "classes": self.classes,
            "network": self.model.network.line(),
            "layers": self.layers(),
            "weights": self.model.layout().weights(),
            "settings": self.settings,
            "parts": { "train": self.parts.train.len(), "validation": self.parts.validation.len(),
                       "test": self.parts.test.len() },
            "wall": self.wall.as_ref().map(|wall| json!({
                "part": wall.part,
                "of": wall.of,
                "count": wall.examples.len(),
                "width": wall.width,
                "height": wall.height,
                "channels": wall.channels,
                "bytes": packed_bytes(&wall.bytes),
                "classes": wall.examples.iter().map(|i| self.samples.class(*i as usize)).collect::<Vec<_>>(),
            })),
        })
    }

    /// The layers with the shapes of their results, for one example.
    fn layers(&self) -> Vec<Value> {
        let mut graph = Graph::new();
        let dims = self.samples.shape();
        let input: Vec<usize> = std::iter::once(1).chain(dims.dims().iter().copied()).collect();
        let mut value = graph.data("input", &input);
        let mut layers =
            vec![json!({ "kind": "input", "line": "input", "shape": dims.dims(), "weights": 0 })];
        for layer in self.model.network.layers() {
            let before = graph.layout().weights();
            // The model was built of the same layers.
            let Ok(built) = layer.build(&mut graph, value) else { break };
            value = built;
            layers.push(json!({
                "kind": layer.kind(),
                "line": layer.line(),
                "shape": &graph.shape(value).dims()[1..],
                "weights": graph.layout().weights() - before,
            }));
        }
        layers
    }
}
