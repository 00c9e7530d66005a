//! A step allocates nothing: counted, for every optimizer, on one thread and on two, in and out of the trainer.
//!
//! The counter sees every thread of the process, so all of it is one test, and a program of its own: the usual harness speaks
//! up after a minute, and allocates.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use common::{Clouds, model, model_for, optimizer_lines, picture_net, wrapper_lines};
use gradus::functions;
use gradus::gradients::Way;
use gradus::network::Model;
use gradus::op::{Moment, Shape};
use gradus::optimizer::{Around, Objective, Setup, Step};
use gradus::optimizers::Choice;
use gradus::threads::Threads;
use gradus::train::{Batch, Event, Samples, Settings, Stopped, Trainer};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, SeqCst);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, SeqCst);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const LINE: &str = "dense 200 relu, dropout 0.3, dense 40 gelu, dropout 0.1, dense 3 softmax";

const NORMS: &str =
    "batch_norm, dense 270 norm silu, layer_norm, dense 40, group_norm 4, dense 3 norm softmax";

fn main() {
    let held = Box::new(ALLOCATIONS.load(SeqCst));
    assert!(ALLOCATIONS.load(SeqCst) > *held, "the counter counts");
    for threads in [1, 2] {
        for (mixup, accumulate) in [(0.0, 1), (0.3, 1), (0.3, 3)] {
            changed_pictures_allocate_nothing(mixup, threads, accumulate);
        }
        for line in optimizer_lines().into_iter().chain(wrapper_lines()) {
            a_bare_step_allocates_nothing(&line, threads);
            for accumulate in [1, 3] {
                a_step_of_the_trainer_allocates_nothing(&line, threads, accumulate);
            }
        }
        for entry in functions::all() {
            an_evaluation_allocates_nothing(entry.name, threads);
        }
        for accumulate in [1, 3] {
            the_trainer_allocates_nothing(&picture_net(), "adam", Way::Backpropagation, threads, accumulate);
        }
        for line in [
            "adam",
            "sam over momentum",
            "ema over adam",
            "genetic population=4",
            "openai_es population=4 over sgd",
        ] {
            for accumulate in [1, 3] {
                let model = model(NORMS, "softmax_cross_entropy", 300, 3);
                the_trainer_allocates_nothing(&model, line, Way::Backpropagation, threads, accumulate);
            }
        }
        for way in [Way::Backpropagation, Way::CentralDifference] {
            let small =
                model("dense 6 norm relu, group_norm 2, dense 3 softmax", "softmax_cross_entropy", 5, 3);
            the_trainer_allocates_nothing(&small, "adam", way, threads, 1);
        }
        let line = "conv 16 3x3 relu, conv 17 3x3 relu, global_average_pool, dense 3 softmax";
        let channels = model(line, "softmax_cross_entropy", [5, 4, 1], 3);
        the_trainer_allocates_nothing(&channels, "adam", Way::Backpropagation, threads, 1);
        a_shorter_batch_allocates_nothing(threads);
        for way in Way::ALL {
            let small = model("dense 6 relu, dense 4 gelu, dense 3 softmax", "softmax_cross_entropy", 5, 3);
            the_trainer_allocates_nothing(&small, "adam", way, threads, 1);
            if way != Way::ByHand {
                let line = "residual(conv 2 2x2 relu) gelu, pool 2 stride=1 pad=1, average_pool 2 pad=same, dense 3 softmax";
                let pictures = model(line, "softmax_cross_entropy", [3, 2, 1], 3);
                the_trainer_allocates_nothing(&pictures, "adam", way, threads, 2);
            }
        }
    }
}

/// Slopes of few weights are summed by parts of the batch, of which a shorter one may have more: 4 and not 3 by Winograd's way, 31 and not 20 by the other.
fn a_shorter_batch_allocates_nothing(threads: usize) {
    let threads = Threads::new(threads);
    for (line, channels, whole, shorter) in
        [("conv 64 3x3 relu", 32, 5, 4), ("conv 48 5x5 relu stride=2", 9, 40, 31)]
    {
        let line = format!("{line}, global_average_pool, dense 3 softmax");
        let model = model(&line, "softmax_cross_entropy", [9, 9, channels], 3);
        let (mut grad, theta) = (vec![0.0; model.layout().weights()], vec![0.1; model.layout().weights()]);
        let [mut whole, mut shorter] = [whole, shorter].map(|batch| {
            let mut plan = model.training_plan(batch, &threads).unwrap();
            plan.data("weight").fill(1.0);
            plan
        });
        whole.gradient(&theta, &mut grad);
        let before = ALLOCATIONS.load(SeqCst);
        shorter.gradient(&theta, &mut grad);
        assert_eq!(ALLOCATIONS.load(SeqCst) - before, 0, "{line}: a shorter batch allocates");
    }
}

fn an_evaluation_allocates_nothing(function: &str, threads: usize) {
    let choice = functions::Choice::parse(function).unwrap();
    let mut problem = choice.problem(1, &Threads::new(threads));
    let (theta, mut grad) = (choice.start(), vec![0.0; choice.dimension()]);
    let population = theta.repeat(600);
    let mut losses = vec![0.0; 600];
    let before = ALLOCATIONS.load(SeqCst);
    problem.loss(&theta);
    problem.gradient(&theta, &mut grad);
    problem.losses(&population, &mut losses);
    assert_eq!(ALLOCATIONS.load(SeqCst) - before, 0, "{function} allocates");
}

fn a_bare_step_allocates_nothing(optimizer: &str, threads: usize) {
    let threads = Threads::new(threads);
    let model = model_for(optimizer, LINE, "softmax_cross_entropy smoothing=0.1", 300, 3);
    let mut plan = model.training_plan(96, &threads).unwrap();
    plan.data("weight").fill(1.0);
    plan.prepare();
    let mut theta = model.layout().start(1);
    let around = Around {
        clip_adaptive: 0.9,
        clip_norm: 1.0,
        clip_value: 0.5,
        l2: 0.01,
        l1: 0.01,
        weight_decay: 0.01,
    };
    let setup = Setup::new(model.layout(), &threads).around(around);
    let mut optimizer_made = Choice::parse(optimizer).unwrap().build(&setup);
    for t in 1..=6 {
        let before = ALLOCATIONS.load(SeqCst);
        plan.at(Moment { training: true, seed: 1, step: t, ..Moment::default() });
        plan.data("input").fill(t as f32);
        optimizer_made.step(Step { t, learning_rate: 1e-3 }, &mut theta, &mut plan);
        plan.loss(&theta);
        let made = ALLOCATIONS.load(SeqCst) - before;
        assert_eq!(made, 0, "{optimizer}, {} threads: step {t} allocates {made} times", threads.count());
    }
}

fn a_step_of_the_trainer_allocates_nothing(optimizer: &str, threads: usize, accumulate: u64) {
    let model = model_for(optimizer, LINE, "softmax_cross_entropy", 300, 3);
    the_trainer_allocates_nothing(&model, optimizer, Way::Backpropagation, threads, accumulate);
}

fn the_trainer_allocates_nothing(
    model: &Model,
    optimizer: &str,
    gradient: Way,
    threads: usize,
    accumulate: u64,
) {
    let data = Clouds { examples: 400, inputs: model.inputs, classes: 3 };
    let settings = Settings { optimizer: optimizer.into(), gradient, accumulate, ..Settings::default() };
    its_steps_allocate_nothing(model, &data, settings, threads);
}

/// Enough numbers that they are read ahead.
fn changed_pictures_allocate_nothing(mixup: f64, threads: usize, accumulate: u64) {
    let data = Pictures(Clouds { examples: 400, inputs: 27 * 27 * 3, classes: 3 });
    let model = model("dense 20 relu, dense 3 softmax", "softmax_cross_entropy", data.0.inputs, 3);
    let augment = "flip, shift 2, rotate 10, colour 0.2, cutout 5".into();
    let settings = Settings { augment, mixup, accumulate, ..Settings::default() };
    its_steps_allocate_nothing(&model, &data, settings, threads);
}

/// Clouds that have a height and a width.
struct Pictures(Clouds);

impl Samples for Pictures {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn inputs(&self) -> usize {
        self.0.inputs
    }
    fn shape(&self) -> Shape {
        Shape::new(&[27, 27, 3])
    }
    fn classes(&self) -> usize {
        3
    }
    fn class(&self, index: usize) -> usize {
        self.0.class(index)
    }
    fn read(&self, index: usize, into: &mut [f32]) {
        self.0.read(index, into);
    }
}

fn its_steps_allocate_nothing(model: &Model, data: &dyn Samples, settings: Settings, threads: usize) {
    let (optimizer, gradient, accumulate) =
        (settings.optimizer.clone(), settings.gradient, settings.accumulate);
    let settings = Settings {
        batch: Batch::Of(96 / accumulate as usize),
        schedule: "warmup steps=5 over one_cycle".into(),
        epochs: 3,
        clip_norm: Some(1.0),
        ..settings
    };
    let threads = Threads::new(threads);
    let parts = Clouds { examples: 400, inputs: 1, classes: 3 }.parts(310);
    let mut trainer = Trainer::new(model, data, parts, settings, &threads, "").unwrap();
    // Between two steps of one epoch: each is seen right after it was made.
    let mut last = None;
    let mut steps = 0;
    let mut watcher = |event: &Event| {
        let now = ALLOCATIONS.load(SeqCst);
        match (event, last) {
            (Event::Step { .. }, Some(before)) => {
                assert_eq!(now - before, 0, "{optimizer}, {gradient:?}: a step of the trainer allocates");
                steps += 1;
                last = Some(now);
            }
            (Event::Step { .. }, None) => last = Some(now),
            _ => last = None,
        }
    };
    let outcome = trainer.run(None, &mut watcher, &AtomicBool::new(false)).unwrap();
    if let Stopped::Optimizer(_) = outcome.stopped {
        return assert!(steps > 0, "{optimizer} ended before it was watched");
    }
    assert_eq!(
        steps,
        3 * 3,
        "{optimizer}: three of four steps of each epoch were watched, the short one among them"
    );
}
