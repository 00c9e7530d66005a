//! The names of the parts of θ.

use crate::initializers::{Fan, Initializer};
use crate::op::Shape;
use crate::rng::{Rng, Stream};

/// One named stretch of θ.
#[derive(Clone)]
pub struct Part {
    /// For example `1.dense.weight`: the layer's number and kind, and which of its weights.
    pub name: String,
    /// The lengths; row-major.
    pub shape: Shape,
    /// Where in θ it begins.
    pub at: usize,
    /// How its weights start.
    pub start: &'static dyn Initializer,
    /// What the starting size depends on.
    pub fan: Fan,
}

impl Part {
    /// Where in θ it lies.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.at..self.at + self.shape.size()
    }
}

/// All parts of θ, one after another without gaps.
#[derive(Clone, Default)]
pub struct Layout {
    parts: Vec<Part>,
    weights: usize,
}

impl Layout {
    /// A single part `theta` of `weights` numbers that start at zero: for functions that are no network.
    pub fn of(weights: usize) -> Layout {
        let mut layout = Layout::default();
        let zeros = crate::initializers::named("zeros").expect("in the table");
        layout.push("theta".into(), Shape::new(&[weights]), zeros, Fan { inputs: weights, outputs: 1 });
        layout
    }

    /// Adds a part behind the others; where it begins.
    pub fn push(&mut self, name: String, shape: Shape, start: &'static dyn Initializer, fan: Fan) -> usize {
        let at = self.weights;
        self.weights = self.weights.saturating_add(shape.size());
        self.parts.push(Part { name, shape, at, start, fan });
        at
    }

    /// The parts, in the order of θ.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// How many weights θ holds.
    pub fn weights(&self) -> usize {
        self.weights
    }

    /// The part that weight `i` belongs to.
    pub fn part_of(&self, i: usize) -> Option<&Part> {
        self.parts.iter().find(|p| p.range().contains(&i))
    }

    /// Random starting weights. Part k draws from its own stream (seed, init, k): a layer more at the end does
    /// not change how the others start.
    pub fn start(&self, seed: u64) -> Vec<f32> {
        let mut theta = vec![0.0; self.weights];
        for (k, part) in self.parts.iter().enumerate() {
            part.start.fill(part.fan, &mut theta[part.range()], &mut Rng::new(seed, Stream::Init, k as u64));
        }
        theta
    }
}
