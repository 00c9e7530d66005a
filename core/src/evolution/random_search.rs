//! Random search: the baseline that everything else has to beat.

use super::{BUDGET, LOWER, PATIENCE, SPREAD, TARGET, UPPER};
use super::{Course, Diversity, Evolver, MakeEvolver, REEVALUATE, Spread, least, population, sigma};
use crate::optimizer::{Reason, Setup};
use crate::optimizers::{Dialect, Entry, Family, Maker};
use crate::real::{Number, Slot};
use crate::threads::{Shared, Threads};
use crate::words::Values;

pub(crate) const ROW: Entry = Entry {
    name: "random_search",
    about: "draws θ anew each generation and keeps the best: what everything else has to beat",
    paper: "Rastrigin 1963, The convergence of the random search method; Bergstra & Bengio 2012, JMLR 13",
    family: Family::Evolution,
    dialects: &[Dialect {
        name: "gradus",
        about: "all members are drawn as a first population is",
        formula: "xₖ ~ the first population's distribution,  θ ← argmin L(θ), L(xₖ)",
        learning_rate: 1.0,
        parameters: &[
            population(64, 2),
            sigma(1.0, "deviation around the start where nothing else gives one"),
            SPREAD,
            LOWER,
            UPPER,
            REEVALUATE,
            TARGET,
            BUDGET,
            PATIENCE,
        ],
        make: Maker::evolver::<RandomSearch>(),
    }],
};

/// Random search ([Rastrigin 1963](https://doi.org/10.1016/0041-5553(64)90032-1); as a baseline
/// [Bergstra & Bengio 2012](https://jmlr.org/papers/v13/bergstra12a.html)): no generation learns from the one before.
///
/// ```text
/// xₖ ~ the first population's distribution,  θ ← argmin L(θ), L(xₖ)
/// ```
///
/// `population` λ ≥ 2; `spread`, `sigma` σ > 0, `lower` and `upper` as [`Spread`] says; `reevaluate`: whether the best
/// is judged again beside each generation; `target`, `budget` and `patience` as [`Course`] says.
pub struct RandomSearch;

struct Search<R: Number> {
    course: Course<R>,
    spread: Spread,
    members: usize,
    reevaluate: bool,
    start: Vec<R>,
    /// The best of the generation told last; under `reevaluate=no` the best ever.
    now: Vec<R>,
    measure: Diversity,
    diversity: [f64; 1],
    threads: Threads,
}

impl MakeEvolver for RandomSearch {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Evolver<R>> {
        let weights = setup.weights();
        Box::new(Search {
            course: Course::of(values, weights),
            spread: Spread::of(values, setup),
            members: values.whole("population"),
            reevaluate: values.is("reevaluate"),
            start: vec![R::of(0.0); weights],
            now: vec![R::of(0.0); weights],
            measure: Diversity::new(weights, setup.threads),
            diversity: [0.0],
            threads: setup.threads.clone(),
        })
    }
}

impl<R: Number> Evolver<R> for Search<R> {
    fn members(&self) -> usize {
        self.members
    }

    fn begin(&mut self, theta: &[R]) {
        self.course.begin(theta);
        self.start.copy_from_slice(theta);
        self.now.copy_from_slice(theta);
        self.diversity = [0.0];
    }

    fn ask(&mut self, population: &mut [R]) {
        let (weights, generation) = (self.start.len(), self.course.generation());
        let keeps = self.reevaluate && generation > 0;
        let members = Shared::of(population);
        self.threads.for_each(self.members, &|k| {
            // SAFETY: members are disjoint, and each is written by one task.
            let member = unsafe { members.slice(k * weights..(k + 1) * weights) };
            if k == 0 && keeps {
                member.copy_from_slice(&self.now);
            } else {
                // Member 0 of a spread may be its middle: after the first generation that is known already.
                let drawn = if generation == 0 { k } else { k + 1 };
                self.spread.member(&self.start, generation, drawn, member);
            }
        });
    }

    fn tell(&mut self, population: &[R], losses: &[R]) {
        let weights = self.start.len();
        self.course.tell(population, losses);
        self.diversity = [self.measure.of(population, weights)];
        match least(losses) {
            Some(k) if self.reevaluate => self.now.copy_from_slice(&population[k * weights..][..weights]),
            _ => self.now.copy_from_slice(self.course.best()),
        }
    }

    fn answer(&self, theta: &mut [R]) {
        theta.copy_from_slice(&self.now);
    }

    fn ended(&self) -> Option<Reason> {
        self.course.ended(self.members)
    }

    fn diversity(&self) -> f64 {
        self.diversity[0]
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let mut state = self.course.state();
        state.push(("start".into(), R::slot(&mut self.start)));
        state.push(("now".into(), R::slot(&mut self.now)));
        state.push(("diversity".into(), Slot::Double(&mut self.diversity)));
        state
    }
}
