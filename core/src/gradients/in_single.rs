//! An objective in `f64` for whoever keeps θ in `f32`.

use crate::optimizer::Objective;

/// Computes in `f64`; θ, loss and gradient go in and out in `f32`. Nothing is allocated after it is made.
pub struct InSingle<O> {
    /// What is computed.
    pub objective: O,
    theta: Vec<f64>,
    grad: Vec<f64>,
}

impl<O: Objective<f64>> InSingle<O> {
    /// For θ of `weights` numbers.
    pub fn new(objective: O, weights: usize) -> Self {
        InSingle { objective, theta: vec![0.0; weights], grad: vec![0.0; weights] }
    }

    fn take(&mut self, theta: &[f32]) {
        self.theta.iter_mut().zip(theta).for_each(|(to, w)| *to = *w as f64);
    }
}

impl<O: Objective<f64>> Objective for InSingle<O> {
    fn loss(&mut self, theta: &[f32]) -> f32 {
        self.take(theta);
        self.objective.loss(&self.theta) as f32
    }

    fn gradient(&mut self, theta: &[f32], grad: &mut [f32]) -> f32 {
        self.take(theta);
        let loss = self.objective.gradient(&self.theta, &mut self.grad);
        grad.iter_mut().zip(&self.grad).for_each(|(to, g)| *to = *g as f32);
        loss as f32
    }
}
