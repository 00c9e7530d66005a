//! The slope's formula, with the numbers of an example in it.

use gradus::gradients::{ByHand, Style};
use gradus::message::Message;
use gradus::{Error, Result};
use serde_json::{Value, json};

use super::Glass;
use super::names::used;
use crate::bench::small::Training;
use crate::typeset::mathml;

/// Weights above which slopes are not derived by hand: the formulas would be too long to read, and slow to find.
const MOST_BY_HAND: usize = 400;

impl Glass {
    /// The formulas with the numbers of an example, and all examples of the batch with their own slopes.
    #[allow(clippy::type_complexity, reason = "plain data of an answer")]
    pub(super) fn formulas(&mut self, example: usize) -> (Value, Vec<(f64, f64, f32, Option<f64>)>) {
        let i = self.weight;
        let theta: Vec<f64> = self.training.theta().iter().map(|w| *w as f64).collect();
        let data = &self.training.data;
        let batch = self.training.next_examples().iter().map(|i| data.train[*i as usize]);
        let mut examples: Vec<_> = batch.map(|e| (e.at[0], e.at[1], e.label, None)).collect();
        let found = match &mut self.by_hand {
            Ok(all) => all.iter_mut().find(|(batch, _)| *batch == examples.len()),
            Err(why) => return (json!({ "none": why }), examples),
        };
        // `slopes` has made it follow the batch.
        let (_, by_hand) = found.expect("one for each batch");
        let example = example.min(examples.len() - 1);
        for (k, (.., slope)) in examples.iter_mut().enumerate() {
            *slope = Some(by_hand.slope_in_numbers(&theta, i, k, false).1);
        }
        let style = |latex| Style { latex, named: true };
        let name = by_hand.name(i, true);
        let left = format!("\\frac{{\\partial L}}{{\\partial {name}}}");
        let too_long = "\\ldots".to_string();
        let slope = by_hand.slope(i, style(true)).unwrap_or_else(|| too_long.clone());
        let (numbers, value) = by_hand.slope_in_numbers(&theta, i, example, true);
        let numbers = numbers.unwrap_or_else(|| too_long.clone());
        let (names, values) = (by_hand.definitions(true), by_hand.values(&theta, example));
        // Only what stands in the formula, or in what stands in it.
        let used = used(&slope, &names);
        let definitions: Vec<Value> = names
            .iter()
            .zip(values)
            .enumerate()
            .filter(|(k, _)| used[*k])
            .map(|(_, d)| {
                let ((name, formula), value) = d;
                json!({ "formula": mathml(&format!("{name} = {formula}")), "value": value })
            })
            .collect();
        let loss = by_hand.loss_formula(style(true)).unwrap_or(too_long);
        let formulas = json!({
            "name": by_hand.name(i, false),
            "symbol": mathml(&name),
            "loss": mathml(&format!("L = {loss}")),
            "slope": mathml(&format!("{left} = {slope}")),
            "numbers": mathml(&format!("{left} = {numbers}")),
            "text": by_hand.slope(i, style(false)),
            "value": value,
            "example": example,
            "definitions": definitions,
        });
        (formulas, examples)
    }
}

/// Formulas for the batches that there are.
pub(super) fn by_hand(training: &Training) -> Result<Vec<(usize, ByHand)>> {
    let weights = training.theta().len();
    if weights > MOST_BY_HAND {
        return Err(Error::Settings {
            message: Message::of("{weights} weights are too many to derive their slopes by hand here")
                .with("weights", weights),
            mend: Message::of("take a network of at most {most} weights; the other ways go on")
                .with("most", MOST_BY_HAND),
        });
    }
    let (batch, examples) = (training.batch(), training.data.train.len());
    let sizes = [batch, examples % batch].into_iter().filter(|size| *size > 0);
    sizes.map(|size| Ok((size, ByHand::new(&training.model, size, true)?))).collect()
}
