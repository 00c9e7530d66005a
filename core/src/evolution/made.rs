//! How a population came to be, and what became of it: for whoever draws an evolution.

use serde::Serialize;

/// How the population that was asked for came to be: what [`Evolver::made`](super::Evolver::made) tells between `ask` and
/// `tell`. Numbers stand as in the population, member after member, weight after weight.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// Each by itself, as a first population is; or from parents, of which
    /// [`Evolver::origins`](super::Evolver::origins) keeps an account.
    Spread,
    /// From a normal distribution: x ~ N(m, C), C being all of its covariance.
    Drawn {
        /// m
        mean: Vec<f64>,
        /// C: n × n numbers row by row, or the n of its diagonal where the others are zero.
        covariance: Vec<f64>,
        /// The step size, where it is told apart from the distribution's shape.
        sigma: Option<f64>,
        /// Where the mean has been heading: σ times the path of C, for those that keep one.
        path: Option<Vec<f64>>,
    },
    /// Each from a mixture of members, whose place it may take: differential evolution.
    Mixed {
        /// The members, with which the population begins if they are judged again.
        members: Vec<f64>,
        /// Their losses, as they were last told.
        losses: Vec<f64>,
        /// For each member how its rival was made.
        mixtures: Vec<Mixture>,
        /// v, before some of its genes were the member's own.
        mutants: Vec<f64>,
    },
    /// Each particle flew on: particle swarm.
    Flown {
        /// Where they were.
        from: Vec<f64>,
        /// The best place that each knows, with which the population begins if these are judged again.
        best: Vec<f64>,
        /// Which of these is the best of all.
        leader: usize,
        /// What is left of the velocities they had.
        kept: Vec<f64>,
        /// How they are drawn to their own best place.
        own: Vec<f64>,
        /// How they are drawn to the best of all.
        social: Vec<f64>,
    },
    /// Each took a random step, which it may go back: annealing.
    Stepped {
        /// Where they were.
        from: Vec<f64>,
        /// Their losses there, as they were last told.
        losses: Vec<f64>,
        /// The deviation of a step.
        sigma: f64,
        /// T: a step uphill by T is taken with probability 1 / e.
        temperature: f64,
    },
}

/// From which members a rival was mixed: v = x_base + F (x_plus − x_minus), and towards another if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Mixture {
    /// What it starts from.
    pub base: usize,
    /// F (x_towards − x_base) is added.
    pub towards: Option<usize>,
    /// What the difference leads to.
    pub plus: usize,
    /// What it comes from.
    pub minus: usize,
}

/// As `f64`.
pub(super) fn wide<R: crate::real::Number>(numbers: &[R]) -> Vec<f64> {
    numbers.iter().map(|x| x.to_f64()).collect()
}
