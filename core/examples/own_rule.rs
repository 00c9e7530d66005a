//! An update rule of one's own: sign descent with inertia, in four lines that read like the equation.
//!
//! ```text
//! b ← μ b + (1 − μ) g
//! θ ← θ − η sign(b)
//! ```
use gradus::layout::Layout;
use gradus::optimizer::{Descent, Objective, Optimizer, Rule, Setup, Step, Update};
use gradus::real::Real;
use gradus::threads::Threads;

/// Sign descent with inertia (Bernstein et al. 2018, arXiv 1802.04434: Signum).
struct SignDescent {
    /// μ in [0, 1).
    momentum: f64,
}

impl Rule<1> for SignDescent {
    const STATE: [&'static str; 1] = ["b"];

    fn update<R: Real>(&self, at: Step) -> impl Update<R, 1> {
        let (eta, mu, rest) = (R::of(at.learning_rate), R::of(self.momentum), R::of(1.0 - self.momentum));
        move |theta, g, [b]| {
            let b = mu * b + rest * g;
            let sign = R::of(1.0).where_positive(b, R::of(-1.0).where_positive(-b, R::of(0.0)));
            (theta - eta * sign, [b])
        }
    }
}

/// |x₁ − 1| + |x₂ + 2|
struct Distance;

impl Objective for Distance {
    fn loss(&mut self, theta: &[f32]) -> f32 {
        (theta[0] - 1.0).abs() + (theta[1] + 2.0).abs()
    }
    fn gradient(&mut self, theta: &[f32], grad: &mut [f32]) -> f32 {
        grad.copy_from_slice(&[(theta[0] - 1.0).signum(), (theta[1] + 2.0).signum()]);
        self.loss(theta)
    }
}

/// Walks to (1, −2) with steps that shrink.
pub fn main() {
    let rule = SignDescent { momentum: 0.5 };
    let mut descent = Descent::new(rule, &Setup::new(&Layout::of(2), &Threads::new(1)));
    let mut theta = [5.0, 5.0];
    for t in 1..=1000 {
        descent.step(Step { t, learning_rate: 1.0 / t as f64 }, &mut theta, &mut Distance);
    }
    let loss = Distance.loss(&theta);
    println!("after 1000 steps at {theta:?}, {loss:.4} away");
    assert!(loss < 0.02);
    assert_eq!(descent.state()[0].0, "b");
}
