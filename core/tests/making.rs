//! How populations come to be, as every strategy tells it: held against the formulas, with the populations themselves.

use gradus::evolution::{Evolver, Made};
use gradus::functions::Choice as Function;
use gradus::layout::Layout;
use gradus::optimizer::{Objective, Setup, Step};
use gradus::optimizers::{Choice, Family, OPTIMIZERS};
use gradus::threads::Threads;

/// A generation: how it was made, what was judged, what it counted, and the answer before and after.
struct Judged {
    made: Made,
    members: Vec<[f64; 2]>,
    losses: Vec<f64>,
    shares: Vec<f64>,
    before: [f64; 2],
    after: [f64; 2],
}

const RATE: f64 = 0.2;

fn evolve(line: &str, generations: usize) -> Vec<Judged> {
    let (layout, threads) = (Layout::of(2), Threads::new(2));
    let setup = Setup::new(&layout, &threads).seed(5);
    let mut evolver = Choice::parse(line).unwrap().evolver::<f64>(&setup).unwrap();
    let mut problem = Function::parse("x^2 + x*y + 3y^2 + sin(3x)").unwrap().problem(1, &threads);
    evolver.begin(&[3.0, -2.0]);
    let mut before = [3.0, -2.0];
    let mut all = Vec::new();
    for t in 1..=generations as u64 {
        evolver.at(Step { t, learning_rate: RATE });
        let members = evolver.members();
        let (mut population, mut losses) = (vec![0.0; 2 * members], vec![0.0; members]);
        evolver.ask(&mut population);
        problem.losses(&population, &mut losses);
        let made = evolver.made();
        evolver.tell(&population, &losses);
        let mut after = [0.0; 2];
        evolver.answer(&mut after);
        let (members, shares) = (pairs(&population), evolver.shares());
        all.push(Judged { made, members, losses, shares, before, after });
        before = after;
    }
    all
}

fn pairs(numbers: &[f64]) -> Vec<[f64; 2]> {
    numbers.chunks_exact(2).map(|p| [p[0], p[1]]).collect()
}

fn close(a: [f64; 2], b: [f64; 2], what: &str) {
    let is_close = |i: usize| (a[i] - b[i]).abs() <= 1e-11 * (1.0 + a[i].abs());
    assert!(is_close(0) && is_close(1), "{what}: {a:?} and {b:?}");
}

/// All four entries of C.
fn full(covariance: &[f64]) -> [f64; 4] {
    match *covariance {
        [a, d] => [a, 0.0, 0.0, d],
        [a, b, c, d] => [a, b, c, d],
        _ => panic!("neither full nor diagonal: {covariance:?}"),
    }
}

#[test]
fn what_is_drawn_has_the_mean_and_the_covariance_that_are_told() {
    for line in ["cma_es", "sep_cma_es", "snes", "xnes", "openai_es sigma=0.3 over sgd", "pgpe over sgd"] {
        let of = if line.contains("over") {
            line.replacen(' ', " population=8000 ", 1)
        } else {
            format!("{line} population=8000")
        };
        for (g, judged) in evolve(&of, 4).iter().enumerate() {
            let Made::Drawn { mean, covariance, sigma, .. } = &judged.made else {
                panic!("{line}: {:?}", judged.made)
            };
            assert_eq!(sigma.is_some(), !matches!(line, "snes" | "pgpe over sgd"), "{line}");
            let (n, c) = (judged.members.len() as f64, full(covariance));
            for i in 0..2 {
                let seen: f64 = judged.members.iter().map(|m| m[i]).sum::<f64>() / n;
                let most = 5.0 * (c[3 * i] / n).sqrt();
                assert!((seen - mean[i]).abs() <= most, "{line}, {g}: mean {i} is {seen}, told {}", mean[i]);
                for j in 0..2 {
                    let one = |m: &[f64; 2]| (m[i] - mean[i]) * (m[j] - mean[j]);
                    let seen: f64 = judged.members.iter().map(one).sum::<f64>() / n;
                    let most = 6.0 * (2.0 * c[3 * i] * c[3 * j] / n).sqrt();
                    assert!(
                        (seen - c[2 * i + j]).abs() <= most,
                        "{line}, {g}: C{i}{j} is {seen}, told {c:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_mean_goes_where_the_shares_say() {
    // m ← m + Σ wₖ (xₖ − m) over the better half; of natural gradients over all; of an estimate against the slope.
    type Counts = fn(f64) -> f64;
    let cases: [(&str, Counts); 5] = [
        ("cma_es population=12", |share| share.max(0.0)),
        ("sep_cma_es population=12 active=no", |share| share),
        ("snes population=12", |share| share),
        ("xnes population=12", |share| share),
        ("openai_es population=12 sigma=0.5 over sgd", |share| RATE * share / (12.0 * 0.25)),
    ];
    for (line, counts) in cases {
        let all = evolve(line, 20);
        for (g, judged) in all.iter().enumerate() {
            let Made::Drawn { mean, .. } = &judged.made else { panic!("{line}") };
            close([mean[0], mean[1]], judged.before, &format!("{line}, {g}: the mean is the answer before"));
            assert_eq!(judged.shares.len(), judged.members.len(), "{line}");
            let mut moved = judged.before;
            for (share, member) in judged.shares.iter().zip(&judged.members) {
                (0..2).for_each(|i| moved[i] += counts(*share) * (member[i] - mean[i]));
            }
            close(moved, judged.after, &format!("{line}, {g}"));
        }
        // The best counts most, and the worst least.
        let least =
            |judged: &Judged| (0..12).min_by(|a, b| judged.losses[*a].total_cmp(&judged.losses[*b])).unwrap();
        let most = |judged: &Judged| {
            (0..12).max_by(|a, b| counts(judged.shares[*a]).total_cmp(&counts(judged.shares[*b]))).unwrap()
        };
        assert!(all.iter().all(|judged| least(judged) == most(judged)), "{line}");
    }
}

#[test]
fn rivals_are_mixed_from_the_members_that_are_named() {
    for (strategy, again) in [("rand", "yes"), ("best", "no"), ("current_to_best", "no")] {
        let line = format!(
            "differential_evolution population=9 weight=0.6 cross=0.5 strategy={strategy} reevaluate={again}"
        );
        let all = evolve(&line, 30);
        let (mut taken, mut own_genes) = (0, 0);
        for (g, judged) in all.iter().enumerate().skip(1) {
            let Made::Mixed { members, mixtures, mutants, losses } = &judged.made else {
                panic!("{line}: {:?}", judged.made)
            };
            let (members, mutants) = (pairs(members), pairs(mutants));
            let first = judged.members.len() - 9;
            let known = least_losses(&all[..g], 9);
            assert_eq!(*losses, known, "{line}, {g}: the members' losses");
            assert_eq!(first, if again == "yes" { 9 } else { 0 });
            assert_eq!(judged.members[..first], members[..first], "judged again as they are");
            let best = least_of(&all[..g], 9);
            for k in 0..9 {
                let m = mixtures[k];
                let from = members[m.base];
                let to = m.towards.map_or(from, |to| members[to]);
                match strategy {
                    "rand" => {
                        assert!(m.base != k && m.base != m.plus && m.base != m.minus && m.towards.is_none())
                    }
                    "best" => assert_eq!(members[m.base], best, "{line}, {g}"),
                    _ => assert_eq!((m.base, to), (k, best), "{line}, {g}"),
                }
                assert!(m.plus != m.minus && m.plus != k && m.minus != k);
                let v = [0, 1].map(|i| {
                    from[i] + 0.6 * (to[i] - from[i]) + 0.6 * (members[m.plus][i] - members[m.minus][i])
                });
                close(v, mutants[k], &line);
                let rival = judged.members[first + k];
                let own = (0..2)
                    .filter(|i| rival[*i] != mutants[k][*i])
                    .inspect(|i| assert_eq!(rival[*i], members[k][*i]));
                own_genes += own.count();
                let took = judged.shares[first + k] == 1.0;
                taken += usize::from(took);
                if let Some(Made::Mixed { members: then, .. }) = all.get(g + 1).map(|next| &next.made) {
                    assert_eq!(pairs(then)[k], if took { rival } else { members[k] }, "{line}, {g}: {k}");
                }
            }
            assert!(judged.shares[..first].iter().all(|share| *share == 0.0));
        }
        assert!(taken > 20 && own_genes > 20, "{line}: {taken} took a place, {own_genes} genes were kept");
    }
}

/// The members after so many generations, `size` of them, with their losses: each keeps the better of itself and its rival.
fn kept(all: &[Judged], size: usize) -> Vec<([f64; 2], f64)> {
    let mut now = vec![([0.0; 2], f64::INFINITY); size];
    for judged in all {
        let first = judged.members.len() - size;
        let born = judged.members[first..].iter().zip(&judged.losses[first..]);
        for (now, (member, loss)) in now.iter_mut().zip(born) {
            if *loss <= now.1 {
                *now = (*member, *loss);
            }
        }
    }
    now
}

fn least_of(all: &[Judged], size: usize) -> [f64; 2] {
    kept(all, size).into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0
}

fn least_losses(all: &[Judged], size: usize) -> Vec<f64> {
    kept(all, size).into_iter().map(|(_, loss)| loss).collect()
}

#[test]
fn particles_fly_as_the_sum_of_what_is_told() {
    for line in [
        "particle_swarm population=8",
        "particle_swarm population=8 pulls=particle reevaluate=no inertia=0.6",
    ] {
        let inertia = if line.contains("inertia") { 0.6 } else { 0.7298 };
        let all = evolve(line, 25);
        let mut velocities = [[0.0; 2]; 8];
        for (g, judged) in all.iter().enumerate().skip(1) {
            let Made::Flown { from, best, leader, kept, own, social } = &judged.made else {
                panic!("{:?}", judged.made)
            };
            let first = judged.members.len() - 8;
            let parts = [from, best, kept, own, social].map(|numbers| pairs(numbers));
            assert_eq!(parts[1][*leader], least_of(&all[..g], 8), "{line}, {g}: the best of all");
            let before = &all[g - 1].members;
            for k in 0..8 {
                let [from, best, kept, own, social] = [0, 1, 2, 3, 4].map(|part| parts[part][k]);
                assert_eq!(from, before[before.len() - 8 + k], "{line}, {g}: where it was");
                close(kept, velocities[k].map(|v: f64| inertia * v), &format!("{line}, {g}: what is kept"));
                for i in 0..2 {
                    for (pull, to) in [(own[i], best[i]), (social[i], parts[1][*leader][i])] {
                        let share = pull / (to - from[i]);
                        assert!(
                            to == from[i] && pull == 0.0 || (0.0..=1.49618).contains(&share),
                            "{line}, {g}: {share}"
                        );
                    }
                }
                velocities[k] = [0, 1].map(|i| kept[i] + own[i] + social[i]);
                let there = [0, 1].map(|i| from[i] + velocities[k][i]);
                close(there, judged.members[first + k], &format!("{line}, {g}: where it is"));
            }
        }
    }
}

#[test]
fn chains_step_from_where_they_were_and_cool() {
    let line = "simulated_annealing population=12 temperature=2 cooling=0.9 sigma=0.4 reevaluate=no";
    let all = evolve(line, 30);
    let (mut uphill, mut refused, mut squares) = (0, 0, Vec::new());
    let mut now: Vec<([f64; 2], f64)> =
        all[0].members.iter().copied().zip(all[0].losses.iter().copied()).collect();
    for (g, judged) in all.iter().enumerate().skip(1) {
        let Made::Stepped { from, losses, sigma, temperature } = &judged.made else {
            panic!("{:?}", judged.made)
        };
        assert!((temperature - 2.0 * 0.9f64.powi(g as i32)).abs() < 1e-12);
        assert!((sigma - 0.4 * 0.9f64.powi(g as i32).sqrt()).abs() < 1e-12);
        for (k, from) in pairs(from).into_iter().enumerate() {
            assert_eq!((from, losses[k]), now[k], "{g}: where it was");
            let (to, loss) = (judged.members[k], judged.losses[k]);
            squares.extend((0..2).map(|i| ((to[i] - from[i]) / sigma).powi(2)));
            let took = judged.shares[k] == 1.0;
            assert!(took || loss > now[k].1, "{g}: downhill is always taken");
            uphill += usize::from(took && loss > now[k].1);
            refused += usize::from(!took);
            if took {
                now[k] = (to, loss);
            }
        }
    }
    let mean = squares.iter().sum::<f64>() / squares.len() as f64;
    assert!((mean - 1.0).abs() < 0.25, "steps have the deviation told: {mean}");
    assert!(uphill > 10 && refused > 10, "{uphill} uphill, {refused} refused");
}

#[test]
fn every_strategy_tells_how_it_makes_a_population() {
    for entry in OPTIMIZERS.iter().filter(|entry| entry.family == Family::Evolution) {
        let all = evolve(&format!("{} population=8", entry.name), 4);
        let keeps_origins = entry.name == "genetic";
        let is_anew = entry.name == "random_search";
        for (g, judged) in all.iter().enumerate() {
            let is_spread = judged.made == Made::Spread;
            let may_be = keeps_origins || is_anew || g == 0;
            assert!(!is_spread || may_be, "{}: generation {g} says nothing", entry.name);
            assert_eq!(judged.shares.is_empty(), keeps_origins || is_anew, "{}", entry.name);
        }
    }
}
