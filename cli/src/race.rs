//! `gradus race`: optimizers side by side, on data or on a function.

use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::race::{NetworkCourse, Race, Racer, Run, median, race};
use gradus::threads::Threads;
use gradus::train::{Samples, Settings};

use crate::args::RaceArgs;
use crate::console::{Voice, percent, print, print_json};
use crate::recipe::{Data, loss_for};
use crate::source;
use crate::train::{read, stop_on_ctrl_c};

/// Runs a race and says who came first, by how much, and whether that is more than noise.
pub fn run(args: &RaceArgs) -> Result<ExitCode> {
    let voice = Voice::of(&args.shared);
    let threads = source::threads(&args.shared);
    let stop = stop_on_ctrl_c()?;
    let entries: Vec<&str> = args.optimizers.split(',').map(str::trim).collect();
    let seeds: Vec<u64> = (1..=args.seeds).collect();
    let logarithmic = false;
    let found = on_data(args, &entries, &seeds, voice, &threads, &stop)?;
    if voice == Voice::Json {
        print_json(&found);
    } else {
        table(&found, logarithmic);
    }
    Ok(ExitCode::SUCCESS)
}

fn on_data(
    args: &RaceArgs,
    entries: &[&str],
    seeds: &[u64],
    voice: Voice,
    threads: &Threads,
    stop: &AtomicBool,
) -> Result<Race> {
    let data = Data::plain(args.data.as_deref(), args.image.unwrap_or((12, 12)), args.grey)?;
    let samples = read(&data, &args.shared, voice)?;
    let (classes, parts) = (samples.classes(), source::parts(&samples.pictures));
    let end = if classes == 2 { "dense 1 sigmoid".to_string() } else { format!("dense {classes} softmax") };
    let line = args.net.clone().unwrap_or(format!("dense 32 relu, {end}"));
    let network = Network::parse(&line)?;
    let loss = args.loss.clone().unwrap_or(loss_for(&network, classes).into());
    let settings =
        Settings { batch: args.batch, network: network.line(), loss: loss.clone(), ..Settings::default() };
    let model = Model::new(network, Loss::parse(&loss)?, samples.inputs(), classes)?;
    voice.say(&format!("network    {}, {} weights", settings.network, model.layout().weights()));
    let budget = args.epochs * parts.train.len() as u64 * 3;
    voice.say(&format!(
        "each run   {budget} passes ({} epochs of gradients), after {} on a seed of its own to tune the step size",
        args.epochs, args.tries
    ));
    let course =
        NetworkCourse { model: &model, data: &samples, parts: &parts, settings, budget, threads, stop };
    Ok(race(&course, entries, seeds, args.tries, &mut |name, what| voice.say(&format!("  {name}: {what}")))?)
}

/// What came out, as a table and in words.
fn table(race: &Race, logarithmic: bool) {
    let header = ["optimizer", "step size", race.measure, "least to most", "accuracy", "steps", "seconds"];
    let [name, size, measure, range, accuracy, steps, seconds] = header;
    print(&format!("\n{name:<24}{size:>11}  {measure:>24}  {range:>21}{accuracy:>10}{steps:>9}{seconds:>9}"));
    for racer in &race.racers {
        let all = |value: &dyn Fn(&Run) -> f64| racer.runs.iter().map(value).collect::<Vec<f64>>();
        let mut results = all(&|run| run.result);
        results.sort_by(f64::total_cmp);
        let last = |run: &Run| *run.points.last().expect("a run that began has a point");
        let middle = |value: &dyn Fn(&Run) -> f64| median(&mut all(value));
        let accuracy = middle(&|run| best_accuracy(run));
        print(&format!(
            "{:<24}{:>11}  {:>24}  {:>21}{:>10}{:>9.0}{:>9.2}",
            racer.name,
            format!("{}{}", short(racer.size), if racer.at_the_edge { "*" } else { " " }),
            short(racer.median),
            format!("{} to {}", short(results[0]), short(results[results.len() - 1])),
            if accuracy.is_nan() { "–".into() } else { percent(accuracy) },
            middle(&|run| last(run).step as f64),
            middle(&|run| last(run).seconds),
        ));
    }
    print("");
    let best = &race.racers[0];
    print(&format!("{} has the lowest median over {} seeds.", best.name, best.runs.len()));
    for racer in &race.racers[1..] {
        print(&format!("  {}", behind(racer, logarithmic)));
    }
    if race.racers.iter().any(|racer| racer.at_the_edge) {
        print(
            "* the best of the sizes tried lies at their edge: a wider search (--tries) might find a better one",
        );
    }
    if best.runs.len() < 3 {
        print("With so few seeds hardly any difference can be told from noise: --seeds 5 or more.");
    }
}

/// How a racer compares with the best, in words.
fn behind(racer: &Racer, logarithmic: bool) -> String {
    let diverged = racer.runs.iter().filter(|run| !run.result.is_finite()).count();
    let Some(d) = racer.behind else {
        return format!("{}: diverged in {diverged} of {} seeds, not compared", racer.name, racer.runs.len());
    };
    let interval = format!("95 % interval {} to {}", short(d.low), short(d.high));
    let unit = if logarithmic { " powers of ten" } else { "" };
    let verdict = if d.is_beyond_noise() { "more than noise" } else { "within the noise" };
    format!("{}: {}{unit} behind, {interval}: {verdict}", racer.name, short(d.mean))
}

/// The best accuracy of a run; NaN where there is none.
fn best_accuracy(run: &Run) -> f64 {
    run.points.iter().filter_map(|p| p.accuracy).fold(f64::NAN, f64::max)
}

/// A number in four digits, however large or small.
fn short(x: f64) -> String {
    match x.abs() {
        _ if !x.is_finite() => "diverged".into(),
        0.0 => "0".into(),
        1e-3..1e4 => format!("{x:.4}"),
        _ => format!("{x:.2e}"),
    }
}
