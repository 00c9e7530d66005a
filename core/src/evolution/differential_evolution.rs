//! Differential evolution: the population's own differences are its steps.

use super::flock::{Flock, as_its_flock, at_least_as_good};
use super::made::wide;
use super::{BUDGET, LOWER, PATIENCE, REEVALUATE, SPREAD, TARGET, UPPER};
use super::{Evolver, Made, MakeEvolver, Mixture, Purpose, population, sigma};
use crate::kernels::{Loop, widest};
use crate::optimizer::{Reason, Setup};
use crate::optimizers::{Dialect, Entry, Family, Maker};
use crate::real::{Number, Slot};
use crate::rng::{MANY, Rng};
use crate::words::{Parameter, Values};
use std::hint::select_unpredictable;
use std::ops::Range;

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

    /// Some genes of the mutant v.
    fn mutant(&self, mixture: Mixture, genes: Range<usize>) -> Mutant<'_, R> {
        let genes = |k: usize| &self.flock.member(k)[genes.clone()];
        Mutant {
            weight: R::of(self.weight),
            base: genes(mixture.base),
            towards: mixture.towards.map(genes),
            plus: genes(mixture.plus),
            minus: genes(mixture.minus),
        }
    }
}

/// What a mutant's genes are mixed from.
#[derive(Clone, Copy)]
struct Mutant<'a, R> {
    weight: R,
    base: &'a [R],
    towards: Option<&'a [R]>,
    plus: &'a [R],
    minus: &'a [R],
}

impl<R: Number> Mutant<'_, R> {
    /// Calls `each` with every gene.
    #[inline(always)]
    fn each(self, mut each: impl FnMut(usize, R)) {
        let Mutant { weight, base, towards, plus, minus } = self;
        for (i, ((x, plus), minus)) in base.iter().zip(plus).zip(minus).enumerate() {
            let difference = weight * (*plus - *minus);
            each(i, towards.map_or(*x, |to| *x + weight * (to[i] - *x)) + difference);
        }
    }
}

/// Some genes of a rival u: the mutant's where a draw lies below CR, else those of x.
struct Rival<'a, R> {
    mutant: Mutant<'a, R>,
    draws: &'a [f32],
    cross: f64,
    x: &'a [R],
    u: &'a mut [R],
}

impl<R: Number> Loop for Rival<'_, R> {
    type Out = ();
    #[inline(always)]
    fn run(self) {
        let Rival { mutant, draws, cross, x, u } = self;
        let (x, u, draws) = (&x[..draws.len()], &mut u[..draws.len()], draws);
        // No jump that depends on a draw: it would often be foretold wrongly.
        mutant.each(|i, v| u[i] = select_unpredictable(draws[i] as f64 >= cross, x[i], v));
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
            let (x, mut draws) = (self.flock.member(k), [0.0; MANY]);
            for (u, first) in u.chunks_mut(MANY).zip((0..).step_by(MANY)) {
                let genes = first..first + u.len();
                let draws = &mut draws[..u.len()];
                if genes.contains(&certain) {
                    // Nothing is drawn for it.
                    let (certain, last) = (certain - first, u.len() - 1);
                    rng.uniforms(&mut draws[..last]);
                    draws.copy_within(certain..last, certain + 1);
                    draws[certain] = -1.0;
                } else {
                    rng.uniforms(draws);
                }
                let (mutant, x) = (self.mutant(mixture, genes.clone()), &x[genes]);
                widest(Rival { mutant, draws, cross: self.cross, x, u });
            }
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
        let all = 0..self.flock.start.len();
        let genes =
            |mixture: &Mixture| self.mutant(*mixture, all.clone()).each(|_, v| mutants.push(v.to_f64()));
        mixtures.iter().for_each(genes);
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
