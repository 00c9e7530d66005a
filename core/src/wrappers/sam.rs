use super::{Entry, Maker, Wrap, kept};
use crate::optimizer::{Objective, Optimizer, Reason, Setup, Step};
use crate::pieces::Pieces;
use crate::real::{Number, Slot};
use crate::words::{Parameter, Values};

pub(super) const ROW: Entry = Entry {
    name: "sam",
    about: "the gradient is taken where the loss nearby is worst, so that flat valleys are found: two gradients a step",
    formula: "e = ρ g / ‖g‖\ng ← ∂L/∂θ(θ + e)",
    paper: "Foret et al. 2021, Sharpness-Aware Minimization, arXiv 2010.01412; adaptive: Kwon et al. 2021, arXiv 2102.11600",
    parameters: &[
        Parameter::number("rho", "ρ", 0.05, (0.0, f64::INFINITY), "how far the worst is looked for"),
        Parameter::flag(
            "adaptive",
            false,
            "whether large weights may go farther: distances count relative to each weight",
        ),
    ],
    inner: "momentum",
    estimates: false,
    make: Maker::of::<Sam>(),
};

/// Sharpness-aware minimisation, [Foret et al. 2021](https://arxiv.org/abs/2010.01412): the optimizer inside is given the
/// gradient at the point of the ball of radius ρ around θ where the loss seems greatest; the printed loss is that of θ.
/// `adaptive` measures the ball by the size of each weight ([Kwon et al. 2021](https://arxiv.org/abs/2102.11600)).
///
/// ```text
/// e = ρ g / ‖g‖              g = ∂L/∂θ(θ)
/// e = ρ θ² g / ‖θ g‖         adaptive
/// g ← ∂L/∂θ(θ + e)           for the optimizer inside
/// ```
///
/// Clipping and regularisation act on the second gradient.
struct Sam<R: Number = f32> {
    inner: Box<dyn Optimizer<R>>,
    ball: Ball<R>,
}

/// Where the loss seems greatest nearby.
struct Ball<R: Number> {
    rho: f64,
    adaptive: bool,
    pieces: Pieces,
    /// θ + e
    worst: Vec<R>,
}

/// Keeps a gradient of zero from being divided by its norm.
const LEAST: f64 = 1e-12;

impl Wrap for Sam {
    fn wrap<R: Number>(
        values: &Values,
        setup: &Setup,
        inner: Box<dyn Optimizer<R>>,
    ) -> Box<dyn Optimizer<R>> {
        let ball = Ball {
            rho: values.get("rho"),
            adaptive: values.is("adaptive"),
            pieces: Pieces::new(setup),
            worst: vec![R::of(0.0); setup.weights()],
        };
        Box::new(Sam { inner, ball })
    }
}

impl<R: Number> Ball<R> {
    /// worst ← θ + e
    fn find(&mut self, theta: &[R], grad: &[R]) {
        let one = R::of(1.0);
        let size = |w: R| if self.adaptive { w } else { one };
        let square = self.pieces.sum(|piece| {
            let both = theta[piece.clone()].iter().zip(&grad[piece]);
            both.map(|(w, g)| (size(*w) * *g).to_f64()).map(|x| x * x).sum()
        });
        let scale = R::of(self.rho / (square.sqrt() + LEAST));
        self.pieces.write(&mut self.worst, |piece, worst| {
            for (to, (w, g)) in worst.iter_mut().zip(theta[piece.clone()].iter().zip(&grad[piece])) {
                *to = *w + size(*w) * size(*w) * *g * scale;
            }
        });
    }
}

/// An objective whose gradient is that of the worst point nearby.
struct Sharp<'a, R: Number> {
    objective: &'a mut dyn Objective<R>,
    ball: &'a mut Ball<R>,
}

impl<R: Number> Objective<R> for Sharp<'_, R> {
    fn loss(&mut self, theta: &[R]) -> R {
        self.objective.loss(theta)
    }

    fn gradient(&mut self, theta: &[R], grad: &mut [R]) -> R {
        let loss = self.objective.gradient(theta, grad);
        if !loss.is_finite() {
            return loss;
        }
        self.ball.find(theta, grad);
        let worst = self.objective.gradient(&self.ball.worst, grad);
        if worst.is_finite() { loss } else { worst }
    }

    fn losses(&mut self, population: &[R], losses: &mut [R]) {
        self.objective.losses(population, losses);
    }
}

impl<R: Number> Optimizer<R> for Sam<R> {
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        self.inner.step(at, theta, &mut Sharp { objective, ball: &mut self.ball })
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        kept(ROW.name, [], &mut *self.inner)
    }

    fn answer(&self, theta: &[R], into: &mut [R]) {
        self.inner.answer(theta, into);
    }

    fn has_own_answer(&self) -> bool {
        self.inner.has_own_answer()
    }

    fn ended(&self) -> Option<Reason> {
        self.inner.ended()
    }

    fn diversity(&self) -> Option<f64> {
        self.inner.diversity()
    }
}
