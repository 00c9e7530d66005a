//! Members that stay, each with a rival that may take its place: what swarms, chains and differential evolution share.

use super::{Course, Diversity, Draws, Spread, least};
use crate::optimizer::{Reason, Setup};
use crate::real::{Number, Slot};
use crate::threads::{Shared, Threads};
use crate::words::Values;

/// The members. The first generation judges them, each later one their rivals, and before these, where losses do not
/// last, the members again.
pub(crate) struct Flock<R: Number> {
    size: usize,
    reevaluate: bool,
    spread: Spread,
    pub draws: Draws,
    pub threads: Threads,
    measure: Diversity,
    pub course: Course<R>,
    pub start: Vec<R>,
    pub members: Vec<R>,
    pub losses: Vec<f64>,
    /// Which rivals of the last generation took a place.
    replaced: Vec<bool>,
    diversity: [f64; 1],
}

/// What a member does about its rival, given its place, its genes and its loss.
type Settle<'a, R> = dyn FnMut(&mut Flock<R>, usize, &[R], f64) + 'a;

impl<R: Number> Flock<R> {
    pub fn of(values: &Values, setup: &Setup) -> Self {
        let (weights, size) = (setup.weights(), values.whole("population"));
        Flock {
            size,
            reevaluate: values.is("reevaluate"),
            spread: Spread::of(values, setup),
            draws: Draws::of(setup.seed),
            threads: setup.threads.clone(),
            measure: Diversity::new(weights, setup.threads),
            course: Course::of(values, weights),
            start: vec![R::of(0.0); weights],
            members: vec![R::of(0.0); size * weights],
            losses: vec![0.0; size],
            replaced: vec![false; size],
            diversity: [0.0],
        }
    }

    pub fn most_members(&self) -> usize {
        if self.reevaluate { 2 * self.size } else { self.size }
    }

    pub fn members(&self) -> usize {
        if self.course.generation() == 0 { self.size } else { self.most_members() }
    }

    pub fn begin(&mut self, theta: &[R]) {
        self.course.begin(theta);
        self.start.copy_from_slice(theta);
        self.members.fill(R::of(0.0));
        self.losses.fill(f64::INFINITY);
        self.diversity = [0.0];
    }

    /// Member `k`.
    pub fn member(&self, k: usize) -> &[R] {
        let weights = self.start.len();
        &self.members[k * weights..(k + 1) * weights]
    }

    /// The place of the least loss.
    pub fn best(&self) -> usize {
        least(&self.losses).unwrap_or(0)
    }

    /// Writes the first generation, or the members to be judged again and, by `rival`, member for member, who would
    /// replace them.
    pub fn ask(&self, population: &mut [R], rival: &(dyn Fn(usize, &mut [R]) + Sync)) {
        let (weights, generation) = (self.start.len(), self.course.generation());
        let kept = if generation > 0 && self.reevaluate { self.members.len() } else { 0 };
        population[..kept].copy_from_slice(&self.members[..kept]);
        let shared = Shared::of(&mut population[kept..]);
        self.threads.for_each(self.size, &|k| {
            // SAFETY: members are disjoint, and each is written by one task.
            let theta = unsafe { shared.slice(k * weights..(k + 1) * weights) };
            match generation {
                0 => self.spread.member(&self.start, 0, k, theta),
                _ => rival(k, theta),
            }
        });
    }

    /// Takes the losses; where rivals were judged, `settle` is given each in turn: the flock, its place, its θ and its
    /// loss.
    pub fn tell(&mut self, population: &[R], losses: &[R], settle: &mut Settle<R>) {
        let (weights, first) = (self.start.len(), self.course.generation() == 0);
        self.course.tell(population, losses);
        let rivals = losses.len() - self.size;
        self.replaced.fill(first);
        if first {
            self.members.copy_from_slice(population);
        }
        if first || self.reevaluate {
            self.losses.iter_mut().zip(losses).for_each(|(to, loss)| *to = loss.to_f64());
        }
        if !first {
            let (thetas, losses) = (population[rivals * weights..].chunks_exact(weights), &losses[rivals..]);
            for (k, (theta, loss)) in thetas.zip(losses).enumerate() {
                settle(self, k, theta, loss.to_f64());
            }
        }
        self.diversity = [self.measure.of(&self.members, weights)];
        if self.diversity[0] == 0.0 && self.size > 1 {
            self.course.end(Reason::NoDiversity);
        }
    }

    /// Puts a rival in the place of member `k`.
    pub fn replace(&mut self, k: usize, theta: &[R], loss: f64) {
        let weights = self.start.len();
        self.members[k * weights..(k + 1) * weights].copy_from_slice(theta);
        self.losses[k] = loss;
        self.replaced[k] = true;
    }

    /// For [`Evolver::shares`](super::Evolver::shares): members that were judged again took no place.
    pub fn shares(&self) -> Vec<f64> {
        let again = if self.course.generation() > 1 { self.most_members() - self.size } else { 0 };
        let taken = self.replaced.iter().map(|taken| f64::from(u8::from(*taken)));
        std::iter::repeat_n(0.0, again).chain(taken).collect()
    }

    /// The best of the members; the best ever, where losses last.
    pub fn answer(&self, theta: &mut [R]) {
        theta.copy_from_slice(if self.reevaluate { self.member(self.best()) } else { self.course.best() });
    }

    pub fn ended(&self) -> Option<Reason> {
        self.course.ended(self.members())
    }

    pub fn diversity(&self) -> f64 {
        self.diversity[0]
    }

    pub fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        let mut state = self.course.state();
        state.push(("start".into(), R::slot(&mut self.start)));
        state.push(("members".into(), R::slot(&mut self.members)));
        state.push(("losses".into(), Slot::Double(&mut self.losses)));
        state.push(("diversity".into(), Slot::Double(&mut self.diversity)));
        state
    }
}

/// Whether a rival is at least as good; what is not finite never is.
pub(crate) fn at_least_as_good(rival: f64, member: f64) -> bool {
    rival.is_finite() && (!member.is_finite() || rival <= member)
}

/// The parts of [`Evolver`](super::Evolver) that a type with a `flock` leaves to it.
macro_rules! as_its_flock {
    () => {
        fn members(&self) -> usize {
            self.flock.members()
        }
        fn most_members(&self) -> usize {
            self.flock.most_members()
        }
        fn answer(&self, theta: &mut [R]) {
            self.flock.answer(theta);
        }
        fn ended(&self) -> Option<Reason> {
            self.flock.ended()
        }
        fn diversity(&self) -> f64 {
            self.flock.diversity()
        }
        fn shares(&self) -> Vec<f64> {
            self.flock.shares()
        }
    };
}
pub(crate) use as_its_flock;
