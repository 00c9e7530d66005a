//! A layer of one's own with a mistake in it, and the gradient check that finds it.
//!
//! The activation is y = x σ(x). Whoever wrote its slope forgot a factor: σ + x (1 − σ) in place of σ + x σ (1 − σ).
use gradus::activations::{Activation, Curve, Keeps};
use gradus::gradients::{Check, Report, check};
use gradus::graph::{Graph, Var};
use gradus::layers::{Dense, Layer};
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::op::Moment;
use gradus::ops::Linear;
use gradus::real::Real;
use gradus::threads::Threads;
use gradus::{Result, initializers};

struct Crooked;

impl Curve for Crooked {
    const KEEPS: Keeps = Keeps::Input;
    fn value<R: Real>(x: R) -> R {
        x * x.sigmoid()
    }
    fn slope<R: Real>(x: R) -> R {
        x.sigmoid() + x * (R::of(1.0) - x.sigmoid())
    }
}

static CROOKED: Activation = Activation::of::<Crooked>("crooked", "y = x / (1 + e⁻ˣ)", "", "");

/// Five units with that activation.
struct CrookedLayer;

impl Layer for CrookedLayer {
    fn kind(&self) -> &'static str {
        "crooked"
    }

    fn line(&self) -> String {
        "crooked".into()
    }

    fn build(&self, graph: &mut Graph, x: Var) -> Result<Var> {
        let (_, inputs) = graph.shape(x).matrix();
        let start = initializers::named("he_normal").expect("in the table");
        let w = graph.weight("weight", &[inputs, 5], start);
        graph.apply(Linear::new(&CROOKED), &[x, w])
    }
}

/// Trainings with such a fault often work, only worse: nobody sees it. The check does.
pub fn find() -> Result<Report> {
    let dense = |units, activation| Ok::<_, gradus::Error>(Box::new(Dense::new(units, activation)?));
    let network =
        Network::of(vec![dense(6, "tanh")?, Box::new(CrookedLayer), dense(4, "tanh")?, dense(1, "sigmoid")?]);
    let model = Model::new(network, Loss::parse("binary_cross_entropy")?, 3, 2)?;
    let mut plan = model.training_plan(8, &Threads::new(1))?;
    plan.at(Moment { training: true, seed: 1, step: 1, ..Moment::default() });
    for (i, x) in plan.data("input").iter_mut().enumerate() {
        *x = (i * 7 % 11) as f32 / 5.0 - 1.0;
    }
    for (i, t) in plan.data("target").iter_mut().enumerate() {
        *t = (i % 2) as f32;
    }
    plan.data("weight").fill(1.0);
    Ok(check(&mut plan, &model.layout().start(1), None, &Check::default()))
}

/// Prints what is wrong.
pub fn main() -> Result<()> {
    let report = find()?;
    for part in &report.parts {
        println!("{:<18} relative error {:.1e}", part.name, part.error);
    }
    let fault = report.fault.expect("the fault is found");
    println!("{}", fault.message);
    assert_eq!(fault.layer, "2.crooked");
    Ok(())
}
