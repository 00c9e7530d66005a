//! What the playground shows is what the network is.

use std::time::{Duration, Instant};

use super::{bytes, state, unpacked};
use gradus_lab::bench::Deadline;
use gradus_lab::bench::playground::{self, Playground};
use gradus_lab::bench::small::{Plane, Task, Travel};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(600);

fn playground(settings: Value) -> Playground {
    Playground::new(&state(&settings)).unwrap_or_else(|error| panic!("{settings}: {error}"))
}

/// By another way: the plan that `gradus predict` uses, one place at a time, and the words of the loss.
fn predicted(playground: &Playground, answer: &[f32], at: [f64; 2]) -> Vec<f32> {
    let training = playground.training();
    let model = &training.model;
    let (mut plan, last) = model.inference_plan(1, training.threads()).unwrap();
    let features = &training.config.features;
    plan.data("input").iter_mut().zip(features).for_each(|(to, f)| *to = (f.of)(at[0], at[1]) as f32);
    plan.forward(&model.folded(answer, training.memory()));
    let z = plan.value(last);
    if training.data.task == Task::Values {
        return z.to_vec();
    }
    let mut shares = vec![0.0; model.classes];
    model.probabilities(z, &mut shares);
    if model.outputs == 1 { vec![shares[1] as f32] } else { shares.iter().map(|p| *p as f32).collect() }
}

#[test]
fn the_surface_is_what_the_model_predicts() {
    for (settings, exact) in [
        (json!({"data": "circle"}), true),
        (json!({"data": "xor", "net": "dense 1 sigmoid", "features": "x,xy,siny"}), true),
        (
            json!({"data": "moons", "net": "dense 6 gelu, dense 1 sigmoid", "loss": "squared_error", "optimizer": "ema over sgd"}),
            true,
        ),
        (
            json!({"data": "pinwheel", "net": "dense 9 tanh, dense 3 softmax", "loss": "softmax_cross_entropy"}),
            true,
        ),
        (json!({"data": "saddle", "net": "dense 7 tanh, dense 1", "loss": "huber"}), true),
        (json!({"data": "spiral", "net": "dense 8 norm relu, dropout 0.2, dense 1 sigmoid"}), false),
        (json!({"data": "spiral", "net": "dense 8 relu, residual (dense 8 relu), dense 1 sigmoid"}), true),
    ] {
        let mut playground = playground(settings.clone());
        let frame = playground.frame(&Travel::by(50), None, LONG).unwrap();
        let (surface, answer) = (unpacked(&frame.surface), unpacked(&frame.theta));
        let description = playground.description();
        let side = description["side"].as_u64().unwrap() as usize;
        let outputs = description["outputs"].as_u64().unwrap() as usize;
        assert_eq!(surface.len(), side * side * outputs);
        let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
        for place in (0..side * side).step_by(37) {
            let own = predicted(&playground, &answer, Plane::place(side, place));
            let shown = &surface[place * outputs..(place + 1) * outputs];
            for (a, b) in own.iter().zip(shown) {
                let close = if exact { a == b } else { (a - b).abs() < 1e-5 };
                assert!(close, "{settings} at {:?}: {b}, not {a}", Plane::place(side, place));
                (least, most) = (least.min(*b), most.max(*b));
            }
        }
        assert!(most - least > 0.01, "{settings}: all the same");
    }
}

/// The page draws the first row at the top: what is learnt of points above must stand there.
#[test]
fn the_surface_stands_upright() {
    let corners = "-0.9,0.9,1; -0.8,0.7,1; 0.9,0.9,0; -0.9,-0.9,0; 0.9,-0.9,0; 0.1,0,0; -0.1,0.1,0";
    let settings = json!({"data": "own", "points": corners, "net": "dense 6 tanh, dense 1 sigmoid", "lr": 0.05, "batch": "all"});
    let mut playground = playground(settings);
    let frame = playground.frame(&Travel::by(400), None, LONG).unwrap();
    let (surface, side) =
        (unpacked(&frame.surface), playground.description()["side"].as_u64().unwrap() as usize);
    let corner = |row: usize, column: usize| surface[row * side + column];
    let (near, far) = (side / 6, side - 1 - side / 6);
    assert!(corner(near, near) > 0.9, "top left: {}", corner(near, near));
    for (row, column) in [(near, far), (far, near), (far, far), (side / 2, side / 2)] {
        assert!(corner(row, column) < 0.1, "({row}, {column}): {}", corner(row, column));
    }
}

#[test]
fn the_pictures_are_what_neurons_say() {
    let net = "dense 40 relu, dense 3 tanh, dense 1 sigmoid";
    let mut playground = playground(json!({"data": "circle", "net": net, "lr": 0.01}));
    let frame = playground.frame(&Travel::by(100), Some([0, 31]), LONG).unwrap();
    let description = playground.description();
    let shown: Vec<u64> =
        description["layers"].as_array().unwrap().iter().map(|l| l["shown"].as_u64().unwrap()).collect();
    assert_eq!(shown, [32, 3, 1]);
    let (picture, side) =
        (description["picture"].as_u64().unwrap() as usize, description["side"].as_u64().unwrap() as usize);
    let (pictures, fine) = (bytes(&frame.pictures), unpacked(frame.focus.as_ref().unwrap()));
    assert_eq!((pictures.len(), frame.scales.len(), fine.len()), (36 * picture * picture, 36, side * side));
    let every = side / picture;
    let scale = frame.scales[31];
    assert!(scale > 0.0);
    for row in 0..picture {
        for column in 0..picture {
            let said = fine[(row * every + every / 2) * side + column * every + every / 2];
            let byte = pictures[(31 * picture + row) * picture + column] as f32;
            assert!(
                ((byte - 128.0) / 127.0 * scale - said).abs() <= 0.51 * scale / 127.0,
                "{byte} is {said} of {scale}"
            );
        }
    }
    // The neuron, computed by hand from θ.
    let theta = unpacked(&frame.theta);
    let (weight, bias) = (&description["layers"][0]["weight"]["at"], &description["layers"][0]["bias"]["at"]);
    let (weight, bias) = (weight.as_u64().unwrap() as usize, bias.as_u64().unwrap() as usize);
    let [x, y] = Plane::place(side, 77).map(|x| x as f32);
    let z = x * theta[weight + 31] + y * theta[weight + 40 + 31] + theta[bias + 31];
    assert!((fine[77] - z.max(0.0)).abs() < 1e-5);
}

#[test]
fn an_address_with_a_step_brings_back_the_very_weights() {
    let settings = json!({"data": "moons", "optimizer": "lookahead over adam@keras", "lr": 0.02, "seed": 5});
    let mut first = playground(settings.clone());
    let hashes: Vec<String> =
        (0..5).map(|_| first.frame(&Travel::by(30), None, LONG).unwrap().hash).collect();
    let mut again = playground(settings);
    let at = |playground: &mut Playground, to| playground.frame(&Travel::to(to), None, LONG).unwrap();
    assert_eq!(at(&mut again, 150).hash, hashes[4]);
    assert_eq!(at(&mut again, 60).hash, hashes[1]);
    assert_eq!(at(&mut first, 90).hash, hashes[2]);
    assert_eq!(again.frame(&Travel::by(-30), None, LONG).unwrap().hash, hashes[0]);
    assert_eq!(again.frame(&Travel::by(i64::MIN), None, LONG).unwrap().place.step, 0);
}

#[test]
fn the_curve_is_told_on_the_way_and_the_loss_falls() {
    let mut playground = playground(json!({"data": "circle", "lr": 0.03}));
    let frame = playground.frame(&Travel::by(400), None, LONG).unwrap();
    assert!((20..=60).contains(&frame.curve.len()) && frame.arrived, "{}", frame.curve.len());
    assert!(frame.curve.windows(2).all(|two| two[0].0 < two[1].0));
    assert_eq!(frame.curve.last().unwrap(), &(400, frame.train.loss, frame.test.map(|t| t.loss)));
    assert!(frame.train.loss < 0.2 * frame.curve[0].1);
    assert!(frame.train.accuracy.unwrap() > 0.95 && frame.test.unwrap().accuracy.unwrap() > 0.9);
}

/// As the page asks: JSON in, JSON out, within the time.
#[test]
fn hostile_questions_are_refused_and_endless_ones_end() {
    let address =
        json!({"net": "dense 100 tanh, dense 100 tanh, dense 1 sigmoid", "examples": 2000, "batch": "all"});
    let deadline = || Deadline::after(Duration::from_secs(10));
    let mut session = playground::open(&state(&address), &deadline()).unwrap();
    for (question, says) in [
        (json!({"focus": [7, 0]}), "focus = [7,0]"),
        (json!({"focus": [0, 100]}), "focus = [0,100]"),
        (json!({"focus": "all"}), "cannot be read"),
        (json!({"by": "many"}), "cannot be read"),
        (json!({"by": 1e99}), "cannot be read"),
        (json!({"to": -1}), "cannot be read"),
        (json!({"steps": 3}), "cannot be read"),
        (json!(["far"]), "cannot be read"),
        (json!(null), "cannot be read"),
    ] {
        let error = session.answer(&question, &deadline()).err().unwrap().to_string();
        assert!(error.contains(says), "{question}: {error}");
    }
    let began = Instant::now();
    let answer = session
        .answer(&json!({"to": u64::MAX, "milliseconds": u64::MAX}), &Deadline::after(Duration::from_secs(2)));
    assert_eq!(answer.unwrap()["arrived"], false);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let answer = session.answer(&json!({"by": 1, "describe": true}), &deadline()).unwrap();
    assert_eq!(answer["description"]["weights"], 10_501);
}

/// The losses after so many steps: training, test.
fn after(settings: &Value, steps: u64) -> (f32, f32) {
    let mut playground = playground(settings.clone());
    let frame = playground.frame(&Travel::to(steps), None, LONG).unwrap();
    (frame.train.loss, frame.test.unwrap().loss)
}

/// What `page/bench/small/presets.js` promises.
#[test]
fn the_presets_show_what_they_say() {
    let page = include_str!("../../page/bench/small/presets.js");
    let spiral = |hidden: &str, optimizer: &str, lr: f64| json!({"data": "spiral", "noise": 0.02, "net": format!("{hidden}, dense 1 sigmoid"), "optimizer": optimizer, "lr": lr});
    let line = json!({"data": "xor", "net": "dense 1 sigmoid", "lr": 0.03});
    assert!((after(&line, 2000).0 - std::f32::consts::LN_2).abs() < 0.02, "{:?}", after(&line, 2000));
    let four = json!({"data": "xor", "net": "dense 4 tanh, dense 1 sigmoid", "lr": 0.03});
    assert!(after(&four, 1000).0 < 0.15, "{:?}", after(&four, 1000));
    let ellipse = json!({"data": "circle", "features": "x,y,xx,yy", "net": "dense 1 sigmoid", "lr": 0.1});
    assert!(after(&ellipse, 1000).1 < 0.15, "{:?}", after(&ellipse, 1000));
    assert!(page.contains("features: 'x,y,xx,yy'") && page.contains("net('dense 16 relu, dense 16 relu')"));
    let (relu, tanh, sgd) = (
        after(&spiral("dense 16 relu, dense 16 relu", "adam", 0.01), 600).0,
        after(&spiral("dense 8 tanh, dense 8 tanh", "adam", 0.01), 2000).0,
        after(&spiral("dense 16 relu, dense 16 relu", "sgd", 0.1), 600).0,
    );
    assert!(relu < 0.05 && tanh > 0.5 && sgd > 5.0 * relu, "relu {relu}, tanh {tanh}, sgd {sgd}");
    let mut overfit = json!({
        "data": "moons", "noise": 0.3, "examples": 24, "net": "dense 32 tanh, dense 32 tanh, dense 1 sigmoid", "lr": 0.01, "batch": "all"
    });
    let (early, late) = (after(&overfit, 20), after(&overfit, 1500));
    assert!(late.0 < 0.05 && late.1 > 1.5 * early.1, "{early:?} {late:?}");
    overfit["l2"] = 0.01.into();
    assert!(after(&overfit, 1500).1 < 0.7 * late.1, "{:?} {late:?}", after(&overfit, 1500));
    let mut fast = playground(json!({
        "data": "saddle", "net": "dense 8 relu, dense 1", "loss": "squared_error", "optimizer": "sgd", "lr": 2, "batch": "all"
    }));
    assert!(fast.frame(&Travel::by(200), None, LONG).unwrap().halted.is_some());
    let classes = json!({"data": "pinwheel", "net": "dense 12 tanh, dense 3 softmax", "loss": "softmax_cross_entropy", "lr": 0.03});
    assert!(after(&classes, 1500).1 < 0.2, "{:?}", after(&classes, 1500));
    let value =
        json!({"data": "saddle", "net": "dense 8 tanh, dense 1", "loss": "squared_error", "lr": 0.01});
    assert!(after(&value, 1000).1 < 0.02, "{:?}", after(&value, 1000));
    let bred = json!({"data": "xor", "net": "dense 4 tanh, dense 1 sigmoid", "optimizer": "genetic", "batch": "all"});
    assert!(after(&bred, 150).0 < 0.3, "{:?}", after(&bred, 150));
}

#[test]
fn the_network_can_be_taken_away_as_a_file() {
    use gradus::train::ModelFile;
    let mut playground = playground(
        json!({"data": "moons", "net": "dense 5 tanh, dense 1 sigmoid", "optimizer": "ema over adam"}),
    );
    playground.frame(&Travel::by(70), None, LONG).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, playground.model()).unwrap();
    let file = ModelFile::load(&path).unwrap();
    let training = playground.training();
    assert_eq!(
        file.theta(training.model.layout(), &path).unwrap(),
        training.answer(),
        "the averaged weights, which are shown"
    );
    assert_ne!(training.answer(), training.theta());
    let says = |key: &str| file.metadata[key].as_str();
    let line = training.model.network.line();
    assert_eq!((says("network"), says("step"), says("features")), (line.as_str(), "70", "x, y"));
    let deadline = Deadline::after(LONG);
    let mut session = playground::open(&state(&json!({"data": "moons"})), &deadline).unwrap();
    let answer = session.answer(&json!({"model": true}), &deadline).unwrap();
    assert_eq!(&bytes(&answer["model"])[8..9], b"{", "a safetensors header");
}
