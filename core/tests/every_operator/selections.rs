//! How often members are chosen.

use gradus::evolution::genetic::selections::{self, Pool, SELECTIONS, Selection};
use gradus::evolution::{Draws, rank};
use gradus::optimizers::Choice;

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
