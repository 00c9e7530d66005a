//! The legend: rows of sign and name between the title and the plot, where they cover nothing.

use crate::colour::{Colour, INK};
use crate::font;
use crate::geometry::{Point, Rect};
use crate::marker::{self, Marker};
use crate::scene::{Scene, Stroke, Text};

/// One entry: how a thing is drawn, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// What it is.
    pub name: String,
    /// How it is drawn.
    pub sign: Sign,
}

/// How something is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Sign {
    /// By a line, with or without marks on it, with or without a band around it.
    Line {
        /// The line.
        stroke: Stroke,
        /// What sits on it.
        marker: Option<Marker>,
        /// The band's colour.
        band: Option<Colour>,
    },
    /// By a mark alone.
    Marker(Marker, Colour),
    /// By a filled area.
    Fill(Colour),
}

/// Size of its letters.
const SIZE: f64 = 13.0;
/// Width of a sign, and the gaps after it and after its name.
const SIGN: f64 = 26.0;
const GAP: f64 = 6.0;
const NEXT: f64 = 20.0;
/// Height of a row.
const ROW: f64 = 20.0;

/// Keys without those that repeat, or have no name.
pub fn distinct(keys: impl IntoIterator<Item = Key>) -> Vec<Key> {
    let mut kept: Vec<Key> = Vec::new();
    for key in keys {
        if !key.name.is_empty() && !kept.contains(&key) {
            kept.push(key);
        }
    }
    kept
}

/// Draws the keys in rows at the top of `area`; how high they are.
pub fn draw(scene: &mut Scene, area: Rect, keys: &[Key]) -> f64 {
    let (mut x, mut y) = (area.x, area.y);
    for key in keys {
        let name = font::shortened(&key.name, SIZE, area.width - SIGN - GAP);
        let width = SIGN + GAP + font::width(&name, SIZE);
        if x > area.x && x + width > area.right() {
            (x, y) = (area.x, y + ROW);
        }
        let middle = y + ROW / 2.0;
        sign(scene, Rect::new(x, middle - 6.0, SIGN, 12.0), &key.sign);
        scene.text(Text::new(Point::new(x + SIGN + GAP, middle + 0.36 * SIZE), name, SIZE).coloured(INK));
        x += width + NEXT;
    }
    if keys.is_empty() { 0.0 } else { y + ROW - area.y + 4.0 }
}

fn sign(scene: &mut Scene, place: Rect, sign: &Sign) {
    let middle = Point::new(place.x + place.width / 2.0, place.y + place.height / 2.0);
    match sign {
        Sign::Line { stroke, marker, band } => {
            if let Some(colour) = band {
                scene.rect(place, *colour);
            }
            let ends = [place.x, place.right()].map(|x| Point::new(x, middle.y));
            scene.segment(ends[0], ends[1], *stroke);
            if let Some(marker) = marker {
                marker::draw(scene, *marker, middle, stroke.colour);
            }
        }
        Sign::Marker(marker, colour) => marker::draw(scene, *marker, middle, *colour),
        Sign::Fill(colour) => scene.rect(place, *colour),
    }
}
