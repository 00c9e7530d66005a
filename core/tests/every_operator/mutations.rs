//! How far genes move.

use gradus::evolution::genetic::mutations::{self, Mutation, mutate};
use gradus::rng::{Rng, Stream};

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
