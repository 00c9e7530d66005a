//! What decides an experiment on two inputs: the same settings as a training has, small.

use gradus::message::Message;
use gradus::optimizer::Around;
use gradus::train::Batch;
use gradus::{Error, Result};

use super::features::{self, Feature};
use crate::bench::fields::Fields;

/// What decides a training on points of the plane. The same settings give the same weights, bit for bit.
#[derive(Clone)]
pub struct Config {
    /// What the points look like; `own`: those of `points`.
    pub data: String,
    /// Own points, as pasted.
    pub points: Option<String>,
    /// The share of own points that only judge.
    pub holdout: f64,
    /// The deviation of what is added to each coordinate, or to each value.
    pub noise: f64,
    /// How many examples are drawn to train on, and as many to test with.
    pub examples: usize,
    /// What the network is given of a point.
    pub features: Vec<&'static Feature>,
    /// The network line.
    pub net: String,
    /// The loss line.
    pub loss: String,
    /// The optimizer line.
    pub optimizer: String,
    /// η; none: that of the optimizer's dialect.
    pub learning_rate: Option<f64>,
    /// Examples of a step.
    pub batch: Batch,
    /// λ of L2 regularisation.
    pub l2: f64,
    /// λ of L1 regularisation.
    pub l1: f64,
    /// Decides everything random: data, starting weights, order.
    pub seed: u64,
}

/// The most examples of a part.
pub const MOST_EXAMPLES: usize = 2000;

impl Config {
    /// Reads the settings that all experiments on two inputs share.
    ///
    /// # Errors
    /// If one is out of its range.
    pub fn read(fields: &mut Fields) -> Result<Config> {
        let positive = (f64::MIN_POSITIVE, 1e6);
        let data = fields.text_or("data", "circle");
        let points = fields.text("points");
        let config = Config {
            points: points.filter(|_| data == "own"),
            data,
            holdout: fields.number("holdout", (0.0, 0.9))?.unwrap_or(0.0),
            noise: fields.number("noise", (0.0, 1.0))?.unwrap_or(0.05),
            examples: fields.whole("examples", (1, MOST_EXAMPLES as u64))?.unwrap_or(200) as usize,
            features: features::parse(&fields.text_or("features", "x,y"))?,
            net: line(fields, "net", "dense 8 tanh, dense 1 sigmoid")?,
            loss: line(fields, "loss", "binary_cross_entropy")?,
            optimizer: line(fields, "optimizer", "adam")?,
            learning_rate: fields.number("lr", positive)?,
            batch: fields.text_or("batch", "16").parse().map_err(|message: String| Error::Settings {
                message: message.into(),
                mend: "for example batch=16".into(),
            })?,
            l2: fields.number("l2", (0.0, 1e3))?.unwrap_or(0.0),
            l1: fields.number("l1", (0.0, 1e3))?.unwrap_or(0.0),
            seed: fields.whole("seed", (0, u64::MAX >> 11))?.unwrap_or(1),
        };
        Ok(config)
    }

    /// What happens around the optimizer's rule.
    pub fn around(&self) -> Around {
        Around { l2: self.l2, l1: self.l1, ..Around::default() }
    }
}

/// A line of words, not endless.
fn line(fields: &mut Fields, name: &'static str, default: &str) -> Result<String> {
    const LONGEST: usize = 1000;
    let line = fields.text_or(name, default);
    if line.chars().count() > LONGEST {
        return Err(Error::range(
            name,
            "a longer line",
            Message::of("a line of at most {most} letters").with("most", LONGEST),
        ));
    }
    Ok(line)
}
