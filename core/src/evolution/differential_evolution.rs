//! Differential evolution: the population's own differences are its steps.

use super::flock::{Flock, as_its_flock, at_least_as_good};
use super::made::wide;
use super::{BUDGET, LOWER, PATIENCE, REEVALUATE, SPREAD, TARGET, UPPER};
use super::{Evolver, Made, MakeEvolver, Mixture, Purpose, population, sigma};
use crate::optimizer::{Reason, Setup};
use crate::optimizers::{Dialect, Entry, Family, Maker};
use crate::real::{Number, Slot};
use crate::rng::Rng;
use crate::words::{Parameter, Values};

pub(crate) const ROW: Entry = Entry {
    name: "differential_evolution",
    about: "each member against a mixture of itself and the differences of others: steps shrink as the population does",
    paper: "Storn & Price 1997, Differential Evolution, J. Global Optim. 11",
    family: Family::Evolution,
    dialects: &[Dialect {
        name: "gradus",
        about: "binomial crossover; three ways to make a mutant; --lr has no effect",
        formula: "v = x_a + F (x_b − x_c)\nuᵢ = vᵢ with probability CR, and for one i in any case, else xₖᵢ\nxₖ ← u if L(u) ≤ L(xₖ)",
        learning_rate: 1.0,
        parameters: &[
            population(50, 4),
            Parameter::word("strategy", &["rand", "best", "current_to_best"], "what a mutant starts from"),
            Parameter {
                closed: (false, true),
                ..Parameter::number("weight", "F", 0.7, (0.0, 2.0), "of differences")
            },
            Parameter::number("cross", "CR", 0.9, (0.0, 1.0), "how likely a gene is the mutant's"),
            sigma(1.0, "deviation around the start where nothing else gives one"),
            SPREAD,
            LOWER,
            UPPER,
            REEVALUATE,
            TARGET,
            BUDGET,
            PATIENCE,
        ],
        make: Maker::evolver::<DifferentialEvolution>(),
    }],
};

/// Differential evolution, [Storn & Price 1997](https://doi.org/10.1023/A:1008202821328): DE/rand/1/bin, DE/best/1/bin
/// and DE/current-to-best/1/bin.
///
/// ```text
/// rand:             v = x_a + F (x_b − x_c)
/// best:             v = x_best + F (x_b − x_c)
/// current_to_best:  v = xₖ + F (x_best − xₖ) + F (x_b − x_c)
///
/// uᵢ = vᵢ with probability CR, and for one i in any case, else xₖᵢ
/// xₖ ← u if L(u) ≤ L(xₖ)
/// ```
///
/// a, b, c and k are all different. `population` λ ≥ 4; `strategy`; `weight` F in (0, 2]; `cross` CR in [0, 1];
/// `spread`, `sigma` σ > 0, `lower` and `upper` as [`Spread`](super::Spread) says; `reevaluate`: whether members are
/// judged again beside their rivals, which doubles the evaluations; `target`, `budget` and `patience` as
/// [`Course`](super::Course) says.
pub struct DifferentialEvolution;

struct Differences<R: Number> {
    flock: Flock<R>,
    strategy: &'static str,
    weight: f64,
    cross: f64,
}

impl MakeEvolver for DifferentialEvolution {
    fn make<R: Number>(values: &Values, setup: &Setup) -> Box<dyn Evolver<R>> {
        Box::new(Differences {
            flock: Flock::of(values, setup),
            strategy: values.word("strategy"),
            weight: values.get("weight"),
            cross: values.get("cross"),
        })
    }
}

/// Three members that differ from each other and from `k`.
fn others(rng: &mut Rng, k: usize, members: usize) -> [usize; 3] {
    let mut chosen = [k; 4];
    for i in 1..4 {
        // One of those left, counted without the chosen ones.
        let mut taken = chosen;
        taken[..i].sort_unstable();
        let mut other = rng.below(members - i);
        for t in &taken[..i] {
            other += usize::from(other >= *t);
        }
        chosen[i] = other;
    }
    [chosen[1], chosen[2], chosen[3]]
}

impl<R: Number> Differences<R> {
    /// What member k's rival is mixed from, the gene that is the mutant's in any case, and what decides about the others.
    fn mix(&self, k: usize, best: usize) -> (Mixture, usize, Rng) {
        let flock = &self.flock;
        let mut rng = flock.draws.at(flock.course.generation(), Purpose::Cross, k);
        let [a, plus, minus] = others(&mut rng, k, flock.losses.len());
        let certain = rng.below(flock.start.len());
        let (base, towards) = match self.strategy {
            "rand" => (a, None),
            "best" => (best, None),
            _ => (k, Some(best)),
        };
        (Mixture { base, towards, plus, minus }, certain, rng)
    }

    /// Calls `each` with every gene of the mutant v.
    fn mutant(&self, mixture: Mixture, mut each: impl FnMut(usize, R)) {
        let (flock, weight) = (&self.flock, R::of(self.weight));
        let [base, plus, minus] = [mixture.base, mixture.plus, mixture.minus].map(|k| flock.member(k));
        let towards = mixture.towards.map(|k| flock.member(k));
        for (i, x) in base.iter().enumerate() {
            let difference = weight * (plus[i] - minus[i]);
            each(i, towards.map_or(*x, |to| *x + weight * (to[i] - *x)) + difference);
        }
    }
}

impl<R: Number> Evolver<R> for Differences<R> {
    as_its_flock!();

    fn begin(&mut self, theta: &[R]) {
        self.flock.begin(theta);
    }

    fn ask(&mut self, population: &mut [R]) {
        let best = self.flock.best();
        self.flock.ask(population, &|k, u| {
            let (mixture, certain, mut rng) = self.mix(k, best);
            let x = self.flock.member(k);
            self.mutant(mixture, |i, v| {
                u[i] = if i != certain && rng.uniform() as f64 >= self.cross { x[i] } else { v };
            });
        });
    }

    fn tell(&mut self, population: &[R], losses: &[R]) {
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
        let best = self.flock.best();
        let mixtures: Vec<Mixture> = (0..self.flock.losses.len()).map(|k| self.mix(k, best).0).collect();
        let mut mutants = Vec::with_capacity(self.flock.members.len());
        mixtures.iter().for_each(|mixture| self.mutant(*mixture, |_, v| mutants.push(v.to_f64())));
        let (members, losses) = (wide(&self.flock.members), self.flock.losses.clone());
        Made::Mixed { members, losses, mixtures, mutants }
    }

    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        self.flock.state()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;
    use crate::optimizers::Choice;
    use crate::rng::Stream;
    use crate::threads::Threads;

    #[test]
    fn without_crossing_a_rival_differs_in_one_gene() {
        let (layout, threads) = (Layout::of(5), Threads::new(1));
        for strategy in ["rand", "best", "current_to_best"] {
            let line =
                format!("differential_evolution population=8 cross=0 reevaluate=no strategy={strategy}");
            let setup = Setup::new(&layout, &threads);
            let mut evolver = Choice::parse(&line).unwrap().evolver::<f64>(&setup).unwrap();
            let (mut members, mut rivals) = ([0.0; 40], [0.0; 40]);
            evolver.begin(&[1.0; 5]);
            evolver.ask(&mut members);
            evolver.tell(&members, &[7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0]);
            evolver.ask(&mut rivals);
            let mut genes = [0; 5];
            for (x, u) in members.chunks(5).zip(rivals.chunks(5)) {
                let changed: Vec<usize> = (0..5).filter(|i| x[*i] != u[*i]).collect();
                assert_eq!(changed.len(), 1, "{strategy}: {x:?} {u:?}");
                genes[changed[0]] += 1;
            }
            assert!(
                genes.iter().filter(|n| **n > 0).count() >= 3,
                "{strategy}: always the same gene, {genes:?}"
            );
        }
    }

    #[test]
    fn others_are_all_different_and_equally_likely() {
        let mut counts = [[0; 6]; 3];
        for round in 0..60_000 {
            let mut rng = Rng::new(1, Stream::Probe, round);
            let three = others(&mut rng, 2, 6);
            for (count, other) in counts.iter_mut().zip(three) {
                count[other] += 1;
            }
            let [a, b, c] = three;
            assert!(![a, b, c].contains(&2) && a != b && b != c && a != c);
        }
        for count in counts {
            for (other, n) in count.iter().enumerate() {
                let want = if other == 2 { 0..1 } else { 11_500..12_500 };
                assert!(want.contains(n), "{other}: {n} of 60000");
            }
        }
    }
}
