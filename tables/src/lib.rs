//! A table as training examples: read, understood, checked, split and turned into numbers.
//!
//! ```no_run
//! use gradus::train::Split;
//! use gradus_tables::{Settings, Table};
//! let table = Table::open("adult.csv".as_ref(), &Settings::default(), &Split::default())?;
//! println!("{}", table.summary_line());
//! for note in table.notes() {
//!     println!("note: {note}");
//! }
//! let mut inputs = vec![0.0; table.encoder().inputs()];
//! table.read(0, &mut inputs); // the first row as the network sees it
//! # Ok::<(), gradus_tables::Error>(())
//! ```
//!
//! The way of a table: bytes → cells of text ([`Sheet`]) → what each column is ([`Column`]) → numbers ([`Encoder`]). What is
//! measured (means, deviations, the names of categories) is measured on the training part alone and kept with the model, so
//! that a row means the same to it for ever. Whatever is left out is named with its reason.

mod column;
mod dialect;
mod encoder;
mod error;
mod label;
mod settings;
mod sheet;
mod survey;
mod table;
mod words;

pub use column::{Column, Kind};
pub use encoder::{Encoder, Label, Rows};
pub use error::Error;
pub use settings::{Answer, Settings};
pub use sheet::{Sheet, Skipped, is_table};
pub use table::Table;
