//! `gradus race`: optimizers side by side, on data or on a function.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use gradus::functions::Choice;
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::race::{Course, FunctionCourse, NetworkCourse, Race, Racer, Run, median, race};
use gradus::threads::Threads;
use gradus::train::{Settings, write_whole};
use gradus_figures::race::{Over, curves, paths, results};
use gradus_figures::{Chart, Surface};

use crate::args::RaceArgs;
use crate::console::{Voice, percent, print, print_json};
use crate::data::Data;
use crate::recipe::{end_for, loss_for_line, new_run_folder, plain_loss, whole_line};
use crate::source::{self, read};
use crate::train::stop_on_ctrl_c;

/// Runs a race and says who came first, by how much, and whether that is more than noise.
pub fn run(args: &RaceArgs) -> Result<ExitCode> {
    let voice = Voice::of(&args.shared);
    let threads = source::threads(&args.shared);
    let function = args.function.as_deref().map(Choice::parse).transpose()?;
    let found = match &function {
        Some(function) => on_function(args, function, voice, &threads)?,
        None => on_data(args, voice, &threads, &*stop_on_ctrl_c()?)?,
    };
    let folder = new_run_folder(args.out.as_deref(), "race")?;
    write_whole(&folder.join("race.json"), &serde_json::to_vec(&found)?, None)?;
    draw(&found, function.as_ref(), &folder)?;
    if voice == Voice::Json {
        print_json(&found);
    } else {
        table(&found, function.is_some());
        print(&format!("charts     {} (SVG and PNG), all numbers in race.json", folder.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// The charts of a race, into its folder.
fn draw(race: &Race, function: Option<&Choice>, folder: &Path) -> Result<()> {
    for (over, name) in Over::ALL {
        curves(race, over, function.is_some()).save(&folder.join(name))?;
    }
    results(race, function.is_some()).save(&folder.join("results"))?;
    if let Some(function) = function.filter(|f| f.dimension() == 2) {
        let (low, high) = function.within();
        let height = function.height();
        let surface = Surface::sample((low, high), (low, high), 240, 240, |x, y| height(&[x, y]).max(1e-12));
        let least = function.function().least().map_or(Vec::new(), |least| least.places);
        let least: Vec<(f64, f64)> = least.iter().map(|place| (place[0], place[1])).collect();
        paths(race, &format!("Paths on {}", function.name()), surface, &least).save(&folder.join("paths"))?;
    }
    Ok(())
}

/// Runs the race that was asked for on a course.
fn go(args: &RaceArgs, course: &dyn Course, voice: Voice) -> Result<Race> {
    let entries: Vec<&str> = args.optimizers.split(',').map(str::trim).collect();
    let seeds: Vec<u64> = (1..=args.seeds).collect();
    let bar = voice.bar("racing");
    bar.set_length(entries.len() as u64 * (args.tries as u64 * (args.tries > 1) as u64 + args.seeds));
    let race = race(course, &entries, &seeds, args.tries, &mut |name, what| {
        bar.set_message(format!("{name}, {what}"));
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    Ok(race)
}

fn terms(args: &RaceArgs, budget: u64, of: &str) -> String {
    format!(
        "terms      {budget} passes forward a run ({of}; a gradient counts as 3), the same for all; \
         step size tuned by {} runs on a seed of their own; then {} seeds, the same for all",
        args.tries, args.seeds
    )
}

fn on_function(args: &RaceArgs, function: &Choice, voice: Voice, threads: &Threads) -> Result<Race> {
    voice.say(&format!("function   {}: {}", function.line(), function.formula()));
    let budget = 3 * args.steps;
    voice.say(&terms(args, budget, &format!("{} steps of gradients", args.steps)));
    let height = function.height();
    let course = FunctionCourse {
        objective: &|seed| Box::new(function.problem(seed, threads)),
        height: &height,
        start: &|seed| if seed == 1 { function.start() } else { function.start_of(seed) },
        budget,
        threads,
    };
    go(args, &course, voice)
}

fn on_data(args: &RaceArgs, voice: Voice, threads: &Threads, stop: &AtomicBool) -> Result<Race> {
    let data = Data::told(args.data.as_deref(), args.image, ((12, 12), true), args.grey, &args.table)?;
    let samples = read(&data, &args.shared, voice)?;
    let (classes, parts) = (samples.classes(), samples.parts());
    let end = end_for(&Loss::parse(plain_loss(classes))?, classes);
    let line = args.net.clone().unwrap_or(format!("dense 32 relu, {end}"));
    let loss = match &args.loss {
        Some(loss) => loss.clone(),
        None => loss_for_line(&line, classes)?.into(),
    };
    let network = Network::parse(&whole_line(&line, &Loss::parse(&loss)?, classes))?;
    let settings =
        Settings { batch: args.batch, network: network.line(), loss: loss.clone(), ..Settings::default() };
    let model = Model::new(network, Loss::parse(&loss)?, samples.input(), classes)?;
    voice.say(&format!("network    {}, {} weights", settings.network, model.layout().weights()));
    let budget = args.epochs * parts.train.len() as u64 * 3;
    voice.say(&terms(args, budget, &format!("{} epochs of gradients", args.epochs)));
    voice.say(&format!(
        "           batches of {} for all, evolution too (line searches get all examples); all are judged after every \
         {} passes",
        String::from(args.batch),
        budget / args.epochs
    ));
    let course =
        NetworkCourse { model: &model, data: &*samples, parts: &parts, settings, budget, threads, stop };
    go(args, &course, voice)
}

/// What came out, as a table and in words.
fn table(race: &Race, logarithmic: bool) {
    let width = race.racers.iter().map(|racer| racer.name.chars().count()).max().unwrap_or(0).max(9) + 2;
    print(&format!(
        "\n{:<width$}{:>11}  {:>24}{:>24}{:>11}{:>9}{:>10}{:>9}",
        "optimizer", "step size", race.measure, "least to most", "accuracy", "steps", "passes", "seconds"
    ));
    for racer in &race.racers {
        let all = |value: &dyn Fn(&Run) -> f64| racer.runs.iter().map(value).collect::<Vec<f64>>();
        let mut results = all(&|run| run.result);
        results.sort_by(f64::total_cmp);
        let last = |run: &Run| *run.points.last().expect("a run that began has a point");
        let middle = |value: &dyn Fn(&Run) -> f64| median(&mut all(value));
        let accuracy = middle(&|run| best_accuracy(run));
        print(&format!(
            "{:<width$}{:>11}  {:>24}{:>24}{:>11}{:>9.0}{:>10.0}{:>9.2}",
            racer.name,
            format!("{}{}", short(racer.size), if racer.at_the_edge { "*" } else { " " }),
            short(racer.median),
            format!("{} to {}", short(results[0]), short(results[results.len() - 1])),
            percent_or_none(accuracy),
            middle(&|run| last(run).step as f64),
            middle(&|run| last(run).passes as f64),
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

/// An accuracy, or a dash where there is none.
fn percent_or_none(share: f64) -> String {
    if share.is_nan() { "–".into() } else { percent(share) }
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
