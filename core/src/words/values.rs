//! What can be given by name, and what was given.

use crate::message::Message;

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
    pub fn allowed(&self) -> Message {
        let template = match self.kind {
            Kind::Number => "a number in {range}",
            Kind::Whole => "a whole number in {range}",
            Kind::Word(_) => "one of {range}",
        };
        Message::of(template).with("range", self.range())
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

    pub(super) fn read(&self, text: &str) -> Option<f64> {
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
pub struct Values(pub(super) Vec<(Parameter, f64)>);

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
