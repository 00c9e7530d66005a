//! Simulated annealing: uphill steps are allowed while it is hot.

use super::flock::{Flock, as_its_flock, at_least_as_good};
use super::made::wide;
use super::{BUDGET, LOWER, PATIENCE, REEVALUATE, SPREAD, TARGET, UPPER};
use super::{Evolver, Made, MakeEvolver, Purpose, normals, population, sigma};
use crate::elementary::{exp, power};
use crate::optimizer::{Reason, Setup};
use crate::optimizers::{Dialect, Entry, Family, Maker};
use crate::real::{Number, Slot};
use crate::words::{Parameter, Values};

pub(crate) const ROW: Entry = Entry {
    name: "simulated_annealing",
    about: "chains of random steps; uphill ones are taken while it is hot, and it cools",
    paper: "Kirkpatrick, Gelatt & Vecchi 1983, Optimization by Simulated Annealing, Science 220",
    family: Family::Evolution,
    dialects: &[Dialect {
        name: "gradus",
        about: "independent chains side by side, as many as `population`; --lr has no effect",
        formula: "T = T₀ αᵗ\nu = xₖ + σ √(T / T₀) z,  z ~ N(0, 1)\nxₖ ← u with probability min(1, e^(−(L(u) − L(xₖ)) / T))",
        learning_rate: 1.0,
        parameters: &[
            population(16, 1),
            Parameter {
                closed: (false, true),
                ..Parameter::number(
                    "temperature",
                    "T₀",
                    1.0,
                    (0.0, f64::INFINITY),
                    "at the start, in units of the loss",
                )
            },
            Parameter {
                closed: (false, true),
                ..Parameter::number("cooling", "α", 0.995, (0.0, 1.0), "of the temperature, each generation")
            },
            sigma(0.1, "deviation of a step at the start"),
            SPREAD,
            LOWER,
            UPPER,
            REEVALUATE,
            TARGET,
            BUDGET,
            PATIENCE,
        ],
        make: Maker::evolver::<SimulatedAnnealing>(),
    }],
};

/// Simulated annealing, [Kirkpatrick, Gelatt & Vecchi 1983](https://doi.org/10.1126/science.220.4598.671), with the rule
/// of Metropolis et al. 1953, steps whose variance follows the temperature (Szu & Hartley 1987), and geometric cooling.
///
/// ```text
/// T = T₀ αᵗ
/// u = xₖ + σ √(T / T₀) z,  z ~ N(0, 1)
/// xₖ ← u with probability min(1, e^(−(L(u) − L(xₖ)) / T))
/// ```
///
/// `population` λ ≥ 1 chains; `temperature` T₀ > 0; `cooling` α in (0, 1]; `sigma` σ > 0; `spread`, `lower` and `upper` as
/// [`Spread`](super::Spread) says; `reevaluate`: whether the chains' ends are judged again beside the new steps, which
/// doubles the evaluations; `target`, `budget` and `patience` as [`Course`](super::Course) says. Ends with
/// [`Reason::TinySteps`] when T has become too small for a number.
pub struct SimulatedAnnealing;

struct Annealing<R: Number> {
    flock: Flock<R>,
    temperature: f64,
    cooling: f64,
    sigma: f64,
}

impl MakeEvolver for SimulatedAnnealing {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Evolver<R>> {
        let [temperature, cooling, sigma] = ["temperature", "cooling", "sigma"].map(|name| values.get(name));
        Box::new(Annealing { flock: Flock::of(values, setup), temperature, cooling, sigma })
    }
}

impl<R: Number> Annealing<R> {
    /// σ √(T / T₀)
    fn deviation(&self) -> f64 {
        self.sigma * power(self.cooling, self.flock.course.generation()).sqrt()
    }

    /// T
    fn heat(&self) -> f64 {
        self.temperature * power(self.cooling, self.flock.course.generation())
    }
}

impl<R: Number> Evolver<R> for Annealing<R> {
    as_its_flock!();

    fn begin(&mut self, theta: &[R]) {
        self.flock.begin(theta);
    }

    fn ask(&mut self, population: &mut [R]) {
        let (flock, generation) = (&self.flock, self.flock.course.generation());
        let sigma = R::of(self.deviation());
        flock.ask(population, &|k, u| {
            normals(&mut flock.draws.at(generation, Purpose::Noise, k), u);
            u.iter_mut().zip(flock.member(k)).for_each(|(u, x)| *u = *x + sigma * *u);
        });
    }

    fn tell(&mut self, population: &[R], losses: &[R]) {
        let (generation, temperature) = (self.flock.course.generation(), self.heat());
        self.flock.tell(population, losses, &mut |flock, k, theta, loss| {
            let uphill = ((loss - flock.losses[k]) / temperature) as f32;
            let luck = flock.draws.at(generation, Purpose::Accept, k).uniform();
            if at_least_as_good(loss, flock.losses[k]) || luck < exp(-uphill) {
                flock.replace(k, theta, loss);
            }
        });
        if temperature < f64::MIN_POSITIVE {
            self.flock.course.end(Reason::TinySteps);
        }
    }

    fn made(&self) -> Made {
        if self.flock.course.generation() == 0 {
            return Made::Spread;
        }
        let (from, losses) = (wide(&self.flock.members), self.flock.losses.clone());
        Made::Stepped { from, losses, sigma: self.deviation(), temperature: self.heat() }
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        self.flock.state()
    }
}
