//! What the rows of tables are.

use std::process::ExitCode;

use anyhow::Result;
use gradus::threads::Threads;
use gradus::train::most_likely;
use gradus_tables::Encoder;
use serde_json::{Map, Value, json};

use super::Trained;
use crate::args::PredictArgs;
use crate::console::{number, percent, print, print_json};

/// Rows that are answered at a time.
const BATCH: usize = 256;

/// Prints a label and its probability, or a number, for every row of the tables.
pub fn predict(args: &PredictArgs, trained: &Trained, encoder: &Encoder) -> Result<ExitCode> {
    args.looks.only_of_pictures()?;
    let weights = trained.model.folded(&trained.theta, &trained.memory);
    let (mut plan, z, _) = trained.model.evaluation_plan(BATCH, &Threads::new(1))?;
    plan.memory().copy_from_slice(&trained.memory);
    let mut answers = vec![0.0; trained.classes.len().max(1)];
    let mut skipped = 0;
    for file in &args.files {
        let rows = match encoder.open(file) {
            Ok(rows) => rows,
            Err(error) => {
                skipped += 1;
                if args.json {
                    print_json(&json!({ "path": file, "error": error.to_string() }));
                } else {
                    eprintln!("gradus: {error}");
                }
                continue;
            }
        };
        rows.notes.iter().for_each(|note| eprintln!("gradus: {}: note: {note}", file.display()));
        for row in &rows.sheet.skipped {
            skipped += 1;
            if args.json {
                print_json(&json!({ "path": file, "line": row.line, "error": row.reason }));
            } else {
                eprintln!("gradus: {}: {row}", file.display());
            }
        }
        for from in (0..rows.len()).step_by(BATCH) {
            let batch = from..rows.len().min(from + BATCH);
            let inputs = plan.data("input").chunks_exact_mut(trained.model.inputs);
            batch.clone().zip(inputs).for_each(|(row, into)| rows.read(encoder, row, into));
            plan.data("weight").fill(1.0);
            plan.forward(&weights);
            for (row, z) in batch.zip(plan.value(z).chunks_exact(trained.model.outputs)) {
                trained.model.probabilities(z, &mut answers);
                let line = rows.sheet.line(row);
                let mut object = json!({ "path": file, "line": line });
                let told = told(trained, encoder, &answers, &mut object);
                if args.json {
                    print_json(&object);
                } else {
                    print(&format!("{}:{line}  {told}", file.display()));
                }
            }
        }
    }
    Ok(if skipped == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The answer for people, and for programs in `object`.
fn told(trained: &Trained, encoder: &Encoder, answers: &[f64], object: &mut Value) -> String {
    if let Some((mean, deviation)) = encoder.label.scale {
        let value = mean + deviation * answers[0];
        object["value"] = json!(value);
        return number(value);
    }
    let class = most_likely(answers);
    let all: Map<String, Value> =
        trained.classes.iter().zip(answers).map(|(class, p)| (class.clone(), json!(p))).collect();
    object["label"] = json!(trained.classes[class]);
    object["class"] = json!(class);
    object["probability"] = json!(answers[class]);
    object["probabilities"] = json!(all);
    format!("{}  {}", trained.classes[class], percent(answers[class]))
}
