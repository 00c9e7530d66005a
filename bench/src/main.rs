//! Time per step of the workloads in `workloads.txt`, beside what the machine could do at best.

mod digits;
mod growth;
mod measure;
mod report;
mod step;
mod turns;
mod workload;

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use gradus::threads::Threads;
use measure::Effort;
use workload::Workload;

#[global_allocator]
static LINES: gradus::ByLines = gradus::ByLines;

const HELP: &str = "\
Time per step of the workloads in bench/workloads.txt, beside what the machine could do at best.

gradus-bench [WORKLOAD…] [--threads 1,2] [--reps 9] [--seconds 0.15] [--json] [--machine]
             [--export WORKLOAD] [--growth FOLDER] [--beside PROGRAM]

  --threads  team sizes to measure in turn, by default 1 and as many as the machine has
  --reps     repetitions; the middle one is the time, the shortest and the longest are shown
  --seconds  how long each repetition lasts (at least one step)
  --json     a line of JSON for each finding
  --machine  only say what machine this is
  --export   only write the weights and batches of a workload, for peers
  --growth   instead: charts of the time per step against width, depth, batch and picture size, into a folder
  --beside   instead: this program and another build of it, by turns, and whether they compute the same bits
  --serve    instead, for --beside: makes as many steps of one workload as each line of its input says

Columns: on core, the time that all threads together had a core (on one thread: the step, had nobody else wanted the
core); gain, time on one thread over time on so many, the middle of pairs of repetitions; examples/s; GFLOP/s of the
matrix products and their share of the peak (multiply-adds on as many threads, the best of short bursts before the
repetitions); now, their share of what multiply-adds alone reached just before and after each repetition, slow bursts too;
the least time for the products at that peak, and for the memory that must be moved at the bandwidth of as much
memory. How many times the greater of the two a step takes is median/floor.";

struct Options {
    workloads: Vec<Workload>,
    threads: Vec<usize>,
    effort: Effort,
    json: bool,
}

/// What the command line asks for.
enum Wish {
    Help,
    Machine,
    /// The weights and batches of a workload, to standard output.
    Export(Workload),
    Measure(Options),
    /// Charts of how the time grows, into a folder.
    Growth(PathBuf, Options),
    /// This program beside another build.
    Beside(PathBuf, Options),
    /// Steps of a workload on so many threads, as many as each line of the input says.
    Serve(Workload, usize),
}

fn main() -> ExitCode {
    let wish = options(std::env::args().skip(1));
    let outcome = match wish {
        Ok(Wish::Help) => say(HELP).map(|()| true),
        Ok(Wish::Machine) => say(&report::machine()).map(|()| true),
        Ok(Wish::Export(workload)) => export(&workload).map(|()| true),
        Ok(Wish::Measure(options)) => measure_all(&options),
        Ok(Wish::Growth(folder, options)) => {
            growth::draw(&folder, &options.threads, options.effort).map(|()| true)
        }
        Ok(Wish::Beside(other, options)) => {
            turns::compare(&other, &options.workloads, &options.threads, options.effort)
        }
        Ok(Wish::Serve(workload, threads)) => turns::serve(&workload, threads).map(|()| true),
        Err(message) => {
            eprintln!("gradus-bench: {message}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("gradus-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a finding after the other; whether all are those of trainings that work.
fn measure_all(options: &Options) -> Result<bool, Box<dyn Error>> {
    if !options.json {
        say(&format!("{}\n\n{}", report::machine(), report::header()))?;
    }
    let mut sensible = true;
    for workload in &options.workloads {
        for finding in measure::measure(workload, &options.threads, options.effort)? {
            say(&if options.json { report::json(&finding) } else { report::row(&finding) })?;
            sensible &= finding.sensible();
        }
    }
    Ok(sensible)
}

/// Writes what peers start from.
fn export(workload: &Workload) -> Result<(), Box<dyn Error>> {
    let model = workload.model()?;
    let stepper = step::Stepper::new(workload, &model, &Threads::new(1))?;
    Ok(stepper.export(&model, &mut std::io::stdout().lock())?)
}

/// A line to standard output; an error, not a panic, if nobody reads it.
fn say(line: &str) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Wish, String> {
    let mut threads = vec![1, Threads::available()];
    threads.dedup();
    let effort = Effort { repetitions: 9, seconds: 0.15 };
    let mut options = Options { workloads: Vec::new(), threads, effort, json: false };
    let (mut growth, mut beside, mut serve) = (None, None, None);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--help" | "-h" => return Ok(Wish::Help),
            "--json" => options.json = true,
            "--machine" => return Ok(Wish::Machine),
            "--export" => return Ok(Wish::Export(named(&value()?)?)),
            "--growth" => growth = Some(PathBuf::from(value()?)),
            "--beside" => beside = Some(PathBuf::from(value()?)),
            "--serve" => serve = Some(named(&value()?)?),
            "--threads" => {
                let counts = value()?;
                let count = |c: &str| c.parse().ok().filter(|c| (1..=1024).contains(c));
                let counts: Option<Vec<usize>> = counts.split(',').map(count).collect();
                options.threads = counts.ok_or("--threads wants numbers from 1, such as 1,2")?;
            }
            "--reps" => {
                let count = value()?.parse().ok().filter(|c| *c >= 1);
                options.effort.repetitions = count.ok_or("--reps wants a number from 1")?;
            }
            "--seconds" => {
                let seconds = value()?.parse().ok().filter(|s| *s >= 0.0 && *s <= 3600.0);
                options.effort.seconds = seconds.ok_or("--seconds wants a number from 0 to 3600")?;
            }
            name => options.workloads.push(named(name)?),
        }
    }
    if let Some(folder) = growth {
        return Ok(Wish::Growth(folder, options));
    }
    if let Some(workload) = serve {
        return Ok(Wish::Serve(workload, options.threads[0]));
    }
    if options.workloads.is_empty() {
        options.workloads = workload::ready();
    }
    if beside.is_some() && options.json {
        return Err("--beside prints a table, not --json: leave one of them out".into());
    }
    Ok(match beside {
        Some(other) => Wish::Beside(other, options),
        None => Wish::Measure(options),
    })
}

fn named(name: &str) -> Result<Workload, String> {
    let known = workload::all();
    let names = known.iter().map(|w| w.name.as_ref()).collect::<Vec<_>>().join(", ");
    let found = known.into_iter().find(|w| w.name == name);
    found.ok_or(format!("no workload is called {name}; there are {names}"))
}
