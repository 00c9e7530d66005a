//! The height of a function of two variables as a map, with paths over it.

use super::levels::rings;
use super::{PAGE, Series};
use crate::axis::{Axis, number, round_values};
use crate::chart::Chart;
use crate::colour::{Colour, INK, PAPER, SOFT_INK};
use crate::font;
use crate::frame::{Frame, PLAIN, SMALL, TITLE, heading};
use crate::geometry::{Point, Rect};
use crate::legend::{Key, Sign, distinct};
use crate::marker::{self, Marker};
use crate::scene::{Anchor, Scene, Stroke, Text};

/// Values of a function on a grid, row after row from the least y.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    /// The first and the last x.
    pub x: (f64, f64),
    /// The first and the last y.
    pub y: (f64, f64),
    /// How many x there are, at least 2.
    pub columns: usize,
    /// How many y there are, at least 2.
    pub rows: usize,
    /// The values.
    pub values: Vec<f64>,
}

impl Surface {
    /// Asks a function for its values. Not a number counts as infinitely high.
    pub fn sample(
        x: (f64, f64),
        y: (f64, f64),
        columns: usize,
        rows: usize,
        mut f: impl FnMut(f64, f64) -> f64,
    ) -> Surface {
        let (columns, rows) = (columns.max(2), rows.max(2));
        let mut surface = Surface { x, y, columns, rows, values: Vec::with_capacity(columns * rows) };
        for r in 0..rows {
            for c in 0..columns {
                let (x, y) = surface.at(c as f64, r as f64);
                let value = f(x, y);
                surface.values.push(if value.is_nan() { f64::INFINITY } else { value });
            }
        }
        surface
    }

    /// (x, y) at a column and a row.
    pub fn at(&self, column: f64, row: f64) -> (f64, f64) {
        let along = |(from, to): (f64, f64), t: f64, n: usize| from + (to - from) * t / (n - 1) as f64;
        (along(self.x, column, self.columns), along(self.y, row, self.rows))
    }

    fn ends(&self) -> (f64, f64) {
        let finite = self.values.iter().filter(|v| v.is_finite());
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
    }
}

/// At which heights lines are drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Levels {
    /// At about so many round values, equal differences apart.
    Even(usize),
    /// At 1 and 3 times powers of ten, up to so many from the highest down: for functions that grow fast.
    Log(usize),
    /// At these.
    Given(Vec<f64>),
}

impl Levels {
    fn of(&self, surface: &Surface) -> Vec<f64> {
        let (low, high) = surface.ends();
        let mut levels = match self {
            _ if low >= high => Vec::new(),
            Levels::Even(count) => round_values(low, high, *count as f64),
            Levels::Log(count) => {
                let steps = (-600..600)
                    .map(|i: i32| [1.0, 3.0][i.rem_euclid(2) as usize] * 10f64.powi(i.div_euclid(2)));
                let inside: Vec<f64> = steps.filter(|l| *l > low.max(0.0) && *l < high).collect();
                inside[inside.len().saturating_sub(*count)..].to_vec()
            }
            Levels::Given(levels) => levels.clone(),
        };
        levels.retain(|l| l.is_finite());
        levels.sort_by(f64::total_cmp);
        levels
    }
}

/// A map of a function, with the paths of optimizers over it and its minima marked.
///
/// ```
/// use gradus_figures::{Axis, Chart, Contour, Levels, Series, Surface};
///
/// let valley = |x: f64, y: f64| (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2);
/// let surface = Surface::sample((-1.5, 1.5), (-0.5, 1.5), 120, 80, valley);
/// let chart = Contour::new("Rosenbrock's valley", Axis::linear("x"), Axis::linear("y"), "f(x, y)", surface)
///     .levels(Levels::Log(10))
///     .path(Series::new("a walk", [(-1.2, 1.0), (0.0, 0.1), (0.9, 0.8)]))
///     .minimum(1.0, 1.0);
/// assert!(chart.svg().contains("a walk"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Contour {
    /// What it is called.
    pub title: String,
    /// What is to be seen.
    pub note: String,
    /// The name from left to right; its ends are the surface's.
    pub x: Axis,
    /// The name from below to above.
    pub y: Axis,
    /// What the height is.
    pub height: String,
    /// The function.
    pub surface: Surface,
    /// Where its lines are.
    pub levels: Levels,
    /// What is drawn over it.
    pub paths: Vec<Series>,
    /// Where the function is least.
    pub minima: Vec<(f64, f64)>,
    /// Width and height, in pixels.
    pub size: (f64, f64),
}

impl Contour {
    /// Without paths yet.
    pub fn new(
        title: impl Into<String>,
        x: Axis,
        y: Axis,
        height: impl Into<String>,
        surface: Surface,
    ) -> Contour {
        Contour {
            title: title.into(),
            note: String::new(),
            x,
            y,
            height: height.into(),
            surface,
            levels: Levels::Even(10),
            paths: Vec::new(),
            minima: Vec::new(),
            size: PAGE,
        }
    }

    /// With a sentence under the title.
    pub fn note(self, note: impl Into<String>) -> Contour {
        Contour { note: note.into(), ..self }
    }

    /// With lines at other heights.
    pub fn levels(self, levels: Levels) -> Contour {
        Contour { levels, ..self }
    }

    /// With one path more; it starts in a ring and ends in a dot.
    pub fn path(mut self, path: Series) -> Contour {
        self.paths.push(path);
        self
    }

    /// With a minimum marked.
    pub fn minimum(mut self, x: f64, y: f64) -> Contour {
        self.minima.push((x, y));
        self
    }

    fn draw_map(&self, scene: &mut Scene, frame: &Frame, levels: &[f64]) {
        scene.rect(frame.plot, shade(0, levels.len()));
        let line = Stroke::new(SOFT_INK.with_opacity(0.35), 1.0);
        for (i, level) in levels.iter().enumerate() {
            let place = |&(c, r): &(f64, f64)| frame.place(self.surface.at(c, r));
            let rings: Vec<Vec<Point>> = rings(&self.surface, *level)
                .iter()
                .map(|ring| ring.iter().filter_map(place).collect())
                .collect();
            for ring in rings.iter().filter(|ring| area(ring) > SMALLEST) {
                let closed: Vec<Point> = ring.iter().chain(ring.first()).copied().collect();
                inner(&closed, &frame.plot).into_iter().for_each(|piece| scene.line(piece, line));
            }
            // Under the lines drawn so far lies what is lower: the area goes below them.
            let at = scene.marks.len() - scene.marks.iter().rev().take_while(|m| is_line(m, line)).count();
            scene.marks.insert(at, crate::scene::Mark::Area { rings, colour: shade(i + 1, levels.len()) });
        }
    }

    /// The strip beside the map that says which shade is how high.
    fn draw_strip(&self, scene: &mut Scene, place: Rect, levels: &[f64]) {
        let steps = levels.len() + 1;
        let step = place.height / steps as f64;
        let skip = (1.5 * SMALL / step).ceil().max(1.0) as usize;
        for i in 0..steps {
            let y = place.bottom() - (i + 1) as f64 * step;
            scene.rect(Rect::new(place.x, y, place.width, step), shade(i, levels.len()));
            if i < levels.len() && i.is_multiple_of(skip) {
                let (from, to) = (Point::new(place.right(), y), Point::new(place.right() + 4.0, y));
                scene.segment(from, to, Stroke::new(SOFT_INK, 1.0));
                let at = Point::new(place.right() + 7.0, y + 0.36 * SMALL);
                scene.text(Text::new(at, number(levels[i]), SMALL).coloured(SOFT_INK));
            }
        }
    }
}

/// Islands of fewer square pixels are those of the grid, not of the function: they get no line.
const SMALLEST: f64 = 50.0;

/// The area of a ring, in square pixels.
fn area(ring: &[Point]) -> f64 {
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    (pairs.map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f64>() / 2.0).abs()
}

/// The shade of the ground between level `i − 1` and level `i` of `count`: the higher, the darker, and always pale
/// enough for paths to stand out.
fn shade(i: usize, count: usize) -> Colour {
    const HIGH: Colour = Colour::hex(0x9FB3C8);
    PAPER.towards(HIGH, i as f64 / count.max(1) as f64)
}

fn is_line(mark: &crate::scene::Mark, line: Stroke) -> bool {
    matches!(mark, crate::scene::Mark::Line { stroke, .. } if *stroke == line)
}

/// The stretches of a ring that do not run along the rim.
fn inner(ring: &[Point], plot: &Rect) -> Vec<Vec<Point>> {
    let on_rim = |p: &Point| {
        let near = |a: f64, b: f64| (a - b).abs() < 0.01;
        near(p.x, plot.x) || near(p.x, plot.right()) || near(p.y, plot.y) || near(p.y, plot.bottom())
    };
    let mut pieces = vec![Vec::new()];
    for pair in ring.windows(2) {
        if pair.iter().all(on_rim) {
            pieces.push(Vec::new());
            continue;
        }
        let piece = pieces.last_mut().expect("never empty");
        if piece.is_empty() {
            piece.push(pair[0]);
        }
        piece.push(pair[1]);
    }
    pieces
}

impl Chart for Contour {
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
        let paths = self.paths.iter().enumerate().map(|(i, p)| p.key(i));
        let minimum = Key { name: "minimum".into(), sign: Sign::Marker(MINIMUM, INK) };
        let is_walked = self.paths.iter().any(|p| p.look.width > 0.0);
        let ends = [("start", START), ("end", END)]
            .map(|(name, marker)| Key { name: name.into(), sign: Sign::Marker(marker, SOFT_INK) });
        let ends = ends.into_iter().filter(|_| is_walked);
        distinct(paths.chain(ends).chain((!self.minima.is_empty()).then_some(minimum)))
    }

    fn draw(&self, scene: &mut Scene, area: Rect, with_legend: bool) {
        let keys = if with_legend { self.keys() } else { Vec::new() };
        let area = heading(scene, area, (&self.title, TITLE), &self.note, &keys);
        let levels = self.levels.of(&self.surface);
        let labels = levels.iter().map(|l| font::width(&number(*l), SMALL)).fold(0.0, f64::max);
        let room = (labels + 40.0).max(font::width(&self.height, PLAIN));
        let (x, y) = (
            Axis { range: Some(self.surface.x), ..self.x.clone() },
            Axis { range: Some(self.surface.y), ..self.y.clone() },
        );
        let left = area.without(0.0, 0.0, room, 0.0);
        let frame = Frame::draw(scene, left, (&x, &y), std::iter::empty(), std::iter::empty());
        self.draw_map(scene, &frame, &levels);
        let strip = Rect::new(left.right() + 8.0, frame.plot.y, 14.0, frame.plot.height);
        let name = Text::new(Point::new(area.right(), area.y + PLAIN), &*self.height, PLAIN);
        scene.text(name.anchored(Anchor::End));
        self.draw_strip(scene, strip, &levels);
        for (i, path) in self.paths.iter().enumerate() {
            path.draw(scene, &frame, i);
            let ends = [path.points.first(), path.points.last()].map(|p| p.and_then(|p| frame.place(*p)));
            let ends = ends.map(|p| p.filter(|p| frame.plot.holds(*p)));
            if path.look.width > 0.0 {
                ends[0].into_iter().for_each(|at| marker::draw(scene, START, at, path.colour(i)));
                ends[1].into_iter().for_each(|at| marker::draw(scene, END, at, path.colour(i)));
            }
        }
        for at in self.minima.iter().filter_map(|m| frame.place(*m)).filter(|m| frame.plot.holds(*m)) {
            marker::draw(scene, MINIMUM, at, INK);
        }
    }
}

/// How the ends of a path are marked.
const START: Marker = Marker::Ring(4.5);
const END: Marker = Marker::Dot(4.5);

/// How a minimum is marked.
const MINIMUM: Marker = Marker::Star(7.0);
