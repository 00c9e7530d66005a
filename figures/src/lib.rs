//! Charts as SVG and PNG from plain data, and the figures that explain how networks learn.
//!
//! | module | what it is for |
//! |---|---|
//! | [`article`] | the figures of the article, from live computation |
//! | [`charts`] | every kind of chart: plain data |
//! | [`chart`] | what each can do: [`Chart::svg`], [`Chart::png`], [`Chart::save`] |
//! | [`scene`] | a page of lines, areas and texts, from which both files are made |
//! | [`axis`], [`legend`], [`marker`], [`colour`] | what charts are made of |
//!
//! The same data give the same bytes. Colours can be told apart by people who see fewer of them; letters are at least
//! 12 pixels high; a legend never lies on the data.
//!
//! ```
//! use gradus_figures::{Axis, Chart, Lines, Series};
//!
//! let losses = [0.70, 0.52, 0.44, 0.41];
//! let chart = Lines::new("A training", Axis::linear("epoch"), Axis::linear("loss"))
//!     .series(Series::new("training", losses.iter().enumerate().map(|(i, loss)| (i as f64 + 1.0, *loss))));
//! let svg = chart.svg();
//! assert!(svg.starts_with("<svg") && svg.contains("epoch"));
//! ```

pub mod article;
pub mod axis;
pub mod chart;
pub mod charts;
mod clip;
pub mod colour;
pub mod finder;
pub mod font;
mod frame;
pub mod geometry;
mod labels;
pub mod legend;
pub mod marker;
pub mod race;
mod raster;
pub mod scene;
mod svg;

pub use axis::{Axis, number};
pub use chart::Chart;
pub use charts::{
    At, Bar, Bars, Contour, Edge, Grid, Group, Label, Levels, Lines, Look, NetworkDrawing, Node, Reference,
    Scatter, Series, Strip, Strips, Surface,
};
pub use colour::Colour;
pub use marker::Marker;
pub use scene::Dash;
