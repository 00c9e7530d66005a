//! What estimates of the gradient from many losses have in common: pairs of members, what their losses count, and how the
//! optimizer inside comes to see the estimate.

use std::ops::Range;

use super::{MakeEvolver, Wrap, kept};
use crate::evolution::{Draws, Evolver, Made, Purpose, least, normals, rank};
use crate::optimizer::{Objective, Optimizer, Reason, Setup, Step};
use crate::real::{Number, Slot};
use crate::threads::{Shared, Threads};
use crate::words::{Parameter, Values};

/// How a gradient is estimated from the losses of pairs around θ.
pub(crate) trait Estimate: Send + 'static {
    /// As the row has it.
    const CALLED: &'static str;
    /// From its parameters.
    fn new(values: &Values, setup: &Setup) -> Self;
    /// The deviations of θ's weights: one for all, or one each.
    fn sigma(&self) -> &[f64];
    /// The slopes.
    fn slopes<R: Number>(&self, pairs: &Pairs<R>, grad: &mut [R]);
    /// Moves the deviations.
    fn adapt<R: Number>(&mut self, _pairs: &Pairs<R>) {}
    /// What it keeps between steps, beside θ.
    fn state(&mut self) -> Option<(&'static str, &mut [f64])> {
        None
    }
}

pub(crate) const POPULATION: Parameter = Parameter::whole(
    "population",
    "λ",
    50,
    (2, 1 << 20),
    "members of a generation, in pairs: an odd number becomes the next even one",
);
pub(crate) const SHAPING: Parameter = Parameter::word(
    "shaping",
    &["ranks", "losses"],
    "what a member counts: its rank, from −½ (best) to ½ (worst), or its loss",
);

/// A generation in pairs: members 2k at θ + d and 2k + 1 at θ − d, d = σ z, z ~ N(0, I).
pub(crate) struct Pairs<R> {
    draws: Draws,
    threads: Threads,
    weights: usize,
    ranks: bool,
    population: Vec<R>,
    losses: Vec<R>,
    order: Vec<u32>,
    /// F: what each member counts.
    pub shares: Vec<f64>,
}

/// Weights that one task handles.
pub(crate) const WEIGHTS: usize = 64;

impl<R: Number> Pairs<R> {
    fn new(values: &Values, setup: &Setup) -> Self {
        let (weights, members) = (setup.weights(), values.whole("population").next_multiple_of(2));
        Pairs {
            draws: Draws::of(setup.seed),
            threads: setup.threads.clone(),
            weights,
            ranks: values.word("shaping") == "ranks",
            population: vec![R::of(0.0); members * weights],
            losses: vec![R::of(0.0); members],
            order: vec![0; members],
            shares: vec![0.0; members],
        }
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.shares.len() / 2
    }

    fn ask(&self, generation: u64, theta: &[R], sigma: &[f64], population: &mut [R]) {
        let (n, population) = (self.weights, Shared::of(population));
        self.threads.for_each(self.count(), &|k| {
            // SAFETY: pairs are disjoint, and each is written by one task.
            let (plus, minus) = unsafe { population.slice(2 * k * n..2 * (k + 1) * n) }.split_at_mut(n);
            normals(&mut self.draws.at(generation, Purpose::Noise, k), plus);
            for (i, ((plus, minus), w)) in plus.iter_mut().zip(minus).zip(theta).enumerate() {
                let d = sigma[i % sigma.len()] * plus.to_f64();
                (*plus, *minus) = (R::of(w.to_f64() + d), R::of(w.to_f64() - d));
            }
        });
    }

    /// Settles what each member counts; the mean of the losses that are finite, if any is.
    fn shape(&mut self) -> Option<R> {
        least(&self.losses)?;
        rank(&self.losses, &mut self.order);
        let loss = |rank: usize| self.losses[self.order[rank] as usize].to_f64();
        let finite = self.losses.iter().filter(|x| x.is_finite()).count();
        let mean = (0..finite).map(loss).sum::<f64>() / finite as f64;
        let (members, mut from) = (self.losses.len(), 0);
        while from < members {
            // Equals share the mean of their ranks: on a plain the slope is zero. So does what is not finite: it is all
            // the worst.
            let equals = (from..members)
                .take_while(|k| *k >= finite && from >= finite || loss(*k) == loss(from))
                .count();
            let middle = from as f64 + 0.5 * (equals - 1) as f64;
            let rank = middle / (members - 1) as f64 - 0.5;
            let share = if self.ranks { rank } else { loss(from.min(finite - 1)) };
            self.order[from..from + equals].iter().for_each(|k| self.shares[*k as usize] = share);
            from += equals;
        }
        Some(R::of(mean))
    }

    /// Hands each stretch of `into` to `task`: where in θ it lies, and the numbers of that place.
    pub fn stretches<T: Send>(&self, into: &mut [T], task: impl Fn(Range<usize>, &mut [T]) + Sync) {
        let (n, into) = (self.weights, Shared::of(into));
        self.threads.for_each(n.div_ceil(WEIGHTS), &|block| {
            let stretch = block * WEIGHTS..n.min((block + 1) * WEIGHTS);
            // SAFETY: stretches are disjoint, and each is handled by one task.
            task(stretch.clone(), unsafe { into.slice(stretch) });
        });
    }

    /// d of pair k at a stretch of θ: half the way from x₋ to x₊.
    pub fn displacements(&self, k: usize, stretch: &Range<usize>) -> impl Iterator<Item = f64> {
        let member =
            |m: usize| &self.population[m * self.weights + stretch.start..m * self.weights + stretch.end];
        member(2 * k)
            .iter()
            .zip(member(2 * k + 1))
            .map(|(plus, minus)| 0.5 * (plus.to_f64() - minus.to_f64()))
    }
}

/// An optimizer that is given an estimate in place of the gradient.
pub(crate) struct Estimated<E, R: Number> {
    estimate: E,
    pairs: Pairs<R>,
    inner: Box<dyn Optimizer<R>>,
}

/// What the optimizer inside asks: its gradient is the estimate, its loss the mean of those seen.
struct Asked<'a, 'b, E, R: Number> {
    estimate: &'a mut E,
    pairs: &'a mut Pairs<R>,
    /// None if the losses are there already.
    objective: Option<&'a mut (dyn Objective<R> + 'b)>,
    generation: u64,
    /// Whether the deviations have moved: once a step, however often the optimizer inside asks.
    moved: bool,
}

impl<E: Estimate, R: Number> Objective<R> for Asked<'_, '_, E, R> {
    fn loss(&mut self, theta: &[R]) -> R {
        match &mut self.objective {
            Some(objective) => objective.loss(theta),
            None => self.pairs.shape().unwrap_or(self.pairs.losses[0]),
        }
    }

    fn gradient(&mut self, theta: &[R], grad: &mut [R]) -> R {
        let Asked { estimate, pairs, objective, generation, moved } = self;
        if let Some(objective) = objective {
            let mut population = std::mem::take(&mut pairs.population);
            pairs.ask(*generation, theta, estimate.sigma(), &mut population);
            objective.losses(&population, &mut pairs.losses);
            pairs.population = population;
        }
        let Some(mean) = pairs.shape() else { return pairs.losses[0] };
        estimate.slopes(pairs, grad);
        if !std::mem::replace(moved, true) {
            estimate.adapt(pairs);
        }
        mean
    }

    fn losses(&mut self, population: &[R], losses: &mut [R]) {
        match &mut self.objective {
            Some(objective) => objective.losses(population, losses),
            None => losses.fill(R::of(f64::NAN)),
        }
    }
}

impl<E: Estimate, R: Number> Estimated<E, R> {
    fn step_by(&mut self, at: Step, theta: &mut [R], objective: Option<&mut dyn Objective<R>>) -> R {
        let Estimated { estimate, pairs, inner } = self;
        inner.step(at, theta, &mut Asked { estimate, pairs, objective, generation: at.t, moved: false })
    }
}

impl<E: Estimate, R: Number> Optimizer<R> for Estimated<E, R> {
    fn step(&mut self, at: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        self.step_by(at, theta, Some(objective))
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let mut state = kept(E::CALLED, [], &mut *self.inner);
        if let Some((name, numbers)) = self.estimate.state() {
            state.push((format!("{}.{name}", E::CALLED), Slot::Double(numbers)));
        }
        state
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
        let sigma = self.estimate.sigma();
        Some((sigma.iter().map(|s| s * s).sum::<f64>() / sigma.len() as f64).sqrt())
    }
}

/// What makes an [`Estimated`].
pub(crate) struct By<E>(E);

impl<E: Estimate> By<E> {
    fn around<R: Number>(values: &Values, setup: &Setup, inner: Box<dyn Optimizer<R>>) -> Estimated<E, R> {
        Estimated { estimate: E::new(values, setup), pairs: Pairs::new(values, setup), inner }
    }
}

impl<E: Estimate> Wrap for By<E> {
    fn wrap<R: Number>(
        values: &Values,
        setup: &Setup,
        inner: Box<dyn Optimizer<R>>,
    ) -> Box<dyn Optimizer<R>> {
        Box::new(Self::around(values, setup, inner))
    }
}

impl<E: Estimate> MakeEvolver for By<E> {
    fn make<R: Number>(
        values: &Values,
        setup: &Setup,
        inner: Box<dyn Optimizer<R>>,
        learning_rate: f64,
    ) -> Box<dyn Evolver<R>> {
        let mut inside = Self::around(values, setup, inner);
        let first = inside.state().iter().map(|(_, slot)| slot.to_vec()).collect();
        let step = Step { t: 0, learning_rate };
        Box::new(AskTell { inside, first, step, told: [0.0], theta: vec![R::of(0.0); setup.weights()] })
    }
}

/// The same for whoever judges the population by himself.
struct AskTell<E, R: Number> {
    inside: Estimated<E, R>,
    /// What the state was at the beginning.
    first: Vec<Vec<f64>>,
    step: Step,
    told: [f64; 1],
    theta: Vec<R>,
}

impl<E: Estimate, R: Number> Evolver<R> for AskTell<E, R> {
    fn members(&self) -> usize {
        2 * self.inside.pairs.count()
    }

    fn begin(&mut self, theta: &[R]) {
        for ((_, mut slot), numbers) in self.inside.state().into_iter().zip(&self.first) {
            slot.set(numbers);
        }
        self.told = [0.0];
        self.theta.copy_from_slice(theta);
    }

    fn at(&mut self, step: Step) {
        self.step = step;
    }

    fn ask(&mut self, population: &mut [R]) {
        let Estimated { estimate, pairs, .. } = &self.inside;
        pairs.ask(self.told[0] as u64 + 1, &self.theta, estimate.sigma(), population);
    }

    fn tell(&mut self, population: &[R], losses: &[R]) {
        let AskTell { inside, step, told, theta, .. } = self;
        inside.pairs.population.copy_from_slice(population);
        inside.pairs.losses.copy_from_slice(losses);
        told[0] += 1.0;
        inside.step_by(Step { t: told[0] as u64, ..*step }, theta, None);
    }

    fn answer(&self, theta: &mut [R]) {
        self.inside.answer(&self.theta, theta);
    }

    fn ended(&self) -> Option<Reason> {
        self.inside.ended()
    }

    fn diversity(&self) -> f64 {
        Optimizer::diversity(&self.inside).unwrap_or(0.0)
    }

    fn made(&self) -> Made {
        let sigma = self.inside.estimate.sigma();
        let covariance = (0..self.theta.len()).map(|i| sigma[i % sigma.len()].powi(2)).collect();
        let one = (sigma.len() == 1).then(|| sigma[0]);
        let mean = self.theta.iter().map(|w| w.to_f64()).collect();
        Made::Drawn { mean, covariance, sigma: one, path: None }
    }

    fn shares(&self) -> Vec<f64> {
        // F is what the slope follows; θ goes down it.
        self.inside.pairs.shares.iter().map(|f| -f).collect()
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let AskTell { inside, told, theta, .. } = self;
        let mut state = inside.state();
        state.push(("told".into(), Slot::Double(told)));
        state.push(("theta".into(), R::slot(theta)));
        state
    }
}
