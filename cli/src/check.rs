//! `gradus check gradient`: three ways to a gradient, held against one another.

mod formulas;
mod table;

use std::process::ExitCode;

use anyhow::{Result, bail};
use gradus::gradients::{ByHand, Check, check, growth};
use gradus::losses::Loss;
use gradus::network::{Model, Network};
use gradus::op::Moment;
use gradus::plan::Plan;
use gradus::rng::{Rng, Stream};
use gradus::threads::Threads;
use serde_json::json;

use crate::args::{CheckArgs, CheckGradientArgs};
use crate::console::{Voice, print, print_json};
use crate::data::Data;
use crate::plain::Plain;
use crate::predict::Trained;
use crate::recipe::{Recipe, loss_for_line, plain_loss, whole_line};
use crate::source::{self, read};

/// What is checked: a network at some weights, on a batch.
struct Subject {
    model: Model,
    theta: Vec<f32>,
    plan: Plan,
    batch: usize,
    /// Where the weights are from.
    weights_of: String,
}

/// Runs a check; 0 if all agrees, 1 if not.
pub fn run(args: &CheckArgs) -> Result<ExitCode> {
    match args {
        CheckArgs::Gradient(args) => gradient(args),
    }
}

fn gradient(args: &CheckGradientArgs) -> Result<ExitCode> {
    let voice = Voice::of(&args.shared);
    let threads = source::threads(&args.shared);
    if !(args.tolerance > 0.0 && args.tolerance.is_finite()) {
        bail!("--tolerance is {}\n  mend: give a number above 0, for example 1e-4", args.tolerance);
    }
    let mut subject = if args.article { article(&threads)? } else { subject(args, voice, &threads)? };
    let (model, theta) = (&subject.model, &subject.theta);
    let by_hand = ByHand::new(model, subject.batch, true);
    let reason = by_hand.as_ref().err().map(|e| e.to_string().lines().next().unwrap_or("").to_string());
    let mut by_hand = by_hand.ok();
    let how = Check {
        weights: if args.article { None } else { args.weights.0 },
        directions: args.directions,
        seed: args.seed,
        tolerance: args.tolerance,
        ..Check::default()
    };
    let report = check(&mut subject.plan, theta, by_hand.as_mut(), &how);
    let growing = growth(&[1, 4, 16, 64], &threads)?;
    let written = match &mut by_hand {
        Some(by_hand) if args.formulas || args.latex || args.article => {
            Some(formulas::Formulas::of(by_hand, theta, &report, args.latex))
        }
        _ => None,
    };
    if voice == Voice::Json {
        print_json(&json!({
            "event": "gradient_report", "network": model.network.line(), "loss": model.loss.line(),
            "batch": subject.batch, "agrees": report.agrees(), "not_by_hand": reason, "formulas": written,
            "growth": growing, "report": report,
        }));
    } else {
        if voice != Voice::Quiet {
            print(&format!("network    {}, loss {}", model.network.line(), model.loss.line()));
            print(&format!(
                "           {}; a batch of {}, loss {:.6}",
                subject.weights_of, subject.batch, report.loss
            ));
            if let Some(written) = &written {
                print(&written.text(args.latex));
            }
            if let Some(reason) = &reason {
                print(&format!("by hand    left out: {reason}"));
            } else if args.formulas && written.is_none() {
                print("by hand    there is no formula to print");
            }
            print(&table::all(&report, &growing));
        }
        print(&table::verdict(&report));
    }
    Ok(if report.agrees() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The article's network on one example. Both hidden neurons are active, so that no slope is zero.
fn article(threads: &Threads) -> Result<Subject> {
    let network = Network::parse("dense 2 relu bias=no, dense 1 sigmoid bias=no")?;
    let model = Model::new(network, Loss::parse("squared_error")?, 2, 2)?;
    let mut plan = model.training_plan(1, threads)?;
    plan.at(Moment { training: true, seed: 1, step: 1, ..Moment::default() });
    plan.data("input").copy_from_slice(&[0.5, 1.0]);
    plan.data("target").copy_from_slice(&[1.0]);
    plan.data("weight").fill(1.0);
    // θ goes input by input: w₁ w₃, w₂ w₄, then w₅ w₆.
    let theta = vec![0.4, -0.2, 0.3, 0.5, 0.6, -0.8];
    let weights_of = "x₁ = 0.5, x₂ = 1, t = 1; w₁ = 0.4, w₂ = 0.3, w₃ = −0.2, w₄ = 0.5, w₅ = 0.6, w₆ = −0.8";
    Ok(Subject { model, theta, plan, batch: 1, weights_of: weights_of.into() })
}

/// A network on pictures: a run's own, or one that starts.
fn subject(args: &CheckGradientArgs, voice: Voice, threads: &Threads) -> Result<Subject> {
    let run = args.data.as_deref().filter(|path| path.join("run.toml").exists());
    let (data, trained) = match run {
        None => {
            let size = if args.data.is_none() { (24, 24) } else { (32, 32) };
            (Data::told(args.data.as_deref(), args.image, (size, true), args.grey, &args.table)?, None)
        }
        Some(folder) => {
            let decided = [
                (args.net.is_some(), "--net"),
                (args.loss.is_some(), "--loss"),
                (args.image.is_some(), "--image"),
                (args.grey, "--grey"),
            ];
            if let Some((_, option)) = decided.into_iter().chain(args.table.given()).find(|(given, _)| *given)
            {
                bail!(
                    "{option} cannot be given with the run {}, which decides it\n  mend: leave it out",
                    folder.display()
                );
            }
            (Recipe::read(&folder.join("run.toml"))?.data, Some(Trained::load(folder)?))
        }
    };
    let samples = read(&data, &args.shared, voice)?;
    let parts = samples.parts();
    let (model, theta, weights_of) = match trained {
        Some(trained) => (trained.model, trained.theta, "the run's best weights".to_string()),
        None => {
            let classes = samples.classes();
            let loss = match (&args.loss, &args.net) {
                (Some(line), _) => Loss::parse(line)?,
                (None, Some(line)) => Loss::parse(loss_for_line(line, classes)?)?,
                (None, None) => Loss::parse(plain_loss(classes))?,
            };
            let network = match &args.net {
                Some(line) => Network::parse(&whole_line(line, &loss, classes))?,
                None => Network::parse(&Plain::Perceptron.network(&loss, classes, parts.train.len()))?,
            };
            let model = Model::new(network, loss, samples.input(), classes)?;
            let theta = model.layout().start(args.seed);
            let weights_of = format!("{} weights as they start, seed {}", theta.len(), args.seed);
            (model, theta, weights_of)
        }
    };
    let mut chosen = parts.train;
    Rng::new(args.seed, Stream::Probe, 5 << 32).shuffle(&mut chosen);
    chosen.truncate(args.batch);
    let batch = chosen.len();
    let mut plan = model.training_plan(batch, threads)?;
    plan.at(Moment { training: true, seed: args.seed, step: 1, ..Moment::default() });
    for (i, to) in chosen.iter().zip(plan.data("input").chunks_exact_mut(model.inputs)) {
        samples.read(*i as usize, to);
    }
    for (i, to) in chosen.iter().zip(plan.data("target").chunks_exact_mut(model.targets())) {
        samples.write_target(*i as usize, to);
    }
    plan.data("weight").fill(1.0);
    Ok(Subject { model, theta, plan, batch, weights_of })
}
