//! What can be chosen from lists: functions of one or two numbers, optimizers.

use gradus::optimizers::{self, Family};
use serde::Serialize;

/// What can be chosen from lists.
#[derive(Clone, Debug, Serialize)]
pub struct Lists {
    /// Functions of one or two numbers.
    pub functions: Vec<Named>,
    /// Optimizers and what goes around them.
    pub optimizers: Vec<Named>,
}

/// A name, and what it is good for.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// As it is written.
    pub name: String,
    /// What it is good for.
    pub about: &'static str,
    /// `rule`, `line_search` or `evolution`; `function`.
    pub family: &'static str,
    /// η by default; of a function nothing.
    pub learning_rate: Option<f64>,
}

/// What can be chosen: every function of the library that takes one or two numbers, every optimizer in each of its
/// dialects.
pub fn lists() -> Lists {
    let function = |e: &'static gradus::functions::Entry| {
        let takes_dim = e.parameters.iter().find(|p| p.name == "dim");
        let name = match takes_dim {
            Some(p) if p.default != 2.0 => format!("{} dim=2", e.name),
            _ => e.name.to_string(),
        };
        Named { name, about: e.about, family: "function", learning_rate: None }
    };
    let optimizer = |e: &'static optimizers::Entry| {
        e.dialects.iter().enumerate().map(move |(k, d)| Named {
            name: if k == 0 { e.name.to_string() } else { format!("{}@{}", e.name, d.name) },
            about: e.about,
            family: match e.family {
                Family::Rule => "rule",
                Family::LineSearch => "line_search",
                Family::Evolution => "evolution",
            },
            learning_rate: Some(d.learning_rate),
        })
    };
    Lists {
        functions: gradus::functions::all().map(function).collect(),
        optimizers: optimizers::OPTIMIZERS.iter().flat_map(optimizer).collect(),
    }
}
