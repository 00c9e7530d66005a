//! The README's program: a network learns XOR.
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::optimizer::{Setup, Step};
use gradus::optimizers::Choice;
use gradus::threads::Threads;

fn main() -> gradus::Result<()> {
    let threads = Threads::new(1);
    let network = Network::parse("dense 8 tanh, dense 1 sigmoid")?;
    let model = Model::new(network, Loss::parse("squared_error")?, 2, 2)?;
    let mut plan = model.training_plan(4, &threads)?;
    plan.data("input").copy_from_slice(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
    plan.data("target").copy_from_slice(&[0.0, 1.0, 1.0, 0.0]);
    plan.data("weight").fill(1.0);

    let mut theta = model.layout().start(1);
    let mut adam = Choice::parse("adam")?.build(&Setup::new(model.layout(), &threads));
    let mut loss = f32::NAN;
    for t in 1..=500 {
        loss = adam.step(Step { t, learning_rate: 0.05 }, &mut theta, &mut plan);
    }
    println!("after 500 steps the loss is {loss:.6}");
    assert!(loss < 0.01);
    Ok(())
}
