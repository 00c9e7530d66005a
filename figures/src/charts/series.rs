//! A named line of points, as several charts draw it.

use crate::clip;
use crate::colour::Colour;
use crate::frame::Frame;
use crate::geometry::Point;
use crate::legend::{Key, Sign};
use crate::marker::{self, Marker};
use crate::scene::{Dash, Scene, Stroke};

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Its colour; none: that of its number.
    pub colour: Option<Colour>,
    /// Width of the line, in pixels.
    pub width: f64,
    /// How the line is broken.
    pub dash: Dash,
    /// What is drawn at every point.
    pub marker: Option<Marker>,
    /// Whether each stretch ends in an arrow head: for steps.
    pub has_arrows: bool,
}

impl Default for Look {
    fn default() -> Self {
        Look { colour: None, width: 2.0, dash: Dash::Solid, marker: None, has_arrows: false }
    }
}

/// Points in order, with a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// What the legend calls it; empty: nothing.
    pub name: String,
    /// (x, y); the line breaks where one is not finite, or has no logarithm on such an axis.
    pub points: Vec<(f64, f64)>,
    /// (x, low, high): what lies between is shaded.
    pub band: Vec<(f64, f64, f64)>,
    /// How it is drawn.
    pub look: Look,
}

impl Series {
    /// A line through points.
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Series {
        Series { name: name.into(), points: points.into_iter().collect(), ..Series::default() }
    }

    /// The same with a band around it.
    pub fn band(self, band: impl IntoIterator<Item = (f64, f64, f64)>) -> Series {
        Series { band: band.into_iter().collect(), ..self }
    }

    /// The same in a colour of its own.
    pub fn coloured(mut self, colour: Colour) -> Series {
        self.look.colour = Some(colour);
        self
    }

    /// The same with another width, in pixels.
    pub fn width(mut self, width: f64) -> Series {
        self.look.width = width;
        self
    }

    /// The same with a broken line.
    pub fn dashed(mut self, dash: Dash) -> Series {
        self.look.dash = dash;
        self
    }

    /// The same with a mark at every point.
    pub fn marked(mut self, marker: Marker) -> Series {
        self.look.marker = Some(marker);
        self
    }

    /// The same with an arrow head at the end of every stretch.
    pub fn with_arrows(mut self) -> Series {
        self.look.has_arrows = true;
        self
    }

    /// Its colour as series number `i`.
    pub(super) fn colour(&self, i: usize) -> Colour {
        self.look.colour.unwrap_or(Colour::of_series(i))
    }

    fn stroke(&self, i: usize) -> Stroke {
        Stroke { colour: self.colour(i), width: self.look.width, dash: self.look.dash }
    }

    fn band_colour(&self, i: usize) -> Colour {
        self.colour(i).with_opacity(0.2)
    }

    /// What the legend says of it.
    pub(super) fn key(&self, i: usize) -> Key {
        let band = (!self.band.is_empty()).then(|| self.band_colour(i));
        let sign = match self.look.marker {
            Some(marker) if self.look.width <= 0.0 => Sign::Marker(marker, self.colour(i)),
            marker => Sign::Line { stroke: self.stroke(i), marker, band },
        };
        Key { name: self.name.clone(), sign }
    }

    /// All its x.
    pub(super) fn xs(&self) -> impl Iterator<Item = f64> {
        self.points.iter().map(|p| p.0).chain(self.band.iter().map(|b| b.0))
    }

    /// All its y.
    pub(super) fn ys(&self) -> impl Iterator<Item = f64> {
        self.points.iter().map(|p| p.1).chain(self.band.iter().flat_map(|b| [b.1, b.2]))
    }

    /// Shades the band; a thin line along its edges tells bands apart where they overlap.
    pub(super) fn draw_band(&self, scene: &mut Scene, frame: &Frame, i: usize) {
        let edges = self.band.iter().map(|&(x, low, high)| frame.place((x, low)).zip(frame.place((x, high))));
        for piece in edges.collect::<Vec<_>>().split(Option::is_none) {
            let (low, high): (Vec<Point>, Vec<Point>) = piece.iter().flatten().copied().unzip();
            let around: Vec<Point> = low.iter().chain(high.iter().rev()).copied().collect();
            scene.area(clip::ring(&around, &frame.plot), self.band_colour(i));
            let edge = Stroke::new(self.colour(i).with_opacity(0.5), 0.75);
            for line in [low, high] {
                clip::line(&line, &frame.plot).into_iter().for_each(|piece| scene.line(piece, edge));
            }
        }
    }

    /// Draws line, arrows and marks.
    pub(super) fn draw(&self, scene: &mut Scene, frame: &Frame, i: usize) {
        let stroke = self.stroke(i);
        if stroke.width > 0.0 {
            frame.lines(&self.points).into_iter().for_each(|piece| scene.line(piece, stroke));
        }
        if self.look.has_arrows {
            for pair in self.points.windows(2) {
                if let Some((from, to)) = frame.place(pair[0]).zip(frame.place(pair[1])) {
                    arrow_head(scene, frame, from, to, stroke);
                }
            }
        }
        if let Some(marker) = self.look.marker {
            let places = self.points.iter().filter_map(|p| frame.place(*p)).filter(|p| frame.plot.holds(*p));
            places
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|at| marker::draw(scene, marker, at, stroke.colour));
        }
    }
}

fn arrow_head(scene: &mut Scene, frame: &Frame, from: Point, to: Point, stroke: Stroke) {
    let length = from.distance(to);
    if length > 12.0 && frame.plot.holds(to) {
        head(scene, from, to, 3.0 + 2.0 * stroke.width, stroke.colour);
    }
}

/// The head of an arrow that ends at `to`.
pub(super) fn head(scene: &mut Scene, from: Point, to: Point, size: f64, colour: Colour) {
    let length = from.distance(to).max(1e-9);
    let (dx, dy) = ((to.x - from.x) / length, (to.y - from.y) / length);
    let back = Point::new(to.x - size * dx, to.y - size * dy);
    let side = |sign: f64| Point::new(back.x - sign * 0.45 * size * dy, back.y + sign * 0.45 * size * dx);
    scene.area(vec![to, side(1.0), side(-1.0)], colour);
}
