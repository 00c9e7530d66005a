//! The laws of formulas, and their derivatives against those of dual numbers.

use super::*;
use crate::activations::ACTIVATIONS;
use crate::real::Real;
use crate::rng::{Rng, Stream};

const TEXT: Style = Style { latex: false, named: true };

fn symbols() -> [Expression; 3] {
    ["x", "y", "z"].map(|letter| Expression::symbol(Name { letter, number: 0 }))
}

fn of(x: f64) -> Expression {
    Real::of(x)
}

/// What stands on a clean sheet after `write`, as text.
fn text(write: impl FnOnce([Expression; 3]) -> Expression) -> String {
    let (e, sheet) = on_clean_sheet(1000, || write(symbols()));
    sheet.write(e, TEXT, None, 1000).unwrap()
}

#[test]
fn formulas_are_simplified() {
    let two = 2.0;
    assert_eq!(text(|[x, ..]| x * of(0.0) + of(1.0) * x), "x");
    assert_eq!(text(|[x, y, _]| x + y - x), "y");
    assert_eq!(text(|[x, ..]| x + x + of(3.0) * x), "5·x");
    assert_eq!(text(|[x, y, _]| x * y * x), "x²·y");
    assert_eq!(text(|[x, y, _]| x * y / x), "y");
    assert_eq!(text(|[x, y, z]| of(two) * x / (y * z)), "2·x / (y·z)");
    assert_eq!(text(|[x, y, _]| of(two) * (x - y)), "2·x − 2·y");
    assert_eq!(text(|[x, y, z]| (x - y) * z * of(two)), "2·(x − y)·z");
    assert_eq!(text(|[x, ..]| of(two).exp() / of(two).exp() * x), "x");
    assert_eq!(text(|[x, ..]| x.abs() * x.abs()), "x²");
    assert_eq!(text(|[x, y, _]| (x * y - y) * (x * y - y)), "(x·y − y)²");
    assert_eq!(text(|[x, ..]| Real::max(x, of(0.0))), "relu(x)");
    assert_eq!(text(|[x, y, _]| (x + y).where_positive(x, y)), "y + relu(x)");
    assert_eq!(text(|[x, y, z]| (y * z).where_positive(x, of(0.0))), "[x > 0]·y·z");
    assert_eq!(text(|[x, y, _]| y.where_positive(x, y)), "y");
    assert_eq!(text(|[x, ..]| x.where_positive(of(-1.0), of(3.0))), "3");
    assert_eq!(text(|[x, ..]| x.softplus_tail() + Real::max(x, of(0.0))), "ln(1 + exp(x))");
    assert_eq!(text(|[x, y, _]| -(x - y)), "y − x");
    assert_eq!(text(|[x, ..]| of(1e-9) * x + of(0.5)), "1e−9·x + 0.5");
    // Equal formulas are the same one, in whatever order they are written.
    let (same, _) = on_clean_sheet(1000, || {
        let [x, y, z] = symbols();
        (x * y + z, z + y * x)
    });
    assert_eq!(same.0, same.1);
}

#[test]
fn named_values_are_taken_as_a_whole() {
    let (formula, sheet) = on_clean_sheet(1000, || {
        let [x, y, z] = symbols();
        let sum = (x + y).named("s");
        assert_eq!(x.named("s"), x, "a variable has a name");
        (sum - x) * z
    });
    assert_eq!(sheet.write(formula, TEXT, None, 1000).unwrap(), "(s₁ − x)·z");
    let unfolded = Style { named: false, ..TEXT };
    assert_eq!(sheet.write(formula, unfolded, None, 1000).unwrap(), "((x + y) − x)·z");
    assert!(sheet.write(formula, unfolded, None, 10).is_none(), "too long to be written");
}

/// ∂e/∂x by the rules, evaluated.
fn derivative(write: impl FnOnce(Expression) -> Expression, at: &[f64]) -> Vec<f64> {
    let ((x, e), mut sheet) = on_clean_sheet(1000, || {
        let [x, ..] = symbols();
        (x, write(x))
    });
    let mut derivatives = Derivatives::new();
    let slope = derivatives.of(&mut sheet, e, x);
    let slope = derivatives.factored(&mut sheet, slope);
    let tape = Tape::new(&sheet, [slope]);
    let mut values = vec![0.0; sheet.len()];
    at.iter()
        .map(|x| {
            tape.run(&[*x, 0.0, 0.0], &mut values);
            values[sheet.place(slope)]
        })
        .collect()
}

#[test]
fn the_rules_are_those_of_dual_numbers() {
    let mut rng = Rng::new(1, Stream::Probe, 0);
    let points: Vec<f64> = (0..400).map(|_| 6.0 * rng.normal() as f64).collect();
    for a in ACTIVATIONS {
        for (x, slope) in points.iter().zip(derivative(a.written, &points)) {
            let want = (a.derived)(*x);
            assert!((slope - want).abs() < 1e-12 * (1.0 + want.abs()), "{} at {x}: {slope}, {want}", a.name);
        }
    }
    // What no activation uses.
    let own = |x: Expression| (x * x + of(1.0)).sqrt().ln() / (x.tanh() + of(3.0));
    for (x, slope) in points.iter().zip(derivative(own, &points)) {
        let d = |x: crate::real::Dual| {
            let one = crate::real::Dual::of(1.0);
            (x * x + one).sqrt().ln() / (Real::tanh(x) + crate::real::Dual::of(3.0))
        };
        let want = d(crate::real::Dual::variable(*x)).slope;
        assert!((slope - want).abs() < 1e-12, "at {x}: {slope}, {want}");
    }
}

#[test]
fn relu_has_slope_zero_at_zero_and_so_has_the_distance() {
    assert_eq!(derivative(|x| Real::max(x, of(0.0)), &[-1.0, 0.0, 1.0]), [0.0, 0.0, 1.0]);
    assert_eq!(derivative(|x| x.abs(), &[-2.0, 0.0, 3.0]), [-1.0, 0.0, 1.0]);
}

#[test]
fn a_share_differentiates_as_softmax_does() {
    let p = |x: f64| x.exp() / (x.exp() + (2.0 * x).exp());
    let slopes = derivative(|x| Expression::share(&[x, x + x], 0), &[-1.0, 0.3, 2.0]);
    for (x, slope) in [-1.0, 0.3, 2.0].into_iter().zip(slopes) {
        // p (1 − (p + 2 (1 − p)))
        let want = p(x) * (1.0 - (p(x) + 2.0 * (1.0 - p(x))));
        assert!((slope - want).abs() < 1e-15, "{slope} {want}");
    }
    // Logits that would overflow.
    let sum = derivative(|x| Expression::log_sum_exp(&[of(500.0) * x, of(-500.0) * x]), &[2.0]);
    assert_eq!(sum, [500.0]);
}

#[test]
fn a_full_sheet_stays_usable() {
    let (_, sheet) = on_clean_sheet(20, || {
        let [x, mut y, _] = symbols();
        (0..1000).for_each(|_| y = (y + x).exp());
        y
    });
    assert!(sheet.is_full() && sheet.len() <= 20);
}
