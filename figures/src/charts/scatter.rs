//! Points without lines.

use super::{At, Lines, Series};
use crate::axis::Axis;
use crate::chart::Chart;
use crate::colour::Colour;
use crate::geometry::Rect;
use crate::legend::{Key, Sign, distinct};
use crate::marker::Marker;
use crate::scene::Scene;

/// Points that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What the legend calls them.
    pub name: String,
    /// (x, y).
    pub points: Vec<(f64, f64)>,
}

/// Groups of points, told apart by form and colour.
///
/// ```
/// use gradus_figures::{Axis, Chart, Scatter};
///
/// let chart = Scatter::new("Seconds and loss", Axis::linear("time (s)"), Axis::log("final loss"))
///     .group("adam", [(1.0, 0.02), (1.2, 0.03)])
///     .group("sgd", [(0.8, 0.4), (0.9, 0.5)]);
/// assert_eq!(chart.keys().len(), 2);
/// assert!(chart.svg().contains("adam"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scatter {
    /// The points.
    pub groups: Vec<Group>,
    /// Title, axes and what else is drawn, with lines below the points.
    pub around: Lines,
}

impl Scatter {
    /// Without points yet.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Scatter {
        Scatter { groups: Vec::new(), around: Lines::new(title, x, y) }
    }

    /// With a sentence under the title.
    pub fn note(self, note: impl Into<String>) -> Scatter {
        Scatter { around: self.around.note(note), ..self }
    }

    /// With one group more.
    pub fn group(mut self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Scatter {
        self.groups.push(Group { name: name.into(), points: points.into_iter().collect() });
        self
    }

    /// With a value to compare with.
    pub fn reference(self, name: impl Into<String>, at: At) -> Scatter {
        Scatter { around: self.around.reference(name, at), ..self }
    }

    /// As lines of no width.
    fn as_lines(&self) -> Lines {
        let mut lines = self.around.clone();
        let before = lines.series.len();
        for (i, group) in self.groups.iter().enumerate() {
            let points = Series::new(&*group.name, group.points.iter().copied());
            let points = points.width(0.0).marked(Marker::of_group(i, 3.5));
            lines.series.push(points.coloured(Colour::of_series(before + i)));
        }
        lines
    }
}

impl Chart for Scatter {
    fn title(&self) -> &str {
        &self.around.title
    }

    fn note(&self) -> &str {
        &self.around.note
    }

    fn size(&self) -> (f64, f64) {
        self.around.size
    }

    fn keys(&self) -> Vec<Key> {
        let before = self.around.series.len();
        let group = |(i, group): (usize, &Group)| {
            let sign = Sign::Marker(Marker::of_group(i, 4.0), Colour::of_series(before + i));
            Key { name: group.name.clone(), sign }
        };
        distinct(self.around.keys().into_iter().chain(self.groups.iter().enumerate().map(group)))
    }

    fn draw(&self, scene: &mut Scene, area: Rect, with_legend: bool) {
        let keys = if with_legend { self.keys() } else { Vec::new() };
        let mut lines = self.as_lines();
        let area =
            crate::frame::heading(scene, area, (&lines.title, crate::frame::TITLE), &lines.note, &keys);
        (lines.title, lines.note) = (String::new(), String::new());
        lines.draw(scene, area, false);
    }
}
