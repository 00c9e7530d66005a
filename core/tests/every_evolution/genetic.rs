//! What only the genetic algorithm promises.

use super::{box_of_eggs, generation, state};
use gradus::evolution::Evolver;
use gradus::evolution::genetic::Genetic;
use gradus::layout::Layout;
use gradus::optimizer::Setup;
use gradus::threads::Threads;

#[test]
fn elites_go_on_unchanged_and_the_best_never_gets_worse() {
    let (layout, threads) = (Layout::of(3), Threads::new(1));
    for line in
        ["genetic elites=3 population=12 rate=1", "genetic elites=3 population=12 rate=1 reevaluate=no"]
    {
        let mut genetic = Genetic::<f64>::parse(line, &Setup::new(&layout, &threads)).unwrap();
        genetic.begin(&[0.0; 3]);
        let mut best = f64::INFINITY;
        for round in 0..30 {
            let members: Vec<Vec<f64>> = state(&mut genetic)[5].1.chunks(3).map(<[f64]>::to_vec).collect();
            let mut ranked = members.clone();
            ranked.sort_by(|a, b| box_of_eggs(a).total_cmp(&box_of_eggs(b)));
            let mut asked = vec![0.0; genetic.members() * 3];
            genetic.ask(&mut asked);
            if round > 0 && line.ends_with("no") {
                assert_eq!(genetic.members(), 9, "elites are not judged again");
                let children: Vec<&[f64]> = asked.chunks(3).collect();
                assert!(ranked[..3].iter().all(|elite| !children.contains(&&elite[..])));
            } else if round > 0 {
                assert_eq!(asked[..9], ranked[..3].concat(), "the best three come first, as they were");
            }
            generation(&mut genetic, 3, &mut |_, x| box_of_eggs(x));
            let now = state(&mut genetic)[5].1.clone();
            if round > 0 {
                let now: Vec<&[f64]> = now.chunks(3).collect();
                assert!(
                    ranked[..3].iter().all(|elite| now.contains(&&elite[..])),
                    "{line}: an elite is gone"
                );
            }
            let mut answer = [0.0; 3];
            genetic.answer(&mut answer);
            assert!(box_of_eggs(&answer) <= best, "{line}: from {best} to {}", box_of_eggs(&answer));
            best = box_of_eggs(&answer);
            let mut ever = genetic.hall().iter();
            assert_eq!(ever.next().unwrap(), (&answer[..], best), "the hall of fame begins with the best");
        }
        let hall: Vec<f64> = genetic.hall().iter().map(|(_, loss)| loss).collect();
        assert!(hall.len() == 5 && hall.windows(2).all(|pair| pair[0] <= pair[1]), "{hall:?}");
        assert!(genetic.hall().iter().all(|(x, loss)| box_of_eggs(x) == loss));
    }
}

#[test]
fn a_steady_state_keeps_the_best_of_parents_and_children() {
    let (layout, threads) = (Layout::of(2), Threads::new(1));
    for more in ["", " reevaluate=no"] {
        let line = format!("genetic replacement=steady_state children=4 population=10 rate=1 sigma=1{more}");
        let mut genetic = Genetic::<f64>::parse(&line, &Setup::new(&layout, &threads)).unwrap();
        genetic.begin(&[0.0; 2]);
        generation(&mut genetic, 2, &mut |_, x| box_of_eggs(x));
        for _ in 0..20 {
            let mut all = state(&mut genetic)[5].1.clone();
            let mut asked = vec![0.0; genetic.members() * 2];
            genetic.ask(&mut asked);
            assert_eq!(genetic.members(), if more.is_empty() { 14 } else { 4 });
            all.extend(&asked[asked.len() - 8..]);
            generation(&mut genetic, 2, &mut |_, x| box_of_eggs(x));
            let sorted = |x: &[f64]| {
                let mut losses: Vec<f64> = x.chunks(2).map(box_of_eggs).collect();
                losses.sort_by(f64::total_cmp);
                losses
            };
            assert_eq!(sorted(&state(&mut genetic)[5].1), sorted(&all)[..10], "{line}");
        }
    }
}

#[test]
fn it_starts_anew_when_stalled_or_all_alike_and_keeps_the_best() {
    let (layout, threads) = (Layout::of(2), Threads::new(1));
    for (line, judge) in [
        ("genetic population=10 patience=3 restarts=2 hall=3", &(|_: &[f64]| 1.0) as &dyn Fn(&[f64]) -> f64),
        ("genetic population=10 rate=0 crossover=none restarts=2 hall=3", &box_of_eggs),
    ] {
        let mut genetic = Genetic::<f64>::parse(line, &Setup::new(&layout, &threads)).unwrap();
        genetic.begin(&[0.0; 2]);
        let (mut starts, mut best) = (0, [0.0; 2]);
        for _ in 0..200 {
            if genetic.ended().is_some() {
                break;
            }
            let before = genetic.restarted();
            if before > starts {
                starts = before;
                let mut asked = vec![0.0; 20];
                genetic.ask(&mut asked);
                assert_eq!(asked[..2], best, "{line}: the best comes along");
                let fresh: Vec<&[f64]> = asked[2..].chunks(2).collect();
                assert!(fresh.windows(2).all(|pair| pair[0] != pair[1]), "{line}: all others are drawn");
                assert!(genetic.hall().iter().next().is_some(), "{line}: the hall of fame stays");
            }
            generation(&mut genetic, 2, &mut |_, x| judge(x));
            genetic.answer(&mut best);
        }
        assert_eq!((starts, genetic.restarted()), (2, 2), "{line}");
        assert!(genetic.ended().is_some(), "{line}: it ends once it may not start anew");
    }
}

#[test]
fn own_strengths_follow_what_helps() {
    let (layout, threads) = (Layout::of(5), Threads::new(1));
    let line = "genetic mutation=self_adaptive rate=1 sigma=0.01 crossover=none population=60";
    let mut genetic = Genetic::<f64>::parse(line, &Setup::new(&layout, &threads)).unwrap();
    genetic.begin(&[100.0; 5]);
    let mean = |genetic: &mut Genetic<f64>| {
        let kept = state(genetic);
        let strengths = &kept.iter().find(|(name, _)| name == "strengths").unwrap().1;
        strengths.iter().sum::<f64>() / strengths.len() as f64
    };
    let bowl = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
    (0..60).for_each(|_| generation(&mut genetic, 5, &mut |_, x| bowl(x)));
    let far = mean(&mut genetic);
    assert!(far > 0.2, "far from the bottom large steps help: {far}");
    (0..600).for_each(|_| generation(&mut genetic, 5, &mut |_, x| bowl(x)));
    assert!(mean(&mut genetic) < 1e-4 * far, "near it small ones: {}", mean(&mut genetic));
    assert!(genetic.course().best_loss() < 1e-6, "{}", genetic.course().best_loss());
}
