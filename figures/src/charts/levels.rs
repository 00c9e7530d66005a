//! Lines of equal height through values on a grid, and the areas above them.

use super::contour::Surface;

/// The rings around all that is at least `level` high, in grid steps (column, row). Rings that reach the border follow
/// it; what lies inside an odd number of rings is above.
///
/// Marching squares (Maple 2003): each cell joins the crossings on its sides; the grid has a rim of −∞ around it, so
/// that every line closes.
pub fn rings(surface: &Surface, level: f64) -> Vec<Vec<(f64, f64)>> {
    let (columns, rows) = (surface.columns as isize, surface.rows as isize);
    let height = |c: isize, r: isize| {
        if (0..columns).contains(&c) && (0..rows).contains(&r) {
            surface.values[(r * columns + c) as usize]
        } else {
            f64::NEG_INFINITY
        }
    };
    let mut ways = Ways::new((columns + 1) as usize * (rows + 1) as usize);
    for r in -1..rows {
        for c in -1..columns {
            let corners = [height(c, r), height(c + 1, r), height(c + 1, r + 1), height(c, r + 1)];
            let cell = ((r + 1) * (columns + 1) + c + 1) as usize;
            for (from, to) in joined(corners, level) {
                ways.join(side_id(cell, from, columns), side_id(cell, to, columns));
            }
        }
    }
    let place = |id: usize| crossing(id, columns, &height, level);
    ways.rings().into_iter().map(|ring| ring.into_iter().map(place).collect()).collect()
}

/// Which sides of a cell (0 top, 1 right, 2 bottom, 3 left) are joined, high ground to the right of the way.
fn joined([a, b, c, d]: [f64; 4], level: f64) -> Vec<(usize, usize)> {
    let case = [a, b, c, d].iter().enumerate().map(|(i, v)| usize::from(*v >= level) << i).sum();
    let is_middle_high = (a + b + c + d) / 4.0 >= level;
    match case {
        1 => vec![(0, 3)],
        2 => vec![(1, 0)],
        3 => vec![(1, 3)],
        4 => vec![(2, 1)],
        5 if is_middle_high => vec![(0, 1), (2, 3)],
        5 => vec![(0, 3), (2, 1)],
        6 => vec![(2, 0)],
        7 => vec![(2, 3)],
        8 => vec![(3, 2)],
        9 => vec![(0, 2)],
        10 if is_middle_high => vec![(3, 0), (1, 2)],
        10 => vec![(1, 0), (3, 2)],
        11 => vec![(1, 2)],
        12 => vec![(3, 1)],
        13 => vec![(0, 1)],
        14 => vec![(3, 0)],
        _ => Vec::new(),
    }
}

/// A number for each side of the grid: twice the cell that it is the top (even) or the left side (odd) of.
fn side_id(cell: usize, side: usize, columns: isize) -> usize {
    match side {
        0 => 2 * cell,
        1 => 2 * (cell + 1) + 1,
        2 => 2 * (cell + columns as usize + 1),
        _ => 2 * cell + 1,
    }
}

/// Where on its side the level is crossed.
fn crossing(id: usize, columns: isize, height: &impl Fn(isize, isize) -> f64, level: f64) -> (f64, f64) {
    let cell = (id / 2) as isize;
    let (c, r) = (cell % (columns + 1) - 1, cell / (columns + 1) - 1);
    let (dc, dr) = if id.is_multiple_of(2) { (1, 0) } else { (0, 1) };
    let (a, b) = (height(c, r), height(c + dc, r + dr));
    // Next to the rim, or to an infinite height, the line runs through the last corner that has one.
    let t = match (a.is_finite(), b.is_finite()) {
        (true, true) => ((level - a) / (b - a)).clamp(0.0, 1.0),
        (false, true) => 1.0,
        _ => 0.0,
    };
    (c as f64 + t * dc as f64, r as f64 + t * dr as f64)
}

/// Where each way goes on.
struct Ways(Vec<Option<usize>>);

impl Ways {
    fn new(cells: usize) -> Ways {
        // One row of cells more, for the lower sides of the last.
        Ways(vec![None; 4 * cells + 4])
    }

    fn join(&mut self, from: usize, to: usize) {
        self.0[from] = Some(to);
    }

    fn rings(mut self) -> Vec<Vec<usize>> {
        let mut rings = Vec::new();
        for start in 0..self.0.len() {
            let mut ring = Vec::new();
            let mut at = start;
            while let Some(next) = self.0[at].take() {
                ring.push(at);
                at = next;
            }
            if !ring.is_empty() {
                rings.push(ring);
            }
        }
        rings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(rings: &[Vec<(f64, f64)>]) -> f64 {
        let of = |ring: &Vec<(f64, f64)>| {
            let cross = |i: usize| {
                let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
                a.0 * b.1 - b.0 * a.1
            };
            (0..ring.len()).map(cross).sum::<f64>() / 2.0
        };
        rings.iter().map(of).sum::<f64>().abs()
    }

    /// The area above a level of a cone is a disc's; the bowl's is the square without a disc.
    #[test]
    fn areas_are_those_of_discs() {
        let cone = Surface::sample((-1.0, 1.0), (-1.0, 1.0), 201, 201, |x, y| -x.hypot(y));
        let above = rings(&cone, -0.5);
        assert_eq!(above.len(), 1);
        let disc = std::f64::consts::PI * 50.0 * 50.0;
        assert!((area(&above) - disc).abs() < 0.002 * disc);
        let bowl = Surface::sample((-1.0, 1.0), (-1.0, 1.0), 201, 201, |x, y| x.hypot(y));
        let above = rings(&bowl, 0.5);
        assert_eq!(above.len(), 2, "the border and the hole");
        assert!((area(&above) - (40_000.0 - disc)).abs() < 0.01 * disc);
    }

    #[test]
    fn every_point_of_a_line_has_the_level() {
        let f = |x: f64, y: f64| x * x - y;
        let surface = Surface::sample((-2.0, 2.0), (-1.0, 3.0), 161, 161, f);
        let inner = |&(c, r): &(f64, f64)| c > 0.0 && c < 160.0 && r > 0.0 && r < 160.0;
        let points: Vec<_> = rings(&surface, 0.3).concat().into_iter().filter(inner).collect();
        assert!(points.len() > 100);
        for (c, r) in points {
            let (x, y) = surface.at(c, r);
            assert!((f(x, y) - 0.3).abs() < 1e-3, "({x}, {y})");
        }
    }

    #[test]
    fn saddles_flats_and_holes_close() {
        // The corners of the middle cell are at ± 6.6·10⁻⁴: these levels cross it twice.
        for sign in [1.0, -1.0] {
            let saddle = Surface::sample((-1.0, 1.0), (-1.0, 1.0), 40, 40, |x, y| sign * x * y);
            assert_eq!(rings(&saddle, 3e-4).len(), 2, "two corners are high");
            assert_eq!(rings(&saddle, -3e-4).len(), 1, "and joined by the saddle");
        }
        let flat = Surface::sample((0.0, 1.0), (0.0, 1.0), 5, 5, |_, _| 1.0);
        assert_eq!((rings(&flat, 0.5).len(), rings(&flat, 2.0).len()), (1, 0));
        assert!((area(&rings(&flat, 0.5)) - 16.0).abs() < 1e-9);
        let odd = Surface::sample(
            (0.0, 1.0),
            (0.0, 1.0),
            5,
            5,
            |x, y| if x > y { f64::INFINITY } else { f64::NAN },
        );
        rings(&odd, 0.0);
    }
}
