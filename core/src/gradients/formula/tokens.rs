//! The signs, numbers and words of a typed formula.

use std::ops::Range;

use super::read::wrong;
use crate::Result;
use crate::message::Message;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    /// A word, by where it stands in the line.
    Word(usize, usize),
    /// A small number above the line.
    Raised(i64),
    Plus,
    Minus,
    Times,
    Over,
    Power,
    Root,
    Open,
    Close,
    Bar,
    Comma,
}

const RAISED: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/// All of a line, and where they stand.
pub(super) fn tokens(line: &str) -> Result<Vec<(Token, Range<usize>)>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        let rest = &line[at..];
        let (token, length) = match c {
            ' ' => {
                at += 1;
                continue;
            }
            '0'..='9' | '.' => number(line, at)?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let length =
                    rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Token::Word(at, at + length), length)
            }
            'π' | 'σ' => (Token::Word(at, at + c.len_utf8()), c.len_utf8()),
            '*' if rest.starts_with("**") => (Token::Power, 2),
            _ if RAISED.contains(c) => raised(rest),
            _ => (sign(line, at, c)?, c.len_utf8()),
        };
        tokens.push((token, at..at + length));
        at += length;
    }
    Ok(tokens)
}

fn sign(line: &str, at: usize, c: char) -> Result<Token> {
    Ok(match c {
        '+' => Token::Plus,
        '-' | '−' | '–' => Token::Minus,
        '*' | '·' | '×' | '⋅' => Token::Times,
        '/' | '÷' => Token::Over,
        '^' => Token::Power,
        '√' => Token::Root,
        '(' | '[' | '（' => Token::Open,
        ')' | ']' | '）' => Token::Close,
        '|' => Token::Bar,
        ',' | ';' | '，' => Token::Comma,
        _ => {
            let mend = "known are numbers, variables, functions, + − * / ^ | and brackets";
            let message = Message::of("`{sign}` is no sign of a formula").with("sign", c.escape_debug());
            return Err(wrong(line, at..at + c.len_utf8(), message, mend));
        }
    })
}

/// Digits, a point, and an exponent if digits follow its e: `2e` is 2·e.
fn number(line: &str, at: usize) -> Result<(Token, usize)> {
    let rest = &line.as_bytes()[at..];
    let digits = |from: usize| rest[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut length = digits(0);
    if rest.get(length) == Some(&b'.') {
        length += 1 + digits(length + 1);
    }
    if matches!(rest.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(rest.get(length + 1), Some(b'+' | b'-')));
        let count = if length + 1 + sign < rest.len() { digits(length + 1 + sign) } else { 0 };
        if count > 0 {
            length += 1 + sign + count;
        }
    }
    let text = &line[at..at + length];
    match text.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok((Token::Number(x), length)),
        _ => {
            let mend = "write it like 12, 0.5 or 1e-3, below 1.8e308";
            Err(wrong(line, at..at + length, Message::of("`{text}` is no number").with("text", text), mend))
        }
    }
}

/// A whole number of raised digits; too many of them are more than any power that is taken.
fn raised(rest: &str) -> (Token, usize) {
    let digits =
        rest.chars().map_while(|c| RAISED.chars().position(|r| r == c).map(|d| (d as i64, c.len_utf8())));
    let (number, length) =
        digits.fold((0i64, 0), |(n, length), (d, l)| (n.saturating_mul(10).saturating_add(d), length + l));
    (Token::Raised(number), length)
}
