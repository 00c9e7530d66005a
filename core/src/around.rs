//! What happens to a gradient, and to θ, around any rule: clipping, regularisation, decay.
//!
//! ```text
//! g ← g · min(1, λ max(‖w‖, 10⁻³) / ‖g‖)    unit by unit, adaptive clipping
//! g ← g · min(1, c / (‖g‖ + 10⁻⁶))          over all of it
//! g ← max(−a, min(g, a))                    slope by slope
//! g ← g + λ₂ θ + λ₁ sign(θ)                 L2 and L1
//! θ ← (1 − η λ) θ                           decoupled weight decay
//! ```

use crate::kernels::{Loop, widest};
use crate::layout::Layout;
use crate::optimizer::{CHUNK, Objective, Setup};
use crate::pieces::dot;
use crate::real::{Number, Real};
use crate::threads::{Shared, Threads};

/// What happens to a gradient and to θ around any rule, in the order of the fields. The default does nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Around {
    /// λ of adaptive clipping ([Brock et al. 2021](https://arxiv.org/abs/2102.06171)): the slopes into each unit
    /// (a column of a matrix; a whole bias, or a matrix of one row) are held to λ times the norm of its weights; infinite: never.
    pub clip_adaptive: f64,
    /// The whole gradient is scaled down so that its Euclidean norm is at most this
    /// ([Pascanu et al. 2013](https://arxiv.org/abs/1211.5063)); infinite: never.
    pub clip_norm: f64,
    /// Then each slope is held within ± this; infinite: never.
    pub clip_value: f64,
    /// λ of L2 regularisation: g ← g + λθ before the rule (PyTorch's `weight_decay` of SGD and Adam).
    pub l2: f64,
    /// λ of L1 regularisation: g ← g + λ sign(θ) before the rule.
    pub l1: f64,
    /// λ of decoupled weight decay, [Loshchilov & Hutter 2019](https://arxiv.org/abs/1711.05101):
    /// θ ← (1 − ηλ)θ before the rule (PyTorch's `AdamW`).
    pub weight_decay: f64,
}

impl Default for Around {
    fn default() -> Self {
        Around {
            clip_adaptive: f64::INFINITY,
            clip_norm: f64::INFINITY,
            clip_value: f64::INFINITY,
            l2: 0.0,
            l1: 0.0,
            weight_decay: 0.0,
        }
    }
}

impl Around {
    /// By what θ is multiplied before the rule.
    fn keep<R: Number>(&self, learning_rate: f64) -> R {
        R::of(1.0 - learning_rate * self.weight_decay)
    }
}

/// The gradient of a step, tamed as an [`Around`] says.
pub struct Slopes<R: Number> {
    /// ∂L/∂θ
    pub grad: Vec<R>,
    around: Around,
    layout: Layout,
    /// Squared gradient norm of each chunk.
    squares: Vec<f64>,
    threads: Threads,
}

impl<R: Number> Slopes<R> {
    /// For the weights of a setup.
    pub fn new(setup: &Setup) -> Self {
        let weights = setup.weights();
        Slopes {
            grad: vec![R::of(0.0); weights],
            around: setup.around,
            layout: setup.layout.clone(),
            squares: vec![0.0; weights.div_ceil(CHUNK)],
            threads: setup.threads.clone(),
        }
    }

    /// Asks for the loss and the gradient at `theta`, and tames it. A loss that is not finite leaves nothing of use in
    /// `grad`.
    pub fn ask(&mut self, theta: &[R], objective: &mut dyn Objective<R>) -> R {
        // Decay is for whoever asks, by `decay`.
        let (loss, taming) = self.ask_whole(0.0, theta, objective);
        if loss.is_finite() && !taming.is_nothing() {
            let grad = Shared::of(&mut self.grad);
            self.threads.for_each(theta.len().div_ceil(CHUNK), &|chunk| {
                let range = chunk * CHUNK..theta.len().min((chunk + 1) * CHUNK);
                // SAFETY: chunks are disjoint, and each is handled by one task.
                let grad = unsafe { grad.slice(range.clone()) };
                widest(TameAll { taming, grad, theta: &theta[range] });
            });
        }
        loss
    }

    /// As [`Slopes::ask`], with what is done weight by weight left to whoever sweeps over them anyway.
    pub(crate) fn ask_whole(
        &mut self,
        learning_rate: f64,
        theta: &[R],
        objective: &mut dyn Objective<R>,
    ) -> (R, Taming<R>) {
        let loss = objective.gradient(theta, &mut self.grad);
        let mut scale = 1.0;
        if loss.is_finite() {
            if self.around.clip_adaptive.is_finite() {
                self.clip_units(theta);
            }
            scale = self.clip_scale();
        }
        (loss, Taming::of(self.around, learning_rate, scale))
    }

    /// What is done weight by weight; none where the gradient is needed as a whole.
    pub(crate) fn one_by_one(&self, learning_rate: f64) -> Option<Taming<R>> {
        let whole = self.around.clip_adaptive.is_finite() || self.around.clip_norm.is_finite();
        (!whole).then(|| Taming::of(self.around, learning_rate, 1.0))
    }

    /// By what θ is multiplied before the rule.
    pub fn keep(&self, learning_rate: f64) -> R {
        self.around.keep(learning_rate)
    }

    /// θ ← (1 − η λ) θ
    pub fn decay(&self, learning_rate: f64, theta: &mut [R]) {
        if self.around.weight_decay != 0.0 {
            let keep = self.keep(learning_rate);
            theta.iter_mut().for_each(|w| *w = *w * keep);
        }
    }

    /// By what the gradient is multiplied so that its norm keeps the limit: c / (‖g‖ + 10⁻⁶), at most 1, as
    /// PyTorch's `clip_grad_norm_`.
    fn clip_scale(&mut self) -> f64 {
        if self.around.clip_norm.is_infinite() {
            return 1.0;
        }
        for (sum, chunk) in self.squares.iter_mut().zip(self.grad.chunks(CHUNK)) {
            *sum = dot(chunk, chunk);
        }
        let norm = self.squares.iter().sum::<f64>().sqrt();
        (self.around.clip_norm / (norm + 1e-6)).min(1.0)
    }

    fn clip_units(&mut self, theta: &[R]) {
        let limit = self.around.clip_adaptive;
        let grad = Shared::of(&mut self.grad);
        for part in self.layout.parts() {
            // What has but one length is one unit, also as a matrix: a row is no unit for each of its numbers.
            let (rows, columns) = match part.shape.dims().iter().filter(|length| **length > 1).count() {
                0 | 1 => (part.shape.size(), 1),
                _ => part.shape.matrix(),
            };
            let w = &theta[part.range()];
            self.threads.for_each(columns.div_ceil(COLUMNS), &|block| {
                let some = block * COLUMNS..columns.min((block + 1) * COLUMNS);
                let (mut of_w, mut of_g) = ([0.0f64; COLUMNS], [0.0f64; COLUMNS]);
                let row = |i: usize| {
                    let range = part.at + i * columns + some.start..part.at + i * columns + some.end;
                    // SAFETY: blocks of columns are disjoint, and each is handled by one task.
                    unsafe { grad.slice(range) }
                };
                for i in 0..rows {
                    for (k, (g, w)) in row(i).iter().zip(&w[i * columns..][some.clone()]).enumerate() {
                        of_g[k] += g.to_f64() * g.to_f64();
                        of_w[k] += w.to_f64() * w.to_f64();
                    }
                }
                for (g, w) in of_g.iter_mut().zip(of_w) {
                    let (norm, most) = (g.sqrt(), limit * w.sqrt().max(1e-3));
                    *g = if norm < most { 1.0 } else { most / norm.max(1e-6) };
                }
                for i in 0..rows {
                    row(i).iter_mut().zip(of_g).for_each(|(g, scale)| *g = *g * R::of(scale));
                }
            });
        }
    }
}

/// Columns of a matrix that one task clips.
const COLUMNS: usize = 64;

/// What is done to a weight and its slope by themselves.
pub(crate) trait Tame<R>: Copy + Sync {
    /// The slope g of a weight, tamed.
    fn slope(&self, g: R, weight: R) -> R;
    /// The weight that the rule begins with.
    fn decayed(&self, weight: R) -> R;
}

/// What the settings say.
#[derive(Clone, Copy)]
pub(crate) struct Taming<R> {
    scale: R,
    limit: R,
    l2: R,
    l1: R,
    keep: R,
}

impl<R: Number> Taming<R> {
    fn of(around: Around, learning_rate: f64, scale: f64) -> Self {
        Taming {
            scale: R::of(scale),
            limit: R::of(around.clip_value),
            l2: R::of(around.l2),
            l1: R::of(around.l1),
            keep: around.keep(learning_rate),
        }
    }

    /// Whether it leaves all as it is.
    pub fn is_nothing(&self) -> bool {
        let [zero, one] = [0.0, 1.0].map(R::of);
        self.scale == one && !self.limit.is_finite() && self.l2 == zero && self.l1 == zero && self.keep == one
    }
}

impl<R: Number> Tame<R> for Taming<R> {
    #[inline(always)]
    fn slope(&self, g: R, weight: R) -> R {
        let slope = Real::min(Real::max(g * self.scale, -self.limit), self.limit);
        let sign = self.l1.where_positive(weight, (-self.l1).where_positive(-weight, R::of(0.0)));
        slope + self.l2 * weight + sign
    }
    #[inline(always)]
    fn decayed(&self, weight: R) -> R {
        weight * self.keep
    }
}

/// Nothing at all: most trainings need no more, and all that [`Taming`] computes would cost as much as many a rule.
#[derive(Clone, Copy)]
pub(crate) struct Untamed;

impl<R: Number> Tame<R> for Untamed {
    #[inline(always)]
    fn slope(&self, g: R, _: R) -> R {
        g
    }
    #[inline(always)]
    fn decayed(&self, weight: R) -> R {
        weight
    }
}

struct TameAll<'a, R> {
    taming: Taming<R>,
    grad: &'a mut [R],
    theta: &'a [R],
}

impl<R: Number> Loop for TameAll<'_, R> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        for (g, w) in self.grad.iter_mut().zip(self.theta) {
            *g = self.taming.slope(*g, *w);
        }
    }
}
