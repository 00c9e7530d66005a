//! What stands under the glass is what the step does.

use std::time::Duration;

use super::state;
use gradus_lab::bench::Deadline;
use gradus_lab::bench::small::Travel;
use gradus_lab::bench::weight::{self, Glass, Look, Question};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(600);

fn glass(settings: Value) -> Glass {
    Glass::new(&state(&settings)).unwrap_or_else(|error| panic!("{settings}: {error}"))
}

fn at(glass: &mut Glass, by: i64, weight: usize) -> Look {
    glass.look(&Travel::by(by), &Question { weight: Some(weight), ..Question::default() }, LONG).unwrap()
}

#[test]
fn three_ways_to_every_slope_agree() {
    for settings in [
        json!({"data": "xor", "net": "dense 3 tanh, dense 1 sigmoid", "batch": 4}),
        json!({"data": "moons", "net": "dense 4 gelu, dense 3 softplus, dense 1 sigmoid", "batch": 7, "examples": 18}),
        json!({"data": "pinwheel", "net": "dense 3 silu, dense 3 softmax", "loss": "softmax_cross_entropy"}),
        json!({"data": "saddle", "net": "dense 4 tanh, dense 1", "loss": "squared_error", "batch": "all", "examples": 30}),
    ] {
        let mut glass = glass(settings.clone());
        let weights = glass.training().theta().len();
        // The third batch of moons is the short one.
        for (i, step) in (0..weights).map(|i| (i, i64::from(i > 0 && i % 4 == 0))) {
            let look = at(&mut glass, step, i);
            let ways: Vec<&str> = look.slopes.iter().map(|slope| slope.way).collect();
            assert_eq!(
                ways,
                [
                    "by_hand",
                    "central_difference",
                    "forward_difference",
                    "central_difference_f32",
                    "backpropagation"
                ]
            );
            let [hand, central, forward, single, back] = [0, 1, 2, 3, 4].map(|k| look.slopes[k].value);
            let size = hand.abs().max(1e-2);
            assert!((hand - central).abs() < 1e-7 * size, "{settings} weight {i}: {hand} and {central}");
            assert!((hand - forward).abs() < 1e-5 * size, "{settings} weight {i}: {hand} and {forward}");
            assert!((hand - back).abs() < 2e-5 * size, "{settings} weight {i}: {hand} and {back}");
            assert!((hand - single).abs() < 2e-2 * size, "{settings} weight {i}: {hand} and {single}");
            // The examples' own slopes have the batch's as their mean.
            let own: Vec<f64> = look.examples.iter().map(|e| e.3.unwrap()).collect();
            let mean = own.iter().sum::<f64>() / own.len() as f64;
            assert!((mean - hand).abs() < 1e-12, "{mean} {hand}");
            assert_eq!(look.formulas["value"].as_f64().unwrap(), own[0]);
            // The curve goes through the loss of the batch at θᵢ, and is as steep there.
            let [before, here, behind] = [19, 20, 21].map(|k| look.curve[k]);
            assert!(here.0 == look.value as f64 && look.curve.len() == 41);
            let [above, below, run] = look.slopes[1].made_of.unwrap();
            assert!((here.1 - (above + below) / 2.0).abs() < 1e-9 && run > 0.0);
            let (bent, steep) =
                (behind.1 - 2.0 * here.1 + before.1, (behind.1 - before.1) / (behind.0 - before.0));
            assert!((steep - hand).abs() < 0.1 * bent.abs() / (behind.0 - here.0) + 2e-3, "{steep} {hand}");
        }
    }
}

/// Adam's lines, computed here from what is shown.
#[test]
fn the_state_and_the_step_are_what_the_formula_says() {
    let settings = json!({"data": "xor", "net": "dense 3 tanh, dense 1 sigmoid", "lr": 0.1, "l2": 0.01, "optimizer": "adam beta1=0.8"});
    let mut glass = glass(settings);
    at(&mut glass, 6, 0);
    for i in [0, 4, 9, 12] {
        let look = at(&mut glass, 0, i);
        let names: Vec<&str> = look.kept.iter().map(|kept| kept.name.as_str()).collect();
        assert_eq!(names, ["m", "v"]);
        let (m, v) = (&look.kept[0], &look.kept[1]);
        let t = look.place.step as i32 + 1;
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-5 * a.abs().max(b.abs()).max(1e-6);
        assert!(close(m.after.unwrap(), 0.8 * m.before + 0.2 * look.seen), "{look:?}");
        assert!(close(v.after.unwrap(), 0.999 * v.before + 0.001 * look.seen * look.seen), "{look:?}");
        let m_hat = m.after.unwrap() / (1.0 - 0.8f64.powi(t));
        let v_hat = v.after.unwrap() / (1.0 - 0.999f64.powi(t));
        let step = look.value as f64 - 0.1 * m_hat / (v_hat.sqrt() + 1e-8);
        assert!(close(look.next.unwrap() as f64, step), "{look:?} {step}");
        let slope = look.slopes.last().unwrap().value;
        assert!(close(look.seen, slope + 0.01 * look.value as f64));
    }
}

#[test]
fn looking_changes_nothing_and_the_step_shown_is_the_step_made() {
    let settings = json!({"data": "moons", "net": "dense 4 tanh, dense 1 sigmoid", "optimizer": "sam over adam", "lr": 0.05});
    let (mut watched, mut alone) = (glass(settings.clone()), glass(settings));
    let mut promised = None;
    for step in 0..40 {
        let look = at(&mut watched, i64::from(step > 0), 3);
        if let Some(promised) = promised {
            assert_eq!(look.value, promised);
        }
        promised = look.next;
        at(&mut watched, 0, 5);
    }
    let last = alone.look(&Travel::to(39), &Question::default(), LONG).unwrap();
    assert_eq!(at(&mut watched, 0, 0).hash, last.hash);
}

#[test]
fn what_cannot_be_derived_is_said_and_the_rest_goes_on() {
    for (net, says) in [
        ("dense 30 tanh, dense 30 tanh, dense 1 sigmoid", "1051 weights are too many"),
        ("dense 3 norm tanh, dense 1 sigmoid", "cannot be derived by hand"),
    ] {
        let look = at(&mut glass(json!({"net": net})), 0, 1);
        assert!(look.formulas["none"]["words"].as_str().unwrap().contains(says), "{}", look.formulas);
        assert_eq!(look.slopes[0].way, "central_difference");
        let (central, back) = (look.slopes[0].value, look.slopes.last().unwrap().value);
        assert!((central - back).abs() < 1e-5 * central.abs().max(0.1), "{central} {back}");
    }
    let deadline = Deadline::after(Duration::from_secs(10));
    let error = weight::open(&state(&json!({"weight": 33})), &deadline).err().unwrap().to_string();
    assert!(
        error.contains("weight = 33 is out of range: it must be the place of a weight: 0 to 32"),
        "{error}"
    );
    let mut session = weight::open(&state(&json!({"weight": 32})), &deadline).unwrap();
    let far = session.answer(&json!({"example": u64::MAX, "by": i64::MIN}), &deadline).unwrap();
    assert_eq!(far["formulas"]["example"], 15);
    let error = session.answer(&json!({"weight": -1}), &deadline).unwrap_err().to_string();
    assert!(error.contains("cannot be read"), "{error}");
    let text = far["formulas"]["slope"].as_str().unwrap();
    assert!(text.contains("<math") && text.contains("<mfrac"));
}
