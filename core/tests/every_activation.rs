//! Every activation: its written slope against its derivative, its `f32` loops against `f64`, both against PyTorch.

use crate::common::{bits, cases, fixture, floats, random};
use gradus::activations::{ACTIVATIONS, Activation, Keeps};
use gradus::threads::Threads;

/// From −30 to 30, dense near zero, off the kink at zero.
fn points() -> Vec<f64> {
    let far = (-6000..=6000).map(|i| (i as f64 + 0.5) * 0.005);
    let near = (-2000..=2000).map(|i| (i as f64 + 0.5) * 1e-6);
    far.chain(near).collect()
}

#[test]
fn every_written_slope_is_the_derivative_of_the_written_value() {
    for a in ACTIVATIONS {
        for x in points() {
            let (slope, derived) = ((a.slope)(x), (a.derived)(x));
            let near = (slope - derived).abs() <= 1e-12 * (1.0 + derived.abs());
            assert!(near, "{} at {x}: slope says {slope}, the derivative is {derived}", a.name);
            let h = 1e-6;
            if x.abs() > 2.0 * h {
                let differences = ((a.value)(x + h) - (a.value)(x - h)) / (2.0 * h);
                assert!((slope - differences).abs() < 2e-8, "{} at {x}: differences {differences}", a.name);
            }
        }
    }
}

/// Differences across a kink are no slopes, so whoever takes them must know.
#[test]
fn an_activation_whose_slope_or_bend_jumps_at_zero_says_so() {
    for a in ACTIVATIONS {
        let h = 1e-6;
        let [far_left, left, right, far_right] = [-2.0, -1.0, 1.0, 2.0].map(|k| (a.derived)(k * h));
        let bends = ((left - far_left) / h, (far_right - right) / h);
        let jumps = (right - left).abs() > 1e-4 || (bends.1 - bends.0).abs() > 1e-3;
        assert_eq!(a.kink, jumps, "{}: slopes {left} and {right}, bends {bends:?}", a.name);
    }
}

/// Whether the formula keeps all digits of tiny results; the others take a difference from 1.
fn keeps_digits(a: &Activation) -> bool {
    !matches!(a.name, "elu" | "gelu")
}

#[test]
fn the_f32_loops_follow_f64_to_a_few_units_in_the_last_place() {
    const UNIT: f64 = f32::EPSILON as f64;
    for a in ACTIVATIONS {
        let x: Vec<f32> = points().into_iter().map(|x| x as f32).collect();
        let mut y = x.clone();
        (a.apply)(&mut y);
        let mut slopes = vec![0.5f32; x.len()];
        (a.chain)(&mut slopes, if a.keeps == Keeps::Input { &x } else { &y });
        for ((x, y), slope) in x.iter().zip(y).zip(slopes) {
            let (want, want_slope) = ((a.value)(*x as f64), 0.5 * (a.slope)(*x as f64));
            let least = if keeps_digits(a) { 0.0 } else { 1.0 };
            let near = 6.0 * UNIT * want.abs().max(least) + f32::MIN_POSITIVE as f64;
            assert!((y as f64 - want).abs() <= near, "{} at {x}: {y}, not {want}", a.name);
            let off = (slope as f64 - want_slope).abs();
            assert!(off <= 10.0 * UNIT, "{}: slope at {x}: {slope}, not {want_slope}", a.name);
        }
    }
}

#[test]
fn chain_multiplies_what_comes_in() {
    for a in ACTIVATIONS {
        let kept = [0.25f32, 0.5];
        let (mut once, mut scaled) = ([1.0f32, 1.0], [4.0f32, -8.0]);
        (a.chain)(&mut once, &kept);
        (a.chain)(&mut scaled, &kept);
        assert_eq!(scaled, [4.0 * once[0], -8.0 * once[1]], "{}", a.name);
    }
}

#[test]
fn every_activation_agrees_with_pytorch() {
    let file = fixture("activations");
    let points = floats(&file["points"]);
    for a in ACTIVATIONS {
        let name = if a.name == "gelu" { "gelu_tanh" } else { a.name };
        let case = cases(&file).iter().find(|c| c["name"] == name);
        let case =
            case.unwrap_or_else(|| panic!("`{name}` is not in fixtures/activations.json: add it to make.py"));
        let (values, slopes) = (floats(&case["values"]), floats(&case["derivatives"]));
        for (i, x) in points.iter().enumerate() {
            let near = |got: f64, want: f64| (got - want).abs() <= 1e-14 + 1e-12 * want.abs();
            let (value, slope) = ((a.value)(*x), (a.slope)(*x));
            assert!(near(value, values[i]), "{} at {x}: {value}, PyTorch {}", a.name, values[i]);
            assert!(near(slope, slopes[i]), "{}: slope at {x}: {slope}, PyTorch {}", a.name, slopes[i]);
        }
    }
}

#[test]
fn extremes_stay_numbers_and_what_is_no_number_stays_so() {
    for a in ACTIVATIONS {
        let mut y = [1e30f32, -1e30, 100.0, -100.0, 0.0, f32::NAN];
        (a.apply)(&mut y);
        assert!(y[..5].iter().all(|y| y.is_finite()), "{}: {y:?}", a.name);
        assert!(y[5].is_nan(), "{} hides what is not a number", a.name);
    }
}

/// A batch that is cut among threads has the bits of one that is not.
#[test]
fn all_threads_do_as_one() {
    let z: Vec<f32> = random(20_001, 3).iter().map(|z| 8.0 * *z as f32).collect();
    let dy: Vec<f32> = random(20_001, 4).iter().map(|dy| *dy as f32).collect();
    for a in ACTIVATIONS {
        let (mut y, mut dz) = (z.clone(), dy.clone());
        (a.apply)(&mut y);
        let kept = if a.keeps == Keeps::Input { &z } else { &y };
        if !a.is_identity() {
            (a.chain)(&mut dz, kept);
        }
        for threads in [1, 2, 3].map(Threads::new) {
            let (mut forth, mut back) = (vec![f32::NAN; z.len()], dy.clone());
            a.forth(&z, &mut forth, &threads);
            assert!(bits(&forth) == bits(&y), "{}: y on {} threads", a.name, threads.count());
            a.back(&mut back, kept, &threads);
            assert!(bits(&back) == bits(&dz), "{}: dz on {} threads", a.name, threads.count());
        }
    }
}
