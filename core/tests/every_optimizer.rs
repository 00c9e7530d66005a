//! Every optimizer: its rule in `f64` against PyTorch's steps, its loop in `f32` against the rule.

mod common;

use common::{cases, fixture, floats, greatest, pointed_at, random};
use gradus::Error;
use gradus::layout::Layout;
use gradus::optimizer::{Around, Objective, Setup, Step};
use gradus::optimizers::{Choice, Entry, Family, OPTIMIZERS};
use gradus::real::Number;
use gradus::threads::Threads;
use serde_json::Value;

/// All but evolution, which asks for no gradient: see `every_evolution.rs`.
fn with_gradients() -> impl Iterator<Item = &'static Entry> {
    OPTIMIZERS.iter().filter(|e| e.family != Family::Evolution)
}

/// A path to walk: where it starts, and the gradient and learning rate of each step.
struct Path {
    start: Vec<f64>,
    gradients: Vec<Vec<f64>>,
    rates: Vec<f64>,
}

impl Path {
    fn of(case: &Value) -> Path {
        Path {
            start: floats(&case["start"]),
            gradients: case["gradients"].as_array().unwrap().iter().map(floats).collect(),
            rates: floats(&case["learning_rates"]),
        }
    }

    fn random(weights: usize, steps: u64) -> Path {
        let gradients = (0..steps).map(|t| random(weights, 100 + t).iter().map(|g| g * 3.0).collect());
        Path { start: random(weights, 1), gradients: gradients.collect(), rates: vec![0.05; steps as usize] }
    }
}

/// Gives the next gradient of a path, whatever θ is.
struct Given<'a> {
    gradients: &'a [Vec<f64>],
    next: usize,
}

impl<R: Number> Objective<R> for Given<'_> {
    fn loss(&mut self, _: &[R]) -> R {
        R::of(self.next as f64)
    }
    fn gradient(&mut self, theta: &[R], grad: &mut [R]) -> R {
        for (to, g) in grad.iter_mut().zip(&self.gradients[self.next]) {
            *to = R::of(*g);
        }
        self.next += 1;
        self.loss(theta)
    }
}

/// Walks a path in `f32` or `f64`, by the one loop there is.
fn walk<R: Number>(line: &str, around: Around, path: &Path, threads: &Threads) -> Vec<Vec<f64>> {
    let mut theta: Vec<R> = path.start.iter().map(|x| R::of(*x)).collect();
    let layout = Layout::of(theta.len());
    let setup = Setup::new(&layout, threads).around(around);
    let mut optimizer = Choice::parse(line).unwrap().build_as::<R>(&setup);
    let mut given = Given { gradients: &path.gradients, next: 0 };
    let mut passed = Vec::new();
    for (k, rate) in path.rates.iter().enumerate() {
        let at = Step { t: k as u64 + 1, learning_rate: *rate };
        let loss = optimizer.step(at, &mut theta, &mut given);
        assert_eq!(loss, R::of(k as f64 + 1.0), "a step returns the loss it saw");
        passed.push(theta.iter().map(|x| x.to_f64()).collect());
    }
    passed
}

/// A path walked by the plainest loop: what is around the rule written out, weight by weight.
fn plain(around: Around, path: &Path) -> Path {
    let mut plain = Path { start: path.start.clone(), gradients: Vec::new(), rates: path.rates.clone() };
    for gradient in &path.gradients {
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        let scale = if norm > around.clip_norm { around.clip_norm / (norm + 1e-6) } else { 1.0 };
        let clipped = gradient.iter().map(|g| (g * scale).clamp(-around.clip_value, around.clip_value));
        plain.gradients.push(clipped.collect());
    }
    plain
}

/// The line of a golden case.
fn line_of(entry: &Entry, case: &Value) -> String {
    let mut line = entry.name.to_string();
    for p in entry.dialects[0].parameters {
        let value = case["settings"][p.name].as_f64();
        line += &value.map_or(String::new(), |value| format!(" {}={value}", p.name));
    }
    line
}

fn assert_same_path(fast: &[Vec<f64>], slow: &[Vec<f64>], what: &str) {
    let size = slow.iter().map(|theta| greatest(theta)).fold(1.0, f64::max);
    for (t, (fast, slow)) in fast.iter().zip(slow).enumerate() {
        for (i, (fast, slow)) in fast.iter().zip(slow).enumerate() {
            // A rounding each step, of weights, velocities and slopes of that size.
            let near = (t + 1) as f64 * 3e-7 * size;
            let off = (fast - slow).abs();
            assert!(off <= near, "{what}: step {}, weight {i}: {fast}, not {slow}", t + 1);
        }
    }
}

/// The golden case of a rule, and variants of it whose names begin with it.
fn golden<'a>(file: &'a Value, name: &str) -> Vec<&'a Value> {
    let of = |c: &&Value| {
        let case = c["name"].as_str().unwrap();
        case == name || case.starts_with(&format!("{name}_"))
    };
    let found: Vec<&Value> = cases(file).iter().filter(of).collect();
    assert!(!found.is_empty(), "`{name}` has no golden steps in fixtures/rules.json: add it to make.py");
    found
}

/// What a case's settings put around the rule: for PyTorch's SGD `weight_decay` is L2.
fn around_of(case: &Value) -> Around {
    let number = |name: &str| case["settings"][name].as_f64().unwrap_or(0.0);
    Around { l2: number("weight_decay"), weight_decay: number("decoupled_weight_decay"), ..Around::default() }
}

#[test]
fn every_rule_makes_the_golden_steps() {
    let file = fixture("rules");
    for entry in with_gradients() {
        for case in golden(&file, entry.name) {
            let path = Path::of(case);
            let walked = walk::<f64>(&line_of(entry, case), around_of(case), &path, &Threads::new(1));
            for (t, theta) in case["thetas"].as_array().unwrap().iter().enumerate() {
                for (got, want) in walked[t].iter().zip(floats(theta)) {
                    let near = (got - want).abs() <= 1e-10 * want.abs();
                    assert!(near, "{}: step {}: {got}, PyTorch {want}", case["name"], t + 1);
                }
            }
        }
    }
}

#[test]
fn every_loop_makes_the_golden_steps_to_rounding() {
    let file = fixture("rules");
    for entry in with_gradients() {
        for case in golden(&file, entry.name) {
            let want: Vec<Vec<f64>> = case["thetas"].as_array().unwrap().iter().map(floats).collect();
            let line = line_of(entry, case);
            let fast = walk::<f32>(&line, around_of(case), &Path::of(case), &Threads::new(1));
            assert_same_path(&fast, &want, case["name"].as_str().unwrap());
        }
    }
}

#[test]
fn clipping_is_what_the_plain_loop_says_and_f32_follows_f64() {
    let none = Around::default();
    let arounds = [
        ("nothing", none),
        ("clip_norm", Around { clip_norm: 0.7, ..none }),
        ("clip_norm that is never reached", Around { clip_norm: 1e9, ..none }),
        ("clip_value", Around { clip_value: 0.5, ..none }),
        ("both", Around { clip_norm: 5.0, clip_value: 0.9, ..none }),
    ];
    // The second size takes several chunks, the last of them short.
    for (weights, steps, threads) in [(3, 40, 1), (20_011, 4, 3)] {
        let (path, threads) = (Path::random(weights, steps), Threads::new(threads));
        for entry in with_gradients() {
            // An ε that is large beside rounding: else a slope that nearly vanishes is all rounding, divided by itself.
            let has_epsilon = entry.dialects[0].parameters.iter().any(|p| p.name == "epsilon");
            let line = format!("{}{}", entry.name, if has_epsilon { " epsilon=1e-3" } else { "" });
            for (what, around) in arounds {
                let slow = walk::<f64>(&line, none, &plain(around, &path), &Threads::new(1));
                let fast = walk::<f32>(&line, around, &path, &threads);
                assert_same_path(&fast, &slow, &format!("{} with {what}, {weights} weights", entry.name));
            }
        }
    }
}

#[test]
fn regularisation_is_what_the_formulas_say() {
    let path = Path { start: vec![2.0, -3.0, 0.0], gradients: vec![vec![0.5, 0.25, 1.0]], rates: vec![0.1] };
    let step = |around: Around| walk::<f64>("sgd", around, &path, &Threads::new(1)).remove(0);
    let none = Around::default();
    for (around, want) in [
        (Around { l2: 0.1, ..none }, [2.0 - 0.1 * 0.7, -3.0 - 0.1 * -0.05, -0.1]),
        (Around { l1: 0.1, ..none }, [2.0 - 0.1 * 0.6, -3.0 - 0.1 * 0.15, -0.1]),
        (Around { weight_decay: 0.1, ..none }, [2.0 * 0.99 - 0.05, -3.0 * 0.99 - 0.025, -0.1]),
    ] {
        for (got, want) in step(around).iter().zip(want) {
            assert!((got - want).abs() < 1e-15, "{around:?}: {got}, not {want}");
        }
    }
}

/// ½ Σ aᵢ (θᵢ − i)², aᵢ from 1 to 10.
struct Bowl;

impl Objective for Bowl {
    fn loss(&mut self, theta: &[f32]) -> f32 {
        theta.iter().enumerate().map(|(i, x)| 0.5 * (1 + i % 10) as f32 * (x - i as f32).powi(2)).sum()
    }
    fn gradient(&mut self, theta: &[f32], grad: &mut [f32]) -> f32 {
        for (i, (g, x)) in grad.iter_mut().zip(theta).enumerate() {
            *g = (1 + i % 10) as f32 * (x - i as f32);
        }
        self.loss(theta)
    }
}

#[test]
fn every_optimizer_reaches_the_bottom_of_a_bowl() {
    let one = Threads::new(1);
    for entry in with_gradients() {
        let mut theta = vec![0.0; 12];
        let first = Bowl.loss(&theta);
        let layout = Layout::of(theta.len());
        let setup = Setup::new(&layout, &one);
        let mut optimizer = Choice::parse(entry.name).unwrap().build(&setup);
        for t in 1..=5000 {
            optimizer.step(Step { t, learning_rate: 0.01 }, &mut theta, &mut Bowl);
        }
        let last = Bowl.loss(&theta);
        assert!(last < 1e-2 && last < 1e-4 * first, "{}: from {first} only to {last}", entry.name);
    }
}

#[test]
fn every_optimizer_shows_all_that_it_keeps() {
    for entry in with_gradients() {
        let path = Path::random(5, 6);
        let half = |from: usize, to: usize| Path {
            start: path.start.clone(),
            gradients: path.gradients[from..to].to_vec(),
            rates: path.rates[from..to].to_vec(),
        };
        let threads = Threads::new(1);
        let whole = walk::<f32>(entry.name, Around::default(), &path, &threads);
        // Three steps, the state carried into a new optimizer, three more.
        let layout = Layout::of(5);
        let setup = Setup::new(&layout, &threads);
        let build = || Choice::parse(entry.name).unwrap().build(&setup);
        let (mut one, mut two) = (build(), build());
        let mut theta: Vec<f32> = path.start.iter().map(|x| *x as f32).collect();
        let (first, second) = (half(0, 3), half(3, 6));
        let mut given = Given { gradients: &first.gradients, next: 0 };
        for t in 1..=3 {
            one.step(Step { t, learning_rate: 0.05 }, &mut theta, &mut given);
        }
        for ((name, from), (same, mut to)) in one.state().into_iter().zip(two.state()) {
            assert_eq!(name, same);
            to.set(&from.to_vec());
        }
        let mut given = Given { gradients: &second.gradients, next: 0 };
        for t in 4..=6 {
            two.step(Step { t, learning_rate: 0.05 }, &mut theta, &mut given);
        }
        let theta: Vec<f64> = theta.iter().map(|x| *x as f64).collect();
        assert_eq!(theta, whole[5], "{} keeps something that `state` does not show", entry.name);
    }
}

#[test]
fn every_line_reads_back_to_itself() {
    for entry in with_gradients() {
        let line = Choice::parse(entry.name).unwrap().line();
        assert_eq!(Choice::parse(&line).unwrap().line(), line);
        for p in entry.dialects[0].parameters {
            assert!(line.contains(&format!("{}={}", p.name, p.default)), "{line}");
            let other = format!("{} {}=0.123456789012345", entry.name, p.name);
            let line = Choice::parse(&other).unwrap().line();
            assert!(line.contains("=0.123456789012345"), "{line}");
            assert_eq!(Choice::parse(&line).unwrap().line(), line);
        }
    }
}

#[test]
fn every_wrong_word_is_pointed_at() {
    for entry in with_gradients() {
        for p in entry.dialects[0].parameters {
            for value in ["2", "-0.5", "NaN", "inf", "much", ""] {
                let word = format!("{}={value}", p.name);
                let error = Choice::parse(&format!("{} {word}", entry.name)).err().unwrap();
                assert_eq!(pointed_at(&error), word);
                assert!(error.to_string().contains(&format!("it must be {}", p.allowed())), "{error}");
            }
            let twice = format!("{} {}=0.5  {}=0.25", entry.name, p.name, p.name);
            assert_eq!(pointed_at(&Choice::parse(&twice).err().unwrap()), format!("{}=0.25", p.name));
        }
        let unknown = Choice::parse(&format!("{} bogus=1", entry.name)).err().unwrap();
        assert_eq!(pointed_at(&unknown), "bogus=1");
        let extra = Choice::parse(&format!("  {}  fast", entry.name)).err().unwrap();
        assert_eq!(pointed_at(&extra), "fast");
    }
    let error = Choice::parse("  adma beta1=0.9").err().unwrap();
    assert_eq!(pointed_at(&error), "adma");
    assert!(error.to_string().contains("did you mean `adam`?"), "{error}");
    assert!(matches!(Choice::parse(""), Err(Error::Line { .. })));
}

/// A loss that is not finite, with slopes that are not either.
struct Broken(f32);

impl Objective for Broken {
    fn loss(&mut self, _: &[f32]) -> f32 {
        self.0
    }
    fn gradient(&mut self, _: &[f32], grad: &mut [f32]) -> f32 {
        grad.fill(f32::NAN);
        self.0
    }
}

#[test]
fn a_loss_that_is_not_finite_changes_neither_weights_nor_state() {
    for entry in OPTIMIZERS {
        for loss in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut theta = vec![1.0, 2.0];
            let (layout, threads) = (Layout::of(2), Threads::new(1));
            let mut optimizer = Choice::parse(entry.name).unwrap().build(&Setup::new(&layout, &threads));
            let before: Vec<Vec<f64>> = optimizer.state().iter().map(|(_, s)| s.to_vec()).collect();
            let seen = optimizer.step(Step { t: 1, learning_rate: 0.1 }, &mut theta, &mut Broken(loss));
            assert_eq!(seen.to_bits(), loss.to_bits());
            assert_eq!(theta, [1.0, 2.0], "{}", entry.name);
            let after: Vec<Vec<f64>> = optimizer.state().iter().map(|(_, s)| s.to_vec()).collect();
            assert_eq!(after, before, "{}", entry.name);
        }
    }
}
