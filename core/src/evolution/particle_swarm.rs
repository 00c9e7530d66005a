//! Particle swarm: each flies on, drawn to the best place it knows and to the best that any knows.

use super::flock::{Flock, as_its_flock, at_least_as_good};
use super::made::wide;
use super::{BUDGET, LOWER, PATIENCE, REEVALUATE, SPREAD, TARGET, UPPER};
use super::{Evolver, Made, MakeEvolver, Purpose, population, sigma};
use crate::optimizer::{Reason, Setup};
use crate::optimizers::{Dialect, Entry, Family, Maker};
use crate::real::{Number, Slot};
use crate::rng::MANY;
use crate::threads::Shared;
use crate::words::{Parameter, Values};

pub(crate) const ROW: Entry = Entry {
    name: "particle_swarm",
    about: "particles fly on, drawn to the best place each knows and to the best that any knows",
    paper: "Kennedy & Eberhart 1995, Particle Swarm Optimization; Clerc & Kennedy 2002, the default constants",
    family: Family::Evolution,
    dialects: &[Dialect {
        name: "gradus",
        about: "one neighbourhood (gbest), with inertia; --lr has no effect",
        formula: "vₖᵢ ← w vₖᵢ + c₁ u₁ (pₖᵢ − xₖᵢ) + c₂ u₂ (gᵢ − xₖᵢ),  u ~ U(0, 1)\nxₖ ← xₖ + vₖ\npₖ ← xₖ if L(xₖ) ≤ L(pₖ)\ng = argmin L(pₖ)",
        learning_rate: 1.0,
        parameters: &[
            population(40, 2),
            Parameter::number("inertia", "w", 0.7298, (0.0, 1.0), "how much of a velocity is kept"),
            Parameter::number(
                "cognitive",
                "c₁",
                1.49618,
                (0.0, 4.0),
                "pull of the best place it knows itself",
            ),
            Parameter::number("social", "c₂", 1.49618, (0.0, 4.0), "pull of the best place that any knows"),
            Parameter::word("pulls", &["gene", "particle"], "for what u₁ and u₂ are drawn"),
            sigma(1.0, "deviation around the start where nothing else gives one"),
            SPREAD,
            LOWER,
            UPPER,
            REEVALUATE,
            TARGET,
            BUDGET,
            PATIENCE,
        ],
        make: Maker::evolver::<ParticleSwarm>(),
    }],
};

/// Particle swarm, [Kennedy & Eberhart 1995](https://doi.org/10.1109/ICNN.1995.488968), with the inertia of Shi &
/// Eberhart 1998 and, by default, the constants of [Clerc & Kennedy 2002](https://doi.org/10.1109/4235.985692).
/// Velocities start at zero.
///
/// ```text
/// vₖᵢ ← w vₖᵢ + c₁ u₁ (pₖᵢ − xₖᵢ) + c₂ u₂ (gᵢ − xₖᵢ),  u ~ U(0, 1)
/// xₖ ← xₖ + vₖ
/// pₖ ← xₖ if L(xₖ) ≤ L(pₖ)
/// g = argmin L(pₖ)
/// ```
///
/// `population` λ ≥ 2; `inertia` w in [0, 1]; `cognitive` c₁ and `social` c₂ in [0, 4]; `pulls`: whether u₁ and u₂ are
/// drawn for each gene, as in the paper, or once for each particle, as evosax does; `spread`, `sigma` σ > 0, `lower`
/// and `upper` as [`Spread`](super::Spread) says; `reevaluate`: whether the best places are judged again beside the
/// particles, which doubles the evaluations; `target`, `budget` and `patience` as [`Course`](super::Course) says.
pub struct ParticleSwarm;

struct Swarm<R: Number> {
    /// The best place that each particle knows.
    flock: Flock<R>,
    inertia: R,
    cognitive: R,
    social: R,
    /// Whether all genes of a particle have the same u₁ and u₂.
    shared: bool,
    positions: Vec<R>,
    velocities: Vec<R>,
    /// The velocities with which the particles that were asked for arrived.
    next: Vec<R>,
}

impl MakeEvolver for ParticleSwarm {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Evolver<R>> {
        let flock = Flock::of(values, setup);
        let zeros = || vec![R::of(0.0); flock.members.len()];
        let (positions, velocities, next) = (zeros(), zeros(), zeros());
        let [inertia, cognitive, social] =
            ["inertia", "cognitive", "social"].map(|name| R::of(values.get(name)));
        let shared = values.word("pulls") == "particle";
        Box::new(Swarm { flock, inertia, cognitive, social, shared, positions, velocities, next })
    }
}

impl<R: Number> Swarm<R> {
    /// Calls `each` with every gene of particle k: what it keeps of its velocity, its pull to its own best place, and that
    /// to the best of all.
    fn fly(&self, k: usize, leader: usize, mut each: impl FnMut(usize, [R; 3])) {
        let Swarm { flock, inertia, cognitive, social, shared, positions, velocities, .. } = self;
        let weights = flock.start.len();
        let place = k * weights..(k + 1) * weights;
        let (x, v, p) = (&positions[place.clone()], &velocities[place], flock.member(k));
        let g = flock.member(leader);
        let mut rng = flock.draws.at(flock.course.generation(), Purpose::Accept, k);
        let mut draws = [[0.0; 2]; MANY];
        for genes in (0..weights).step_by(MANY).map(|first| first..weights.min(first + MANY)) {
            match shared {
                false => rng.uniforms(draws[..genes.len()].as_flattened_mut()),
                true if genes.start == 0 => {
                    rng.uniforms(&mut draws[0]);
                    draws = [draws[0]; MANY];
                }
                true => {}
            }
            for (i, [own, all]) in genes.zip(&draws) {
                let (own, all) = (*cognitive * R::of(*own as f64), *social * R::of(*all as f64));
                each(i, [*inertia * v[i], own * (p[i] - x[i]), all * (g[i] - x[i])]);
            }
        }
    }
}

impl<R: Number> Evolver<R> for Swarm<R> {
    as_its_flock!();

    fn begin(&mut self, theta: &[R]) {
        self.flock.begin(theta);
        self.positions.fill(R::of(0.0));
        self.velocities.fill(R::of(0.0));
    }

    fn ask(&mut self, population: &mut [R]) {
        let mut next = std::mem::take(&mut self.next);
        let (weights, leader, shared) = (self.flock.start.len(), self.flock.best(), Shared::of(&mut next));
        self.flock.ask(population, &|k, to| {
            // SAFETY: particles are disjoint, and each is moved by one task.
            let next = unsafe { shared.slice(k * weights..(k + 1) * weights) };
            let x = &self.positions[k * weights..(k + 1) * weights];
            self.fly(k, leader, |i, [kept, own, all]| {
                next[i] = kept + own + all;
                to[i] = x[i] + next[i];
            });
        });
        self.next = next;
    }

    fn tell(&mut self, population: &[R], losses: &[R]) {
        if self.flock.course.generation() > 0 {
            self.velocities.copy_from_slice(&self.next);
        }
        self.positions.copy_from_slice(&population[population.len() - self.velocities.len()..]);
        self.flock.tell(population, losses, &mut |flock, k, theta, loss| {
            if at_least_as_good(loss, flock.losses[k]) {
                flock.replace(k, theta, loss);
            }
        });
    }

    fn made(&self) -> Made {
        if self.flock.course.generation() == 0 {
            return Made::Spread;
        }
        let zeros = || vec![0.0; self.positions.len()];
        let (mut kept, mut own, mut social) = (zeros(), zeros(), zeros());
        let (weights, leader) = (self.flock.start.len(), self.flock.best());
        for k in 0..self.flock.losses.len() {
            self.fly(k, leader, |i, parts| {
                let at = k * weights + i;
                [kept[at], own[at], social[at]] = parts.map(|part| part.to_f64());
            });
        }
        let (from, best) = (wide(&self.positions), wide(&self.flock.members));
        Made::Flown { from, best, leader, kept, own, social }
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let mut state = self.flock.state();
        state.push(("positions".into(), R::slot(&mut self.positions)));
        state.push(("velocities".into(), R::slot(&mut self.velocities)));
        state
    }
}
