//! A function as a course: θ in `f64`, no data.

use std::time::Instant;

use super::{Course, Point, Run};
use crate::Result;
use crate::cost::Counted;
use crate::layout::Layout;
use crate::optimizer::{Objective, Setup, Step};
use crate::optimizers::Choice;
use crate::threads::Threads;

/// A function, where it starts and how long it is run.
pub struct FunctionCourse<'a> {
    /// What is minimised in the run of a seed; it may be noisy.
    pub objective: &'a dyn Fn(u64) -> Box<dyn Objective<f64>>,
    /// How far θ is above the minimum, without noise.
    pub height: &'a dyn Fn(&[f64]) -> f64,
    /// Where the run of a seed starts.
    pub start: &'a dyn Fn(u64) -> Vec<f64>,
    /// Passes granted to each run.
    pub budget: u64,
    /// Who may help.
    pub threads: &'a Threads,
}

/// Beyond this height a run has diverged.
const LOST: f64 = 1e100;

impl Course for FunctionCourse<'_> {
    fn run(&self, choice: &Choice, learning_rate: f64, seed: u64) -> Result<Run> {
        let mut theta = (self.start)(seed);
        let layout = Layout::of(theta.len());
        let setup = Setup::new(&layout, self.threads).seed(seed);
        choice.check(&setup)?;
        let mut optimizer = choice.build_as::<f64>(&setup);
        let mut objective = (self.objective)(seed);
        let mut counted = Counted::new(&mut *objective, 1);
        let mut answer = theta.clone();
        let mut run = Run { seed, points: Vec::new(), path: Vec::new(), result: 0.0, ended: None };
        let mut seconds = 0.0;
        for step in 0.. {
            let height = (self.height)(&answer);
            let passes = counted.cost.passes();
            let (validation, accuracy) = (None, None);
            run.points.push(Point { step, passes, seconds, train: height, validation, accuracy });
            if let [x, y] = answer[..] {
                run.path.push([x, y]);
            }
            run.result = if height < LOST { height } else { f64::INFINITY };
            if !run.result.is_finite() {
                run.ended = Some("it diverged".into());
            }
            if run.ended.is_some() || passes >= self.budget {
                break;
            }
            let began = Instant::now();
            optimizer.step(Step { t: step + 1, learning_rate }, &mut theta, &mut counted);
            optimizer.answer(&theta, &mut answer);
            seconds += began.elapsed().as_secs_f64();
            run.ended = optimizer.ended().map(|reason| reason.to_string());
        }
        Ok(run)
    }

    fn measure(&self) -> &'static str {
        "height above the minimum"
    }

    fn is_logarithmic(&self) -> bool {
        true
    }

    fn budget(&self) -> u64 {
        self.budget
    }
}
