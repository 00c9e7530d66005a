//! What can be put around any optimizer, one per file: `lookahead steps=5 over adam`. A new one: its file, its `mod`
//! line, its row in the table.

mod ema;
mod estimate;
mod lookahead;
mod openai_es;
mod pgpe;
mod sam;
mod swa;

use crate::evolution::Evolver;
use crate::optimizer::{Optimizer, Setup};
use crate::real::{Kinds, Number, Slot};
use crate::words::{Parameter, Values};

/// A named wrapper.
pub struct Entry {
    /// As `--optimizer` writes it.
    pub name: &'static str,
    /// In one line.
    pub about: &'static str,
    /// What it does in a step.
    pub formula: &'static str,
    /// Where it is from.
    pub paper: &'static str,
    /// Its numbers.
    pub parameters: &'static [Parameter],
    /// What it is around if nothing is said.
    pub inner: &'static str,
    /// Whether it replaces the gradient by an estimate from many losses.
    pub estimates: bool,
    /// Puts it around an optimizer.
    pub make: Maker,
}

/// What can be written before `over`.
pub static WRAPPERS: &[Entry] = &[lookahead::ROW, sam::ROW, ema::ROW, swa::ROW, openai_es::ROW, pgpe::ROW];

/// Something that puts itself around an optimizer.
pub trait Wrap {
    /// Makes it, around `inner`.
    fn wrap<R: Number>(values: &Values, setup: &Setup, inner: Box<dyn Optimizer<R>>)
    -> Box<dyn Optimizer<R>>;
}

/// Something that can also be asked and told, around an optimizer.
trait MakeEvolver {
    /// Makes it, around `inner`. `learning_rate`: for whoever does not say which step comes.
    fn make<R: Number>(
        values: &Values,
        setup: &Setup,
        inner: Box<dyn Optimizer<R>>,
        learning_rate: f64,
    ) -> Box<dyn Evolver<R>>;
}

type WrapFn<R> = fn(&Values, &Setup, Box<dyn Optimizer<R>>) -> Box<dyn Optimizer<R>>;

/// Puts something around an optimizer, for θ in `f32` or in `f64`.
#[derive(Clone, Copy)]
pub struct Maker {
    single: WrapFn<f32>,
    double: WrapFn<f64>,
    pub(crate) evolver: Option<EvolverMaker>,
}

type EvolverFn<R> = fn(&Values, &Setup, Box<dyn Optimizer<R>>, f64) -> Box<dyn Evolver<R>>;

/// Makes an evolver around an optimizer.
#[derive(Clone, Copy)]
pub(crate) struct EvolverMaker {
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
    /// As `W` does it.
    pub const fn of<W: Wrap>() -> Maker {
        Maker { single: W::wrap::<f32>, double: W::wrap::<f64>, evolver: None }
    }

    /// As `W` does it, which can be asked and told as well.
    const fn estimate<W: Wrap + MakeEvolver>() -> Maker {
        let evolver = EvolverMaker { single: W::make::<f32>, double: W::make::<f64> };
        Maker { evolver: Some(evolver), ..Maker::of::<W>() }
    }
}

impl Kinds for Maker {
    type Of<R: Number> = WrapFn<R>;
    fn single(self) -> WrapFn<f32> {
        self.single
    }
    fn double(self) -> WrapFn<f64> {
        self.double
    }
}

/// What a wrapper keeps, and behind it all that it is around, by names that cannot collide: `ema.average`,
/// `ema.over.lookahead.slow`, `ema.over.lookahead.over.m`.
fn kept<'a, const N: usize, R: Number>(
    wrapper: &str,
    own: [(&str, Slot<'a>); N],
    inner: &'a mut dyn Optimizer<R>,
) -> Vec<(String, Slot<'a>)> {
    let own = own.into_iter().map(|(name, slot)| (format!("{wrapper}.{name}"), slot));
    let inner = inner.state().into_iter().map(|(name, slot)| (format!("{wrapper}.over.{name}"), slot));
    own.chain(inner).collect()
}
