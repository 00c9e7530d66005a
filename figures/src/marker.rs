//! Marks at single points. Groups differ by form as well as by colour.

use crate::colour::{Colour, PAPER};
use crate::geometry::Point;
use crate::scene::{Scene, Stroke};

/// The form of a mark and its radius in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Marker {
    /// A full circle.
    Dot(f64),
    /// A circle around paper.
    Ring(f64),
    /// A full square.
    Square(f64),
    /// A full triangle, tip up.
    Triangle(f64),
    /// A lying cross.
    Cross(f64),
    /// A full star of five tips, with a rim of paper.
    Star(f64),
}

impl Marker {
    /// A form for group number `i`.
    pub fn of_group(i: usize, radius: f64) -> Marker {
        [Marker::Dot, Marker::Triangle, Marker::Square, Marker::Ring, Marker::Cross][i % 5](radius)
    }
}

/// Draws a mark.
pub fn draw(scene: &mut Scene, marker: Marker, at: Point, colour: Colour) {
    let corner =
        |angle: f64, radius: f64| Point::new(at.x + radius * angle.sin(), at.y - radius * angle.cos());
    let polygon = |corners: usize, turn: f64, radius: f64| -> Vec<Point> {
        (0..corners)
            .map(|i| corner(turn + std::f64::consts::TAU * i as f64 / corners as f64, radius))
            .collect()
    };
    match marker {
        Marker::Dot(radius) => scene.dot(at, radius, colour),
        Marker::Ring(radius) => scene.circle(at, radius, Stroke::new(colour, 1.8)),
        Marker::Square(radius) => scene.area(polygon(4, std::f64::consts::FRAC_PI_4, 1.25 * radius), colour),
        Marker::Triangle(radius) => scene.area(polygon(3, 0.0, 1.3 * radius), colour),
        Marker::Cross(radius) => {
            for turn in [0.25, 0.75] {
                let ends = polygon(2, turn * std::f64::consts::PI, 1.2 * radius);
                scene.line(ends, Stroke::new(colour, 2.0));
            }
        }
        Marker::Star(radius) => {
            let tips = |radius: f64| -> Vec<Point> {
                let size = |i: usize| if i.is_multiple_of(2) { radius } else { 0.45 * radius };
                (0..10).map(|i| corner(std::f64::consts::TAU * i as f64 / 10.0, size(i))).collect()
            };
            scene.area(tips(radius + 2.0), PAPER);
            scene.area(tips(radius), colour);
        }
    }
}
