//! `gradus find-rate`, and `--lr auto`: a sweep over learning rates on a copy of the network.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use anyhow::{Result, bail};
use gradus::network::Model;
use gradus::train::{Advice, Finding, Sweep, find_rate as sweep_rates, write_whole};
use gradus_figures::Chart;
use gradus_figures::finder::rates;
use serde_json::json;

use crate::args::{FindRateArgs, Rate, SweepArgs};
use crate::console::{Voice, open_in_browser, print, print_json, rate};
use crate::recipe::{Recipe, new_run_folder};
use crate::source::{self, Source};
use crate::train::{recipe_and_samples, stop_on_ctrl_c};

/// Prints the sweep and the rate it suggests, or why it suggests none.
pub fn find_rate(args: &FindRateArgs) -> Result<ExitCode> {
    if matches!(args.train.lr, Some(Rate::Of(_))) {
        bail!("find-rate looks for a learning rate, but --lr gives one\n  mend: leave --lr out");
    }
    let voice = Voice::of(&args.train.shared);
    let (recipe, samples) = recipe_and_samples(&args.train, voice)?;
    let model = recipe.model(samples.input(), samples.classes())?;
    let stop = stop_on_ctrl_c()?;
    let finding = search(&recipe, &*samples, &model, &args.sweep, &args.train.shared, &stop)?;
    match voice {
        Voice::Json => print_json(&event(&finding)),
        Voice::Quiet => {}
        _ => table(&finding).iter().for_each(|line| print(line)),
    }
    let folder = new_run_folder(args.train.out.as_deref(), "rates")?;
    save(&finding, &folder)?;
    match &finding.advice {
        Advice::Take { learning_rate, reason } => {
            voice.say(&format!("charts     {} (SVG and PNG), all numbers in rates.json", folder.display()));
            match voice {
                Voice::Quiet => print(&learning_rate.to_string()),
                _ => voice.say(&format!("take       --lr {learning_rate}: {reason}")),
            }
            if args.train.open {
                open_in_browser(folder.join("rates.svg"));
            }
            Ok(ExitCode::SUCCESS)
        }
        Advice::Nothing { reason, mend, .. } => {
            eprintln!("gradus: no learning rate is found: {reason}\n  mend: {mend}");
            Ok(ExitCode::from(1))
        }
    }
}

/// `rates.json` and the chart.
pub fn save(finding: &Finding, folder: &Path) -> Result<()> {
    write_whole(&folder.join("rates.json"), &serde_json::to_vec(finding)?, None)?;
    rates(finding).save(&folder.join("rates"))?;
    Ok(())
}

/// Puts the rate that a sweep suggests into a recipe, with its reason as a comment.
///
/// # Errors
/// If it suggests none.
pub fn decide(
    recipe: &mut Recipe,
    samples: &dyn Source,
    model: &Model,
    args: &crate::args::TrainArgs,
    voice: Voice,
    stop: &AtomicBool,
) -> Result<Finding> {
    let finding = search(recipe, samples, model, &SweepArgs::default(), &args.shared, stop)?;
    match &finding.advice {
        Advice::Take { learning_rate, reason } => {
            recipe.train.learning_rate = *learning_rate;
            recipe.notes.push(format!("learning_rate was found by a sweep: {reason}."));
            voice.say(&format!("rate       {learning_rate}: {reason}"));
            if voice == Voice::Json {
                print_json(&event(&finding));
            }
            Ok(finding)
        }
        Advice::Nothing { reason, mend, .. } => {
            bail!("--lr auto finds no learning rate: {reason}\n  mend: {mend}; or give --lr a number")
        }
    }
}

fn search(
    recipe: &Recipe,
    samples: &dyn Source,
    model: &Model,
    args: &SweepArgs,
    shared: &crate::args::Shared,
    stop: &AtomicBool,
) -> Result<Finding> {
    let default = Sweep::default();
    let sweep = Sweep {
        from: args.from.unwrap_or(default.from),
        to: args.to.unwrap_or(default.to),
        rates: args.rates.unwrap_or(default.rates),
        seeds: args.seeds.unwrap_or(default.seeds),
        ..default
    };
    let train = samples.parts().train;
    let threads = source::threads(shared);
    Ok(sweep_rates(model, samples, &train, &recipe.train, &sweep, &threads, stop)?)
}

/// The object of `--json`.
fn event(finding: &Finding) -> serde_json::Value {
    let mut object = json!({ "event": "learning_rate" });
    let fields = serde_json::to_value(finding).expect("plain values");
    object.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    object
}

/// Lines of a table, at most about so many.
const LINES: usize = 24;

/// The sweep as people read it.
fn table(finding: &Finding) -> Vec<String> {
    let known = finding.median.iter().flatten();
    let least = known.fold(finding.start, |a, loss| a.min(*loss));
    // What lies further above the start than the lowest lies below it is cut off.
    let most = finding.start + (finding.start - least).max(1e-6);
    let step = finding.rates.len().div_ceil(LINES);
    let number = |loss: Option<f64>| loss.map_or("–".into(), |loss| format!("{loss:.4}"));
    let mut lines =
        vec![format!("  {:>10}{:>10}{:>10}{:>10}", "rate", "loss", "least", "greatest"), String::new()];
    lines[1] = format!("  {:>10}{:>10.4}   before the first step", "", finding.start);
    for k in 0..finding.rates.len() {
        let mark = match Some(k) {
            at if at == finding.lowest => "lowest",
            at if at == finding.diverges => "back where it started",
            _ => "",
        };
        if k % step != 0 && mark.is_empty() {
            continue;
        }
        let height = finding.median[k].map_or(1.0, |loss| ((loss - least) / (most - least)).clamp(0.0, 1.0));
        let bar = "█".repeat((BAR as f64 * height).round() as usize);
        lines.push(format!(
            "  {:>10}{:>10}{:>10}{:>10}  {bar:<BAR$}  {mark}",
            rate(finding.rates[k]),
            number(finding.median[k]),
            number(finding.low[k]),
            number(finding.high[k]),
        ));
    }
    lines.iter().map(|line| line.trim_end().to_string()).collect()
}

/// Width of the bars.
const BAR: usize = 32;
