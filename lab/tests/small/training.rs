//! The steps of an experiment are those of a training, and going back is exact.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use gradus::optimizers::OPTIMIZERS;
use gradus::threads::Threads;
use gradus::train::{Event, Parts, Samples, Settings, Trainer, Watcher};
use gradus::wrappers::WRAPPERS;
use gradus_lab::bench::fields::Fields;
use gradus_lab::bench::small::{Config, Data, Halt, SHAPES, Task, Training};
use serde_json::{Value, json};

fn training(settings: Value) -> gradus::Result<Training> {
    let mut fields = Fields::of(&super::state(&settings))?;
    let config = Config::read(&mut fields)?;
    fields.end()?;
    Training::new(config)
}

fn refusal(settings: Value) -> String {
    match training(settings.clone()) {
        Ok(_) => panic!("{settings} was accepted"),
        Err(error) => error.to_string(),
    }
}

const LONG: Duration = Duration::from_secs(600);

/// The examples of an experiment, as the trainer takes them.
struct AsSamples(Data);

impl Samples for AsSamples {
    fn len(&self) -> usize {
        self.0.train.len()
    }
    fn inputs(&self) -> usize {
        2
    }
    fn classes(&self) -> usize {
        2
    }
    fn class(&self, index: usize) -> usize {
        self.0.train[index].label as usize
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        let at = self.0.seen(self.0.train[index].at);
        into.copy_from_slice(&at.map(|x| x as f32));
    }
}

struct Quiet;
impl Watcher for Quiet {
    fn see(&mut self, _: &Event) {}
}

/// With a short last batch, dropout, batch norm, an average around the optimizer, L2 and L1.
#[test]
fn the_steps_are_those_of_the_trainer_bit_for_bit() {
    for (net, optimizer, batch) in [
        ("dense 8 tanh, dense 1 sigmoid", "adam", "16"),
        ("dense 8 norm relu, dropout 0.2, dense 4 tanh, dense 1 sigmoid", "ema over sam over momentum", "30"),
        ("dense 6 norm relu, dense 1 sigmoid", "genetic population=8", "all"),
        ("dense 5 relu, dense 1 sigmoid", "lbfgs", "all"),
    ] {
        let mut training = training(json!({
            "data": "moons", "net": net, "optimizer": optimizer, "batch": batch, "examples": 100, "lr": 0.02,
            "l2": 0.001, "l1": 0.0001, "seed": 7
        }))
        .unwrap();
        let data = AsSamples(training.data.clone());
        let parts = Parts { train: (0..100).collect(), ..Parts::default() };
        let settings = Settings {
            network: net.into(),
            optimizer: optimizer.into(),
            learning_rate: 0.02,
            batch: batch.parse().unwrap(),
            l2: 0.001,
            l1: 0.0001,
            seed: 7,
            epochs: 3,
            ..Settings::default()
        };
        let threads = Threads::new(1);
        let mut trainer = Trainer::new(&training.model, &data, parts, settings, &threads, "test").unwrap();
        let outcome = trainer.run(None, &mut Quiet, &AtomicBool::new(false)).unwrap();
        let (theta, memory) = (trainer.theta().to_vec(), trainer.memory().to_vec());
        drop(trainer);
        assert!(training.seek(outcome.steps, LONG, &mut |_| {}));
        assert_eq!(training.place().epoch, 3, "{net}");
        assert!(theta == training.theta(), "{net} by {optimizer}");
        assert!(memory == training.memory(), "{net} by {optimizer}");
    }
}

/// Everything that decides what comes next.
fn all(training: &mut Training) -> impl PartialEq + use<> {
    (training.theta().to_vec(), training.memory().to_vec(), training.kept(), training.place())
}

#[test]
fn back_after_n_steps_gives_the_very_bits_with_every_optimizer() {
    let rules =
        OPTIMIZERS.iter().flat_map(|e| e.dialects.iter().map(move |d| format!("{}@{}", e.name, d.name)));
    let lines: Vec<String> = rules
        .chain(WRAPPERS.iter().map(|w| format!("{} over adam", w.name)))
        .chain(["ipop", "bipop"].map(|how| format!("cma_es restarts={how} max_restarts=2 patience=3")))
        .collect();
    assert!(lines.len() > 40);
    for line in lines {
        let mut training = training(json!({
            "data": "xor", "net": "dense 3 norm tanh, dropout 0.1, dense 1 sigmoid", "optimizer": line, "batch": 24,
            "examples": 50, "lr": 0.02
        }))
        .unwrap_or_else(|error| panic!("{line}: {error}"));
        let mut walked = vec![all(&mut training)];
        while training.place().step < 90 && training.step() {
            walked.push(all(&mut training));
        }
        let last = walked.len() - 1;
        // The last steps are kept, older ones computed again; forward again after going back; to the very start.
        for step in [last.saturating_sub(1), last.saturating_sub(40), 7.min(last), last, 0, last / 2, last] {
            assert!(training.seek(step as u64, LONG, &mut |_| {}), "{line}");
            assert!(all(&mut training) == walked[step], "{line}: step {step} of {last}");
        }
    }
}

#[test]
fn a_seek_that_runs_out_of_time_says_so_and_goes_on() {
    let mut training = training(json!({"net": "dense 30 tanh, dense 30 tanh, dense 1 sigmoid"})).unwrap();
    assert!(!training.seek(3000, Duration::ZERO, &mut |_| {}));
    assert_eq!(training.place().step, 1);
    let mut seen = 0;
    assert!(training.seek(300, LONG, &mut |_| seen += 1));
    assert_eq!(seen, 299);
}

#[test]
fn a_training_that_diverges_stops_before_it_and_can_go_back() {
    let mut training = training(json!({
        "data": "plane", "net": "dense 8 relu, dense 1", "loss": "squared_error", "optimizer": "sgd", "lr": 90
    }))
    .unwrap();
    training.seek(1000, LONG, &mut |_| {});
    let at = training.place().step;
    assert!(at < 1000 && training.theta().iter().all(|w| w.is_finite()));
    assert_eq!(training.halted(), Some(&Halt::Diverged { step: at + 1, learning_rate: 90.0 }));
    assert!(!training.step());
    training.seek(1, LONG, &mut |_| {});
    assert_eq!((training.place().step, training.halted()), (1, None));
}

#[test]
fn every_shape_is_drawn_and_learnt() {
    for shape in SHAPES {
        let (net, loss) = match shape.task {
            Task::Classes(2) => ("dense 16 relu, dense 16 relu, dense 1 sigmoid", "binary_cross_entropy"),
            Task::Classes(_) => ("dense 12 tanh, dense 12 tanh, dense 3 softmax", "softmax_cross_entropy"),
            Task::Values => ("dense 12 tanh, dense 1", "squared_error"),
        };
        let settings = json!({"data": shape.name, "net": net, "loss": loss, "lr": 0.01, "noise": 0.02});
        let mut training = training(settings).unwrap();
        assert_eq!((training.data.train.len(), training.data.test.len()), (200, 200));
        assert!(training.data.train != training.data.test, "{}: the test part is another draw", shape.name);
        let before = loss_of(&mut training);
        training.seek(4000, LONG, &mut |_| {});
        let after = loss_of(&mut training);
        assert!(after < 0.1 * before, "{}: {before} became {after}", shape.name);
        for example in training.data.train.iter().chain(&training.data.test) {
            assert!(example.at.iter().all(|x| x.abs() < 1.25), "{}: {example:?} is out of sight", shape.name);
        }
    }
}

fn loss_of(training: &mut Training) -> f32 {
    use gradus_lab::bench::small::Scores;
    let t = &*training;
    let mut scores = Scores::new(&t.model, &t.data, &t.config, t.threads()).unwrap();
    scores.of(&t.model, &t.answer(), t.memory()).0.loss
}

#[test]
fn own_points_are_read_as_people_paste_them() {
    let own = |points: &str| {
        training(json!({"data": "own", "points": points, "net": "dense 1", "loss": "squared_error"}))
    };
    let two = own("x,y,label\n0,1,0\n1,0,1\n").unwrap();
    assert_eq!((two.data.train.len(), two.data.task, two.data.unit), (2, Task::Classes(2), [1.0; 2]));
    let signs = own("0 1 -1; 1 0 1; 0.5\t0.5\t1").unwrap();
    assert_eq!(signs.data.train.iter().map(|e| e.label).collect::<Vec<_>>(), [0.0, 1.0, 1.0]);
    let names = own("height;weight;kind".replace(';', ",").as_str()).err().unwrap().to_string();
    assert!(names.contains("no points of your own"), "{names}");
    let named = own("\"180\",\"80\",dog\r\n30,4,cat\r\n").unwrap();
    assert_eq!(
        (named.data.names.as_slice(), named.data.train[0].label),
        (&["cat".into(), "dog".into()][..], 1.0)
    );
    assert_eq!(named.data.seen([180.0, 80.0]), [1.0, 1.0], "what is far is brought within ±1");
    let values = own("0,0,250000.5; 1,1,750000").unwrap();
    assert_eq!((values.data.task, values.data.train[1].label), (Task::Values, 1.0));
    let held = training(json!({
        "data": "own", "holdout": 0.3, "points": (0..200).map(|i| format!("{},{},{}\n", i, -i, i % 2)).collect::<String>()
    }));
    let data = held.unwrap().data;
    assert!((40..80).contains(&data.test.len()) && data.train.len() + data.test.len() == 200);
}

#[test]
fn what_cannot_be_is_refused_with_what_to_mend() {
    let points = |text: &str| json!({"data": "own", "points": text});
    for (settings, says) in [
        (json!({"data": "circel"}), "did you mean `circle`?"),
        (json!({"data": "own"}), "no points of your own"),
        (points("1,2"), "point 1: there are 2 columns, not 3"),
        (points("1,2,0\n1,,0"), "point 2: there are 2 columns"),
        (points("1,inf,0"), "point 1: y is `inf`, no number"),
        (points("1,1e99,0"), "y is `1e99`"),
        (points("0,0,7"), "there are 8 classes"),
        (points("0,0,1e300"), "classes"),
        (points(&"0,0,1\n".repeat(2001)), "more than 2000 points"),
        (json!({"data": "own", "points": "0,0,1", "holdout": "0.95"}), "holdout = 0.95"),
        (json!({"net": "dense 8 tahn, dense 1 sigmoid"}), "did you mean `tanh`?"),
        (json!({"net": "dense 200 tanh, dense 200 tanh, dense 1 sigmoid"}), "at most 20000 weights"),
        (json!({"net": format!("{}dense 1 sigmoid", "dense 1000000 tanh, ".repeat(20))}), "weights"),
        (json!({"net": format!("{}dense 1 sigmoid", "dropout 0.5, ".repeat(30))}), "layers are too many"),
        (json!({"net": "d".repeat(5000)}), "at most 1000 letters"),
        (json!({"net": "conv 8 3x3, dense 1 sigmoid"}), "layer 1"),
        (json!({"net": "dense 3 softmax"}), "does not suit the loss"),
        (json!({"net": "flatten"}), "dense 1 sigmoid"),
        (json!({"data": "plane"}), "these data are values"),
        (json!({"data": "plane", "net": "dense 2", "loss": "squared_error"}), "one value is to be predicted"),
        (json!({"data": "pinwheel"}), "3 classes"),
        (json!({"loss": "hinge"}), "no loss is called `hinge`"),
        (json!({"optimizer": "adam@torch"}), "did you mean `pytorch`?"),
        (json!({"optimizer": "genetic population=1048576"}), "population = 1048576"),
        (json!({"optimizer": "cma_es restarts=ipop max_restarts=20"}), "max_restarts = 20"),
        (
            json!({"optimizer": "genetic population=1000", "batch": "all", "examples": 2000, "net": "dense 90 tanh, dense 20 tanh, dense 1 sigmoid"}),
            "too long to watch",
        ),
        (json!({"optimizer": "cma_es", "net": "dense 100 tanh, dense 50 tanh, dense 1 sigmoid"}), "cma_es"),
        (json!({"lr": 0}), "lr = 0"),
        (json!({"lr": "fast"}), "lr = fast"),
        (json!({"batch": 0}), "the batch is `0`"),
        (json!({"examples": 2001}), "examples = 2001"),
        (json!({"examples": 0}), "examples = 0"),
        (json!({"noise": -1}), "noise = -1"),
        (json!({"l2": "1e400"}), "l2 = 1e400"),
        (json!({"seed": "18446744073709551616"}), "seed = 18446744073709551616"),
        (json!({"features": "x,z"}), "there is no `z`"),
        (json!({"features": "x,x"}), "stands twice"),
        (json!({"features": ","}), "no features"),
        (json!({"colour": 1}), "`colour` is not a setting"),
    ] {
        let error = refusal(settings.clone());
        assert!(error.contains(says), "{settings}:\n{error}");
    }
}
