//! Slopes by differences of losses: how exact they are, of anything that has a loss, however many weights.

use gradus::gradients::*;
use gradus::optimizer::Objective;

/// Rosenbrock's valley in `f64`.
struct Valley;

impl Objective<f64> for Valley {
    fn loss(&mut self, theta: &[f64]) -> f64 {
        (1.0 - theta[0]).powi(2) + 100.0 * (theta[1] - theta[0] * theta[0]).powi(2)
    }
    fn gradient(&mut self, theta: &[f64], grad: &mut [f64]) -> f64 {
        grad[0] = -2.0 * (1.0 - theta[0]) - 400.0 * theta[0] * (theta[1] - theta[0] * theta[0]);
        grad[1] = 200.0 * (theta[1] - theta[0] * theta[0]);
        self.loss(theta)
    }
}

#[test]
fn differences_serve_any_objective() {
    let theta = [-1.2, 1.0];
    let (mut want, mut grad) = ([0.0; 2], [0.0; 2]);
    let loss = Valley.gradient(&theta, &mut want);
    for (difference, tolerance) in [(Difference::Central, 1e-6), (Difference::Forward, 1e-4)] {
        let mut differences = FiniteDifferences::new(Valley, difference, 2);
        assert_eq!(differences.gradient(&theta, &mut grad), loss);
        crate::common::assert_close(&grad, &want, tolerance, &format!("{difference:?}"));
    }
    // A step far too large is seen: the slope of the chord.
    FiniteDifferences::new(Valley, Difference::Forward, 2).step(0.5).gradient(&theta, &mut grad);
    assert!((grad[1] - (want[1] + 100.0 * 0.5)).abs() < 1e-6);
}

/// More weights than fit into one population of moved θ.
#[test]
fn differences_of_many_weights_are_made_in_batches() {
    let weights = 10_000;
    struct Bowl;
    impl Objective for Bowl {
        fn loss(&mut self, theta: &[f32]) -> f32 {
            // Only a few matter: a sum of all would round their change away.
            [0, 63, 64, 9_999].map(|i| theta[i] * theta[i]).iter().sum()
        }
        fn gradient(&mut self, _: &[f32], _: &mut [f32]) -> f32 {
            f32::NAN
        }
    }
    let (theta, mut grad) = (vec![0.5; weights], vec![f32::NAN; weights]);
    for difference in [Difference::Central, Difference::Forward] {
        assert_eq!(FiniteDifferences::new(Bowl, difference, weights).gradient(&theta, &mut grad), 1.0);
        for (i, g) in grad.iter().enumerate() {
            let want = if [0, 63, 64, 9_999].contains(&i) { 1.0 } else { 0.0 };
            assert!((g - want).abs() < 1e-3, "{difference:?}, {i}: {g}");
        }
    }
}
