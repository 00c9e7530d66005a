//! Formulas as a browser draws them.

use pulldown_latex::config::DisplayMode;
use pulldown_latex::{Parser, RenderConfig, Storage, push_mathml};

/// LaTeX as MathML, standing by itself; what cannot be read stays as it is written.
pub fn mathml(latex: &str) -> String {
    let storage = Storage::new();
    let mut out = String::new();
    let config = RenderConfig { display_mode: DisplayMode::Block, ..RenderConfig::default() };
    match push_mathml(&mut out, Parser::new(latex, &storage), config) {
        Ok(()) => out,
        Err(_) => latex.replace('&', "&amp;").replace('<', "&lt;"),
    }
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
}
