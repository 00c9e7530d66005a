//! Slopes that the op behind takes back through the function of the op before: the bits are those of one after the other.

use gradus::activations::ACTIVATIONS;
use gradus::graph::Graph;
use gradus::initializers;
use gradus::losses::Loss;
use gradus::op::{Backward, Forward, Op, Shape};
use gradus::ops::{Conv2d, MaxPool};
use gradus::optimizer::Objective;
use gradus::plan::Plan;
use gradus::threads::Threads;
use gradus::window::{Padding, Window};

use crate::common::{bits, random};

/// y = x; nobody takes slopes back through what stands before it.
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

/// A convolution that ends in a function, `between` or not, and the greatest of windows; another reader of the convolution or not.
fn plan(function: &str, window: Window, between: bool, read_twice: bool, threads: &Threads) -> Plan {
    let (batch, outputs) = (3, 5);
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
        y = graph.apply(gradus::ops::Add::new(&ACTIVATIONS[0]), &[y, again]).unwrap();
    }
    let z = graph.flat(y);
    let n = graph.shape(z).dims()[1];
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
