//! Every optimizer in every dialect: the steps that other frameworks make, in `f64` and in `f32`; what is around a
//! rule; and what all optimizers promise.

use crate::common::golden::{Case, Path, go_on, golden, table, walk};
use crate::common::{gradient_lines, greatest, pointed_at, random};
use gradus::Error;
use gradus::layout::Layout;
use gradus::optimizer::{Around, Objective, Setup, Step};
use gradus::optimizers::{Choice, Dialect, Entry, Family, OPTIMIZERS};
use gradus::real::Number;
use gradus::threads::Threads;
use gradus::words::{Kind, Parameter};

fn random_path(weights: usize, steps: u64) -> Path {
    let gradients = (0..steps).map(|t| random(weights, 100 + t).iter().map(|g| g * 3.0).collect());
    Path::new(random(weights, 1), gradients.collect(), vec![0.05; steps as usize])
}

fn walk_around<R: Number>(line: &str, around: Around, path: &Path, threads: &Threads) -> Vec<Vec<f64>> {
    let layout = Layout::of(path.start.len());
    walk::<R>(line, &Setup::new(&layout, threads).around(around), path)
}

/// A path walked by the plainest loop: clipping written out, weight by weight.
fn clipped(around: Around, path: &Path) -> Path {
    let clip = |gradient: &Vec<f64>| {
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        let scale = if norm > around.clip_norm { around.clip_norm / (norm + 1e-6) } else { 1.0 };
        gradient.iter().map(|g| (g * scale).clamp(-around.clip_value, around.clip_value)).collect()
    };
    let gradients = path.gradients().iter().map(clip).collect();
    Path::new(path.start.clone(), gradients, path.learning_rates.clone())
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

/// All that another framework can be asked about: whatever takes gradients, in all its dialects.
fn dialects() -> impl Iterator<Item = (&'static Entry, &'static Dialect)> {
    let entries = OPTIMIZERS.iter().filter(|e| e.family != Family::Evolution);
    entries.flat_map(|e| e.dialects.iter().map(move |d| (e, d)))
}

/// The first step at which a walk leaves the framework's, in words. A weight is measured by its greatest size so far:
/// where steps cancel, rounding is all that they leave.
fn first_difference(case: &Case, walked: &[Vec<f64>]) -> Option<String> {
    let mut sizes: Vec<f64> = case.path.start.iter().map(|x| x.abs()).collect();
    for (t, (ours, theirs)) in walked.iter().zip(&case.thetas).enumerate() {
        for (i, (got, want)) in ours.iter().zip(theirs).enumerate() {
            sizes[i] = sizes[i].max(want.abs());
            let near = (got - want).abs() <= 1e-10 * sizes[i];
            if !near {
                let (line, framework) = (&case.line, &case.framework);
                return Some(format!("{line}: step {}, weight {i}: {got}, {framework} {want}", t + 1));
            }
        }
    }
    None
}

#[test]
fn every_dialect_makes_the_golden_steps() {
    let cases = golden();
    for case in &cases {
        assert!(case.thetas.len() >= 20, "{}: too few steps", case.line);
    }
    let wrong: Vec<String> = cases.iter().filter_map(|c| first_difference(c, &c.walk::<f64>(None))).collect();
    assert!(wrong.is_empty(), "{} of {} walks differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_dialect_makes_the_golden_steps_in_f32_as_well_as_the_frameworks_do() {
    // A search compares losses: where these differ by a rounding, it may go another way than others.
    let searches =
        |case: &Case| OPTIMIZERS.iter().any(|e| e.name == case.rule && e.family == Family::LineSearch);
    for case in golden().into_iter().filter(|case| !searches(case)) {
        let off = case.deviation(&case.walk::<f32>(None));
        // What the framework's own f32 loses, and a rounding for every other step.
        let near = 3.0 * case.f32_apart + case.thetas.len() as f64 / 2.0 * f32::EPSILON as f64;
        assert!(off <= near, "{}: in f32 {off:e} away, {} {:e}", case.line, case.framework, case.f32_apart);
    }
}

#[test]
fn every_dialect_is_proven_with_its_defaults_its_rate_and_each_of_its_parameters() {
    let cases = golden();
    let framework = |dialect| match dialect {
        "pytorch" => "torch ",
        "tf1" => "tensorflow",
        other => other,
    };
    for (entry, dialect) in dialects() {
        let name = format!("{}@{}", entry.name, dialect.name);
        let of: Vec<&Case> =
            cases.iter().filter(|c| c.rule == entry.name && c.dialect == dialect.name).collect();
        assert!(
            of.iter().any(|c| c.line == name),
            "`{name}` has no golden steps with its defaults: see tests/fixtures/paths.py"
        );
        for case in of.iter().filter(|c| c.framework.starts_with(framework(dialect.name))) {
            let rate = case.default_learning_rate.unwrap_or(dialect.learning_rate);
            assert_eq!(dialect.learning_rate, rate, "{name}: the rate of {}", case.made_with);
        }
    }
    for entry in OPTIMIZERS.iter().filter(|e| e.family == Family::Rule) {
        for p in entry.dialects.iter().flat_map(|d| d.parameters) {
            // A switch is proven by the dialects that have it the one way and the other.
            let switched = entry
                .dialects
                .iter()
                .any(|d| d.parameters.iter().any(|q| q.name == p.name && q.default != p.default));
            let written =
                cases.iter().any(|c| c.rule == entry.name && c.line.contains(&format!(" {}=", p.name)));
            assert!(switched || written, "{}: no golden steps with another {}", entry.name, p.name);
        }
    }
}

/// Dialects that differ in other things than in how a rule walks with its defaults: the rate, a parameter more.
const WALK_THE_SAME: &[(&str, &str, &str)] = &[
    ("sgd", "pytorch", "keras"),
    ("momentum", "pytorch", "mlx"),
    ("adam", "pytorch", "optax"),
    ("schedule_free", "pytorch", "optax"),
];

#[test]
fn the_golden_steps_tell_every_dialect_from_every_other() {
    for case in golden().iter().filter(|c| c.line == format!("{}@{}", c.rule, c.dialect)) {
        let Some(entry) = OPTIMIZERS.iter().find(|e| e.name == case.rule) else { continue };
        for other in entry.dialects.iter().filter(|d| d.name != case.dialect) {
            let off = case.deviation(&case.walk::<f64>(Some(&format!("{}@{}", case.rule, other.name))));
            let pair = |(rule, a, b): &(&str, &str, &str)| {
                *rule == case.rule && [(*a, *b), (*b, *a)].contains(&(case.dialect.as_str(), other.name))
            };
            if WALK_THE_SAME.iter().any(pair) {
                assert!(off <= 1e-10, "{} and @{} are no longer the same", case.line, other.name);
            } else {
                assert!(off > 1e-8, "{}: @{} makes the same steps ({off:e})", case.line, other.name);
            }
        }
    }
}

#[test]
fn the_table_in_the_docs_is_what_this_code_does() {
    let docs = include_str!("../../docs/optimizers.md");
    for line in table().lines() {
        assert!(
            docs.contains(line),
            "docs/optimizers.md lacks\n{line}\nrun cargo run --release -p gradus --example deviations"
        );
    }
    for (entry, dialect) in dialects() {
        assert!(
            docs.contains(&format!("| {} | {} |", entry.name, dialect.name)),
            "{}@{}",
            entry.name,
            dialect.name
        );
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
        let (path, threads) = (random_path(weights, steps), Threads::new(threads));
        for (entry, dialect) in dialects().filter(|(e, _)| e.family == Family::Rule) {
            // An ε that is large beside rounding: else a slope that nearly vanishes is all rounding, divided by itself.
            let has_epsilon = dialect.parameters.iter().any(|p| p.name == "epsilon");
            let line =
                format!("{}@{}{}", entry.name, dialect.name, if has_epsilon { " epsilon=1e-3" } else { "" });
            for (what, around) in arounds {
                let slow = walk_around::<f64>(&line, none, &clipped(around, &path), &Threads::new(1));
                let fast = walk_around::<f32>(&line, around, &path, &threads);
                assert_same_path(&fast, &slow, &format!("{line} with {what}, {weights} weights"));
            }
        }
    }
}

#[test]
fn regularisation_is_what_the_formulas_say() {
    let path = Path::new(vec![2.0, -3.0, 0.0], vec![vec![0.5, 0.25, 1.0]], vec![0.1]);
    let step = |around: Around| walk_around::<f64>("sgd", around, &path, &Threads::new(1)).remove(0);
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
    let (layout, one) = (Layout::of(12), Threads::new(1));
    let descended = |line: &str, first_rate: f64| {
        let mut theta = vec![0.0; 12];
        let mut optimizer = Choice::parse(line).unwrap().build(&Setup::new(&layout, &one));
        for t in 1..=5000 {
            // It falls: steps as long as a share of θ, whatever the slope, would end in circles around the bottom.
            let learning_rate = first_rate * (1.0 - t as f64 / 5001.0);
            optimizer.step(Step { t, learning_rate }, &mut theta, &mut Bowl);
        }
        let mut answer = vec![0.0; 12];
        optimizer.answer(&theta, &mut answer);
        Bowl.loss(&answer)
    };
    let first = Bowl.loss(&[0.0; 12]);
    for line in gradient_lines() {
        // Adagrad's steps shrink as they go, Adadelta's start tiny: they want larger rates than the others.
        let reached: Vec<f32> = [0.01, 1.0, 50.0].iter().map(|rate| descended(&line, *rate)).collect();
        let near = |last: &f32| *last < 1e-2 && *last < 1e-4 * first;
        assert!(reached.iter().any(near), "{line}: from {first} only to {reached:?}");
    }
}

#[test]
fn every_optimizer_shows_all_that_it_keeps() {
    for line in gradient_lines() {
        let path = random_path(5, 6);
        let (layout, threads) = (Layout::of(5), Threads::new(1));
        let setup = Setup::new(&layout, &threads);
        let build = || Choice::parse(&line).unwrap().build(&setup);
        let start: Vec<f32> = path.start.iter().map(|x| *x as f32).collect();
        let (mut whole, mut theta) = (build(), start.clone());
        let straight = go_on(whole.as_mut(), &mut theta, &path, 1);
        // Three steps, the state carried into a new optimizer, three more.
        let (mut one, mut two, mut theta) = (build(), build(), start);
        go_on(one.as_mut(), &mut theta, &path.part(0..3), 1);
        for ((name, from), (same, mut to)) in one.state().into_iter().zip(two.state()) {
            assert_eq!(name, same);
            to.set(&from.to_vec());
        }
        let resumed = go_on(two.as_mut(), &mut theta, &path.part(3..6), 4);
        assert_eq!(resumed[2], straight[5], "{line} keeps something that `state` does not show");
    }
}

/// A value of a parameter that is not its default.
fn another(p: &Parameter) -> String {
    match p.kind {
        Kind::Word(words) => words[(p.default as usize + 1) % words.len()].into(),
        Kind::Whole => (if p.default < p.max { p.default + 1.0 } else { p.min }).to_string(),
        Kind::Number if p.max.is_finite() => (p.min + 0.123456789012345 * (p.max - p.min)).to_string(),
        Kind::Number if p.min.is_finite() => (p.min + 1.23456789012345).to_string(),
        Kind::Number => "1.23456789012345".into(),
    }
}

#[test]
fn every_line_reads_back_to_itself() {
    for (entry, dialect) in OPTIMIZERS.iter().flat_map(|e| e.dialects.iter().map(move |d| (e, d))) {
        let name = format!("{}@{}", entry.name, dialect.name);
        let line = Choice::parse(&name).unwrap().line();
        assert_eq!(Choice::parse(&line).unwrap().line(), line);
        for p in dialect.parameters {
            assert!(line.contains(&format!("{}={}", p.name, p.written(p.default))), "{line}");
            let other = format!("{}={}", p.name, another(p));
            let line = Choice::parse(&format!("{name} {other}")).unwrap().line();
            assert!(line.contains(&other), "{line}");
            assert_eq!(Choice::parse(&line).unwrap().line(), line);
        }
    }
    assert_eq!(Choice::parse("adam").unwrap().line(), Choice::parse("adam@pytorch").unwrap().line());
}

#[test]
fn every_wrong_word_is_pointed_at() {
    for (entry, dialect) in OPTIMIZERS.iter().flat_map(|e| e.dialects.iter().map(move |d| (e, d))) {
        let name = format!("{}@{}", entry.name, dialect.name);
        for p in dialect.parameters {
            let (below, above) = ((p.min - 0.5).to_string(), (p.max + 1.0).to_string());
            // Without limits, infinity may be a value: "never".
            let is_never = |value: &&str| {
                value.ends_with("inf")
                    && p.allowed().to_string().contains('∞')
                    && p.range().contains(['[', ']'])
            };
            let wrong = [below.as_str(), above.as_str(), "NaN", "inf", "much", ""];
            for value in wrong.into_iter().filter(|value| !is_never(value)) {
                let word = format!("{}={value}", p.name);
                let error = Choice::parse(&format!("{name} {word}")).err().unwrap();
                assert_eq!(pointed_at(&error), word);
                assert!(error.to_string().contains(&format!("it must be {}", p.allowed())), "{error}");
            }
            let twice = format!("{name} {}={}  {}={}", p.name, another(p), p.name, p.written(p.default));
            assert_eq!(
                pointed_at(&Choice::parse(&twice).err().unwrap()),
                format!("{}={}", p.name, p.written(p.default))
            );
        }
        let unknown = Choice::parse(&format!("{name} bogus=1")).err().unwrap();
        assert_eq!(pointed_at(&unknown), "bogus=1");
        let extra = Choice::parse(&format!("  {name}  fast")).err().unwrap();
        assert_eq!(pointed_at(&extra), "fast");
    }
    let error = Choice::parse("  adma beta1=0.9").err().unwrap();
    assert_eq!(pointed_at(&error), "adma");
    assert!(error.to_string().contains("did you mean `adam`?"), "{error}");
    let error = Choice::parse("adam@kears").err().unwrap();
    assert!(error.to_string().contains("did you mean `keras`?"), "{error}");
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
    for line in gradient_lines() {
        for loss in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut theta = vec![1.0, 2.0];
            let (layout, threads) = (Layout::of(2), Threads::new(1));
            let mut optimizer = Choice::parse(&line).unwrap().build(&Setup::new(&layout, &threads));
            let before: Vec<Vec<f64>> = optimizer.state().iter().map(|(_, s)| s.to_vec()).collect();
            let seen = optimizer.step(Step { t: 1, learning_rate: 0.1 }, &mut theta, &mut Broken(loss));
            assert_eq!(seen.to_bits(), loss.to_bits());
            assert_eq!(theta, [1.0, 2.0], "{line}");
            let after: Vec<Vec<f64>> = optimizer.state().iter().map(|(_, s)| s.to_vec()).collect();
            assert_eq!(after, before, "{line}");
        }
    }
}
