//! Slopes from differences of the loss: nothing need be known but the loss itself.
//!
//! ```text
//! forward:  ∂L/∂θᵢ ≈ (L(θ + h eᵢ) − L(θ)) / h                n + 1 losses, error ≈ h/2 |L″| + 2ε|L|/h
//! central:  ∂L/∂θᵢ ≈ (L(θ + h eᵢ) − L(θ − h eᵢ)) / 2h        2n losses,    error ≈ h²/6 |L‴| + ε|L|/h
//! ```
//!
//! A large h sees the curve, a small one the rounding ε of L: the error is a V over h. Its lowest point is near
//! h = √ε (forward) and h = ∛ε (central) times the size of θᵢ ([Nocedal & Wright 2006](
//! https://doi.org/10.1007/978-0-387-40065-5), section 8.1). It is divided by the difference of the two θᵢ that was
//! really made, not by the h that was meant (Press et al., Numerical Recipes, section 5.7).

use crate::elementary::power;
use crate::optimizer::{Back, Objective};
use crate::real::Number;

/// Which difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Between θ and a point after it.
    Forward,
    /// Between a point after θ and one before it.
    Central,
}

impl Difference {
    /// How many losses a gradient of `weights` slopes takes, that of θ itself included.
    pub fn losses(self, weights: usize) -> usize {
        match self {
            Difference::Forward => weights + 1,
            Difference::Central => 2 * weights + 1,
        }
    }
}

/// The step of a forward difference for a θᵢ of size 1: √ε.
pub fn forward_step<R: Number>() -> f64 {
    unit_roundoff::<R>().sqrt()
}

/// The step of a central difference for a θᵢ of size 1: ∛ε.
pub fn central_step<R: Number>() -> f64 {
    let wanted = unit_roundoff::<R>();
    // Newton's way to the root, from above: the same bits everywhere.
    let mut root = 1.0;
    for _ in 0..60 {
        root = (2.0 * root + wanted / (root * root)) / 3.0;
    }
    root
}

/// ε: 2⁻⁵³ or 2⁻²⁴, by how much a number is rounded at most, relative to itself.
fn unit_roundoff<R: Number>() -> f64 {
    let one = R::of(1.0);
    let bits = if one + R::of(power(0.5, 30)) > one { 53 } else { 24 };
    power(0.5, bits)
}

/// An objective whose gradient is made of differences of its losses, whatever gradient it may have itself.
///
/// It asks for the losses of many θ at a time ([`Objective::losses`]), so that an objective can compute them in
/// parallel. Nothing is allocated after it is made.
///
/// ```
/// use gradus::gradients::{Difference, FiniteDifferences};
/// use gradus::optimizer::Objective;
///
/// struct Cubic;
/// impl Objective<f64> for Cubic {
///     fn loss(&mut self, theta: &[f64]) -> f64 {
///         theta[0] * theta[0] * theta[0]
///     }
///     fn gradient(&mut self, theta: &[f64], grad: &mut [f64]) -> f64 {
///         grad[0] = 3.0 * theta[0] * theta[0];
///         self.loss(theta)
///     }
/// }
/// let (mut grad, mut derived) = ([0.0], [0.0]);
/// FiniteDifferences::new(Cubic, Difference::Central, 1).gradient(&[2.0], &mut grad);
/// Cubic.gradient(&[2.0], &mut derived);
/// assert!((grad[0] - derived[0]).abs() < 1e-9);
/// ```
pub struct FiniteDifferences<O, R: Number = f32> {
    /// What is differentiated.
    pub objective: O,
    difference: Difference,
    step: f64,
    /// One θ after another.
    population: Vec<R>,
    losses: Vec<R>,
}

/// Numbers in a population.
const ROOM: usize = 1 << 18;

impl<O: Objective<R>, R: Number> FiniteDifferences<O, R> {
    /// Of `objective`, for θ of `weights` numbers, with the step that suits the difference and the kind of number.
    pub fn new(objective: O, difference: Difference, weights: usize) -> Self {
        let step = match difference {
            Difference::Forward => forward_step::<R>(),
            Difference::Central => central_step::<R>(),
        };
        // An even number, as central differences come in pairs.
        let members = (ROOM / weights.max(1)).clamp(2, 64) / 2 * 2;
        FiniteDifferences {
            objective,
            difference,
            step,
            population: vec![R::default(); members * weights],
            losses: vec![R::default(); members],
        }
    }

    /// With h = `step` times the greater of |θᵢ| and 1.
    pub fn step(self, step: f64) -> Self {
        FiniteDifferences { step, ..self }
    }
}

impl<O: Objective<R>, R: Number> Objective<R> for FiniteDifferences<O, R> {
    fn loss(&mut self, theta: &[R]) -> R {
        self.objective.loss(theta)
    }

    fn gradient(&mut self, theta: &[R], grad: &mut [R]) -> R {
        let loss = self.objective.loss(theta);
        let each = if self.difference == Difference::Central { 2 } else { 1 };
        for member in self.population.chunks_exact_mut(theta.len()) {
            member.copy_from_slice(theta);
        }
        for first in (0..theta.len()).step_by(self.losses.len() / each) {
            let weights = first..theta.len().min(first + self.losses.len() / each);
            let h = |i: usize| self.step * theta[i].to_f64().abs().max(1.0);
            let mut members = self.population.chunks_exact_mut(theta.len());
            for i in weights.clone() {
                for sign in [1.0, -1.0].into_iter().take(each) {
                    let member = members.next().expect("there is room for all of a batch");
                    member[i] = R::of(theta[i].to_f64() + sign * h(i));
                }
            }
            let members = weights.len() * each;
            let losses = &mut self.losses[..members];
            self.objective.losses(&self.population[..members * theta.len()], losses);
            for (k, i) in weights.enumerate() {
                let at = |member: usize| self.population[member * theta.len() + i].to_f64();
                let (rise, run) = match self.difference {
                    Difference::Forward => (losses[k].to_f64() - loss.to_f64(), at(k) - theta[i].to_f64()),
                    Difference::Central => {
                        (losses[2 * k].to_f64() - losses[2 * k + 1].to_f64(), at(2 * k) - at(2 * k + 1))
                    }
                };
                grad[i] = R::of(rise / run);
                (each * k..each * (k + 1)).for_each(|m| self.population[m * theta.len() + i] = theta[i]);
            }
        }
        loss
    }

    fn losses(&mut self, population: &[R], losses: &mut [R]) {
        self.objective.losses(population, losses);
    }
}

impl<R: Number, O: Objective<R> + ?Sized> Objective<R> for &mut O {
    fn loss(&mut self, theta: &[R]) -> R {
        (**self).loss(theta)
    }
    fn gradient(&mut self, theta: &[R], grad: &mut [R]) -> R {
        (**self).gradient(theta, grad)
    }
    fn forth(&mut self, theta: &[R]) -> Option<(R, &mut dyn Back<R>)> {
        (**self).forth(theta)
    }
    fn losses(&mut self, population: &[R], losses: &mut [R]) {
        (**self).losses(population, losses);
    }
}
