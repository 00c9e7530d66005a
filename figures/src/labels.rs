//! Texts beside points of a plot, put where they hide the least.

use crate::colour::Colour;
use crate::font;
use crate::frame::SMALL;
use crate::geometry::{Point, Rect};
use crate::scene::{Mark, Scene, Stroke, Text};

/// Writes `text` near `at`, inside `room`: at the first of the places around that meets no text and the fewest lines.
pub fn put(scene: &mut Scene, room: Rect, at: Point, text: &str, colour: Colour) {
    let width = font::width(text, SMALL);
    let (above, below) = (font::ASCENT * SMALL, font::DESCENT * SMALL);
    let mut best: Option<(f64, Rect)> = None;
    for distance in [9.0, 16.0, 26.0, 40.0] {
        for direction in 0..8 {
            let (sin, cos) = (std::f64::consts::FRAC_PI_4 * direction as f64).sin_cos();
            let middle = Point::new(
                at.x + (distance + width / 2.0) * cos,
                at.y - (distance + (above + below) / 2.0) * sin,
            );
            let bounds =
                Rect::new(middle.x - width / 2.0, middle.y - (above + below) / 2.0, width, above + below);
            let cost = cost(scene, room, &bounds) + 0.1 * distance;
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, bounds));
            }
        }
    }
    let Some((cost, bounds)) = best else { return };
    // No place without touching another text: then it is left out rather than smeared.
    if cost >= UNREADABLE {
        return;
    }
    let near = Point::new(at.x.clamp(bounds.x, bounds.right()), at.y.clamp(bounds.y, bounds.bottom()));
    if at.distance(near) > 14.0 {
        scene.segment(at, near, Stroke::new(colour.with_opacity(0.5), 1.0));
    }
    scene.text(Text::new(Point::new(bounds.x, bounds.y + above), text, SMALL).coloured(colour).with_halo());
}

/// What covering a text, or leaving the plot, costs.
pub const UNREADABLE: f64 = 1e6;

/// How much a text there would hide.
pub fn cost(scene: &Scene, room: Rect, bounds: &Rect) -> f64 {
    let airy = Rect::new(bounds.x - 3.0, bounds.y - 2.0, bounds.width + 6.0, bounds.height + 4.0);
    if !room.encloses(bounds) || scene.texts().any(|t| t.bounds().meets(&airy)) {
        return UNREADABLE;
    }
    let hits = |mark: &Mark| match mark {
        Mark::Line { points, stroke } if stroke.width > 1.0 => {
            points.windows(2).map(|pair| samples(pair[0], pair[1]).filter(|p| airy.holds(*p)).count()).sum()
        }
        Mark::Disc { centre, .. } if airy.holds(*centre) => 3,
        _ => 0,
    };
    scene.marks.iter().map(|mark| hits(mark) as f64).sum()
}

/// Places along a segment, about 4 pixels apart.
fn samples(a: Point, b: Point) -> impl Iterator<Item = Point> {
    let count = (a.distance(b) / 4.0).clamp(1.0, 1000.0) as usize;
    (0..=count).map(move |i| a.towards(b, i as f64 / count as f64))
}
