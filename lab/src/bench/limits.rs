//! How much an experiment may ask for: whatever a page sends, an answer comes soon and fits into memory.

use gradus::message::Message;
use gradus::optimizers::Choice;
use gradus::words::{Kind, Parameter, Values};
use gradus::{Error, Result};

/// The greatest whole number of an optimizer's parameters: of a population, of a history.
const MOST: f64 = 1000.0;
/// The most members a search that restarts with ever larger populations may come to.
const MOST_MEMBERS: f64 = 4096.0;

/// An optimizer's line, read and refused if its numbers are too large for an experiment.
///
/// # Errors
/// [`Error::Line`] at a word that is wrong, [`Error::Range`] for a number that is too large.
pub fn optimizer(line: &str) -> Result<Choice> {
    short("an optimizer's line", line, 400)?;
    let choice = Choice::parse(line)?;
    small(choice.dialect.parameters, choice.values())?;
    choice.wrappers.iter().try_for_each(|(wrapper, values)| small(wrapper.parameters, values))?;
    let members = choice.values().maybe("population").unwrap_or(1.0);
    let doublings = choice.values().maybe("max_restarts").unwrap_or(0.0);
    let doubles = choice.values().maybe("restarts").is_some_and(|how| how > 0.0);
    if doubles && members.max(10.0) * doublings.exp2() > MOST_MEMBERS {
        return Err(Error::range("max_restarts", doublings, "smaller: a population of at most 4096 members"));
    }
    Ok(choice)
}

/// Whether a text is short enough to be worth reading.
///
/// # Errors
/// [`Error::Range`] if not.
pub fn short(what: &str, text: &str, most: usize) -> Result<()> {
    let letters = text.chars().count();
    if letters <= most {
        return Ok(());
    }
    Err(Error::range(what, letters, Message::of("a text of at most {most} letters").with("most", most)))
}

/// A number that must lie within bounds.
///
/// # Errors
/// [`Error::Range`] if it does not, or is no number.
pub fn between(name: &str, x: f64, (low, high): (f64, f64)) -> Result<f64> {
    match (low..=high).contains(&x) {
        true => Ok(x),
        false => Err(Error::range(
            name,
            x,
            Message::of("a number from {low} to {high}").with("low", low).with("high", high),
        )),
    }
}

/// A whole number that must lie within bounds.
///
/// # Errors
/// [`Error::Range`] if it does not.
pub fn count(name: &str, n: usize, (low, high): (usize, usize)) -> Result<usize> {
    match (low..=high).contains(&n) {
        true => Ok(n),
        false => Err(Error::range(
            name,
            n,
            Message::of("a whole number from {low} to {high}").with("low", low).with("high", high),
        )),
    }
}

fn small(parameters: &[Parameter], values: &Values) -> Result<()> {
    for p in parameters.iter().filter(|p| p.kind == Kind::Whole) {
        let value = values.get(p.name);
        if value > MOST.max(p.default) {
            return Err(Error::range(p.name, value, "at most 1000 in an experiment"));
        }
    }
    Ok(())
}
