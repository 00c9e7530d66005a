//! How the value of an option is read.

use gradus::train::{ClassWeights, Monitor};
use gradus_pictures::Part;

/// What `--lr` asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// This.
    Of(f64),
    /// Whatever a sweep suggests.
    Auto,
}

impl std::str::FromStr for Rate {
    type Err = String;
    fn from_str(text: &str) -> Result<Rate, String> {
        match (text, text.parse()) {
            ("auto", _) => Ok(Rate::Auto),
            (_, Ok(rate)) => Ok(Rate::Of(rate)),
            _ => Err("write a number, for example 0.001, or `auto`".into()),
        }
    }
}

pub fn parse_size(text: &str) -> Result<(u32, u32), String> {
    let mut sides = text.split(['x', 'X', '×']).map(|side| side.parse::<u32>());
    match (sides.next(), sides.next(), sides.next()) {
        (Some(Ok(w)), Some(Ok(h)), None) if (1..=1024).contains(&w) && (1..=1024).contains(&h) => Ok((w, h)),
        _ => Err("write WIDTHxHEIGHT with sides from 1 to 1024, for example 64x64".into()),
    }
}

pub fn parse_class_weights(text: &str) -> Result<ClassWeights, String> {
    match text {
        "none" => Ok(ClassWeights::None),
        "balanced" => Ok(ClassWeights::Balanced),
        _ => Err("write none or balanced".into()),
    }
}

pub fn parse_part(text: &str) -> Result<Part, String> {
    let part = Part::ALL.into_iter().find(|part| part.name() == text);
    part.ok_or_else(|| "write train, validation or test".into())
}

pub fn parse_monitor(text: &str) -> Result<Monitor, String> {
    match text {
        "loss" => Ok(Monitor::Loss),
        "accuracy" => Ok(Monitor::Accuracy),
        _ => Err("write loss or accuracy".into()),
    }
}
