//! What an address says, read: lists of numbers and of lines, within their bounds.

use gradus::message::Message;
use gradus::{Error, Result};
use serde::Serialize;
use serde_json::Value;

use super::{Deadline, Session, State};

/// The numbers of a key, separated by `,`; none if it is not given or empty.
///
/// # Errors
/// [`Error::Range`] if one is no finite number.
pub fn numbers(state: &State, key: &str) -> Result<Option<Vec<f64>>> {
    list(state, key, ',')
}

/// The rates, or other numbers, of a key, separated by `;`; none if it is not given or empty.
///
/// # Errors
/// [`Error::Range`] if one is no finite number.
pub fn series(state: &State, key: &str) -> Result<Option<Vec<f64>>> {
    list(state, key, ';')
}

fn list(state: &State, key: &str, separator: char) -> Result<Option<Vec<f64>>> {
    let Some(text) = given(state, key) else { return Ok(None) };
    super::limits::short(key, text, 40_000)?;
    let read = |word: &str| match word.trim().parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(x),
        _ => {
            let shown: String = word.trim().chars().take(40).collect();
            Err(Error::range(
                key,
                shown,
                Message::of("numbers with `{separator}` between").with("separator", separator),
            ))
        }
    };
    text.split(separator).map(read).collect::<Result<Vec<f64>>>().map(Some)
}

/// Two numbers.
///
/// # Errors
/// [`Error::Range`] if they are not two, or not finite.
pub fn pair(state: &State, key: &str) -> Result<Option<[f64; 2]>> {
    let Some(numbers) = numbers(state, key)? else { return Ok(None) };
    match numbers[..] {
        [a, b] => Ok(Some([a, b])),
        _ => Err(Error::range(key, format!("{} numbers", numbers.len()), "two numbers with `,` between")),
    }
}

/// The points of a key, written `x,y;x,y;…`; none if it is not given or empty.
///
/// # Errors
/// [`Error::Range`] if one is no pair of finite numbers.
pub fn points(state: &State, key: &str) -> Result<Option<Vec<[f64; 2]>>> {
    let Some(text) = given(state, key) else { return Ok(None) };
    super::limits::short(key, text, 100_000)?;
    let read = |word: &str| {
        let mut numbers = word.split(',').map(|x| x.trim().parse::<f64>().ok().filter(|x| x.is_finite()));
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Some(x)), Some(Some(y)), None) => Ok([x, y]),
            _ => {
                let shown: String = word.chars().take(40).collect();
                Err(Error::range(key, shown, "points: x,y with `;` between them"))
            }
        }
    };
    text.split(';').filter(|word| !word.trim().is_empty()).map(read).collect::<Result<_>>().map(Some)
}

/// Lines separated by `;`.
pub fn lines(state: &State, key: &str) -> Option<Vec<String>> {
    let lines = given(state, key)?.split(';').map(str::trim).filter(|line| !line.is_empty());
    Some(lines.map(String::from).collect())
}

/// What a key is, unless it is empty.
pub fn given<'a>(state: &'a State, key: &str) -> Option<&'a str> {
    state.get(key).filter(|text| !text.trim().is_empty())
}

/// A small whole number, or `default`.
///
/// # Errors
/// [`Error::Range`] if it is none.
pub fn count(state: &State, key: &str, default: usize) -> Result<usize> {
    state.count(key, default as u64).map(|n| n.min(u32::MAX as u64) as usize)
}

/// An experiment whose answers are functions of what is asked: nothing of it lives on.
///
/// A question is an object of texts, keys of the address that differ from when it was opened.
pub struct Asked {
    state: State,
    answer: fn(&State, &Deadline) -> Result<Value>,
}

impl Asked {
    /// Set up as an address says, answered by `answer`.
    pub fn open(state: &State, answer: fn(&State, &Deadline) -> Result<Value>) -> Box<dyn Session> {
        Box::new(Asked { state: state.clone(), answer })
    }
}

impl Session for Asked {
    fn answer(&mut self, question: &Value, deadline: &Deadline) -> Result<Value> {
        let mut state = self.state.clone();
        for (key, value) in question.as_object().into_iter().flatten() {
            match value {
                Value::Null => drop(state.0.remove(key)),
                Value::String(text) => drop(state.0.insert(key.clone(), text.clone())),
                other => drop(state.0.insert(key.clone(), other.to_string())),
            }
        }
        (self.answer)(&state, deadline)
    }
}

/// An answer as JSON; what is no finite number in it becomes `null`.
///
/// # Errors
/// Never, as all answers are plain data.
pub fn json(answer: &impl Serialize) -> Result<Value> {
    serde_json::to_value(answer).map_err(|error| Error::Data {
        message: Message::of("the answer cannot be written: {error}").with("error", error),
        mend: "ask for less".into(),
    })
}
