//! A population evolving is the strategy's own run, to the last bit.

use gradus::functions;
use gradus::layout::Layout;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::optimizer::{Objective, Optimizer, Setup, Step};
use gradus::optimizers::Choice;
use gradus::threads::Threads;
use gradus_lab::bench::evolution::{Ask, Evolution, evolve};

use super::{soon, state};

fn run(pairs: &[(&str, &str)]) -> Evolution {
    evolve(&Ask::of(&state(pairs)).unwrap(), &soon()).unwrap_or_else(|e| panic!("{pairs:?}: {e}"))
}

/// An objective that remembers what it judged.
struct Recorded<O> {
    inner: O,
    judged: Vec<(Vec<f64>, Vec<f64>)>,
}

impl<R: gradus::real::Number, O: Objective<R>> Objective<R> for Recorded<O> {
    fn loss(&mut self, theta: &[R]) -> R {
        self.inner.loss(theta)
    }
    fn gradient(&mut self, theta: &[R], grad: &mut [R]) -> R {
        self.inner.gradient(theta, grad)
    }
    fn losses(&mut self, population: &[R], losses: &mut [R]) {
        self.inner.losses(population, losses);
        let wide = |of: &[R]| of.iter().map(|x| x.to_f64()).collect();
        self.judged.push((wide(population), wide(losses)));
    }
}

#[test]
fn on_a_function_it_is_the_optimizers_own_run() {
    let lines = [
        "genetic population=20 crossover=blend rate=0.3 sigma=0.3 spread=box lower=-5 upper=5",
        "genetic population=12 replacement=steady_state children=4 reevaluate=no",
        "differential_evolution population=15",
        "particle_swarm population=15",
        "cma_es population=12",
        "openai_es population=20 over adam",
    ];
    let threads = Threads::new(1);
    for line in lines {
        let here = run(&[("algorithm", line), ("generations", "25"), ("seed", "7"), ("lr", "0.1")]);
        let layout = Layout::of(2);
        let setup = Setup::new(&layout, &threads).seed(7);
        let mut optimizer: Box<dyn Optimizer<f64>> = Choice::parse(line).unwrap().build_as(&setup);
        let function = functions::Choice::parse("rastrigin").unwrap();
        let mut objective = Recorded { inner: function.problem(7, &threads), judged: Vec::new() };
        let mut theta = function.start();
        assert!(here.frames.len() == 25 || here.ended.is_some(), "{line}");
        for (k, frame) in here.frames.iter().enumerate() {
            let at = Step { t: k as u64 + 1, learning_rate: 0.1 };
            optimizer.step(at, &mut theta, &mut objective);
            assert_eq!(
                (&frame.members, &frame.losses),
                (&objective.judged[k].0, &objective.judged[k].1),
                "{line}"
            );
            assert_eq!(frame.answer, theta, "{line}, generation {k}");
            assert_eq!(Some(frame.diversity), optimizer.diversity(), "{line}");
        }
        assert_eq!(optimizer.ended().is_some(), here.ended.is_some(), "{line}");
    }
}

#[test]
fn what_made_a_generation_is_the_strategys_own_account() {
    let kinds = [
        ("genetic population=8", "spread"),
        ("random_search population=8", "spread"),
        ("cma_es population=8", "drawn"),
        ("pgpe population=8 over sgd", "drawn"),
        ("differential_evolution population=8", "mixed"),
        ("particle_swarm population=8 reevaluate=no", "flown"),
        ("simulated_annealing population=8", "stepped"),
    ];
    let threads = Threads::new(1);
    for (line, kind) in kinds {
        let asked = [("algorithm", line), ("generations", "6"), ("seed", "3"), ("lr", "0.1")];
        let here = run(&asked);
        let layout = Layout::of(2);
        let setup = Setup::new(&layout, &threads).seed(3);
        let mut evolver = Choice::parse(line).unwrap().evolver::<f64>(&setup).unwrap();
        let function = functions::Choice::parse("rastrigin").unwrap();
        let mut problem = function.problem(3, &threads);
        evolver.begin(&function.start());
        for (k, frame) in here.frames.iter().enumerate() {
            evolver.at(Step { t: k as u64 + 1, learning_rate: 0.1 });
            let mut members = vec![0.0; 2 * evolver.members()];
            let mut losses = vec![0.0; evolver.members()];
            evolver.ask(&mut members);
            problem.losses(&members, &mut losses);
            let made = evolver.made();
            evolver.tell(&members, &losses);
            assert_eq!((&frame.made, &frame.shares), (&made, &evolver.shares()), "{line}, generation {k}");
        }
        // As the page is told.
        let mut session =
            (gradus_lab::bench::find("evolution").unwrap().open)(&state(&asked), &soon()).unwrap();
        let answer = session.answer(&serde_json::json!({}), &soon()).unwrap();
        let told = &answer["frames"][4];
        assert_eq!(told["made"]["kind"], kind, "{line}");
        assert!(told["members"].is_string(), "{line}: packed");
        assert_eq!(told["shares"].as_array().unwrap().len(), here.frames[4].shares.len(), "{line}");
        let rule = answer["rule"].as_array().unwrap();
        assert!(rule.iter().all(|l| l["mathml"].as_str().unwrap().starts_with("<math")), "{line}: {rule:?}");
    }
}

#[test]
fn on_xor_it_is_the_optimizers_own_run_and_learns() {
    let line = "genetic crossover=blend rate=0.3 sigma=0.5 population=60";
    let here = run(&[("f", "xor"), ("algorithm", line), ("generations", "120")]);
    let threads = Threads::new(1);
    let network = Network::parse("dense 2 tanh, dense 1 sigmoid").unwrap();
    let model = Model::new(network, Loss::parse("squared_error").unwrap(), 2, 2).unwrap();
    let mut plan = model.training_plan(4, &threads).unwrap();
    plan.data("input").copy_from_slice(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
    plan.data("target").copy_from_slice(&[0.0, 1.0, 1.0, 0.0]);
    plan.data("weight").fill(1.0);
    let mut theta = model.layout().start(1);
    let mut optimizer = Choice::parse(line).unwrap().build(&Setup::new(model.layout(), &threads).seed(1));
    for (k, frame) in here.frames.iter().enumerate() {
        let loss = optimizer.step(Step { t: k as u64 + 1, learning_rate: 1.0 }, &mut theta, &mut plan);
        let least = frame.losses.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(least, loss as f64, "generation {k}");
        assert_eq!(frame.answer, theta.iter().map(|w| *w as f64).collect::<Vec<_>>());
    }
    let network = here.network.unwrap();
    assert_eq!((here.weights, network.names.len(), network.pictures.len()), (9, 9, here.frames.len()));
    let last = here.frames.last().unwrap();
    assert!(last.losses.iter().any(|loss| *loss < 0.02), "it learns");
    // The corners (0, 0), (1, 0), (0, 1), (1, 1) of the picture, which goes from −¼ to 1¼.
    let picture = network.pictures.last().unwrap();
    let at = |x: f64, y: f64| {
        let place = |v: f64| ((v + 0.25) / 1.5 * (network.side - 1) as f64).round() as usize;
        picture[place(y) * network.side + place(x)]
    };
    assert!(at(0.0, 0.0) < 0.5 && at(1.0, 1.0) < 0.5 && at(1.0, 0.0) > 0.5 && at(0.0, 1.0) > 0.5);
}

#[test]
fn parents_are_members_of_earlier_generations() {
    let here = run(&[]);
    assert_eq!((here.frames.len(), here.frames[0].losses.len()), (40, 40));
    let numbers = |k: usize| here.frames[k].origins.iter().map(|o| o.number.unwrap()).collect::<Vec<_>>();
    for k in 1..here.frames.len() {
        let before = numbers(k - 1);
        for origin in &here.frames[k].origins {
            match origin.parents {
                Some(parents) if !before.contains(&origin.number.unwrap()) => {
                    assert!(
                        parents.iter().all(|p| before.contains(&p.unwrap())),
                        "generation {k}: {origin:?}"
                    );
                }
                _ => assert!(before.contains(&origin.number.unwrap()), "an elite: {origin:?}"),
            }
        }
    }
}

#[test]
fn a_population_is_taken_from_the_line_or_beside_it() {
    let line = |pairs: &[(&str, &str)]| run(&[pairs, &[("generations", "2")]].concat()).line;
    assert!(line(&[("algorithm", "cma_es"), ("population", "9")]).contains("population=9"));
    let around = line(&[("algorithm", "openai_es sigma=0.5 over adam"), ("population", "8")]);
    assert!(around.starts_with("openai_es population=8 "), "{around}");
    assert!(line(&[("algorithm", "cma_es population=7"), ("population", "9")]).contains("population=7"));
    assert!(
        line(&[("algorithm", "simulated_annealing"), ("population", "9")]).contains("simulated_annealing")
    );
}
