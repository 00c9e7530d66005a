//! Several charts on one page.

use crate::chart::Chart;
use crate::frame::heading;
use crate::geometry::Rect;
use crate::legend::{Key, distinct};
use crate::scene::Scene;

/// Charts in rows and columns, with one legend for all or one for each.
///
/// ```
/// use gradus_figures::{Axis, Chart, Grid, Lines, Series};
///
/// let panel = |rate: f64| {
///     let walk = std::iter::successors(Some(2.0), |x| Some(x - rate * 2.0 * x)).take(20).enumerate();
///     Lines::new(format!("η = {rate}"), Axis::linear("step"), Axis::linear("x"))
///         .series(Series::new("gradient descent", walk.map(|(t, x)| (t as f64, x))))
/// };
/// let page = Grid::new("Two learning rates", 2).panel(panel(0.1)).panel(panel(0.9)).with_one_legend();
/// assert_eq!(page.keys().len(), 1);
/// assert!(page.svg().contains("η = 0.9"));
/// ```
pub struct Grid {
    /// What it is called.
    pub title: String,
    /// What is to be seen.
    pub note: String,
    /// Charts in a row, from 1.
    pub columns: usize,
    /// The charts, row after row.
    pub panels: Vec<Box<dyn Chart>>,
    /// Whether the page explains what is drawn, once, instead of every chart by itself.
    pub has_one_legend: bool,
    /// Width and height of each chart, in pixels.
    pub panel_size: (f64, f64),
}

impl Grid {
    /// Without charts yet.
    pub fn new(title: impl Into<String>, columns: usize) -> Grid {
        Grid {
            title: title.into(),
            note: String::new(),
            columns: columns.max(1),
            panels: Vec::new(),
            has_one_legend: false,
            panel_size: (440.0, 360.0),
        }
    }

    /// With a sentence under the title.
    pub fn note(self, note: impl Into<String>) -> Grid {
        Grid { note: note.into(), ..self }
    }

    /// With one chart more.
    pub fn panel(mut self, panel: impl Chart + 'static) -> Grid {
        self.panels.push(Box::new(panel));
        self
    }

    /// With charts of another size, in pixels.
    pub fn panels_of(self, width: f64, height: f64) -> Grid {
        Grid { panel_size: (width, height), ..self }
    }

    /// With one legend at the top of the page.
    pub fn with_one_legend(self) -> Grid {
        Grid { has_one_legend: true, ..self }
    }

    fn rows(&self) -> usize {
        self.panels.len().div_ceil(self.columns).max(1)
    }
}

/// Between charts, in pixels.
const GAP: f64 = 22.0;
/// For title, note and legend.
const HEAD: f64 = 88.0;

impl Chart for Grid {
    fn title(&self) -> &str {
        &self.title
    }

    fn note(&self) -> &str {
        &self.note
    }

    fn size(&self) -> (f64, f64) {
        let (width, height) = self.panel_size;
        (self.columns as f64 * (width + GAP), self.rows() as f64 * (height + GAP) + HEAD)
    }

    fn keys(&self) -> Vec<Key> {
        if self.has_one_legend { distinct(self.panels.iter().flat_map(|p| p.keys())) } else { Vec::new() }
    }

    fn draw(&self, scene: &mut Scene, area: Rect, with_legend: bool) {
        let keys = if with_legend { self.keys() } else { Vec::new() };
        let area = heading(scene, area, (&self.title, 20.0), &self.note, &keys).without(0.0, 8.0, 0.0, 0.0);
        let share = |whole: f64, parts: usize| (whole - GAP * (parts - 1) as f64) / parts as f64;
        let (width, height) = (share(area.width, self.columns), share(area.height, self.rows()));
        for (i, panel) in self.panels.iter().enumerate() {
            let (column, row) = (i % self.columns, i / self.columns);
            let (x, y) = (area.x + column as f64 * (width + GAP), area.y + row as f64 * (height + GAP));
            panel.draw(scene, Rect::new(x, y, width, height), with_legend && !self.has_one_legend);
        }
    }
}
