//! Evolution, each kind of it: what an evolver promises, when it ends, and what it learns without a gradient.

mod genetic;
mod golden;

use crate::common::pointed_at;
use gradus::evolution::Evolver;
use gradus::evolution::genetic::Genetic;
use gradus::layout::Layout;
use gradus::optimizer::{Objective, Optimizer, Reason, Setup, Step};
use gradus::optimizers::{Choice, Entry, Family, OPTIMIZERS};
use gradus::real::Number;
use gradus::threads::Threads;

fn evolution() -> impl Iterator<Item = &'static Entry> {
    OPTIMIZERS.iter().filter(|e| e.family == Family::Evolution)
}

/// Every kind, and those settings that go another way through it.
fn lines() -> Vec<String> {
    let fixed = evolution().flat_map(|e| ["", " reevaluate=no"].map(|more| format!("{}{more}", e.name)));
    let readable = fixed.filter(|line| Choice::parse(line).is_ok());
    readable.chain(OF_GENETIC.iter().map(|line| line.to_string())).collect()
}

const OF_GENETIC: [&str; 5] = [
    "genetic replacement=steady_state children=3 population=20 selection=rank",
    "genetic replacement=steady_state children=3 population=20 reevaluate=no crossover=sbx",
    "genetic elites=0 selection=stochastic_universal crossover=one_point mutation=self_adaptive rate=1",
    "genetic elites=5 population=21 crossover=blend mutation=polynomial reevaluate=no restarts=3 patience=1",
    "genetic selection=truncation crossover=two_point mutation=uniform restarts=100 least_diversity=0.3",
];

fn evolver<R: Number>(line: &str, weights: usize, seed: u64) -> Box<dyn Evolver<R>> {
    let (layout, threads) = (Layout::of(weights), Threads::new(1));
    let choice = Choice::parse(line).unwrap();
    choice.evolver::<R>(&Setup::new(&layout, &threads).seed(seed)).expect("an evolution")
}

/// An egg box around (1, 2, 3, …).
fn box_of_eggs(x: &[f64]) -> f64 {
    let far = x.iter().enumerate().map(|(i, x)| x - (i + 1) as f64);
    far.map(|x| x * x + 1.0 - (5.0 * x).cos()).sum()
}

/// One generation, judged by `judge`: (member's place, θ).
fn generation(evolver: &mut dyn Evolver<f64>, weights: usize, judge: &mut dyn FnMut(usize, &[f64]) -> f64) {
    let mut population = vec![f64::NAN; evolver.members() * weights];
    evolver.ask(&mut population);
    assert!(population.iter().all(|x| x.is_finite()), "every gene is written");
    let losses: Vec<f64> = population.chunks(weights).enumerate().map(|(k, x)| judge(k, x)).collect();
    evolver.tell(&population, &losses);
}

fn state(evolver: &mut dyn Evolver<f64>) -> Vec<(String, Vec<f64>)> {
    evolver.state().iter().map(|(name, slot)| (name.clone(), slot.to_vec())).collect()
}

#[test]
fn asking_changes_nothing_and_twice_gives_the_same() {
    for line in lines() {
        let mut evolver = evolver::<f64>(&line, 3, 1);
        evolver.begin(&[0.5, -0.5, 0.0]);
        for round in 0..8 {
            let before = state(&mut *evolver);
            let mut asked = [0, 1].map(|_| vec![f64::NAN; evolver.members() * 3]);
            asked.iter_mut().for_each(|population| evolver.ask(population));
            assert_eq!(asked[0], asked[1], "{line}: round {round}");
            assert_eq!(state(&mut *evolver), before, "{line}: round {round}");
            assert!(evolver.members() <= evolver.most_members(), "{line}");
            generation(&mut *evolver, 3, &mut |_, x| box_of_eggs(x));
        }
    }
}

#[test]
fn what_the_state_shows_is_all_that_goes_on() {
    for line in lines() {
        for told in [0, 1, 4, 7] {
            let mut whole = evolver::<f64>(&line, 3, 2);
            whole.begin(&[0.5, -0.5, 0.0]);
            (0..told).for_each(|_| generation(&mut *whole, 3, &mut |_, x| box_of_eggs(x)));
            let mut other = evolver::<f64>(&line, 3, 2);
            for ((name, from), (same, mut to)) in state(&mut *whole).into_iter().zip(other.state()) {
                assert_eq!(name, same);
                to.set(&from);
            }
            for _ in 0..5 {
                for evolver in [&mut whole, &mut other] {
                    generation(&mut **evolver, 3, &mut |_, x| box_of_eggs(x));
                }
                assert_eq!(state(&mut *whole), state(&mut *other), "{line}: resumed after {told}");
                assert_eq!(whole.ended(), other.ended());
            }
        }
    }
}

#[test]
fn who_leaves_the_population_gets_the_same() {
    for line in lines() {
        let [mut told, mut left] = [0, 1].map(|_| evolver::<f64>(&line, 3, 4));
        for evolver in [&mut told, &mut left] {
            evolver.begin(&[0.5, -0.5, 0.0]);
        }
        let mut population = vec![f64::NAN; left.most_members() * 3];
        for round in 0..9 {
            generation(&mut *told, 3, &mut |_, x| box_of_eggs(x));
            let asked = &mut population[..left.members() * 3];
            left.ask(asked);
            let losses: Vec<f64> = asked.chunks(3).map(box_of_eggs).collect();
            left.tell_and_leave(&mut population, &losses);
            assert_eq!(population.len(), left.most_members() * 3, "{line}: round {round}");
            assert_eq!(state(&mut *told), state(&mut *left), "{line}: round {round}");
            // Whatever is in it now is of no use to anyone.
            population.fill(f64::NAN);
        }
    }
}

#[test]
fn beginning_again_is_beginning() {
    for line in lines() {
        let mut evolver = evolver::<f64>(&line, 3, 2);
        let mut run = || {
            evolver.begin(&[0.5, -0.5, 0.0]);
            (0..6).for_each(|_| generation(&mut *evolver, 3, &mut |_, x| box_of_eggs(x)));
            state(&mut *evolver)
        };
        assert_eq!(run(), run(), "{line}");
    }
}

#[test]
fn seeds_differ_and_numbers_of_either_kind_go_the_same_way() {
    for line in lines() {
        let asked = |seed| {
            let mut evolver = evolver::<f64>(&line, 3, seed);
            evolver.begin(&[0.0; 3]);
            let mut population = vec![0.0; evolver.members() * 3];
            evolver.ask(&mut population);
            population
        };
        assert!(asked(1) != asked(2), "{line}");
        let mut single = evolver::<f32>(&line, 3, 1);
        single.begin(&[0.0; 3]);
        let mut population = vec![0.0f32; single.members() * 3];
        single.ask(&mut population);
        assert!(asked(1).iter().zip(&population).all(|(x, y)| (x - *y as f64).abs() < 1e-5), "{line}");
    }
}

#[test]
fn garbage_is_survived_never_chosen_and_never_answered() {
    for line in lines() {
        let mut evolver = evolver::<f64>(&line, 2, 3);
        evolver.begin(&[0.0, 0.0]);
        let mut least = f64::INFINITY;
        for round in 0..40 {
            generation(&mut *evolver, 2, &mut |k, x| match (k + round) % 5 {
                // At least one of three is finite.
                0 => f64::NAN,
                1 => f64::NEG_INFINITY,
                2 => f64::INFINITY,
                _ => {
                    least = least.min(box_of_eggs(x));
                    box_of_eggs(x)
                }
            });
            let mut answer = [f64::NAN; 2];
            evolver.answer(&mut answer);
            assert!(
                box_of_eggs(&answer).is_finite() && evolver.diversity().is_finite(),
                "{line}: {answer:?}"
            );
        }
        let kept = state(&mut *evolver);
        let course = &kept.iter().find(|(name, _)| name == "course").unwrap().1;
        assert!(course.contains(&least), "{line}: {least} is the best that was told, not one of {course:?}");
    }
}

/// A bowl, but for some.
struct Holes(Vec<f64>);

impl Objective<f64> for Holes {
    fn loss(&mut self, theta: &[f64]) -> f64 {
        self.0.pop().unwrap_or_else(|| box_of_eggs(theta))
    }
    fn gradient(&mut self, _: &[f64], _: &mut [f64]) -> f64 {
        panic!("evolution asks for no gradient")
    }
}

#[test]
fn a_generation_without_a_single_number_changes_nothing_at_all() {
    for line in lines() {
        let (layout, threads) = (Layout::of(2), Threads::new(1));
        let mut optimizer = Choice::parse(&line).unwrap().build_as::<f64>(&Setup::new(&layout, &threads));
        let mut theta = vec![0.0, 0.0];
        let kept = |o: &mut dyn Optimizer<f64>| o.state().iter().map(|(_, s)| s.to_vec()).collect::<Vec<_>>();
        for t in 1..=6 {
            let before = (theta.clone(), kept(&mut *optimizer));
            let at = Step { t, learning_rate: 0.1 };
            let garbage = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].repeat(1000);
            assert!(!optimizer.step(at, &mut theta, &mut Holes(garbage)).is_finite());
            assert!(before == (theta.clone(), kept(&mut *optimizer)), "{line}: step {t}");
            assert!(optimizer.step(at, &mut theta, &mut Holes(vec![])).is_finite(), "{line}");
            assert!(kept(&mut *optimizer) != before.1, "{line}: step {t}");
        }
    }
}

/// Runs until it ends, at most `most` generations; why, and how many losses were told.
fn until_it_ends(line: &str, most: usize, f: fn(&[f64]) -> f64) -> (Option<Reason>, usize, Vec<f64>) {
    let (mut evolver, mut evaluations) = (evolver::<f64>(line, 2, 1), 0);
    evolver.begin(&[1.5, 1.5]);
    assert_eq!(evolver.ended(), None, "{line}: before the first generation");
    for _ in 0..most {
        if evolver.ended().is_some() {
            break;
        }
        evaluations += evolver.members();
        generation(&mut *evolver, 2, &mut |_, x| f(x));
    }
    let mut answer = vec![0.0; 2];
    evolver.answer(&mut answer);
    (evolver.ended(), evaluations, answer)
}

#[test]
fn every_evolution_ends_for_each_reason_it_gives() {
    for entry in evolution() {
        let name = entry.name;
        let has = |p: &str| entry.dialects[0].parameters.iter().any(|q| q.name == p);
        assert!(["target", "budget", "patience"].iter().all(|p| has(p)), "{name}");

        let (ended, _, answer) = until_it_ends(&format!("{name} target=2.5"), 20_000, box_of_eggs);
        assert_eq!(ended, Some(Reason::Target), "{name}");
        assert!(box_of_eggs(&answer) < 6.0, "{name}: {answer:?}");

        let (ended, evaluations, _) = until_it_ends(&format!("{name} budget=300"), 20_000, box_of_eggs);
        assert_eq!(ended, Some(Reason::Budget), "{name}");
        assert!((200..=300).contains(&evaluations), "{name}: {evaluations} losses told");

        let (ended, ..) = until_it_ends(&format!("{name} patience=5"), 20_000, |_| 3.0);
        assert_eq!(ended, Some(Reason::Stalled), "{name}");
    }
    let all_the_same = "genetic mutation=gaussian rate=0 crossover=none selection=truncation share=0.01";
    assert_eq!(until_it_ends(all_the_same, 50, box_of_eggs).0, Some(Reason::NoDiversity));
    let copies_of_the_best = "differential_evolution strategy=best weight=1e-300 cross=1";
    assert_eq!(until_it_ends(copies_of_the_best, 50, box_of_eggs).0, Some(Reason::NoDiversity));
    let (ended, ..) = until_it_ends("simulated_annealing cooling=0.001", 200, box_of_eggs);
    assert_eq!(ended, Some(Reason::TinySteps));
}

#[test]
fn every_line_reads_back_and_every_wrong_word_is_pointed_at() {
    for entry in evolution() {
        let line = Choice::parse(entry.name).unwrap().line();
        assert_eq!(Choice::parse(&line).unwrap().line(), line);
        for p in entry.dialects[0].parameters {
            let wrong = format!("{}=sideways", p.name);
            let error = Choice::parse(&format!("{} {wrong}", entry.name)).err().unwrap();
            assert_eq!(pointed_at(&error), wrong);
            assert!(error.to_string().contains(&format!("it must be {}", p.allowed())), "{error}");
        }
    }
    for (line, word) in [
        ("genetic population=1", "population=1"),
        ("genetic sigma=0", "sigma=0"),
        ("genetic share=0", "share=0"),
        ("genetic selection=none", "selection=none"),
        ("differential_evolution population=3", "population=3"),
        ("genetic budget=0", "budget=0"),
    ] {
        assert_eq!(pointed_at(&Choice::parse(line).err().unwrap()), word);
    }
    let (layout, threads) = (Layout::of(1), Threads::new(1));
    let setup = Setup::new(&layout, &threads);
    assert_eq!(pointed_at(&Genetic::<f32>::parse("adam", &setup).err().unwrap()), "adam");
    assert!(Choice::parse("adam").unwrap().evolver::<f32>(&setup).is_none(), "adam asks for gradients");
}
