//! A scene as SVG text. Texts stay texts (they can be searched and read aloud), stretched to the width that the layout
//! measured, so that a reader without the font sees the same places.

use std::fmt::Write;

use crate::colour::{Colour, PAPER};
use crate::font::FAMILY;
use crate::geometry::Point;
use crate::scene::{Anchor, Mark, Scene, Stroke, Text};

/// The whole file.
pub fn write(scene: &Scene) -> String {
    let (width, height) = (number(scene.width), number(scene.height));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FAMILY}\" role=\"img\">\n\
         <title>{}</title>\n<desc>{}</desc>\n<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
        escaped(&scene.title),
        escaped(&scene.about),
        hex(PAPER),
    );
    scene.marks.iter().for_each(|mark| write_mark(&mut out, mark));
    out + "</svg>\n"
}

fn write_mark(out: &mut String, mark: &Mark) {
    // Writing into a String cannot fail.
    let _ = match mark {
        Mark::Line { points, stroke } => {
            writeln!(out, "<path d=\"{}\" fill=\"none\"{}/>", path(points), stroked(stroke))
        }
        Mark::Area { rings, colour } => {
            let d: String = rings.iter().map(|ring| path(ring) + "Z").collect();
            writeln!(out, "<path d=\"{d}\" fill-rule=\"evenodd\"{}/>", filled(*colour))
        }
        Mark::Disc { centre, radius, fill, rim } => {
            let rim = if rim.width > 0.0 { stroked(rim) } else { String::new() };
            let (x, y, r) = (number(centre.x), number(centre.y), number(*radius));
            writeln!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"{}{rim}/>", filled(*fill))
        }
        Mark::Text(text) => writeln!(out, "{}", write_text(text)),
    };
}

fn write_text(text: &Text) -> String {
    let anchor = match text.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let halo = if text.halo {
        format!(
            " stroke=\"{}\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\"",
            hex(PAPER)
        )
    } else {
        String::new()
    };
    format!(
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\" text-anchor=\"{anchor}\" textLength=\"{}\"{}{halo}>{}</text>",
        number(text.at.x),
        number(text.at.y),
        number(text.size),
        number(text.width()),
        filled(text.colour),
        escaped(&text.text),
    )
}

fn path(points: &[Point]) -> String {
    let mut d = String::new();
    for (i, p) in points.iter().enumerate() {
        let _ = write!(d, "{}{} {}", if i == 0 { 'M' } else { 'L' }, number(p.x), number(p.y));
    }
    d
}

fn filled(colour: Colour) -> String {
    let opacity = opacity("fill-opacity", colour);
    format!(" fill=\"{}\"{opacity}", hex(colour))
}

fn stroked(stroke: &Stroke) -> String {
    let dash = stroke
        .dash
        .lengths(stroke.width)
        .map_or(String::new(), |[ink, gap]| format!(" stroke-dasharray=\"{} {}\"", number(ink), number(gap)));
    format!(
        " stroke=\"{}\"{} stroke-width=\"{}\" stroke-linejoin=\"round\"{dash}",
        hex(stroke.colour),
        opacity("stroke-opacity", stroke.colour),
        number(stroke.width),
    )
}

fn opacity(name: &str, colour: Colour) -> String {
    if colour.opacity < 1.0 { format!(" {name}=\"{}\"", number(colour.opacity)) } else { String::new() }
}

fn hex(colour: Colour) -> String {
    let [r, g, b] = colour.rgb;
    format!("#{r:02X}{g:02X}{b:02X}")
}

/// At most two decimals: a hundredth of a pixel cannot be seen.
fn number(x: f64) -> String {
    let text = format!("{x:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// As XML wants it; characters that XML forbids become `\u{fffd}`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
