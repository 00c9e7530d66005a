//! Universal approximation: pieces add up, the weights written down meet their knots, training learns.

use gradus::functions::Choice;
use gradus_lab::bench::universal::{Approximation, Ask, Frame, approximate, widths};

use super::{close, soon, state};

fn run(pairs: &[(&str, &str)]) -> Approximation {
    approximate(&Ask::of(&state(pairs)).unwrap(), &soon()).unwrap_or_else(|e| panic!("{pairs:?}: {e}"))
}

/// A piece at x: straight from its kink to its end.
fn sum_of_pieces(frame: &Frame, x: f64, [low, high]: [f64; 2]) -> f64 {
    frame.bias
        + frame
            .pieces
            .iter()
            .map(|piece| match piece.kink {
                None => piece.left + (piece.right - piece.left) * (x - low) / (high - low),
                Some(kink) if x < kink => piece.left * (kink - x) / (kink - low).max(1e-300),
                Some(kink) => piece.right * (x - kink) / (high - kink).max(1e-300),
            })
            .sum::<f64>()
}

#[test]
fn pieces_add_up_to_what_the_network_answers() {
    for kinks in ["zero", "spread"] {
        let found = run(&[("n", "9"), ("steps", "300"), ("kinks", kinks)]);
        for frame in found.frames.iter().chain([&found.constructed]) {
            for (x, y) in found.xs.iter().zip(&frame.answer) {
                let sum = sum_of_pieces(frame, *x, [-2.0, 2.0]);
                assert!(close(sum, *y, 2e-5), "{kinks}, step {}, x {x}: {sum} beside {y}", frame.step);
            }
        }
    }
}

#[test]
fn the_weights_written_down_meet_every_knot() {
    // 241 places on [−2, 2] hold the knots of n = 8 and n = 60.
    for n in ["1", "8", "60"] {
        let found = run(&[("f", "sin(2x) + x^2/3"), ("n", n), ("steps", "1")]);
        let n: usize = n.parse().unwrap();
        for k in 0..=n {
            let at = k * 240 / n;
            assert!(close(found.constructed.answer[at], found.wanted[at], 1e-5), "n {n}, knot {k}");
        }
        // Between two knots it is a straight line, at most M h² / 8 from a function of curvature M.
        let (h, most) = (4.0 / n as f64, 4.0 + 2.0 / 3.0);
        for (got, want) in found.constructed.answer.iter().zip(&found.wanted) {
            assert!((got - want).abs() <= most * h * h / 8.0 + 1e-5, "n {n}");
        }
    }
}

#[test]
fn kinks_start_where_they_are_told_to() {
    let kinks = |how: &str| {
        let found = run(&[("n", "16"), ("steps", "1"), ("kinks", how)]);
        found.frames[0].pieces.iter().map(|p| p.kink.unwrap()).collect::<Vec<_>>()
    };
    assert!(kinks("zero").iter().all(|kink| *kink == 0.0));
    let spread = kinks("spread");
    let least = spread.iter().copied().fold(f64::INFINITY, f64::min);
    let most = spread.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!(least < -1.0 && most > 1.0, "{spread:?}");
}

#[test]
fn training_learns_and_more_neurons_help() {
    let found = run(&[("n", "16")]);
    let (first, last) = (found.frames[0].loss, found.frames.last().unwrap().loss);
    assert!(last < 0.05 * first, "{first} to {last}");
    assert_eq!(found.frames.last().unwrap().step, 3000);
    assert!(found.frames.len() > 40 && found.frames.len() <= 62, "{}", found.frames.len());
    let found = widths(&Ask::of(&state(&[("steps", "300")])).unwrap(), &soon()).unwrap();
    assert_eq!(found.n, [1, 2, 4, 8, 16, 32, 64]);
    let constructed = &found.constructed;
    assert!(constructed[6] < 1e-4 && constructed[6] < 0.1 * constructed[4], "{constructed:?}");
    assert!(found.trained.iter().all(|errors| errors.len() == 3));
    let best = |k: usize| found.trained[k].iter().copied().fold(f64::INFINITY, f64::min);
    assert!(best(5) < 0.3 * best(0), "{:?}", found.trained);
}

#[test]
fn a_run_is_the_same_again_and_a_drawn_function_is_one() {
    let drawn = [("drawn", "1,1;-1,1;0,0"), ("on", "-1,1"), ("steps", "200"), ("n", "4")];
    let (one, two) = (run(&drawn), run(&drawn));
    assert_eq!(one.frames.last().unwrap().answer, two.frames.last().unwrap().answer);
    assert_eq!(one.formula, None);
    for (x, y) in one.xs.iter().zip(&one.wanted) {
        assert!(close(*y, x.abs(), 1e-12));
    }
    let abs = run(&[("f", "|x|"), ("on", "-1,1"), ("steps", "200"), ("n", "4")]);
    assert_eq!(abs.formula.map(|f| f.text).as_deref(), Some("f(x) = |x|"));
    assert!(close(abs.frames.last().unwrap().loss, one.frames.last().unwrap().loss, 1e-3));
    assert!(Choice::parse("|x|").is_ok());
}
