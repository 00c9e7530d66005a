//! An objective of one's own: optimizers need no network. Adam walks through Rosenbrock's valley.
//!
//! ```text
//! f(x, y) = (1 − x)² + 100 (y − x²)²
//! ```
use gradus::layout::Layout;
use gradus::optimizer::{Objective, Setup, Step};
use gradus::optimizers::Choice;
use gradus::threads::Threads;

/// Rosenbrock 1960: a bent valley, easy to find, hard to follow; its end is at (1, 1).
struct Valley;

impl Objective<f64> for Valley {
    fn loss(&mut self, theta: &[f64]) -> f64 {
        let [x, y] = [theta[0], theta[1]];
        (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
    }

    fn gradient(&mut self, theta: &[f64], grad: &mut [f64]) -> f64 {
        let [x, y] = [theta[0], theta[1]];
        grad[0] = -2.0 * (1.0 - x) - 400.0 * x * (y - x * x);
        grad[1] = 200.0 * (y - x * x);
        self.loss(theta)
    }
}

/// From (−1.2, 1), where everyone begins.
pub fn main() {
    let mut theta = [-1.2, 1.0];
    let choice = Choice::parse("adam").expect("in the table");
    let mut adam = choice.build_as::<f64>(&Setup::new(&Layout::of(2), &Threads::new(1)));
    for t in 1..=10_000 {
        adam.step(Step { t, learning_rate: 0.01 }, &mut theta, &mut Valley);
    }
    println!("after 10000 steps at {theta:?}, f = {:e}", Valley.loss(&theta));
    assert!(Valley.loss(&theta) < 1e-3);

    let mut losses = [0.0; 2];
    Valley.losses(&[1.0, 1.0, 0.0, 0.0], &mut losses);
    assert_eq!(losses, [0.0, 1.0]);
}
