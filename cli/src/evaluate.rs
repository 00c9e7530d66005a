//! `gradus evaluate`: how good is a trained network on these pictures, or rows?

mod rows;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use gradus::train::{Evaluator, Samples, Scores};
use gradus_pictures::{Part, Pictures, Split};
use serde_json::json;

use crate::args::EvaluateArgs;
use crate::console::{Voice, percent, print, print_json, rough};
use crate::noun::Noun;
use crate::predict::Trained;
use crate::source::pictures::{PictureSamples, Scale};
use crate::source::{Preprocessing, cache_folder, threads};

/// Prints the scores over the pictures of a folder, or the rows of a table.
pub fn evaluate(args: &EvaluateArgs) -> Result<ExitCode> {
    let trained = Trained::load(&args.model)?;
    match &trained.preprocessing {
        Preprocessing::Picture(scale) => evaluate_pictures(args, &trained, scale),
        Preprocessing::Row(encoder) => rows::evaluate(args, &trained, encoder),
    }
}

fn evaluate_pictures(args: &EvaluateArgs, trained: &Trained, scale: &Scale) -> Result<ExitCode> {
    let views = args.looks.views()?;
    let voice = Voice::of(&args.shared);
    let threads = threads(&args.shared);
    let bar = voice.bar("reading pictures");
    let mut settings = scale.settings(100_000_000);
    settings.cache = cache_folder(&args.shared);
    settings.threads = threads.count();
    let split = Split { validation: 0.0, test: 0.0, seed: 0 };
    let pictures = Pictures::open(Path::new(&args.data), &settings, &split, &|done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    if pictures.classes() != trained.classes {
        bail!(
            "the model tells apart {}, but {} holds {}\n  mend: name the folders (or files) after the model's classes",
            trained.classes.join(", "),
            args.data.display(),
            pictures.classes().join(", ")
        );
    }
    voice.say(&pictures.summary_line());
    for skipped in pictures.skipped() {
        voice.say(&format!("  left out {skipped}"));
    }
    let data = PictureSamples::with(pictures, scale.clone());
    let asked = |i: &u32| args.part.is_none_or(|part| data.pictures.list()[*i as usize].part == part);
    let all: Vec<u32> = (0..data.len() as u32).filter(asked).collect();
    if let Some(part) = args.part.filter(|_| all.is_empty()) {
        let (at, name) = (args.data.display(), part.name());
        bail!("{at} has no {name} folder of its own\n  mend: leave out --part to use all its pictures");
    }
    let mut evaluator = Evaluator::new(&trained.model, &threads);
    let scores = evaluator.evaluate_views(&trained.theta, &trained.memory, &data, &all, &views)?.scores;
    if voice == Voice::Json {
        print_json(&json!({
            "event": "evaluation", "pictures": all.len(), "part": args.part.map(Part::name), "classes": trained.classes,
            "tta": views.line(), "views": views.count(), "scores": scores,
        }));
    } else {
        if views.count() > 1 {
            print(&format!("  {}; the loss is their mean loss", views.describe()));
        }
        print(&told(&scores, &trained.classes, Noun::PICTURE));
    }
    Ok(ExitCode::SUCCESS)
}

/// Scores as people read them.
pub fn told(scores: &Scores, classes: &[String], noun: Noun) -> String {
    let Some(fit) = scores.fit else { return table(scores, classes, noun) };
    format!(
        "  off by {} (root of the mean square), {} on average; R² {}   loss {:.4}   {}",
        rough(fit.root_mean_squared_error),
        rough(fit.mean_absolute_error),
        fit.r_squared.map_or("–".into(), |r| format!("{r:.4}")),
        scores.loss,
        noun.count(fit.examples),
    )
}

/// Scores of classes as people read them; `noun` is what the last column counts.
pub fn table(scores: &Scores, classes: &[String], noun: Noun) -> String {
    let share = |x: Option<f64>| x.map_or("–".to_string(), percent);
    let (low, high) = scores.accuracy_interval.unzip();
    let total: usize = scores.confusion.iter().flatten().sum();
    let width = classes.iter().map(|c| c.chars().count()).max().unwrap_or(0).max(8);
    let mut lines = vec![format!(
        "  accuracy {} of {total} (95 % interval {} to {})   loss {:.4}   ROC AUC {}",
        share(scores.accuracy),
        share(low),
        share(high),
        scores.loss,
        scores.auc.map_or("–".into(), |a| format!("{a:.3}")),
    )];
    let confusion = classes.len() <= 12;
    let mut head =
        format!("  {:<width$}{:>11}{:>9}{:>9}{:>10}", "class", "precision", "recall", "F1", noun.many);
    if confusion {
        head += "   called ";
        classes.iter().for_each(|c| head += &format!(" {c:>width$}"));
    }
    lines.push(head);
    for (k, (class, score)) in classes.iter().zip(&scores.classes).enumerate() {
        let mut line = format!(
            "  {class:<width$}{:>11}{:>9}{:>9}{:>10}",
            share(score.precision),
            share(score.recall),
            share(score.f1),
            score.support
        );
        if confusion {
            line += "          ";
            scores.confusion[k].iter().for_each(|n| line += &format!(" {n:>width$}"));
        }
        lines.push(line);
    }
    lines.join("\n")
}
