//! Where children lie.

use gradus::evolution::genetic::crossovers::{self, CROSSOVERS, Crossover};
use gradus::optimizers::Choice;
use gradus::rng::{Rng, Stream};

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
