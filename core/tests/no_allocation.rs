//! A step allocates nothing: counted, for every optimizer, on one thread and on two, in and out of the trainer.
//!
//! The counter sees every thread of the process but that of the test harness, so all of it is one test.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use common::{Clouds, model, model_for, optimizer_lines, wrapper_lines};
use gradus::functions;
use gradus::gradients::Way;
use gradus::network::Model;
use gradus::op::Moment;
use gradus::optimizer::{Around, Objective, Setup, Step};
use gradus::optimizers::Choice;
use gradus::threads::Threads;
use gradus::train::{Batch, Event, Settings, Stopped, Trainer};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
/// The thread that allocated first: that of the test harness, which tells after a minute that a test is still running.
static HARNESS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static HERE: u8 = const { 0 };
}

/// A number of this thread.
fn here() -> usize {
    HERE.try_with(|here| std::ptr::from_ref(here) as usize).unwrap_or(0)
}

fn count() {
    let _ = HARNESS.compare_exchange(0, here(), SeqCst, SeqCst);
    if HARNESS.load(SeqCst) != here() {
        ALLOCATIONS.fetch_add(1, SeqCst);
    }
}

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const LINE: &str = "dense 200 relu, dropout 0.3, dense 40 gelu, dropout 0.1, dense 3 softmax";

const NORMS: &str =
    "batch_norm, dense 270 norm silu, layer_norm, dense 40, group_norm 4, dense 3 norm softmax";

#[test]
fn steps_allocate_nothing() {
    if HARNESS.load(SeqCst) == here() {
        // With one test at a time it runs the test itself.
        HARNESS.store(usize::MAX, SeqCst);
    }
    let held = Box::new(ALLOCATIONS.load(SeqCst));
    assert!(ALLOCATIONS.load(SeqCst) > *held, "the counter counts");
    for threads in [1, 2] {
        for line in optimizer_lines().into_iter().chain(wrapper_lines()) {
            a_bare_step_allocates_nothing(&line, threads);
            for accumulate in [1, 3] {
                a_step_of_the_trainer_allocates_nothing(&line, threads, accumulate);
            }
        }
        for entry in functions::all() {
            an_evaluation_allocates_nothing(entry.name, threads);
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
        for way in Way::ALL {
            let small = model("dense 6 relu, dense 4 gelu, dense 3 softmax", "softmax_cross_entropy", 5, 3);
            the_trainer_allocates_nothing(&small, "adam", way, threads, 1);
        }
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
    let settings = Settings {
        batch: Batch::Of(96 / accumulate as usize),
        accumulate,
        schedule: "warmup steps=5 over one_cycle".into(),
        epochs: 3,
        optimizer: optimizer.into(),
        gradient,
        clip_norm: Some(1.0),
        ..Settings::default()
    };
    let threads = Threads::new(threads);
    let mut trainer = Trainer::new(model, &data, data.parts(310), settings, &threads, "").unwrap();
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
