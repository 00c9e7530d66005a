//! Who descends from whom, as the genetic algorithm tells it: held against the genes themselves.

use gradus::evolution::{Evolver, Origin};
use gradus::functions::Choice as Function;
use gradus::layout::Layout;
use gradus::optimizer::{Objective, Setup};
use gradus::optimizers::Choice;
use gradus::threads::Threads;

/// A population that was judged.
struct Judged {
    members: Vec<[f64; 2]>,
    origins: Vec<Origin>,
}

fn evolve(line: &str, generations: usize, threads: usize) -> Vec<Judged> {
    let (layout, threads) = (Layout::of(2), Threads::new(threads));
    let setup = Setup::new(&layout, &threads).seed(5);
    let mut evolver = Choice::parse(line).unwrap().evolver::<f64>(&setup).unwrap();
    let mut problem = Function::parse("rastrigin").unwrap().problem(1, &threads);
    evolver.begin(&[3.0, -2.0]);
    let mut all = Vec::new();
    for _ in 0..generations {
        let members = evolver.members();
        let (mut population, mut losses) = (vec![0.0; 2 * members], vec![0.0; members]);
        evolver.ask(&mut population);
        problem.losses(&population, &mut losses);
        let origins = evolver.origins().to_vec();
        assert_eq!(origins.len(), members, "{line}");
        evolver.tell(&population, &losses);
        all.push(Judged { members: population.chunks(2).map(|m| [m[0], m[1]]).collect(), origins });
    }
    all
}

#[test]
fn genes_come_from_the_parents_that_are_named() {
    let lines = [
        "genetic population=20 crossover=one_point cross=1 rate=0.3 sigma=0.4",
        "genetic population=20 crossover=uniform cross=0.5 rate=0.2 reevaluate=no",
        "genetic population=9 elites=0 crossover=two_point rate=0.5",
        "genetic population=12 replacement=steady_state children=5 crossover=uniform rate=0.4",
        "genetic population=12 replacement=steady_state children=4 reevaluate=no rate=0.4 crossover=none",
    ];
    for line in lines {
        let mut known: Vec<(u64, [f64; 2])> = Vec::new();
        let (mut kept, mut bred, mut mutated) = (0, 0, 0);
        for (g, judged) in evolve(line, 25, 1).iter().enumerate() {
            for (member, origin) in judged.members.iter().zip(&judged.origins) {
                let number = origin.number.unwrap();
                if let Some((_, before)) = known.iter().find(|(n, _)| *n == number) {
                    assert_eq!(before, member, "{line}: number {number} goes on unchanged");
                    kept += 1;
                    continue;
                }
                let Some(parents) = origin.parents else {
                    assert_eq!(g, 0, "{line}: only the first population has no parents");
                    continue;
                };
                let genes = parents.map(|p| {
                    known.iter().find(|(n, _)| Some(*n) == p).unwrap_or_else(|| panic!("{line}: {p:?}")).1
                });
                // Of these crossovers each gene is that of a parent, unless it mutated.
                let own = (0..2).filter(|i| member[*i] != genes[0][*i] && member[*i] != genes[1][*i]).count();
                assert!(own <= origin.mutated as usize, "{line}: {member:?} of {genes:?}, {origin:?}");
                if !origin.crossed && origin.mutated == 0 {
                    assert!(genes.contains(member), "{line}: a copy");
                }
                mutated += usize::from(origin.mutated > 0);
                bred += 1;
            }
            let new = judged.members.iter().zip(&judged.origins);
            for (member, origin) in new {
                let number = origin.number.unwrap();
                if known.iter().all(|(n, _)| *n != number) {
                    known.push((number, *member));
                }
            }
        }
        assert!(bred > 80 && mutated > 20 && mutated < bred, "{line}: {bred} bred, {mutated} mutated");
        let keeps = !line.contains("elites=0") && !line.contains("reevaluate=no");
        assert_eq!(kept > 20, keeps, "{line}: {kept} kept");
    }
}

#[test]
fn the_account_is_the_same_on_any_number_of_threads() {
    let line = "genetic population=31 crossover=blend rate=0.3";
    for (one, three) in evolve(line, 10, 1).iter().zip(evolve(line, 10, 3)) {
        assert_eq!((&one.members, &one.origins), (&three.members, &three.origins));
    }
}

#[test]
fn other_strategies_keep_no_account() {
    let (layout, threads) = (Layout::of(2), Threads::new(1));
    let evolver = Choice::parse("cma_es").unwrap().evolver::<f64>(&Setup::new(&layout, &threads)).unwrap();
    assert!(evolver.origins().is_empty());
}
