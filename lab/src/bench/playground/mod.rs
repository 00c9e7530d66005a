//! The playground: a network learns points of the plane, and everything it is made of can be seen while it does.
//!
//! A question says how far to go (`by` so many steps, or `to` a step, forward or back) and for how long to compute at most;
//! the answer is a [`Frame`]: the surface, what each neuron says of each place, the weights, the losses. As steps can be
//! repeated exactly, going back is going to an earlier step.

mod description;
mod model;
mod pictures;

use std::time::Duration;

use gradus::message::Message;
use gradus::train::model_hash;
use gradus::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fields::Fields;
use super::small::{Config, Halt, Place, Plane, Score, Scores, Training, Travel};
use super::{Deadline, Session, State};
use crate::reply::{packed, packed_bytes};
use pictures::{PICTURE, pictures, side_for};

/// A training, and the means to look at it.
pub struct Playground {
    training: Training,
    scores: Scores,
    plane: Plane,
    /// Neurons of each layer that are drawn.
    shown: Vec<usize>,
}

/// What the page asks beside how far to go.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct More {
    /// A neuron to be shown as finely as the answer: layer and number.
    #[serde(default)]
    focus: Option<[usize; 2]>,
    /// Tell what never changes: data, layers, lines.
    #[serde(default)]
    describe: bool,
    /// Tell the network as a file.
    #[serde(default)]
    model: bool,
}

/// How things stand.
#[derive(Debug, Serialize)]
pub struct Frame {
    /// Step, epoch, the loss of the last batch.
    pub place: Place,
    /// Whether it got as far as it was asked to.
    pub arrived: bool,
    /// Why there is no next step.
    pub halted: Option<Halt>,
    /// On the examples to train on.
    pub train: Score,
    /// On those to test with.
    pub test: Option<Score>,
    /// Points of the curves on the way: step, loss on the training part, on the test part.
    pub curve: Vec<(u64, f32, Option<f32>)>,
    /// The hash of θ: the same as anybody else's at this step.
    pub hash: String,
    /// θ, packed.
    pub theta: Value,
    /// What the network answers at each place of the grid, top row first; packed.
    pub surface: Value,
    /// The largest number each drawn neuron says, layer after layer.
    pub scales: Vec<f32>,
    /// What they say, from −127 to 127 of that, plus 128; a byte a place, packed.
    pub pictures: Value,
    /// The neuron asked for, at each place of the grid; packed.
    pub focus: Option<Value>,
}

/// Neurons drawn of a layer, and of all.
const MOST_OF_LAYER: usize = 32;
const MOST_DRAWN: usize = 200;
/// Points of the curves that a frame adds.
const POINTS: u64 = 40;

impl Playground {
    /// Sets it up as an address says.
    ///
    /// # Errors
    /// What is wrong with a setting.
    pub fn new(state: &State) -> Result<Playground> {
        let mut fields = Fields::of(state)?;
        let config = Config::read(&mut fields)?;
        fields.end()?;
        let training = Training::new(config)?;
        let (model, data, config) = (&training.model, &training.data, &training.config);
        let scores = Scores::new(model, data, config, training.threads())?;
        let plane = Plane::new(model, &config.features, PICTURE, training.threads())?;
        let side = side_for(model.layout().weights(), plane.units().iter().sum());
        let plane = Plane::new(model, &config.features, side, training.threads())?;
        let mut left = MOST_DRAWN;
        let mut draw = |units: usize| {
            let drawn = units.min(MOST_OF_LAYER).min(left);
            left -= drawn;
            drawn
        };
        let shown = plane.units().into_iter().map(&mut draw).collect();
        Ok(Playground { training, scores, plane, shown })
    }

    /// The training itself.
    pub fn training(&self) -> &Training {
        &self.training
    }

    /// Goes as far as is asked, and looks; at a neuron (layer and number) as finely as at the answer.
    ///
    /// # Errors
    /// [`Error::Range`] if there is no such neuron.
    pub fn frame(&mut self, way: &Travel, focus: Option<[usize; 2]>, patience: Duration) -> Result<Frame> {
        let to = way.from(self.training.place().step);
        let units = self.plane.units();
        if let Some([layer, unit]) = focus
            && units.get(layer).is_none_or(|n| unit >= *n)
        {
            let range =
                Message::of("a layer below {layers} and one of its neurons").with("layers", units.len());
            return Err(Error::range("focus", format!("[{layer},{unit}]"), range));
        }
        let (curve, arrived) = self.go(to, patience);
        let Playground { training, scores, plane, shown } = self;
        let (answer, memory) = (training.answer(), training.memory());
        let (train, test) = scores.of(&training.model, &answer, memory);
        plane.look(&answer, memory);
        let (scales, pictures) = pictures(plane, shown);
        Ok(Frame {
            place: training.place(),
            arrived,
            halted: training.halted().cloned(),
            train,
            test,
            curve,
            hash: model_hash(training.theta(), memory),
            theta: packed(&answer),
            surface: packed(&plane.answers(&training.model)),
            scales,
            pictures: packed_bytes(&pictures),
            focus: focus.map(|[layer, unit]| packed(&plane.neuron(layer, unit).collect::<Vec<_>>())),
        })
    }

    /// Goes to a step; points of the curves on the way, and whether it arrived.
    fn go(&mut self, to: u64, patience: Duration) -> (Vec<(u64, f32, Option<f32>)>, bool) {
        let Playground { training, scores, .. } = self;
        let every = (to.saturating_sub(training.place().step) / POINTS).max(1);
        let mut curve = Vec::new();
        let mut point = |training: &Training| {
            let (train, test) = scores.of(&training.model, &training.answer(), training.memory());
            curve.push((training.place().step, train.loss, test.map(|score| score.loss)));
        };
        let arrived = training.seek(to, patience, &mut |training| {
            let step = training.place().step;
            if step.is_multiple_of(every) && step != to {
                point(training);
            }
        });
        point(training);
        (curve, arrived)
    }
}

impl Session for Playground {
    fn answer(&mut self, question: &Value, deadline: &Deadline) -> Result<Value> {
        let (way, more): (Travel, More) = Travel::read(question)?;
        let frame = self.frame(&way, more.focus, way.patience(deadline))?;
        let mut answer = serde_json::to_value(frame).expect("numbers and texts");
        if more.describe {
            answer["description"] = self.description();
        }
        if more.model {
            answer["model"] = packed_bytes(&self.model());
        }
        Ok(answer)
    }
}

/// Sets it up, for the table of experiments.
///
/// # Errors
/// As [`Playground::new`].
pub fn open(state: &State, _: &Deadline) -> Result<Box<dyn Session>> {
    Ok(Box::new(Playground::new(state)?))
}
