//! Every optimizer: its rule in `f64` against PyTorch's steps, its loop in `f32` against the rule.

mod common;

use common::{cases, fixture, floats, greatest, pointed_at, random};
use gradus::Error;
use gradus::optimizer::{Around, Objective, Rule, Step, Update};
use gradus::optimizers::{Adam, Choice, Momentum, Nesterov, OPTIMIZERS, RmsProp, Sgd};
use gradus::threads::Threads;
use serde_json::Value;

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

/// Walks a path by a rule in `f64`, weight by weight, with what is around the rule written out plainly.
fn walk<const N: usize>(rule: &impl Rule<N>, around: Around, path: &Path) -> Vec<Vec<f64>> {
    let mut theta = path.start.clone();
    let mut state = vec![[0.0; N]; theta.len()];
    let mut passed = Vec::new();
    for (k, (gradient, rate)) in path.gradients.iter().zip(&path.rates).enumerate() {
        let at = Step { t: k as u64 + 1, learning_rate: *rate };
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        let scale = if norm > around.clip_norm { around.clip_norm / (norm + 1e-6) } else { 1.0 };
        for i in 0..theta.len() {
            let g = (gradient[i] * scale).clamp(-around.clip_value, around.clip_value);
            let g = g + around.l2 * theta[i];
            let decayed = theta[i] - rate * around.weight_decay * theta[i];
            (theta[i], state[i]) = one(rule.update::<f64>(at), decayed, g, state[i]);
        }
        passed.push(theta.clone());
    }
    passed
}

fn one<const N: usize>(update: impl Update<f64, N>, theta: f64, g: f64, state: [f64; N]) -> (f64, [f64; N]) {
    update(theta, g, state)
}

/// [`walk`] by the rule of that name, with the parameters of `settings` or those of its table row.
fn walk_by(name: &str, settings: &Value, around: Around, path: &Path) -> Vec<Vec<f64>> {
    let entry = OPTIMIZERS.iter().find(|e| e.name == name).unwrap();
    let value = |parameter: &str| {
        let default = entry.parameters.iter().find(|p| p.name == parameter).unwrap().default;
        settings[parameter].as_f64().unwrap_or(default)
    };
    match name {
        "sgd" => walk(&Sgd, around, path),
        "momentum" => walk(&Momentum { momentum: value("momentum") }, around, path),
        "nesterov" => walk(&Nesterov { momentum: value("momentum") }, around, path),
        "rmsprop" => walk(&RmsProp { alpha: value("alpha"), epsilon: value("epsilon") }, around, path),
        "adam" => {
            let rule = Adam { beta1: value("beta1"), beta2: value("beta2"), epsilon: value("epsilon") };
            walk(&rule, around, path)
        }
        _ => panic!("the optimizer `{name}` is not walked: add it in tests/every_optimizer.rs"),
    }
}

/// Gives the next gradient of a path, whatever θ is.
struct Given<'a> {
    gradients: &'a [Vec<f64>],
    next: usize,
}

impl Objective for Given<'_> {
    fn loss(&mut self, _: &[f32]) -> f32 {
        self.next as f32
    }
    fn gradient(&mut self, theta: &[f32], grad: &mut [f32]) -> f32 {
        for (to, g) in grad.iter_mut().zip(&self.gradients[self.next]) {
            *to = *g as f32;
        }
        self.next += 1;
        self.loss(theta)
    }
}

/// Walks a path by the `f32` loop.
fn walk_fast(line: &str, around: Around, path: &Path, threads: &Threads) -> Vec<Vec<f32>> {
    let mut theta: Vec<f32> = path.start.iter().map(|x| *x as f32).collect();
    let mut optimizer = Choice::parse(line).unwrap().build(around, theta.len(), threads);
    let mut given = Given { gradients: &path.gradients, next: 0 };
    let mut passed = Vec::new();
    for (k, rate) in path.rates.iter().enumerate() {
        let at = Step { t: k as u64 + 1, learning_rate: *rate };
        let loss = optimizer.step(at, &mut theta, &mut given);
        assert_eq!(loss, k as f32 + 1.0, "a step returns the loss it saw");
        passed.push(theta.clone());
    }
    passed
}

fn assert_same_path(fast: &[Vec<f32>], slow: &[Vec<f64>], what: &str) {
    let size = slow.iter().map(|theta| greatest(theta)).fold(1.0, f64::max);
    for (t, (fast, slow)) in fast.iter().zip(slow).enumerate() {
        for (i, (fast, slow)) in fast.iter().zip(slow).enumerate() {
            // A rounding each step, of weights, velocities and slopes of that size.
            let near = (t + 1) as f64 * 3e-7 * size;
            let off = (*fast as f64 - slow).abs();
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
    for entry in OPTIMIZERS {
        for case in golden(&file, entry.name) {
            let path = Path::of(case);
            let walked = walk_by(entry.name, &case["settings"], around_of(case), &path);
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
    for entry in OPTIMIZERS {
        for case in golden(&file, entry.name) {
            let mut line = entry.name.to_string();
            for p in entry.parameters {
                let value = case["settings"][p.name].as_f64();
                line += &value.map_or(String::new(), |value| format!(" {}={value}", p.name));
            }
            let want: Vec<Vec<f64>> = case["thetas"].as_array().unwrap().iter().map(floats).collect();
            let fast = walk_fast(&line, around_of(case), &Path::of(case), &Threads::new(1));
            assert_same_path(&fast, &want, case["name"].as_str().unwrap());
        }
    }
}

#[test]
fn every_loop_follows_its_rule_with_all_that_is_around_it() {
    let none = Around::default();
    let arounds = [
        ("nothing", none),
        ("clip_norm", Around { clip_norm: 0.7, ..none }),
        ("clip_norm that is never reached", Around { clip_norm: 1e9, ..none }),
        ("clip_value", Around { clip_value: 0.5, ..none }),
        ("l2", Around { l2: 0.1, ..none }),
        ("weight_decay", Around { weight_decay: 0.1, ..none }),
        ("all", Around { clip_norm: 5.0, clip_value: 0.9, l2: 0.05, weight_decay: 0.02 }),
    ];
    // The second size takes several chunks, the last of them short.
    // An ε that is large beside rounding: else a slope that nearly vanishes is all rounding, divided by itself.
    let settings = serde_json::json!({ "epsilon": 1e-3 });
    for (weights, steps, threads) in [(3, 40, 1), (20_011, 4, 3)] {
        let (path, threads) = (Path::random(weights, steps), Threads::new(threads));
        for entry in OPTIMIZERS {
            let has_epsilon = entry.parameters.iter().any(|p| p.name == "epsilon");
            let line = format!("{}{}", entry.name, if has_epsilon { " epsilon=1e-3" } else { "" });
            for (what, around) in arounds {
                let slow = walk_by(entry.name, &settings, around, &path);
                let fast = walk_fast(&line, around, &path, &threads);
                assert_same_path(&fast, &slow, &format!("{} with {what}, {weights} weights", entry.name));
            }
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
    for entry in OPTIMIZERS {
        let mut theta = vec![0.0; 12];
        let first = Bowl.loss(&theta);
        let mut optimizer = (entry.build)(
            &gradus::words::Values::defaults(entry.parameters),
            Around::default(),
            theta.len(),
            &Threads::new(1),
        );
        for t in 1..=5000 {
            optimizer.step(Step { t, learning_rate: 0.01 }, &mut theta, &mut Bowl);
        }
        let last = Bowl.loss(&theta);
        assert!(last < 1e-2 && last < 1e-4 * first, "{}: from {first} only to {last}", entry.name);
    }
}

#[test]
fn every_optimizer_shows_all_that_it_keeps() {
    for entry in OPTIMIZERS {
        let path = Path::random(5, 6);
        let half = |from: usize, to: usize| Path {
            start: path.start.clone(),
            gradients: path.gradients[from..to].to_vec(),
            rates: path.rates[from..to].to_vec(),
        };
        let whole = walk_fast(entry.name, Around::default(), &path, &Threads::new(1));
        // Three steps, the state carried into a new optimizer, three more.
        let build = || Choice::parse(entry.name).unwrap().build(Around::default(), 5, &Threads::new(1));
        let (mut one, mut two) = (build(), build());
        let mut theta: Vec<f32> = path.start.iter().map(|x| *x as f32).collect();
        let (first, second) = (half(0, 3), half(3, 6));
        let mut given = Given { gradients: &first.gradients, next: 0 };
        for t in 1..=3 {
            one.step(Step { t, learning_rate: 0.05 }, &mut theta, &mut given);
        }
        for ((name, from), (same, to)) in one.state().into_iter().zip(two.state()) {
            assert_eq!(name, same);
            to.copy_from_slice(from);
        }
        let mut given = Given { gradients: &second.gradients, next: 0 };
        for t in 4..=6 {
            two.step(Step { t, learning_rate: 0.05 }, &mut theta, &mut given);
        }
        assert_eq!(theta, whole[5], "{} keeps something that `state` does not show", entry.name);
    }
}

#[test]
fn every_line_reads_back_to_itself() {
    for entry in OPTIMIZERS {
        let line = Choice::parse(entry.name).unwrap().line();
        assert_eq!(Choice::parse(&line).unwrap().line(), line);
        for p in entry.parameters {
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
    for entry in OPTIMIZERS {
        for p in entry.parameters {
            for value in ["2", "-0.5", "NaN", "inf", "much", ""] {
                let word = format!("{}={value}", p.name);
                let error = Choice::parse(&format!("{} {word}", entry.name)).err().unwrap();
                assert_eq!(pointed_at(&error), word);
                assert!(
                    error.to_string().contains(&format!("it must be a number in {}", p.range())),
                    "{error}"
                );
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
            let mut optimizer =
                Choice::parse(entry.name).unwrap().build(Around::default(), 2, &Threads::new(1));
            let seen = optimizer.step(Step { t: 1, learning_rate: 0.1 }, &mut theta, &mut Broken(loss));
            assert_eq!(seen.to_bits(), loss.to_bits());
            assert_eq!(theta, [1.0, 2.0], "{}", entry.name);
            assert!(optimizer.state().iter().all(|(_, s)| s.iter().all(|x| *x == 0.0)), "{}", entry.name);
        }
    }
}
