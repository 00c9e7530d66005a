//! The one small language in which networks, losses, optimizers and schedules are written: words and `name=value` pairs,
//! for example `dense 128 relu bias=no` or `adam beta1=0.8`. A wrong word is pointed at.

mod values;

use std::ops::Range;

use crate::error::did_you_mean;
use crate::message::Message;
use crate::{Error, Result};
pub use values::{Kind, Parameter, Values};

/// A line being read, word by word.
pub struct Words<'a> {
    line: &'a str,
    words: Vec<Range<usize>>,
    next: usize,
    /// Behind the last word, or where the first is missing.
    end: usize,
}

impl<'a> Words<'a> {
    /// The words of the whole line.
    pub fn of(line: &'a str) -> Self {
        Self::within(line, 0..line.len())
    }

    /// The words of a stretch of the line: errors still show the whole of it. What stands in brackets is one word.
    pub fn within(line: &'a str, stretch: Range<usize>) -> Self {
        let mut words = Vec::new();
        let (mut start, mut depth) = (None, 0);
        for (i, c) in line[stretch.clone()].char_indices() {
            let i = i + stretch.start;
            match (c, depth) {
                ('(', 0) => {
                    words.extend(start.replace(i).map(|s| s..i));
                    depth = 1;
                }
                ('(', _) => depth += 1,
                (')', 1) => {
                    words.extend(start.take().map(|s| s..i + 1));
                    depth = 0;
                }
                (')', 2..) => depth -= 1,
                (c, 0) if c.is_whitespace() => words.extend(start.take().map(|s| s..i)),
                _ => start = start.or(Some(i)),
            }
        }
        words.extend(start.map(|s| s..stretch.end));
        let end = words.last().map_or(stretch.start, |r| r.end);
        Words { line, words, next: 0, end }
    }

    /// The next word, without taking it; none at the end or before a `name=value` pair.
    pub fn peek(&self) -> Option<&'a str> {
        let range = self.words.get(self.next)?.clone();
        Some(&self.line[range]).filter(|w| w.starts_with('(') || !w.contains('='))
    }

    /// Takes the next word.
    pub fn take(&mut self) -> Option<&'a str> {
        self.peek().inspect(|_| self.next += 1)
    }

    /// Takes a word that must be there.
    ///
    /// # Errors
    /// [`Error::Line`] pointing behind the last word.
    pub fn need(&mut self, what: &'static str, mend: impl Into<Message>) -> Result<&'a str> {
        match self.take() {
            Some(word) => Ok(word),
            None => Err(self.wrong_next(missing(what), mend)),
        }
    }

    /// The whole line.
    pub fn line(&self) -> &'a str {
        self.line
    }

    /// Takes what must stand in brackets next: where in the line that is, without the brackets.
    ///
    /// # Errors
    /// [`Error::Line`] at whatever stands there instead.
    pub fn bracket(&mut self, what: &'static str, mend: &'static str) -> Result<Range<usize>> {
        match self.words.get(self.next).cloned() {
            Some(range)
                if self.line[range.clone()].starts_with('(') && self.line[range.clone()].ends_with(')') =>
            {
                self.next += 1;
                Ok(range.start + 1..range.end - 1)
            }
            _ => Err(self.wrong_next(missing(what), mend)),
        }
    }

    /// Takes a number that must be there and satisfy `fits`.
    ///
    /// # Errors
    /// [`Error::Line`] at the word.
    pub fn number<T: std::str::FromStr>(
        &mut self,
        what: &'static str,
        range: &'static str,
        fits: impl Fn(&T) -> bool,
    ) -> Result<T> {
        let mend = Message::of("write {what} here: {range}").saying("what", what).saying("range", range);
        let word = self.need(what, mend)?;
        match word.parse::<T>() {
            Ok(n) if fits(&n) => Ok(n),
            _ => Err(self.wrong(is(what, word), must_be(range))),
        }
    }

    /// Takes all `name=value` pairs that follow; each name must be known.
    ///
    /// # Errors
    /// [`Error::Line`] at an unknown or repeated name.
    pub fn pairs(&mut self, known: &[&str]) -> Result<Vec<(&'a str, &'a str)>> {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        while let Some((name, value)) = self
            .words
            .get(self.next)
            .and_then(|r| self.line[r.clone()].split_once('='))
            .filter(|p| !p.0.starts_with('('))
        {
            self.next += 1;
            if !known.contains(&name) {
                let names =
                    if known.is_empty() { "none".into() } else { did_you_mean(name, known.iter().copied()) };
                let message = Message::of("`{name}` is not a setting here").with("name", name);
                return Err(self.wrong(message, names));
            }
            if pairs.iter().any(|(n, _)| *n == name) {
                let message = Message::of("`{name}` is set twice").with("name", name);
                return Err(self.wrong(message, "keep one of them"));
            }
            pairs.push((name, value));
        }
        Ok(pairs)
    }

    /// Takes the pairs of a table's member.
    ///
    /// # Errors
    /// [`Error::Line`] at an unknown name or a value out of range.
    pub fn values(&mut self, parameters: &[Parameter]) -> Result<Values> {
        Ok(self.values_beside(parameters, &[])?.0)
    }

    /// As [`Words::values`], for a member whose first parameter may be written without its name: `shift 4` is
    /// `shift pixels=4`.
    ///
    /// # Errors
    /// As for [`Words::values`].
    pub fn values_led(&mut self, parameters: &[Parameter]) -> Result<Values> {
        let Some(text) = self.take() else { return self.values(parameters) };
        let Some((first, others)) = parameters.split_first() else {
            return Err(self.wrong(does_not_belong(text), "remove it"));
        };
        let Some(value) = first.read(text) else {
            return Err(self.wrong(setting_is(first.name, text), must_be(first.allowed())));
        };
        let mut values = self.values(others)?;
        values.0.insert(0, (*first, value));
        Ok(values)
    }

    /// As [`Words::values`], for a member that also takes pairs of its own kind: those named in `others` come back as text.
    ///
    /// # Errors
    /// As for [`Words::values`].
    pub fn values_beside(
        &mut self,
        parameters: &[Parameter],
        others: &[&str],
    ) -> Result<(Values, Vec<(&'a str, &'a str)>)> {
        let mut values = Values::defaults(parameters);
        let names: Vec<&str> = parameters.iter().map(|p| p.name).chain(others.iter().copied()).collect();
        let mut rest = Vec::new();
        for (name, text) in self.pairs(&names)? {
            let Some(i) = parameters.iter().position(|p| p.name == name) else {
                rest.push((name, text));
                continue;
            };
            match parameters[i].read(text) {
                Some(x) => values.0[i].1 = x,
                None => {
                    let mend = must_be(parameters[i].allowed());
                    return Err(self.wrong_pair(name, setting_is(name, text), mend));
                }
            }
        }
        Ok((values, rest))
    }

    /// That nothing is left.
    ///
    /// # Errors
    /// [`Error::Line`] at the first word too many.
    pub fn end(&mut self) -> Result<()> {
        match self.words.get(self.next).cloned() {
            None => Ok(()),
            Some(range) => {
                let word = &self.line[range];
                Err(self.wrong_next(does_not_belong(word), "remove it, or write a comma before it"))
            }
        }
    }

    /// An error at the word taken last.
    pub fn wrong(&self, message: impl Into<Message>, mend: impl Into<Message>) -> Error {
        let at =
            self.next.checked_sub(1).and_then(|i| self.words.get(i)).cloned().unwrap_or(0..self.line.len());
        Error::Line { line: self.line.into(), at, message: message.into(), mend: mend.into() }
    }

    /// An error at the pair of that name, one of those taken by [`Words::pairs`].
    pub fn wrong_pair(&self, name: &str, message: impl Into<Message>, mend: impl Into<Message>) -> Error {
        let is_it = |r: &&Range<usize>| self.line[(*r).clone()].split_once('=').is_some_and(|p| p.0 == name);
        let at = self.words[..self.next].iter().find(is_it).cloned().unwrap_or(0..self.line.len());
        Error::Line { line: self.line.into(), at, message: message.into(), mend: mend.into() }
    }

    /// An error at the next word, or behind the last.
    fn wrong_next(&self, message: impl Into<Message>, mend: impl Into<Message>) -> Error {
        let at = self.words.get(self.next).cloned().unwrap_or(self.end..self.end);
        Error::Line { line: self.line.into(), at, message: message.into(), mend: mend.into() }
    }
}

fn missing(what: &'static str) -> Message {
    Message::of("{what} is missing").saying("what", what)
}

fn is(what: &'static str, word: &str) -> Message {
    Message::of("{what} is `{word}`").saying("what", what).with("word", word)
}

/// That a name's value is no good.
pub(crate) fn setting_is(name: &str, word: &str) -> Message {
    Message::of("`{name}` is `{word}`").with("name", name).with("word", word)
}

/// What a value must be instead.
pub(crate) fn must_be(range: impl Into<Message>) -> Message {
    Message::of("it must be {range}").saying("range", range)
}

/// That a word is one too many.
pub(crate) fn does_not_belong(word: &str) -> Message {
    Message::of("`{word}` does not belong here").with("word", word)
}
