//! The operators of the genetic algorithm, each against its definition: how often members are chosen, where children
//! lie, how far genes move.

use gradus::evolution::genetic::crossovers::{self, CROSSOVERS, Crossover};
use gradus::evolution::genetic::mutations::{self, MUTATIONS, Mutation, mutate};
use gradus::evolution::genetic::selections::{self, Pool, SELECTIONS, Selection};
use gradus::evolution::{Draws, rank};
use gradus::optimizers::{Choice, OPTIMIZERS};
use gradus::rng::{Rng, Stream};

/// How often each member is chosen, of `generations` times `parents`; and the least and the most in one generation.
fn counts(
    selection: &dyn Selection,
    losses: &[f64],
    parents: usize,
    generations: u64,
) -> Vec<(f64, u32, u32)> {
    let mut order = vec![0; losses.len()];
    rank(losses, &mut order);
    let mut counts = vec![(0.0, u32::MAX, 0); losses.len()];
    let (mut shares, mut chosen) = (vec![0.0; losses.len()], vec![0; parents]);
    for generation in 0..generations {
        let (order, shares, draws) = (&order[..], &mut shares[..], Draws::of(5));
        selection.select(&mut Pool { losses, order, shares, draws, generation }, &mut chosen);
        for (k, (sum, least, most)) in counts.iter_mut().enumerate() {
            let now = chosen.iter().filter(|c| **c == k as u32).count() as u32;
            *sum += now as f64;
            (*least, *most) = ((*least).min(now), (*most).max(now));
        }
    }
    counts
}

/// Each count within five deviations of what its probability says.
fn assert_chosen(selection: &dyn Selection, losses: &[f64], probabilities: &[f64], what: &str) {
    let (parents, generations) = (50, 2000);
    let n = (parents * generations) as f64;
    assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{what}: the test's own numbers");
    let counts = counts(selection, losses, parents, generations as u64);
    for (k, ((count, ..), p)) in counts.iter().zip(probabilities).enumerate() {
        let near = 5.0 * (n * p * (1.0 - p)).sqrt();
        assert!((count - n * p).abs() <= near, "{what}: member {k} {count} times, not {} ± {near}", n * p);
    }
}

/// Out of order on purpose: the ranks are 4, 0, 2, 5, 1, 3.
const LOSSES: [f64; 6] = [7.0, 1.0, 4.0, 11.0, 2.0, 5.0];
const RANKS: [usize; 6] = [4, 0, 2, 5, 1, 3];

#[test]
fn tournaments_choose_by_rank_as_their_formula_says() {
    for size in [1, 2, 3, 7] {
        let n = LOSSES.len() as f64;
        let of = |rank: usize| {
            let i = rank as f64;
            ((n - i).powi(size) - (n - i - 1.0).powi(size)) / n.powi(size)
        };
        let tournament = selections::Tournament { size: size as usize };
        assert_chosen(&tournament, &LOSSES, &RANKS.map(of), &format!("tournament of {size}"));
    }
}

#[test]
fn roulette_chooses_in_proportion_to_what_is_better_than_the_worst() {
    let total: f64 = LOSSES.iter().map(|l| 11.0 - l).sum();
    assert_chosen(&selections::Roulette, &LOSSES, &LOSSES.map(|l| (11.0 - l) / total), "roulette");
}

#[test]
fn one_spin_with_many_pointers_leaves_nothing_to_luck() {
    let total: f64 = LOSSES.iter().map(|l| 11.0 - l).sum();
    let parents = 50;
    let counts = counts(&selections::StochasticUniversal, &LOSSES, parents, 3000);
    for (k, (sum, least, most)) in counts.into_iter().enumerate() {
        let expected = parents as f64 * (11.0 - LOSSES[k]) / total;
        assert!(least as f64 >= expected.floor() && most as f64 <= expected.ceil(), "{k}: {least}…{most}");
        assert!((sum / 3000.0 - expected).abs() < 0.05, "{k}: {} not {expected}", sum / 3000.0);
    }
    // Neighbours mate: they must not be neighbours on the wheel. Half of all parents are among the first two ranks.
    let mut order = vec![0; 6];
    rank(&LOSSES, &mut order);
    let (mut shares, mut chosen, mut same) = ([0.0; 6], [0u32; 50], 0);
    for generation in 0..200 {
        let (losses, order, shares, draws) = (&LOSSES[..], &order[..], &mut shares[..], Draws::of(6));
        let mut pool = Pool { losses, order, shares, draws, generation };
        selections::StochasticUniversal.select(&mut pool, &mut chosen);
        same += chosen.chunks(2).filter(|pair| pair[0] == pair[1]).count();
    }
    let share = same as f64 / (200.0 * 25.0);
    assert!(share < 0.35, "{share} of all pairs are one member twice: the wheel's order has survived");
}

#[test]
fn ranking_chooses_linearly() {
    for s in [1.0, 1.5, 2.0] {
        let of = |rank: usize| (s - (2.0 * s - 2.0) * rank as f64 / 5.0) / 6.0;
        assert_chosen(&selections::Rank { pressure: s }, &LOSSES, &RANKS.map(of), &format!("rank s = {s}"));
    }
}

#[test]
fn truncation_chooses_the_best_share_alike() {
    for (share, best) in [(0.5, 3), (0.34, 3), (0.01, 1), (1.0, 6)] {
        let of = |rank: usize| if rank < best { 1.0 / best as f64 } else { 0.0 };
        assert_chosen(&selections::Truncation { share }, &LOSSES, &RANKS.map(of), &format!("share {share}"));
    }
}

#[test]
fn garbage_and_equals_are_selected_sensibly() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    for entry in SELECTIONS {
        let selection = (entry.make)(Choice::parse("genetic").unwrap().values());
        let chosen = |losses: &[f64]| counts(&*selection, losses, 40, 50).into_iter().map(|c| c.0 as u32);
        let some: Vec<u32> = chosen(&[nan, 1.0, inf, 2.0, 3.0, -inf]).collect();
        assert!(some[1] > some[0] && some[1] > some[2] && some[1] > some[5], "{}: {some:?}", entry.name);
        assert_eq!(chosen(&[nan, nan, inf]).sum::<u32>(), 2000, "{}", entry.name);
        assert_eq!(chosen(&[2.0]).sum::<u32>(), 2000, "{}", entry.name);
    }
    for wheel in [&selections::Roulette as &dyn Selection, &selections::StochasticUniversal] {
        let equal = counts(wheel, &[3.0, nan, 3.0, 3.0], 30, 100);
        assert_eq!(equal[1].0, 0.0);
        assert!(equal.iter().all(|c| c.0 == 0.0 || (c.0 - 1000.0).abs() < 130.0), "{equal:?}");
    }
}

/// Children of the parents 0, 1, 2, … and 100, 101, 102, …, pair after pair.
fn children(crossover: &dyn Crossover<f64>, genes: usize, pairs: u64) -> Vec<(Vec<f64>, Vec<f64>)> {
    let a: Vec<f64> = (0..genes).map(|i| i as f64).collect();
    let b: Vec<f64> = a.iter().map(|x| x + 100.0).collect();
    let one = |pair| {
        let (mut first, mut second) = (vec![f64::NAN; genes], vec![f64::NAN; genes]);
        crossover.cross(&mut Rng::new(1, Stream::Probe, pair), &a, &b, &mut first, &mut second);
        (first, second)
    };
    (0..pairs).map(one).collect()
}

/// Which genes of the first child are the second parent's, if both children together have every gene once.
fn from_second(pair: &(Vec<f64>, Vec<f64>)) -> Vec<bool> {
    let genes = pair.0.iter().zip(&pair.1).enumerate();
    genes
        .map(|(i, (c, d))| {
            let (a, b) = (i as f64, i as f64 + 100.0);
            assert!((*c, *d) == (a, b) || (*c, *d) == (b, a), "gene {i} became {c} and {d}");
            *c == b
        })
        .collect()
}

#[test]
fn one_point_cuts_once_and_anywhere() {
    let mut cuts = [0; 10];
    for pair in children(&crossovers::OnePoint, 10, 9000) {
        let from = from_second(&pair);
        let cut = from.iter().position(|b| *b).unwrap();
        assert!(cut > 0 && from[cut..].iter().all(|b| *b), "{from:?}");
        cuts[cut] += 1;
    }
    assert!(cuts[1..].iter().all(|n| (850..1150).contains(n)), "{cuts:?}");
}

#[test]
fn two_points_exchange_a_stretch_and_all_stretches_alike() {
    let mut stretches = std::collections::BTreeMap::new();
    for pair in children(&crossovers::TwoPoint, 6, 21_000) {
        let from = from_second(&pair);
        let p = from.iter().position(|b| *b).unwrap();
        let q = 6 - from.iter().rev().position(|b| *b).unwrap();
        assert!(from[p..q].iter().all(|b| *b), "{from:?}");
        *stretches.entry((p, q)).or_insert(0) += 1;
    }
    // 7 places to cut: 21 pairs of them.
    assert_eq!(stretches.len(), 21);
    assert!(stretches.values().all(|n| (850..1150).contains(n)), "{stretches:?}");
}

#[test]
fn uniform_takes_each_gene_from_either_parent_by_itself() {
    let (genes, pairs) = (70, 4000);
    let (mut counts, mut together) = (vec![0; genes], 0);
    for pair in children(&crossovers::Uniform, genes, pairs) {
        let from = from_second(&pair);
        counts.iter_mut().zip(&from).for_each(|(n, b)| *n += u32::from(*b));
        together += from.windows(2).filter(|w| w[0] == w[1]).count();
    }
    assert!(counts.iter().all(|n| (1800..2200).contains(n)), "{counts:?}");
    let share = together as f64 / (pairs as f64 * (genes - 1) as f64);
    assert!((share - 0.5).abs() < 0.01, "neighbours are of one parent {share} of the time");
}

#[test]
fn uniform_tosses_the_bits_it_draws_one_after_another() {
    // More than are tossed at once, and no whole number of 32.
    let genes = 5003;
    let (a, b): (Vec<f32>, Vec<f32>) = (0..genes).map(|i| (i as f32, -1.0 - i as f32)).unzip();
    let (mut first, mut second) = (a.clone(), a.clone());
    let mut rng = Rng::new(4, Stream::Population, 0);
    let mut coins = rng.clone();
    crossovers::Uniform.cross(&mut rng, &a, &b, &mut first, &mut second);
    for (at, genes) in (0..genes).collect::<Vec<_>>().chunks(32).enumerate() {
        let coins = coins.bits();
        for (i, k) in genes.iter().enumerate() {
            let (one, other) = if coins >> i & 1 == 0 { (a[*k], b[*k]) } else { (b[*k], a[*k]) };
            assert_eq!((first[*k], second[*k]), (one, other), "gene {i} of stretch {at}");
        }
    }
    assert_eq!(rng.bits(), coins.bits(), "no more are drawn");
}

#[test]
fn blend_fills_its_interval_evenly() {
    for alpha in [0.0, 0.366, 0.5, 2.0] {
        let (mut at, mut both) = (Vec::new(), 0.0);
        for (first, second) in children(&crossovers::Blend { alpha }, 1, 40_000) {
            // Where between a = 0 and b = 100.
            at.extend([first[0] / 100.0, second[0] / 100.0]);
            both += (first[0] / 100.0 - 0.5) * (second[0] / 100.0 - 0.5);
        }
        let (low, high) = (-alpha, 1.0 + alpha);
        assert!(
            at.iter().all(|x| (low - 1e-9..=high + 1e-9).contains(x)),
            "α = {alpha}: beyond the interval"
        );
        for tenth in 0..10 {
            let from = low + (high - low) * tenth as f64 / 10.0;
            let inside = at.iter().filter(|x| (from..from + (high - low) / 10.0).contains(*x)).count();
            assert!((inside as f64 - 8000.0).abs() < 450.0, "α = {alpha}, tenth {tenth}: {inside} of 80000");
        }
        assert!(both.abs() / 40_000.0 < 0.02 * (1.0 + 2.0 * alpha).powi(2), "the children are drawn apart");
    }
}

#[test]
fn sbx_keeps_the_mean_and_spreads_as_its_density_says() {
    for eta in [0.0, 2.0, 15.0] {
        let (mut factors, mut untouched, mut first_is_near) = (Vec::new(), 0, 0);
        for (first, second) in children(&crossovers::Sbx { eta }, 1, 80_000) {
            let (c, d) = (first[0], second[0]);
            assert!(
                (c + d - 100.0).abs() < 1e-9 * (1.0 + c.abs()),
                "the mean of {c} and {d} is not the parents'"
            );
            if (c, d) == (0.0, 100.0) {
                untouched += 1;
            } else {
                factors.push((c - d).abs() / 100.0);
                first_is_near += u32::from(c < d);
            }
        }
        assert!((39_000..41_000).contains(&untouched), "half of all genes are crossed, not {untouched}");
        let n = factors.len() as f64;
        assert!((first_is_near as f64 / n - 0.5).abs() < 0.01, "a coin says which child is where");
        // The distribution of p(β): ½ β^(η+1) up to 1, then 1 − ½ β^−(η+1).
        for at in [0.3f64, 0.7, 0.9, 0.99, 1.01, 1.1, 1.5, 3.0] {
            let below = if at < 1.0 { 0.5 * at.powf(eta + 1.0) } else { 1.0 - 0.5 * at.powf(-eta - 1.0) };
            let got = factors.iter().filter(|beta| **beta <= at).count() as f64 / n;
            assert!(
                (got - below).abs() < 5.0 * (below * (1.0 - below) / n).sqrt() + 1e-4,
                "η = {eta}, β ≤ {at}: {got}, not {below}"
            );
        }
    }
}

#[test]
fn no_crossover_copies() {
    for (first, second) in children(&crossovers::NoCrossover, 4, 3) {
        assert_eq!((first, second), (vec![0.0, 1.0, 2.0, 3.0], vec![100.0, 101.0, 102.0, 103.0]));
    }
}

#[test]
fn every_crossover_works_on_a_single_gene_and_alike_in_f32() {
    for entry in CROSSOVERS {
        let values = Choice::parse("genetic").unwrap().values().clone();
        let (single, double) = (
            <f32 as gradus::real::Number>::pick(entry.make)(&values),
            <f64 as gradus::real::Number>::pick(entry.make)(&values),
        );
        for genes in [1, 2, 33] {
            let a: Vec<f64> = (0..genes).map(|i| i as f64).collect();
            let b: Vec<f64> = a.iter().map(|x| -2.0 * x - 1.0).collect();
            let (mut c, mut d) = (vec![f64::NAN; genes], vec![f64::NAN; genes]);
            double.cross(&mut Rng::new(2, Stream::Probe, 0), &a, &b, &mut c, &mut d);
            let f32s = |x: &[f64]| x.iter().map(|x| *x as f32).collect::<Vec<f32>>();
            let (mut c32, mut d32) = (f32s(&c), f32s(&d));
            single.cross(&mut Rng::new(2, Stream::Probe, 0), &f32s(&a), &f32s(&b), &mut c32, &mut d32);
            for (x, y) in c.iter().chain(&d).zip(c32.iter().chain(&d32)) {
                assert!((x - *y as f64).abs() <= 1e-5 * (1.0 + x.abs()), "{}: {x} {y}", entry.name);
            }
        }
    }
}

fn changes(mutation: &dyn Mutation) -> Vec<f64> {
    let mut changes = vec![0.0f32; 200_000];
    mutation.changes(&mut Rng::new(3, Stream::Probe, 0), &mut changes);
    changes.iter().map(|x| *x as f64).collect()
}

/// The share of changes up to some points, against the distribution.
fn assert_distributed(changes: &[f64], cumulative: impl Fn(f64) -> f64, points: &[f64], what: &str) {
    let n = changes.len() as f64;
    for at in points {
        let (got, want) = (changes.iter().filter(|x| *x <= at).count() as f64 / n, cumulative(*at));
        assert!(
            (got - want).abs() < 5.0 * (want * (1.0 - want) / n).sqrt() + 1e-5,
            "{what}: {got} ≤ {at}, not {want}"
        );
    }
}

#[test]
fn gaussian_changes_are_normal() {
    // Φ at −2, −1, 0, ½, 1, 3.
    let table =
        [(-2.0, 0.022750), (-1.0, 0.158655), (0.0, 0.5), (0.5, 0.691462), (1.0, 0.841345), (3.0, 0.998650)];
    let cumulative = |x: f64| table.iter().find(|(at, _)| *at == x).unwrap().1;
    let points = table.map(|(at, _)| at);
    assert_distributed(&changes(&mutations::Gaussian), cumulative, &points, "gaussian");
    assert_distributed(&changes(&mutations::SelfAdaptive), cumulative, &points, "self_adaptive");
}

#[test]
fn uniform_changes_stay_within_the_strength() {
    let changes = changes(&mutations::UniformMutation);
    assert!(changes.iter().all(|x| (-1.0..1.0).contains(x)));
    assert_distributed(&changes, |x| (x + 1.0) / 2.0, &[-0.9, -0.5, 0.0, 0.2, 0.99], "uniform");
}

#[test]
fn polynomial_changes_stay_within_the_strength_and_follow_their_density() {
    for eta in [0.0, 1.0, 20.0, 100.0] {
        let changes = changes(&mutations::Polynomial { eta });
        assert!(changes.iter().all(|x| x.abs() <= 1.0), "η = {eta}");
        // From p(δ) = ½ (η + 1) (1 − |δ|)^η.
        let cumulative = |x: f64| {
            let tail = 0.5 * (1.0 - x.abs()).powf(eta + 1.0);
            if x < 0.0 { tail } else { 1.0 - tail }
        };
        assert_distributed(
            &changes,
            cumulative,
            &[-0.9, -0.1, -0.01, 0.0, 0.02, 0.3, 0.8],
            &format!("η = {eta}"),
        );
    }
}

#[test]
fn own_strengths_are_log_normal() {
    let strength =
        |k, genes| mutations::SelfAdaptive.strength(&mut Rng::new(4, Stream::Probe, k), 0.3, genes);
    for genes in [1.0, 25.0, 400.0] {
        let logs: Vec<f64> = (0..40_000).map(|k| (strength(k, genes) / 0.3).ln() * genes.sqrt()).collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let variance = logs.iter().map(|x| x * x).sum::<f64>() / logs.len() as f64;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{genes} genes: {mean} {variance}");
    }
    let mut rng = Rng::new(4, Stream::Probe, 0);
    assert_eq!(mutations::Gaussian.strength(&mut rng, 0.3, 9.0), 0.3, "others keep what they inherit");
}

/// Changes each gene by exactly 1.
struct One;
impl Mutation for One {
    fn changes(&self, _: &mut Rng, into: &mut [f32]) {
        into.fill(1.0);
    }
}

#[test]
fn genes_mutate_at_their_rate_each_by_itself_and_by_the_strength() {
    for rate in [0.0, 1e-3, 0.05, 0.3, 0.9, 1.0] {
        let (genes, rounds) = (1000, 400);
        let (mut per_gene, mut gaps, mut total, mut starts) = (vec![0.0; genes], [0.0; 3], 0.0, 0.0);
        for round in 0..rounds {
            let mut x = vec![0.0f64; genes];
            mutate(&One, rate, 0.25, &mut Rng::new(5, Stream::Probe, round), &mut x);
            assert!(x.iter().all(|x| *x == 0.0 || *x == 0.25), "by the strength, once");
            let hit: Vec<usize> = (0..genes).filter(|i| x[*i] != 0.0).collect();
            hit.iter().for_each(|i| per_gene[*i] += 1.0);
            total += hit.len() as f64;
            starts += hit.iter().filter(|i| **i < genes - 3).count() as f64;
            for pair in hit.windows(2).filter(|p| p[0] < genes - 3 && p[1] - p[0] <= 3) {
                gaps[pair[1] - pair[0] - 1] += 1.0;
            }
        }
        let n = (genes as u64 * rounds) as f64;
        assert!(
            (total - n * rate).abs() <= 5.0 * (n * rate * (1.0 - rate)).sqrt(),
            "rate {rate}: {total} of {n}"
        );
        let deviation = (rounds as f64 * rate * (1.0 - rate)).sqrt();
        let far =
            per_gene.iter().filter(|c| (**c - rounds as f64 * rate).abs() > 4.5 * deviation + 3.0).count();
        assert_eq!(far, 0, "rate {rate}: some genes mutate more than others");
        // After a gene that mutates the next does with probability p, the one after with p (1 − p), …
        for (skipped, count) in gaps.iter().enumerate() {
            let p = rate * (1.0 - rate).powi(skipped as i32);
            assert!(
                (count - starts * p).abs() <= 6.0 * (starts * p * (1.0 - p)).sqrt(),
                "rate {rate}: {gaps:?}"
            );
        }
    }
}

#[test]
fn tables_and_the_words_of_the_genetic_algorithm_are_the_same() {
    let row = OPTIMIZERS.iter().find(|e| e.name == "genetic").unwrap();
    let words = |name: &str| row.dialects[0].parameters.iter().find(|p| p.name == name).unwrap().range();
    assert_eq!(words("selection"), SELECTIONS.iter().map(|e| e.name).collect::<Vec<_>>().join(", "));
    assert_eq!(words("crossover"), CROSSOVERS.iter().map(|e| e.name).collect::<Vec<_>>().join(", "));
    assert_eq!(words("mutation"), MUTATIONS.iter().map(|e| e.name).collect::<Vec<_>>().join(", "));
}
