//! Expressions are numbers: what is written over [`Real`] writes its formula.

use std::f64::consts::TAU;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::{Expression, Function, Sheet, with};
use crate::functions::Wave;
use crate::real::Real;

impl Add for Expression {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        with(|sheet| sheet.sum(&[(1.0, self), (1.0, b)]))
    }
}
impl Sub for Expression {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        with(|sheet| sheet.sum(&[(1.0, self), (-1.0, b)]))
    }
}
impl Mul for Expression {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        with(|sheet| sheet.product(&[(self, 1), (b, 1)]))
    }
}
impl Div for Expression {
    type Output = Self;
    fn div(self, b: Self) -> Self {
        with(|sheet| sheet.product(&[(self, 1), (b, -1)]))
    }
}
impl Neg for Expression {
    type Output = Self;
    fn neg(self) -> Self {
        with(|sheet| sheet.sum(&[(-1.0, self)]))
    }
}

fn apply(function: Function, to: Expression) -> Expression {
    with(|sheet| sheet.apply(function, to))
}

impl Real for Expression {
    fn of(x: f64) -> Self {
        with(|sheet| sheet.number(x))
    }
    fn sqrt(self) -> Self {
        apply(Function::Sqrt, self)
    }
    fn exp(self) -> Self {
        apply(Function::Exp, self)
    }
    fn ln(self) -> Self {
        apply(Function::Ln, self)
    }
    fn tanh(self) -> Self {
        apply(Function::Tanh, self)
    }
    fn where_positive(self, condition: Self, other: Self) -> Self {
        with(|sheet| sheet.choose(condition, self, other))
    }
    /// The slope where both are equal is that of `other`: max(x, 0) has slope 0 at 0.
    fn max(self, other: Self) -> Self {
        with(|sheet| {
            let difference = sheet.sum(&[(1.0, self), (-1.0, other)]);
            sheet.choose(difference, self, other)
        })
    }
    fn min(self, other: Self) -> Self {
        with(|sheet| {
            let difference = sheet.sum(&[(1.0, self), (-1.0, other)]);
            sheet.choose(difference, other, self)
        })
    }
    fn abs(self) -> Self {
        apply(Function::Abs, self)
    }
    fn sigmoid(self) -> Self {
        apply(Function::Sigmoid, self)
    }
    fn softplus(self) -> Self {
        apply(Function::Softplus, self)
    }
    /// ln(1 + e^−|x|) = ln(1 + eˣ) − max(x, 0): what is added to max(x, 0) to make it smooth.
    fn softplus_tail(self) -> Self {
        with(|sheet| {
            let whole = sheet.apply(Function::Softplus, self);
            let corner = sheet.choose(self, self, Sheet::ZERO);
            sheet.sum(&[(1.0, whole), (-1.0, corner)])
        })
    }
}

impl Wave for Expression {
    fn turns(self) -> (Self, Self) {
        let angle = Expression::of(TAU) * self;
        (apply(Function::Sin, angle), apply(Function::Cos, angle))
    }
}
