//! The number a formula is written in.
//!
//! A rule written once over [`Real`] runs as `f32` (training), as `f64` (the reference that tests
//! compare against) and as [`Dual`] (its own derivative). `exp`, `ln` and `tanh` of `f32` are the project's
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
native!(f64, f64::exp, f64::ln, f64::tanh);

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
        let value = self.value.exp();
        Dual { value, slope: self.slope * value }
    }
    fn ln(self) -> Self {
        Dual { value: self.value.ln(), slope: self.slope / self.value }
    }
    fn tanh(self) -> Self {
        let value = self.value.tanh();
        Dual { value, slope: self.slope * (1.0 - value * value) }
    }
    fn where_positive(self, condition: Self, other: Self) -> Self {
        if condition.value > 0.0 { self } else { other }
    }
}
