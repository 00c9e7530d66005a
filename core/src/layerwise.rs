//! Gradient descent whose steps are measured part by part: a direction for every weight, and for every part of θ one
//! ratio of norms that says how far it goes along.
//!
//! ```text
//! u ← direction(θ, g)        weight by weight
//! r = ratio(‖θ‖, ‖g‖, ‖u‖)   part by part
//! θ ← update(θ, r u)         weight by weight
//! ```

use crate::around::Slopes;
use crate::fading;
use crate::optimizer::{Objective, Optimizer, Setup, Step, Update};
use crate::pieces::{Pieces, dot};
use crate::real::{Number, Real, Slot};
use crate::threads::Shared;

/// A rule for a weight and its part. `N` numbers are kept per weight between steps.
pub(crate) trait Layerwise<const N: usize>: Send + Sync {
    /// What the kept numbers are called in checkpoints.
    const STATE: [&'static str; N];

    /// (θ, g, kept) → (u, kept), for a weight of a vector or of a matrix.
    fn direction<R: Real>(&self, at: Step, kind: Kind) -> impl Update<R, N>;

    /// How far a part goes along its direction.
    fn ratio(&self, kind: Kind, norms: Norms) -> f64;

    /// (θ, r u, kept) → (θ, kept)
    fn update<R: Real>(&self, at: Step) -> impl Update<R, N>;
}

/// What a part of θ is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A bias, for example: at most one length.
    Vector,
    /// The weights of a layer: two lengths or more.
    Matrix,
}

/// The Euclidean norms of a part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Norms {
    /// ‖θ‖
    pub theta: f64,
    /// ‖g‖
    pub slope: f64,
    /// ‖u‖
    pub direction: f64,
}

/// Gradient descent by a [`Layerwise`] rule.
pub(crate) struct ByLayer<const N: usize, U, R: Number = f32> {
    rule: U,
    /// The gradient; then, in its place, the direction.
    slopes: Slopes<R>,
    state: [Vec<R>; N],
    pieces: Pieces,
    /// Squared norms of each piece.
    squares: Vec<Norms>,
    kinds: Vec<Kind>,
    /// Of each part.
    ratios: Vec<f64>,
}

impl<const N: usize, U: Layerwise<N>, R: Number> ByLayer<N, U, R> {
    /// For the weights of `setup`.
    pub fn new(rule: U, setup: &Setup) -> Self {
        let pieces = Pieces::new(setup);
        let kind = |rank| if rank < 2 { Kind::Vector } else { Kind::Matrix };
        let kinds: Vec<Kind> = setup.layout.parts().iter().map(|p| kind(p.shape.dims().len())).collect();
        ByLayer {
            rule,
            slopes: Slopes::new(setup),
            state: std::array::from_fn(|_| vec![R::of(0.0); setup.weights()]),
            squares: vec![Norms::default(); pieces.list().len()],
            pieces,
            ratios: vec![0.0; kinds.len()],
            kinds,
        }
    }

    /// θ decays, the gradient becomes the direction, and norms are taken.
    fn directions(&mut self, at: Step, theta: Shared<R>) {
        let ByLayer { rule, slopes, state, pieces, squares, kinds, .. } = self;
        let keep = slopes.keep(at.learning_rate);
        let grad = Shared::of(&mut slopes.grad);
        let state = state.each_mut().map(|s| Shared::of(s));
        let squares = Shared::of(squares);
        pieces.each(&|number, piece| {
            let direction = rule.direction::<R>(at, kinds[piece.part]);
            // SAFETY: pieces are disjoint, and each is handled by one task.
            let (theta, grad) =
                unsafe { (theta.slice(piece.range.clone()), grad.slice(piece.range.clone())) };
            // SAFETY: as above.
            let mut state = state.map(|s| unsafe { s.slice(piece.range.clone()) });
            let slope = dot(grad, grad);
            for (i, (theta, grad)) in theta.iter_mut().zip(grad.iter_mut()).enumerate() {
                *theta = *theta * keep;
                let (along, kept) = direction(*theta, *grad, std::array::from_fn(|k| state[k][i]));
                *grad = along;
                put(&mut state, i, kept);
            }
            // SAFETY: each task writes its own norms.
            let squares = unsafe { squares.slice(number..number + 1) };
            squares[0] = Norms { theta: dot(theta, theta), slope, direction: dot(grad, grad) };
        });
    }

    /// One ratio for each part.
    fn measure(&mut self) {
        let ByLayer { rule, pieces, squares, kinds, ratios, .. } = self;
        for (part, (ratio, kind)) in ratios.iter_mut().zip(kinds).enumerate() {
            let mut sums = Norms::default();
            for (_, s) in pieces.list().iter().zip(&*squares).filter(|(piece, _)| piece.part == part) {
                sums.theta += s.theta;
                sums.slope += s.slope;
                sums.direction += s.direction;
            }
            let norms = Norms {
                theta: sums.theta.sqrt(),
                slope: sums.slope.sqrt(),
                direction: sums.direction.sqrt(),
            };
            *ratio = rule.ratio(*kind, norms);
        }
    }

    /// Every weight goes along.
    fn walk(&mut self, at: Step, theta: Shared<R>) {
        let ByLayer { rule, slopes, state, pieces, ratios, .. } = self;
        let update = rule.update::<R>(at);
        let state = state.each_mut().map(|s| Shared::of(s));
        pieces.each(&|_, piece| {
            let ratio = R::of(ratios[piece.part]);
            // SAFETY: pieces are disjoint, and each is handled by one task.
            let theta = unsafe { theta.slice(piece.range.clone()) };
            // SAFETY: as above.
            let mut state = state.map(|s| unsafe { s.slice(piece.range.clone()) });
            for (i, (theta, along)) in theta.iter_mut().zip(&slopes.grad[piece.range.clone()]).enumerate() {
                let (new, kept) = update(*theta, ratio * *along, std::array::from_fn(|k| state[k][i]));
                *theta = new;
                put(&mut state, i, kept);
            }
        });
    }
}

#[inline(always)]
fn put<R, const N: usize>(state: &mut [&mut [R]; N], i: usize, kept: [R; N]) {
    state.iter_mut().zip(kept).for_each(|(state, kept)| state[i] = kept);
}

impl<const N: usize, U: Layerwise<N>, R: Number> Optimizer<R> for ByLayer<N, U, R> {
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        let loss = self.slopes.ask(theta, objective);
        if loss.is_finite() {
            let shared = Shared::of(theta);
            self.directions(at, shared);
            self.measure();
            self.walk(at, shared);
            let state = self.state.iter_mut().map(|s| &mut s[..]);
            state.chain([theta]).for_each(|x| fading::settle(at.t, self.pieces.threads(), x, R::LEAST));
        }
        loss
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        U::STATE.into_iter().zip(&mut self.state).map(|(name, s)| (name.into(), R::slot(s))).collect()
    }
}
