//! The settings of an experiment as the page's address says them, read one by one, within their ranges.
//!
//! Whatever is wrong with one is said with its name, what was given and what is allowed.

use std::collections::BTreeMap;

use gradus::error::did_you_mean;
use gradus::message::Message;
use gradus::{Error, Result};

use super::State;

/// Settings by name. Each is taken out by who reads it: what is left at the end belongs to nobody.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    left: BTreeMap<String, String>,
    known: Vec<&'static str>,
}

/// The longest text that is read.
const LONGEST: usize = 200_000;

impl Fields {
    /// Those of an address.
    ///
    /// # Errors
    /// [`Error::Range`] if one is too long.
    pub fn of(state: &State) -> Result<Fields> {
        match state.0.iter().find(|(_, text)| text.len() > LONGEST) {
            None => Ok(Fields { left: state.0.clone(), known: Vec::new() }),
            Some((name, _)) => Err(Error::range(
                name,
                "a longer text",
                Message::of("a text of at most {most} letters").with("most", LONGEST),
            )),
        }
    }

    /// A setting as text; none if it is not there, or empty.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let text = self.left.remove(name)?;
        Some(text.trim().to_string()).filter(|text| !text.is_empty())
    }

    /// A text, or what it is if none is given.
    pub fn text_or(&mut self, name: &'static str, default: &str) -> String {
        self.text(name).unwrap_or_else(|| default.into())
    }

    /// A number within [least, most], if it is given.
    ///
    /// # Errors
    /// [`Error::Range`] if it is none, or outside.
    pub fn number(&mut self, name: &'static str, (least, most): (f64, f64)) -> Result<Option<f64>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let fits = |x: &f64| (least..=most).contains(x);
        let number = text.parse().ok().filter(fits);
        number.map(Some).ok_or_else(|| {
            let range = match least {
                // The least number above 0 has three hundred zeros.
                f64::MIN_POSITIVE => Message::of("a number above 0, up to {high}"),
                least => Message::of("a number from {low} to {high}").with("low", least),
            };
            Error::range(name, text, range.with("high", most))
        })
    }

    /// A whole number within [least, most], if it is given.
    ///
    /// # Errors
    /// As [`Fields::number`].
    pub fn whole(&mut self, name: &'static str, (least, most): (u64, u64)) -> Result<Option<u64>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|x| (least..=most).contains(x));
        let range = Message::of("a whole number from {low} to {high}").with("low", least).with("high", most);
        number.map(Some).ok_or_else(|| Error::range(name, text, range))
    }

    /// That nothing is left.
    ///
    /// # Errors
    /// [`Error::Settings`] at a name that nobody knows.
    pub fn end(self) -> Result<()> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => Err(Error::Settings {
                message: Message::of("`{name}` is not a setting of this experiment").with("name", name),
                mend: did_you_mean(name, self.known.into_iter()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Result<Fields> {
        Fields::of(&State(pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()))
    }

    #[test]
    fn settings_are_read_and_all_are_known() {
        let pairs = [("lr", "0.5"), ("data", " xor "), ("net", ""), ("sed", "3")];
        let mut fields = fields(&pairs).unwrap();
        assert_eq!(fields.number("lr", (0.0, 1.0)).unwrap(), Some(0.5));
        assert_eq!(fields.text("data").as_deref(), Some("xor"));
        assert_eq!(fields.text("net"), None);
        assert_eq!(fields.whole("seed", (0, 9)).unwrap(), None);
        let error = fields.end().unwrap_err().to_string();
        assert!(error.contains("`sed`") && error.contains("did you mean `seed`?"), "{error}");
    }

    #[test]
    fn above_zero_is_said_without_three_hundred_zeros() {
        let mut fields = fields(&[("lr", "much")]).unwrap();
        let error = fields.number("lr", (f64::MIN_POSITIVE, 1e6)).unwrap_err().to_string();
        assert!(error.ends_with("a number above 0, up to 1000000"), "{error}");
    }

    #[test]
    fn what_is_out_of_range_is_said() {
        for wrong in ["2", "many", "NaN", "true"] {
            let error =
                fields(&[("noise", wrong)]).unwrap().number("noise", (0.0, 1.0)).unwrap_err().to_string();
            let says = format!("noise = {wrong} is out of range: it must be a number from 0 to 1");
            assert!(error.contains(&says), "{error}");
        }
        assert!(fields(&[("points", &"1,".repeat(LONGEST))]).is_err());
    }
}
