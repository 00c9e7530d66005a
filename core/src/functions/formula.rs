//! What a function to minimise is.

use crate::elementary;
use crate::gradients::Expression;
use crate::real::{Dual, Real};

/// A number with all that the functions need: [`Real`] and the sine and cosine.
pub trait Wave: Real {
    /// (sin, cos) of 2π self
    fn turns(self) -> (Self, Self);
}

impl Wave for f32 {
    fn turns(self) -> (f32, f32) {
        let (sin, cos) = elementary::turns(self as f64);
        (sin as f32, cos as f32)
    }
}

impl Wave for f64 {
    fn turns(self) -> (f64, f64) {
        elementary::turns(self)
    }
}

impl Wave for Dual {
    fn turns(self) -> (Dual, Dual) {
        let (sin, cos) = elementary::turns(self.value);
        let slope = std::f64::consts::TAU * self.slope;
        (Dual { value: sin, slope: cos * slope }, Dual { value: cos, slope: -sin * slope })
    }
}

/// Where a function is least, and how small it is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Least {
    /// The least value.
    pub value: f64,
    /// All places where it is taken.
    pub places: Vec<Vec<f64>>,
}

impl Least {
    /// One place.
    pub(super) fn at(place: Vec<f64>, value: f64) -> Option<Least> {
        Some(Least { value, places: vec![place] })
    }
}

/// Standard deviations of what is added to each evaluation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Noise {
    /// To the value.
    pub value: f64,
    /// To each slope of a gradient.
    pub gradient: f64,
}

/// A function with its formula written once over any kind of number, and its gradient by hand.
pub trait Formula: Send + Sync {
    /// f(x)
    fn value<R: Wave>(&self, x: &[R]) -> R;
    /// ∂f/∂x into `grad`
    fn gradient(&self, x: &[f64], grad: &mut [f64]);
    /// The minimum, in so many dimensions.
    fn least(&self) -> Option<Least>;
    /// What makes evaluations differ.
    fn noise(&self) -> Noise {
        Noise::default()
    }
}

/// A function of some numbers, in `f64` and without its noise. All that read a [`Formula`] are one.
pub trait Function: Send + Sync {
    /// How many numbers of working memory an evaluation needs.
    fn room(&self) -> usize;
    /// f(x)
    fn value(&self, x: &[f64], room: &mut [f64]) -> f64;
    /// f(x), and ∂f/∂x into `grad`
    fn gradient(&self, x: &[f64], grad: &mut [f64], room: &mut [f64]) -> f64;
    /// f over dual numbers, where it is written over any kind of number: another way to its gradient.
    fn dual(&self, x: &[Dual]) -> Option<Dual>;
    /// f over formulas, where it is written over any kind of number: what [`Written`](super::Written) derives slopes from.
    fn expression(&self, x: &[Expression]) -> Option<Expression>;
    /// The minimum; none if it falls for ever.
    fn least(&self) -> Option<Least>;
    /// What is added to each evaluation.
    fn noise(&self) -> Noise;
}

impl<F: Formula> Function for F {
    fn room(&self) -> usize {
        0
    }
    fn value(&self, x: &[f64], _: &mut [f64]) -> f64 {
        Formula::value(self, x)
    }
    fn gradient(&self, x: &[f64], grad: &mut [f64], _: &mut [f64]) -> f64 {
        Formula::gradient(self, x, grad);
        Formula::value(self, x)
    }
    fn dual(&self, x: &[Dual]) -> Option<Dual> {
        Some(Formula::value(self, x))
    }
    fn expression(&self, x: &[Expression]) -> Option<Expression> {
        Some(Formula::value(self, x))
    }
    fn least(&self) -> Option<Least> {
        Formula::least(self)
    }
    fn noise(&self) -> Noise {
        Formula::noise(self)
    }
}

/// Σ, from the first to the last.
pub(super) fn sum<R: Real>(terms: impl Iterator<Item = R>) -> R {
    terms.fold(R::of(0.0), |sum, term| sum + term)
}

/// a²
pub(super) fn square<R: Real>(a: R) -> R {
    a * a
}
