//! How a row of the table says what makes its optimizer.

use crate::Result;
use crate::descent::Descent;
use crate::evolution::{Evolve, Evolver, MakeEvolver};
use crate::optimizer::{Optimizer, Rule, Setup};
use crate::real::{Kinds, Number};
use crate::words::Values;

/// Something that is made from its parameters.
pub trait FromValues {
    /// Reads them.
    fn from_values(values: &Values) -> Self;
}

/// Something that makes an optimizer, for θ in any kind of number.
pub trait Make {
    /// Makes it.
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Optimizer<R>>;

    /// Whether it can be made for so many weights.
    ///
    /// # Errors
    /// As [`Choice::check`](super::Choice::check).
    fn check(_values: &Values, _setup: &Setup) -> Result<()> {
        Ok(())
    }
}

type MakeFn<R> = fn(&Values, &Setup) -> Box<dyn Optimizer<R>>;

/// Makes an optimizer for θ in `f32` or in `f64`.
#[derive(Clone, Copy)]
pub struct Maker {
    single: MakeFn<f32>,
    double: MakeFn<f64>,
    /// Of one with a population.
    pub(super) evolver: Option<EvolverMaker>,
    pub(super) check: CheckFn,
}

pub(super) type CheckFn = fn(&Values, &Setup) -> Result<()>;

type EvolverFn<R> = fn(&Values, &Setup) -> Box<dyn Evolver<R>>;

/// Makes the evolver behind an optimizer that has one.
#[derive(Clone, Copy)]
pub(super) struct EvolverMaker {
    single: EvolverFn<f32>,
    double: EvolverFn<f64>,
}

impl Kinds for EvolverMaker {
    type Of<R: Number> = EvolverFn<R>;
    fn single(self) -> EvolverFn<f32> {
        self.single
    }
    fn double(self) -> EvolverFn<f64> {
        self.double
    }
}

impl Maker {
    /// As `M` makes it.
    pub const fn of<M: Make>() -> Maker {
        Maker { single: M::make::<f32>, double: M::make::<f64>, evolver: None, check: M::check }
    }

    /// [`Evolve`] around the evolver that `M` makes.
    pub const fn evolver<M: MakeEvolver>() -> Maker {
        Maker {
            single: |values, setup| Box::new(Evolve::new(M::make::<f32>(values, setup), setup.weights())),
            double: |values, setup| Box::new(Evolve::new(M::make::<f64>(values, setup), setup.weights())),
            evolver: Some(EvolverMaker { single: M::make::<f32>, double: M::make::<f64> }),
            check: M::check,
        }
    }

    /// [`Descent`] by the rule `U`.
    pub const fn rule<const N: usize, U: Rule<N> + FromValues + 'static>() -> Maker {
        Maker {
            single: |values, setup| Box::new(Descent::<N, U, f32>::new(U::from_values(values), setup)),
            double: |values, setup| Box::new(Descent::<N, U, f64>::new(U::from_values(values), setup)),
            evolver: None,
            check: |_, _| Ok(()),
        }
    }
}

impl Kinds for Maker {
    type Of<R: Number> = MakeFn<R>;
    fn single(self) -> MakeFn<f32> {
        self.single
    }
    fn double(self) -> MakeFn<f64> {
        self.double
    }
}
