//! The closed formulas of a small network, with the numbers of its first example put in.

use gradus::gradients::{ByHand, Report, SlopeReport, Style};
use serde::Serialize;

/// Slopes whose formulas are printed.
const SHOWN: usize = 40;

/// Where a slope stands in the order of the formulas' names: w₁, w₂, …, w₁₀, …, b₁, ….
pub fn by_number(slope: &SlopeReport) -> (bool, usize, String) {
    let name = slope.name.clone().unwrap_or_default();
    (name.starts_with('b'), name.chars().count(), name)
}

/// All that is written down by hand.
#[derive(Serialize)]
pub struct Formulas {
    /// Intermediate values: name, formula, value.
    values: Vec<(String, String, f64)>,
    loss: Option<String>,
    slopes: Vec<Slope>,
    /// Slopes left out.
    more: usize,
}

#[derive(Serialize)]
struct Slope {
    weight: String,
    part: String,
    place: usize,
    /// None if it is too long for anyone to read.
    formula: Option<String>,
    in_numbers: Option<String>,
    value: f64,
}

impl Formulas {
    /// Of the weights that were compared, in the order of their names.
    pub fn of(by_hand: &mut ByHand, theta: &[f32], report: &Report, latex: bool) -> Formulas {
        let theta: Vec<f64> = theta.iter().map(|w| *w as f64).collect();
        let style = Style { latex, named: true };
        let values = by_hand.values(&theta, 0);
        let values =
            by_hand.definitions(latex).into_iter().zip(values).map(|((n, f), v)| (n, f, v)).collect();
        let mut all: Vec<_> = report.slopes.iter().collect();
        all.sort_by_key(|s| by_number(s));
        let slope = |s: &&SlopeReport| {
            let (in_numbers, value) = by_hand.slope_in_numbers(&theta, s.index, 0, latex);
            Slope {
                weight: by_hand.name(s.index, latex),
                part: s.part.clone(),
                place: s.place,
                formula: by_hand.slope(s.index, style),
                in_numbers,
                value,
            }
        };
        let slopes = all.iter().take(SHOWN).map(slope).collect();
        let more = all.len().saturating_sub(SHOWN);
        Formulas { values, loss: by_hand.loss_formula(style), slopes, more }
    }

    /// For people; in LaTeX a block of equations.
    pub fn text(&self, latex: bool) -> String {
        if latex { self.latex() } else { self.plain() }
    }

    fn plain(&self) -> String {
        let mut lines = vec!["\nof one example (numbers: of the first in the batch)".to_string()];
        for (name, formula, value) in self.values.iter().take(SHOWN) {
            let value = format!("{value:.6}").replace('-', "−");
            lines.push(format!("  {:<44} = {value}", format!("{name} = {formula}")));
        }
        if let Some(loss) = &self.loss {
            lines.push(format!("  L = {loss}"));
        }
        for slope in &self.slopes {
            let head = format!("  ∂L/∂{}", slope.weight);
            let indent = " ".repeat(head.chars().count());
            match &slope.formula {
                Some(formula) => lines.push(format!("\n{head} = {formula}")),
                None => lines.push(format!("\n{head}: a formula too long to read")),
            }
            if let Some(numbers) = &slope.in_numbers {
                lines.push(format!("{indent} = {numbers}"));
            }
            lines.push(format!("{indent} = {:.9}", slope.value).replace('-', "−"));
        }
        if self.more > 0 {
            lines.push(format!("\n  and {} more slopes; --json holds those that were compared", self.more));
        }
        lines.join("\n")
    }

    fn latex(&self) -> String {
        let mut lines = vec!["\\begin{align*}".to_string()];
        lines.extend(self.values.iter().map(|(name, formula, _)| format!("{name} &= {formula} \\\\")));
        lines.extend(self.loss.iter().map(|loss| format!("L &= {loss} \\\\")));
        for slope in &self.slopes {
            let formula = slope.formula.as_deref().unwrap_or("\\text{too long to read}");
            lines.push(format!("\\frac{{\\partial L}}{{\\partial {}}} &= {formula} \\\\", slope.weight));
        }
        lines.push("\\end{align*}".into());
        lines.join("\n")
    }
}
