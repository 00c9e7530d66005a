//! Slopes that the op behind takes back through the function of the op before: the bits are those of one after the other.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use gradus::activations::{ACTIVATIONS, Activation};
use gradus::graph::{Graph, Var};
use gradus::initializers;
use gradus::losses::Loss;
use gradus::op::{Backward, Forward, Op, Shape};
use gradus::ops::{Add, Conv2d, Linear, MaxPool};
use gradus::optimizer::Objective;
use gradus::plan::Plan;
use gradus::threads::Threads;
use gradus::window::{Padding, Window};

use crate::common::{bits, random};

/// y = x. Nobody takes slopes back through what stands before it.
struct Same;

impl Op for Same {
    fn name(&self) -> &'static str {
        "same"
    }
    fn shape(&self, inputs: &[Shape]) -> gradus::Result<Shape> {
        Ok(inputs[0])
    }
    fn forward(&self, run: Forward) {
        run.y.copy_from_slice(run.x[0]);
    }
    fn backward(&self, run: Backward) {
        assert!(!run.ready && run.through.is_none(), "asked for what it has not offered");
        let Some(dx) = &mut run.dx[0] else { return };
        run.dy.iter().enumerate().for_each(|(i, dy)| dx.write(i, *dy));
    }
}

/// y = x; says that it ends in a function, and is asked for slopes behind it.
struct Ends;

impl Op for Ends {
    fn name(&self) -> &'static str {
        "ends"
    }
    fn shape(&self, inputs: &[Shape]) -> gradus::Result<Shape> {
        Same.shape(inputs)
    }
    fn forward(&self, run: Forward) {
        Same.forward(run);
    }
    fn ends_in(&self) -> Option<&'static Activation> {
        ACTIVATIONS.iter().find(|a| a.name == "relu")
    }
    fn backward(&self, run: Backward) {
        READY.fetch_add(usize::from(run.ready), Relaxed);
        Same.backward(Backward { ready: false, ..run });
    }
}

/// How often `Ends` was handed slopes from behind its function.
static READY: AtomicUsize = AtomicUsize::new(0);

/// A convolution that ends in a function, `between` or not, and the greatest of windows; another reader of the convolution or not.
fn plan(function: &str, window: Window, between: bool, read_twice: bool, threads: &Threads) -> Plan {
    let (batch, outputs) = (3, 21);
    let mut graph = Graph::new();
    let x = graph.data("input", &[batch, 6, 6, 2]);
    let w = graph.weight("w", &[3, 3, 2, outputs], initializers::named("he_normal").unwrap());
    let b = graph.weight("b", &[outputs], initializers::named("zeros").unwrap());
    let activation = ACTIVATIONS.iter().find(|a| a.name == function).unwrap();
    let conv = Conv2d::new(Window::new(3, 3, Padding::Same), 1, activation);
    let mut y = graph.apply(conv, &[x, w, b]).unwrap();
    let first = y;
    if between {
        y = graph.apply(Same, &[y]).unwrap();
    }
    y = graph.apply(MaxPool { window }, &[y]).unwrap();
    if read_twice {
        let again = graph.apply(MaxPool { window }, &[first]).unwrap();
        y = graph.apply(Add::new(&ACTIVATIONS[0]), &[y, again]).unwrap();
    }
    ending(graph, y, threads)
}

/// The squared error of y.
fn ending(mut graph: Graph, y: Var, threads: &Threads) -> Plan {
    let z = graph.flat(y);
    let [batch, n] = [0, 1].map(|k| graph.shape(z).dims()[k]);
    let (t, weight) = (graph.data("target", &[batch, n]), graph.data("weight", &[batch]));
    let loss = Loss::parse("squared_error").unwrap().op();
    let loss = graph.apply_boxed(loss, &[z, t, weight]).unwrap();
    Plan::training(graph, loss, threads).unwrap()
}

#[test]
fn slopes_go_back_through_the_function_before() {
    for function in ACTIVATIONS.iter().map(|a| a.name) {
        for (window, read_twice) in [
            (Window::new(2, 2, Padding::Valid).stride(2, 2), false),
            (Window::new(3, 2, Padding::Valid).stride(3, 2), false),
            (Window::new(2, 2, Padding::Valid).stride(2, 2), true),
            (Window::new(2, 2, Padding::Valid), false),
            (Window::new(4, 4, Padding::Valid).stride(4, 4), false),
        ] {
            let gradient = |between: bool, threads: &Threads| {
                let mut plan = plan(function, window, between, read_twice, threads);
                let theta = plan.layout().start(4);
                for (name, seed) in [("input", 1), ("target", 2), ("weight", 3)] {
                    let to = plan.data(name);
                    let numbers = random(to.len(), seed);
                    to.iter_mut().zip(numbers).for_each(|(to, x)| *to = x as f32);
                }
                plan.data("weight").iter_mut().for_each(|w| *w = 1.0 + w.abs());
                let mut slopes = vec![0.0; theta.len()];
                plan.gradient(&theta, &mut slopes);
                assert!(slopes.iter().any(|s| *s != 0.0), "{function}: no slopes");
                // A sum of nothing but zeros may have either sign.
                bits(&slopes.iter().map(|s| s + 0.0).collect::<Vec<_>>())
            };
            let one_after_another = gradient(true, &Threads::new(1));
            for threads in [1, 2].map(Threads::new) {
                assert_eq!(gradient(false, &threads), one_after_another, "{function}, {window:?}");
            }
        }
    }
}

#[test]
fn a_pool_finds_what_stands_before_it() {
    let threads = &Threads::new(1);
    let ready = |size: usize, stride: usize, view: bool, twice: bool| {
        let mut graph = Graph::new();
        let x = graph.data("input", &[2, 12]);
        let w = graph.weight("w", &[12, 36], initializers::named("he_normal").unwrap());
        let y = graph.apply(Linear::new(&ACTIVATIONS[0]), &[x, w]).unwrap();
        let y = graph.view(y, &[2, 6, 6, 1]).unwrap();
        let mut y = graph.apply(Ends, &[y]).unwrap();
        let first = y;
        if view {
            y = graph.view(y, &[2, 4, 3, 3]).unwrap();
        }
        let window = Window::new(size, size, Padding::Valid).stride(stride, stride);
        let mut y = graph.apply(MaxPool { window }, &[y]).unwrap();
        if twice {
            let again = graph.apply(MaxPool { window }, &[first]).unwrap();
            y = graph.apply(Add::new(&ACTIVATIONS[0]), &[y, again]).unwrap();
        }
        let mut plan = ending(graph, y, threads);
        let (theta, before) = (plan.layout().start(4), READY.load(Relaxed));
        plan.gradient(&theta, &mut vec![0.0; theta.len()]);
        READY.load(Relaxed) - before
    };
    assert_eq!(ready(2, 2, false, false), 1);
    assert_eq!(ready(2, 1, false, false), 0, "windows that overlap");
    assert_eq!(ready(4, 4, false, false), 0, "pixels in no window");
    assert_eq!(ready(1, 1, true, false), 1, "through a view");
    assert_eq!(ready(2, 2, false, true), 0, "two readers");
}
