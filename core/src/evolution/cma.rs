//! What full and separable CMA-ES have in common: all but the covariance matrix.

use super::course::{BUDGET, PATIENCE, TARGET};
use super::rates::{Rates, usual_population};
use super::restarts::{MAX_RESTARTS, RESTARTS, Restarts, Run};
use super::stops::Stops;
use super::vectors::{add, dot};
use super::{Course, Draws, Evolver, Made, Purpose, normals, rank, room, sigma};
use crate::Result;
use crate::elementary::{exp64, power};
use crate::optimizer::{Reason, Setup};
use crate::real::{Number, Slot};
use crate::threads::{Shared, Threads};
use crate::words::{Parameter, Values};

/// A covariance matrix C = B D² Bᵀ, or what takes its place.
pub(crate) trait Covariance: Send + Sync {
    /// By how much c₁ and c_μ are greater than for a full matrix of n × n.
    fn faster(n: usize) -> f64;
    /// For n weights.
    fn new(n: usize, threads: &Threads) -> Self;
    /// C = I
    fn begin(&mut self);
    /// y ← B D z
    fn colour<R: Number>(&self, z: &[R], y: &mut [f64]);
    /// into ← C^(−½) y
    fn whiten(&self, y: &[f64], into: &mut [f64]);
    /// ‖C^(−½) y‖²
    fn length(&self, y: &[f64]) -> f64;
    /// C ← keep C + c₁ p pᵀ + Σ aₖ yₖ yₖᵀ
    fn adapt(&mut self, keep: f64, c_1: f64, path: &[f64], a: &[f64], y: &[f64]);
    /// Brings B and D up to C, if that is `due` or cheap.
    fn refresh(&mut self, due: bool);
    /// C: all of it row by row, or its diagonal.
    fn entries(&self) -> Vec<f64>;
    /// √Cᵢᵢ
    fn deviation(&self, i: usize) -> f64;
    /// The least and the greatest of D²; not above zero, or not finite, where C is no covariance matrix any more.
    fn range(&self) -> (f64, f64);
    /// Column k of B D, if it is no coordinate axis.
    fn axis(&self, k: usize) -> Option<(&[f64], f64)>;
    /// For checkpoints.
    fn state(&mut self) -> Vec<(String, Slot<'_>)>;
}

/// The parameters of both.
pub(crate) const PARAMETERS: &[Parameter] = &[
    Parameter::whole("population", "λ", 0, (0, 1 << 20), "members of a generation; 0: 4 + ⌊3 ln n⌋"),
    sigma(0.5, "the deviation that the search starts with: about a quarter of the width to be searched"),
    Parameter::flag("active", true, "whether bad members push the distribution away"),
    RESTARTS,
    MAX_RESTARTS,
    Parameter::number("tolfun", "tolfun", 1e-12, (0.0, f64::INFINITY), "losses closer than this are equal"),
    Parameter::number("tolx", "tolx", 1e-12, (0.0, 1.0), "steps below this part of σ₀ are none"),
    TARGET,
    BUDGET,
    PATIENCE,
];

/// CMA-ES over a covariance matrix of the form `C`: appendix A of [Hansen 2016](https://arxiv.org/abs/1604.00772).
pub(crate) struct Cma<C, R: Number> {
    n: usize,
    active: bool,
    tolx: f64,
    covariance: C,
    rates: Rates,
    stops: Stops,
    restarts: Restarts,
    course: Course<R>,
    draws: Draws,
    threads: Threads,
    /// θ₀
    start: Vec<f64>,
    mean: Vec<f64>,
    path_sigma: Vec<f64>,
    path_c: Vec<f64>,
    /// σ, σ at the run's start, λ, generations of the run, and that at which B and D were last brought up to C.
    numbers: [f64; 5],
    /// (xₖ − m) / σ
    y: Vec<f64>,
    order: Vec<u32>,
    /// What each member's y yᵀ is added to C with.
    shares: Vec<f64>,
    step: Vec<f64>,
    white: Vec<f64>,
}

/// λ₀ of a line, for n weights.
pub(crate) fn population_of(values: &Values, n: usize) -> usize {
    match values.whole("population") {
        0 => usual_population(n),
        lambda => lambda.max(2),
    }
}

/// Whether the largest population there can be fits into memory.
pub(crate) fn has_room(values: &Values, n: usize) -> Result<()> {
    room(Restarts::of(values, population_of(values, n), 0).largest(), n, "fewer doublings (max_restarts=…)")
}

impl<C: Covariance, R: Number> Cma<C, R> {
    /// As [`PARAMETERS`] say.
    pub fn of(values: &Values, setup: &Setup) -> Self {
        let n = setup.weights();
        let lambda = population_of(values, n);
        let restarts = Restarts::of(values, lambda, setup.seed);
        let most = restarts.largest();
        Cma {
            n,
            active: values.is("active"),
            tolx: values.get("tolx"),
            covariance: C::new(n, setup.threads),
            rates: Rates::new(most),
            stops: Stops::new(values.get("tolfun"), n, lambda, most),
            restarts,
            course: Course::of(values, n),
            draws: Draws::of(setup.seed),
            threads: setup.threads.clone(),
            start: vec![0.0; n],
            mean: vec![0.0; n],
            path_sigma: vec![0.0; n],
            path_c: vec![0.0; n],
            numbers: [0.0, 0.0, lambda as f64, 0.0, 0.0],
            y: vec![0.0; most * n],
            order: vec![0; most],
            shares: vec![0.0; most],
            step: vec![0.0; n],
            white: vec![0.0; n],
        }
    }

    fn run(&mut self, Run { lambda, sigma }: Run) {
        self.numbers = [sigma, sigma, lambda as f64, 0.0, 0.0];
        self.path_sigma.fill(0.0);
        self.path_c.fill(0.0);
        self.covariance.begin();
        self.stops.begin();
    }

    /// Brings the rates up to λ: after a checkpoint or a restart they are those of another.
    fn settle(&mut self) {
        let lambda = self.numbers[2] as usize;
        if self.rates.lambda != lambda {
            self.rates.set(self.n, lambda, C::faster(self.n), self.active);
        }
    }

    /// yₖ = (xₖ − m) / σ
    fn normalise(&mut self, population: &[R]) {
        let (n, sigma, mean) = (self.n, self.numbers[0], &self.mean);
        let y = Shared::of(&mut self.y);
        self.threads.for_each(population.len() / n, &|k| {
            // SAFETY: members are disjoint, and each is handled by one task.
            let y = unsafe { y.slice(k * n..(k + 1) * n) };
            for ((y, x), m) in y.iter_mut().zip(&population[k * n..]).zip(mean) {
                *y = (x.to_f64() - m) / sigma;
            }
        });
    }

    /// What each member's y yᵀ is added to C with: c_μ wᵢ, and n / ‖C^(−½) y‖² of it where that is negative.
    fn share(&mut self) {
        let (n, rates, order, y, covariance) = (self.n, &self.rates, &self.order, &self.y, &self.covariance);
        let shares = Shared::of(&mut self.shares);
        self.threads.for_each(rates.lambda, &|i| {
            let (k, weight) = (order[i] as usize, rates.weights[i]);
            let long = |k: usize| covariance.length(&y[k * n..(k + 1) * n]).max(1e-300);
            let scale = if weight < 0.0 { n as f64 / long(k) } else { 1.0 };
            // SAFETY: `order` has each member once, and each is handled by one task.
            let share = unsafe { shares.slice(k..k + 1) };
            share[0] = rates.c_mu * weight * scale;
        });
    }

    /// Moves the mean, the paths, σ and C by a generation whose `y` and `order` are known.
    fn adapt(&mut self) {
        let n = self.n;
        let Rates { lambda, mu, mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi, .. } = self.rates;
        let weights = &self.rates.weights;
        self.step.fill(0.0);
        for (w, k) in weights[..mu].iter().zip(&self.order) {
            add(&mut self.step, *w, &self.y[*k as usize * n..(*k as usize + 1) * n]);
        }
        self.covariance.whiten(&self.step, &mut self.white);
        blend(&mut self.path_sigma, 1.0 - c_sigma, (c_sigma * (2.0 - c_sigma) * mu_eff).sqrt(), &self.white);

        self.numbers[3] += 1.0;
        let length = dot(&self.path_sigma, &self.path_sigma).sqrt();
        let settled = (1.0 - power(1.0 - c_sigma, 2 * self.numbers[3] as u64)).sqrt();
        // h_σ: a path that is long because σ is too small would stretch C.
        let moves = length / settled < (1.4 + 2.0 / (n as f64 + 1.0)) * chi;
        let pull = if moves { (c_c * (2.0 - c_c) * mu_eff).sqrt() } else { 0.0 };
        blend(&mut self.path_c, 1.0 - c_c, pull, &self.step);

        self.share();
        let lost = if moves { 0.0 } else { c_1 * c_c * (2.0 - c_c) };
        let keep = 1.0 + lost - c_1 - c_mu * self.rates.weights.iter().sum::<f64>();
        self.covariance.adapt(keep, c_1, &self.path_c, &self.shares[..lambda], &self.y[..lambda * n]);

        add(&mut self.mean, self.numbers[0], &self.step);
        self.numbers[0] *= exp64(c_sigma / d_sigma * (length / chi - 1.0));

        // B and D are as good as new for a while: appendix B.2.
        let due = (self.numbers[3] - self.numbers[4]) * 10.0 * n as f64 * (c_1 + c_mu) > 1.0;
        self.covariance.refresh(due);
        if due {
            self.numbers[4] = self.numbers[3];
        }
    }

    /// Why this run has nothing more to find: appendix B.3.
    fn exhausted(&mut self, losses: &[R]) -> Option<Reason> {
        let [sigma, first, _, g, _] = self.numbers;
        let stalled = self.stops.tell(losses, &self.order[..losses.len()]);
        let (least, greatest) = self.covariance.range();
        let deviation = |i: usize| sigma * self.covariance.deviation(i);
        let below = self.tolx * first;
        let nothing = |m: f64, step: f64| R::of(m + step) == R::of(m);
        let tiny = (0..self.n).all(|i| deviation(i) < below && sigma * self.path_c[i].abs() < below);
        let no_coordinate = (0..self.n).any(|i| nothing(self.mean[i], 0.2 * deviation(i)));
        let no_axis = self.covariance.axis(g as usize % self.n).is_some_and(|(axis, length)| {
            axis.iter().zip(&self.mean).all(|(b, m)| nothing(*m, 0.1 * sigma * length * b))
        });
        if !(least > 0.0 && greatest <= 1e14 * least) {
            Some(Reason::IllConditioned)
        } else if sigma * greatest.sqrt() > 1e4 * first {
            Some(Reason::Runaway)
        } else if tiny || no_coordinate || no_axis {
            Some(Reason::TinySteps)
        } else {
            (stalled || self.restarts.over(g * losses.len() as f64)).then_some(Reason::Stalled)
        }
    }
}

/// Whether a search that goes on in spite of this reason would only move by rounding: it stands still.
pub(crate) fn has_no_digits_left(reason: Option<Reason>) -> bool {
    matches!(reason, Some(Reason::TinySteps | Reason::IllConditioned))
}

/// path ← keep · path + pull · x
fn blend(path: &mut [f64], keep: f64, pull: f64, x: &[f64]) {
    path.iter_mut().zip(x).for_each(|(p, x)| *p = keep * *p + pull * x);
}

impl<C: Covariance, R: Number> Evolver<R> for Cma<C, R> {
    fn members(&self) -> usize {
        self.numbers[2] as usize
    }

    fn most_members(&self) -> usize {
        self.restarts.largest()
    }

    fn begin(&mut self, theta: &[R]) {
        self.start.iter_mut().zip(theta).for_each(|(to, x)| *to = x.to_f64());
        self.mean.copy_from_slice(&self.start);
        self.course.begin(theta);
        let first = self.restarts.begin();
        self.run(first);
    }

    fn ask(&mut self, population: &mut [R]) {
        let (n, sigma, generation) = (self.n, self.numbers[0], self.course.generation());
        let (mean, covariance, draws) = (&self.mean, &self.covariance, self.draws);
        let (members, y) = (Shared::of(population), Shared::of(&mut self.y));
        self.threads.for_each(self.numbers[2] as usize, &|k| {
            // SAFETY: members are disjoint, and each is handled by one task.
            let (x, y) = unsafe { (members.slice(k * n..(k + 1) * n), y.slice(k * n..(k + 1) * n)) };
            normals(&mut draws.at(generation, Purpose::Noise, k), x);
            covariance.colour(x, y);
            for ((x, y), m) in x.iter_mut().zip(y).zip(mean) {
                *x = R::of(m + sigma * *y);
            }
        });
    }

    fn tell(&mut self, population: &[R], losses: &[R]) {
        self.settle();
        self.course.tell(population, losses);
        if has_no_digits_left(self.course.own_reason()) {
            return;
        }
        rank(losses, &mut self.order[..losses.len()]);
        self.normalise(population);
        self.adapt();
        let Some(reason) = self.exhausted(losses) else { return };
        if self.course.ended(self.members()).is_some() {
            return;
        }
        let generation = self.course.generation();
        match self.restarts.next(self.numbers[3] * losses.len() as f64, generation) {
            None => self.course.end(reason),
            Some(next) => {
                self.restarts.place(generation, &self.start, &mut self.mean);
                self.run(next);
            }
        }
    }

    fn answer(&self, theta: &mut [R]) {
        if self.restarts.are_made() || self.course.ended(0) == Some(Reason::Target) {
            theta.copy_from_slice(self.course.best());
        } else {
            theta.iter_mut().zip(&self.mean).for_each(|(to, m)| *to = R::of(*m));
        }
    }

    fn ended(&self) -> Option<Reason> {
        self.course.ended(self.members())
    }

    fn diversity(&self) -> f64 {
        let variance: f64 = (0..self.n).map(|i| self.covariance.deviation(i)).map(|d| d * d).sum();
        self.numbers[0] * (variance / self.n as f64).sqrt()
    }

    fn made(&self) -> Made {
        let sigma = self.numbers[0];
        Made::Drawn {
            mean: self.mean.clone(),
            covariance: self.covariance.entries().into_iter().map(|c| sigma * sigma * c).collect(),
            sigma: Some(sigma),
            path: Some(self.path_c.iter().map(|p| sigma * p).collect()),
        }
    }

    fn shares(&self) -> Vec<f64> {
        let mut shares = vec![0.0; self.rates.lambda];
        for (k, weight) in self.order.iter().zip(&self.rates.weights[..self.rates.lambda]) {
            shares[*k as usize] = *weight;
        }
        shares
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let mut state = self.course.state();
        state.extend(self.covariance.state());
        state.extend(self.stops.state());
        state.push(self.restarts.state());
        for (name, numbers) in [
            ("start", &mut self.start),
            ("mean", &mut self.mean),
            ("path_sigma", &mut self.path_sigma),
            ("path_c", &mut self.path_c),
        ] {
            state.push((name.into(), Slot::Double(numbers)));
        }
        state.push(("numbers".into(), Slot::Double(&mut self.numbers)));
        state
    }
}
