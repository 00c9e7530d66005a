//! A small network on two inputs: what the playground, the glass and the landscape have in common.

mod asked;
mod config;
mod data;
mod features;
mod history;
mod lists;
mod plane;
mod points;
mod question;
mod scores;
mod suits;
mod training;

pub use config::Config;
pub use data::{Data, Example, SHAPES, Task};
pub use features::{FEATURES, Feature};
pub use lists::lists;
pub use plane::{Plane, VIEW};
pub use question::{Travel, patience, read};
pub use scores::{Score, Scores};
pub use training::{Halt, Place, Training};
