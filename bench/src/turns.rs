//! Two builds of this program by turns, to see what a change gained on a machine whose speed wanders.
//!
//! Each is a process of its own that makes as many steps as it is told to and waits. One turn each, now this one first, now the
//! other; the ratio of two turns that follow each other is what counts, and the middle of all such pairs is shown. Both are started
//! anew several times, because the pages of memory a process is given make it slower or faster for as long as it lives. Both begin with the
//! same weights and batches, so at the end the bits of all losses and of the weights (of an inference: of its results) are compared as well.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use gradus::threads::Threads;

use crate::measure::{Effort, middle};
use crate::report::time;
use crate::step::Stepper;
use crate::workload::Workload;

/// How often both are started: an even number, as they are so in turn.
const LIVES: usize = 6;

/// Makes steps on demand: for a line with a number so many, answered by the seconds they took; for an empty one none, answered by
/// a hash of every step's loss and of what came of it. Ends with its input.
///
/// # Errors
/// If the workload does not describe a network, or a line is neither.
pub fn serve(workload: &Workload, threads: usize) -> Result<(), Box<dyn Error>> {
    let (model, team) = (workload.model()?, Threads::new(threads));
    let mut stepper = Stepper::new(workload, &model, &team)?;
    let mut hash = Hash::new();
    for line in std::io::stdin().lines() {
        match line?.trim() {
            "" => {
                stepper.results().iter().for_each(|&x| hash.add(x));
                crate::say(&format!("{:016x}", hash.0))?;
            }
            steps => {
                let (steps, began): (usize, _) = (steps.parse()?, Instant::now());
                for _ in 0..steps {
                    hash.add(stepper.step());
                }
                crate::say(&format!("{:e}", began.elapsed().as_secs_f64()))?;
            }
        }
    }
    Ok(())
}

/// FNV-1a over the bits of numbers: the same in every build.
struct Hash(u64);

impl Hash {
    fn new() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, x: f32) {
        for byte in x.to_bits().to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Prints how this program and another build of it compare, a line for each workload and team; whether all bits were the same.
///
/// # Errors
/// If a program cannot be run or does not answer.
pub fn compare(
    other: &Path,
    workloads: &[Workload],
    threads: &[usize],
    effort: Effort,
) -> Result<bool, Box<dyn Error>> {
    crate::say(&format!(
        "{:<26}{:>3}{:>7}{:>11}{:>10}{:>11}{:>10}{:>12}  quartiles",
        "workload", "thr", "turns", "other min", "median", "this min", "median", "other/this"
    ))?;
    let mut same = true;
    for workload in workloads {
        for &threads in threads {
            same &= compare_one(other, workload, threads, effort)?;
        }
    }
    Ok(same)
}

fn compare_one(
    other: &Path,
    workload: &Workload,
    threads: usize,
    effort: Effort,
) -> Result<bool, Box<dyn Error>> {
    let this = std::env::current_exe()?;
    let (mut same, mut times) = (true, [Vec::new(), Vec::new()]);
    for life in 0..LIVES {
        // Who comes first may find the better memory.
        let start = |program: &Path| Build::start(program, workload, threads);
        let mut builds = if life % 2 == 0 {
            [start(other)?, start(&this)?]
        } else {
            let ours = start(&this)?;
            [start(other)?, ours]
        };
        let mut steps = 1;
        for warmup in [1, workload.warmup] {
            // The slower one decides how many steps a turn has, and both make the same.
            let mut spent = 0.0f64;
            for which in [life % 2, 1 - life % 2] {
                spent = spent.max(builds[which].turn(warmup)? / warmup as f64);
            }
            steps = ((effort.seconds / spent) as usize).max(1);
        }
        for turn in 0..effort.repetitions {
            let first = (life + turn) % 2;
            for which in [first, 1 - first] {
                times[which].push(builds[which].turn(steps)? / steps as f64);
            }
        }
        let [theirs, ours] = builds.each_mut().map(Build::bits);
        same &= theirs? == ours?;
    }

    let mut ratios: Vec<f64> = times[0].iter().zip(&times[1]).map(|(other, this)| other / this).collect();
    ratios.sort_by(f64::total_cmp);
    let at = |share: usize| ratios[(ratios.len() * share / 4).min(ratios.len() - 1)];
    let [other, this] = times.map(|times| {
        let least = times.iter().copied().fold(f64::INFINITY, f64::min);
        (time(least), time(middle(times)))
    });
    crate::say(&format!(
        "{:<26}{threads:>3}{:>7}{:>11}{:>10}{:>11}{:>10}{:>12.3}  {:.3} to {:.3}  {}",
        workload.name,
        LIVES * effort.repetitions,
        other.0,
        other.1,
        this.0,
        this.1,
        at(2),
        at(1),
        at(3),
        if same { "same bits" } else { "OTHER BITS" },
    ))?;
    Ok(same)
}

/// A build at work on a workload.
struct Build {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    name: String,
}

impl Build {
    fn start(program: &Path, workload: &Workload, threads: usize) -> Result<Build, Box<dyn Error>> {
        let name = program.display().to_string();
        let mut child = Command::new(program)
            .args(["--serve", &workload.name, "--threads", &threads.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cannot run {name}: {e}"))?;
        let (to, from) = child.stdin.take().zip(child.stdout.take()).ok_or("no pipe to a child")?;
        Ok(Build { child, to, from: BufReader::new(from), name })
    }

    fn ask(&mut self, line: &str) -> Result<String, Box<dyn Error>> {
        let mut answer = String::new();
        // A program that has ended closes its pipes: the answer stays empty.
        let _ = writeln!(self.to, "{line}");
        self.from.read_line(&mut answer)?;
        match answer.trim() {
            "" => Err(format!(
                "{} ended without an answer: is it a build of gradus-bench that knows --serve?",
                self.name
            )
            .into()),
            answer => Ok(answer.into()),
        }
    }

    /// So many steps; the seconds they took.
    fn turn(&mut self, steps: usize) -> Result<f64, Box<dyn Error>> {
        let answer = self.ask(&steps.to_string())?;
        answer.parse().map_err(|_| format!("{} answered `{answer}`, not a time in seconds", self.name).into())
    }

    /// A hash of all it has computed.
    fn bits(&mut self) -> Result<String, Box<dyn Error>> {
        self.ask("")
    }
}

impl Drop for Build {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
