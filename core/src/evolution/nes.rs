//! What natural evolution strategies have in common: utilities, parameters, and when to end.

use super::cma::has_no_digits_left;
use super::course::{BUDGET, PATIENCE, TARGET};
use super::rates::usual_population;
use super::stops::Stops;
use super::{Course, rank, sigma};
use crate::elementary::ln64;
use crate::optimizer::{Reason, Setup};
use crate::real::{Number, Slot};
use crate::words::{Parameter, Values};

/// The parameters of both.
pub(crate) const PARAMETERS: &[Parameter] = &[
    Parameter::whole("population", "λ", 0, (0, 1 << 20), "members of a generation; 0: 4 + ⌊3 ln n⌋"),
    sigma(0.5, "the deviation that the search starts with: about a quarter of the width to be searched"),
    Parameter::number("mean_rate", "η_m", 1.0, (0.0, 10.0), "how far the mean follows the natural gradient"),
    Parameter::number(
        "sigma_rate",
        "η_σ",
        0.0,
        (0.0, 10.0),
        "the same for the deviations; 0: as the paper has it",
    ),
    Parameter::number("tolfun", "tolfun", 1e-12, (0.0, f64::INFINITY), "losses closer than this are equal"),
    Parameter::number("tolx", "tolx", 1e-12, (0.0, 1.0), "steps below this part of σ₀ are none"),
    TARGET,
    BUDGET,
    PATIENCE,
];

/// What both count and judge; utilities by rank.
pub(crate) struct Nes<R: Number> {
    pub lambda: usize,
    pub sigma: f64,
    pub mean_rate: f64,
    /// 0: as the paper has it.
    pub sigma_rate: f64,
    pub course: Course<R>,
    /// Of each member, by its place in the population.
    pub shares: Vec<f64>,
    tolx: f64,
    stops: Stops,
    utilities: Vec<f64>,
    order: Vec<u32>,
}

impl<R: Number> Nes<R> {
    /// As [`PARAMETERS`] say.
    pub fn of(values: &Values, setup: &Setup) -> Self {
        let n = setup.weights();
        let lambda = match values.whole("population") {
            0 => usual_population(n),
            lambda => lambda.max(2),
        };
        Nes {
            lambda,
            sigma: values.get("sigma"),
            mean_rate: values.get("mean_rate"),
            sigma_rate: values.get("sigma_rate"),
            course: Course::of(values, n),
            shares: vec![0.0; lambda],
            tolx: values.get("tolx"),
            stops: Stops::new(values.get("tolfun"), n, lambda, lambda),
            utilities: utilities(lambda),
            order: vec![0; lambda],
        }
    }

    /// From the beginning.
    pub fn begin(&mut self, theta: &[R]) {
        self.course.begin(theta);
        self.stops.begin();
    }

    /// Counts a generation, and gives each member its utility; whether there is anything to learn from it.
    pub fn tell(&mut self, population: &[R], losses: &[R]) -> bool {
        self.course.tell(population, losses);
        if has_no_digits_left(self.course.own_reason()) {
            return false;
        }
        rank(losses, &mut self.order);
        for (k, u) in self.order.iter().zip(&self.utilities) {
            self.shares[*k as usize] = *u;
        }
        if self.stops.tell(losses, &self.order) {
            self.course.end(Reason::Stalled);
        }
        true
    }

    /// Ends if no coordinate's deviation is more than nothing any more.
    pub fn judge(&mut self, mean: &[f64], mut deviation: impl FnMut(usize) -> f64) {
        let below = self.tolx * self.sigma;
        let ends = mean.iter().enumerate().all(|(i, m)| {
            let d = deviation(i);
            d < below || R::of(m + 0.2 * d) == R::of(*m)
        });
        if ends {
            self.course.end(Reason::TinySteps);
        }
    }

    /// The mean; once the target is met, the member that met it.
    pub fn answer(&self, mean: &[f64], theta: &mut [R]) {
        if self.course.ended(0) == Some(Reason::Target) {
            theta.copy_from_slice(self.course.best());
        } else {
            theta.iter_mut().zip(mean).for_each(|(to, m)| *to = R::of(*m));
        }
    }

    /// For checkpoints.
    pub fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let mut state = self.course.state();
        state.extend(self.stops.state());
        state
    }
}

/// By rank k = 1 … λ: uₖ = max(0, ln(λ/2 + 1) − ln k) / Σ max(0, …) − 1/λ.
fn utilities(lambda: usize) -> Vec<f64> {
    let top = ln64(0.5 * lambda as f64 + 1.0);
    let raw: Vec<f64> = (1..=lambda).map(|k| (top - ln64(k as f64)).max(0.0)).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|u| u / sum - 1.0 / lambda as f64).collect()
}
