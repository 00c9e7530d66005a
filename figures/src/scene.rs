//! A drawing as plain data: lines, areas, discs and texts in pixels. Every chart becomes a scene, and one scene
//! becomes both the SVG and the PNG: so the two have the same geometry, and tests can ask whether texts overlap.

use crate::colour::{Colour, PAPER};
use crate::font;
use crate::geometry::{Point, Rect};

/// How a line is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Dash {
    /// Not at all.
    #[default]
    Solid,
    /// Into dashes.
    Dashed,
    /// Into dots.
    Dotted,
}

impl Dash {
    /// Lengths of ink and gap, in pixels, for a line of some width.
    pub fn lengths(self, width: f64) -> Option<[f64; 2]> {
        match self {
            Dash::Solid => None,
            Dash::Dashed => Some([3.5 * width, 2.0 * width]),
            Dash::Dotted => Some([width, 1.5 * width]),
        }
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub colour: Colour,
    /// Its width, in pixels.
    pub width: f64,
    /// How it is broken.
    pub dash: Dash,
}

impl Stroke {
    /// An unbroken line.
    pub const fn new(colour: Colour, width: f64) -> Self {
        Stroke { colour, width, dash: Dash::Solid }
    }
}

/// Which part of a text its place names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// A text on one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Where on the line its anchor is.
    pub at: Point,
    /// What it says.
    pub text: String,
    /// Height of the letters (the em), in pixels.
    pub size: f64,
    /// Its colour.
    pub colour: Colour,
    /// Which part of it `at` names.
    pub anchor: Anchor,
    /// Whether a rim of paper keeps it readable on top of lines.
    pub halo: bool,
}

impl Text {
    /// Dark, beginning at `at`.
    pub fn new(at: Point, text: impl Into<String>, size: f64) -> Self {
        Text { at, text: text.into(), size, colour: crate::colour::INK, anchor: Anchor::Start, halo: false }
    }

    /// The same with another anchor.
    pub fn anchored(self, anchor: Anchor) -> Self {
        Text { anchor, ..self }
    }

    /// The same in another colour.
    pub fn coloured(self, colour: Colour) -> Self {
        Text { colour, ..self }
    }

    /// The same with a rim of paper.
    pub fn with_halo(self) -> Self {
        Text { halo: true, ..self }
    }

    /// How wide it is.
    pub fn width(&self) -> f64 {
        font::width(&self.text, self.size)
    }

    /// Where its line begins.
    pub fn start(&self) -> f64 {
        match self.anchor {
            Anchor::Start => self.at.x,
            Anchor::Middle => self.at.x - self.width() / 2.0,
            Anchor::End => self.at.x - self.width(),
        }
    }

    /// What it covers.
    pub fn bounds(&self) -> Rect {
        let (above, below) = (font::ASCENT * self.size, font::DESCENT * self.size);
        Rect::new(self.start(), self.at.y - above, self.width(), above + below)
    }
}

/// One thing on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A line through points.
    Line {
        /// Its corners.
        points: Vec<Point>,
        /// How it is drawn.
        stroke: Stroke,
    },
    /// What lies inside an odd number of rings.
    Area {
        /// The rings, each closed by itself.
        rings: Vec<Vec<Point>>,
        /// What it is filled with.
        colour: Colour,
    },
    /// A full circle with a rim.
    Disc {
        /// Its middle.
        centre: Point,
        /// Its radius, in pixels.
        radius: f64,
        /// What it is filled with.
        fill: Colour,
        /// Its rim; of no width: none.
        rim: Stroke,
    },
    /// A text.
    Text(Text),
}

/// A drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Width of the page, in pixels.
    pub width: f64,
    /// Height of the page.
    pub height: f64,
    /// What it is called.
    pub title: String,
    /// What is to be seen, for those who cannot see it.
    pub about: String,
    /// What is on it, the lowest first.
    pub marks: Vec<Mark>,
}

impl Scene {
    /// An empty page.
    pub fn new(width: f64, height: f64) -> Self {
        Scene { width, height, title: String::new(), about: String::new(), marks: Vec::new() }
    }

    /// The whole page.
    pub fn page(&self) -> Rect {
        Rect::new(0.0, 0.0, self.width, self.height)
    }

    /// Adds a line; of less than two points: nothing.
    pub fn line(&mut self, points: Vec<Point>, stroke: Stroke) {
        if points.len() > 1 {
            self.marks.push(Mark::Line { points, stroke });
        }
    }

    /// Adds a line between two points.
    pub fn segment(&mut self, from: Point, to: Point, stroke: Stroke) {
        self.line(vec![from, to], stroke);
    }

    /// Adds an area inside one ring.
    pub fn area(&mut self, ring: Vec<Point>, colour: Colour) {
        if ring.len() > 2 {
            self.marks.push(Mark::Area { rings: vec![ring], colour });
        }
    }

    /// Adds a filled rectangle.
    pub fn rect(&mut self, r: Rect, colour: Colour) {
        let corners = [(r.x, r.y), (r.right(), r.y), (r.right(), r.bottom()), (r.x, r.bottom())];
        self.area(corners.map(|(x, y)| Point::new(x, y)).to_vec(), colour);
    }

    /// Adds a dot.
    pub fn dot(&mut self, centre: Point, radius: f64, colour: Colour) {
        self.marks.push(Mark::Disc { centre, radius, fill: colour, rim: Stroke::new(colour, 0.0) });
    }

    /// Adds a circle: a rim around paper.
    pub fn circle(&mut self, centre: Point, radius: f64, rim: Stroke) {
        self.marks.push(Mark::Disc { centre, radius, fill: PAPER, rim });
    }

    /// Adds a text; an empty one: nothing.
    pub fn text(&mut self, text: Text) {
        if !text.text.trim().is_empty() {
            self.marks.push(Mark::Text(text));
        }
    }

    /// All texts.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.marks.iter().filter_map(|mark| if let Mark::Text(text) = mark { Some(text) } else { None })
    }
}
