//! One step of a workload, made ready to be repeated.

use std::error::Error;

use gradus::graph::Var;
use gradus::layout::Part;
use gradus::network::Model;
use gradus::op::Moment;
use gradus::optimizer::{Objective, Optimizer, Setup, Step};
use gradus::optimizers::Choice;
use gradus::plan::{Lent, Plan};
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;

use crate::digits;
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
    batches: usize,
    inputs: Vec<f32>,
    targets: Vec<f32>,
    weights: Vec<f32>,
}

impl Stepper {
    /// Ready for the first step.
    ///
    /// # Errors
    /// If the workload's lines do not make a network or an optimizer.
    pub fn new(workload: &Workload, model: &Model, threads: &Threads) -> Result<Stepper, Box<dyn Error>> {
        let (plan, result) = if workload.trains {
            (model.training_plan(workload.batch, threads)?, None)
        } else {
            let (plan, z) = model.inference_plan(workload.batch, threads)?;
            (plan, Some(z))
        };
        let start = model.layout().start(SEED);
        let theta = match result {
            Some(_) => model.folded(&start, model.layout().memory()).into_owned(),
            None => start,
        };
        let optimizer = Choice::parse(workload.optimizer)?.build(&Setup::new(model.layout(), threads));
        let pool = Pool::new(workload, model)?;
        Ok(Stepper { workload: workload.clone(), plan, result, theta, optimizer, pool, steps: 0 })
    }

    /// One step on the next batch; the loss before it, or the size of the first number of the result.
    pub fn step(&mut self) -> f32 {
        let batch = self.steps as usize % self.workload.pool;
        self.steps += 1;
        let at = Step { t: self.steps, learning_rate: self.workload.learning_rate };
        self.plan.at(Moment { training: self.result.is_none(), seed: SEED, step: at.t, ..Moment::default() });
        let mut plan = self.pool.load(batch, &mut self.plan, self.result);
        match self.result {
            Some(z) => {
                plan.forward(&self.theta);
                plan.value(z)[0].abs()
            }
            None => self.optimizer.step(at, &mut self.theta, &mut plan),
        }
    }

    /// What came of it: the weights; of an inference its results for the first batch.
    pub fn results(&mut self) -> Vec<f32> {
        let Some(z) = self.result else { return self.theta.clone() };
        let mut plan = self.pool.load(0, &mut self.plan, self.result);
        plan.forward(&self.theta);
        plan.value(z).to_vec()
    }

    /// How good the weights are now: the mean loss of the first batches, or the mean size of the results.
    pub fn judge(&mut self) -> f64 {
        let batches = self.workload.pool.min(if self.workload.batch < 8 { 200 } else { 4 });
        let sum: f64 = (0..batches)
            .map(|batch| {
                let mut plan = self.pool.load(batch, &mut self.plan, self.result);
                let Some(z) = self.result else { return plan.loss(&self.theta) as f64 };
                plan.forward(&self.theta);
                let z = plan.value(z);
                z.iter().map(|z| z.abs() as f64).sum::<f64>() / z.len() as f64
            })
            .sum();
        sum / batches as f64
    }

    /// Multiplications and additions of the products of one step; a generation goes forward once for each member.
    pub fn flops(&self) -> f64 {
        let [forward, back] = self.plan.products();
        match self.workload.members {
            Some(members) => 2.0 * (members * forward) as f64,
            None => 2.0 * (forward + back) as f64,
        }
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

    /// What peers need to do the same: a line of JSON that names the parts of θ and counts all numbers, then θ, the
    /// inputs and the targets of all batches, as 32-bit floats.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn export(&self, model: &Model, to: &mut dyn std::io::Write) -> std::io::Result<()> {
        let part = |p: &Part| format!("[\"{}\", {:?}]", p.name, p.shape.dims());
        let parts: Vec<String> = model.layout().parts().iter().map(part).collect();
        let theta = model.layout().start(SEED);
        let Pool { inputs, targets, .. } = &self.pool;
        let counts = [theta.len(), inputs.len(), targets.len()];
        writeln!(to, "{{\"parts\": [{}], \"counts\": {counts:?}}}", parts.join(", "))?;
        for numbers in [&theta, inputs, targets] {
            let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
            to.write_all(&bytes)?;
        }
        Ok(())
    }
}

impl Pool {
    /// The plan on a batch, its inputs read where they lie, as peers read them.
    fn load<'p>(&'p self, batch: usize, plan: &'p mut Plan, result: Option<Var>) -> Lent<'p> {
        let slot = |all: &'p [f32]| {
            let size = all.len() / self.batches;
            &all[batch * size..(batch + 1) * size]
        };
        if result.is_none() {
            plan.data("target").copy_from_slice(slot(&self.targets));
            plan.data("weight").copy_from_slice(slot(&self.weights));
        }
        plan.with("input", slot(&self.inputs))
    }

    /// Pictures of digits, or inputs in [0, 1), or in [−1, 1) if there are two: then the class is whether their signs agree, so that
    /// there is something to learn. Otherwise classes and values are drawn, and can be learned by heart.
    fn new(workload: &Workload, model: &Model) -> Result<Pool, String> {
        let batches = workload.pool;
        let examples = batches * workload.batch;
        if workload.digits {
            let (inputs, targets) = digits::first(examples)?;
            return Ok(Pool { batches, inputs, targets, weights: vec![1.0; examples] });
        }
        let mut rng = Rng::new(SEED, Stream::Probe, 0);
        let signs = workload.input.numbers() == 2;
        let numbers = workload.input.numbers();
        let mut inputs = vec![0.0; examples * numbers];
        inputs.fill_with(|| if signs { 2.0 * rng.uniform() - 1.0 } else { rng.uniform() });
        let mut targets = vec![0.0; if workload.trains { examples * model.targets() } else { 0 }];
        for (target, x) in targets.chunks_exact_mut(model.targets()).zip(inputs.chunks_exact(numbers)) {
            match target.len() {
                1 if signs => target[0] = if x[0] * x[1] > 0.0 { 1.0 } else { 0.0 },
                1 => target[0] = rng.below(workload.classes) as f32,
                _ => target.fill_with(|| rng.uniform()),
            }
        }
        Ok(Pool { batches, inputs, targets, weights: vec![1.0; examples] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::all;

    #[test]
    fn work_is_counted_by_hand() {
        let flops = |name: &str| {
            let w = all().into_iter().find(|w| w.name == name).unwrap();
            Stepper::new(&w, &w.model().unwrap(), &Threads::new(1)).unwrap().flops()
        };
        assert_eq!(flops("mnist-s"), (2 * 32 * (2 * 784 * 128 + 3 * 128 * 10)) as f64);
        assert_eq!(flops("ga"), 256.0 * 2.0 * 1000.0 * (784.0 * 32.0 + 32.0 * 10.0));
        let (first, second) = (32 * 32 * 27 * 32, 16 * 16 * 9 * 32 * 64);
        let dense = 8 * 8 * 64 * 128 + 128;
        assert_eq!(flops("infer-cnn-s-1"), (2 * (first + second + dense)) as f64);
        assert_eq!(flops("cnn-s"), (2 * 32 * (2 * first + 3 * (second + dense))) as f64);
    }
}
