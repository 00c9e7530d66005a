//! What every evolution counts, and when it ends.

use super::least;
use crate::optimizer::Reason;
use crate::real::{Number, Slot};
use crate::words::{Parameter, Values};

/// How far an evolution has come: generations, evaluations, the best θ it was ever told, and whether to end.
///
/// ```text
/// target    ends when a loss ≤ target was told
/// budget    ends when a further generation would need more evaluations; at least one is made
/// patience  ends when the least loss ever was not undercut for so many generations; 0: never
/// ```
///
/// Under mini-batches "the best ever" is the luckiest batch: then rely on none of these.
pub struct Course<R: Number> {
    target: f64,
    budget: f64,
    patience: f64,
    /// Generations told, evaluations, the least loss, generations since it was found, the evolver's own reason.
    counts: [f64; 5],
    best: Vec<R>,
}

pub(crate) const TARGET: Parameter = Parameter {
    closed: (true, true),
    ..Parameter::number(
        "target",
        "target",
        f64::NEG_INFINITY,
        (f64::NEG_INFINITY, f64::INFINITY),
        "ends when a loss is as low as this",
    )
};
pub(crate) const BUDGET: Parameter = Parameter {
    closed: (false, true),
    ..Parameter::number(
        "budget",
        "budget",
        f64::INFINITY,
        (0.0, f64::INFINITY),
        "ends before more losses than this were asked for",
    )
};
pub(crate) const PATIENCE: Parameter = Parameter::whole(
    "patience",
    "patience",
    0,
    (0, 1 << 40),
    "ends when the least loss was not undercut for so many generations; 0: never",
);

impl<R: Number> Course<R> {
    /// With the parameters `target`, `budget` and `patience`.
    pub fn of(values: &Values, weights: usize) -> Self {
        Course {
            target: values.get("target"),
            budget: values.get("budget"),
            patience: values.get("patience"),
            counts: [0.0; 5],
            best: vec![R::of(0.0); weights],
        }
    }

    /// From the beginning.
    pub fn begin(&mut self, theta: &[R]) {
        self.counts = [0.0, 0.0, f64::INFINITY, 0.0, 0.0];
        self.best.copy_from_slice(theta);
    }

    /// Generations told so far: the number of the one under way, from 0.
    pub fn generation(&self) -> u64 {
        self.counts[0] as u64
    }

    /// Losses told so far.
    pub fn evaluations(&self) -> u64 {
        self.counts[1] as u64
    }

    /// The best θ ever told; the start before that.
    pub fn best(&self) -> &[R] {
        &self.best
    }

    /// Its loss; infinite before the first.
    pub fn best_loss(&self) -> f64 {
        self.counts[2]
    }

    /// Generations since the least loss was found.
    pub fn waited(&self) -> u64 {
        self.counts[3] as u64
    }

    /// Counts a generation.
    pub fn tell(&mut self, population: &[R], losses: &[R]) {
        self.counts[0] += 1.0;
        self.counts[1] += losses.len() as f64;
        self.counts[3] += 1.0;
        let Some(k) = least(losses) else { return };
        if losses[k].to_f64() < self.best_loss() {
            let weights = self.best.len();
            self.best.copy_from_slice(&population[k * weights..(k + 1) * weights]);
            self.counts[2] = losses[k].to_f64();
            self.counts[3] = 0.0;
        }
    }

    /// Begins to wait anew: for whoever starts again elsewhere.
    pub fn wait_anew(&mut self) {
        self.counts[3] = 0.0;
    }

    /// Whether `patience` is over.
    pub fn stalled(&self) -> bool {
        self.patience > 0.0 && self.counts[3] >= self.patience
    }

    /// Ends for a reason of the evolver's own, from now on.
    pub fn end(&mut self, reason: Reason) {
        self.counts[4] = 1.0 + OWN.iter().position(|r| *r == reason).unwrap_or(0) as f64;
    }

    /// The reason of the evolver's own, if it gave one.
    pub fn own_reason(&self) -> Option<Reason> {
        (self.counts[4] as usize).checked_sub(1).and_then(|k| OWN.get(k)).copied()
    }

    /// Whether to end, if the next generation has so many members.
    pub fn ended(&self, members: usize) -> Option<Reason> {
        if self.generation() == 0 {
            None
        } else if self.best_loss() <= self.target {
            Some(Reason::Target)
        } else if let Some(own) = self.own_reason() {
            Some(own)
        } else if self.counts[1] + members as f64 > self.budget {
            Some(Reason::Budget)
        } else if self.stalled() {
            Some(Reason::Stalled)
        } else {
            None
        }
    }

    /// For [`Evolver::state`](super::Evolver::state).
    pub fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        vec![("course".into(), Slot::Double(&mut self.counts)), ("best".into(), R::slot(&mut self.best))]
    }
}

/// Reasons that only the evolver knows of.
const OWN: [Reason; 6] = [
    Reason::Stalled,
    Reason::NoDiversity,
    Reason::IllConditioned,
    Reason::TinySteps,
    Reason::Flat,
    Reason::Runaway,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn course(line: &[(&str, f64)]) -> Course<f64> {
        let with = |p: Parameter| {
            let default = line.iter().find(|(name, _)| *name == p.name).map_or(p.default, |(_, x)| *x);
            Parameter { default, ..p }
        };
        let mut course = Course::of(&Values::defaults(&[TARGET, BUDGET, PATIENCE].map(with)), 1);
        course.begin(&[5.0]);
        course
    }

    #[test]
    fn it_ends_for_each_reason_and_not_before() {
        let mut none = course(&[]);
        (0..1000).for_each(|_| none.tell(&[1.0, 2.0], &[1.0, f64::NAN]));
        assert_eq!((none.ended(2), none.evaluations(), none.waited()), (None, 2000, 999));

        let mut target = course(&[("target", 0.5)]);
        target.tell(&[1.0], &[0.6]);
        assert_eq!(target.ended(1), None);
        target.tell(&[3.0], &[0.5]);
        assert_eq!((target.ended(1), target.best()), (Some(Reason::Target), &[3.0][..]));

        let mut budget = course(&[("budget", 5.0)]);
        budget.tell(&[1.0, 2.0], &[1.0, 2.0]);
        assert_eq!((budget.ended(3), budget.ended(4)), (None, Some(Reason::Budget)));

        let mut patience = course(&[("patience", 2.0)]);
        patience.tell(&[1.0], &[1.0]);
        patience.tell(&[1.0], &[1.0]);
        assert_eq!(patience.ended(1), None);
        patience.tell(&[1.0], &[2.0]);
        assert_eq!((patience.ended(1), patience.best_loss()), (Some(Reason::Stalled), 1.0));

        for reason in OWN {
            let mut own = course(&[]);
            own.end(reason);
            own.tell(&[1.0], &[1.0]);
            assert_eq!(own.ended(1), Some(reason));
        }
    }

    #[test]
    fn garbage_is_never_the_best() {
        let mut course = course(&[("target", 0.0)]);
        course.tell(&[1.0, 2.0, 3.0], &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
        assert_eq!((course.best(), course.best_loss(), course.ended(1)), (&[5.0][..], f64::INFINITY, None));
    }
}
