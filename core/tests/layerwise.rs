//! Optimizers that are not elementwise, and what is around a rule: what `every_optimizer` does not ask.

use crate::common::golden::{Case, deviation, golden, golden_of};
use crate::common::random;
use crate::common::valleys::{Valley, Walk, made, walks};
use gradus::initializers::{self, Fan};
use gradus::layout::Layout;
use gradus::op::Shape;
use gradus::optimizer::{Around, Objective, Reason, Setup, Step};
use gradus::optimizers::Choice;
use gradus::real::Number;
use gradus::threads::Threads;

/// The walks by rules whose lines begin so.
fn golden_by(line: &str) -> Vec<Case> {
    let mut cases = golden();
    cases.retain(|case| case.line.starts_with(line));
    assert!(!cases.is_empty(), "no walks by {line}");
    cases
}

#[test]
fn the_answer_of_schedule_free_is_the_average_x() {
    for case in golden_by("schedule_free") {
        assert_eq!(case.answers.len(), case.thetas.len(), "{}", case.line);
        let (thetas, answers) = case.walk_with_answers::<f64>();
        assert!(case.deviation(&thetas) <= 1e-10, "{}", case.line);
        let off = deviation(&answers, &case.answers);
        assert!(off <= 1e-10, "{}, {}: answers {off:e} away", case.line, case.framework);
        assert!(deviation(&answers, &thetas) > 1e-3, "{}: x is not y", case.line);
        let (_, answers) = case.walk_with_answers::<f32>();
        let off = deviation(&answers, &case.answers);
        assert!(off <= 5e-6, "{} in f32: answers {off:e} away", case.line);
    }
}

#[test]
fn muon_is_pytorchs_in_bfloat16_up_to_bfloat16() {
    for case in golden_by("muon@pytorch") {
        assert_eq!(case.in_bfloat16.len(), case.thetas.len(), "{}", case.line);
        // bfloat16 has 8 bits; five iterations and 24 steps add up what they round.
        let off = deviation(&case.walk::<f64>(None), &case.in_bfloat16);
        assert!(off > 1e-4 && off < 0.03, "{}: {off:e} away", case.line);
    }
}

#[test]
fn parts_count_by_themselves_and_not_by_where_they_lie() {
    // The same two parts in either order: each goes the same way.
    let zeros = initializers::named("zeros").unwrap();
    let layout = |shapes: &[&[usize]]| {
        let mut layout = Layout::default();
        for (i, shape) in shapes.iter().enumerate() {
            layout.push(format!("{i}"), Shape::new(shape), zeros, Fan { inputs: 1, outputs: 1 });
        }
        layout
    };
    let threads = Threads::new(1);
    let walk = |layout: &Layout, line: &str, parts: &[(u64, usize)]| {
        let of = |salt: u64| parts.iter().flat_map(move |(seed, n)| random(*n, seed + salt)).collect();
        let (mut theta, mut gradient): (Vec<f64>, Vec<f64>) = (of(0), of(50));
        let mut optimizer = Choice::parse(line).unwrap().build_as::<f64>(&Setup::new(layout, &threads));
        for t in 1..=5 {
            optimizer.step(Step { t, learning_rate: 0.1 }, &mut theta, &mut Constant(&gradient));
            gradient.iter_mut().for_each(|g| *g = 0.3 - *g * 0.9);
        }
        theta
    };
    for line in ["lars", "lars@pytorch_optimizer", "lamb", "muon", "muon@keras"] {
        let one = walk(&layout(&[&[4, 6], &[90, 120]]), line, &[(1, 24), (2, 10_800)]);
        let two = walk(&layout(&[&[90, 120], &[4, 6]]), line, &[(2, 10_800), (1, 24)]);
        assert!(one[..24] == two[10_800..] && one[24..] == two[..10_800], "{line}");
        let joined = walk(&layout(&[&[10_824, 1]]), line, &[(1, 24), (2, 10_800)]);
        assert!(one != joined, "{line} does not go part by part");
    }
}

/// The same slopes everywhere.
struct Constant<'a>(&'a [f64]);

impl Objective<f64> for Constant<'_> {
    fn loss(&mut self, _: &[f64]) -> f64 {
        0.0
    }
    fn gradient(&mut self, _: &[f64], grad: &mut [f64]) -> f64 {
        grad.copy_from_slice(self.0);
        0.0
    }
}

#[test]
fn lbfgs_goes_through_the_points_that_pytorch_goes_through() {
    let walks = walks("lbfgs");
    for function in ["rosenbrock", "quadratic", "regression"] {
        let most = walks.iter().filter(|w| w.function == function).map(|w| w.thetas.len()).max();
        assert!(most.is_some_and(|steps| steps >= 10), "{function}");
    }
    for walk in &walks {
        let off = walk.assert_same();
        let (line, function, gradients) = (&walk.line, &walk.function, walk.asked.last().unwrap());
        println!("{function:<11} {line:<52} {gradients:>3} gradients, {off:.0e} away");
    }
}

#[test]
fn lbfgs_ends_with_a_reason_at_the_bottom_in_f32_and_f64() {
    fn ends<R: Number>(function: &str, start: &[f64], near: f64) -> Reason {
        let mut theta: Vec<R> = start.iter().map(|x| R::of(*x)).collect();
        let (mut optimizer, mut valley) = (made::<R>("lbfgs", start.len()), Valley::named(function));
        assert_eq!(optimizer.ended(), None);
        for t in 1..=50 {
            optimizer.step(Step { t, learning_rate: 1.0 }, &mut theta, &mut valley);
            if let Some(reason) = optimizer.ended() {
                let loss = Objective::<R>::loss(&mut valley, &theta).to_f64();
                assert!(loss < near, "{function}: ended at a loss of {loss}: {reason}");
                return reason;
            }
        }
        panic!("{function}: no end")
    }
    let rosenbrock = [-1.2, 1.0];
    let quadratic: Vec<f64> = random(12, 3);
    for (function, start) in [("rosenbrock", &rosenbrock[..]), ("quadratic", &quadratic)] {
        let reason = ends::<f64>(function, start, 1e-9);
        assert!([Reason::Flat, Reason::Stalled, Reason::TinySteps].contains(&reason), "{function}: {reason}");
        ends::<f32>(function, start, 1e-5);
    }
}

#[test]
fn why_lbfgs_ended_is_part_of_its_state() {
    let (mut valley, mut theta) = (Valley::named("quadratic"), random(12, 3));
    let mut one = made::<f64>("lbfgs", 12);
    let mut t = 0;
    while one.ended().is_none() {
        t += 1;
        one.step(Step { t, learning_rate: 1.0 }, &mut theta, &mut valley);
    }
    let mut two = made::<f64>("lbfgs", 12);
    for ((_, from), (_, mut to)) in one.state().into_iter().zip(two.state()) {
        to.set(&from.to_vec());
    }
    assert_eq!(two.ended(), one.ended());
}

#[test]
fn lbfgs_says_what_its_memory_would_take() {
    let (layout, threads) = (Layout::of(10_000_000), Threads::new(1));
    let check = |line: &str| Choice::parse(line).unwrap().check(&Setup::new(&layout, &threads));
    let error = check("lbfgs").unwrap_err().to_string();
    assert!(error.contains("100 pairs of 10000000 weights would take 8.0 GB"), "{error}");
    assert!(error.contains("history=10)") && check("lbfgs history=10").is_ok(), "{error}");
    assert!(check("ema over lbfgs").is_err() && check("adam").is_ok());
}

/// 3 + ln Σ eˣ where the sum is less than 20; no number beyond.
struct Cliff;

impl Objective<f64> for Cliff {
    fn loss(&mut self, theta: &[f64]) -> f64 {
        let sum: f64 = theta.iter().map(|x| x.exp()).sum();
        if sum < 20.0 { 3.0 + sum.ln() + theta.iter().map(|x| 0.1 * x * x).sum::<f64>() } else { f64::NAN }
    }
    fn gradient(&mut self, theta: &[f64], grad: &mut [f64]) -> f64 {
        let sum: f64 = theta.iter().map(|x| x.exp()).sum();
        for (g, x) in grad.iter_mut().zip(theta) {
            *g = if sum < 20.0 { x.exp() / sum + 0.2 * x } else { f64::NAN };
        }
        self.loss(theta)
    }
}

#[test]
fn lbfgs_goes_around_a_loss_that_is_no_number() {
    let mut theta = vec![-40.0, -30.0, 1.0];
    let mut optimizer = made::<f64>("lbfgs", 3);
    for t in 1..=20 {
        // A first step far too long: over the cliff.
        let loss = optimizer.step(Step { t, learning_rate: 50.0 }, &mut theta, &mut Cliff);
        assert!(loss.is_finite() && theta.iter().all(|x| x.is_finite()), "step {t}: {theta:?}");
    }
    let mut grad = [0.0; 3];
    Cliff.gradient(&theta, &mut grad);
    assert!(grad.iter().all(|g| g.abs() < 1e-4), "at {theta:?} slopes are {grad:?}");
}

#[test]
fn what_lbfgs_searches_is_the_loss_with_its_penalties() {
    // The bottom of ½ Σ aᵢ (xᵢ − cᵢ)² + ½ λ₂ x² + λ₁ |x| can be written down.
    let (l2, l1) = (0.3, 0.05);
    let (layout, threads) = (Layout::of(12), Threads::new(1));
    let setup = Setup::new(&layout, &threads).around(Around { l2, l1, ..Around::default() });
    let mut optimizer = Choice::parse("lbfgs").unwrap().build_as::<f64>(&setup);
    let (mut valley, mut theta) = (Valley::named("quadratic"), random(12, 5));
    let first = Objective::<f64>::loss(&mut valley, &theta);
    assert_eq!(optimizer.step(Step { t: 1, learning_rate: 1.0 }, &mut theta, &mut valley), first);
    for t in 2..=40 {
        optimizer.step(Step { t, learning_rate: 1.0 }, &mut theta, &mut valley);
    }
    for (i, x) in theta.iter().enumerate() {
        let a = 10f64.powf(4.0 * i as f64 / 11.0);
        let c = if i % 2 == 0 { 1.0 } else { -1.0 } * (i as f64 + 1.0) / 12.0;
        let want = (a * c - l1 * c.signum()) / (a + l2);
        assert!((x - want).abs() < 1e-5, "weight {i}: {x}, not {want}");
    }
}

#[test]
fn a_step_of_lbfgs_asks_no_more_than_it_may() {
    for Walk { function, start, .. } in walks("lbfgs") {
        for most in [1, 2, 3, 7] {
            let (mut theta, mut valley) = (start.clone(), Valley::named(&function));
            let mut optimizer = made::<f64>(&format!("lbfgs evaluations={most}"), start.len());
            for t in 1..=6 {
                let (before, asked) = (theta.clone(), valley.asked);
                optimizer.step(Step { t, learning_rate: 1.0 }, &mut theta, &mut valley);
                // A search asks once more than is left, as PyTorch's does.
                assert!(valley.asked - asked <= most + 1, "{function}: {}", valley.asked - asked);
                let (was, is) = [&before, &theta].map(|x| valley.at(x, &mut vec![0.0; x.len()])).into();
                assert!(is <= was, "{function}: uphill from {was} to {is}");
            }
        }
    }
}

#[test]
fn clipping_and_l1_are_what_optax_and_pytorch_do() {
    for case in golden_of("around") {
        let what = format!("{:?}: {}", case.around(), case.made_with);
        let off = case.deviation(&case.walk::<f64>(None));
        assert!(off <= 1e-10, "{what}: {off:e} away");
        let off = case.deviation(&case.walk::<f32>(None));
        assert!(off <= 5e-6, "{what}: in f32 {off:e} away");
        let mut other = case.clone();
        other.around.clear();
        assert!(case.deviation(&other.walk::<f64>(None)) > 1e-3, "{what}: does nothing here");
    }
}
