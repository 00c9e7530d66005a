//! The one small language in which networks, losses, optimizers and schedules are written: words and `name=value` pairs,
//! for example `dense 128 relu bias=no` or `adam beta1=0.8`. A wrong word is pointed at.

use std::ops::Range;

use crate::error::did_you_mean;
use crate::{Error, Result};

/// A number that a table's member can be given by name.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// As it is written: `beta1`.
    pub name: &'static str,
    /// As the formula writes it: `β₁`.
    pub symbol: &'static str,
    /// When none is given.
    pub default: f64,
    /// The least value; the default range is closed there.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// Whether `min` and `max` themselves are allowed.
    pub closed: (bool, bool),
    /// What values there are between.
    pub kind: Kind,
    /// What it does.
    pub about: &'static str,
}

/// What values a [`Parameter`] can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any number of the range.
    Number,
    /// Whole numbers only.
    Whole,
    /// One of these words; its value is its place among them, from 0.
    Word(&'static [&'static str]),
}

impl Parameter {
    /// A number in [min, max], both allowed where they are finite.
    pub const fn number(
        name: &'static str,
        symbol: &'static str,
        default: f64,
        (min, max): (f64, f64),
        about: &'static str,
    ) -> Parameter {
        let closed = (min > f64::NEG_INFINITY, max < f64::INFINITY);
        Parameter { name, symbol, default, min, max, closed, kind: Kind::Number, about }
    }

    /// The same without its ends: (min, max).
    pub const fn open(mut self) -> Parameter {
        self.closed = (false, false);
        self
    }

    /// A whole number in [min, max].
    pub const fn whole(
        name: &'static str,
        symbol: &'static str,
        default: u64,
        (min, max): (u64, u64),
        about: &'static str,
    ) -> Parameter {
        let (min, max, closed) = (min as f64, max as f64, (true, true));
        Parameter { name, symbol, default: default as f64, min, max, closed, kind: Kind::Whole, about }
    }

    /// One of several words, the first if none is given.
    pub const fn word(name: &'static str, words: &'static [&'static str], about: &'static str) -> Parameter {
        let max = words.len() as f64 - 1.0;
        let (kind, closed) = (Kind::Word(words), (true, true));
        Parameter { name, symbol: name, default: 0.0, min: 0.0, max, closed, kind, about }
    }

    /// Yes or no.
    pub const fn flag(name: &'static str, default: bool, about: &'static str) -> Parameter {
        Parameter { default: default as u8 as f64, ..Parameter::word(name, &["no", "yes"], about) }
    }

    /// A value of it, as people write it.
    pub fn written(&self, value: f64) -> String {
        match self.kind {
            Kind::Word(words) => words[value as usize].into(),
            _ => value.to_string(),
        }
    }

    /// What is allowed, in words.
    pub fn allowed(&self) -> String {
        match self.kind {
            Kind::Number => format!("a number in {}", self.range()),
            Kind::Whole => format!("a whole number in {}", self.range()),
            Kind::Word(_) => format!("one of {}", self.range()),
        }
    }

    /// The range, as people write it: `[0, 1)`, or the words: `no, yes`.
    pub fn range(&self) -> String {
        if let Kind::Word(words) = self.kind {
            return words.join(", ");
        }
        let (left, right) = (if self.closed.0 { '[' } else { '(' }, if self.closed.1 { ']' } else { ')' });
        let number = |x: f64| x.to_string().replace("inf", "∞");
        format!("{left}{}, {}{right}", number(self.min), number(self.max))
    }

    fn read(&self, text: &str) -> Option<f64> {
        if let Kind::Word(words) = self.kind {
            return words.iter().position(|w| *w == text).map(|i| i as f64);
        }
        text.parse().ok().filter(|x| self.allows(*x))
    }

    fn allows(&self, x: f64) -> bool {
        if self.kind == Kind::Whole && x.fract() != 0.0 {
            return false;
        }
        let low = if self.closed.0 { x >= self.min } else { x > self.min };
        let high = if self.closed.1 { x <= self.max } else { x < self.max };
        low && high
    }
}

/// The values of a member's parameters, defaults filled in.
#[derive(Clone, Debug)]
pub struct Values(Vec<(Parameter, f64)>);

impl Values {
    /// All at their defaults.
    pub fn defaults(parameters: &[Parameter]) -> Self {
        Values(parameters.iter().map(|p| (*p, p.default)).collect())
    }

    /// # Panics
    /// If the member has no such parameter: a fault of its table row, found by the test over the table.
    pub fn get(&self, name: &str) -> f64 {
        self.find(name).1
    }

    /// The same, if the member has such a parameter.
    pub fn maybe(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(p, _)| p.name == name).map(|(_, value)| *value)
    }

    /// A whole number.
    ///
    /// # Panics
    /// As [`Values::get`].
    pub fn whole(&self, name: &str) -> usize {
        self.get(name) as usize
    }

    /// Whether it is `yes`.
    ///
    /// # Panics
    /// As [`Values::get`].
    pub fn is(&self, name: &str) -> bool {
        self.word(name) == "yes"
    }

    /// The word chosen.
    ///
    /// # Panics
    /// As [`Values::get`], or if the parameter is a number.
    pub fn word(&self, name: &str) -> &'static str {
        match self.find(name) {
            (Parameter { kind: Kind::Word(words), .. }, value) => words[*value as usize],
            _ => panic!("the parameter {name} is a number"),
        }
    }

    /// Multiplies the number of that name, if there is one, as far as its range allows; what it is then.
    pub(crate) fn scale(&mut self, name: &str, factor: f64) -> Option<f64> {
        let (parameter, value) = self.0.iter_mut().find(|(p, _)| p.name == name)?;
        let scaled = *value * factor;
        if parameter.allows(scaled) {
            *value = scaled;
        }
        Some(*value)
    }

    fn find(&self, name: &str) -> &(Parameter, f64) {
        self.0.iter().find(|(p, _)| p.name == name).unwrap_or_else(|| panic!("no parameter {name}"))
    }

    /// All written out, ` name=value` each; the first without its name.
    pub fn written_led(&self) -> String {
        let written = self.written();
        let Some((first, _)) = self.0.first() else { return written };
        written.replacen(&format!("{}=", first.name), "", 1)
    }

    /// All written out, ` name=value` each.
    pub fn written(&self) -> String {
        self.0.iter().map(|(p, value)| format!(" {}={}", p.name, p.written(*value))).collect()
    }
}

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
    pub fn need(&mut self, what: &str, mend: &str) -> Result<&'a str> {
        match self.take() {
            Some(word) => Ok(word),
            None => Err(self.wrong_next(format!("{what} is missing"), mend.into())),
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
    pub fn bracket(&mut self, what: &str, mend: &str) -> Result<Range<usize>> {
        match self.words.get(self.next).cloned() {
            Some(range)
                if self.line[range.clone()].starts_with('(') && self.line[range.clone()].ends_with(')') =>
            {
                self.next += 1;
                Ok(range.start + 1..range.end - 1)
            }
            _ => Err(self.wrong_next(format!("{what} is missing"), mend.into())),
        }
    }

    /// Takes a number that must be there and satisfy `fits`.
    ///
    /// # Errors
    /// [`Error::Line`] at the word.
    pub fn number<T: std::str::FromStr>(
        &mut self,
        what: &str,
        range: &str,
        fits: impl Fn(&T) -> bool,
    ) -> Result<T> {
        let word = self.need(what, &format!("write {what} here: {range}"))?;
        match word.parse::<T>() {
            Ok(n) if fits(&n) => Ok(n),
            _ => Err(self.wrong(format!("{what} is `{word}`"), format!("it must be {range}"))),
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
                return Err(self.wrong(format!("`{name}` is not a setting here"), names));
            }
            if pairs.iter().any(|(n, _)| *n == name) {
                return Err(self.wrong(format!("`{name}` is set twice"), "keep one of them".into()));
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
            return Err(self.wrong(format!("`{text}` does not belong here"), "remove it".into()));
        };
        let Some(value) = first.read(text) else {
            let mend = format!("it must be {}", first.allowed());
            return Err(self.wrong(format!("`{}` is `{text}`", first.name), mend));
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
                    let mend = format!("it must be {}", parameters[i].allowed());
                    return Err(self.wrong_pair(name, format!("`{name}` is `{text}`"), mend));
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
                Err(self.wrong_next(
                    format!("`{word}` does not belong here"),
                    "remove it, or write a comma before it".into(),
                ))
            }
        }
    }

    /// An error at the word taken last.
    pub fn wrong(&self, message: String, mend: String) -> Error {
        let at =
            self.next.checked_sub(1).and_then(|i| self.words.get(i)).cloned().unwrap_or(0..self.line.len());
        Error::Line { line: self.line.into(), at, message, mend }
    }

    /// An error at the pair of that name, one of those taken by [`Words::pairs`].
    pub fn wrong_pair(&self, name: &str, message: String, mend: String) -> Error {
        let is_it = |r: &&Range<usize>| self.line[(*r).clone()].split_once('=').is_some_and(|p| p.0 == name);
        let at = self.words[..self.next].iter().find(is_it).cloned().unwrap_or(0..self.line.len());
        Error::Line { line: self.line.into(), at, message, mend }
    }

    /// An error at the next word, or behind the last.
    fn wrong_next(&self, message: String, mend: String) -> Error {
        let at = self.words.get(self.next).cloned().unwrap_or(self.end..self.end);
        Error::Line { line: self.line.into(), at, message, mend }
    }
}
