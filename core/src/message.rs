//! A sentence for people that can be worded anew in another language: a template with holes, and what stands in them.
//!
//! ```text
//! no layer is called `{name}`        name: dens
//! ```
//!
//! The template is the sentence's code: whoever has a translation of it fills the same facts in; whoever has none shows
//! the English sentence (as gettext does). A text without a template has no code and stays what it is.

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// A sentence.
///
/// ```
/// use gradus::message::Message;
///
/// let said = Message::of("no layer is called `{name}`").with("name", "dens");
/// assert_eq!(said.to_string(), "no layer is called `dens`");
/// assert_eq!(said.code(), Some("no layer is called `{name}`"));
/// // One sentence may stand in another.
/// let around = Message::of("{what}: {where}").with("where", "here").saying("what", said);
/// assert_eq!(around.to_string(), "no layer is called `dens`: here");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Borrowed: a template; owned: a text as it stands.
    text: Cow<'static, str>,
    facts: Box<[(&'static str, Message)]>,
}

impl Message {
    /// A template without its facts. `{name}` is a hole for the fact of that name; there is no way to write a brace otherwise.
    pub fn of(template: &'static str) -> Message {
        Message { text: Cow::Borrowed(template), facts: Box::default() }
    }

    /// A text without a code.
    pub fn plain(text: impl Display) -> Message {
        Message { text: Cow::Owned(text.to_string()), facts: Box::default() }
    }

    /// The same with a number, a name or a piece of text in its place.
    pub fn with(self, name: &'static str, fact: impl Display) -> Message {
        self.saying(name, Message::plain(fact))
    }

    /// The same with a sentence in its place that may be worded anew too.
    pub fn saying(self, name: &'static str, fact: impl Into<Message>) -> Message {
        let mut facts = self.facts.into_vec();
        facts.push((name, fact.into()));
        Message { text: self.text, facts: facts.into() }
    }

    /// The template; none of a text that never had one.
    pub fn code(&self) -> Option<&'static str> {
        match self.text {
            Cow::Borrowed(template) => Some(template),
            Cow::Owned(_) => None,
        }
    }

    /// What stands in the template's holes.
    pub fn facts(&self) -> &[(&'static str, Message)] {
        &self.facts
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Some(mut rest) = self.code() else { return f.write_str(&self.text) };
        while let Some((before, from)) = rest.split_once('{') {
            f.write_str(before)?;
            let (name, behind) = from.split_once('}').unwrap_or((from, ""));
            match self.facts.iter().find(|(known, _)| *known == name) {
                Some((_, fact)) => fact.fmt(f)?,
                // A hole that nobody filled stays visible.
                None => write!(f, "{{{name}}}")?,
            }
            rest = behind;
        }
        f.write_str(rest)
    }
}

impl From<&'static str> for Message {
    fn from(template: &'static str) -> Message {
        Message::of(template)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Message {
        Message::plain(text)
    }
}

/// A text without a code is a string; else an object of the English `words`, the `code`, and the `facts` by name.
impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(code) = self.code() else { return serializer.serialize_str(&self.text) };
        let mut object = serializer.serialize_struct("Message", 3)?;
        object.serialize_field("words", &self.to_string())?;
        object.serialize_field("code", code)?;
        object.serialize_field(
            "facts",
            &self.facts.iter().map(|(name, fact)| (name, fact)).collect::<std::collections::BTreeMap<_, _>>(),
        )?;
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_once_and_only_by_their_own_fact() {
        let said = Message::of("{a} and {b}, {a}").with("a", "{b}").with("b", 2);
        assert_eq!(said.to_string(), "{b} and 2, {b}");
        assert_eq!(Message::of("left {open").to_string(), "left {open}");
        assert_eq!(Message::of("{nobody}").with("other", 1).to_string(), "{nobody}");
        assert_eq!(Message::plain("{a}").with("a", 1).to_string(), "{a}");
    }

    #[test]
    fn as_json_it_has_words_code_and_facts() {
        let inner = Message::of("at most {n}").with("n", 3);
        let json =
            serde_json::to_value(Message::of("{x}: {range}").with("x", "é").saying("range", inner)).unwrap();
        assert_eq!(json["words"], "é: at most 3");
        assert_eq!((&json["code"], &json["facts"]["x"]), (&"{x}: {range}".into(), &"é".into()));
        assert_eq!(json["facts"]["range"]["facts"]["n"], "3");
        assert_eq!(serde_json::to_value(Message::plain("so")).unwrap(), "so");
    }
}
