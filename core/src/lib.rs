//! Trains neural networks from scratch, and shows every step of it. In the order it is read:
//!
//! | module | what it answers |
//! |---|---|
//! | [`real`], [`elementary`] | what a formula is written in |
//! | [`optimizer`], [`optimizers`], [`wrappers`], [`evolution`] | how weights improve |
//! | [`functions`] | what can be minimised without a network |
//! | [`op`], [`ops`], [`window`], [`losses`], [`activations`] | what one computation is |
//! | [`graph`], [`layout`], [`folding`] | how computations join; what the parts of θ are called; what is folded away in use |
//! | [`plan`] | how a graph becomes an order and memory: the [`optimizer::Objective`] |
//! | [`network`], [`input`], [`presets`], [`layers`], [`initializers`], [`words`] | a network in one line of text |
//! | [`onnx`], [`folding`] | a trained network in use, here and in other programs |
//! | [`average`] | what an exponentially weighted average remembers |
//! | [`race`], [`cost`] | optimizers side by side, by what they ask for |
//! | [`gradients`] | backpropagation, differences and formulas derived by hand, held against one another |
//! | [`schedules`] | how the learning rate changes |
//! | [`train`] | the loop, and what it tells whoever watches; checkpoints and models |
//! | [`kernels`], [`threads`], [`rng`] | loops, workers and random numbers underneath |
//!
//! A network that learns XOR:
//!
//! ```
#![doc = include_str!("../examples/xor.rs")]
//! ```

pub mod activations;
mod aligned;
mod around;
pub mod augmentations;
pub mod average;
pub mod ceiling;
pub mod cost;
mod descent;
pub mod elementary;
pub mod error;
pub mod evolution;
mod fading;
pub mod folding;
pub mod functions;
pub mod gradients;
pub mod graph;
pub mod initializers;
pub mod input;
pub mod kernels;
pub mod layers;
mod layerwise;
pub mod layout;
mod line_search;
pub mod losses;
pub mod message;
pub mod network;
pub mod numerals;
pub mod onnx;
pub mod op;
pub mod ops;
pub mod optimizer;
pub mod optimizers;
mod orthogonal;
mod pieces;
pub mod plan;
pub mod presets;
pub mod race;
pub mod real;
pub mod rng;
pub mod schedules;
mod sink;
pub mod threads;
pub mod train;
pub mod window;
pub mod words;
pub mod wrappers;

pub use aligned::ByLines;
pub use error::{Error, Result};
