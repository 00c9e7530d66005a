//! Mistakes planted in a way back: the check finds them and names the layer.

use crate::common::random;
use gradus::gradients::{Check, Report, central_step, check};
use gradus::graph::Graph;
use gradus::losses::Loss;
use gradus::op::{Backward, Exact, ExactForward, Forward, Op, Shape};
use gradus::ops::Linear;
use gradus::plan::Plan;
use gradus::threads::Threads;
use gradus::{activations, initializers};

fn put(to: &mut [f32], from: &[f64]) {
    assert_eq!(to.len(), from.len());
    to.iter_mut().zip(from).for_each(|(to, x)| *to = *x as f32);
}

#[path = "../examples/planted_fault.rs"]
mod planted_fault;

#[test]
fn a_wrong_slope_is_found_and_its_layer_named() {
    planted_fault::main().unwrap();
    let report = planted_fault::find().unwrap();
    let fault = report.fault.unwrap();
    assert_eq!(fault.layer, "2.crooked");
    assert!(fault.error > 1e-2, "{fault:?}");
    let error = |name: &str| report.parts.iter().find(|p| p.name == name).unwrap().error;
    // What comes before it is spoilt, what comes after it is not.
    assert!(error("1.dense.weight") > 1e-2 && error("2.crooked.weight") > 1e-2);
    assert!(error("3.dense.weight") < 1e-5 && error("4.dense.bias") < 1e-5);
}

/// y = x², whose slope 2 x is right, or another multiple of x.
struct Square {
    factor: f32,
    /// Whether it knows `f64`.
    exact: bool,
}

impl Op for Square {
    fn name(&self) -> &'static str {
        "square"
    }
    fn shape(&self, inputs: &[Shape]) -> gradus::Result<Shape> {
        Ok(inputs[0])
    }
    fn forward(&self, run: Forward) {
        run.y.iter_mut().zip(run.x[0]).for_each(|(y, x)| *y = x * x);
    }
    fn backward(&self, run: Backward) {
        let Some(dx) = &mut run.dx[0] else { return };
        (0..run.dy.len()).for_each(|i| dx.write(i, run.dy[i] * self.factor * run.x[0][i]));
    }
    fn exact(&self) -> Option<&dyn Exact> {
        self.exact.then_some(self)
    }
}

impl Exact for Square {
    fn forward(&self, run: ExactForward) {
        run.y.iter_mut().zip(run.x[0]).for_each(|(y, x)| *y = x * x);
    }
}

/// A graph whose op in the middle has no weights: only looking at ops themselves finds it.
fn with_square(square: Square) -> Report {
    let mut g = Graph::new();
    let start = initializers::named("glorot_uniform").unwrap();
    let x = g.data("input", &[6, 3]);
    let tanh = || Linear::new(activations::named("tanh").unwrap());
    g.scope("1.first");
    let w = g.weight("weight", &[3, 4], start);
    let a = g.apply(tanh(), &[x, w]).unwrap();
    g.scope("2.square");
    let squared = g.apply(square, &[a]).unwrap();
    g.scope("3.last");
    let w = g.weight("weight", &[4, 1], start);
    let y = g.apply(tanh(), &[squared, w]).unwrap();
    let (t, weight) = (g.data("target", &[6, 1]), g.data("weight", &[6]));
    let loss = g.apply_boxed(Loss::parse("squared_error").unwrap().op(), &[y, t, weight]).unwrap();
    let mut plan = Plan::training(g, loss, &Threads::new(1)).unwrap();
    put(plan.data("input"), &random(18, 4));
    put(plan.data("target"), &random(6, 5));
    plan.data("weight").fill(1.0);
    let theta = plan.layout().start(2);
    check(&mut plan, &theta, None, &Check { cost: false, ..Check::default() })
}

#[test]
fn an_op_that_knows_no_f64_is_checked_with_larger_steps_and_that_is_said() {
    let known = |factor| with_square(Square { factor, exact: false });
    let right = known(2.0);
    assert!(right.agrees(), "{:?}", right.fault);
    assert_eq!(right.single, ["square 2.square"]);
    assert!((right.step - central_step::<f32>()).abs() < 1e-12 && right.tolerance > 1e-3);
    let wrong = known(1.0).fault.unwrap();
    assert_eq!(wrong.layer, "2.square");
    assert!(wrong.message.contains("square"), "{wrong:?}");
}

/// Half a percent is far below what `f32` would have to be allowed.
#[test]
fn a_small_mistake_is_found_where_the_op_knows_f64() {
    let known = |factor| with_square(Square { factor, exact: true });
    let right = known(2.0);
    assert!(right.agrees() && right.single.is_empty(), "{:?}", right.fault);
    let wrong = known(2.01).fault.unwrap();
    assert_eq!(wrong.layer, "2.square", "{wrong:?}");
    assert!((0.003..0.007).contains(&wrong.error), "{wrong:?}");
}
