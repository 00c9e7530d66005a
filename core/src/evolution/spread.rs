//! Where a first population lies.

use super::{Draws, Purpose, normals};
use crate::layout::Layout;
use crate::optimizer::Setup;
use crate::real::Number;
use crate::words::{Parameter, Values};

/// Where a first population lies. Member 0 is θ itself (but for `box`); the others:
///
/// | `spread` | a gene starts at |
/// |---|---|
/// | `init` | what its part's initializer draws; where that is zero (biases, functions): θ + σ N(0, 1) |
/// | `sigma` | θ + σ N(0, 1) |
/// | `box` | U(lower, upper) |
///
/// So by default a network's members are as different as networks of different seeds, and those of a function lie
/// around its start.
#[derive(Clone)]
pub struct Spread {
    how: How,
    sigma: f64,
    lower: f64,
    upper: f64,
    layout: Layout,
    draws: Draws,
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Init,
    Sigma,
    Box,
}

/// Its parameters, beside `sigma`.
pub(crate) const SPREAD: Parameter = Parameter::word(
    "spread",
    &["init", "sigma", "box"],
    "where the first population lies: drawn as weights start, around θ, or in a box",
);
pub(crate) const LOWER: Parameter =
    Parameter::number("lower", "lower", -1.0, (f64::MIN, f64::MAX), "the least value of a gene in the box");
pub(crate) const UPPER: Parameter =
    Parameter::number("upper", "upper", 1.0, (f64::MIN, f64::MAX), "the greatest value of a gene in the box");

impl Spread {
    /// As the parameters `spread`, `sigma`, `lower` and `upper` say.
    pub fn of(values: &Values, setup: &Setup) -> Spread {
        let how = match values.word("spread") {
            "init" => How::Init,
            "sigma" => How::Sigma,
            _ => How::Box,
        };
        let (a, b) = (values.get("lower"), values.get("upper"));
        Spread {
            how,
            sigma: values.get("sigma"),
            lower: a.min(b),
            upper: a.max(b),
            layout: setup.layout.clone(),
            draws: Draws::of(setup.seed),
        }
    }

    /// The bounds of the box, if it is one.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        (self.how == How::Box).then_some((self.lower, self.upper))
    }

    /// Writes member `k` of the population that starts at `generation`. Allocates: it is done once, and at restarts.
    pub fn member<R: Number>(&self, theta: &[R], generation: u64, k: usize, into: &mut [R]) {
        into.copy_from_slice(theta);
        if self.how == How::Box {
            let mut rng = self.draws.at(generation, Purpose::Start, k);
            let width = self.upper - self.lower;
            into.fill_with(|| R::of(self.lower + width * rng.uniform() as f64));
        } else if k > 0 {
            normals(&mut self.draws.at(generation, Purpose::Noise, k), into);
            let sigma = R::of(self.sigma);
            into.iter_mut().zip(theta).for_each(|(x, w)| *x = *w + sigma * *x);
            if self.how == How::Init {
                self.as_weights_start(generation, k, into);
            }
        }
    }

    fn as_weights_start<R: Number>(&self, generation: u64, k: usize, into: &mut [R]) {
        let drawn = self.layout.start(self.draws.seed(generation, k));
        for part in self.layout.parts() {
            let from = &drawn[part.range()];
            // A part that always starts at zero keeps its noise around θ.
            if from.iter().any(|w| *w != 0.0) {
                into[part.range()].iter_mut().zip(from).for_each(|(x, w)| *x = R::of(*w as f64));
            }
        }
    }
}
