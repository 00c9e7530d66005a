//! A batch that is read where it lies gives the bits of one that was copied.

use crate::common::{bits, random};
use gradus::input::Input;
use gradus::network::Model;
use gradus::op::Moment;
use gradus::optimizer::{Objective, Setup, Step};
use gradus::optimizers::Choice;
use gradus::plan::Plan;
use gradus::threads::Threads;

const PICTURE: Input = Input::Picture { height: 12, width: 12, channels: 3 };

/// The first layer reads the batch as a row, as pictures, by zeros that are left out, through an op without weights.
const NETWORKS: [(&str, usize); 4] = [
    ("dense 40 relu, dense 3 softmax", 70),
    ("conv 32 3x3 norm relu, pool 2, dense 3 softmax", 9),
    ("dropout 0.3, dense 9 tanh, dense 3 softmax", 5),
    ("flatten, dense 50 relu, dense 3 softmax", 1),
];

fn model(line: &str, input: Input) -> Model {
    crate::common::model(line, "softmax_cross_entropy", input, 3)
}

/// So many numbers, a quarter of them 0 and together, that begin where no vector of numbers does.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut all: Vec<f32> = random(1 + count, seed).iter().map(|x| *x as f32).collect();
    all.iter_mut().enumerate().filter(|(i, _)| i % 96 < 24).for_each(|(_, x)| *x = 0.0);
    all
}

fn plan(model: &Model, batch: usize, threads: usize, input: &[f32]) -> Plan {
    let mut plan = model.training_plan(batch, &Threads::new(threads)).unwrap();
    plan.at(Moment { training: true, seed: 9, step: 4, before: 0 });
    plan.data("input").copy_from_slice(input);
    plan.data("target").iter_mut().enumerate().for_each(|(i, t)| *t = (i % 3) as f32);
    plan.data("weight").fill(1.0);
    plan
}

/// All that an objective can be asked, and θ after three steps.
fn answers(objective: &mut dyn Objective, model: &Model, threads: usize) -> Vec<Vec<u32>> {
    let mut theta = model.layout().start(2);
    let mut grad = vec![f32::NAN; theta.len()];
    let loss = objective.gradient(&theta, &mut grad);
    assert_eq!(objective.loss(&theta).to_bits(), loss.to_bits());
    let population: Vec<f32> = (0..7).flat_map(|seed| model.layout().start(seed)).collect();
    let mut losses = vec![f32::NAN; 7];
    objective.losses(&population, &mut losses);
    // Fewer than threads: all threads judge each.
    let mut few = [f32::NAN; 1];
    objective.losses(&population[..theta.len()], &mut few);
    assert_eq!(few[0].to_bits(), losses[0].to_bits());
    let team = Threads::new(threads);
    let mut adam = Choice::parse("adam").unwrap().build(&Setup::new(model.layout(), &team));
    let steps: Vec<f32> =
        (1..4).map(|t| adam.step(Step { t, learning_rate: 0.01 }, &mut theta, objective)).collect();
    [vec![loss], grad, losses, steps, theta].iter().map(|numbers| bits(numbers)).collect()
}

#[test]
fn every_answer_is_that_of_a_copy() {
    for (line, batch) in NETWORKS {
        let model = model(line, PICTURE);
        let lent = &numbers(batch * PICTURE.numbers(), 5)[1..];
        let own = &numbers(batch * PICTURE.numbers(), 6)[1..];
        for threads in [1, 2, 3] {
            let want = answers(&mut plan(&model, batch, threads, lent), &model, threads);
            let mut plan = plan(&model, batch, threads, own);
            let before = answers(&mut plan, &model, threads);
            assert!(before[0] != want[0] && before[4] != want[4], "{line}: the batches are different");
            let found = answers(&mut plan.with("input", lent), &model, threads);
            assert!(found == want, "{line}, {threads} threads");
            assert!(plan.data("input") == own, "{line}: its own stays");
            assert!(answers(&mut plan, &model, threads) == before, "{line}: afterwards it reads its own");
        }
    }
}

#[test]
fn in_use_too_whole_and_piece_by_piece() {
    let large = Input::Picture { height: 32, width: 32, channels: 3 };
    let line = "conv 32 3x3 relu, pool 2, conv 64 3x3 relu, pool 2, dense 3 softmax";
    for (line, input, batch) in
        [(line, large, 67), (line, PICTURE, 2), ("dense 30 relu, dense 3 softmax", PICTURE, 9)]
    {
        let model = model(line, input);
        let theta = model.layout().start(3);
        let pictures = &numbers(batch * input.numbers(), 7)[1..];
        for threads in [1, 2] {
            let (mut plan, z) = model.inference_plan(batch, &Threads::new(threads)).unwrap();
            plan.data("input").copy_from_slice(pictures);
            plan.forward(&theta);
            let want = bits(plan.value(z));
            plan.data("input").fill(0.5);
            let mut lent = plan.with("input", pictures);
            lent.forward(&theta);
            assert!(bits(lent.value(z)) == want, "{line}, {batch} pictures, {threads} threads");
        }
    }
}

#[test]
#[should_panic(expected = "data \"input\" are 864 numbers, not 432")]
fn numbers_of_another_batch() {
    let model = model("dense 3 softmax", PICTURE);
    model.training_plan(2, &Threads::new(1)).unwrap().with("input", &[0.0; 12 * 12 * 3]);
}

#[test]
fn a_panic_ends_the_loan() {
    let model = model("dense 3 softmax", PICTURE);
    let (own, lent) = (numbers(PICTURE.numbers(), 6), numbers(PICTURE.numbers(), 5));
    let mut plan = plan(&model, 1, 1, &own[1..]);
    let theta = model.layout().start(3);
    let want = plan.loss(&theta);
    assert_ne!(plan.with("input", &lent[1..]).loss(&theta).to_bits(), want.to_bits(), "another batch");
    let short = std::panic::AssertUnwindSafe(|| plan.with("input", &lent[1..]).loss(&theta[1..]));
    assert!(std::panic::catch_unwind(short).is_err(), "θ has another length");
    assert_eq!(plan.loss(&theta).to_bits(), want.to_bits());
}
