//! Evolution strategies as a whole: how soon they get there beside others, why they end, what follows, what they learn.

#[path = "common/reference.rs"]
mod reference;

use crate::common::fixture;
use gradus::evolution::Evolver;
use gradus::functions;
use gradus::layout::Layout;
use gradus::optimizer::{Reason, Setup, Step};
use gradus::optimizers::Choice;
use gradus::threads::Threads;
use gradus::train::{Settings, Trainer};
use reference::{MORE, Results, Row, fisher, later, median, medians, rows, run, successes};

/// The rows that are compared in each run of the tests: seconds, not minutes. `examples/evolution_table.rs` compares all.
fn is_compared(row: &Row) -> bool {
    let smooth = ["sphere", "rosenbrock", "ackley", "f1", "f2", "f8", "f10", "f11", "f12", "f14"];
    match row.run.as_str() {
        "cma" => smooth.contains(&row.function.as_str()) && row.dim <= 10 || row.function == "sphere",
        "sep_cma" => ["sphere", "ackley", "f1", "f2"].contains(&row.function.as_str()),
        "bipop" => row.function == "rastrigin" && row.dim <= 5,
        "xnes" | "snes" | "snes_32" | "pgpe_adam" => {
            row.function == "sphere" || row.function == "ackley" && row.dim == 5
        }
        "open_es" => row.function == "sphere" && row.dim <= 5,
        _ => false,
    }
}

#[test]
fn targets_are_met_within_the_evaluations_that_others_need() {
    let file = fixture("evolution");
    let (mut compared, mut behind) = (0, Vec::new());
    for row in rows(&file).iter().filter(|row| is_compared(row)) {
        let what = format!("{} on {} in {} dimensions", row.line, row.function, row.dim);
        compared += 1;
        match (
            run(&file, row, 15, if matches!(row.theirs, Results::Met(_)) { 1.0 } else { MORE }),
            &row.theirs,
        ) {
            (Results::Met(ours), Results::Met(theirs)) => {
                let fewer = fisher((successes(&ours), ours.len()), (successes(theirs), theirs.len()));
                if fewer < 0.01 {
                    behind.push(format!("{what}: {} of {} get there", successes(&ours), ours.len()));
                }
                let later = later(&ours, theirs, MORE);
                if later > 2.33 {
                    let (ours, theirs) = (median(&ours), median(theirs));
                    behind.push(format!(
                        "{what}: {ours:?} evaluations, theirs {theirs:?}, {later:.1} deviations more"
                    ));
                }
            }
            (Results::Best(ours), Results::Best(theirs)) => {
                // Of the first eighth of the budget five seeds say little.
                for (ours, theirs) in medians(&ours).into_iter().zip(medians(theirs)).skip(2) {
                    // Medians of a few seeds scatter by about half.
                    if ours > 1.5 * theirs.max(1e-14) {
                        behind.push(format!("{what}: {ours:e}, not {theirs:e}"));
                    }
                }
            }
            _ => unreachable!("one kind of results a row"),
        }
    }
    assert!(compared >= 40, "only {compared} rows are compared");
    assert!(behind.is_empty(), "{} of {compared}:\n{}", behind.len(), behind.join("\n"));
}

fn evolver(line: &str, start: &[f64], seed: u64) -> Box<dyn Evolver<f64>> {
    let (layout, threads) = (Layout::of(start.len()), Threads::new(1));
    let mut made =
        Choice::parse(line).unwrap().evolver::<f64>(&Setup::new(&layout, &threads).seed(seed)).expect(line);
    made.begin(start);
    made
}

fn generation(evolver: &mut dyn Evolver<f64>, weights: usize, f: &dyn Fn(&[f64]) -> f64) -> Vec<f64> {
    let mut population = vec![f64::NAN; evolver.members() * weights];
    evolver.ask(&mut population);
    let losses: Vec<f64> = population.chunks(weights).map(f).collect();
    evolver.tell(&population, &losses);
    population
}

fn state(evolver: &mut dyn Evolver<f64>) -> Vec<Vec<f64>> {
    evolver.state().iter().map(|(_, slot)| slot.to_vec()).collect()
}

/// Why it ends, and after how many generations.
fn end(line: &str, start: &[f64], f: &dyn Fn(&[f64]) -> f64) -> (Option<Reason>, usize) {
    let mut search = evolver(line, start, 1);
    for told in 0..20_000 {
        if let Some(reason) = search.ended() {
            return (Some(reason), told);
        }
        generation(&mut *search, start.len(), f);
    }
    (None, 20_000)
}

fn sphere(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

#[test]
fn each_ends_for_the_reason_that_holds() {
    let stretched = |x: &[f64]| x[0] * x[0] + 1e20 * x[1] * x[1];
    let slope = |x: &[f64]| -x[0] - x[1];
    let noise = |x: &[f64]| (x[0].to_bits().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64;
    let plain = |_: &[f64]| 3.0;
    for name in ["cma_es", "sep_cma_es", "snes", "xnes"] {
        // λ = 6 for two weights: 10 + 30 · 2 / 6 = 20 generations of one value.
        assert_eq!(end(name, &[1.0, 1.0], &plain), (Some(Reason::Stalled), 20), "{name} on a plain");
        let (reason, told) = end(&format!("{name} tolfun=0"), &[1.0, 1.0], &noise);
        assert!(reason == Some(Reason::Stalled) && told >= 130, "{name} in noise: {reason:?} after {told}");
        let (reason, _) = end(&format!("{name} tolx=0.01 tolfun=0"), &[1.0, 1.0], &sphere);
        assert_eq!(reason, Some(Reason::TinySteps), "{name} with coarse steps");
        let (reason, told) =
            end(&format!("{name} tolx=0 tolfun=0"), &[1.0, 1.0], &|x| sphere(&[x[0] - 1.0, x[1] - 1.0]));
        assert!(
            reason == Some(Reason::TinySteps) && told > 100,
            "{name} to the last digit: {reason:?} after {told}"
        );
    }
    for name in ["cma_es", "sep_cma_es"] {
        let (reason, _) = end(&format!("{name} sigma=1"), &[1.0, 1.0], &stretched);
        assert_eq!(reason, Some(Reason::IllConditioned), "{name} in a needle");
        let (reason, _) = end(&format!("{name} sigma=0.001"), &[1.0, 1.0], &slope);
        assert_eq!(reason, Some(Reason::Runaway), "{name} on a slope");
    }
}

#[test]
fn ipop_doubles_the_population_and_starts_elsewhere() {
    let (n, start) = (2, [5.0, -5.0]);
    let line = "cma_es restarts=ipop max_restarts=3 sigma=0.5 population=5";
    let mut search = evolver(line, &start, 3);
    assert_eq!(search.most_members(), 40);
    let (mut sizes, mut means) = (vec![search.members()], Vec::new());
    while search.ended().is_none() {
        let told: Vec<f64> = generation(&mut *search, n, &|_| 1.0);
        if search.members() != *sizes.last().unwrap() {
            sizes.push(search.members());
            let kept = search.state().into_iter().find(|(name, _)| name == "mean").unwrap().1.to_vec();
            assert!(kept.iter().zip(&start).all(|(m, x)| (m - x).abs() <= 1.0), "{kept:?} lies within 2 σ₀");
            means.push(kept);
        }
        assert!(told.iter().all(|x| x.is_finite()));
    }
    assert_eq!((sizes, search.ended()), (vec![5, 10, 20, 40], Some(Reason::Stalled)));
    assert!(means[0] != means[1] && means[1] != means[2]);
    let mut answer = [0.0; 2];
    search.answer(&mut answer);
    assert!(
        means.iter().all(|m| *m != answer),
        "the answer is a member that was judged, not where the last run stood"
    );
}

#[test]
fn bipop_has_small_runs_between_that_use_no_more_than_large_ones() {
    let line = "cma_es restarts=bipop max_restarts=4 sigma=0.5 population=6";
    let mut search = evolver(line, &[1.0, 1.0], 5);
    // (members, first σ, evaluations) of each run.
    let mut runs: Vec<(usize, f64, usize)> = Vec::new();
    let numbers = |search: &mut dyn Evolver<f64>| {
        search.state().into_iter().find(|(name, _)| name == "numbers").unwrap().1.to_vec()
    };
    while search.ended().is_none() {
        let [_, first, members, told, _] = numbers(&mut *search)[..] else { panic!("five numbers") };
        if told == 0.0 {
            runs.push((members as usize, first, 0));
        }
        generation(&mut *search, 2, &|_| 1.0);
        runs.last_mut().unwrap().2 += members as usize;
    }
    let is_large = |k: usize| {
        k > 0 && runs[k].1 == 0.5 && runs[k].0 > 6 * (1 << (runs[1..k].iter().filter(|r| r.1 == 0.5).count()))
    };
    let large: Vec<usize> = (0..runs.len()).filter(|k| is_large(*k)).map(|k| runs[k].0).collect();
    assert_eq!(large, [12, 24, 48, 96], "{runs:?}");
    let (mut small_spent, mut large_spent, mut last, mut small) = (0, 0, 0, 0);
    for (k, (members, first, evaluations)) in runs.iter().enumerate().skip(1) {
        if is_large(k) {
            assert!(
                small_spent >= large_spent,
                "a large run comes once small ones have used as much: {runs:?}"
            );
            (large_spent, last) = (large_spent + evaluations, *evaluations);
        } else {
            small += 1;
            assert!(small_spent < large_spent, "{runs:?}");
            assert!((0.005..=0.5).contains(first) && (6..=48).contains(members), "{runs:?}");
            assert!(*evaluations <= last / 2 + members, "at most half of the last large run: {runs:?}");
            small_spent += evaluations;
        }
    }
    assert!(small >= 4, "{runs:?}");
}

#[test]
fn restarts_and_rates_survive_a_checkpoint() {
    let lines =
        ["cma_es restarts=bipop max_restarts=4 tolx=0.3", "sep_cma_es restarts=ipop max_restarts=4 tolx=0.3"];
    let estimates =
        ["openai_es population=6 over adam", "pgpe population=6 over rmsprop", "openai_es over nesterov"];
    for line in lines.into_iter().chain(estimates) {
        let mut whole = evolver(line, &[1.0, -1.0, 0.5], 2);
        let mut seen = std::collections::BTreeSet::new();
        for round in 0..60 {
            seen.insert(whole.members());
            let mut other = evolver(line, &[9.0, 9.0, 9.0], 2);
            if round % 7 == 3 {
                generation(&mut *other, 3, &sphere);
            }
            for (from, (_, mut to)) in state(&mut *whole).into_iter().zip(other.state()) {
                to.set(&from);
            }
            let went = [&mut whole, &mut other].map(|search| {
                let asked = generation(&mut **search, 3, &sphere);
                (asked, state(&mut **search), search.ended(), search.members())
            });
            assert!(went[0] == went[1], "{line}: resumed after {round}");
        }
        assert!(seen.len() >= 3 || estimates.contains(&line), "{line}: populations of {seen:?}");
    }
}

#[test]
fn whoever_asks_and_tells_goes_the_way_that_the_optimizer_goes() {
    for line in [
        "cma_es",
        "cma_es restarts=bipop tolx=0.5",
        "sep_cma_es",
        "snes",
        "xnes",
        "openai_es over adam",
        "openai_es shaping=losses population=7 over momentum",
        "pgpe population=10 over adam",
    ] {
        let mut search = evolver(line, &[0.7, -0.2, 0.4], 4);
        let (layout, threads) = (Layout::of(3), Threads::new(3));
        let choice = Choice::parse(line).unwrap();
        let mut optimizer = choice.build_as::<f64>(&Setup::new(&layout, &threads).seed(4));
        let mut theta = vec![0.7, -0.2, 0.4];
        let mut problem = functions::Choice::parse("rosenbrock dim=3").unwrap().problem(1, &threads);
        let f = functions::Choice::parse("rosenbrock dim=3").unwrap().height();
        for t in 1..=50 {
            search.at(Step { t, learning_rate: 1e-3 });
            generation(&mut *search, 3, &f);
            optimizer.step(Step { t, learning_rate: 1e-3 }, &mut theta, &mut problem);
            let (mut asked, mut stepped) = ([0.0; 3], [0.0; 3]);
            search.answer(&mut asked);
            optimizer.answer(&theta, &mut stepped);
            assert_eq!(asked, stepped, "{line}: generation {t}");
        }
        let first = state(&mut *search);
        search.begin(&[0.7, -0.2, 0.4]);
        for t in 1..=50 {
            search.at(Step { t, learning_rate: 1e-3 });
            generation(&mut *search, 3, &f);
        }
        assert!(state(&mut *search) == first, "{line}: beginning again is beginning");
    }
}

#[test]
fn members_stand_in_pairs_around_theta() {
    let start = [0.5, -1.5, 3.0];
    for line in ["openai_es population=8 sigma=0.25 over sgd", "pgpe population=7 sigma=0.25 over sgd"] {
        let mut search = evolver(line, &start, 1);
        let mut population = vec![0.0; search.members() * 3];
        search.ask(&mut population);
        assert_eq!(search.members(), 8, "{line}: pairs");
        for pair in population.chunks(6) {
            for (i, x) in start.iter().enumerate() {
                assert!(
                    (pair[i] + pair[3 + i] - 2.0 * x).abs() < 1e-14 && pair[i] != pair[3 + i],
                    "{line}: {pair:?}"
                );
            }
        }
    }
}

/// θ after one step of gradient descent by an estimate: minus the gradient, at η = 1 from 0.
fn estimate(line: &str, n: usize, f: &dyn Fn(&[f64]) -> f64) -> Vec<f64> {
    let mut search = evolver(line, &vec![0.0; n], 1);
    search.at(Step { t: 1, learning_rate: 1.0 });
    generation(&mut *search, n, f);
    let mut theta = vec![0.0; n];
    search.answer(&mut theta);
    theta.iter().map(|x| -x).collect()
}

#[test]
fn the_estimate_of_losses_is_the_gradient_and_that_of_ranks_its_direction() {
    // Of a quadratic the blurred gradient is the gradient.
    let slope = [3.0, -2.0, 0.5, 1.0];
    let f = |x: &[f64]| x.iter().zip(slope).map(|(x, s)| s * x + x * x).sum::<f64>() + 7.0;
    let cosine = |g: &[f64]| {
        let along = g.iter().zip(slope).map(|(g, s)| g * s).sum::<f64>();
        along / (sphere(g) * sphere(&slope)).sqrt()
    };
    let near =
        |g: &[f64], factor: f64| g.iter().zip(slope).all(|(g, s)| (g - factor * s).abs() < 0.1 * factor);
    let g = estimate("openai_es population=40000 sigma=0.3 shaping=losses over sgd", 4, &f);
    assert!(near(&g, 1.0), "{g:?}");
    let g = estimate("pgpe population=40000 sigma=0.3 shaping=losses over sgd", 4, &f);
    assert!(near(&g, 0.09), "{g:?} is σ² times the gradient");
    for name in ["openai_es", "pgpe"] {
        let g = estimate(&format!("{name} population=4000 sigma=0.3 over sgd"), 4, &f);
        assert!(cosine(&g) > 0.99, "{name}: {g:?}");
        // Ranks do not see how large losses are.
        assert_eq!(
            estimate(&format!("{name} over sgd"), 4, &|x| (20.0 * f(x)).exp()),
            estimate(&format!("{name} over sgd"), 4, &f)
        );
        for shaping in ["ranks", "losses"] {
            let g = estimate(&format!("{name} shaping={shaping} over sgd"), 4, &|_| 5.0);
            assert_eq!(g, [0.0; 4], "{name} {shaping}: a plain has no slope");
            let g = estimate(&format!("{name} shaping={shaping} over sgd"), 4, &|x| {
                if x[0] > 0.0 { f64::NAN } else { x[1] }
            });
            assert!(
                g.iter().all(|g| g.is_finite()) && g[0] > 0.0,
                "{name} {shaping}: away from what is no number: {g:?}"
            );
        }
    }
}

#[test]
fn pgpe_looks_farther_where_it_is_flat() {
    let mut search = evolver("pgpe population=200 sigma=1 over sgd", &[0.0, 0.0], 1);
    for t in 1..=60 {
        search.at(Step { t, learning_rate: 0.1 });
        generation(&mut *search, 2, &|x| 100.0 * x[0] * x[0] + 0.01 * x[1]);
    }
    let sigma = search.state().into_iter().find(|(name, _)| name == "pgpe.sigma").unwrap().1.to_vec();
    assert!(sigma[0] < 0.3 && sigma[1] > 3.0 * sigma[0], "{sigma:?}");
}

#[test]
fn xnes_keeps_its_inverse() {
    let n = 6;
    let mut search = evolver("xnes sigma=1 tolx=0 tolfun=0", &vec![3.0; n], 1);
    let f = functions::Choice::parse("f10 dim=6").unwrap().height();
    (0..300).for_each(|_| drop(generation(&mut *search, n, &f)));
    let kept = |search: &mut dyn Evolver<f64>, name| {
        search.state().into_iter().find(|(n, _)| n == name).unwrap().1.to_vec()
    };
    let (shape, inverse) = (kept(&mut *search, "shape"), kept(&mut *search, "inverse"));
    for i in 0..n {
        for j in 0..n {
            // `inverse` is kept transposed.
            let unit: f64 = (0..n).map(|k| shape[i * n + k] * inverse[j * n + k]).sum();
            assert!((unit - f64::from(i == j)).abs() < 1e-7, "B B⁻¹ at {i}, {j}: {unit}");
        }
    }
}

#[test]
fn a_matrix_too_large_is_refused_with_what_it_takes_and_what_to_do() {
    let (threads, data) = (Threads::new(1), crate::common::Clouds { examples: 50, inputs: 300, classes: 3 });
    let model = crate::common::model("dense 60 relu, dense 3 softmax", "softmax_cross_entropy", 300, 3);
    let refused = |line: &str| {
        let settings = Settings { optimizer: line.into(), ..Settings::default() };
        let made = Trainer::new(&model, &data, data.parts(40), settings, &threads, "");
        made.err().map(|error| error.to_string()).unwrap_or_default()
    };
    for (line, parts) in [
        ("cma_es", ["18243 weights", "4.0 GB", "use sep_cma_es"]),
        ("xnes", ["18243 weights", "10.6 GB", "use snes"]),
        ("sep_cma_es restarts=ipop", ["members of 18243 weights", "4.9 GB", "max_restarts"]),
        ("lookahead over cma_es", ["18243 weights", "4.0 GB", "use sep_cma_es"]),
    ] {
        let Ok(_) = Choice::parse(line) else { continue };
        let error = refused(line);
        assert!(parts.iter().all(|part| error.contains(part)), "{line}: {error}");
    }
    for line in ["sep_cma_es", "snes", "openai_es", "pgpe", "sep_cma_es restarts=ipop max_restarts=3"] {
        assert_eq!(refused(line), "", "{line}");
    }
}
