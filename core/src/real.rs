//! The number a formula is written in.
//!
//! A rule written once over [`Real`] runs as `f32` (training), as `f64` (the reference that tests
//! compare against) and as [`Dual`] (its own derivative). `exp`, `ln` and `tanh` are the project's
//! own polynomials ([`crate::elementary`]): bits do not depend on a machine's libm.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::elementary;

/// A number with the operations that formulas use.
pub trait Real:
    Copy
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The number nearest to `x`.
    fn of(x: f64) -> Self;
    /// √self
    fn sqrt(self) -> Self;
    /// eˢᵉˡᶠ
    fn exp(self) -> Self;
    /// ln self, for self > 0
    fn ln(self) -> Self;
    /// tanh self, in (−1, 1)
    fn tanh(self) -> Self;
    /// `self` where `condition > 0`, else `other` (also where the condition is not a number).
    fn where_positive(self, condition: Self, other: Self) -> Self;

    /// The greater of two; the first if neither is.
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        other.where_positive(other - self, self)
    }
    /// The lesser of two; the first if neither is.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        other.where_positive(self - other, self)
    }
    /// |self|
    #[inline(always)]
    fn abs(self) -> Self {
        self.where_positive(self, -self)
    }
    /// 1 above zero, −1 below, 0 at zero
    #[inline(always)]
    fn sign(self) -> Self {
        let one = Self::of(1.0);
        one.where_positive(self, (-one).where_positive(-self, Self::of(0.0)))
    }
    /// 1 / (1 + e⁻ˢᵉˡᶠ), without overflow and with all digits on both sides
    #[inline(always)]
    fn sigmoid(self) -> Self {
        let one = Self::of(1.0);
        let e = (-self.abs()).exp();
        one.where_positive(self, e) / (one + e)
    }
    /// ln(1 + eˢᵉˡᶠ) = max(self, 0) + ln(1 + e^−|self|), finite for every finite self
    #[inline(always)]
    fn softplus(self) -> Self {
        self.max(Self::of(0.0)) + self.softplus_tail()
    }
    /// ln(1 + e^−|self|), in (0, ln 2]
    #[inline(always)]
    fn softplus_tail(self) -> Self {
        // Keeps its digits for tiny e: ln(u) e / (u − 1), u = 1 + e (Goldberg 1991, theorem 4).
        let one = Self::of(1.0);
        let e = (-self.abs()).exp();
        let u = one + e;
        let lost = u - one;
        (u.ln() * e / lost.max(Self::of(1e-30))).where_positive(lost, e)
    }
}

macro_rules! native {
    ($t:ident, $exp:path, $ln:path, $tanh:path) => {
        impl Real for $t {
            #[inline(always)]
            fn of(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $t::sqrt(self)
            }
            #[inline(always)]
            fn exp(self) -> Self {
                $exp(self)
            }
            #[inline(always)]
            fn ln(self) -> Self {
                $ln(self)
            }
            #[inline(always)]
            fn tanh(self) -> Self {
                $tanh(self)
            }
            #[inline(always)]
            fn where_positive(self, condition: Self, other: Self) -> Self {
                if condition > 0.0 { self } else { other }
            }
        }
    };
}
native!(f32, elementary::exp, elementary::ln, elementary::tanh);
native!(f64, elementary::exp64, elementary::ln64, elementary::tanh64);

/// The number θ is kept in: `f32` (networks) or `f64` (functions, references). Whatever improves θ is written once
/// over it.
pub trait Number: Real + Default + PartialOrd + std::fmt::Debug + std::fmt::Display + 'static {
    /// The same number in `f64`.
    fn to_f64(self) -> f64;
    /// self · b + c, rounded once.
    fn multiply_add(self, b: Self, c: Self) -> Self;
    /// The least positive number that has all its digits: 1.2e−38; 2.2e−308 in `f64`.
    const LEAST: Self;
    /// So small a velocity moves no weight: 1e−30; 1e−290 in `f64`. Multiplied by a rate, or by the β of some tens of steps, it still has all its
    /// digits.
    const FAINT: Self;
    /// self, or 0 where it is nearer to zero than `least`.
    #[inline(always)]
    fn or_zero(self, least: Self) -> Self {
        if self.abs() < least { Self::default() } else { self }
    }
    /// Whether it is neither infinite nor undefined.
    fn is_finite(self) -> bool {
        self.to_f64().is_finite()
    }
    /// Numbers of this kind as a state that a checkpoint saves.
    fn slot(numbers: &mut [Self]) -> Slot<'_>;
    /// Of two values the one that belongs to this kind of number.
    fn pick<T: Kinds>(of: T) -> T::Of<Self>
    where
        Self: Sized;
}

/// Something that exists once for `f32` and once for `f64`.
pub trait Kinds {
    /// What exists for `R`.
    type Of<R: Number>;
    /// That of `f32`.
    fn single(self) -> Self::Of<f32>;
    /// That of `f64`.
    fn double(self) -> Self::Of<f64>;
}

impl Number for f32 {
    const LEAST: f32 = f32::MIN_POSITIVE;
    const FAINT: f32 = 1e-30;
    #[inline(always)]
    fn multiply_add(self, b: Self, c: Self) -> Self {
        self.mul_add(b, c)
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self as f64
    }
    fn slot(numbers: &mut [Self]) -> Slot<'_> {
        Slot::Single(numbers)
    }
    fn pick<T: Kinds>(of: T) -> T::Of<f32> {
        of.single()
    }
}

impl Number for f64 {
    const LEAST: f64 = f64::MIN_POSITIVE;
    const FAINT: f64 = 1e-290;
    #[inline(always)]
    fn multiply_add(self, b: Self, c: Self) -> Self {
        self.mul_add(b, c)
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    fn slot(numbers: &mut [Self]) -> Slot<'_> {
        Slot::Double(numbers)
    }
    fn pick<T: Kinds>(of: T) -> T::Of<f64> {
        of.double()
    }
}

/// Numbers that somebody keeps between steps, to be saved and put back.
#[derive(Debug)]
pub enum Slot<'a> {
    /// In `f32`.
    Single(&'a mut [f32]),
    /// In `f64`.
    Double(&'a mut [f64]),
}

impl Slot<'_> {
    /// How many numbers.
    pub fn len(&self) -> usize {
        match self {
            Slot::Single(numbers) => numbers.len(),
            Slot::Double(numbers) => numbers.len(),
        }
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// A copy, exact in `f64`.
    pub fn to_vec(&self) -> Vec<f64> {
        match self {
            Slot::Single(numbers) => numbers.iter().map(|x| *x as f64).collect(),
            Slot::Double(numbers) => numbers.to_vec(),
        }
    }
    /// Puts numbers back.
    ///
    /// # Panics
    /// If there are more or fewer.
    pub fn set(&mut self, from: &[f64]) {
        assert_eq!(from.len(), self.len(), "as many numbers as were taken");
        match self {
            Slot::Single(numbers) => numbers.iter_mut().zip(from).for_each(|(x, y)| *x = *y as f32),
            Slot::Double(numbers) => numbers.copy_from_slice(from),
        }
    }
}

/// A value and its slope along one direction: forward-mode differentiation.
#[derive(Clone, Copy, Debug)]
pub struct Dual {
    /// The value.
    pub value: f64,
    /// Its slope.
    pub slope: f64,
}

impl Dual {
    /// The variable that is differentiated by.
    pub fn variable(value: f64) -> Self {
        Dual { value, slope: 1.0 }
    }
}

impl Add for Dual {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        Dual { value: self.value + b.value, slope: self.slope + b.slope }
    }
}
impl Sub for Dual {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        Dual { value: self.value - b.value, slope: self.slope - b.slope }
    }
}
impl Mul for Dual {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        Dual { value: self.value * b.value, slope: self.slope * b.value + self.value * b.slope }
    }
}
impl Div for Dual {
    type Output = Self;
    fn div(self, b: Self) -> Self {
        let value = self.value / b.value;
        Dual { value, slope: (self.slope - value * b.slope) / b.value }
    }
}
impl Neg for Dual {
    type Output = Self;
    fn neg(self) -> Self {
        Dual { value: -self.value, slope: -self.slope }
    }
}
impl Real for Dual {
    fn of(x: f64) -> Self {
        Dual { value: x, slope: 0.0 }
    }
    fn sqrt(self) -> Self {
        let value = self.value.sqrt();
        Dual { value, slope: self.slope / (2.0 * value) }
    }
    fn exp(self) -> Self {
        let value = elementary::exp64(self.value);
        Dual { value, slope: self.slope * value }
    }
    fn ln(self) -> Self {
        Dual { value: elementary::ln64(self.value), slope: self.slope / self.value }
    }
    fn tanh(self) -> Self {
        let value = elementary::tanh64(self.value);
        Dual { value, slope: self.slope * (1.0 - value * value) }
    }
    fn where_positive(self, condition: Self, other: Self) -> Self {
        if condition.value > 0.0 { self } else { other }
    }
}
