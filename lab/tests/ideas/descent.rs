//! Descent against what school says of it.

use gradus_lab::bench::descent::{Ask, Race, Run, lists, race};

use super::{close, soon, state};

fn run(pairs: &[(&str, &str)]) -> Race {
    race(&Ask::of(&state(pairs)).unwrap(), &soon()).unwrap_or_else(|e| panic!("{pairs:?}: {e}"))
}

fn only(pairs: &[(&str, &str)]) -> Run {
    run(pairs).runs.remove(0)
}

#[test]
fn plain_descent_on_a_parabola_is_a_power() {
    for rate in [0.1f64, 0.5, 0.9, 1.05] {
        let rate_text = rate.to_string();
        let pairs =
            [("f", "x*x"), ("optimizers", "sgd"), ("lr", &rate_text), ("start", "2"), ("steps", "60")];
        let path = only(&pairs).path;
        assert_eq!(path.len(), 61);
        for (t, x) in path.iter().enumerate() {
            let power = 2.0 * (1.0 - 2.0 * rate).powi(t as i32);
            assert!(close(*x, power, 1e-12), "rate {rate}, step {t}: {x} should be {power}");
        }
    }
}

#[test]
fn verdicts_say_what_the_numbers_say() {
    let parabola =
        |rate: &str| only(&[("f", "x*x"), ("optimizers", "sgd"), ("lr", rate), ("steps", "200")]).verdict;
    let good = parabola("0.1");
    assert_eq!((good.what, good.curvature, good.bound, good.quadratic), ("flat", Some(2.0), Some(2.0), true));
    assert_eq!(parabola("1.1").what, "diverged");
    assert_eq!(parabola("0.0001").what, "going");
    let named = only(&[("f", "x^2"), ("optimizers", "sgd"), ("lr", "0.1"), ("steps", "200")]).verdict;
    assert_eq!(named.what, "arrived", "of a function of the table the minimum is known");

    // |1 − 2η| = 1.2 to the t; the step said is the first at which f is a thousand times as high.
    let lost = parabola("1.1");
    let first = (0i32..).find(|t| 4.0 * 1.2f64.powi(2 * t) > 4e3).unwrap();
    assert_eq!(lost.step, first as usize);

    let saddle = only(&[("f", "x^2 - y^2"), ("optimizers", "sgd"), ("lr", "0.3"), ("steps", "200")]).verdict;
    assert_eq!(saddle.what, "falls");

    // At the bound itself plain descent only swings.
    assert_eq!(parabola("1").what, "going");
    // Not a quadratic: the curvature is that of the place.
    let other = only(&[("f", "x^4"), ("optimizers", "sgd"), ("lr", "0.01"), ("start", "1")]).verdict;
    assert_eq!((other.quadratic, other.curvature), (false, Some(12.0)));
}

#[test]
fn bounds_divide_what_arrives_from_what_flies_apart() {
    // λ = 10 along y.
    let f = [("f", "x^2/2 + 5*y^2"), ("start", "1,1"), ("steps", "2000")];
    for (line, mu) in
        [("sgd", 0.0), ("momentum", 0.9), ("momentum@article", 0.9), ("momentum dampening=0.5", 0.9)]
    {
        let probe = only(&[&f[..], &[("optimizers", line), ("lr", "0.01")]].concat()).verdict;
        assert_eq!((probe.curvature, probe.quadratic), (Some(10.0), true), "{line}");
        let bound = probe.bound.unwrap();
        assert!(bound >= 2.0 * (1.0 + mu), "{line}: {bound}");
        for (share, diverges) in [(0.98, false), (1.02, true)] {
            let rate = (share * bound / 10.0).to_string();
            let verdict = only(&[&f[..], &[("optimizers", line), ("lr", &rate)]].concat()).verdict;
            assert_eq!(verdict.what == "diverged", diverges, "{line} at {share} of its bound: {verdict:?}");
        }
    }
    let adam = only(&[("optimizers", "adam")]).verdict;
    assert_eq!(adam.bound, None, "nobody knows one");
}

#[test]
fn runs_are_those_of_the_race() {
    use gradus::functions::Choice;
    use gradus::race::{Course, FunctionCourse};
    use gradus::threads::Threads;

    let (threads, choice) = (Threads::new(1), Choice::parse("rosenbrock").unwrap());
    let height = choice.height();
    let course = FunctionCourse {
        objective: &|seed| Box::new(choice.problem(seed, &threads)),
        height: &height,
        start: &|_| choice.start(),
        budget: 3 * 50,
        threads: &threads,
    };
    for line in ["sgd", "adam", "lookahead over momentum"] {
        let optimizer = gradus::optimizers::Choice::parse(line).unwrap();
        let own = course.run(&optimizer, 0.001, 1).unwrap();
        let here = only(&[("f", "rosenbrock"), ("optimizers", line), ("lr", "0.001"), ("steps", "50")]);
        let path: Vec<[f64; 2]> = here.path.chunks(2).map(|p| [p[0], p[1]]).collect();
        assert_eq!(path, own.path, "{line}");
        assert_eq!(here.values, own.points.iter().map(|p| p.train).collect::<Vec<_>>(), "{line}");
    }
}

#[test]
fn the_gradient_is_derived_and_shown() {
    let about = run(&[("f", "sin(x) + x*y^2")]).function;
    assert_eq!(about.formula.text, "f(x, y) = sin(x) + x·y²");
    assert!(about.formula.mathml.contains("<msup"), "{}", about.formula.mathml);
    let [x, y] = &about.slopes[..] else { panic!("{:?}", about.slopes) };
    assert_eq!(x.as_ref().unwrap().text, "∂f/∂x = cos(x) + y²");
    assert_eq!(y.as_ref().unwrap().latex, "\\frac{\\partial f}{\\partial y} = 2\\,x\\,y");
    assert!(y.as_ref().unwrap().mathml.contains("<mfrac"));
    let valley = run(&[("f", "rosenbrock")]).function;
    assert_eq!((valley.least, valley.minima.len(), valley.slopes.len()), (Some(0.0), 1, 2));
    assert!(run(&[("f", "f15 dim=2")]).function.slopes.is_empty(), "BBOB has no formula");
}

#[test]
fn a_function_is_read_while_it_is_typed() {
    let mut session = (gradus_lab::bench::find("descent").unwrap().open)(&state(&[]), &soon()).unwrap();
    let mut read = |f: &str| session.answer(&serde_json::json!({ "f": f, "read": "1" }), &soon());
    let about = read("x^2/(1 + y^2)").unwrap();
    assert_eq!(about["formula"]["text"], "f(x, y) = x² / (1 + y²)");
    assert!(about["formula"]["mathml"].as_str().unwrap().contains("<mfrac"), "{about}");
    assert_eq!(about["slopes"].as_array().unwrap().len(), 2);
    assert!(about.get("runs").is_none(), "nothing is raced");
    let mut wrong = |f: &str| read(f).unwrap()["wrong"].as_str().unwrap().to_string();
    assert!(wrong("x^2/(1 + y").contains("never closed"));
    assert!(wrong("rosenbrock dim=5").contains("a map has two sides"));
}

#[test]
fn the_rule_of_every_racer_is_typeset() {
    let race = run(&[("optimizers", "adam; lookahead over sgd"), ("steps", "3")]);
    let texts = |k: usize| race.runs[k].rule.iter().map(|f| f.text.as_str()).collect::<Vec<_>>();
    assert_eq!(texts(0).last(), Some(&"θ ← θ − η m̂ / (√v̂ + ε)"));
    assert_eq!(texts(1), ["φ ← φ + α (θ − φ)", "θ ← φ", "θ ← θ − η g"]);
    assert!(race.runs[0].rule.last().unwrap().mathml.contains("<mfrac"));
}

#[test]
fn every_function_and_every_optimizer_of_the_lists_runs() {
    let all = lists();
    assert!(all.functions.len() >= 39 && all.optimizers.len() > 40);
    for function in &all.functions {
        let race = run(&[("f", &function.name), ("optimizers", "adam"), ("steps", "20")]);
        assert!(race.function.dimension <= 2, "{}", function.name);
        let of = race.map.values.len();
        assert_eq!(of, race.map.columns * race.map.rows);
        assert!(race.map.values.iter().all(|v| v.is_finite()), "{}", function.name);
        let curvature = race.runs[0].verdict.curvature;
        assert!(curvature.is_some(), "{}", function.name);
    }
    for optimizer in &all.optimizers {
        let race = run(&[("optimizers", &optimizer.name), ("lr", "0.01"), ("steps", "5")]);
        assert!(race.runs[0].path.iter().all(|x| x.is_finite()), "{}", optimizer.name);
    }
}

#[test]
fn curvatures_by_differences_are_those_by_formulas() {
    use gradus::functions::Choice;
    use gradus_lab::bench::descent::Curvature;
    // The sphere of BBOB is ‖x − x_opt‖², whose second derivatives are 2 I.
    let by_differences = Curvature::of(&Choice::parse("f1 dim=2").unwrap());
    assert!(close(by_differences.greatest(&[1.0, -2.0]).unwrap(), 2.0, 1e-4));
    let by_formula = Curvature::of(&Choice::parse("2x^2 + 3x*y - y^2").unwrap());
    assert_eq!(by_formula.at(&[0.3, 7.0]), [4.0, 3.0, 3.0, -2.0]);
    // Eigenvalues of [4 3; 3 −2]: 1 ± √18.
    assert!(close(by_formula.greatest(&[0.0, 0.0]).unwrap(), 1.0 + 18f64.sqrt(), 1e-12));
}
