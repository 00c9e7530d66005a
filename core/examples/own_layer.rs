//! A layer of one's own: a residual block, y = x + f(x W + b), made of an op of the library and one of one's own.
use gradus::graph::{Graph, Var};
use gradus::layers::{Dense, Layer};
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::op::{Backward, Forward, Op, Shape};
use gradus::optimizer::{Setup, Step};
use gradus::optimizers::Choice;
use gradus::threads::Threads;

/// y = a + b
struct Add;

impl Op for Add {
    fn name(&self) -> &'static str {
        "add"
    }

    fn shape(&self, inputs: &[Shape]) -> gradus::Result<Shape> {
        match inputs {
            [a, b] if a == b => Ok(*a),
            _ => Err(gradus::Error::Shape {
                op: self.name().into(),
                inputs: inputs.to_vec(),
                needs: "two values of one shape".into(),
            }),
        }
    }

    fn forward(&self, run: Forward) {
        for (y, (a, b)) in run.y.iter_mut().zip(run.x[0].iter().zip(run.x[1])) {
            *y = a + b;
        }
    }

    fn backward(&self, run: Backward) {
        for dx in run.dx.iter_mut().flatten() {
            for (i, dy) in run.dy.iter().enumerate() {
                dx.write(i, *dy);
            }
        }
    }
}

/// y = x + f(x W + b); as many units as inputs.
struct Residual {
    activation: &'static str,
}

impl Layer for Residual {
    fn kind(&self) -> &'static str {
        "residual"
    }

    fn line(&self) -> String {
        format!("residual {}", self.activation)
    }

    fn build(&self, graph: &mut Graph, x: Var) -> gradus::Result<Var> {
        let width = graph.shape(x).matrix().1;
        let inner = Dense::new(width, self.activation)?.build(graph, x)?;
        graph.apply(Add, &[x, inner])
    }
}

/// Learns which of two numbers is the greater.
pub fn main() {
    let threads = Threads::new(1);
    let dense = |units, activation| Box::new(Dense::new(units, activation).expect("in the table"));
    let network = Network::of(vec![
        dense(6, "tanh"),
        Box::new(Residual { activation: "relu" }),
        Box::new(Residual { activation: "silu" }),
        dense(1, "sigmoid"),
    ]);
    let loss = Loss::parse("binary_cross_entropy").expect("in the table");
    let model = Model::new(network, loss, 2, 2).expect("the parts fit");
    let names: Vec<&str> = model.layout().parts().iter().map(|p| p.name.as_str()).collect();
    assert!(names.contains(&"2.residual.weight"), "{names:?}");

    let mut plan = model.training_plan(64, &threads).expect("the parts fit");
    let point = |i: usize| [(i % 8) as f32 / 4.0 - 0.9, (i / 8) as f32 / 4.0 - 0.8];
    for (i, x) in plan.data("input").chunks_exact_mut(2).enumerate() {
        x.copy_from_slice(&point(i));
    }
    for (i, t) in plan.data("target").iter_mut().enumerate() {
        *t = if point(i)[0] > point(i)[1] { 1.0 } else { 0.0 };
    }
    plan.data("weight").fill(1.0);
    let mut theta = model.layout().start(1);
    let mut adam = Choice::parse("adam").unwrap().build(&Setup::new(model.layout(), &threads));
    let mut loss = f32::NAN;
    for t in 1..=300 {
        loss = adam.step(Step { t, learning_rate: 0.02 }, &mut theta, &mut plan);
    }
    println!("{}\nafter 300 steps the loss is {loss:.4}", model.network.line());
    assert!(loss < 0.05);
}
