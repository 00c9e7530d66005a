//! Every kind of chart, one per file: plain data in, a page out.

mod bars;
mod contour;
mod grid;
mod levels;
mod lines;
mod network;
mod scatter;
mod series;
mod strips;

pub use bars::{Bar, Bars};
pub use contour::{Contour, Levels, Surface};
pub use grid::Grid;
pub use lines::{At, Label, Lines, Reference};
pub use network::{Edge, NetworkDrawing, Node};
pub use scatter::{Group, Scatter};
pub use series::{Look, Series};
pub use strips::{Strip, Strips};

/// The page of a chart that stands alone, in pixels.
const PAGE: (f64, f64) = (840.0, 540.0);
