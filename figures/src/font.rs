//! The one font, DejaVu Sans: how wide a text is, and the outline of its letters. It has Greek and the signs of
//! formulas (θ ∂ √ ₁ ² ← −), and comes with the package `dejavu`, so that no machine need have it installed.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, OutlineCurve};
use tiny_skia::{Path, PathBuilder};

/// What a reader's browser is asked for; the others are about as wide.
pub const FAMILY: &str = "DejaVu Sans, Verdana, Geneva, sans-serif";
/// How far letters reach above the line, as a share of the size: enough for capitals and accents.
pub const ASCENT: f64 = 0.80;
/// How far letters reach below the line.
pub const DESCENT: f64 = 0.22;

static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(dejavu::sans::regular()).expect("the package carries a sound font")
});

/// Pixels for each unit of the font's own measure.
fn scale(size: f64) -> f64 {
    size / FONT.units_per_em().unwrap_or(2048.0) as f64
}

/// The letters of a text with the place of each, in pixels from its start.
fn glyphs(text: &str, size: f64) -> impl Iterator<Item = (ab_glyph::GlyphId, f64, f64)> {
    let (mut x, mut last, scale) = (0.0, None, scale(size));
    text.chars().map(move |c| {
        let glyph = FONT.glyph_id(c);
        x += last.map_or(0.0, |last| FONT.kern_unscaled(last, glyph) as f64 * scale);
        let place = x;
        x += FONT.h_advance_unscaled(glyph) as f64 * scale;
        last = Some(glyph);
        (glyph, place, x)
    })
}

/// Whether the font has a letter for every character of the text.
pub fn knows(text: &str) -> bool {
    text.chars().all(|c| FONT.glyph_id(c).0 != 0)
}

/// How wide a text is, in pixels, if its letters are `size` pixels high (as CSS counts it: the em).
pub fn width(text: &str, size: f64) -> f64 {
    glyphs(text, size).last().map_or(0.0, |(.., end)| end)
}

/// The text, or as much of its beginning as fits into `room`, ending in `…`.
pub fn shortened(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.into();
    }
    let mut kept: Vec<char> = text.chars().collect();
    loop {
        kept.pop();
        let short: String = kept.iter().collect::<String>().trim_end().to_string() + "…";
        if kept.is_empty() || width(&short, size) <= room {
            return short;
        }
    }
}

/// The text in lines that fit into `room`, broken at spaces.
pub fn wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(shortened(word, size, room)),
        }
    }
    lines
}

/// The outline of a text whose line begins at (0, 0), y down; none for a text without ink.
pub fn outline(text: &str, size: f64) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let scale = scale(size);
    for (glyph, x, _) in glyphs(text, size) {
        let Some(outline) = FONT.outline(glyph) else { continue };
        let at = |p: ab_glyph::Point| ((x + p.x as f64 * scale) as f32, (-p.y as f64 * scale) as f32);
        let mut pen = None;
        for curve in outline.curves {
            let (start, end) = match &curve {
                OutlineCurve::Line(a, b) | OutlineCurve::Quad(a, _, b) | OutlineCurve::Cubic(a, _, _, b) => {
                    (at(*a), at(*b))
                }
            };
            if pen != Some(start) {
                if pen.is_some() {
                    builder.close();
                }
                builder.move_to(start.0, start.1);
            }
            match curve {
                OutlineCurve::Line(..) => builder.line_to(end.0, end.1),
                OutlineCurve::Quad(_, c, _) => builder.quad_to(at(c).0, at(c).1, end.0, end.1),
                OutlineCurve::Cubic(_, c, d, _) => {
                    builder.cubic_to(at(c).0, at(c).1, at(d).0, at(d).1, end.0, end.1)
                }
            }
            pen = Some(end);
        }
        builder.close();
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_letters_of_formulas() {
        assert!(knows("θβηαγελμσ∂∇√∑∞≈≤≥≠±×·÷−–…←→↑↓₀₁₂₉ₜᵢ²³⁻⁵ᵗΔ‖ŷ°“”’ Ünïcödé Привет"));
        assert!(!knows("𐏿"));
    }

    #[test]
    fn width_grows_with_size_and_text() {
        let one = width("loss", 12.0);
        assert!((width("loss", 24.0) - 2.0 * one).abs() < 1e-9);
        assert!((20.0..35.0).contains(&one), "{one}");
        assert_eq!(width("", 12.0), 0.0);
        assert!(outline(" ", 12.0).is_none() && outline("L", 12.0).is_some());
    }

    #[test]
    fn long_texts_are_cut_and_wrapped_to_fit() {
        let text = "a rather long name of a series";
        let short = shortened(text, 12.0, 80.0);
        assert!(short.ends_with('…') && width(&short, 12.0) <= 80.0 && short.len() > 5);
        let lines = wrapped(text, 12.0, 80.0);
        assert!(lines.len() > 1 && lines.iter().all(|l| width(l, 12.0) <= 80.0));
        assert_eq!(lines.join(" "), text);
    }
}
