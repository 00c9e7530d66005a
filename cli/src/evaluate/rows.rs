//! How good a trained network is on the rows of a table.

use std::process::ExitCode;

use anyhow::{Result, bail};
use gradus::train::Evaluator;
use gradus_tables::Encoder;
use serde_json::json;

use super::told;
use crate::args::EvaluateArgs;
use crate::console::{Voice, print, print_json};
use crate::noun::Noun;
use crate::predict::Trained;
use crate::source::table::OtherRows;
use crate::source::threads;

/// Prints the scores over the rows whose label the model knows.
pub fn evaluate(args: &EvaluateArgs, trained: &Trained, encoder: &Encoder) -> Result<ExitCode> {
    args.looks.only_of_pictures()?;
    let at = args.data.display();
    if args.part.is_some() {
        bail!("{at} is a table, which has no parts of its own\n  mend: leave out --part");
    }
    let voice = Voice::of(&args.shared);
    let rows = encoder.open(&args.data)?;
    let label = &encoder.label.name;
    if rows.label.is_none() {
        bail!(
            "{at} has no column `{label}` to hold answers against\n  mend: give labelled rows, or use `gradus predict`"
        );
    }
    rows.notes.iter().for_each(|note| voice.say(&format!("  note: {note}")));
    rows.sheet.skipped.iter().for_each(|skipped| voice.say(&format!("  left out {skipped}")));
    let data = OtherRows { rows, encoder, classes: &trained.classes };
    let known = data.known();
    let unknown = data.rows.len() - known.len();
    if known.is_empty() {
        let what = if trained.classes.is_empty() { "a number" } else { "a class that the model knows" };
        bail!("{at}: no row has {what} in its column `{label}`\n  mend: give labelled rows");
    }
    if unknown > 0 {
        voice.say(&format!(
            "  left out {}: they have no label that the model knows",
            Noun::ROW.count(unknown)
        ));
    }
    let mut evaluator = Evaluator::new(&trained.model, &threads(&args.shared));
    let mut scores = evaluator.evaluate(&trained.theta, &trained.memory, &data, &known)?.scores;
    // In the unit of the label.
    scores.fit = scores.fit.map(|fit| fit.times(encoder.label.scale.map_or(1.0, |(_, deviation)| deviation)));
    if voice == Voice::Json {
        print_json(&json!({
            "event": "evaluation", "rows": known.len(), "left_out": unknown + data.rows.sheet.skipped.len(),
            "label": label, "classes": trained.classes, "scores": scores,
        }));
    } else {
        print(&told(&scores, &trained.classes, Noun::ROW));
    }
    Ok(ExitCode::SUCCESS)
}
