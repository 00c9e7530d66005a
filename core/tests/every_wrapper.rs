//! Every wrapper: what other frameworks do with theirs, and what all promise, also inside one another.

use std::collections::BTreeSet;

use crate::common::golden::{deviation, golden_of};
use crate::common::valleys::{Valley, made, walks};
use crate::common::{pointed_at, random};
use gradus::layout::Layout;
use gradus::optimizer::{Objective, Optimizer, Reason, Setup, Step};
use gradus::optimizers::Choice;
use gradus::real::{Number, Slot};
use gradus::threads::Threads;
use gradus::words::{Kind, Values};
use gradus::wrappers::{Entry, WRAPPERS};

/// Those that leave gradients to the objective.
fn wrappers() -> impl Iterator<Item = &'static Entry> + Clone {
    WRAPPERS.iter().filter(|w| !w.estimates)
}

/// Each wrapper around several optimizers, and around each other.
fn lines() -> Vec<String> {
    let mut lines = Vec::new();
    for wrapper in wrappers() {
        for inner in ["adam", "momentum", "schedule_free", "lamb", "muon", "lbfgs history=3"] {
            lines.push(format!("{} over {inner}", wrapper.name));
        }
        for second in wrappers() {
            lines.push(format!("{} over {} over adam", wrapper.name, second.name));
        }
    }
    let more = [
        "lookahead steps=2 over adam",
        "swa start=3 every=2 over momentum",
        "ema debias=yes over adam",
        "sam adaptive=yes over adam",
        "ema decay=0.9 over swa start=2 over lookahead steps=2 over sam over schedule_free warmup=4",
    ];
    lines.extend(more.map(String::from));
    lines
}

#[test]
fn averages_and_lookahead_go_as_those_of_other_frameworks_and_give_the_same_answers() {
    let cases = golden_of("wrappers");
    for wrapper in wrappers().filter(|w| w.name != "sam") {
        assert!(cases.iter().any(|c| c.rule == wrapper.name), "{} has no golden steps", wrapper.name);
    }
    for case in cases {
        assert!(case.thetas.len() >= 20 && case.answers.len() == case.thetas.len(), "{}", case.line);
        let (thetas, answers) = case.walk_with_answers::<f64>();
        let off = [case.deviation(&thetas), deviation(&answers, &case.answers)];
        println!("{:<75} θ {:.0e}, answers {:.0e} away", case.line, off[0], off[1]);
        assert!(off.iter().all(|off| *off <= 1e-10), "{}: {off:?} away from {}", case.line, case.made_with);
        assert!(deviation(&answers, &thetas) > 1e-6, "{}: the answer is just θ", case.line);
        let (thetas, answers) = case.walk_with_answers::<f32>();
        let off = [case.deviation(&thetas), deviation(&answers, &case.answers)];
        assert!(off.iter().all(|off| *off <= 5e-6), "{} in f32: {off:?} away", case.line);
    }
}

#[test]
fn sam_goes_as_those_of_other_frameworks() {
    for walk in walks("sam") {
        assert!(walk.thetas.len() >= 20);
        let off = walk.assert_same();
        println!("{:<11} {:<50} {:<24} {off:.0e} away", walk.function, walk.line, walk.framework);
        let plain = walk.line.split_once(" over ").unwrap().1.to_string();
        let inner = crate::common::valleys::Walk { line: plain, ..walk.clone() };
        // Of a quadratic function each slope just grows, which Adam does not see.
        let seen = walk.function != "quadratic" || !walk.line.ends_with("adam@pytorch");
        assert!(!seen || deviation(&inner.walk().0, &walk.thetas) > 1e-6, "{}: as without", walk.line);
    }
}

/// Steps on a valley, each with its own rate; θ after each.
fn steps<R: Number>(
    optimizer: &mut dyn Optimizer<R>,
    theta: &mut [R],
    range: std::ops::RangeInclusive<u64>,
) -> Vec<Vec<f64>> {
    let mut valley = Valley::named("rosenbrock");
    let mut passed = Vec::new();
    for t in range {
        let loss = Objective::<R>::loss(&mut valley, theta);
        let seen = optimizer.step(Step { t, learning_rate: 1e-3 / t as f64 }, theta, &mut valley);
        assert_eq!(seen.to_f64(), loss.to_f64(), "a step gives the loss at θ, before it");
        passed.push(theta.iter().map(|x| x.to_f64()).collect());
    }
    passed
}

fn answer(optimizer: &dyn Optimizer<f32>, theta: &[f32]) -> Vec<f32> {
    let mut into = vec![f32::NAN; theta.len()];
    optimizer.answer(theta, &mut into);
    into
}

#[test]
fn every_wrapper_goes_on_exactly_from_what_it_shows_also_inside_another() {
    let start: Vec<f32> = random(8, 9).iter().map(|x| *x as f32).collect();
    for line in lines() {
        let (mut whole, mut theta) = (made::<f32>(&line, 8), start.clone());
        let straight = steps(whole.as_mut(), &mut theta, 1..=12);
        let last = answer(whole.as_ref(), &theta);
        for stop in 1..12 {
            let (mut one, mut two, mut theta) = (made::<f32>(&line, 8), made::<f32>(&line, 8), start.clone());
            steps(one.as_mut(), &mut theta, 1..=stop);
            let between = answer(one.as_ref(), &theta);
            let names: Vec<String> = one.state().into_iter().map(|(name, _)| name).collect();
            let unique: BTreeSet<&String> = names.iter().collect();
            assert_eq!(unique.len(), names.len(), "{line}: two states of one name: {names:?}");
            for ((name, from), (same, mut to)) in one.state().into_iter().zip(two.state()) {
                assert_eq!(name, same);
                to.set(&from.to_vec());
            }
            assert_eq!(answer(two.as_ref(), &theta), between, "{line}: the answer after step {stop}");
            let resumed = steps(two.as_mut(), &mut theta, stop + 1..=12);
            assert_eq!(resumed[..], straight[stop as usize..], "{line} stopped at {stop} goes another way");
            assert_eq!(answer(two.as_ref(), &theta), last, "{line} stopped at {stop} ends elsewhere");
        }
    }
}

#[test]
fn the_answer_before_any_step_is_the_start() {
    let theta: Vec<f32> = random(8, 9).iter().map(|x| *x as f32).collect();
    for line in lines() {
        let optimizer = made::<f32>(&line, 8);
        assert_eq!(answer(optimizer.as_ref(), &theta), theta, "{line}");
        assert_eq!((optimizer.ended(), optimizer.diversity()), (None, None), "{line}");
    }
}

#[test]
fn averaging_changes_nothing_about_the_way() {
    for inner in ["adam", "sam over momentum", "lookahead over adam", "schedule_free"] {
        let start: Vec<f32> = random(8, 9).iter().map(|x| *x as f32).collect();
        let walk = |line: &str| steps(made::<f32>(line, 8).as_mut(), &mut start.clone(), 1..=12);
        let plain = walk(inner);
        for average in ["ema", "ema debias=yes", "swa", "swa start=4 every=3", "ema over swa"] {
            assert_eq!(walk(&format!("{average} over {inner}")), plain, "{average} over {inner}");
        }
    }
}

#[test]
fn an_average_inside_or_outside_is_of_what_would_be_used() {
    // The mean of all x of schedule-free AdamW, and of all slow weights, taken by hand.
    for inner in ["schedule_free", "lookahead steps=3 over adam"] {
        let (mut plain, mut averaged) = (made::<f64>(inner, 8), made::<f64>(&format!("swa over {inner}"), 8));
        let (mut one, mut two) = (random(8, 9), random(8, 9));
        let (mut sum, mut now, mut mean) = (vec![0.0; 8], vec![0.0; 8], vec![0.0; 8]);
        for t in 1..=10 {
            steps(plain.as_mut(), &mut one, t..=t);
            steps(averaged.as_mut(), &mut two, t..=t);
            plain.answer(&one, &mut now);
            averaged.answer(&two, &mut mean);
            for i in 0..8 {
                sum[i] += now[i];
                assert!((mean[i] - sum[i] / t as f64).abs() < 1e-14, "{inner}: step {t}, weight {i}");
            }
        }
    }
    // Lookahead around an average hands it on.
    let mut optimizer = made::<f64>("lookahead steps=2 over swa over sgd", 8);
    let (mut theta, mut sum, mut mean) = (random(8, 9), vec![0.0; 8], vec![0.0; 8]);
    let mut slow = theta.clone();
    for t in 1..=6 {
        // What the average sees is before the slow weights follow.
        let mut fast = theta.clone();
        steps(made::<f64>("sgd", 8).as_mut(), &mut fast, t..=t);
        steps(optimizer.as_mut(), &mut theta, t..=t);
        optimizer.answer(&theta, &mut mean);
        for i in 0..8 {
            sum[i] += fast[i];
            assert!((mean[i] - sum[i] / t as f64).abs() < 1e-14, "step {t}, weight {i}");
            if t % 2 == 0 {
                slow[i] += 0.5 * (fast[i] - slow[i]);
                assert_eq!(theta[i], slow[i], "step {t}, weight {i}");
            }
        }
    }
}

/// A loss that is not finite, everywhere or only away from a point.
struct Broken {
    loss: f64,
    fine: Option<Vec<f64>>,
}

impl<R: Number> Objective<R> for Broken {
    fn loss(&mut self, theta: &[R]) -> R {
        let here: Vec<f64> = theta.iter().map(|x| x.to_f64()).collect();
        R::of(if self.fine.as_ref() == Some(&here) { 1.0 } else { self.loss })
    }
    fn gradient(&mut self, theta: &[R], grad: &mut [R]) -> R {
        let loss = self.loss(theta);
        grad.fill(if loss.is_finite() { R::of(1.0) } else { R::of(f64::NAN) });
        loss
    }
}

#[test]
fn a_loss_that_is_not_finite_changes_neither_weights_nor_state_nor_answer() {
    let everything = |optimizer: &mut dyn Optimizer<f32>, theta: &[f32]| {
        let answer = answer(optimizer, theta);
        let state: Vec<Vec<f64>> = optimizer.state().iter().map(|(_, s)| s.to_vec()).collect();
        (theta.to_vec(), answer, state)
    };
    for line in lines() {
        for loss in [f64::NAN, f64::INFINITY] {
            let (mut optimizer, mut theta) = (made::<f32>(&line, 8), vec![0.5; 8]);
            for made in 0..4 {
                if made > 0 {
                    steps(optimizer.as_mut(), &mut theta, made..=made);
                }
                let before = everything(optimizer.as_mut(), &theta);
                let at = Step { t: made + 1, learning_rate: 1e-3 };
                let mut broken = Broken { loss, fine: None };
                let seen = optimizer.step(at, &mut theta, &mut broken);
                assert_eq!(seen.to_bits(), (loss as f32).to_bits(), "{line}");
                assert!(everything(optimizer.as_mut(), &theta) == before, "{line}: after {made} steps");
            }
        }
    }
}

#[test]
fn sam_stays_where_it_is_if_the_loss_nearby_is_not_finite() {
    for line in ["sam over sgd", "sam over adam", "ema over sam adaptive=yes over momentum"] {
        let (mut optimizer, mut theta) = (made::<f32>(line, 3), vec![0.5, 1.0, -2.0]);
        let start = theta.clone();
        let fine = Some(theta.iter().map(|x| *x as f64).collect());
        let mut broken = Broken { loss: f64::INFINITY, fine };
        let seen = optimizer.step(Step { t: 1, learning_rate: 0.1 }, &mut theta, &mut broken);
        assert!(seen.is_infinite() && theta == start, "{line}: {seen}, {theta:?}");
    }
}

/// An optimizer that has a population and has ended.
struct Ended;

impl<R: Number> Optimizer<R> for Ended {
    fn step(&mut self, _: Step, theta: &mut [R], objective: &mut dyn Objective<R>) -> R {
        let mut losses = [R::of(0.0); 2];
        objective.losses(&[&*theta, &*theta].concat(), &mut losses);
        losses[1]
    }
    fn state(&mut self) -> Vec<(String, Slot<'_>)> {
        Vec::new()
    }
    fn answer(&self, theta: &[R], into: &mut [R]) {
        into.iter_mut().zip(theta).for_each(|(to, w)| *to = *w * R::of(2.0));
    }
    fn ended(&self) -> Option<Reason> {
        Some(Reason::NoDiversity)
    }
    fn diversity(&self) -> Option<f64> {
        Some(0.25)
    }
}

/// Answers populations in one go, and nothing else.
struct Populations;

impl Objective<f64> for Populations {
    fn loss(&mut self, _: &[f64]) -> f64 {
        panic!("asked one by one")
    }
    fn gradient(&mut self, _: &[f64], _: &mut [f64]) -> f64 {
        panic!("asked for a gradient")
    }
    fn losses(&mut self, population: &[f64], losses: &mut [f64]) {
        losses.copy_from_slice(&[population[0], population[3]]);
    }
}

#[test]
fn what_is_inside_is_heard_outside() {
    let (layout, threads) = (Layout::of(3), Threads::new(1));
    let setup = Setup::new(&layout, &threads);
    for outer in wrappers() {
        for middle in wrappers() {
            let wrap = |w: &Entry, inner: Box<dyn Optimizer<f64>>| {
                f64::pick(w.make)(&Values::defaults(w.parameters), &setup, inner)
            };
            let mut optimizer = wrap(outer, wrap(middle, Box::new(Ended)));
            let what = format!("{} over {}", outer.name, middle.name);
            assert_eq!(optimizer.ended(), Some(Reason::NoDiversity), "{what}");
            assert_eq!(optimizer.diversity(), Some(0.25), "{what}");
            let (mut theta, mut into) = (vec![1.0, 2.0, 3.0], vec![0.0; 3]);
            optimizer.answer(&theta, &mut into);
            assert_eq!(into, [2.0, 4.0, 6.0], "{what}");
            let at = Step { t: 1, learning_rate: 0.1 };
            assert_eq!(optimizer.step(at, &mut theta, &mut Populations), 1.0, "{what}");
            optimizer.answer(&theta, &mut into);
            for (got, want) in into.iter().zip([2.0, 4.0, 6.0]) {
                assert!((got - want).abs() < 1e-15, "{what}: {into:?}");
            }
        }
    }
}

#[test]
fn every_line_reads_back_to_itself_and_every_wrong_word_is_pointed_at() {
    for wrapper in WRAPPERS {
        let name = wrapper.name;
        let line = Choice::parse(name).unwrap().line();
        assert!(line.contains(&format!(" over {}@", wrapper.inner.split('@').next().unwrap())), "{line}");
        assert_eq!(Choice::parse(&line).unwrap().line(), line);
        for p in wrapper.parameters {
            assert!(line.contains(&format!("{}={}", p.name, p.written(p.default))), "{line}");
            let other = match p.kind {
                Kind::Word(words) => words[(p.default as usize + 1) % words.len()].to_string(),
                Kind::Whole => (p.default + 1.0).to_string(),
                Kind::Number => (0.123456789012345 + p.min).to_string(),
            };
            let changed = format!("{name} {}={other} over sgd", p.name);
            let line = Choice::parse(&changed).unwrap().line();
            assert!(line.contains(&format!("{}={other}", p.name)) && line.ends_with("sgd@pytorch"), "{line}");
            for value in [(p.min - 0.5).to_string(), "much".into()] {
                let word = format!("{}={value}", p.name);
                assert_eq!(
                    pointed_at(&Choice::parse(&format!("{name} {word} over sgd")).err().unwrap()),
                    word
                );
            }
        }
        for (line, word) in [
            (format!("{name} bogus=1 over sgd"), "bogus=1"),
            (format!("{name} sgd"), "sgd"),
            (format!("{name} over sdg"), "sdg"),
            (format!("{name} over {name} over nothing"), "nothing"),
        ] {
            assert_eq!(pointed_at(&Choice::parse(&line).err().unwrap()), word, "{line}");
        }
        assert!(Choice::parse(&format!("{name} over")).is_err());
    }
}
