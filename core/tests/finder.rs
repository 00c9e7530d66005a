//! The learning-rate finder: what it suggests can be used, what it cannot suggest it explains, and it leaves no trace.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use crate::common::{Clouds, DATA, model, net, run, settings, trainer};
use gradus::Error;
use gradus::network::Model;
use gradus::rng::Rng;
use gradus::threads::Threads;
use gradus::train::{
    Advice, Batch, Finding, Parts, Samples, Settings, Sweep, Trainer, Trouble, find_rate, theta_hash,
};

fn find(model: &Model, data: &dyn Samples, settings: &Settings, sweep: &Sweep) -> Finding {
    let train: Vec<u32> = (0..data.len() as u32 * 2 / 3).collect();
    let stop = AtomicBool::new(false);
    find_rate(model, data, &train, settings, sweep, &Threads::new(1), &stop).unwrap()
}

const WIDE: Clouds = Clouds { examples: 600, inputs: 20, classes: 3 };

fn wide() -> Model {
    model("dense 30 relu, dropout 0.2, dense 3 softmax", "softmax_cross_entropy", 20, 3)
}

fn taken(found: &Finding) -> (f64, &str) {
    match &found.advice {
        Advice::Take { learning_rate, reason } => (*learning_rate, reason),
        Advice::Nothing { reason, .. } => panic!("nothing is suggested: {reason}"),
    }
}

fn trouble(found: &Finding) -> (Trouble, String) {
    match &found.advice {
        Advice::Nothing { trouble, reason, mend } => {
            assert!(!reason.is_empty() && !mend.is_empty());
            (*trouble, format!("{reason}; {mend}"))
        }
        Advice::Take { learning_rate, .. } => panic!("{learning_rate} is suggested"),
    }
}

#[test]
fn what_is_suggested_trains_well() {
    let (model, parts) = (wide(), WIDE.parts(400));
    let lowest_loss = |settings: Settings| {
        let mut trainer = Trainer::new(&model, &WIDE, parts.clone(), settings, &Threads::new(1), "").unwrap();
        let history = run(&mut trainer, None).map_or(Vec::new(), |outcome| outcome.history);
        history.iter().filter_map(|epoch| epoch.validation_loss).fold(f64::INFINITY, f64::min)
    };
    for optimizer in ["sgd", "momentum", "rmsprop", "adam"] {
        let settings =
            Settings { optimizer: optimizer.into(), batch: Batch::Of(32), epochs: 12, ..Settings::default() };
        let found = find(&model, &WIDE, &settings, &Sweep::default());
        let (rate, reason) = taken(&found);
        assert!(reason.contains("half way down"), "{reason}");
        let by = |factor: f64| lowest_loss(Settings { learning_rate: rate * factor, ..settings.clone() });
        let (own, others) = (by(1.0), [1e-3, 0.03, 0.1, 0.3, 3.0, 10.0, 30.0, 1e3].map(by));
        let best = others.iter().copied().fold(own, f64::min);
        assert!(own <= best + 0.05, "{optimizer}: {rate} reaches {own}, others {others:?}");
        assert!(
            others[0] > own + 0.5 && others[7] > own + 0.5,
            "{optimizer}: {rate} reaches {own}, others {others:?}"
        );
    }
}

#[test]
fn the_same_sweep_finds_the_same_on_any_number_of_threads() {
    let settings = Settings { batch: Batch::Of(64), ..Settings::default() };
    let train: Vec<u32> = (0..400).collect();
    let sweep = Sweep { rates: 60, seeds: 3, ..Sweep::default() };
    let found = |threads| {
        let stop = AtomicBool::new(false);
        find_rate(&wide(), &WIDE, &train, &settings, &sweep, &Threads::new(threads), &stop).unwrap()
    };
    let one = found(1);
    assert_eq!(one, found(1));
    assert_eq!(one, found(3));
    let other = find(&wide(), &WIDE, &Settings { seed: 2, ..settings.clone() }, &sweep);
    assert_ne!(one.curves, other.curves);
    assert!(one.curves[0] != one.curves[1], "each sweep has its own order");
}

#[test]
fn the_band_holds_the_median_and_the_curves() {
    let found = find(&wide(), &WIDE, &Settings::default(), &Sweep { seeds: 4, ..Sweep::default() });
    assert_eq!((found.rates.len(), found.curves.len()), (135, 4));
    assert!((found.rates[0] / 1e-7 - 1.0).abs() < 1e-12 && (found.rates[134] / 100.0 - 1.0).abs() < 1e-12);
    let ratio = found.rates[1] / found.rates[0];
    assert!(found.rates.windows(2).all(|r| (r[1] / r[0] / ratio - 1.0).abs() < 1e-12), "by equal factors");
    for k in 0..135 {
        let here: Vec<f64> = found.curves.iter().filter_map(|c| c.get(k).copied()).collect();
        assert_eq!(found.low[k], here.iter().copied().reduce(f64::min));
        assert_eq!(found.high[k].is_some(), here.len() == 4);
        let Some(median) = found.median[k] else { continue };
        assert!(found.low[k].unwrap() <= median && found.high[k].is_none_or(|high| median <= high));
    }
    assert!(found.curves.iter().all(|c| (c[0] - found.start).abs() < 1e-4), "tiny rates change nothing");
    let lowest = found.median[found.lowest.unwrap()].unwrap();
    assert!(found.median.iter().flatten().all(|loss| *loss >= lowest) && lowest < found.start - 0.1);
    assert!(
        found.rates[found.diverges.unwrap()] >= 10.0 * taken(&found).0 * 0.95,
        "far from where it diverges"
    );
}

#[test]
fn a_sweep_that_does_not_reach_far_enough_says_so() {
    let (kind, text) =
        trouble(&find(&wide(), &WIDE, &Settings::default(), &Sweep { to: 0.003, ..Sweep::default() }));
    assert!(kind == Trouble::NeverDiverges && text.contains("0.003") && text.contains("a --to"), "{text}");
    let (kind, text) =
        trouble(&find(&wide(), &WIDE, &Settings::default(), &Sweep { to: 1e-6, ..Sweep::default() }));
    assert!(kind == Trouble::NeverFalls && text.contains("from 1e-7 to 1e-6"), "{text}");
}

/// Labels that have nothing to do with what is read.
struct Noise;

impl Samples for Noise {
    fn len(&self) -> usize {
        600
    }
    fn inputs(&self) -> usize {
        10
    }
    fn classes(&self) -> usize {
        2
    }
    fn class(&self, index: usize) -> usize {
        index % 2
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        let mut rng = Rng::new(5, gradus::rng::Stream::Init, index as u64);
        into.fill_with(|| rng.normal());
    }
}

#[test]
fn where_nothing_can_be_learned_no_rate_is_named() {
    let model = model("dense 1 sigmoid init=zeros", "binary_cross_entropy", 10, 2);
    for seed in 1..6 {
        let settings = Settings { seed, optimizer: "sgd".into(), ..Settings::default() };
        let (kind, text) = trouble(&find(&model, &Noise, &settings, &Sweep::default()));
        assert!(kind == Trouble::NeverFalls && text.contains("labels"), "{kind:?}: {text}");
    }
}

/// Nothing but what is not a number.
struct Spoilt;

impl Samples for Spoilt {
    fn len(&self) -> usize {
        60
    }
    fn inputs(&self) -> usize {
        6
    }
    fn classes(&self) -> usize {
        3
    }
    fn class(&self, index: usize) -> usize {
        index % 3
    }
    fn read(&self, _: usize, into: &mut [f32]) {
        into.fill(f32::NAN);
    }
}

#[test]
fn a_loss_that_is_no_number_at_once_is_named_as_such() {
    let (kind, text) = trouble(&find(&net(), &Spoilt, &settings(), &Sweep::default()));
    assert!(kind == Trouble::NotFinite && text.contains("verdict"), "{text}");
}

/// Remembers which examples were read, in which order, and what was drawn for them.
struct Watched(Mutex<Vec<(usize, u32)>>);

impl Samples for Watched {
    fn len(&self) -> usize {
        DATA.len()
    }
    fn inputs(&self) -> usize {
        DATA.inputs()
    }
    fn classes(&self) -> usize {
        DATA.classes()
    }
    fn class(&self, index: usize) -> usize {
        DATA.class(index)
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        DATA.read(index, into);
    }
    fn read_varied(&self, index: usize, rng: &mut Rng, into: &mut [f32]) {
        self.0.lock().unwrap().push((index, rng.bits()));
        DATA.read(index, into);
    }
}

#[test]
fn it_draws_from_no_stream_of_a_training() {
    let model = net();
    let parts = Parts { train: (0..45).collect(), ..Parts::default() };
    let settings = Settings { epochs: 30, ..settings() };
    let data = Watched(Mutex::new(Vec::new()));
    let mut trainer =
        Trainer::new(&model, &data, parts.clone(), settings.clone(), &Threads::new(1), "").unwrap();
    run(&mut trainer, None).unwrap();
    let trained = std::mem::take(&mut *data.0.lock().unwrap());
    find_rate(
        &model,
        &data,
        &parts.train,
        &settings,
        &Sweep::default(),
        &Threads::new(1),
        &AtomicBool::new(false),
    )
    .unwrap();
    let swept = std::mem::take(&mut *data.0.lock().unwrap());
    let epochs = |read: &[(usize, u32)]| read.chunks(45).map(<[_]>::to_vec).collect::<Vec<_>>();
    let order = |epoch: &[(usize, u32)]| epoch.iter().map(|e| e.0).collect::<Vec<_>>();
    assert_eq!((trained.len(), epochs(&trained).len()), (45 * 30, 30));
    assert!(swept.len() > 5 * 45);
    let known: Vec<_> = epochs(&trained).iter().map(|e| order(e)).collect();
    for epoch in epochs(&swept) {
        assert!(!known.contains(&order(&epoch)), "an epoch of a sweep has the order of a training's");
    }
    let same = swept.iter().filter(|draw| trained.contains(draw)).count();
    assert_eq!(same, 0, "examples are varied as in a training");
}

#[test]
fn a_training_after_it_is_the_training_without_it() {
    let model = net();
    for settings in [settings(), Settings { batch: Batch::Of(10), accumulate: 2, ..settings() }] {
        let hash = |sweep_first: bool, sweep_midway: bool| {
            let sweep = || {
                let (sweep, stop) = (Sweep { seeds: 2, ..Sweep::default() }, AtomicBool::new(false));
                let train = DATA.parts(45).train;
                find_rate(&model, &DATA, &train, &settings, &sweep, &Threads::new(1), &stop).unwrap();
            };
            if sweep_first {
                sweep();
            }
            let mut trainer = trainer(&model, &settings, &Threads::new(1));
            let mut watcher = |event: &gradus::train::Event| {
                if let (gradus::train::Event::Epoch(_), true) = (event, sweep_midway) {
                    sweep();
                }
            };
            trainer.run(None, &mut watcher, &AtomicBool::new(false)).unwrap();
            theta_hash(trainer.theta())
        };
        let without = hash(false, false);
        assert_eq!(hash(true, false), without);
        assert_eq!(hash(false, true), without);
    }
}

#[test]
fn it_can_be_stopped_and_refuses_what_makes_no_sweep() {
    let (model, train) = (net(), DATA.parts(45).train);
    let find = |settings: &Settings, sweep: &Sweep, stop| {
        find_rate(&model, &DATA, &train, settings, sweep, &Threads::new(1), &AtomicBool::new(stop)).err()
    };
    let sweep = Sweep::default();
    assert!(matches!(find(&settings(), &sweep, true), Some(Error::Settings { .. })));
    for wrong in [
        Sweep { from: 0.0, ..sweep.clone() },
        Sweep { from: f64::NAN, ..sweep.clone() },
        Sweep { to: 1e-8, ..sweep.clone() },
        Sweep { to: f64::INFINITY, ..sweep.clone() },
        Sweep { rates: 5, ..sweep.clone() },
        Sweep { seeds: 0, ..sweep.clone() },
        Sweep { smoothing: 1.0, ..sweep.clone() },
    ] {
        let error = find(&settings(), &wrong, false).unwrap_or_else(|| panic!("{wrong:?} is swept"));
        assert!(matches!(error, Error::Range { .. }), "{error}");
    }
    let wrong = Settings { batch: Batch::Of(20), optimizer: "adma".into(), ..settings() };
    assert!(matches!(find(&wrong, &sweep, false), Some(Error::Line { .. })));
}
