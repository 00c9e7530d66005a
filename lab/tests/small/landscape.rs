//! The map is the loss of the network, and paths lie on it where they say.

use std::time::{Duration, Instant};

use super::{state, unpacked};
use gradus_lab::bench::Deadline;
use gradus_lab::bench::landscape::{self, Landscape};
use serde_json::{Value, json};

fn whole(settings: Value) -> Value {
    let mut landscape =
        Landscape::new(&state(&settings)).unwrap_or_else(|error| panic!("{settings}: {error}"));
    while !landscape.go_on(Duration::from_millis(50)) {}
    landscape.answer(true)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// Two weights: the plane is all there is, and every number on it can be computed here.
#[test]
fn with_two_weights_the_map_is_the_loss_itself() {
    let answer = whole(json!({
        "data": "plane", "net": "dense 1 bias=no", "loss": "squared_error", "batch": "all", "examples": 60, "noise": 0.1,
        "optimizers": "sgd lr=0.4; momentum lr=0.3", "steps": 30, "grid": 21
    }));
    let (map, paths) = (&answer["map"], answer["paths"].as_array().unwrap());
    let explained = numbers(&map["explained"]);
    assert!((explained[0] + explained[1] - 1.0).abs() < 1e-9 && explained[0] > explained[1], "{explained:?}");
    let (x, y, values) = (numbers(&map["x"]), numbers(&map["y"]), unpacked(&map["values"]));
    let cell = |v: f64, range: &[f64]| (v - range[0]) / (range[1] - range[0]) * 21.0 - 0.5;
    for path in paths {
        let (xs, ys, losses) = (numbers(&path["x"]), numbers(&path["y"]), numbers(&path["loss"]));
        assert!(numbers(&path["off"]).iter().all(|off| *off < 1e-5));
        assert_eq!(xs.len(), 31);
        for k in 0..xs.len() {
            // A quadratic: between four places it is nearly what they say.
            let (c, r) = (cell(xs[k], &x), cell(ys[k], &y));
            let (c0, r0) = (c.floor() as usize, r.floor() as usize);
            let (fc, fr) = (c - c0 as f64, r - r0 as f64);
            let at = |c: usize, r: usize| values[r * 21 + c] as f64;
            let between = (1.0 - fr) * ((1.0 - fc) * at(c0, r0) + fc * at(c0 + 1, r0))
                + fr * ((1.0 - fc) * at(c0, r0 + 1) + fc * at(c0 + 1, r0 + 1));
            assert!(
                (between - losses[k]).abs() < 0.01,
                "step {k}: {between} on the map, {} in truth",
                losses[k]
            );
        }
        assert!(losses[30] < 0.5 * losses[0]);
    }
}

#[test]
fn paths_start_together_and_end_where_their_training_ends() {
    let settings = json!({"data": "moons", "net": "dense 6 tanh, dense 1 sigmoid", "optimizers": "sgd lr=0.3; adam@keras lr=0.02; rprop", "steps": 120, "batch": "all", "grid": 9});
    for directions in ["principal", "random"] {
        let mut settings = settings.clone();
        settings["directions"] = directions.into();
        let answer = whole(settings);
        let (map, paths) = (&answer["map"], answer["paths"].as_array().unwrap());
        assert_eq!(paths.len(), 3);
        let ends: Vec<f64> = paths.iter().map(|p| *numbers(&p["loss"]).last().unwrap()).collect();
        let best = (0..3).min_by(|a, b| ends[*a].total_cmp(&ends[*b])).unwrap();
        for (k, path) in paths.iter().enumerate() {
            let (x, y, off) = (numbers(&path["x"]), numbers(&path["y"]), numbers(&path["off"]));
            assert_eq!(numbers(&path["step"]).last(), Some(&120.0));
            assert_eq!(
                (x[0], y[0], off[0]),
                (numbers(&paths[0]["x"])[0], numbers(&paths[0]["y"])[0], numbers(&paths[0]["off"])[0])
            );
            let (rx, ry) = (numbers(&map["x"]), numbers(&map["y"]));
            assert!(x.iter().all(|x| rx[0] < *x && *x < rx[1]) && y.iter().all(|y| ry[0] < *y && *y < ry[1]));
            if k == best {
                assert!(
                    x.last().unwrap().abs() < 1e-9
                        && y.last().unwrap().abs() < 1e-9
                        && *off.last().unwrap() < 1e-9
                );
            }
        }
        // In the middle of the map, if a cell is there, is the loss of the best.
        let values = unpacked(&map["values"]);
        assert_eq!(values.len(), 81);
        assert!(values.iter().all(|v| v.is_finite()));
        let most_off = numbers(&paths[best]["off"])[0];
        if directions == "principal" {
            let explained = numbers(&map["explained"]);
            assert!(
                explained[0] + explained[1] > 0.6 && explained[0] + explained[1] <= 1.0 + 1e-9,
                "{explained:?}"
            );
            assert!(most_off < 0.6, "{most_off}");
        } else {
            assert!(
                map["explained"].is_null() && most_off > 0.6,
                "{most_off}: random directions see little of a path"
            );
        }
    }
}

#[test]
fn a_racer_that_diverges_is_told_and_does_not_spoil_the_map() {
    let answer = whole(json!({
        "data": "saddle", "net": "dense 6 relu, dense 1", "loss": "squared_error", "optimizers": "sgd lr=50; adam lr=0.01", "steps": 200, "grid": 9
    }));
    let paths = answer["paths"].as_array().unwrap();
    assert_eq!(paths[0]["halted"]["kind"], "diverged");
    assert!(paths[1]["halted"].is_null());
    assert!(numbers(&answer["map"]["x"]).iter().all(|x| x.abs() < 100.0), "{}", answer["map"]["x"]);
}

#[test]
fn hostile_settings_are_refused_and_answers_keep_their_time() {
    let refused = |settings: Value| match Landscape::new(&state(&settings)) {
        Ok(_) => panic!("{settings} was accepted"),
        Err(error) => error.to_string(),
    };
    for (settings, says) in [
        (json!({"optimizers": ";;"}), "0 optimizers"),
        (json!({"optimizers": "sgd;".repeat(7)}), "write 1 to 6 lines"),
        (json!({"optimizers": "sdg"}), "did you mean `sgd`?"),
        (json!({"optimizers": "sgd lr=-1"}), "lr = -1"),
        (json!({"optimizers": "sgd lr=NaN"}), "lr = NaN"),
        (json!({"steps": 0}), "steps = 0"),
        (json!({"steps": 1000000}), "steps = 1000000"),
        (json!({"grid": 500}), "grid = 500"),
        (json!({"directions": "up"}), "directions = up"),
        (
            json!({"net": "dense 100 tanh, dense 100 tanh, dense 1 sigmoid", "examples": 2000, "grid": 81}),
            "a coarser grid",
        ),
        (json!({"learning": 1}), "`learning` is not a setting"),
    ] {
        let error = refused(settings.clone());
        assert!(error.contains(says), "{settings}: {error}");
    }
    let long = json!({"steps": 5000, "grid": 81, "net": "dense 16 tanh, dense 16 tanh, dense 1 sigmoid"});
    let deadline = Deadline::after(Duration::from_secs(10));
    let mut session = landscape::open(&state(&long), &deadline).unwrap();
    let began = Instant::now();
    let answer = session.answer(&json!({"milliseconds": 20}), &deadline).unwrap();
    assert!(answer["done"] == false && answer["progress"]["map"] == 0.0, "{answer}");
    assert!(began.elapsed() < Duration::from_secs(3));
    assert!(session.answer(&json!({"steps": 1}), &deadline).is_err());
}
