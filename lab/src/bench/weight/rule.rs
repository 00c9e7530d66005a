//! What the optimizer is, what it keeps for a weight, and what it makes of a slope.

use gradus::optimizers::Choice;
use serde::Serialize;
use serde_json::{Value, json};

use crate::bench::small::Training;
use crate::typeset::Formula;

/// One of the numbers that the optimizer keeps for a weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// Before the step.
    pub before: f64,
    /// After it; none if there is no next step.
    pub after: Option<f64>,
}

/// Makes the step and takes it back: what was kept for weight `i` before and after, and θᵢ after.
pub fn the_step(training: &mut Training, i: usize) -> (Vec<Kept>, Option<f32>) {
    let weights = training.theta().len();
    // Numbers that are not per weight are shown if they are few.
    let of = |kept: Vec<(String, Vec<f64>)>| -> Vec<(String, f64)> {
        let one = |(name, numbers): (String, Vec<f64>)| match numbers.len() {
            n if n == weights => vec![(name, numbers[i])],
            n if n <= 3 => {
                numbers.into_iter().enumerate().map(|(k, x)| (format!("{name}[{k}]"), x)).collect()
            }
            _ => Vec::new(),
        };
        kept.into_iter().flat_map(one).collect()
    };
    let (before, at) = (of(training.kept()), training.place().step);
    let halted = training.halted().is_some();
    let made = !halted && training.step();
    let after = made.then(|| (of(training.kept()), training.theta()[i]));
    if made {
        training.seek(at, std::time::Duration::MAX, &mut |_| {});
    }
    let next = after.as_ref().map(|(_, theta)| *theta);
    let mut after = after.map(|(kept, _)| kept.into_iter());
    let kept = before.into_iter().map(|(name, before)| {
        let after = after.as_mut().and_then(|rest| rest.next()).map(|(_, x)| x);
        Kept { name, before, after }
    });
    (kept.collect(), next)
}

/// The lines of an optimizer: its formula, its numbers, and the same of what is around it.
pub fn optimizer(choice: &Choice) -> Value {
    let numbers = |parameters: &[gradus::words::Parameter], values: &gradus::words::Values| -> Vec<Value> {
        let number = |p: &gradus::words::Parameter| json!({ "symbol": p.symbol, "name": p.name, "value": p.written(values.get(p.name)), "about": p.about });
        parameters.iter().map(number).collect()
    };
    let around: Vec<Value> = choice.wrappers.iter().map(|(w, values)| {
        json!({ "name": w.name, "about": w.about, "formula": Formula::lines(w.formula), "numbers": numbers(w.parameters, values) })
    }).collect();
    json!({
        "line": choice.line(),
        "about": choice.entry.about,
        "dialect": choice.dialect.about,
        "paper": choice.entry.paper,
        "formula": Formula::lines(choice.dialect.formula),
        "numbers": numbers(choice.dialect.parameters, choice.values()),
        "around": around,
    })
}
