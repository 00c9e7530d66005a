//! What a page is told once: what is trained, and on what.

use std::sync::Arc;

use gradus::network::Model;
use gradus::train::{Parts, Samples, Settings};
use serde_json::{Value, json};

use crate::drawing::{self, Drawing};

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
    /// What is drawn neuron by neuron ([`Drawing::of`] the model).
    pub drawing: Option<Drawing>,
}

/// Examples whose activations are shown.
const SHOWN: usize = 8;

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
    /// Numbers from 0 to below `count`, evenly spread, for the examples whose activations are shown.
    fn spread(count: usize) -> impl Iterator<Item = usize> {
        let shown = count.min(SHOWN);
        (0..shown).map(move |k| k * count / shown)
    }

    /// The examples whose activations are shown: of the wall's pictures, or of the training part.
    pub fn shown(&self) -> Vec<u32> {
        let from = self.wall.as_ref().map_or(&self.parts.train, |wall| &wall.examples);
        Self::spread(from.len()).map(|k| from[k]).collect()
    }

    /// All of it as JSON, but for the pictures' bytes: those are asked for by themselves, so that the page need not wait for them.
    pub fn describe(&self) -> Value {
        json!({
            "title": self.title,
            "folder": self.folder,
            "classes": self.classes,
            "network": self.model.network.line(),
            "layers": drawing::layers(&self.model),
            "drawing": self.drawing.as_ref().map(|drawing| json!({
                "columns": drawing.describe(),
                // Which pictures of the wall.
                "shown": self.wall.as_ref().map(|wall| Self::spread(wall.examples.len()).collect::<Vec<_>>()),
            })),
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
                "classes": wall.examples.iter().map(|i| self.samples.class(*i as usize)).collect::<Vec<_>>(),
            })),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_spread_over_all() {
        let shown = |count| Scene::spread(count).collect::<Vec<_>>();
        assert_eq!(shown(400), [0, 50, 100, 150, 200, 250, 300, 350]);
        assert_eq!(shown(9), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(shown(3), [0, 1, 2]);
        assert!(shown(0).is_empty());
        let part: Vec<u32> = (1000..2000).collect();
        let chosen = Wall::choose(&part);
        assert_eq!((chosen.len(), chosen[0], chosen[1], chosen[399]), (400, 1000, 1002, 1997));
    }
}
