//! Parts that stand side by side, written as LaTeX: what a slash divides becomes a fraction.

/// What stands side by side.
pub enum Part {
    /// What can be multiplied or divided: its LaTeX, and the same without the brackets around all of it.
    Factor {
        latex: String,
        bare: String,
        apart: bool,
    },
    /// What names a sum or a product over all that is multiplied behind it.
    Sum(String),
    /// A sign between factors.
    Sign(&'static str),
    /// A slash, with space around it or not.
    Slash {
        apart: bool,
    },
    Prose(String),
}

/// Writes all side by side, slashes as fractions.
pub fn written(parts: &[Part]) -> String {
    let (mut out, mut rest) = (String::new(), parts);
    // What is multiplied, and waits for a slash.
    let mut product: Vec<(String, String)> = Vec::new();
    while let Some((part, after)) = rest.split_first() {
        rest = after;
        match part {
            Part::Factor { latex, bare, apart } => {
                let space = if *apart && !product.is_empty() { "\\," } else { "" };
                product.push((format!("{space}{latex}"), bare.clone()));
            }
            Part::Slash { apart } => {
                let from = if *apart { 0 } else { product.len().saturating_sub(1) };
                let above = joined(product.split_off(from));
                let below = denominator(&mut rest, *apart);
                let fraction = format!("\\frac{{{above}}}{{{below}}}");
                product.push((fraction.clone(), fraction));
            }
            Part::Sum(name) => {
                flush(&mut product, &mut out);
                out.push_str(name);
            }
            Part::Sign(sign) => {
                flush(&mut product, &mut out);
                out.push_str(sign);
            }
            Part::Prose(words) => {
                flush(&mut product, &mut out);
                out.push_str(&format!("\\;\\text{{{words}}}\\;"));
            }
        }
    }
    flush(&mut product, &mut out);
    out
}

/// A product as it stands; a single bracket around all of it is left out.
fn joined(product: Vec<(String, String)>) -> String {
    match &product[..] {
        [(_, bare)] => bare.clone(),
        _ => product.into_iter().map(|(latex, _)| latex).collect(),
    }
}

fn flush(product: &mut Vec<(String, String)>, out: &mut String) {
    out.extend(product.drain(..).map(|(latex, _)| latex));
}

/// What a slash divides by: one factor, with what it is a function of; a sum with all that it is over; a word.
fn denominator(rest: &mut &[Part], apart: bool) -> String {
    let mut below = Vec::new();
    let is_sum = matches!(rest.first(), Some(Part::Sum(_)));
    while let Some((part, after)) = rest.split_first() {
        match part {
            Part::Factor { apart: stands_apart, .. } if !below.is_empty() && !is_sum => {
                let is_argument = apart && !stands_apart && below.len() == 1;
                if !is_argument {
                    break;
                }
            }
            Part::Factor { .. } => {}
            Part::Sum(_) | Part::Prose(_) if below.is_empty() => {}
            _ => break,
        }
        below.push(part);
        *rest = after;
    }
    match below[..] {
        [Part::Factor { bare, .. }] => bare.clone(),
        [Part::Prose(words)] => format!("\\text{{{words}}}"),
        _ => below
            .iter()
            .map(|part| match part {
                Part::Factor { latex, .. } => latex.clone(),
                Part::Sum(name) => name.clone(),
                _ => String::new(),
            })
            .collect(),
    }
}
