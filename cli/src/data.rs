//! Which data a run is about, and how they are read and divided: the part `[data]` of run.toml.

use std::path::Path;

use anyhow::{Context, Result};
use gradus_tables::is_table;
use serde::{Deserialize, Serialize};

use crate::args::{TableArgs, TrainArgs, none_of};
use crate::plain::{EVOLVED_SIZE, evolves};

/// What the data of a recipe are called if they are the built-in ones.
pub const BUILT_IN: &str = "built-in cats and dogs";

/// Which examples, and how they are read and divided.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Data {
    /// The folder or the file, or [`BUILT_IN`].
    pub source: String,
    pub kind: Kind,
    /// Share of each class to validate with.
    pub validation: f64,
    /// Share of each class for the final test; the built-in pictures have their own.
    pub test: f64,
}

/// What the examples are.
#[derive(Clone, Debug)]
pub enum Kind {
    Pictures(Shape),
    Table(gradus_tables::Settings),
}

/// How pictures are read.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub width: u32,
    pub height: u32,
    pub grey: bool,
    pub max_pixels: u64,
}

/// As a run.toml has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grey: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_pixels: Option<u64>,
    validation: f64,
    test: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<gradus_tables::Settings>,
}

impl From<Data> for Written {
    fn from(data: Data) -> Written {
        let (shape, table) = match data.kind {
            Kind::Pictures(shape) => (Some(shape), None),
            Kind::Table(settings) => (None, Some(settings)),
        };
        Written {
            source: data.source,
            width: shape.map(|s| s.width),
            height: shape.map(|s| s.height),
            grey: shape.map(|s| s.grey),
            max_pixels: shape.map(|s| s.max_pixels),
            validation: data.validation,
            test: data.test,
            table,
        }
    }
}

impl TryFrom<Written> for Data {
    type Error = String;

    fn try_from(written: Written) -> Result<Data, String> {
        let Written { source, width, height, grey, max_pixels, validation, test, table } = written;
        let given = [width.is_some(), height.is_some(), grey.is_some(), max_pixels.is_some()];
        let kind = match (table, width, height, grey, max_pixels) {
            (Some(table), None, None, None, None) => Kind::Table(table),
            (Some(_), ..) => return Err("[data.table] is there, and the size of pictures too".into()),
            (None, Some(width), Some(height), Some(grey), Some(max_pixels)) => {
                Kind::Pictures(Shape { width, height, grey, max_pixels })
            }
            (None, ..) => {
                let names = ["width", "height", "grey", "max_pixels"];
                let missing = names.iter().zip(given).find(|(_, given)| !given).map_or("", |(name, _)| name);
                return Err(format!("missing field `{missing}` (or, of a table, the part [data.table])"));
            }
        };
        Ok(Data { source, kind, validation, test })
    }
}

impl Data {
    /// What `args` ask for.
    pub fn of(args: &TrainArgs) -> Result<Data> {
        let size = if evolves(args) { EVOLVED_SIZE } else { (32, 32) };
        let data =
            Data::told(args.data.as_deref(), args.image, (size, evolves(args)), args.grey, &args.table)?;
        if let Kind::Table(_) = data.kind {
            let options = [(args.max_pixels.is_some(), "--max-pixels"), (args.no_mirror, "--no-mirror")];
            none_of(&options, "pictures are read", "give a folder of pictures")?;
        }
        let kind = match data.kind {
            Kind::Pictures(shape) => {
                Kind::Pictures(Shape { max_pixels: args.max_pixels.unwrap_or(shape.max_pixels), ..shape })
            }
            table => table,
        };
        Ok(Data {
            kind,
            validation: args.validation.unwrap_or(data.validation),
            test: args.test.unwrap_or(data.test),
            ..data
        })
    }

    /// The pictures of a folder, the rows of a table, or the built-in pictures, divided as by default. Pictures that nothing
    /// is said of have the size `plain`, unless they have one of their own and `plain` is not to be preferred.
    pub fn told(
        from: Option<&Path>,
        size: Option<(u32, u32)>,
        (plain, preferred): ((u32, u32), bool),
        grey: bool,
        table: &TableArgs,
    ) -> Result<Data> {
        let source = match from {
            None => BUILT_IN.to_string(),
            Some(path) => text_of(path)?,
        };
        let kind = if from.is_some_and(is_table) {
            let options = [(size.is_some(), "--image"), (grey, "--grey")];
            none_of(&options, "pictures are read", "give a folder of pictures")?;
            Kind::Table(table.settings())
        } else {
            none_of(&table.given(), "a table is read", "give a table: a file such as FILE.csv")?;
            let stored = stored_size(&source)?;
            let plain = if preferred { plain } else { stored.unwrap_or(plain) };
            let (width, height) = size.unwrap_or(plain);
            Kind::Pictures(Shape { width, height, grey: grey || stored.is_some(), max_pixels: 100_000_000 })
        };
        Ok(Data { source, kind, validation: 0.15, test: 0.15 })
    }

    /// Whether these are the built-in pictures.
    pub fn is_built_in(&self) -> bool {
        self.source == BUILT_IN
    }

    /// Whether these are files of the MNIST family.
    pub fn is_of_mnist(&self) -> Result<bool> {
        Ok(matches!(self.kind, Kind::Pictures(_)) && stored_size(&self.source)?.is_some())
    }

    /// A short name for run folders and titles.
    pub fn name(&self) -> String {
        let path = Path::new(&self.source);
        let name = match self.kind {
            _ if self.is_built_in() => return "cats-dogs".into(),
            Kind::Pictures(_) => path.file_name(),
            // Of `adult.csv.gz` all that is a name.
            Kind::Table(_) => path.file_stem().map(|stem| Path::new(stem).file_stem().unwrap_or(stem)),
        };
        name.map_or_else(|| "pictures".into(), |name| name.to_string_lossy().into_owned())
    }
}

/// The size of a folder's pictures, if it is one of the MNIST family.
fn stored_size(source: &str) -> Result<Option<(u32, u32)>> {
    Ok(if source == BUILT_IN { None } else { gradus_pictures::stored_size(Path::new(source))? })
}

/// A path's full name as text.
fn text_of(path: &Path) -> Result<String> {
    let full = std::path::absolute(path)?;
    let text =
        full.to_str().context("the name of the data is not UTF-8 text; rename it to use it in a run.toml")?;
    Ok(text.into())
}
