//! The playground: a network learns points of the plane, and everything it is made of can be seen while it does.
//!
//! A question says how far to go (`by` so many steps, or `to` a step, forward or back) and for how long to compute at most;
//! the answer is a [`Frame`]: the surface, what each neuron says of each place, the weights, the losses. As steps can be
//! repeated exactly, going back is going to an earlier step.

use std::time::Duration;

use gradus::activations::ACTIVATIONS;
use gradus::losses::{LOSSES, Link, Targets};
use gradus::message::Message;
use gradus::optimizers::{Family, OPTIMIZERS};
use gradus::train::model_hash;
use gradus::wrappers::WRAPPERS;
use gradus::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fields::Fields;
use super::small::{Config, Example, Halt, Place, Plane, Score, Scores, Task, Training, VIEW};
use super::{Deadline, Session, State};
use crate::reply::{packed, packed_bytes};

/// A training, and the means to look at it.
pub struct Playground {
    training: Training,
    scores: Scores,
    plane: Plane,
    /// Neurons of each layer that are drawn.
    shown: Vec<usize>,
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
    /// A neuron to be shown as finely as the answer: layer and number.
    #[serde(default)]
    pub focus: Option<[usize; 2]>,
    /// Tell what never changes: data, layers, lines.
    #[serde(default)]
    pub describe: bool,
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

/// Places along the edge of a neuron's picture.
const PICTURE: usize = 24;
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

    /// Goes as far as is asked, and looks.
    ///
    /// # Errors
    /// [`Error::Range`] if there is no such neuron.
    pub fn frame(&mut self, question: &Question, patience: Duration) -> Result<Frame> {
        let from = self.training.place().step;
        let to = question.to.unwrap_or_else(|| from.saturating_add_signed(question.by));
        let units = self.plane.units();
        if let Some([layer, unit]) = question.focus
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
            focus: question.focus.map(|[layer, unit]| packed(&plane.neuron(layer, unit).collect::<Vec<_>>())),
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

    /// What never changes.
    pub fn description(&self) -> Value {
        let Playground { training, plane, shown, .. } = self;
        let (model, data, config) = (&training.model, &training.data, &training.config);
        let part = |name: String| {
            let part = model.layout().parts().iter().find(|part| part.name == name)?;
            let (rows, columns) = part.shape.matrix();
            Some(json!({ "at": part.at, "rows": rows, "columns": columns }))
        };
        let layers: Vec<Value> = model
            .network
            .layers()
            .iter()
            .enumerate()
            .map(|(i, layer)| {
                let scope = format!("{}.{}", i + 1, layer.kind());
                json!({
                    "kind": layer.kind(),
                    "line": layer.line(),
                    "units": plane.units()[i],
                    "shown": shown[i],
                    "weight": part(format!("{scope}.weight")),
                    "bias": part(format!("{scope}.bias")),
                })
            })
            .collect();
        let features: Vec<Value> =
            config.features.iter().map(|f| json!({ "name": f.name, "formula": f.formula })).collect();
        let mut seen = Vec::new();
        for feature in &config.features {
            let places = (0..PICTURE * PICTURE).map(|place| Plane::place(PICTURE, place));
            picture(places.map(|[x, y]| (feature.of)(x, y) as f32), &mut seen);
        }
        let points = |examples: &[Example]| -> Vec<f32> {
            examples
                .iter()
                .flat_map(|e| {
                    let [x, y] = data.seen(e.at);
                    [x as f32, y as f32, e.label]
                })
                .collect()
        };
        json!({
            "features": features,
            "layers": layers,
            "weights": model.layout().weights(),
            "outputs": if data.task == Task::Values { 1 } else { model.outputs },
            "classes": match data.task { Task::Classes(n) => Some(n), Task::Values => None },
            "softmax": model.network.ends_in() == Link::Softmax || model.loss.entry.targets == Targets::Class,
            "names": data.names,
            "train": packed(&points(&data.train)),
            "test": packed(&points(&data.test)),
            "centre": data.centre,
            "unit": data.unit,
            "level": data.level,
            "side": plane.side(),
            "picture": PICTURE,
            "seen": packed_bytes(&seen),
            "lists": lists(),
            "view": VIEW,
            "net": model.network.line(),
            "loss": { "line": model.loss.line(), "formula": model.loss.entry.formula },
            "optimizer": {
                "line": training.choice.line(),
                "formula": training.choice.dialect.formula,
                "about": training.choice.entry.about,
                "wants_all": training.choice.wants_all_data(),
                "has_rate": training.choice.entry.family != Family::Evolution || !training.choice.wrappers.is_empty(),
            },
            "learning_rate": training.learning_rate,
            "batch": training.batch(),
            "steps_per_epoch": training.steps_per_epoch(),
        })
    }
}

impl Session for Playground {
    fn answer(&mut self, question: &Value, deadline: &Deadline) -> Result<Value> {
        let question: Question = read(question)?;
        let frame = self.frame(&question, patience(question.milliseconds, deadline))?;
        let mut answer = serde_json::to_value(frame).expect("numbers and texts");
        if question.describe {
            answer["description"] = self.description();
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

/// Reads a question of the page.
///
/// # Errors
/// [`Error::Settings`] if it is none.
pub(super) fn read<Q: for<'q> Deserialize<'q>>(question: &Value) -> Result<Q> {
    Q::deserialize(question).map_err(|error| Error::Settings {
        message: Message::of("this question cannot be read: {error}").with("error", error),
        mend: "load the page again: it may be older than the program".into(),
    })
}

/// What can be chosen by name.
pub(super) fn lists() -> Value {
    let optimizers = OPTIMIZERS.iter().flat_map(|entry| {
        let dialects =
            entry.dialects.iter().skip(1).map(|dialect| format!("{}@{}", entry.name, dialect.name));
        std::iter::once(entry.name.to_string()).chain(dialects)
    });
    let wrapped = WRAPPERS.iter().map(|wrapper| format!("{} over {}", wrapper.name, wrapper.inner));
    json!({
        "losses": LOSSES.iter().map(|loss| loss.name).collect::<Vec<_>>(),
        "optimizers": optimizers.chain(wrapped).collect::<Vec<_>>(),
        "activations": ACTIVATIONS.iter().map(|activation| activation.name).collect::<Vec<_>>(),
    })
}

/// How long to compute: as long as is asked for, but never up to the deadline.
pub(super) fn patience(milliseconds: Option<u64>, deadline: &Deadline) -> Duration {
    let left = deadline.at().saturating_duration_since(std::time::Instant::now());
    Duration::from_millis(milliseconds.unwrap_or(30).min(2000)).min(left / 2)
}

/// A grid as fine as can be computed many times a second: a multiple of the pictures' edge, so that these are a part of it.
fn side_for(weights: usize, units: usize) -> usize {
    const PRODUCTS: usize = 12_000_000;
    const NUMBERS: usize = 1_500_000;
    let places = (PRODUCTS / weights.max(1)).min(NUMBERS / units.max(1));
    [4, 3, 2].map(|times| times * PICTURE).into_iter().find(|side| side * side <= places).unwrap_or(PICTURE)
}

/// The pictures of all drawn neurons: the largest number of each, and bytes.
fn pictures(plane: &Plane, shown: &[usize]) -> (Vec<f32>, Vec<u8>) {
    let mut scales = Vec::new();
    let mut bytes = Vec::new();
    for (layer, drawn) in shown.iter().enumerate() {
        for unit in 0..*drawn {
            let every = plane.side() / PICTURE;
            let inner = |i: usize| i % every == every / 2;
            let places = plane.neuron(layer, unit).enumerate();
            let kept = places.filter(|(i, _)| inner(i / plane.side()) && inner(i % plane.side()));
            scales.push(picture(kept.map(|(_, said)| said), &mut bytes));
        }
    }
    (scales, bytes)
}

/// Adds numbers as bytes: 128 for 0, 1 and 255 for ∓ the largest, which is returned.
fn picture(numbers: impl Iterator<Item = f32>, bytes: &mut Vec<u8>) -> f32 {
    let numbers: Vec<f32> = numbers.collect();
    let largest = numbers.iter().fold(0.0f32, |a, x| a.max(x.abs()));
    let byte = |x: &f32| if largest > 0.0 { (128.0 + 127.0 * x / largest).round() as u8 } else { 128 };
    bytes.extend(numbers.iter().map(byte));
    largest
}
