//! Gradient descent by any [`Rule`]: the one place that loops over weights.

use crate::around::{Slopes, Taming};
use crate::kernels::{Loop, wide};
use crate::optimizer::{CHUNK, Objective, Optimizer, Rule, Setup, Step, Update};
use crate::real::{Number, Slot};
use crate::threads::{Shared, Threads};

/// Fewer numbers (θ, slopes, state) than this are swept by the caller alone: what another core wrote last has to come back from
/// there for the next way forward, which costs more than it gains.
const WORTH_SHARING: usize = 250_000;

/// Gradient descent by a [`Rule`].
pub struct Descent<const N: usize, U, R: Number = f32> {
    rule: U,
    slopes: Slopes<R>,
    state: [Vec<R>; N],
    threads: Threads,
}

impl<const N: usize, U: Rule<N>, R: Number> Descent<N, U, R> {
    /// For the weights of `setup`.
    pub fn new(rule: U, setup: &Setup) -> Self {
        let start = rule.start();
        Descent {
            rule,
            slopes: Slopes::new(setup),
            state: start.map(|x| vec![R::of(x); setup.weights()]),
            threads: setup.threads.clone(),
        }
    }

    /// What is kept per weight.
    pub(crate) fn kept(&self) -> &[Vec<R>; N] {
        &self.state
    }
}

impl<const N: usize, U: Rule<N>, R: Number> Optimizer<R> for Descent<N, U, R> {
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        let (loss, taming) = self.slopes.ask_whole(theta, objective);
        if !loss.is_finite() {
            return loss;
        }
        self.rule.advance(at);
        let Descent { rule, slopes, state, threads } = self;
        let update = rule.update::<R>(at);
        let keep = slopes.keep(at.learning_rate);
        let weights = theta.len();
        let theta = Shared::of(theta);
        let state = state.each_mut().map(|s| Shared::of(s));
        let sweep = |chunk: usize| {
            let range = chunk * CHUNK..weights.min((chunk + 1) * CHUNK);
            // SAFETY: chunks are disjoint, and each is handled by one task.
            let theta = unsafe { theta.slice(range.clone()) };
            // SAFETY: as above.
            let state = state.map(|s| unsafe { s.slice(range.clone()) });
            let sweep = Sweep { update: &update, taming, keep, theta, grad: &slopes.grad[range], state };
            // In f64 rules are proven and functions minimised: neither waits for this loop.
            if size_of::<R>() == size_of::<f32>() { wide(sweep) } else { sweep.run() }
        };
        let chunks = weights.div_ceil(CHUNK);
        if weights * (N + 2) < WORTH_SHARING {
            (0..chunks).for_each(sweep);
        } else {
            threads.for_each(chunks, &sweep);
        }
        loss
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let per_weight = U::STATE.into_iter().zip(&mut self.state).map(|(name, s)| (name.into(), R::slot(s)));
        let own = self.rule.memory().map(|(name, numbers)| (name.into(), Slot::Double(numbers)));
        per_weight.chain(own).collect()
    }
}

/// One chunk, a weight at a time; the compiler makes it many at a time.
struct Sweep<'a, const N: usize, R, F> {
    update: &'a F,
    taming: Taming<R>,
    keep: R,
    theta: &'a mut [R],
    grad: &'a [R],
    state: [&'a mut [R]; N],
}

impl<const N: usize, R: Number, F: Update<R, N>> Loop for Sweep<'_, N, R, F> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Sweep { update, taming, keep, theta, grad, mut state } = self;
        let weights = theta.len();
        let grad = &grad[..weights];
        for s in &mut state {
            *s = &mut std::mem::take(s)[..weights];
        }
        for i in 0..weights {
            let slope = taming.apply(grad[i], theta[i]);
            let (new, kept) = update(theta[i] * keep, slope, std::array::from_fn(|k| state[k][i]));
            theta[i] = new;
            for k in 0..N {
                state[k][i] = kept[k];
            }
        }
    }
}
