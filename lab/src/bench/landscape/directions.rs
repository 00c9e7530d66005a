//! Two directions through the space of all weights, and where other weights lie over the plane they span.
//!
//! ```text
//! random:     each weight normal; each unit's weights scaled to the norm of those of the network in the middle; no biases
//! principal:  the two directions along which the path is longest: eigenvectors of Σ (θₖ − θ*) (θₖ − θ*)ᵀ
//! ```
//!
//! [Li et al. 2018, Visualizing the Loss Landscape of Neural Nets](https://arxiv.org/abs/1712.09913), sections 4 and 7. In a
//! space of many dimensions two random directions stand at right angles to nearly everything, so that a path hardly moves
//! over their plane; along principal ones it does.

use gradus::layout::Layout;
use gradus::rng::{Rng, Stream};

/// A plane through θ*: θ* + a u + b v.
#[derive(Clone, Debug)]
pub struct Slice {
    /// θ*
    pub middle: Vec<f64>,
    /// u and v.
    pub along: [Vec<f64>; 2],
    /// The share of the path's squared distances from θ* that lies in the plane, along each direction.
    pub explained: Option<[f64; 2]>,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Slice {
    /// Along two random directions, filter by filter as long as the network in the middle.
    pub fn random(middle: &[f32], layout: &Layout, seed: u64) -> Slice {
        let middle: Vec<f64> = middle.iter().map(|w| *w as f64).collect();
        let along = [0, 1].map(|k| {
            let mut rng = Rng::new(seed, Stream::Probe, k);
            let mut direction: Vec<f64> = middle.iter().map(|_| rng.normal() as f64).collect();
            for part in layout.parts() {
                let (rows, columns) = part.shape.matrix();
                for column in 0..columns {
                    let places = (0..rows).map(|row| part.at + row * columns + column);
                    let norm = |of: &[f64]| places.clone().map(|i| of[i] * of[i]).sum::<f64>().sqrt();
                    // A bias is one row: it has no filter whose length could be kept.
                    let bias = part.name.ends_with("bias");
                    let scale = if bias { 0.0 } else { norm(&middle) / norm(&direction).max(1e-30) };
                    places.clone().for_each(|i| direction[i] *= scale);
                }
            }
            direction
        });
        Slice { middle, along, explained: None }
    }

    /// Along the two directions in which `points` lie furthest from the middle; None if they are all in one place or on one
    /// line.
    pub fn principal(middle: &[f32], points: &[&[f32]]) -> Option<Slice> {
        let middle: Vec<f64> = middle.iter().map(|w| *w as f64).collect();
        let away = |point: &&[f32]| point.iter().zip(&middle).map(|(w, m)| *w as f64 - m).collect();
        let rows: Vec<Vec<f64>> = points.iter().map(away).collect();
        // Eigenvectors of the points' own products, which are few, instead of those of the weights'.
        let count = rows.len();
        let mut gram = vec![0.0; count * count];
        for i in 0..count {
            for j in 0..count {
                gram[i * count + j] = dot(&rows[i], &rows[j]);
            }
        }
        let total: f64 = (0..count).map(|i| gram[i * count + i]).sum();
        let mut explained = [0.0; 2];
        let mut along = [Vec::new(), Vec::new()];
        for k in 0..2 {
            let (value, vector) = largest(&gram, count);
            if value <= 1e-12 * total || total <= 0.0 {
                return None;
            }
            explained[k] = value / total;
            let mut direction = vec![0.0; middle.len()];
            for (row, share) in rows.iter().zip(&vector) {
                direction.iter_mut().zip(row).for_each(|(d, x)| *d += share * x);
            }
            let length = dot(&direction, &direction).sqrt();
            // The largest weight's change points up: the sign is not left to chance.
            let most = direction.iter().fold(0.0f64, |a, x| if x.abs() > a.abs() { *x } else { a });
            direction.iter_mut().for_each(|d| *d *= most.signum() / length);
            along[k] = direction;
            for i in 0..count {
                for j in 0..count {
                    gram[i * count + j] -= value * vector[i] * vector[j];
                }
            }
        }
        Some(Slice { middle, along, explained: Some(explained) })
    }

    /// The weights at (a, b).
    pub fn at(&self, a: f64, b: f64, into: &mut [f32]) {
        for (i, w) in into.iter_mut().enumerate() {
            *w = (self.middle[i] + a * self.along[0][i] + b * self.along[1][i]) as f32;
        }
    }

    /// The place in the plane that is nearest to θ, and how far θ is from it, as a share of its distance from the middle.
    pub fn place(&self, theta: &[f32]) -> ([f64; 2], f64) {
        let away: Vec<f64> = theta.iter().zip(&self.middle).map(|(w, m)| *w as f64 - m).collect();
        let [u, v] = &self.along;
        let (uu, uv, vv) = (dot(u, u), dot(u, v), dot(v, v));
        let (ua, va) = (dot(u, &away), dot(v, &away));
        let det = (uu * vv - uv * uv).max(1e-300);
        let (a, b) = ((ua * vv - va * uv) / det, (va * uu - ua * uv) / det);
        let left: f64 = (0..away.len()).map(|i| (away[i] - a * u[i] - b * v[i]).powi(2)).sum();
        let far = dot(&away, &away);
        ([a, b], if far > 0.0 { (left / far).sqrt() } else { 0.0 })
    }
}

/// The largest eigenvalue of a symmetric matrix without negative ones, and its vector of length 1: by squaring the
/// matrix until one direction is left, then a few products.
fn largest(matrix: &[f64], n: usize) -> (f64, Vec<f64>) {
    let trace: f64 = (0..n).map(|i| matrix[i * n + i]).sum();
    if trace <= 0.0 {
        return (0.0, vec![0.0; n]);
    }
    let mut power: Vec<f64> = matrix.iter().map(|x| x / trace).collect();
    for _ in 0..12 {
        let mut square = vec![0.0; n * n];
        for i in 0..n {
            for k in 0..n {
                let x = power[i * n + k];
                for j in 0..n {
                    square[i * n + j] += x * power[k * n + j];
                }
            }
        }
        let trace: f64 = (0..n).map(|i| square[i * n + i]).sum();
        square.iter_mut().for_each(|x| *x /= trace);
        power = square;
    }
    // The column with the largest diagonal is along the eigenvector.
    let best = (0..n).max_by(|a, b| power[a * n + a].total_cmp(&power[b * n + b])).unwrap_or(0);
    let mut vector: Vec<f64> = (0..n).map(|i| power[i * n + best]).collect();
    let mut value = 0.0;
    for _ in 0..8 {
        let next: Vec<f64> = (0..n).map(|i| dot(&matrix[i * n..(i + 1) * n], &vector)).collect();
        value = dot(&next, &vector) / dot(&vector, &vector).max(1e-300);
        let length = dot(&next, &next).sqrt().max(1e-300);
        vector = next.iter().map(|x| x / length).collect();
    }
    (value, vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points on an ellipse in a plane askew: its axes and their shares are known.
    #[test]
    fn principal_directions_are_the_axes_of_an_ellipse() {
        let (u, v) = ([0.6, 0.8, 0.0, 0.0], [0.0, 0.0, 0.28, -0.96]);
        let middle = [1.0f32, -2.0, 0.5, 3.0];
        let points: Vec<Vec<f32>> = (0..40)
            .map(|k| {
                let (sin, cos) = gradus::elementary::turn(k as f64 / 40.0);
                (0..4).map(|i| middle[i] + (3.0 * cos * u[i] + sin * v[i]) as f32).collect()
            })
            .collect();
        let points: Vec<&[f32]> = points.iter().map(Vec::as_slice).collect();
        let slice = Slice::principal(&middle, &points).unwrap();
        assert!((dot(&slice.along[0], &u).abs() - 1.0).abs() < 1e-6, "{:?}", slice.along);
        assert!((dot(&slice.along[1], &v).abs() - 1.0).abs() < 1e-6, "{:?}", slice.along);
        let [first, second] = slice.explained.unwrap();
        assert!((first - 0.9).abs() < 1e-6 && (second - 0.1).abs() < 1e-6, "{first} {second}");
        for point in points {
            let ([a, b], off) = slice.place(point);
            let mut back = [0.0; 4];
            slice.at(a, b, &mut back);
            assert!(off < 1e-3 && back.iter().zip(point).all(|(x, y)| (x - y).abs() < 1e-5));
        }
        assert!(Slice::principal(&middle, &[&middle, &middle]).is_none());
        let line: Vec<f32> = middle.iter().map(|x| x * 2.0).collect();
        assert!(Slice::principal(&middle, &[&middle, &line]).is_none(), "a line has no second direction");
    }
}
