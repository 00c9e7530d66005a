//! Functions of one number between layers, one per file. A new one: its file, its `mod` line, its row.
//!
//! Each says its slope in terms of what it keeps for the way back: its result where that is enough (so that
//! nothing else need be stored), else its input.

mod elu;
mod gelu;
mod identity;
mod leaky_relu;
mod relu;
mod sigmoid;
mod silu;
mod softplus;
mod tanh;

pub use sigmoid::Sigmoid;

use crate::fading;
use crate::gradients::Expression;
use crate::kernels::{Finish, Loop, widest};
use crate::real::{Dual, Real};
use crate::threads::{Shared, Threads};

/// A function of one number and its slope.
pub trait Curve: 'static {
    /// What the slope is computed from.
    const KEEPS: Keeps;
    /// y = f(x)
    fn value<R: Real>(x: R) -> R;
    /// dy/dx, from what is kept.
    fn slope<R: Real>(kept: R) -> R;
}

/// What a [`Curve`] keeps for the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Its result y.
    Result,
    /// Its input x.
    Input,
}

/// A [`Curve`] made ready: its loops, and what people read about it.
pub struct Activation {
    /// As the network line writes it.
    pub name: &'static str,
    /// y = …
    pub formula: &'static str,
    /// When to use it.
    pub about: &'static str,
    /// Who proposed it.
    pub paper: &'static str,
    /// What the way back needs.
    pub keeps: Keeps,
    /// Whether it is zero for about half of all inputs, so that weights start twice as large (He).
    pub rectifies: bool,
    /// Whether its slope, or the slope of its slope, jumps at 0: differences across 0 are no slopes.
    pub kink: bool,
    /// y ← f(y), for a row of numbers.
    pub apply: fn(&mut [f32]),
    /// The same, for the kernel of a layer that ends in it.
    pub finish: Finish,
    /// dy ← dy · slope(kept), or 0 where that is below 1e−30, for a row of numbers.
    pub chain: fn(&mut [f32], &[f32]),
    /// The value, in double precision.
    pub value: fn(f64) -> f64,
    /// The slope at x, in double precision, by the written formula.
    pub slope: fn(f64) -> f64,
    /// The slope at x, by differentiating the value's formula: what tests hold `slope` against.
    pub derived: fn(f64) -> f64,
    /// The value as a formula.
    pub written: fn(Expression) -> Expression,
}

impl Activation {
    /// From a curve and what is said about it.
    pub const fn of<C: Curve>(
        name: &'static str,
        formula: &'static str,
        about: &'static str,
        paper: &'static str,
    ) -> Self {
        Activation {
            name,
            formula,
            about,
            paper,
            keeps: C::KEEPS,
            rectifies: false,
            kink: false,
            apply: |y| widest(Apply::<C>(y, std::marker::PhantomData)),
            finish: Finish::Each(|y| widest(Apply::<C>(y, std::marker::PhantomData))),
            chain: |dy, kept| widest(Chain::<C>(dy, kept, std::marker::PhantomData)),
            value: C::value::<f64>,
            slope: |x| C::slope(if matches!(C::KEEPS, Keeps::Result) { C::value(x) } else { x }),
            derived: |x| C::value(Dual::variable(x)).slope,
            written: C::value::<Expression>,
        }
    }

    /// The same, of the relu family.
    pub const fn rectifying(mut self) -> Self {
        self.rectifies = true;
        self
    }

    /// The same, with a kink at 0.
    pub const fn with_kink(mut self) -> Self {
        self.kink = true;
        self
    }

    /// The same, which kernels do themselves.
    pub const fn done_by(mut self, finish: Finish) -> Self {
        self.finish = finish;
        self
    }

    /// y ← f(z), by all threads.
    ///
    /// # Panics
    /// If they are not of one length.
    pub fn forth(&self, z: &[f32], y: &mut [f32], threads: &Threads) {
        assert_eq!(z.len(), y.len(), "a result for each number");
        let y = Shared::of(y);
        threads.in_chunks(z.len(), &|range| {
            // SAFETY: chunks are disjoint.
            let y = unsafe { y.slice(range.clone()) };
            y.copy_from_slice(&z[range]);
            (self.apply)(y);
        });
    }

    /// dz ← dy · slope(kept), or 0 where that is below 1e−30, in place, by all threads.
    ///
    /// # Panics
    /// If they are not of one length.
    pub fn back(&self, dy: &mut [f32], kept: &[f32], threads: &Threads) {
        assert_eq!(dy.len(), kept.len(), "a slope for each number");
        if self.is_identity() {
            return;
        }
        let dy = Shared::of(dy);
        threads.in_chunks(kept.len(), &|range| {
            // SAFETY: chunks are disjoint.
            (self.chain)(unsafe { dy.slice(range.clone()) }, &kept[range]);
        });
    }

    /// Whether it changes nothing.
    pub fn is_identity(&self) -> bool {
        self.name == "identity"
    }
}

/// What a layer's word accepts.
pub static ACTIVATIONS: &[Activation] = &[
    identity::ROW,
    relu::ROW,
    leaky_relu::ROW,
    elu::ROW,
    gelu::ROW,
    silu::ROW,
    tanh::ROW,
    sigmoid::ROW,
    softplus::ROW,
];

/// The activation of that name.
pub fn named(name: &str) -> Option<&'static Activation> {
    ACTIVATIONS.iter().find(|a| a.name == name)
}

struct Apply<'a, C>(&'a mut [f32], std::marker::PhantomData<C>);
impl<C: Curve> Loop for Apply<'_, C> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        // By way of a copy that the compiler cannot see through: of "zero where negative, in place" it makes stores under a
        // mask, which took 0.46 ns a number on an EPYC, not 0.18.
        let mut some = self.0.chunks_exact_mut(16);
        for y in &mut some {
            let mut result = [0.0; 16];
            result.iter_mut().zip(&*y).for_each(|(to, x)| *to = C::value(*x));
            y.copy_from_slice(std::hint::black_box(&result));
        }
        for y in some.into_remainder() {
            *y = C::value(*y);
        }
    }
}

struct Chain<'a, C>(&'a mut [f32], &'a [f32], std::marker::PhantomData<C>);
impl<C: Curve> Loop for Chain<'_, C> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        for (dy, kept) in self.0.iter_mut().zip(self.1) {
            *dy = fading::slope(*dy * C::slope(*kept));
        }
    }
}
