//! One weight under the glass: where its slope comes from, and what the optimizer makes of it.
//!
//! Of the step that comes next, and of one weight θᵢ, it shows the formula of ∂L/∂θᵢ with the numbers of an example in it;
//! the slope of the batch found three ways that share nothing but the network; and what the optimizer keeps for this
//! weight, before and after. The step is really made to find out, and taken back.

mod formulas;
mod names;
mod rule;
mod slopes;

use gradus::gradients::ByHand;
use gradus::message::Message;
use gradus::optimizer::Objective;
use gradus::train::model_hash;
use gradus::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fields::Fields;
use super::small::{Config, Halt, Place, Training, Travel, lists};
use super::{Deadline, Session, State};
use crate::reply::packed;
use crate::typeset::Formula;
use formulas::by_hand;
pub use rule::Kept;
use rule::{optimizer, the_step};
pub use slopes::Slope;

/// A training, and one of its weights.
pub struct Glass {
    training: Training,
    weight: usize,
    /// The formulas of all slopes, for full batches and for the last short one; or why there are none.
    by_hand: std::result::Result<Vec<(usize, ByHand)>, Message>,
}

/// What the page asks beside how far to go.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Look at another weight.
    #[serde(default)]
    pub weight: Option<usize>,
    /// The example of the batch whose numbers stand in the formula, from 0.
    #[serde(default)]
    pub example: usize,
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
        let by_hand = by_hand(&training).map_err(|error| error.message());
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
    pub fn look(&mut self, way: &Travel, question: &Question, patience: std::time::Duration) -> Result<Look> {
        if let Some(weight) = question.weight {
            self.turn_to(weight)?;
        }
        let to = way.from(self.training.place().step);
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
            "loss": { "line": training.model.loss.line(), "formula": Formula::lines(training.model.loss.entry.formula) },
            "optimizer": optimizer(choice),
            "lists": lists(),
        })
    }
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
        let (way, question): (Travel, Question) = Travel::read(question)?;
        let look = self.look(&way, &question, way.patience(deadline))?;
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
