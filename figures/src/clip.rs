//! Cutting lines and areas off at the rim of a plot, in the geometry itself, so that SVG and PNG agree.

use crate::geometry::{Point, Rect};

/// The stretches of a line that lie inside (Liang & Barsky 1984, a segment at a time).
pub fn line(points: &[Point], to: &Rect) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let Some((a, b)) = segment(pair[0], pair[1], to) else { continue };
        match pieces.last_mut() {
            Some(piece) if piece.last() == Some(&a) => piece.push(b),
            _ => pieces.push(vec![a, b]),
        }
    }
    pieces
}

fn segment(a: Point, b: Point, to: &Rect) -> Option<(Point, Point)> {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (step, room) in
        [(-dx, a.x - to.x), (dx, to.right() - a.x), (-dy, a.y - to.y), (dy, to.bottom() - a.y)]
    {
        if step == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if step < 0.0 {
            enter = enter.max(room / step);
        } else {
            leave = leave.min(room / step);
        }
    }
    let inside = |t: f64| {
        if t == 0.0 {
            a
        } else if t == 1.0 {
            b
        } else {
            a.towards(b, t)
        }
    };
    (enter < leave).then(|| (inside(enter), inside(leave)))
}

/// The part of a ring that lies inside (Sutherland & Hodgman 1974).
pub fn ring(points: &[Point], to: &Rect) -> Vec<Point> {
    // Along which axis, from where on, and whether what is kept is greater or less.
    let sides = [(true, to.x, 1.0), (true, to.right(), -1.0), (false, to.y, 1.0), (false, to.bottom(), -1.0)];
    let mut ring = points.to_vec();
    for (across, side, sign) in sides {
        let part = |p: Point| if across { p.x } else { p.y };
        let inside = |p: Point| (part(p) - side) * sign >= 0.0;
        let mut kept = Vec::with_capacity(ring.len());
        for (i, &b) in ring.iter().enumerate() {
            let a = ring[(i + ring.len() - 1) % ring.len()];
            if inside(a) != inside(b) {
                kept.push(a.towards(b, (side - part(a)) / (part(b) - part(a))));
            }
            if inside(b) {
                kept.push(b);
            }
        }
        ring = kept;
    }
    ring
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: Rect = Rect::new(0.0, 0.0, 1.0, 1.0);

    fn points(of: &[(f64, f64)]) -> Vec<Point> {
        of.iter().map(|(x, y)| Point::new(*x, *y)).collect()
    }

    #[test]
    fn a_line_is_cut_where_it_leaves_and_goes_on_where_it_returns() {
        let cut = line(&points(&[(-1.0, 0.5), (0.5, 0.5), (0.5, 3.0), (0.75, 3.0), (0.75, 0.5)]), &UNIT);
        assert_eq!(cut, [points(&[(0.0, 0.5), (0.5, 0.5), (0.5, 1.0)]), points(&[(0.75, 1.0), (0.75, 0.5)])]);
        assert!(line(&points(&[(-1.0, -1.0), (-1.0, 2.0)]), &UNIT).is_empty());
        assert_eq!(
            line(&points(&[(0.5, 0.5), (1.0, 0.5), (1.5, 0.5)]), &UNIT).len(),
            1,
            "what begins at the rim is outside"
        );
    }

    #[test]
    fn a_ring_is_cut_to_its_inner_part() {
        let area = |ring: &[Point]| {
            let sum = |i: usize| {
                let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
                a.x * b.y - b.x * a.y
            };
            (0..ring.len()).map(sum).sum::<f64>().abs() / 2.0
        };
        let square = points(&[(0.5, 0.5), (2.0, 0.5), (2.0, 2.0), (0.5, 2.0)]);
        assert!((area(&ring(&square, &UNIT)) - 0.25).abs() < 1e-12);
        assert!(ring(&points(&[(2.0, 2.0), (3.0, 2.0), (3.0, 3.0)]), &UNIT).is_empty());
    }
}
