//! What a function is: its formula and, derived from it, its slopes.

use gradus::functions::{Choice, Written};
use serde::Serialize;

use crate::typeset::Formula;

/// What a function is.
#[derive(Clone, Debug, Serialize)]
pub struct About {
    /// The line that reads back to it.
    pub line: String,
    /// How many numbers it takes.
    pub dimension: usize,
    /// f(x) = …
    pub formula: Formula,
    /// ∂f/∂x = …, ∂f/∂y = …, derived from the formula; nothing where there is none, none where it would be long.
    pub slopes: Vec<Option<Formula>>,
    /// The least value, if it is known.
    pub least: Option<f64>,
    /// Where it is taken.
    pub minima: Vec<Vec<f64>>,
    /// Whether its evaluations are noisy.
    pub noisy: bool,
}

impl About {
    pub(in crate::bench) fn of(choice: &Choice) -> About {
        let (function, written) = (choice.function(), choice.written());
        let slopes = written.iter().flat_map(|w| (0..w.dimension()).map(|i| slope(w, i)));
        let least = function.least();
        About {
            line: choice.line(),
            dimension: choice.dimension(),
            formula: formula(choice),
            slopes: slopes.collect(),
            least: least.as_ref().map(|least| least.value),
            minima: least.map_or_else(Vec::new, |least| least.places),
            noisy: function.noise() != gradus::functions::Noise::default(),
        }
    }
}

/// f(x) = …: of a typed function from its tree, of a named one as its table has it.
pub(in crate::bench) fn formula(choice: &Choice) -> Formula {
    let text = choice.formula();
    let written = choice.written().filter(|_| choice.entry().is_none());
    let latex =
        written.and_then(|w| w.formula(true).map(|latex| format!("{} = {latex}", called(w.dimension()))));
    latex.map_or_else(|| Formula::of(&text), |latex| Formula::new(&text, &latex))
}

fn called(dimension: usize) -> &'static str {
    if dimension == 1 { "f(x)" } else { "f(x, y)" }
}

/// ∂f/∂xᵢ = …
fn slope(written: &Written, i: usize) -> Option<Formula> {
    let (text, latex) = (written.slope(i, false)?, written.slope(i, true)?);
    let name = ["x", "y"][i.min(1)];
    Some(match written.dimension() {
        1 => Formula::new(&format!("f′(x) = {text}"), &format!("f'(x) = {latex}")),
        _ => Formula::new(
            &format!("∂f/∂{name} = {text}"),
            &format!("\\frac{{\\partial f}}{{\\partial {name}}} = {latex}"),
        ),
    })
}
