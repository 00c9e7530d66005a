//! Every function to minimise: the 24 of BBOB against COCO, the others against their known minima, every gradient by two
//! other ways, and the objective that is made of them.

use crate::common::{fixture, floats, greatest, pointed_at};
use gradus::functions::{Choice, Entry, FUNCTIONS, Function, all, bbob::BBOB};
use gradus::optimizer::Objective;
use gradus::real::Dual;
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;

/// Every function in two, three and seven dimensions, or in those it has.
fn every() -> Vec<Choice> {
    let in_dims = |entry: &'static Entry| {
        let takes_dim = entry.parameters.iter().any(|p| p.name == "dim");
        let lines = match takes_dim {
            true => [2, 3, 7].map(|dim| format!("{} dim={dim}", entry.name)).to_vec(),
            false => vec![entry.name.to_string()],
        };
        lines.into_iter().map(|line| Choice::parse(&line).unwrap())
    };
    all().flat_map(in_dims).collect()
}

fn value(function: &dyn Function, x: &[f64]) -> f64 {
    function.value(x, &mut vec![0.0; function.room()])
}

fn gradient(function: &dyn Function, x: &[f64]) -> Vec<f64> {
    let mut grad = vec![f64::NAN; x.len()];
    let at = function.gradient(x, &mut grad, &mut vec![0.0; function.room()]);
    assert_eq!(at, value(function, x), "value and gradient are of one function");
    grad
}

/// Points in the box that is usually searched.
fn points(choice: &Choice, count: u64) -> impl Iterator<Item = Vec<f64>> {
    (0..count).map(|seed| choice.start_of(seed))
}

#[test]
fn the_24_follow_coco() {
    let file = fixture("functions");
    let rows = file["bbob"].as_array().unwrap();
    assert_eq!(rows.len(), 24 * 6 * 3);
    let mut worst = [0.0f64; 25];
    for row in rows {
        let [number, dim, instance] = ["function", "dim", "instance"].map(|k| row[k].as_u64().unwrap());
        let line = format!("f{number} dim={dim} instance={instance}");
        let function = Choice::parse(&line).unwrap().function();
        let least = function.least().unwrap();
        let f_opt = row["f_opt"].as_f64().unwrap();
        assert!((least.value - f_opt).abs() <= 1e-9, "{line}: f_opt {} should be {f_opt}", least.value);
        if let Some(x_opt) = row.get("x_opt") {
            let apart =
                floats(x_opt).iter().zip(&least.places[0]).fold(0.0f64, |a, (x, y)| a.max((x - y).abs()));
            assert!(apart <= 1e-8, "{line}: x_opt {:?} should be {x_opt}", least.places[0]);
        }
        let points = file["points"][dim.to_string()].as_array().unwrap();
        for (point, want) in points.iter().zip(floats(&row["values"])) {
            let got = value(&*function, &floats(point));
            let error = (got - want).abs() / want.abs().max(1.0);
            worst[number as usize] = worst[number as usize].max(error);
            assert!(error <= 1e-11, "{line} at {point}: {got} should be {want}, apart by {error:e}");
        }
    }
    let worst: Vec<String> = worst[1..].iter().map(|w| format!("{w:.0e}")).collect();
    println!("greatest relative deviation from COCO, f1 to f24: {}", worst.join(" "));
}

#[test]
fn rosenbrock_follows_scipy() {
    let file = fixture("functions");
    for row in file["rosenbrock"].as_array().unwrap() {
        let dim = row["dim"].as_u64().unwrap().to_string();
        let function = Choice::parse(&format!("rosenbrock dim={dim}")).unwrap().function();
        let points = file["points"][&dim].as_array().unwrap();
        let slopes = row["gradients"].as_array().unwrap();
        for ((point, want), slopes) in points.iter().zip(floats(&row["values"])).zip(slopes) {
            let point = floats(point);
            assert!((value(&*function, &point) - want).abs() <= 1e-13 * want);
            let (got, want) = (gradient(&*function, &point), floats(slopes));
            let apart: Vec<f64> = got.iter().zip(&want).map(|(a, b)| a - b).collect();
            assert!(greatest(&apart) <= 1e-13 * greatest(&want), "{point:?}: {got:?} should be {want:?}");
        }
    }
}

#[test]
fn nothing_lies_below_the_known_minimum() {
    for choice in every() {
        let (line, function) = (choice.line(), choice.function());
        let Some(least) = function.least() else {
            assert_eq!(choice.name(), "saddle", "all others have a minimum");
            assert_eq!(choice.height()(&[0.0, 3.0]), -9.0, "its height is its value");
            continue;
        };
        let (low, high) = choice.within();
        assert!(!least.places.is_empty());
        for place in &least.places {
            assert_eq!(place.len(), choice.dimension(), "{line}");
            assert!(place.iter().all(|x| (low..=high).contains(x)), "{line}: {place:?} lies in the box");
            let above = value(&*function, place) - least.value;
            assert!(above.abs() <= 1e-9, "{line}: {above:e} above the minimum at {place:?}");
            assert!(choice.height()(place).abs() <= 1e-9);
            // Around it, from near to far.
            let mut rng = Rng::new(1, Stream::Probe, 5);
            for k in 0..400 {
                let radius = 0.3 * (high - low) * 0.1f64.powi(k % 8);
                let near: Vec<f64> = place.iter().map(|x| x + radius * rng.normal() as f64).collect();
                let inside = near.iter().all(|x| (low..=high).contains(x));
                let below = least.value - value(&*function, &near);
                assert!(below <= 1e-9 || !inside, "{line}: {below:e} below the minimum at {near:?}");
            }
        }
        for point in points(&choice, 500) {
            assert!(value(&*function, &point) >= least.value - 1e-9, "{line}: less at {point:?}");
        }
    }
}

#[test]
fn the_known_minima_are_those_of_the_literature() {
    let of = |line: &str| Choice::parse(line).unwrap().function().least().unwrap();
    assert!((of("styblinski_tang dim=3").value - 3.0 * -39.166_165_703_771_41).abs() < 1e-12);
    assert_eq!(of("himmelblau").places.len(), 4);
    assert_eq!(of("beale").places, [[3.0, 0.5]]);
    assert_eq!(of("booth").places, [[1.0, 3.0]]);
    assert!((of("schwefel dim=2").places[0][1] - 420.9687).abs() < 1e-4);
    // By hand.
    let at = |line: &str, x: &[f64]| value(&*Choice::parse(line).unwrap().function(), x);
    assert_eq!(at("x^2", &[-3.0]), 9.0);
    assert_eq!(at("sphere dim=3", &[1.0, 2.0, 3.0]), 14.0);
    assert_eq!(at("rosenbrock", &[-1.2, 1.0]), 24.199999999999996);
    assert!((at("ravine condition=100 dim=3", &[1.0, 1.0, 1.0]) - 55.5).abs() < 1e-13);
    assert_eq!(at("rastrigin", &[1.0, 0.5]), 1.0 + 0.25 + 20.0);
    assert_eq!(at("booth", &[0.0, 0.0]), 74.0);
    assert_eq!(at("beale", &[0.0, 0.0]), 14.203125);
    assert_eq!(at("himmelblau", &[0.0, 0.0]), 170.0);
    assert_eq!(at("saddle", &[2.0, 1.0]), 3.0);
    assert!((at("three_hump_camel", &[-1.747_552_345_8, 0.873_776_172_9]) - 0.298_638_442_2).abs() < 1e-9);
    assert!((at("ackley", &[1.0, 1.0]) - 3.625_384_938_440_363).abs() < 1e-13);
    let griewank = 1.0 + 200.0 / 4000.0 - 10f64.cos() * (10.0 / 2f64.sqrt()).cos();
    assert!((at("griewank", &[10.0, 10.0]) - griewank).abs() < 1e-13);
    assert!((at("schwefel dim=1", &[100.0]) - (418.982_887_272_433_74 + 54.402_111_088_937)).abs() < 1e-9);
    assert_eq!(at("noisy_bowl", &[3.0, 4.0]), 12.5);
}

#[test]
fn gradients_agree_with_dual_numbers_and_with_differences() {
    let mut duals = 0;
    for choice in every() {
        let (line, function) = (choice.line(), choice.function());
        let by_hand = FUNCTIONS.iter().any(|e| e.name == choice.name());
        let tolerance = if by_hand { 1e-7 } else { ruggedness(choice.name()) };
        for x in points(&choice, 20) {
            let grad = gradient(&*function, &x);
            let size = greatest(&grad).max(1e-3);
            for (i, said) in grad.iter().enumerate() {
                let differences = by_differences(&*function, &x, i, if by_hand { 2e-4 } else { 2e-6 });
                let apart = (differences - said).abs() / size;
                let what = format!("{line} at {x:?}: {said} said, {differences} by differences");
                assert!(apart <= tolerance, "{what}, apart by {apart:e}");
                let slope = |k| if k == i { 1.0 } else { 0.0 };
                let along: Vec<Dual> = (0..x.len()).map(|k| Dual { value: x[k], slope: slope(k) }).collect();
                if let Some(dual) = function.dual(&along) {
                    duals += 1;
                    assert_eq!(dual.value, value(&*function, &x), "{line}");
                    assert!((dual.slope - said).abs() <= 1e-12 * size, "{what}, {} by dual", dual.slope);
                }
            }
        }
        for place in function.least().iter().flat_map(|least| &least.places) {
            let grad = gradient(&*function, place);
            assert!(!by_hand || greatest(&grad) < 1e-9, "{line}: {grad:?} at its minimum");
        }
    }
    assert!(duals > 1000);
}

/// Fourth order, so that it is another formula than that of BBOB's gradients.
fn by_differences(function: &dyn Function, x: &[f64], i: usize, h: f64) -> f64 {
    let at = |steps: f64| {
        let mut moved = x.to_vec();
        moved[i] += steps * h;
        value(function, &moved)
    };
    (8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * h)
}

/// How well differences with two steps agree on a function of BBOB: some are rough on the scale of the steps, one
/// has steps of its own.
fn ruggedness(name: &str) -> f64 {
    match name {
        "bbob_weierstrass" | "bbob_katsuura" | "bbob_step_ellipsoid" => f64::INFINITY,
        "bbob_griewank_rosenbrock" => 1e-2,
        "bbob_schaffers_f7_ill" => 1e-3,
        _ => 1e-4,
    }
}

#[test]
fn an_objective_in_f32_is_that_in_f64_rounded() {
    let threads = Threads::new(1);
    for choice in every() {
        let (line, dim) = (choice.line(), choice.dimension());
        let (mut single, mut double) = (choice.problem(3, &threads), choice.problem(3, &threads));
        let (mut grad_single, mut grad_double) = (vec![0.0f32; dim], vec![0.0f64; dim]);
        for x in points(&choice, 5) {
            let x: Vec<f32> = x.iter().map(|x| *x as f32).collect();
            let wide: Vec<f64> = x.iter().map(|x| *x as f64).collect();
            assert_eq!(single.loss(&x), double.loss(&wide) as f32, "{line}");
            let (a, b) = (single.gradient(&x, &mut grad_single), double.gradient(&wide, &mut grad_double));
            assert_eq!(a, b as f32, "{line}");
            assert!(grad_single.iter().zip(&grad_double).all(|(a, b)| *a == *b as f32), "{line}");
        }
        assert_eq!((single.evaluations, double.evaluations), (10, 10));
    }
}

#[test]
fn a_population_is_the_same_on_any_number_of_threads_and_one_by_one() {
    let one = Threads::new(1);
    for choice in every() {
        let (line, dim) = (choice.line(), choice.dimension());
        let population: Vec<f64> = points(&choice, 601).flatten().collect();
        let mut alone = choice.problem(9, &one);
        let want: Vec<f64> = population.chunks(dim).map(|theta| alone.loss(theta)).collect();
        for threads in [1, 2, 3] {
            let mut problem = choice.problem(9, &Threads::new(threads));
            let mut got = vec![f64::NAN; want.len()];
            problem.losses(&population, &mut got);
            assert_eq!(got, want, "{line} on {threads} threads");
            assert_eq!(problem.evaluations, 601);
        }
    }
}

#[test]
fn noise_is_a_function_of_seed_and_evaluation() {
    let threads = Threads::new(1);
    let choice = Choice::parse("noisy-bowl dim=2 value_noise=0.5 gradient_noise=2").unwrap();
    let mut problem = choice.problem(1, &threads);
    let theta = [1.0f64, -2.0];
    let mut grad = [0.0; 2];
    let n = 20_000;
    let (mut values, mut slopes) = (Vec::new(), Vec::new());
    for k in 0..n {
        let loss = if k % 2 == 0 { problem.loss(&theta) } else { problem.gradient(&theta, &mut grad) };
        values.push(loss - 2.5);
        if k % 2 == 1 {
            slopes.extend([grad[0] - 1.0, grad[1] + 2.0]);
        }
    }
    for (noise, sigma) in [(&values, 0.5), (&slopes, 2.0)] {
        let mean = noise.iter().sum::<f64>() / n as f64;
        let deviation = (noise.iter().map(|x| x * x).sum::<f64>() / n as f64).sqrt();
        assert!(mean.abs() < 0.02 * sigma && (deviation / sigma - 1.0).abs() < 0.02, "{mean} {deviation}");
    }
    let together: f64 = slopes.chunks(2).map(|s| s[0] * s[1]).sum::<f64>() / n as f64;
    assert!(together.abs() < 0.1, "coordinates have noise of their own");
    // The same evaluation again, after others or before.
    let mut again = choice.problem(1, &threads);
    again.evaluations = 7;
    again.gradient(&theta, &mut grad);
    assert_eq!([grad[0] - 1.0, grad[1] + 2.0], slopes[6..8]);
    assert_ne!(choice.problem(2, &threads).loss(&theta), choice.problem(1, &threads).loss(&theta));
    assert_eq!(choice.height()(&theta), 2.5, "the height knows no noise");
    let noisy: Vec<&str> = all().filter(|e| e.noisy).map(|e| e.name).collect();
    let built: Vec<&str> = every()
        .iter()
        .filter(|c| c.dimension() <= 2 && c.function().noise() != Default::default())
        .filter_map(|c| c.entry().map(|e| e.name))
        .collect();
    assert_eq!(noisy, built, "the table says which are noisy");
}

#[test]
fn lines_are_read_and_written() {
    let name = |line: &str| Choice::parse(line).unwrap().line();
    assert_eq!(name("x^2"), "x_squared");
    assert_eq!(name("noisy-bowl"), "noisy_bowl dim=2 value_noise=0.1 gradient_noise=1");
    assert_eq!(name("f15 dim=5 instance=3"), "bbob_rastrigin_rotated dim=5 instance=3");
    for (k, entry) in BBOB.iter().enumerate() {
        assert_eq!(entry.aliases, [format!("f{}", k + 1)]);
    }
    for choice in every() {
        assert_eq!(name(&choice.line()), choice.line());
        assert_eq!(choice.start().len(), choice.dimension(), "{}", choice.line());
        let (low, high) = choice.within();
        assert!(
            choice.start().iter().all(|x| (low..=high).contains(x)),
            "{}: starts in its box",
            choice.line()
        );
        assert!(choice.function().room() < 100 * choice.dimension());
    }
    let wrong = |line: &str| Choice::parse(line).err().expect("an error");
    assert_eq!(pointed_at(&wrong("rosenbrok")), "rosenbrok");
    assert!(wrong("rosenbrok").to_string().contains("did you mean `rosenbrock`?"));
    assert_eq!(pointed_at(&wrong("rosenbrock dim=1")), "dim=1");
    assert_eq!(pointed_at(&wrong("sphere dim=2.5")), "dim=2.5");
    assert_eq!(pointed_at(&wrong("booth dim=2")), "dim=2");
    assert_eq!(pointed_at(&wrong("f3 instance=0")), "instance=0");
    assert_eq!(pointed_at(&wrong("sphere 3")), "3");
    assert!(Choice::parse("").is_err());
    assert_eq!((FUNCTIONS.len(), BBOB.len(), all().count()), (15, 24, 39));
}

#[test]
fn a_theta_of_another_length_has_no_value() {
    let mut problem = Choice::parse("f10 dim=3").unwrap().problem(1, &Threads::new(1));
    let mut grad = [0.0f32; 2];
    assert!(problem.loss(&[1.0f32, 2.0]).is_nan());
    assert!(problem.gradient(&[1.0f32, 2.0], &mut grad).is_nan() && grad[1].is_nan());
    let mut losses = [0.0f64; 2];
    problem.losses(&[0.0; 4], &mut losses);
    assert!(losses.iter().all(|x| x.is_nan()));
    problem.losses(&[] as &[f64], &mut []);
    for entry in all() {
        let choice = Choice::parse(entry.name).unwrap();
        let nan = vec![f64::NAN; choice.dimension()];
        assert!(choice.problem(1, &Threads::new(1)).loss(&nan).is_nan(), "{}: of NaN", entry.name);
        let far = vec![1e300f64; choice.dimension()];
        choice.problem(1, &Threads::new(1)).loss(&far);
    }
}
