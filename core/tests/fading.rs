//! What an optimizer remembers of a weight whose slope has become zero fades, and then is zero.

use crate::common::gradient_lines;
use gradus::initializers::{self, Fan};
use gradus::layout::Layout;
use gradus::op::Shape;
use gradus::optimizer::{Around, Objective, Setup, Step};
use gradus::optimizers::{Choice, Family};
use gradus::real::Slot;
use gradus::threads::Threads;

/// A loss without a slope.
struct Plain;

impl Objective for Plain {
    fn loss(&mut self, _: &[f32]) -> f32 {
        1.0
    }
    fn gradient(&mut self, _: &[f32], grad: &mut [f32]) -> f32 {
        grad.fill(0.0);
        1.0
    }
}

#[test]
fn what_fades_becomes_zero_within_64_steps() {
    let zeros = initializers::named("zeros").unwrap();
    let mut layout = Layout::default();
    for shape in [&[4, 6][..], &[6]] {
        layout.push(format!("{shape:?}"), Shape::new(shape), zeros, Fan { inputs: 4, outputs: 6 });
    }
    let threads = Threads::new(1);
    let around = Around { weight_decay: 0.01, ..Around::default() };
    let small = |i: usize| f32::MIN_POSITIVE * (1.0 + i as f32 / 5.0);
    let mut faded = Vec::new();
    for line in gradient_lines() {
        if Choice::parse(&line).unwrap().entry.family == Family::LineSearch {
            continue;
        }
        let mut optimizer =
            Choice::parse(&line).unwrap().build(&Setup::new(&layout, &threads).around(around));
        let mut theta: Vec<f32> = (0..layout.weights()).map(small).collect();
        for (_, slot) in optimizer.state() {
            if let Slot::Single(numbers) = slot {
                numbers.iter_mut().enumerate().for_each(|(i, x)| *x = small(i));
            }
        }
        for t in 1..=512 {
            optimizer.step(Step { t, learning_rate: 0.1 }, &mut theta, &mut Plain);
            if t % 64 != 0 {
                continue;
            }
            let state = optimizer.state();
            let kept = state.iter().filter_map(|(_, slot)| match slot {
                Slot::Single(numbers) => Some(&**numbers),
                Slot::Double(_) => None,
            });
            for x in kept.flatten().chain(&theta) {
                assert!(!x.is_subnormal(), "{line}: {x:e} after step {t}");
            }
        }
        let gone = |(_, slot): &(String, Slot)| !slot.is_empty() && slot.to_vec().iter().all(|x| *x == 0.0);
        if optimizer.state().iter().any(gone) {
            faded.push(line);
        }
    }
    for line in ["momentum", "nesterov", "rmsprop", "adam", "lamb", "muon"] {
        assert!(faded.iter().any(|name| name.starts_with(line)), "{line} is not among {faded:?}");
    }
}

/// What the machine multiplies has all its digits in every step, not only after a clearing: of a unit that no example wakes any more, the velocities
/// go from what they were to zero without it.
#[test]
fn velocities_fade_without_a_step_that_is_slow() {
    let zeros = initializers::named("zeros").unwrap();
    let mut layout = Layout::default();
    layout.push("weights".into(), Shape::new(&[40]), zeros, Fan { inputs: 4, outputs: 10 });
    let threads = Threads::new(1);
    for line in [
        "momentum",
        "nesterov",
        "adam",
        "adamw",
        "amsgrad",
        "nadam",
        "radam",
        "adamax",
        "yogi",
        "adabelief",
        "rmsprop momentum=0.9",
    ] {
        let mut optimizer = Choice::parse(line).unwrap().build(&Setup::new(&layout, &threads));
        let mut theta = vec![0.5; 40];
        let velocity = |optimizer: &mut dyn gradus::optimizer::Optimizer| -> Vec<f32> {
            let state = optimizer.state();
            let (_, slot) = state.iter().find(|(name, _)| name == "b").or(state.first()).unwrap();
            slot.to_vec().iter().map(|x| *x as f32).collect()
        };
        for (_, slot) in optimizer.state() {
            if let Slot::Single(numbers) = slot {
                numbers.iter_mut().enumerate().for_each(|(i, x)| *x = 0.1f32.powi(i as i32 % 20));
            }
        }
        let mut all_gone = None;
        for t in 1..=1500 {
            optimizer.step(Step { t, learning_rate: 1e-4 }, &mut theta, &mut Plain);
            let velocity = velocity(&mut *optimizer);
            for v in &velocity {
                assert!(!v.is_subnormal() && !(1e-4 * v).is_subnormal(), "{line}: {v:e} after step {t}");
            }
            if all_gone.is_none() && velocity.iter().all(|v| *v == 0.0) {
                all_gone = Some(t);
            }
        }
        // 0.9ᵗ is below 1e−30 after 656 steps.
        assert!(all_gone.is_some_and(|t| (600..=720).contains(&t)), "{line}: {all_gone:?}");
    }
}

/// Of examples about which there is no doubt any more, slopes become 0 before they are numbers without all their digits.
#[test]
fn slopes_fade_where_they_begin_and_where_they_meet_an_activation() {
    use gradus::op::{Backward, Gradient, Moment};
    let threads = &Threads::new(1);
    for (loss, target, classes) in [
        ("binary_cross_entropy", 0.0, 1),
        ("binary_cross_entropy", 0.0, 9),
        ("softmax_cross_entropy", 1.0, 2),
    ] {
        let op = gradus::losses::Loss::parse(loss).unwrap().op();
        let mut seen = [false; 2];
        for doubt in 1..110 {
            let (z, w) = (vec![-(doubt as f32); classes], [1.0]);
            let (z, t) =
                if classes == 2 { (vec![z[0], 0.0], vec![target]) } else { (z, vec![target; classes]) };
            let row = Shape::new(&[1, classes]);
            let shapes = &[row, if classes == 2 { Shape::new(&[1]) } else { row }, Shape::new(&[1])][..];
            let (x, moment) = ([&z[..], &t[..], &w[..]], Moment::default());
            let (mut y, mut keep, mut dy, mut dz) =
                ([0.0], vec![0.0; op.keeps(shapes)], [1.0], vec![9.0; classes]);
            let forward =
                gradus::op::Forward { shapes, x: &x, y: &mut y, keep: &mut keep, moment, id: 0, threads };
            op.forward(forward);
            let dx = &mut [Some(Gradient { to: &mut dz, add: false }), None, None][..];
            op.backward(Backward {
                shapes,
                x: &x,
                y: &y,
                keep: &mut keep,
                dy: &mut dy,
                ready: false,
                dx,
                through: None,
                moment,
                id: 0,
                threads,
            });
            assert!(dz[0] == 0.0 || dz[0] >= 1e-30, "{loss}: {:e} at {doubt}", dz[0]);
            assert!(doubt > 60 || dz[0] > 0.0, "{loss}: nothing at {doubt}");
            seen[usize::from(dz[0] == 0.0)] = true;
        }
        assert_eq!(seen, [true; 2], "{loss}");
    }
    for activation in gradus::activations::ACTIVATIONS.iter().filter(|a| !a.is_identity()) {
        let (mut dy, kept) = (vec![1e-32, -1e-32, 1.0, f32::NAN], vec![0.5; 4]);
        activation.back(&mut dy, &kept, threads);
        assert!(dy[0] == 0.0 && dy[1] == 0.0 && dy[2] > 0.0 && dy[3].is_nan(), "{}: {dy:?}", activation.name);
    }
}
