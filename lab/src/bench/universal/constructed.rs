//! Weights that are written down: the chain of straight lines through n + 1 points of the function.
//!
//! ```text
//! x₀ < x₁ < … < xₙ evenly over the stretch,  sₖ = (f(xₖ₊₁) − f(xₖ)) / (xₖ₊₁ − xₖ)
//! g(x) = f(x₀) + Σ (sₖ − sₖ₋₁) relu(x − xₖ),  k = 0 … n − 1,  s₋₁ = 0
//! ```
//!
//! Between two knots only the ReLUs to the left are at work, and their slopes add up to sₖ: so g meets f at every knot. For
//! a function of bounded curvature M it is nowhere further from f than M h² / 8, h being the distance of two knots.

use gradus::layout::Layout;

use super::{Wanted, evenly};

/// θ of `dense n relu, dense 1` that meets the function at n + 1 knots.
pub(super) fn weights(layout: &Layout, n: usize, on: [f64; 2], wanted: &Wanted) -> Vec<f32> {
    let knots = evenly(on, n + 1);
    let heights: Vec<f64> = knots.iter().map(|x| wanted.at(*x)).collect();
    let slopes: Vec<f64> =
        (0..n).map(|k| (heights[k + 1] - heights[k]) / (knots[k + 1] - knots[k])).collect();
    let mut theta = vec![0.0f32; layout.weights()];
    let part = |k: usize| layout.parts()[k].range();
    theta[part(0)].fill(1.0);
    for k in 0..n {
        let before = if k == 0 { 0.0 } else { slopes[k - 1] };
        theta[part(1)][k] = -knots[k] as f32;
        theta[part(2)][k] = (slopes[k] - before) as f32;
    }
    theta[part(3)][0] = heights[0] as f32;
    theta
}
