//! What a run leaves in its folder: its log, its model, its report.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use gradus::Error;
use gradus::threads::Threads;
use gradus::train::{
    EpochRecord, Evaluation, Evaluator, ModelFile, Outcome, Parts, Scores, Verdict, model_hash, write_whole,
};
use serde_json::json;

use crate::console::{Voice, open_in_browser, print, print_json};
use crate::evaluate::told;
use crate::noun::Noun;
use crate::report::{ClassRow, EpochRow, Example, PartScore, Report, Said, Values, shown, worst};
use crate::train::{Baselines, Run};

/// `metrics.jsonl`: a line per epoch.
pub struct Log(File, std::path::PathBuf);

impl Log {
    /// Begins with what is known already: lines of epochs after the checkpoint are dropped, they come again.
    pub fn start(folder: &Path, history: &[EpochRecord]) -> gradus::Result<Log> {
        let path = folder.join("metrics.jsonl");
        let lines: String = history.iter().map(line).collect();
        // Everything in it is in the checkpoint too, so it need not be on the disk before the first step.
        let mut file = File::create(&path).map_err(Error::file("write", &path))?;
        file.write_all(lines.as_bytes()).map_err(Error::file("write", &path))?;
        Ok(Log(file, path))
    }

    /// Adds an epoch.
    pub fn add(&mut self, record: &EpochRecord) -> gradus::Result<()> {
        self.0.write_all(line(record).as_bytes()).map_err(Error::file("write", &self.1))
    }
}

fn line(record: &EpochRecord) -> String {
    format!(
        "{}\n",
        serde_json::to_string(&gradus::train::Event::Epoch(record.clone())).expect("plain values")
    )
}

/// `verdict.json`: why a training went wrong.
pub fn verdict(folder: &Path, verdict: &Verdict) -> Result<()> {
    Ok(write_whole(&folder.join("verdict.json"), &serde_json::to_vec_pretty(verdict)?, None)?)
}

/// A training that ended.
pub struct Finished {
    pub parts: Parts,
    pub outcome: Outcome,
    /// The weights of the last step, and what ops remember.
    pub last: (Vec<f32>, Vec<f32>),
    /// Those of the best epoch.
    pub best: (Vec<f32>, Vec<f32>),
    pub baselines: Baselines,
    pub summary: String,
    pub threads: Threads,
}

/// Scores the best weights, writes model and report, and says what came out.
pub fn finish(run: &Run, done: &Finished) -> Result<()> {
    let mut evaluator = Evaluator::new(&run.model, &done.threads);
    let mut score = |part: &[u32]| -> Result<Option<Evaluation>> {
        if part.is_empty() {
            Ok(None)
        } else {
            let mut told = evaluator.evaluate(&done.best.0, &done.best.1, &*run.samples, part)?;
            // From here on in the unit of the label.
            let factor = run.samples.scale().map_or(1.0, |(_, deviation)| deviation);
            told.scores.fit = told.scores.fit.map(|fit| fit.times(factor));
            Ok(Some(told))
        }
    };
    let (validation, test) = (score(&done.parts.validation)?, score(&done.parts.test)?);
    let classes = run.samples.names();

    save_model(run, done, validation.as_ref(), test.as_ref())?;
    let report = report(run, done, validation.as_ref(), test.as_ref());
    let page = run.folder.join("report.html");
    write_whole(&page, report.to_html().as_bytes(), None)?;

    if run.voice == Voice::Json {
        print_json(&done_event(run, done, validation.as_ref(), test.as_ref()));
    } else {
        print(&format!(
            "{}; the weights of epoch {} are kept",
            done.outcome.because(),
            done.outcome.best_epoch
        ));
        for (name, evaluation, baseline) in [("validation", &validation, 0), ("test", &test, 1)] {
            if let Some(evaluation) = evaluation {
                let (majority, linear) = of_part(&done.baselines, baseline);
                print(&format!("{name}: {}", run.told(majority, linear)));
                print(&told(&evaluation.scores, classes, run.samples.noun()));
            }
        }
        print(&format!("θ {}", model_hash(&done.last.0, &done.last.1)));
        print(&format!("run     {}", run.folder.display()));
        print(&format!("report  {}", page.display()));
        let files = if run.samples.noun() == Noun::PICTURE { "PICTURES…" } else { "TABLE" };
        print(&format!("use     gradus predict {} {files}", run.folder.display()));
    }
    if run.open {
        open_in_browser(&page);
    }
    Ok(())
}

fn of_part(baselines: &Baselines, part: usize) -> (f64, f64) {
    let pick = |pair: (f64, f64)| if part == 0 { pair.0 } else { pair.1 };
    (pick(baselines.majority), pick(baselines.linear))
}

/// The line that `--json` ends with. Losses and accuracies are those of the kept weights (the best epoch's);
/// `theta_hash` is that of the last step's weights, `model_hash` that of the kept ones.
fn done_event(
    run: &Run,
    done: &Finished,
    validation: Option<&Evaluation>,
    test: Option<&Evaluation>,
) -> serde_json::Value {
    let best = done.outcome.history.iter().find(|e| e.epoch == done.outcome.best_epoch);
    let fit = |part: Option<&Evaluation>| part.and_then(|e| e.scores.fit);
    let of = |part: Option<&Evaluation>, baseline: f64| part.map(|_| baseline);
    json!({
        "event": "done",
        "stopped": done.outcome.stopped,
        "steps": done.outcome.steps,
        "epochs": done.outcome.history.len(),
        "best_epoch": done.outcome.best_epoch,
        "theta_hash": model_hash(&done.last.0, &done.last.1),
        "model_hash": model_hash(&done.best.0, &done.best.1),
        "train_loss": best.map(|e| e.train_loss),
        "validation_loss": validation.map(|e| e.scores.loss),
        "validation_accuracy": validation.map(|e| e.scores.accuracy),
        "test_loss": test.map(|e| e.scores.loss),
        "test_accuracy": test.map(|e| e.scores.accuracy),
        "test_accuracy_interval": test.map(|e| e.scores.accuracy_interval),
        "validation_fit": fit(validation),
        "test_fit": fit(test),
        "baseline_majority": of(validation, done.baselines.majority.0),
        "baseline_linear": of(validation, done.baselines.linear.0),
        "baseline_majority_test": of(test, done.baselines.majority.1),
        "baseline_linear_test": of(test, done.baselines.linear.1),
        "seconds": done.outcome.seconds,
        "run": run.folder,
    })
}

fn save_model(
    run: &Run,
    done: &Finished,
    validation: Option<&Evaluation>,
    test: Option<&Evaluation>,
) -> Result<()> {
    let scores = |e: Option<&Evaluation>| e.map(|e| e.scores.clone());
    let all = json!({ "validation": scores(validation), "test": scores(test), "baselines": done.baselines });
    let metadata = BTreeMap::from([
        ("gradus".to_string(), "model 1".to_string()),
        ("network".into(), run.model.network.line()),
        ("loss".into(), run.model.loss.line()),
        ("input".into(), run.model.input.to_string()),
        ("classes".into(), serde_json::to_string(run.samples.names())?),
        ("preprocessing".into(), serde_json::to_string(&run.samples.preprocessing())?),
        ("scores".into(), all.to_string()),
        ("epoch".into(), done.outcome.best_epoch.to_string()),
        ("run.toml".into(), run.recipe.text()),
    ]);
    Ok(ModelFile::new(run.model.layout(), &done.best.0, metadata)
        .remembering(run.model.layout(), &done.best.1)
        .save(&run.folder.join("model.safetensors"))?)
}

fn report(run: &Run, done: &Finished, validation: Option<&Evaluation>, test: Option<&Evaluation>) -> Report {
    let samples = &run.samples;
    let part_score = |part: &str, scores: &Scores, (majority, linear): (f64, f64)| PartScore {
        part: part.into(),
        loss: scores.loss,
        accuracy: scores.accuracy.unwrap_or(f64::NAN),
        accuracy_low: scores.accuracy_interval.map_or(f64::NAN, |(low, _)| low),
        accuracy_high: scores.accuracy_interval.map_or(f64::NAN, |(_, high)| high),
        auc: scores.auc,
        fit: scores.fit,
        confusion: scores.confusion.clone(),
        per_class: samples
            .names()
            .iter()
            .zip(&scores.classes)
            .map(|(name, c)| ClassRow {
                name: name.clone(),
                precision: c.precision,
                recall: c.recall,
                f1: c.f1,
                support: c.support,
            })
            .collect(),
        baseline_majority: majority,
        baseline_linear: Some(linear),
    };
    let shown_part = test.map(|e| (e, &done.parts.test)).or(validation.map(|e| (e, &done.parts.validation)));
    let seconds = |i: usize| {
        done.outcome.history[i].seconds - if i == 0 { 0.0 } else { done.outcome.history[i - 1].seconds }
    };
    Report {
        title: run.recipe.data.name(),
        noun: samples.noun(),
        classes: samples.names().to_vec(),
        network: run.model.network.line(),
        summary: done.summary.clone(),
        config_toml: run.recipe.text(),
        epochs: done
            .outcome
            .history
            .iter()
            .enumerate()
            .map(|(i, e)| EpochRow {
                epoch: e.epoch as usize,
                train_loss: e.train_loss,
                validation_loss: e.validation_loss.unwrap_or(f64::NAN),
                validation_accuracy: e.validation_accuracy.unwrap_or(f64::NAN),
                learning_rate: e.learning_rate,
                seconds: seconds(i),
                theta_hash: e.theta_hash.clone(),
            })
            .collect(),
        best_epoch: Some(done.outcome.best_epoch as usize),
        stopped: done.outcome.because().to_string(),
        scores: [("validation", validation, 0), ("test", test, 1)]
            .into_iter()
            .filter_map(|(name, e, k)| e.map(|e| part_score(name, &e.scores, of_part(&done.baselines, k))))
            .collect(),
        examples: match samples.scale() {
            None => shown_part.map_or_else(Vec::new, |(e, part)| examples(run, e, part)),
            Some(_) => Vec::new(),
        },
        values: samples.scale().map(|scale| Values {
            label: samples.label(),
            answers: shown_part.map_or_else(Vec::new, |(e, part)| answers(run, e, part, scale)),
        }),
        skipped: samples.left_out(),
        data_line: samples.summary_line(),
        verdict: None,
    }
}

fn examples(run: &Run, evaluation: &Evaluation, part: &[u32]) -> Vec<Example> {
    let samples = &run.samples;
    let mut examples: Vec<Example> = part
        .iter()
        .enumerate()
        .map(|(k, &i)| {
            let (predicted, probability) = evaluation.prediction(k);
            let (path, true_class) = (samples.place(i as usize), samples.class(i as usize));
            Example { path, true_class, predicted, probability, about: String::new(), thumbnail: None }
        })
        .collect();
    for k in shown(&examples) {
        examples[k].thumbnail = samples.picture(part[k] as usize);
        examples[k].about = samples.about(part[k] as usize);
    }
    examples
}

/// The numbers that were said, in their own unit.
fn answers(run: &Run, evaluation: &Evaluation, part: &[u32], (mean, deviation): (f64, f64)) -> Vec<Said> {
    let samples = &run.samples;
    let unscaled = |z: f64| mean + deviation * z;
    let mut answers: Vec<Said> = part
        .iter()
        .zip(&evaluation.probabilities)
        .map(|(&i, said)| Said {
            path: samples.place(i as usize),
            right: unscaled(samples.value(i as usize) as f64),
            said: unscaled(*said),
            about: String::new(),
        })
        .collect();
    for k in worst(&answers) {
        answers[k].about = samples.about(part[k] as usize);
    }
    answers
}
