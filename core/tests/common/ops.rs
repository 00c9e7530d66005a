//! Running one op through a plan.

use gradus::graph::{Graph, Var};
use gradus::initializers;
use gradus::op::{Backward, Forward, Moment, Op, Remember, Shape};
use gradus::optimizer::Objective;
use gradus::plan::Plan;
use gradus::threads::Threads;

use super::{Tensor, to_f64};

/// L = Σ r y: an op that sends the slopes `r` back into any op under test.
pub struct Along(pub Vec<f32>);

impl Op for Along {
    fn name(&self) -> &'static str {
        "along"
    }
    fn shape(&self, inputs: &[Shape]) -> gradus::Result<Shape> {
        assert_eq!(inputs[0].size(), self.0.len());
        Ok(Shape::new(&[1]))
    }
    fn forward(&self, run: Forward) {
        run.y[0] = run.x[0].iter().zip(&self.0).map(|(y, r)| y * r).sum();
    }
    fn backward(&self, run: Backward) {
        if let Some(dy) = &mut run.dx[0] {
            (0..self.0.len()).for_each(|i| dy.write(i, self.0[i] * run.dy[0]));
        }
    }
}

/// The sum of two numbers: joins two losses.
pub struct Sum;

impl Op for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }
    fn shape(&self, inputs: &[Shape]) -> gradus::Result<Shape> {
        Ok(inputs[0])
    }
    fn forward(&self, run: Forward) {
        (0..run.y.len()).for_each(|i| run.y[i] = run.x[0][i] + run.x[1][i]);
    }
    fn backward(&self, run: Backward) {
        for dx in run.dx.iter_mut().flatten() {
            (0..run.dy.len()).for_each(|i| dx.write(i, run.dy[i]));
        }
    }
}

/// What an op gave when it ran through a plan.
pub struct Ran {
    pub y: Vec<f64>,
    /// One for each input.
    pub dx: Vec<Vec<f64>>,
}

fn weights(graph: &mut Graph, inputs: &[Tensor]) -> Vec<Var> {
    const NAMES: [&str; 4] = ["a", "b", "c", "d"];
    let zeros = initializers::named("zeros").unwrap();
    inputs.iter().zip(NAMES).map(|(x, name)| graph.weight(name, &x.dims, zeros)).collect()
}

fn theta_of(inputs: &[Tensor]) -> Vec<f32> {
    inputs.iter().flat_map(Tensor::f32s).collect()
}

fn split(grad: &[f32], inputs: &[Tensor]) -> Vec<Vec<f64>> {
    let mut at = 0;
    inputs
        .iter()
        .map(|x| {
            at += x.numbers.len();
            to_f64(&grad[at - x.numbers.len()..at])
        })
        .collect()
}

/// Runs an op forward, and back from the slopes `dy`, in `f32`. All inputs are weights, so that all their
/// slopes are asked for.
pub fn run_op(
    op: impl Op + 'static,
    inputs: &[Tensor],
    dy: &[f64],
    moment: Moment,
    threads: &Threads,
) -> Ran {
    let op = std::sync::Arc::new(op);
    let theta = theta_of(inputs);
    let mut graph = Graph::new();
    let x = weights(&mut graph, inputs);
    let y = graph.apply(Handle(op.clone()), &x).unwrap();
    let mut plan = Plan::forward_only(graph, &[y], threads).unwrap();
    plan.at(moment);
    plan.forward(&theta);
    let y = to_f64(plan.value(y));

    let mut graph = Graph::new();
    let x = weights(&mut graph, inputs);
    let result = graph.apply(Handle(op), &x).unwrap();
    let loss = graph.apply(Along(dy.iter().map(|x| *x as f32).collect()), &[result]).unwrap();
    Ran { y, dx: split(&slopes(graph, loss, &theta, moment, threads), inputs) }
}

/// Runs an op twice on the same inputs, back from the slopes `first` and `second`: the second has to add.
pub fn run_twice(
    op: impl Op + 'static,
    inputs: &[Tensor],
    [first, second]: [&[f64]; 2],
    moment: Moment,
    threads: &Threads,
) -> Vec<Vec<f64>> {
    let op = std::sync::Arc::new(op);
    let mut graph = Graph::new();
    let x = weights(&mut graph, inputs);
    let mut losses = Vec::new();
    for dy in [first, second] {
        let y = graph.apply(Handle(op.clone()), &x).unwrap();
        losses.push(graph.apply(Along(dy.iter().map(|x| *x as f32).collect()), &[y]).unwrap());
    }
    let loss = graph.apply(Sum, &losses).unwrap();
    split(&slopes(graph, loss, &theta_of(inputs), moment, threads), inputs)
}

/// The slopes of a loss. What they overwrite is filled with NaN before: whoever forgets one is seen.
fn slopes(graph: Graph, loss: Var, theta: &[f32], moment: Moment, threads: &Threads) -> Vec<f32> {
    let mut plan = Plan::training(graph, loss, threads).unwrap();
    plan.at(moment);
    let mut grad = vec![f32::NAN; theta.len()];
    plan.gradient(theta, &mut grad);
    grad
}

/// One op in several graphs.
pub struct Handle<T: ?Sized>(pub std::sync::Arc<T>);

impl<T: Op + ?Sized> Op for Handle<T> {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn shape(&self, inputs: &[Shape]) -> gradus::Result<Shape> {
        self.0.shape(inputs)
    }
    fn keeps(&self, inputs: &[Shape]) -> usize {
        self.0.keeps(inputs)
    }
    fn forward(&self, run: Forward) {
        self.0.forward(run);
    }
    fn backward(&self, run: Backward) {
        self.0.backward(run);
    }
    fn remember(&self, run: Remember) {
        self.0.remember(run);
    }
}
