//! Lines over an axis: losses over steps, a loss over learning rates, errors over step sizes.

use super::{PAGE, Series};
use crate::axis::Axis;
use crate::chart::Chart;
use crate::colour::{Colour, SOFT_INK};
use crate::frame::{Frame, TITLE, heading};
use crate::geometry::{Point, Rect};
use crate::labels;
use crate::legend::{Key, Sign, distinct};
use crate::marker::{self, Marker};
use crate::scene::{Dash, Scene, Stroke};

/// Where a reference is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum At {
    /// An upright line at x.
    X(f64),
    /// A level line at y.
    Y(f64),
    /// A star at (x, y).
    Point(f64, f64),
}

/// A value to compare with, explained in the legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// What the legend calls it.
    pub name: String,
    /// Where it is.
    pub at: At,
    /// Its colour.
    pub colour: Colour,
    /// How its line is broken.
    pub dash: Dash,
}

/// A text beside a point of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The point.
    pub at: (f64, f64),
    /// What is said there.
    pub text: String,
    /// Its colour.
    pub colour: Colour,
}

/// Named lines, each with a band where wanted, and values to compare with.
///
/// A learning-rate finder's chart: the mean loss, the band over seeds, the suggested rate.
///
/// ```
/// use gradus_figures::{At, Axis, Chart, Lines, Series};
///
/// let rates: Vec<f64> = (0..40).map(|i| 1e-5 * 10f64.powf(i as f64 / 8.0)).collect();
/// let loss = |rate: f64| 0.7 - 0.3 / (1.0 + (0.01 / rate).powi(2)) + (rate / 0.3).powi(3);
/// let chart = Lines::new("Loss against learning rate", Axis::log("learning rate η"), Axis::linear("loss"))
///     .series(
///         Series::new("mean of 5 seeds", rates.iter().map(|&r| (r, loss(r))))
///             .band(rates.iter().map(|&r| (r, loss(r) - 0.05, loss(r) + 0.05))),
///     )
///     .reference("suggested η = 0.01", At::X(0.01));
/// assert!(chart.svg().contains("suggested η = 0.01"));
/// assert!(chart.png()?.starts_with(b"\x89PNG"));
/// # Ok::<(), gradus::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Lines {
    /// What it is called.
    pub title: String,
    /// What is to be seen.
    pub note: String,
    /// From left to right.
    pub x: Axis,
    /// From below to above.
    pub y: Axis,
    /// The lines; later ones lie on top.
    pub series: Vec<Series>,
    /// Values to compare with.
    pub references: Vec<Reference>,
    /// Texts at points.
    pub labels: Vec<Label>,
    /// Width and height, in pixels.
    pub size: (f64, f64),
}

impl Lines {
    /// Without lines yet.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Lines {
        Lines {
            title: title.into(),
            note: String::new(),
            x,
            y,
            series: Vec::new(),
            references: Vec::new(),
            labels: Vec::new(),
            size: PAGE,
        }
    }

    /// With a sentence under the title.
    pub fn note(self, note: impl Into<String>) -> Lines {
        Lines { note: note.into(), ..self }
    }

    /// With one line more.
    pub fn series(mut self, series: Series) -> Lines {
        self.series.push(series);
        self
    }

    /// With a grey value to compare with.
    pub fn reference(mut self, name: impl Into<String>, at: At) -> Lines {
        self.references.push(Reference { name: name.into(), at, colour: SOFT_INK, dash: Dash::Dashed });
        self
    }

    /// With a text at a point.
    pub fn label(mut self, at: (f64, f64), text: impl Into<String>, colour: Colour) -> Lines {
        self.labels.push(Label { at, text: text.into(), colour });
        self
    }
}

impl Reference {
    fn stroke(&self) -> Stroke {
        Stroke { colour: self.colour, width: 1.5, dash: self.dash }
    }

    fn key(&self) -> Key {
        let sign = match self.at {
            At::Point(..) => Sign::Marker(STAR, self.colour),
            _ => Sign::Line { stroke: self.stroke(), marker: None, band: None },
        };
        Key { name: self.name.clone(), sign }
    }

    fn x(&self) -> Option<f64> {
        if let At::X(x) | At::Point(x, _) = self.at { Some(x) } else { None }
    }

    fn y(&self) -> Option<f64> {
        if let At::Y(y) | At::Point(_, y) = self.at { Some(y) } else { None }
    }

    fn draw(&self, scene: &mut Scene, frame: &Frame) {
        let plot = frame.plot;
        let inside = |at: &Point| plot.holds(*at);
        match self.at {
            At::X(x) => {
                let ends = frame.x.place(x).map(|x| [Point::new(x, plot.y), Point::new(x, plot.bottom())]);
                if let Some([from, to]) = ends.filter(|[from, _]| inside(from)) {
                    scene.segment(from, to, self.stroke());
                }
            }
            At::Y(y) => {
                let ends = frame.y.place(y).map(|y| [Point::new(plot.x, y), Point::new(plot.right(), y)]);
                if let Some([from, to]) = ends.filter(|[from, _]| inside(from)) {
                    scene.segment(from, to, self.stroke());
                }
            }
            At::Point(x, y) => {
                if let Some(at) = frame.place((x, y)).filter(inside) {
                    marker::draw(scene, STAR, at, self.colour);
                }
            }
        }
    }
}

/// How a point to compare with is marked.
const STAR: Marker = Marker::Star(7.0);

impl Chart for Lines {
    fn title(&self) -> &str {
        &self.title
    }

    fn note(&self) -> &str {
        &self.note
    }

    fn size(&self) -> (f64, f64) {
        self.size
    }

    fn keys(&self) -> Vec<Key> {
        let series = self.series.iter().enumerate().map(|(i, s)| s.key(i));
        distinct(series.chain(self.references.iter().map(Reference::key)))
    }

    fn draw(&self, scene: &mut Scene, area: Rect, with_legend: bool) {
        let keys = if with_legend { self.keys() } else { Vec::new() };
        let area = heading(scene, area, (&self.title, TITLE), &self.note, &keys);
        let xs = self.series.iter().flat_map(|s| s.xs()).chain(self.references.iter().filter_map(|r| r.x()));
        let ys = self.series.iter().flat_map(|s| s.ys()).chain(self.references.iter().filter_map(|r| r.y()));
        let frame = Frame::draw(scene, area, (&self.x, &self.y), xs, ys);
        self.series.iter().enumerate().for_each(|(i, s)| s.draw_band(scene, &frame, i));
        let is_line = |r: &&Reference| !matches!(r.at, At::Point(..));
        self.references.iter().filter(is_line).for_each(|r| r.draw(scene, &frame));
        self.series.iter().enumerate().for_each(|(i, s)| s.draw(scene, &frame, i));
        self.references.iter().filter(|r| !is_line(r)).for_each(|r| r.draw(scene, &frame));
        for label in &self.labels {
            if let Some(at) = frame.place(label.at).filter(|at| frame.plot.holds(*at)) {
                labels::put(scene, frame.plot, at, &label.text, label.colour);
            }
        }
    }
}
