//! One weight under the glass: where its slope comes from, and what the optimizer makes of it.
//!
//! Of the step that comes next, and of one weight θᵢ, it shows the formula of ∂L/∂θᵢ with the numbers of an example in it;
//! the slope of the batch found three ways that share nothing but the network; and what the optimizer keeps for this
//! weight, before and after. The step is really made to find out, and taken back.

mod names;
mod rule;

use gradus::gradients::{ByHand, Style, central_step, forward_step};
use gradus::message::Message;
use gradus::optimizer::Objective;
use gradus::train::model_hash;
use gradus::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use names::used;
pub use rule::Kept;
use rule::{optimizer, the_step};

use super::fields::Fields;
use super::formula::mathml;
use super::playground::{patience, read};
use super::small::{Config, Halt, Place, Training};
use super::{Deadline, Session, State};
use crate::reply::packed;

/// A training, and one of its weights.
pub struct Glass {
    training: Training,
    weight: usize,
    /// The formulas of all slopes, for full batches and for the last short one; or why there are none.
    by_hand: std::result::Result<Vec<(usize, ByHand)>, String>,
}

/// What the page asks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Go so many steps, back if negative.
    #[serde(default)]
    pub by: i64,
    /// Or to this step.
    #[serde(default)]
    pub to: Option<u64>,
    /// Milliseconds to compute at most.
    #[serde(default)]
    pub milliseconds: Option<u64>,
    /// Look at another weight.
    #[serde(default)]
    pub weight: Option<usize>,
    /// The example of the batch whose numbers stand in the formula, from 0.
    #[serde(default)]
    pub example: usize,
}

/// The slope of a batch, one way.
#[derive(Clone, Debug, Serialize)]
pub struct Slope {
    /// `by_hand`, `central_difference`, `forward_difference`, `central_difference_f32`, `backpropagation`.
    pub way: &'static str,
    /// ∂L/∂θᵢ
    pub value: f64,
    /// The losses it is made of, where it is a difference: above, below (or at), and their distance.
    pub made_of: Option<[f64; 3]>,
}

/// Everything about a weight at a step.
#[derive(Debug, Serialize)]
pub struct Look {
    /// Where the training stands.
    pub place: Place,
    /// Whether it got as far as it was asked to.
    pub arrived: bool,
    /// Why there is no next step.
    pub halted: Option<Halt>,
    /// The hash of θ.
    pub hash: String,
    /// θ, packed.
    pub theta: Value,
    /// Its place in θ.
    pub weight: usize,
    /// The part it belongs to, and its row (what it comes from) and column (where it leads) there.
    pub part: (String, usize, usize),
    /// θᵢ
    pub value: f32,
    /// θᵢ after the step.
    pub next: Option<f32>,
    /// What the optimizer keeps for it.
    pub kept: Vec<Kept>,
    /// The slope of the batch, each way.
    pub slopes: Vec<Slope>,
    /// The loss of the batch over this one weight, all others as they are: 41 places, θᵢ in the middle.
    pub curve: Vec<(f64, f64)>,
    /// The slope after L2 and L1 have been added: what the optimizer's rule sees.
    pub seen: f64,
    /// The examples of the batch: x, y, what is right, and the slope by hand where there is one.
    pub examples: Vec<(f64, f64, f32, Option<f64>)>,
    /// The formulas, or why there are none.
    pub formulas: Value,
}

/// Weights above which slopes are not derived by hand: the formulas would be too long to read, and slow to find.
const MOST_BY_HAND: usize = 400;

impl Glass {
    /// Sets it up as an address says.
    ///
    /// # Errors
    /// What is wrong with a setting.
    pub fn new(state: &State) -> Result<Glass> {
        let mut fields = Fields::of(state)?;
        let config = Config::read(&mut fields)?;
        let weight = fields.whole("weight", (0, u64::MAX >> 11))?.unwrap_or(0);
        fields.end()?;
        let training = Training::new(config)?;
        let by_hand = by_hand(&training).map_err(|error| error.to_string());
        let mut glass = Glass { training, weight: 0, by_hand };
        glass.turn_to(usize::try_from(weight).unwrap_or(usize::MAX))?;
        Ok(glass)
    }

    /// The training itself.
    pub fn training(&self) -> &Training {
        &self.training
    }

    fn turn_to(&mut self, weight: usize) -> Result<()> {
        let weights = self.training.theta().len();
        if weight >= weights {
            return Err(Error::range(
                "weight",
                weight,
                Message::of("the place of a weight: 0 to {last}").with("last", weights - 1),
            ));
        }
        self.weight = weight;
        Ok(())
    }

    /// Goes as far as is asked, and looks.
    ///
    /// # Errors
    /// [`Error::Range`] if there is no such weight.
    pub fn look(&mut self, question: &Question, patience: std::time::Duration) -> Result<Look> {
        if let Some(weight) = question.weight {
            self.turn_to(weight)?;
        }
        let from = self.training.place().step;
        let to = question.to.unwrap_or_else(|| from.saturating_add_signed(question.by));
        let arrived = self.training.seek(to, patience, &mut |_| {});
        let i = self.weight;
        let slopes = self.slopes();
        let (formulas, examples) = self.formulas(question.example);
        let training = &mut self.training;
        let value = training.theta()[i];
        let around = training.config.around();
        let slope = slopes.last().expect("backpropagation is always there").value;
        let seen =
            slope + around.l2 * value as f64 + around.l1 * value.signum() as f64 * f64::from(value != 0.0);
        let (kept, next) = the_step(training, i);
        let curve = curve(training, i, next);
        let part = training.model.layout().part_of(i).expect("a weight belongs to a part");
        let (_, columns) = part.shape.matrix();
        Ok(Look {
            place: training.place(),
            arrived,
            halted: training.halted().cloned(),
            hash: model_hash(training.theta(), training.memory()),
            theta: packed(training.theta()),
            weight: i,
            part: (part.name.clone(), (i - part.at) / columns, (i - part.at) % columns),
            value,
            next,
            kept,
            slopes,
            curve,
            seen,
            examples,
            formulas,
        })
    }

    /// The slope of the batch, each way; backpropagation last.
    fn slopes(&mut self) -> Vec<Slope> {
        let i = self.weight;
        let theta = self.training.theta().to_vec();
        let exact: Vec<f64> = theta.iter().map(|w| *w as f64).collect();
        let plan = self.training.next_batch();
        let mut slopes = Vec::new();
        let examples = plan.data("weight").len();
        if let Ok(all) = &mut self.by_hand
            && let Some((_, by_hand)) = all.iter_mut().find(|(batch, _)| *batch == examples)
        {
            by_hand.follow(plan);
            let mut grad = vec![0.0; theta.len()];
            by_hand.gradient(&exact, &mut grad);
            slopes.push(Slope { way: "by_hand", value: grad[i], made_of: None });
        }
        let mut precise = plan.exact();
        let mut difference = |way, h: f64, both: bool| {
            let h = h * exact[i].abs().max(1.0);
            let mut at = |w: f64| {
                let mut moved = exact.clone();
                moved[i] = w;
                (precise.loss(&moved), moved[i])
            };
            let (above, below) = (at(exact[i] + h), at(exact[i] - if both { h } else { 0.0 }));
            let run = above.1 - below.1;
            Slope { way, value: (above.0 - below.0) / run, made_of: Some([above.0, below.0, run]) }
        };
        slopes.push(difference("central_difference", central_step::<f64>(), true));
        slopes.push(difference("forward_difference", forward_step::<f64>(), false));
        let h = (central_step::<f32>() * exact[i].abs().max(1.0)) as f32;
        let mut at = |w: f32| {
            let mut moved = theta.clone();
            moved[i] = w;
            (plan.loss(&moved) as f64, w as f64)
        };
        let (above, below) = (at(theta[i] + h), at(theta[i] - h));
        let run = above.1 - below.1;
        let value = (above.0 - below.0) / run;
        slopes.push(Slope { way: "central_difference_f32", value, made_of: Some([above.0, below.0, run]) });
        let mut grad = vec![0.0; theta.len()];
        plan.gradient(&theta, &mut grad);
        slopes.push(Slope { way: "backpropagation", value: grad[i] as f64, made_of: None });
        slopes
    }

    /// The formulas with the numbers of an example, and all examples of the batch with their own slopes.
    #[allow(clippy::type_complexity, reason = "plain data of an answer")]
    fn formulas(&mut self, example: usize) -> (Value, Vec<(f64, f64, f32, Option<f64>)>) {
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

    /// What never changes: the network's parts, and the optimizer in full.
    pub fn description(&self) -> Value {
        let training = &self.training;
        let choice = &training.choice;
        let parts: Vec<Value> = training
            .model
            .layout()
            .parts()
            .iter()
            .map(|part| {
                let (rows, columns) = part.shape.matrix();
                json!({ "name": part.name, "at": part.at, "rows": rows, "columns": columns })
            })
            .collect();
        json!({
            "parts": parts,
            "features": training.config.features.iter().map(|f| f.formula).collect::<Vec<_>>(),
            "weights": training.theta().len(),
            "learning_rate": training.learning_rate,
            "l2": training.config.l2,
            "l1": training.config.l1,
            "batch": training.batch(),
            "examples": training.data.train.len(),
            "loss": { "line": training.model.loss.line(), "formula": training.model.loss.entry.formula },
            "optimizer": optimizer(choice),
            "lists": super::playground::lists(),
        })
    }
}

/// Formulas for the batches that there are.
fn by_hand(training: &Training) -> Result<Vec<(usize, ByHand)>> {
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

/// The loss of the batch that comes next over weight `i`: as far to both sides as its step, three times, or its own size.
fn curve(training: &mut Training, i: usize, next: Option<f32>) -> Vec<(f64, f64)> {
    const HALF: i32 = 20;
    let mut theta: Vec<f64> = training.theta().iter().map(|w| *w as f64).collect();
    let value = theta[i];
    let step = next.map_or(0.0, |next| (next as f64 - value).abs());
    let reach = (3.0 * step).max(value.abs()).max(0.5);
    let mut plan = training.next_batch().exact();
    let mut at = |k: i32| {
        theta[i] = value + reach * f64::from(k) / f64::from(HALF);
        (theta[i], plan.loss(&theta))
    };
    (-HALF..=HALF).map(&mut at).collect()
}

impl Session for Glass {
    fn answer(&mut self, question: &Value, deadline: &Deadline) -> Result<Value> {
        let question: Question = read(question)?;
        let look = self.look(&question, patience(question.milliseconds, deadline))?;
        let mut answer = serde_json::to_value(look).expect("numbers and texts");
        answer["description"] = self.description();
        Ok(answer)
    }
}

/// Sets it up, for the table of experiments.
///
/// # Errors
/// As [`Glass::new`].
pub fn open(state: &State, _: &Deadline) -> Result<Box<dyn Session>> {
    Ok(Box::new(Glass::new(state)?))
}
