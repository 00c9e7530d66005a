//! Words that several layers read.

use crate::Result;
use crate::activations::{self, ACTIVATIONS, Activation};
use crate::error::did_you_mean;
use crate::initializers::{self, INITIALIZERS};
use crate::message::Message;
use crate::window::{Padding, Window};
use crate::words::{Words, setting_is};

/// Rows and columns of a window, strides and distances.
const SIDE: std::ops::RangeInclusive<usize> = 1..=255;

/// The activation that does nothing.
pub(super) fn identity() -> &'static Activation {
    activations::named("identity").expect("in the table")
}

/// Takes the activation that may stand next; none if there is no word.
pub(super) fn activation(words: &mut Words) -> Result<Option<&'static Activation>> {
    let Some(word) = words.take() else { return Ok(None) };
    let unknown = || {
        let mend = did_you_mean(word, ACTIVATIONS.iter().map(|a| a.name));
        words.wrong(Message::of("no activation is called `{word}`").with("word", word), mend)
    };
    activations::named(word).ok_or_else(unknown).map(Some)
}

/// Whether there is a bias, which a norm leaves nothing to do.
pub(super) fn bias(words: &Words, name: &str, value: &str, norm: bool) -> Result<bool> {
    let bias = yes(words, name, value)?;
    if bias && norm {
        let mend = "leave it out: the norm has a shift of its own, which does the same";
        return Err(words.wrong_pair(name, "a bias before a norm changes nothing", mend));
    }
    Ok(bias)
}

/// The value of `name=yes` or `name=no`.
pub(super) fn yes(words: &Words, name: &str, value: &str) -> Result<bool> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => {
            let mend = Message::of("write {name}=yes or {name}=no").with("name", name);
            Err(words.wrong_pair(name, setting_is(name, value), mend))
        }
    }
}

/// The value of `init=NAME`.
pub(super) fn initializer(words: &Words, name: &str, value: &str) -> Result<&'static initializers::Entry> {
    INITIALIZERS.iter().find(|e| e.name == value).ok_or_else(|| {
        let mend = did_you_mean(value, INITIALIZERS.iter().map(|e| e.name));
        words.wrong_pair(name, Message::of("no way to start is called `{value}`").with("value", value), mend)
    })
}

/// How weights start before that activation, if nothing else is said.
pub(super) fn default_initializer(activation: Option<&Activation>) -> &'static initializers::Entry {
    let name = if activation.is_some_and(|f| f.rectifies) { "he_normal" } else { "glorot_uniform" };
    INITIALIZERS.iter().find(|e| e.name == name).expect("in the table")
}

/// `3` or `3x5`: rows and columns.
pub(super) fn sides(text: &str) -> Option<[usize; 2]> {
    let (rows, columns) = text.split_once('x').unwrap_or((text, text));
    let side = |text: &str| text.parse().ok().filter(|n| SIDE.contains(n));
    Some([side(rows)?, side(columns)?])
}

/// As [`sides`] reads it.
pub(super) fn written([rows, columns]: [usize; 2]) -> String {
    if rows == columns { rows.to_string() } else { format!("{rows}x{columns}") }
}

/// The value of `name=N` or `name=NxM`.
pub(super) fn sides_of(words: &Words, name: &str, value: &str) -> Result<[usize; 2]> {
    sides(value).ok_or_else(|| {
        let mend =
            Message::of("write {name}=2, or {name}=2x1 for rows and columns: whole numbers from 1 to 255")
                .with("name", name);
        words.wrong_pair(name, setting_is(name, value), mend)
    })
}

/// The value of `pad=`.
pub(super) fn padding(words: &Words, name: &str, value: &str) -> Result<Padding> {
    match (value, value.parse()) {
        ("same", _) => Ok(Padding::Same),
        ("valid", _) => Ok(Padding::Valid),
        (_, Ok(n)) if n <= *SIDE.end() => Ok(Padding::Pixels(n)),
        _ => {
            let mend = Message::of("write {name}=same, {name}=valid, or a number of pixels from 0 to 255")
                .with("name", name);
            Err(words.wrong_pair(name, setting_is(name, value), mend))
        }
    }
}

/// `N [stride=N] [pad=valid]`: the window of a pool, which moves by its own size if nothing else is said.
pub(super) fn pool(words: &mut Words) -> Result<Window> {
    let text = words.need("the size of the window", "write it here: 2, or 2x3 for rows and columns")?;
    let [rows, columns] = sides(text).ok_or_else(|| {
        let mend = "it must be a whole number from 1 to 255, or two of them: 2x3 for rows and columns";
        words.wrong(Message::of("the size of the window is `{text}`").with("text", text), mend)
    })?;
    let mut window = Window::new(rows, columns, Padding::Valid).stride(rows, columns);
    for (name, value) in words.pairs(&["stride", "pad"])? {
        match name {
            "stride" => window.stride = sides_of(words, name, value)?,
            _ => window.padding = padding(words, name, value)?,
        }
    }
    Ok(window)
}

/// As [`pool`] reads it.
pub(super) fn pool_written(window: &Window) -> String {
    format!("{} stride={} pad={}", written(window.size), written(window.stride), window.padding)
}
