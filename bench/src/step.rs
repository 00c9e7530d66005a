//! One step of a workload, made ready to be repeated.

use gradus::Result;
use gradus::graph::{Graph, Var};
use gradus::network::Model;
use gradus::op::Moment;
use gradus::optimizer::{Objective, Optimizer, Setup, Step};
use gradus::optimizers::Choice;
use gradus::plan::Plan;
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;

use crate::workload::Workload;

const SEED: u64 = 1234;

/// A plan, weights, an optimizer, and batches to go through.
pub struct Stepper {
    workload: Workload,
    plan: Plan,
    /// The network's last value, where the plan goes forward only.
    result: Option<Var>,
    theta: Vec<f32>,
    optimizer: Box<dyn Optimizer>,
    pool: Pool,
    steps: u64,
}

/// Batches, one after another.
struct Pool {
    inputs: Vec<f32>,
    targets: Vec<f32>,
    weights: Vec<f32>,
}

impl Stepper {
    /// Ready for the first step.
    ///
    /// # Errors
    /// If the workload's lines do not make a network or an optimizer.
    pub fn new(workload: &Workload, model: &Model, threads: &Threads) -> Result<Stepper> {
        let (plan, result) = if workload.trains {
            (model.training_plan(workload.batch, threads)?, None)
        } else {
            let mut graph = Graph::new();
            let x = graph.data("input", &[workload.batch, workload.inputs]);
            let z = model.network.build(&mut graph, x, true)?;
            (Plan::forward_only(graph, &[z], threads)?, Some(z))
        };
        let theta = model.layout().start(SEED);
        let optimizer = Choice::parse(workload.optimizer)?.build(&Setup::new(model.layout(), threads));
        let pool = Pool::new(workload, model);
        Ok(Stepper { workload: *workload, plan, result, theta, optimizer, pool, steps: 0 })
    }

    /// One step on the next batch; the loss before it, or the first number of the result.
    pub fn step(&mut self) -> f32 {
        let batch = self.steps as usize % self.workload.pool;
        self.steps += 1;
        self.load(batch);
        match self.result {
            Some(z) => {
                self.plan.forward(&self.theta);
                self.plan.value(z)[0]
            }
            None => {
                let at = Step { t: self.steps, learning_rate: self.workload.learning_rate };
                self.plan.at(Moment { training: true, seed: SEED, step: at.t, ..Moment::default() });
                self.optimizer.step(at, &mut self.theta, &mut self.plan)
            }
        }
    }

    /// How good the weights are now: the mean loss of the first batches, or the mean size of the results.
    pub fn judge(&mut self) -> f64 {
        let batches = self.workload.pool.min(if self.workload.batch < 8 { 200 } else { 4 });
        let sum: f64 = (0..batches)
            .map(|batch| {
                self.load(batch);
                let Some(z) = self.result else { return self.plan.loss(&self.theta) as f64 };
                self.plan.forward(&self.theta);
                let z = self.plan.value(z);
                z.iter().map(|z| z.abs() as f64).sum::<f64>() / z.len() as f64
            })
            .sum();
        sum / batches as f64
    }

    /// Bytes of activations, of θ, and of gradient and optimizer state.
    pub fn bytes(&mut self) -> [usize; 3] {
        let theta = 4 * self.theta.len();
        let kept = self.states() + 1;
        [self.plan.bytes(), theta, if self.workload.trains { kept * theta } else { 0 }]
    }

    /// Numbers the optimizer keeps per weight.
    pub fn states(&mut self) -> usize {
        let numbers: usize = self.optimizer.state().iter().map(|(_, s)| s.len()).sum();
        numbers / self.theta.len()
    }

    fn load(&mut self, batch: usize) {
        let slot = |name: &str, from: &[f32], plan: &mut Plan| {
            let to = plan.data(name);
            to.copy_from_slice(&from[batch * to.len()..(batch + 1) * to.len()]);
        };
        slot("input", &self.pool.inputs, &mut self.plan);
        if self.workload.trains {
            slot("target", &self.pool.targets, &mut self.plan);
            slot("weight", &self.pool.weights, &mut self.plan);
        }
    }
}

impl Pool {
    /// Inputs in [0, 1), or in [−1, 1) if there are two: then the class is whether their signs agree, so that
    /// there is something to learn. Otherwise classes and values are drawn, and can be learned by heart.
    fn new(workload: &Workload, model: &Model) -> Pool {
        let examples = workload.pool * workload.batch;
        let mut rng = Rng::new(SEED, Stream::Probe, 0);
        let signs = workload.inputs == 2;
        let mut inputs = vec![0.0; examples * workload.inputs];
        inputs.fill_with(|| if signs { 2.0 * rng.uniform() - 1.0 } else { rng.uniform() });
        let mut targets = vec![0.0; if workload.trains { examples * model.targets() } else { 0 }];
        for (target, x) in targets.chunks_exact_mut(model.targets()).zip(inputs.chunks_exact(workload.inputs))
        {
            match target.len() {
                1 if signs => target[0] = if x[0] * x[1] > 0.0 { 1.0 } else { 0.0 },
                1 => target[0] = rng.below(workload.classes) as f32,
                _ => target.fill_with(|| rng.uniform()),
            }
        }
        Pool { inputs, targets, weights: vec![1.0; examples] }
    }
}
