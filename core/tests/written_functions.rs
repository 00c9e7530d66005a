//! Functions from formulas: what is typed means what it says, slopes derived agree with slopes by hand and by differences,
//! and nothing that anybody types panics or takes long.

use crate::common::pointed_at;
use gradus::functions::{Choice, FUNCTIONS, Function, Written};
use gradus::rng::{Rng, Stream};

fn value(f: &dyn Function, x: &[f64]) -> f64 {
    f.value(x, &mut vec![0.0; f.room()])
}

fn gradient(f: &dyn Function, x: &[f64]) -> Vec<f64> {
    let mut grad = vec![f64::NAN; x.len()];
    f.gradient(x, &mut grad, &mut vec![0.0; f.room()]);
    grad
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}

/// What is typed, and the same in Rust.
type Case = (&'static str, fn(f64, f64) -> f64);

const CASES: &[Case] = &[
    ("x", |x, _| x),
    ("x^2 + 3*y^2", |x, y| x * x + 3.0 * y * y),
    ("−x² + 2x·y − 3", |x, y| -(x * x) + 2.0 * x * y - 3.0),
    ("-2^2 + x", |x, _| -4.0 + x),
    ("2^3^2 - x", |x, _| 512.0 - x),
    ("x/2/4 - y/(2*4)", |x, y| x / 8.0 - y / 8.0),
    ("1/2x", |x, _| 0.5 * x),
    ("2(x+1)(x-1)", |x, _| 2.0 * (x + 1.0) * (x - 1.0)),
    ("2e - 2e0 + 1.5e-1x", |x, _| 2.0 * std::f64::consts::E - 2.0 + 0.15 * x),
    ("sin(x)cos(y) + tan(x/4)", |x, y| x.sin() * y.cos() + (x / 4.0).tan()),
    ("exp(-x^2) + e^(x-y)", |x, y| (-x * x).exp() + (x - y).exp()),
    ("ln(1 + x^2) * sqrt(y^2 + 1)", |x, y| (1.0 + x * x).ln() * (y * y + 1.0).sqrt()),
    ("|x - y| + abs(x)*|y|", |x, y| (x - y).abs() + x.abs() * y.abs()),
    ("2|x| + 3√(y² + |x|)(x)", |x, y| 2.0 * x.abs() + 3.0 * (y * y + x.abs()).sqrt() * x),
    ("tanh(2x) + sigmoid(y) + softplus(x)", |x, y| {
        (2.0 * x).tanh() + 1.0 / (1.0 + (-y).exp()) + (1.0 + x.exp()).ln()
    }),
    ("max(x, y) - min(x, 0.5) + relu(x*y)", |x, y| x.max(y) - x.min(0.5) + (x * y).max(0.0)),
    ("(x^2 + 1)^1.5 + (x^2+1)^-0.5", |x, _| (x * x + 1.0).powf(1.5) + (x * x + 1.0).powf(-0.5)),
    ("(x^2 + 1)^0.3", |x, _| (x * x + 1.0).powf(0.3)),
    ("(y^2 + 1)^x", |x, y| (y * y + 1.0).powf(x)),
    ("2^x - √(x² + 4)", |x, _| x.exp2() - (x * x + 4.0).sqrt()),
    ("cos(2 pi x) + cos(2π y)", |x, y| {
        (std::f64::consts::TAU * x).cos() + (std::f64::consts::TAU * y).cos()
    }),
    ("+ - - x ** 2 × 3 ÷ 4", |x, _| x * x * 3.0 / 4.0),
    ("x^-2^2 + [x]", |x, _| x.powf(-4.0) + x),
    ("\n x\t+ 1 ", |x, _| x + 1.0),
];

fn points() -> Vec<[f64; 2]> {
    let mut rng = Rng::new(3, Stream::Probe, 0);
    let mut one = || 4.0 * rng.uniform() as f64 - 2.0;
    (0..40).map(|_| [one(), one()]).collect()
}

#[test]
fn what_is_typed_means_what_it_says() {
    for (text, plain) in CASES {
        let f = Written::read(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        for point in points() {
            let (got, want) = (value(&f, &point[..f.dimension()]), plain(point[0], point[1]));
            assert!(close(got, want, 1e-12), "{text} at {point:?}: {got} should be {want}");
        }
    }
}

#[test]
fn what_is_written_can_be_typed_again() {
    for (text, plain) in CASES {
        if text.contains("max") {
            continue; // what is written there has cases, as no sign of a formula has
        }
        let shown = Written::read(text).unwrap().formula(false).unwrap().to_string();
        let again = Written::read(&shown).unwrap_or_else(|e| panic!("{text}: {e}"));
        for point in points() {
            let got = value(&again, &point[..again.dimension()]);
            assert!(close(got, plain(point[0], point[1]), 1e-12), "{text} was shown as {shown}");
        }
    }
}

#[test]
fn slopes_and_curvatures_are_those_of_differences() {
    let h = 1e-5;
    for (text, _) in CASES {
        let f = Written::read(text).unwrap();
        let d = f.dimension();
        for point in points() {
            let x = &point[..d];
            let (slopes, second) = (gradient(&f, x), f.curvature(x));
            for i in 0..d {
                let moved = |by: f64| {
                    let mut moved = x.to_vec();
                    moved[i] += by;
                    moved
                };
                let slope = (value(&f, &moved(h)) - value(&f, &moved(-h))) / (2.0 * h);
                // x⁻⁴ near 0 bends too much for differences.
                let tolerance = if text.contains("^-2") { 0.1 } else { 1e-6 };
                assert!(close(slopes[i], slope, tolerance), "{text} at {x:?}: {} beside {slope}", slopes[i]);
                let (right, left) = (gradient(&f, &moved(h)), gradient(&f, &moved(-h)));
                for j in 0..d {
                    let bend = (right[j] - left[j]) / (2.0 * h);
                    let said = second[i * d + j];
                    assert!(close(said, bend, tolerance), "{text} at {x:?}, {i} {j}: {said} beside {bend}");
                }
            }
        }
    }
}

#[test]
fn formulas_of_named_functions_are_the_functions() {
    let mut written = 0;
    for entry in FUNCTIONS {
        let choice = Choice::parse(entry.name).unwrap();
        let (f, by_hand) = (choice.written().unwrap(), choice.function());
        assert_eq!(f.dimension(), choice.dimension());
        for seed in 0..20 {
            let x = choice.start_of(seed);
            let (got, want) = (value(&*f, &x), value(&*by_hand, &x));
            assert!(close(got, want, 1e-10), "{} at {x:?}: {got} should be {want}", entry.name);
            for (got, want) in gradient(&*f, &x).iter().zip(gradient(&*by_hand, &x)) {
                assert!(close(*got, want, 1e-9), "{} at {x:?}: {got} should be {want}", entry.name);
            }
        }
        written += 1;
    }
    assert_eq!(written, 15);
    assert!(Choice::parse("f1").unwrap().written().is_none(), "BBOB has no formulas over any number");
    assert!(Choice::parse("sphere dim=11").unwrap().written().is_none(), "nobody reads so many slopes");
}

#[test]
fn slopes_are_shown_simplified() {
    let shown = |text: &str| {
        let f = Written::read(text).unwrap();
        (0..=f.dimension())
            .map(|i| if i == 0 { f.formula(false) } else { f.slope(i - 1, false) }.unwrap().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(shown("x^2"), ["x²", "2·x"]);
    assert_eq!(shown("sin(x)*y"), ["sin(x)·y", "y·cos(x)", "sin(x)"]);
    assert_eq!(shown("cos(2 pi x)"), ["cos(2π·x)", "−2π·sin(2π·x)"]);
    assert_eq!(shown("e^x"), ["exp(x)", "exp(x)"]);
    assert_eq!(shown("|x|"), ["|x|", "sign(x)"]);
    assert_eq!(shown("3"), ["3", "0"], "a constant is a function of x that is flat");
    assert_eq!(Written::read("y").unwrap().dimension(), 2);
    let f = Written::read("sin(x)/sqrt(x)").unwrap();
    assert_eq!(f.formula(true), Some("\\frac{\\sin\\left(x\\right)}{\\sqrt{x}}"));
    let g = Written::read("(x + y) / (1 + y^2)").unwrap();
    assert_eq!(g.formula(false), Some("(x + y) / (1 + y²)"));
    assert_eq!(g.formula(true), Some("\\frac{x + y}{1 + y^{2}}"), "a line needs no brackets");
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let cases = [
        ("", "", "ends too soon"),
        ("x +", "", "ends too soon"),
        ("x + * 2", "*", "missing"),
        ("x + z", "z", "`z` is not known"),
        ("xy", "xy", "x*y"),
        ("log(x)", "log", "write ln"),
        ("sinn(x)", "sinn", "did you mean `sin`"),
        ("sin x", "x", "needs a bracket"),
        ("2 3", "3", "missing before"),
        ("x 3", "3", "missing before"),
        ("x y", "y", "missing before"),
        ("(x + 1", "(", "never closed"),
        ("|x + 1", "|", "never closed"),
        ("x + 1)", ")", "never opened"),
        ("max(x)", ")", "two numbers"),
        ("sin(x, y)", ",", "missing before"),
        ("x $ 2", "$", "no sign"),
        ("x + \u{7}", "\u{7}", "no sign"),
        ("1.2.3x", ".3", "missing before"),
        ("1e999", "1e999", "no number"),
        (". + x", ".", "no number"),
        ("x/0", "/0", "by zero"),
        ("x/(1-1)", "/(1-1)", "by zero"),
        ("0^-1", "0^-1", "by zero"),
        ("x^1001", "x^1001", "too large"),
        ("((x^10)^10)^11", "((x^10)^10)^11", "too large"),
        ("x⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹", "x⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹⁹", "too large"),
    ];
    for (text, at, says) in cases {
        let Err(error) = Written::read(text) else { panic!("`{text}` was read") };
        let said = error.to_string();
        assert!(said.contains(says), "`{text}`: {said}");
        assert!(said.contains("mend: "), "`{text}`: {said}");
        assert_eq!(pointed_at(&error), at, "`{text}`: {said}");
    }
}

#[test]
fn a_name_that_nobody_knows_is_no_formula() {
    let says = |line: &str| Choice::parse(line).err().expect(line).to_string();
    assert!(says("rosenbrok").contains("did you mean `rosenbrock`"));
    assert!(says("noisy-bowel").contains("no function is called"));
    assert!(says("x + foo").contains("`foo` is not known"));
    assert!(says("").contains("missing"));
    let typed = Choice::parse(" (x-1)^2 + y^2 ").unwrap();
    assert_eq!((typed.line().as_str(), typed.dimension()), ("(x-1)^2 + y^2", 2));
    assert_eq!(Choice::parse(&typed.line()).unwrap().formula(), "f(x, y) = (x − 1)² + y²");
    assert_eq!((typed.height())(&[3.0, 2.0]), 8.0);
    assert_eq!(Choice::parse("x^2").unwrap().name(), "x_squared", "what has a name keeps it");
    assert_eq!(Choice::parse("x - y").unwrap().dimension(), 2);
    assert_eq!(Choice::parse("x^2 - y^2").unwrap().dimension(), 2, "unless it goes on");
    assert!(says("rosenbrock 3").contains("does not belong here"));
    assert!(says("rosenbrock dim=0").contains("dim"));
}

#[test]
fn nothing_that_is_typed_panics_or_goes_on_for_ever() {
    let repeat = |s: &str, n: usize| s.repeat(n);
    let mut hostile = vec![
        repeat("(", 400),
        repeat("-", 399) + "x",
        repeat("x^", 199) + "x",
        repeat("sin(", 100),
        repeat("sin(", 38) + "x" + &repeat(")", 38),
        repeat("sin(", 37) + "x*y" + &repeat(")", 37),
        repeat("|", 400),
        repeat("√", 133) + "x",
        repeat("sin(x)*", 50) + "y",
        (1..40).map(|k| format!("sin({k}x)*")).collect::<String>() + "y",
        (1..40).map(|k| format!("(x+{k}y)*")).collect::<String>() + "y",
        (1..28).map(|k| format!("relu(x-{k}y)*")).collect::<String>() + "y",
        (1..28).map(|k| format!("relu(x-{k}y)+")).collect::<String>() + "y",
        (1..30).map(|k| format!("|x-{k}y|*")).collect::<String>() + "y",
        repeat("max(x,", 30) + "y" + &repeat(")", 30),
        repeat("max(x,y*", 30) + "y" + &repeat(")", 30),
        repeat("relu(x*", 38) + "y" + &repeat(")", 38),
        repeat("relu(1-x*", 38) + "y" + &repeat(")", 38),
        repeat("(1+x*", 38) + "y" + &repeat(")", 38),
        repeat("(x/(y+", 19) + "y" + &repeat("))", 19),
        repeat("exp(x^y*", 38) + "y" + &repeat(")", 38),
        repeat("x^1000*", 57) + "y",
        repeat("x", 10_000_000),
        repeat("é", 300),
        "1e308*1e308*x - 1e308*1e308*x".into(),
        "0^0 + 0*ln(0) + sqrt(-1) + x".into(),
    ];
    // And what nobody would think of.
    let signs: Vec<char> = "xxyy0123456789.eπ+-*/^()()|,²√ sincoexplnabsmaxrelu".chars().collect();
    let mut rng = Rng::new(9, Stream::Probe, 1);
    for _ in 0..3000 {
        let length = 1 + (rng.uniform() * 60.0) as usize;
        hostile.push((0..length).map(|_| signs[(rng.uniform() * signs.len() as f32) as usize]).collect());
    }
    // And of formulas that are right, one letter changed.
    for (text, _) in CASES {
        let letters: Vec<char> = text.chars().collect();
        for at in 0..letters.len() {
            let mut changed = letters.clone();
            changed[at] = signs[(rng.uniform() * signs.len() as f32) as usize];
            hostile.push(changed.into_iter().collect());
        }
    }
    let mut read = 0;
    for text in hostile {
        match Written::read(&text) {
            Ok(f) => {
                let x = vec![0.5; f.dimension()];
                gradient(&f, &x);
                f.curvature(&x);
                read += 1;
            }
            Err(error) => assert!(!error.to_string().is_empty() && error.to_string().len() < 4000),
        }
    }
    assert!(read > 100, "{read} of them can be read");
}
