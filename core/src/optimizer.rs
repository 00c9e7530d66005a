//! How weights improve.
//!
//! Every optimizer, with gradients or without, is one thing: something that moves θ downhill by asking an
//! [`Objective`] questions. A gradient optimizer is written as the paper's equation for one weight, a [`Rule`];
//! [`Descent`] is the one place that loops over weights.

use crate::kernels::{Loop, widest};
use crate::real::Real;
use crate::threads::{Shared, Threads};

/// What is being minimised, on the batch at hand.
pub trait Objective {
    /// L(θ)
    fn loss(&mut self, theta: &[f32]) -> f32;

    /// L(θ), and ∂L/∂θ into `grad`
    fn gradient(&mut self, theta: &[f32], grad: &mut [f32]) -> f32;

    /// L of each member of a population: `population` holds one θ after another, one loss each.
    fn losses(&mut self, population: &[f32], losses: &mut [f32]) {
        let weights = population.len() / losses.len().max(1);
        for (loss, theta) in losses.iter_mut().zip(population.chunks_exact(weights)) {
            *loss = self.loss(theta);
        }
    }
}

/// Where in training a step stands.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// 1 at the first step, as papers count.
    pub t: u64,
    /// η, from the learning-rate schedule.
    pub learning_rate: f64,
}

/// Something that improves θ.
pub trait Optimizer: Send {
    /// One step: improves `theta`, returns the loss it saw on the way (before the step). If that is not finite there
    /// is nothing to learn from it: `theta` and the state stay as they are, for whoever asks what went wrong.
    fn step(&mut self, at: Step, theta: &mut [f32], objective: &mut dyn Objective) -> f32;

    /// Every number kept between steps, by name: what a checkpoint saves.
    fn state(&mut self) -> Vec<(&'static str, &mut [f32])>;
}

/// An update rule for one weight, written as its paper writes it.
///
/// `N` numbers are kept per weight between steps; they start at zero.
pub trait Rule<const N: usize>: Send + Sync {
    /// What the kept numbers are called in checkpoints.
    const STATE: [&'static str; N];

    /// What the step `at` does to one weight.
    fn update<R: Real>(&self, at: Step) -> impl Update<R, N>;
}

/// (θ, ∂L/∂θ, state) → (θ, state)
pub trait Update<R, const N: usize>: Fn(R, R, [R; N]) -> (R, [R; N]) + Sync {}
impl<R, const N: usize, F: Fn(R, R, [R; N]) -> (R, [R; N]) + Sync> Update<R, N> for F {}

/// What happens to a gradient and to θ around any rule. The default does nothing.
#[derive(Clone, Copy, Debug)]
pub struct Around {
    /// The whole gradient is scaled down so that its Euclidean norm is at most this
    /// ([Pascanu et al. 2013](https://arxiv.org/abs/1211.5063)); infinite: never.
    pub clip_norm: f64,
    /// Then each slope is held within ± this; infinite: never.
    pub clip_value: f64,
    /// λ of L2 regularisation: g ← g + λθ before the rule (PyTorch's `weight_decay` of SGD and Adam).
    pub l2: f64,
    /// λ of decoupled weight decay, [Loshchilov & Hutter 2019](https://arxiv.org/abs/1711.05101):
    /// θ ← (1 − ηλ)θ before the rule (PyTorch's `AdamW`).
    pub weight_decay: f64,
}

impl Default for Around {
    fn default() -> Self {
        Around { clip_norm: f64::INFINITY, clip_value: f64::INFINITY, l2: 0.0, weight_decay: 0.0 }
    }
}

/// Gradient descent by a [`Rule`]: the one place that loops over weights.
pub struct Descent<const N: usize, U> {
    rule: U,
    around: Around,
    grad: Vec<f32>,
    state: [Vec<f32>; N],
    /// Squared gradient norm of each chunk.
    squares: Vec<f64>,
    threads: Threads,
}

/// Weights handled by one task. Fixed, so that results never depend on the number of threads.
const CHUNK: usize = 8192;

impl<const N: usize, U: Rule<N>> Descent<N, U> {
    /// For θ of `weights` numbers.
    pub fn new(rule: U, around: Around, weights: usize, threads: &Threads) -> Self {
        Descent {
            rule,
            around,
            grad: vec![0.0; weights],
            state: std::array::from_fn(|_| vec![0.0; weights]),
            squares: vec![0.0; weights.div_ceil(CHUNK)],
            threads: threads.clone(),
        }
    }

    /// By what the gradient is multiplied so that its norm keeps the limit: c / (‖g‖ + 10⁻⁶), at most 1, as
    /// PyTorch's `clip_grad_norm_`.
    fn clip_scale(&mut self) -> f64 {
        if self.around.clip_norm.is_infinite() {
            return 1.0;
        }
        for (sum, chunk) in self.squares.iter_mut().zip(self.grad.chunks(CHUNK)) {
            *sum = widest(SumOfSquares(chunk));
        }
        let norm = self.squares.iter().sum::<f64>().sqrt();
        (self.around.clip_norm / (norm + 1e-6)).min(1.0)
    }
}

impl<const N: usize, U: Rule<N>> Optimizer for Descent<N, U> {
    fn step(&mut self, at: Step, theta: &mut [f32], objective: &mut dyn Objective) -> f32 {
        let loss = objective.gradient(theta, &mut self.grad);
        if !loss.is_finite() {
            return loss;
        }
        let scale = self.clip_scale() as f32;
        let Descent { rule, around, grad, state, threads, .. } = self;
        let update = rule.update::<f32>(at);
        let before = Before {
            scale,
            limit: around.clip_value as f32,
            l2: around.l2 as f32,
            keep: (1.0 - at.learning_rate * around.weight_decay) as f32,
        };
        let weights = theta.len();
        let theta = Shared::of(theta);
        let state = state.each_mut().map(|s| Shared::of(s));
        threads.for_each(weights.div_ceil(CHUNK), &|chunk| {
            let range = chunk * CHUNK..weights.min((chunk + 1) * CHUNK);
            // SAFETY: chunks are disjoint, and each is handled by one task.
            let theta = unsafe { theta.slice(range.clone()) };
            // SAFETY: as above.
            let state = state.map(|s| unsafe { s.slice(range.clone()) });
            widest(Sweep { update: &update, before, theta, grad: &grad[range], state });
        });
        loss
    }

    fn state(&mut self) -> Vec<(&'static str, &mut [f32])> {
        U::STATE.into_iter().zip(self.state.iter_mut().map(Vec::as_mut_slice)).collect()
    }
}

/// What is done to a slope and a weight before the rule sees them.
#[derive(Clone, Copy)]
struct Before {
    scale: f32,
    limit: f32,
    l2: f32,
    keep: f32,
}

/// One chunk, a weight at a time; the compiler makes it many at a time.
struct Sweep<'a, const N: usize, F> {
    update: &'a F,
    before: Before,
    theta: &'a mut [f32],
    grad: &'a [f32],
    state: [&'a mut [f32]; N],
}

impl<const N: usize, F: Update<f32, N>> Loop for Sweep<'_, N, F> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Sweep { update, before, theta, grad, mut state } = self;
        let weights = theta.len();
        let grad = &grad[..weights];
        for s in &mut state {
            *s = &mut std::mem::take(s)[..weights];
        }
        for i in 0..weights {
            let slope = Real::min(Real::max(grad[i] * before.scale, -before.limit), before.limit);
            let slope = slope + before.l2 * theta[i];
            let (new, kept) = update(theta[i] * before.keep, slope, std::array::from_fn(|k| state[k][i]));
            theta[i] = new;
            for k in 0..N {
                state[k][i] = kept[k];
            }
        }
    }
}

/// Σ gᵢ² in `f64`, over eight lanes in a fixed order.
struct SumOfSquares<'a>(&'a [f32]);

impl Loop for SumOfSquares<'_> {
    type Out = f64;
    #[inline(always)]
    fn run(self) -> f64 {
        let mut lanes = [0.0f64; 8];
        for group in self.0.chunks(8) {
            for (lane, g) in lanes.iter_mut().zip(group) {
                *lane += *g as f64 * *g as f64;
            }
        }
        lanes.iter().sum()
    }
}
