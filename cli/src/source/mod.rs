//! Training examples, whatever they are: pictures ([`pictures`]) or the rows of a table ([`table`]).

pub mod pictures;
pub mod table;

use std::path::PathBuf;

use anyhow::{Result, bail};
use gradus::input::Input;
use gradus::threads::Threads;
use gradus::train::{Parts, Samples};
use serde::{Deserialize, Serialize};

use crate::args::Shared;
use crate::console::Voice;
use crate::data::{Data, Kind};
use crate::noun::Noun;
use crate::report::Thumbnail;
use pictures::PictureSamples;
use table::TableSamples;

/// What the program asks of its examples, beyond what a training does.
pub trait Source: Samples {
    /// What one of them is called.
    fn noun(&self) -> Noun;
    /// What goes into the network.
    fn input(&self) -> Input;
    /// Names of the classes; none where a number is to be said.
    fn names(&self) -> &[String];
    /// Of numbers that are to be said: mean and deviation that they were scaled by.
    fn scale(&self) -> Option<(f64, f64)> {
        None
    }
    /// What is to be said.
    fn label(&self) -> String;
    /// Which examples are for what.
    fn parts(&self) -> Parts;
    /// A hash of all that the network sees.
    fn fingerprint(&self) -> [u8; 32];
    /// Everything counted, in a line.
    fn summary_line(&self) -> String;
    /// What could not be used: where it is, and why.
    fn left_out(&self) -> Vec<(String, String)>;
    /// What else there is to say.
    fn notes(&self) -> Vec<String>;
    /// What a model must know to see other examples as these.
    fn preprocessing(&self) -> Preprocessing;
    /// Where an example is, for people.
    fn place(&self, index: usize) -> String;
    /// What an example holds, in words.
    fn about(&self, _index: usize) -> String {
        String::new()
    }
    /// How the data were read, with what was guessed; none if nothing was.
    fn resolved(&self, _asked: &Kind) -> Option<Kind> {
        None
    }
    /// What an example looks like.
    fn picture(&self, _index: usize) -> Option<Thumbnail> {
        None
    }
}

/// What turns a file into inputs: kept with the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Preprocessing {
    /// Of a picture.
    Picture(pictures::Scale),
    /// Of a row.
    Row(gradus_tables::Encoder),
}

impl Preprocessing {
    /// What goes into the network.
    pub fn input(&self) -> Input {
        match self {
            Preprocessing::Picture(scale) => scale.input(),
            Preprocessing::Row(encoder) => encoder.inputs().into(),
        }
    }

    /// Whether it makes sense, where a file said it.
    pub fn is_sane(&self) -> bool {
        match self {
            Preprocessing::Picture(scale) => scale.is_sane(),
            Preprocessing::Row(encoder) => encoder.is_sane(),
        }
    }

    /// Of numbers that are to be said: mean and deviation that they were scaled by.
    pub fn scale(&self) -> Option<(f64, f64)> {
        match self {
            Preprocessing::Picture(_) => None,
            Preprocessing::Row(encoder) => encoder.label.scale,
        }
    }
}

/// Reads the examples of a recipe, and says what they are.
pub fn read(data: &Data, shared: &Shared, voice: Voice) -> Result<Box<dyn Source>> {
    let source: Box<dyn Source> = match &data.kind {
        Kind::Pictures(shape) => Box::new(PictureSamples::open(data, shape, shared, voice)?),
        Kind::Table(settings) => Box::new(TableSamples::open(data, settings)?),
    };
    voice.say(&format!("data       {}: {}", data.source, source.summary_line()));
    source.notes().iter().for_each(|note| voice.say(&format!("  note: {note}")));
    const SHOWN: usize = 20;
    let left_out = source.left_out();
    for (place, why) in left_out.iter().take(SHOWN) {
        voice.say(&format!("  left out {place}: {why}"));
    }
    if left_out.len() > SHOWN {
        let rest = left_out.len() - SHOWN;
        voice.say(&format!("  left out {rest} more; `gradus inspect` and the report name them all"));
    }
    if source.parts().train.is_empty() {
        let Noun { one, many } = source.noun();
        bail!("no {one} is left to train on\n  mend: give less to --validation and --test, or add {many}");
    }
    Ok(source)
}

/// The threads asked for.
pub fn threads(shared: &Shared) -> Threads {
    Threads::new(shared.threads.map_or_else(Threads::available, usize::from))
}

/// Where decoded pictures are kept.
pub fn cache_folder(shared: &Shared) -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let asked = shared.cache.clone().or_else(|| from("GRADUS_CACHE"));
    if let Some(folder) = asked {
        return Some(folder).filter(|folder| folder.as_os_str() != "none");
    }
    let home = from("HOME").or_else(|| from("USERPROFILE"));
    let cache = from("XDG_CACHE_HOME").or_else(|| from("LOCALAPPDATA")).or(home.map(|h| h.join(".cache")));
    cache.map(|c| c.join("gradus"))
}
