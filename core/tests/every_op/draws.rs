//! Dropout, which draws.

use super::*;

fn training(step: u64) -> Moment {
    Moment { training: true, seed: 42, step, ..Moment::default() }
}

/// m of dropout, found by dropping ones.
fn mask(p: f32, n: usize, moment: Moment, threads: &Threads) -> Vec<bool> {
    let ones = Tensor::new(&[n], vec![1.0; n]);
    let ran = run_op(Dropout { probability: p }, &[ones], &vec![1.0; n], moment, threads);
    ran.y.iter().map(|y| *y != 0.0).collect()
}

#[test]
fn dropout_follows_its_formula_and_drops_the_same_on_the_way_back() {
    for (p, n) in [(0.5f32, 1), (0.2, 7), (0.9, 1000), (0.0, 33), (0.3, 20_001)] {
        let threads = Threads::new(2);
        let m = mask(p, n, training(3), &threads);
        let (x, dy, more) = (Tensor::random(&[n], 1), random(n, 2), random(n, 3));
        let formula = |v: &[f64]| -> Vec<f64> {
            v.iter().zip(&m).map(|(v, m)| if *m { v / (1.0 - p as f64) } else { 0.0 }).collect()
        };
        let op = || Dropout { probability: p };
        let ran = run_op(op(), std::slice::from_ref(&x), &dy, training(3), &threads);
        let near = 1e-6 / (1.0 - p as f64);
        assert_close(&ran.y, &formula(&x.numbers), near, "y");
        assert_close(&ran.dx[0], &formula(&dy), near, "dx");
        // L = Σ r y is linear in x: its slope is exact, and differences add nothing to the formula.
        let used = run_op(op(), std::slice::from_ref(&x), &dy, Moment::default(), &threads);
        assert_close(&used.y, &x.numbers, 0.0, "in use y = x");
        assert_close(&used.dx[0], &dy, 0.0, "in use dx = dy");
        let twice = run_twice(op(), &[x], [&dy, &more], Moment::default(), &threads);
        let sum: Vec<f64> = dy.iter().zip(&more).map(|(a, b)| a + b).collect();
        assert_close(&twice[0], &sum, 1e-6, "an input used twice");
    }
}

#[test]
fn dropout_keeps_the_share_it_says() {
    let n = 40_000;
    for p in [0.1f32, 0.5, 0.8] {
        let kept = mask(p, n, training(1), &Threads::new(2)).iter().filter(|m| **m).count() as f64 / n as f64;
        assert!((kept - (1.0 - p as f64)).abs() < 0.01, "p = {p}: {kept} kept");
    }
}

#[test]
fn dropout_draws_anew_each_step_and_seed_and_never_within_one() {
    let threads = Threads::new(3);
    let draw =
        |seed, step| mask(0.5, 20_000, Moment { training: true, seed, step, ..Moment::default() }, &threads);
    let first = draw(1, 1);
    assert_eq!(first, draw(1, 1), "asked twice within a step");
    assert_eq!(
        first,
        mask(0.5, 20_000, Moment { training: true, seed: 1, step: 1, ..Moment::default() }, &Threads::new(1))
    );
    for other in [draw(1, 2), draw(2, 1)] {
        let same = first.iter().zip(&other).filter(|(a, b)| a == b).count();
        assert!((9_600..10_400).contains(&same), "{same} of 20000 drawn the same");
    }
    let (front, back) = first.split_at(8192);
    assert_ne!(front[..8192], back[..8192], "chunks draw apart");
}

#[test]
fn two_dropouts_of_one_network_draw_apart() {
    let ones = Tensor::new(&[64], vec![1.0; 64]);
    let r = vec![1.0; 64];
    let twice = run_twice(Dropout { probability: 0.5 }, &[ones], [&r, &r], training(1), &Threads::new(1));
    let (none, one, both) = twice[0].iter().fold((0, 0, 0), |(n, o, b), x| match *x {
        0.0 => (n + 1, o, b),
        2.0 => (n, o + 1, b),
        _ => (n, o, b + 1),
    });
    assert!(none > 4 && one > 16 && both > 4, "{none} {one} {both}");
}

/// May never change: every seed's training with dropout depends on it.
#[test]
fn the_draws_of_dropout_are_golden() {
    let drawn = mask(0.5, 40, training(7), &Threads::new(1));
    let text: String = drawn.iter().map(|m| if *m { '1' } else { '0' }).collect();
    assert_eq!(text, "1010101110010010100110011100110000110101");
}
