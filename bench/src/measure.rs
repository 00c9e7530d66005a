//! How long a step takes: many steps a repetition, several repetitions, looks at the ceiling before and after each.

use std::error::Error;
use std::time::Instant;

use gradus::ceiling;
use gradus::network::Model;
use gradus::threads::Threads;

use crate::step::Stepper;
use crate::workload::Workload;

/// Steps whose losses are compared with those of peers.
const FIRST: usize = 20;

/// Operations from which on a step is much work: more than a millisecond of a core of today. `peers/table.py` has it too.
const MUCH_WORK: f64 = 1e8;

/// Of a repetition's time, how long the looks before and after it take each.
const LOOK: f64 = 0.05;

/// How long to measure.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Repetitions; the middle one counts.
    pub repetitions: usize,
    /// Seconds each, at least one step.
    pub seconds: f64,
}

/// What was found.
pub struct Finding {
    /// The workload.
    pub workload: Workload,
    /// Threads in the team.
    pub threads: usize,
    /// Seconds per step of each repetition, in the order they were made.
    pub times: Vec<f64>,
    /// Seconds on a core per step, all threads together, of the middle repetition: what a step would take on one
    /// thread if nobody else wanted the core. Not a number where the system does not tell.
    pub on_core: f64,
    /// Time on one thread over time on this team, if both were measured in turn: the middle of the ratios of
    /// repetitions that followed each other.
    pub gain: Option<f64>,
    /// Multiplications and additions of a step.
    pub flops: f64,
    /// Bytes a step cannot leave unmoved.
    pub traffic: f64,
    /// Floating-point operations per second: the best burst, just before the repetitions.
    pub peak: f64,
    /// Operations per second of a repetition over those of multiply-adds just before and after it, slow ones
    /// included: the middle of all repetitions.
    pub share_now: f64,
    /// Bytes per second over as much memory as θ and the optimizer's state take.
    pub bandwidth: f64,
    /// Bytes of activations, θ, gradient and optimizer state.
    pub memory: [usize; 3],
    /// The most memory the program ever held, its batches included; none where the system does not tell, and
    /// where several teams were measured.
    pub peak_bytes: Option<u64>,
    /// The loss (of an inference: the mean size of a result) before the first step and after the last.
    pub losses: (f64, f64),
    /// The losses of the first steps; of an inference the mean size of the results.
    pub first: Vec<f32>,
}

/// Measures one workload on teams of so many threads, which take their repetitions in turn.
///
/// # Errors
/// If the workload does not describe a network.
pub fn measure(workload: &Workload, teams: &[usize], effort: Effort) -> Result<Vec<Finding>, Box<dyn Error>> {
    let mut runs = Vec::new();
    for &threads in teams {
        runs.push(Run::new(workload, threads, effort)?);
    }
    for _ in 0..effort.repetitions {
        runs.iter_mut().for_each(Run::repeat);
    }
    let peak_bytes = peak_bytes().filter(|_| teams.len() == 1);
    let mut found: Vec<Finding> = runs.into_iter().map(|run| run.finish(peak_bytes)).collect();
    if let Some(alone) = found.iter().find(|f| f.threads == 1).map(|f| f.times.clone()) {
        for team in found.iter_mut().filter(|f| f.threads > 1) {
            team.gain = Some(middle(alone.iter().zip(&team.times).map(|(one, all)| one / all).collect()));
        }
    }
    Ok(found)
}

/// A team at work on a workload.
struct Run {
    team: Threads,
    stepper: Stepper,
    /// Steps of a repetition.
    steps: usize,
    /// Seconds of each look at what the machine gives.
    look: f64,
    /// Seconds on a core per step of each repetition.
    on_core: Vec<f64>,
    /// Share of what the machine gave around each repetition.
    shares: Vec<f64>,
    found: Finding,
}

impl Run {
    /// Warm, and knowing how many steps a repetition has.
    fn new(workload: &Workload, threads: usize, effort: Effort) -> Result<Run, Box<dyn Error>> {
        let (model, team) = (workload.model()?, Threads::new(threads));
        let first = first_losses(workload, &model, &team)?;
        let mut stepper = Stepper::new(workload, &model, &team)?;
        let weights = model.layout().weights();
        // As much memory as the floor supposes: no gradient. With it, a network may miss a cache it would fit in.
        let states = if workload.trains { stepper.states() } else { 0 };
        let bandwidth = ceiling::bytes_per_second(4 * weights * (1 + states), threads);
        let found = Finding {
            workload: workload.clone(),
            threads,
            times: Vec::new(),
            on_core: f64::NAN,
            gain: None,
            flops: stepper.flops(),
            traffic: workload.bytes(weights, stepper.states()),
            peak: 0.0,
            share_now: f64::NAN,
            bandwidth,
            memory: stepper.bytes(),
            peak_bytes: None,
            losses: (stepper.judge(), f64::NAN),
            first,
        };
        let mut run =
            Run { team, stepper, steps: 1, look: 0.0, on_core: Vec::new(), shares: Vec::new(), found };
        forget_peak();
        let (once, _) = run.time(1);
        let (rough, _) = run.time(workload.warmup.min((1.0 / once) as usize).max(1));
        run.steps = ((effort.seconds / rough) as usize).max(1);
        run.look = LOOK * run.steps as f64 * rough;
        Ok(run)
    }

    /// Seconds per step of so many, of the clock and on a core.
    fn time(&mut self, steps: usize) -> (f64, f64) {
        let (on_core, began) = (seconds_on_core(), Instant::now());
        for _ in 0..steps {
            std::hint::black_box(self.stepper.step());
        }
        let spent = began.elapsed().as_secs_f64();
        (spent / steps as f64, (seconds_on_core() - on_core) / steps as f64)
    }

    /// A repetition, after a look at the peak and between two at what the machine gives at the moment.
    fn repeat(&mut self) {
        self.found.peak = self.found.peak.max(ceiling::flops_per_second(self.found.threads));
        let before = ceiling::flops_meanwhile(&self.team, self.look);
        let (time, core) = self.time(self.steps);
        let after = ceiling::flops_meanwhile(&self.team, self.look);
        self.found.times.push(time);
        self.on_core.push(core);
        self.shares.push(self.found.flops / time * (1.0 / before + 1.0 / after) / 2.0);
    }

    fn finish(mut self, peak_bytes: Option<u64>) -> Finding {
        self.found.losses.1 = self.stepper.judge();
        Finding { on_core: middle(self.on_core), share_now: middle(self.shares), peak_bytes, ..self.found }
    }
}

/// The middle one of numbers that are at least one.
pub fn middle(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// The loss of each of the first steps, the one before the step: what peers must find as well.
fn first_losses(workload: &Workload, model: &Model, threads: &Threads) -> Result<Vec<f32>, Box<dyn Error>> {
    if workload.members.is_some() {
        return Ok(Vec::new());
    }
    let mut stepper = Stepper::new(workload, model, threads)?;
    Ok((0..FIRST).map(|_| stepper.step()).collect())
}

/// Time that the system gave to the threads of this program so far; Linux tells, others do not.
fn seconds_on_core() -> f64 {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return f64::NAN };
    let nanoseconds = tasks.flatten().filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// From now on [`peak_bytes`] does not count what the measurements before took. Where the system does not know how, it does.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The greatest resident memory so far; Linux tells, others do not.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
}

impl Finding {
    /// The middle repetition, seconds per step.
    pub fn median(&self) -> f64 {
        middle(self.times.clone())
    }

    /// The shortest and the longest repetition, seconds per step.
    pub fn range(&self) -> (f64, f64) {
        let times = || self.times.iter().copied();
        (times().fold(f64::INFINITY, f64::min), times().fold(0.0, f64::max))
    }

    /// The gain that is wanted: nine tenths of the threads where a step is much work, none lost where it is little.
    fn wanted_gain(&self) -> f64 {
        if self.flops >= MUCH_WORK { 0.9 * self.threads as f64 } else { 1.0 }
    }

    /// The gain that was wanted, if it is missed when both are written with two digits after the point.
    pub fn missed_gain(&self) -> Option<f64> {
        self.gain
            .filter(|gain| (100.0 * gain).round() < 100.0 * self.wanted_gain())
            .map(|_| self.wanted_gain())
    }

    /// Seconds the multiply-adds would take at the peak.
    pub fn floor_of_sums(&self) -> f64 {
        self.flops / self.peak
    }

    /// Seconds the bytes would take at the measured bandwidth.
    pub fn floor_of_bytes(&self) -> f64 {
        self.traffic / self.bandwidth
    }

    /// Whether the losses are those of a training that works: finite, and not grown. Labels drawn at random
    /// leave little to learn, so a loss may stay; an inference changes nothing at all.
    pub fn sensible(&self) -> bool {
        let (before, after) = self.losses;
        let limit = if self.workload.trains { before * 1.5 } else { before };
        after.is_finite() && after <= limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::all;

    fn found(name: &str, teams: &[usize]) -> Vec<Finding> {
        let workload = all().into_iter().find(|w| w.name == name).unwrap();
        measure(&workload, teams, Effort { repetitions: 3, seconds: 0.0 }).unwrap()
    }

    #[test]
    fn teams_that_take_turns_are_compared_pair_by_pair() {
        let [one, mut two] = <[Finding; 2]>::try_from(found("tiny", &[1, 2])).ok().unwrap();
        assert_eq!((one.times.len(), two.times.len()), (3, 3));
        let ratios = (0..3).map(|i| one.times[i] / two.times[i]).collect();
        assert_eq!((one.gain, two.gain), (None, Some(middle(ratios))));
        assert!(one.peak_bytes.is_none() && one.sensible() && two.sensible());
        let shares = [&one, &two].map(|f| f.share_now / (f.flops / f.median() / f.peak));
        assert!(
            shares.iter().all(|s| (0.1..10.0).contains(s)),
            "of the moment and of the best burst: {shares:?}"
        );
        two.gain = Some(0.996);
        assert_eq!(two.missed_gain(), None);
        two.gain = Some(0.97);
        assert_eq!(two.missed_gain(), Some(1.0));
        two.flops = MUCH_WORK;
        two.gain = Some(1.79);
        assert_eq!(two.missed_gain(), Some(1.8));
    }

    #[test]
    fn a_team_alone_has_no_gain_but_a_peak_of_memory() {
        let alone = found("tiny", &[2]).remove(0);
        assert!(alone.gain.is_none() && (alone.peak_bytes.is_some() || !cfg!(target_os = "linux")));
    }
}
