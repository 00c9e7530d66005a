//! Networks, losses and optimizers as lines of text: what is read, what is written back, what is pointed at; and
//! the models and files they make.

mod made;
mod reading;
mod wrong;

use std::collections::BTreeMap;

use crate::common::{model, pointed_at};
use gradus::Error;
use gradus::activations::ACTIVATIONS;
use gradus::graph::Graph;
use gradus::initializers::INITIALIZERS;
use gradus::input::Input;
use gradus::layers::LAYERS;
use gradus::losses::{LOSSES, Loss};
use gradus::network::{Model, Network};
use gradus::optimizers::{Choice, OPTIMIZERS};
use gradus::presets::{PRESETS, completed};
use gradus::threads::Threads;
use gradus::train::ModelFile;
use proptest::prelude::*;

fn refused(network: &str, loss: &str, inputs: impl Into<Input>, classes: usize) -> String {
    let made = Model::new(Network::parse(network).unwrap(), Loss::parse(loss).unwrap(), inputs, classes);
    let error = made.err().unwrap_or_else(|| panic!("{network} with {loss} for {classes} classes is taken"));
    assert!(matches!(error, Error::Settings { .. }), "{error:?}");
    assert!(error.to_string().contains("mend: "), "{error}");
    error.to_string()
}

fn model_line(line: &str) -> String {
    Network::parse(line).unwrap().line()
}
