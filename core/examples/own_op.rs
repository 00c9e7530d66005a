//! An op of one's own: y = x², and its slope. A network whose neurons square what they sum learns a parabola.
use gradus::activations;
use gradus::graph::Graph;
use gradus::initializers;
use gradus::losses::Loss;
use gradus::op::{Backward, Forward, Op, Shape};
use gradus::ops::Linear;
use gradus::optimizer::{Setup, Step};
use gradus::optimizers::Choice;
use gradus::plan::Plan;
use gradus::threads::Threads;

/// y = x², dx = dy · 2x
struct Square;

impl Op for Square {
    fn name(&self) -> &'static str {
        "square"
    }

    fn shape(&self, inputs: &[Shape]) -> gradus::Result<Shape> {
        match inputs {
            [x] => Ok(*x),
            _ => Err(gradus::Error::Shape {
                op: self.name().into(),
                inputs: inputs.to_vec(),
                needs: "one value".into(),
            }),
        }
    }

    fn forward(&self, run: Forward) {
        for (y, x) in run.y.iter_mut().zip(run.x[0]) {
            *y = x * x;
        }
    }

    fn backward(&self, run: Backward) {
        let Some(dx) = &mut run.dx[0] else { return };
        for (i, (dy, x)) in run.dy.iter().zip(run.x[0]).enumerate() {
            dx.write(i, dy * 2.0 * x);
        }
    }
}

/// Fits (a x + b)² to (2x − 1)², from eleven points.
pub fn main() {
    let threads = Threads::new(1);
    let line = activations::named("identity").expect("in the table");
    let start = initializers::named("glorot_uniform").expect("in the table");
    let mut g = Graph::new();
    let x = g.data("input", &[11, 1]);
    let (a, b) = (g.weight("a", &[1, 1], start), g.weight("b", &[1], start));
    let sum = g.apply(Linear::new(line), &[x, a, b]).expect("the shapes fit");
    let y = g.apply(Square, &[sum]).expect("the shapes fit");
    let (target, weight) = (g.data("target", &[11, 1]), g.data("weight", &[11]));
    let squared_error = Loss::parse("squared_error").expect("in the table").op();
    let loss = g.apply_boxed(squared_error, &[y, target, weight]).expect("the shapes fit");
    let mut plan = Plan::training(g, loss, &threads).expect("ends in a loss");

    for (i, x) in plan.data("input").iter_mut().enumerate() {
        *x = i as f32 / 5.0 - 1.0;
    }
    for (i, t) in plan.data("target").iter_mut().enumerate() {
        *t = (2.0 * (i as f32 / 5.0 - 1.0) - 1.0).powi(2);
    }
    plan.data("weight").fill(1.0);
    let mut theta = plan.layout().start(3);
    let mut adam = Choice::parse("adam").unwrap().build(&Setup::new(plan.layout(), &threads));
    let mut loss = f32::NAN;
    for t in 1..=2000 {
        loss = adam.step(Step { t, learning_rate: 0.02 }, &mut theta, &mut plan);
    }
    println!("({} x + {})² is off by {loss:e}", theta[0], theta[1]);
    assert!(loss < 1e-6);
    assert!((theta[0].abs() - 2.0).abs() < 1e-2 && (theta[1].abs() - 1.0).abs() < 1e-2);
}
