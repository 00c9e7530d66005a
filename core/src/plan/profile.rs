//! Where the time of a plan goes: each op's way forward and its way back, timed while others wait.

use std::time::{Duration, Instant};

use super::Plan;
use crate::op::Shape;

/// What one op of a plan took, over all computations since [`Plan::watch`].
#[derive(Clone, Debug)]
pub struct OpTime {
    /// Its number in the plan: a layer may have several alike.
    pub number: usize,
    /// The layer it belongs to, for example `1.dense`.
    pub scope: String,
    /// What it is called.
    pub op: &'static str,
    /// The shape of its first input.
    pub input: Shape,
    /// Seconds forward.
    pub forward: f64,
    /// Seconds back; with what a sink does to the op's weights meanwhile.
    pub back: f64,
    /// Multiply-adds of all ways forward and back, where they decide what it costs.
    pub products: f64,
    /// Bytes that no way of doing it leaves unmoved: forward its inputs and its result, back these and their slopes.
    pub bytes: f64,
}

impl OpTime {
    /// Whether both are one op in plans of different batches.
    pub(crate) fn alike(&self, other: &OpTime) -> bool {
        self.number == other.number
    }

    /// Takes in what the same op took in another plan.
    pub(crate) fn join(&mut self, other: &OpTime) {
        self.forward += other.forward;
        self.back += other.back;
        self.products += other.products;
        self.bytes += other.bytes;
    }
}

/// Time and number of runs, forward and back.
#[derive(Clone, Copy, Default)]
pub(super) struct Watched {
    pub forward: Lap,
    pub back: Lap,
}

/// The time of all runs, and how many they were.
#[derive(Clone, Copy, Default)]
pub(super) struct Lap {
    time: Duration,
    runs: u64,
}

impl Lap {
    /// Runs `f`; on the watch if there is one.
    pub fn time<R>(lap: Option<&mut Lap>, f: impl FnOnce() -> R) -> R {
        let Some(lap) = lap else { return f() };
        let began = Instant::now();
        let result = f();
        lap.time += began.elapsed();
        lap.runs += 1;
        result
    }
}

impl Plan {
    /// From now on takes the time of every op. That costs less than a tenth of a microsecond for each.
    pub fn watch(&mut self) {
        self.watched = vec![Watched::default(); self.runs.len()];
    }

    /// What each op took since [`Plan::watch`]; empty without it. What populations take ([`crate::optimizer::Objective::losses`])
    /// is not seen: their members go forward side by side. Nor is what goes through a batch piece by piece, in use.
    pub fn watched(&self) -> Vec<OpTime> {
        let of = |(number, (run, watched)): (usize, (&super::Run, &Watched))| {
            let products = run.products().map(|n| n as f64);
            let inputs: usize = run.shapes[..run.arity].iter().map(|s| s.size()).sum();
            let numbers = (inputs + run.y.len) as f64;
            let Watched { forward, back } = *watched;
            OpTime {
                number,
                scope: run.scope.clone(),
                op: run.op.name(),
                input: run.shapes[0],
                forward: forward.time.as_secs_f64(),
                back: back.time.as_secs_f64(),
                bytes: 4.0 * numbers * (forward.runs as f64 + 2.0 * back.runs as f64),
                products: products[0] * forward.runs as f64 + products[1] * back.runs as f64,
            }
        };
        self.runs.iter().zip(&self.watched).enumerate().map(of).collect()
    }
}
