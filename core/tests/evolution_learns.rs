//! What evolution learns without a gradient: functions by name, XOR, digits.

use crate::common::{accuracy, digits, model};
use gradus::functions;
use gradus::layout::Layout;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::op::Moment;
use gradus::optimizer::{Objective, Reason, Setup, Step};
use gradus::optimizers::Choice;
use gradus::threads::Threads;

#[test]
fn functions_are_minimised_by_name() {
    // (evolution, function, evaluations, reached): each by its defaults or by what is said.
    for (line, function, budget, reached) in [
        ("genetic mutation=self_adaptive rate=1", "sphere dim=5", 30_000, 1e-8),
        ("genetic sigma=0.3 crossover=blend", "rastrigin dim=5", 40_000, 0.3),
        ("differential_evolution", "rosenbrock dim=5", 60_000, 1e-8),
        ("differential_evolution cross=0.3", "rastrigin dim=5", 60_000, 1e-6),
        ("particle_swarm", "ackley dim=5", 40_000, 1e-6),
        ("simulated_annealing", "sphere dim=5", 40_000, 1e-2),
        ("random_search", "sphere dim=2", 40_000, 0.1),
    ] {
        let choice = functions::Choice::parse(function).unwrap();
        let (layout, threads) = (Layout::of(choice.dimension()), Threads::new(1));
        let mut found = Vec::new();
        for seed in 1..=3 {
            let line = format!("{line} reevaluate=no spread=box lower=-5 upper=5 budget={budget}");
            let setup = Setup::new(&layout, &threads).seed(seed);
            let mut optimizer = Choice::parse(&line).unwrap().build_as::<f64>(&setup);
            let (mut problem, mut theta) = (choice.problem(seed, &threads), vec![3.0; choice.dimension()]);
            for t in 1.. {
                if optimizer.ended().is_some() {
                    break;
                }
                optimizer.step(Step { t, learning_rate: 1.0 }, &mut theta, &mut problem);
            }
            found.push(problem.loss(&theta));
        }
        found.sort_by(f64::total_cmp);
        assert!(found[1] <= reached, "{line} on {function}: {found:?}, not {reached}");
    }
}

#[test]
fn xor_is_learnt_without_a_gradient() {
    let threads = Threads::new(1);
    let network = Network::parse("dense 4 tanh, dense 1 sigmoid").unwrap();
    let model = Model::new(network, Loss::parse("squared_error").unwrap(), 2, 2).unwrap();
    let mut plan = model.training_plan(4, &threads).unwrap();
    plan.data("input").copy_from_slice(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
    plan.data("target").copy_from_slice(&[0.0, 1.0, 1.0, 0.0]);
    plan.data("weight").fill(1.0);
    for (name, evaluations) in [
        ("genetic", 10_000),
        ("genetic mutation=self_adaptive", 10_000),
        ("differential_evolution reevaluate=no", 20_000),
        ("particle_swarm reevaluate=no", 20_000),
        ("simulated_annealing reevaluate=no temperature=0.1 sigma=0.5", 40_000),
    ] {
        let mut reached = 0;
        for seed in 1..=5 {
            let line = format!("{name} target=0.01 budget={evaluations}");
            let setup = Setup::new(model.layout(), &threads).seed(seed);
            let mut optimizer = Choice::parse(&line).unwrap().build(&setup);
            let mut theta = model.layout().start(seed);
            for t in 1.. {
                if optimizer.ended().is_some() {
                    break;
                }
                optimizer.step(Step { t, learning_rate: 1.0 }, &mut theta, &mut plan);
            }
            let loss = plan.loss(&theta);
            assert_eq!(optimizer.ended() == Some(Reason::Target), loss <= 0.01, "{line}: {loss}");
            reached += u32::from(loss <= 0.01);
        }
        assert!(reached >= 4, "{name}: {reached} of 5 seeds learn XOR in {evaluations} evaluations");
    }
}

/// 300 pictures to learn from, 100 others to be tested with: guessing finds 10 %.
#[test]
fn digits_are_learnt_without_a_gradient() {
    let threads = Threads::new(2);
    for (network, line, evaluations, right) in [
        ("dense 10 softmax", "genetic", 10_000.0, 0.8),
        ("dense 16 tanh, dense 10 softmax", "genetic", 15_000.0, 0.8),
    ] {
        let network = Network::parse(network).unwrap();
        let model = Model::new(network, Loss::parse("softmax_cross_entropy").unwrap(), 64, 10).unwrap();
        let (pictures, answers) = digits("train");
        let mut plan = model.training_plan(answers.len(), &threads).unwrap();
        plan.data("input").copy_from_slice(&pictures);
        plan.data("target").copy_from_slice(&answers);
        plan.data("weight").fill(1.0);
        plan.at(Moment { training: true, seed: 1, step: 1, ..Moment::default() });
        let setup = Setup::new(model.layout(), &threads);
        let mut optimizer = Choice::parse(&format!("{line} budget={evaluations}")).unwrap().build(&setup);
        let mut theta = model.layout().start(1);
        for t in 1.. {
            if optimizer.ended().is_some() {
                break;
            }
            optimizer.step(Step { t, learning_rate: 1.0 }, &mut theta, &mut plan);
        }
        let [train, test] = ["train", "test"].map(|part| accuracy(&model, &theta, part, &threads));
        println!("{line}, {evaluations} evaluations: {train} of the 300, {test} of the 100 unseen");
        assert!(test >= right, "{line}: {test} of the unseen, {train} of the others");
    }
}

#[test]
fn xor_is_learnt_by_strategies() {
    let threads = Threads::new(1);
    let model = model("dense 4 tanh, dense 1 sigmoid", "squared_error", 2, 2);
    let mut plan = model.training_plan(4, &threads).unwrap();
    plan.data("input").copy_from_slice(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
    plan.data("target").copy_from_slice(&[0.0, 1.0, 1.0, 0.0]);
    plan.data("weight").fill(1.0);
    for (line, learning_rate, generations) in [
        ("cma_es sigma=1", 1.0, 500),
        ("sep_cma_es sigma=1", 1.0, 1000),
        ("snes sigma=1", 1.0, 1000),
        ("xnes sigma=1", 1.0, 1000),
        ("openai_es population=20 sigma=0.3 over adam", 0.1, 1000),
        ("pgpe population=20 sigma=0.5 over adam", 0.1, 1000),
    ] {
        let mut reached = 0;
        for seed in 1..=5 {
            let mut optimizer =
                Choice::parse(line).unwrap().build(&Setup::new(model.layout(), &threads).seed(seed));
            let mut theta = model.layout().start(seed);
            let (mut t, mut answer) = (1, theta.clone());
            while plan.loss(&answer) > 0.01 && t <= generations && optimizer.ended().is_none() {
                optimizer.step(Step { t, learning_rate }, &mut theta, &mut plan);
                optimizer.answer(&theta, &mut answer);
                t += 1;
            }
            reached += u32::from(plan.loss(&answer) <= 0.01);
        }
        println!("{line}: {reached} of 5 seeds learn XOR");
        assert!(reached >= 4, "{line}: {reached} of 5 seeds learn XOR");
    }
}

/// 300 pictures to learn from, 100 others to be tested with: guessing finds 10 %.
#[test]
fn digits_are_learnt_by_strategies() {
    let threads = Threads::new(2);
    let (pictures, answers) = digits("train");
    for (network, line, learning_rate, generations, right) in [
        ("dense 10 softmax", "snes sigma=0.5 population=50", 1.0, 300, 0.8),
        ("dense 10 softmax", "openai_es population=50 over adam", 0.05, 300, 0.8),
        ("dense 16 tanh, dense 10 softmax", "openai_es population=100 over adam", 0.05, 200, 0.8),
        ("dense 16 tanh, dense 10 softmax", "sep_cma_es population=50", 1.0, 300, 0.8),
    ] {
        let model = model(network, "softmax_cross_entropy", 64, 10);
        let mut plan = model.training_plan(answers.len(), &threads).unwrap();
        plan.data("input").copy_from_slice(&pictures);
        plan.data("target").copy_from_slice(&answers);
        plan.data("weight").fill(1.0);
        let mut optimizer = Choice::parse(line).unwrap().build(&Setup::new(model.layout(), &threads));
        let mut theta = model.layout().start(1);
        for t in 1..=generations {
            optimizer.step(Step { t, learning_rate }, &mut theta, &mut plan);
        }
        let mut answer = theta.clone();
        optimizer.answer(&theta, &mut answer);
        let [train, test] = ["train", "test"].map(|part| accuracy(&model, &answer, part, &threads));
        println!("{network}, {line}: {train} of the 300, {test} of the 100 unseen");
        assert!(test >= right, "{network}, {line}: {test} of the unseen, {train} of the others");
    }
}
