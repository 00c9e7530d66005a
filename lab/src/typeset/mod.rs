//! Formulas as a browser draws them, and as a screen reader says them: MathML.
//!
//! Formulas come in two ways: as LaTeX, written by the library from the tree of an expression, and as the plain text in
//! which rules, losses and functions state themselves (`θ ← θ − η m̂ / (√v̂ + ε)`), which [`notation`] reads.

pub mod notation;

use pulldown_latex::config::DisplayMode;
use pulldown_latex::{Parser, RenderConfig, Storage, push_mathml};
use serde::Serialize;

/// A formula, for those who see it and for those who hear it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Formula {
    /// As plain text.
    pub text: String,
    /// In LaTeX.
    #[serde(skip)]
    pub latex: String,
    /// In MathML, the text being its alternative.
    pub mathml: String,
}

impl Formula {
    /// From LaTeX that says the same as the text.
    pub fn new(text: &str, latex: &str) -> Formula {
        let mathml = mathml(latex).replacen("<math", &format!("<math alttext=\"{}\"", quoted(text)), 1);
        Formula { text: text.into(), latex: latex.into(), mathml }
    }

    /// Reads the library's notation; what cannot be read stays plain text.
    pub fn of(text: &str) -> Formula {
        let plain = || {
            format!("\\text{{{}}}", text.replace(['\\', '{', '}', '$', '%', '#', '&', '_', '^', '~'], " "))
        };
        Formula::new(text, &notation::latex(text).unwrap_or_else(plain))
    }

    /// Line by line.
    pub fn lines(text: &str) -> Vec<Formula> {
        text.lines().map(Formula::of).collect()
    }
}

/// LaTeX as MathML, standing by itself; what cannot be read stays as it is written.
pub fn mathml(latex: &str) -> String {
    let storage = Storage::new();
    let mut out = String::new();
    let config = RenderConfig { display_mode: DisplayMode::Block, ..RenderConfig::default() };
    match push_mathml(&mut out, Parser::new(latex, &storage), config) {
        // `\mu` comes as the sign of a millionth, which is never italic.
        Ok(()) => out.replace('µ', "μ"),
        Err(_) => format!("<math><mtext>{}</mtext></math>", quoted(latex)),
    }
}

fn quoted(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_becomes_mathml_without_style_attributes() {
        let text = mathml(
            r"\frac{\partial L}{\partial w_{12}} = 2 \left(y - t\right) \cdot [z_1 > 0] \cdot 10^{-4}",
        );
        assert!(text.starts_with("<math") && text.contains("<mfrac") && text.contains("<msub"), "{text}");
        assert!(!text.contains("style=") && !text.contains("merror"), "{text}");
    }

    #[test]
    fn the_text_is_what_a_screen_reader_may_say_instead() {
        let formula = Formula::of("ℓ = ½ (z − t)² if |z − t| < \"δ\"");
        assert!(
            formula.mathml.contains("alttext=\"ℓ = ½ (z − t)² if |z − t| &lt; &quot;δ&quot;\""),
            "{formula:?}"
        );
        assert!(formula.mathml.contains("<mtext"), "what cannot be read is text: {formula:?}");
    }
}
