//! Formulas as people type them.
//!
//! ```text
//! sum      = product (("+" | "−") product)*
//! product  = signed (("·" | "/") signed | power)*      a power without a sign between: 2x, 2 pi x, (x − 1)(x + 1)
//! signed   = ("−" | "+")* power                        −x² is −(x²)
//! power    = atom ("^" signed | "²", "³", …)?          2^3^2 is 2^(3^2)
//! atom     = number | variable | "π" | "e" | "(" sum ")" | "|" sum "|" | function "(" sum ")"
//! ```
//!
//! What is typed comes from anywhere: its length, its brackets within brackets and its powers are limited, so that reading
//! it ends soon whatever it is, and never panics.

use std::ops::Range;

use super::tokens::{Token, tokens};
use super::{Expression, Function, Name, Sheet, with};
use crate::error::did_you_mean;
use crate::message::Message;
use crate::real::Real;
use crate::{Error, Result};

/// The longest formula that is read, in bytes.
const MOST_LETTERS: usize = 400;
/// How many brackets, signs and powers may stand within one another.
const MOST_DEPTH: usize = 40;
/// The greatest whole power of anything.
const MOST_POWER: i64 = 1000;

/// The functions of one number, and of two.
const FUNCTIONS: [&str; 13] =
    ["sin", "cos", "tan", "exp", "ln", "sqrt", "abs", "tanh", "sigmoid", "softplus", "relu", "max", "min"];
const CONSTANTS: [&str; 2] = ["pi", "e"];

/// Whether a word means something in a formula of these variables.
pub(crate) fn is_known(word: &str, variables: &[&str]) -> bool {
    FUNCTIONS.iter().chain(&CONSTANTS).chain(variables).any(|known| *known == word)
}

/// Reads a formula of some variables onto this thread's sheet.
///
/// # Errors
/// [`Error::Line`] at what is wrong.
pub(crate) fn read(text: &str, variables: &[&'static str]) -> Result<Expression> {
    // A line break would tear the caret from what it points at.
    let line: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    if line.len() > MOST_LETTERS {
        // Only its beginning is shown.
        let cut = (0..=MOST_LETTERS / 4).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
        return Err(wrong(
            &line[..cut],
            cut..cut,
            Message::of("the formula has {letters} letters").with("letters", line.len()),
            Message::of("write one of at most {letters}").with("letters", MOST_LETTERS),
        ));
    }
    let tokens = tokens(&line)?;
    let mut reader = Reader { line: &line, tokens, next: 0, depth: 0, bars: 0, variables };
    let read = reader.sum()?;
    match reader.tokens.get(reader.next) {
        None => Ok(read),
        Some((Token::Close | Token::Bar, _)) => {
            Err(reader.wrong_here("this bracket was never opened", "take it away, or open it before"))
        }
        Some(_) => Err(reader.wrong_here("something is missing before this", "write + − * / or ^ between")),
    }
}

/// An error at a stretch of a line.
pub(super) fn wrong(
    line: &str,
    at: Range<usize>,
    message: impl Into<Message>,
    mend: impl Into<Message>,
) -> Error {
    Error::Line { line: line.into(), at, message: message.into(), mend: mend.into() }
}

struct Reader<'a> {
    line: &'a str,
    tokens: Vec<(Token, Range<usize>)>,
    next: usize,
    depth: usize,
    /// How many | are open.
    bars: usize,
    variables: &'a [&'static str],
}

impl Reader<'_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.next).map(|(token, _)| *token)
    }

    /// Takes the next token if it is this one.
    fn take(&mut self, wanted: Token) -> bool {
        let is_it = self.peek() == Some(wanted);
        self.next += usize::from(is_it);
        is_it
    }

    /// Where the next token stands, or the end.
    fn here(&self) -> Range<usize> {
        self.tokens.get(self.next).map_or(self.line.len()..self.line.len(), |(_, at)| at.clone())
    }

    fn wrong_here(&self, message: impl Into<Message>, mend: impl Into<Message>) -> Error {
        wrong(self.line, self.here(), message, mend)
    }

    /// What `read` reads, one level further down.
    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Result<Expression>) -> Result<Expression> {
        if self.depth == MOST_DEPTH {
            return Err(self.wrong_here(
                Message::of("more than {depth} brackets, signs or powers within one another")
                    .with("depth", MOST_DEPTH),
                "write it flatter",
            ));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn sum(&mut self) -> Result<Expression> {
        let mut sum = self.product()?;
        loop {
            if self.take(Token::Plus) {
                sum = sum + self.product()?;
            } else if self.take(Token::Minus) {
                sum = sum - self.product()?;
            } else {
                return Ok(sum);
            }
        }
    }

    fn product(&mut self) -> Result<Expression> {
        let mut product = self.signed()?;
        loop {
            if self.take(Token::Times) {
                product = product * self.signed()?;
            } else if self.peek() == Some(Token::Over) {
                let at = self.here();
                self.next += 1;
                let below = self.signed()?;
                if with(|sheet| sheet.constant(below)) == Some(0.0) {
                    let end = self.tokens[self.next - 1].1.end;
                    let mend = "divide by something else";
                    return Err(wrong(self.line, at.start..end, "a division by zero", mend));
                }
                product = product / below;
            } else if self.joins() {
                product = product * self.power()?;
            } else {
                return Ok(product);
            }
        }
    }

    /// Whether what was just read may be followed by a factor without a sign: a number before anything but a number, a
    /// bracket before a bracket or a word. A | after it opens only where none is open: else it closes.
    fn joins(&self) -> bool {
        let is_number = |token| match token {
            Token::Word(from, to) => matches!(&self.line[from..to], "pi" | "π" | "e"),
            token => matches!(token, Token::Number(_) | Token::Close | Token::Raised(_)),
        };
        let before = self.next.checked_sub(1).map(|at| self.tokens[at].0);
        before.is_some_and(is_number)
            && match self.peek() {
                Some(Token::Open | Token::Root | Token::Word(..)) => true,
                Some(Token::Bar) => self.bars == 0,
                _ => false,
            }
    }

    fn signed(&mut self) -> Result<Expression> {
        if self.take(Token::Minus) {
            return Ok(-self.deeper(Self::signed)?);
        }
        if self.take(Token::Plus) {
            return self.deeper(Self::signed);
        }
        self.power()
    }

    fn power(&mut self) -> Result<Expression> {
        let from = self.here().start;
        let base = self.atom()?;
        if let Some(Token::Raised(n)) = self.peek() {
            self.next += 1;
            return self.raised(base, n as f64, from);
        }
        if !self.take(Token::Power) {
            return Ok(base);
        }
        let to = self.deeper(Self::signed)?;
        match with(|sheet| sheet.constant(to)) {
            Some(number) => self.raised(base, number, from),
            None if with(|sheet| sheet.constant(base)) == Some(std::f64::consts::E) => Ok(to.exp()),
            // aᵇ = e^(b ln a): of positive a, as b may be anything.
            None => Ok((to * base.ln()).exp()),
        }
    }

    /// A power that is a number. `from`: where its base begins.
    fn raised(&self, base: Expression, to: f64, from: usize) -> Result<Expression> {
        let here = from..self.tokens[self.next - 1].1.end;
        let most = with(|sheet| match sheet.constant(base) {
            Some(_) => 1,
            None => sheet.factors(base).1.iter().map(|(_, n)| (*n as i64).abs()).max().unwrap_or(1),
        });
        // √a is a name of its own, so halves are whole powers of it.
        let (base, doubled) = match to.fract() == 0.0 {
            true => (base, to),
            false if (2.0 * to).fract() == 0.0 => (base.sqrt(), 2.0 * to),
            false => return Ok((Expression::of(to) * base.ln()).exp()),
        };
        if doubled.abs() > (MOST_POWER / most.max(1)) as f64 {
            let mend = Message::of("write a power of at most {power}").with("power", MOST_POWER);
            return Err(wrong(self.line, here, "the power is too large", mend));
        }
        if with(|sheet| sheet.constant(base)) == Some(0.0) && doubled < 0.0 {
            return Err(wrong(self.line, here, "a division by zero", "divide by something else"));
        }
        Ok(with(|sheet| sheet.product(&[(base, doubled as i32)])))
    }

    fn atom(&mut self) -> Result<Expression> {
        let at = self.here();
        let Some(token) = self.peek() else {
            let mend = "write a number, a variable, a function or a bracket";
            return Err(self.wrong_here("the formula ends too soon", mend));
        };
        self.next += 1;
        match token {
            Token::Number(x) => Ok(Expression::of(x)),
            Token::Open => self.bracketed(Token::Close, at),
            Token::Bar => {
                self.bars += 1;
                let inner = self.bracketed(Token::Bar, at)?;
                self.bars -= 1;
                Ok(inner.abs())
            }
            Token::Root => Ok(self.deeper(Self::atom)?.sqrt()),
            Token::Word(from, to) => self.word(from..to),
            _ => {
                self.next -= 1;
                let mend = "write a number, a variable, a function or a bracket before it";
                Err(self.wrong_here("something is missing here", mend))
            }
        }
    }

    /// What stands until `end`, which was opened at `at`.
    fn bracketed(&mut self, end: Token, at: Range<usize>) -> Result<Expression> {
        let inner = self.deeper(Self::sum)?;
        match self.take(end) {
            true => Ok(inner),
            false if self.peek().is_none() => {
                Err(wrong(self.line, at, "this bracket is never closed", "close it"))
            }
            false => Err(self.wrong_here(
                "something is missing before this",
                "write + − * / or ^ between, or close the bracket",
            )),
        }
    }

    fn word(&mut self, at: Range<usize>) -> Result<Expression> {
        let word = &self.line[at.clone()];
        if let Some(variable) = self.variables.iter().find(|v| **v == word) {
            return Ok(Expression::symbol(Name { letter: variable, number: 0 }));
        }
        match word {
            "pi" | "π" => return Ok(Expression::of(std::f64::consts::PI)),
            "e" => return Ok(Expression::of(std::f64::consts::E)),
            _ => {}
        }
        let word = if word == "σ" { "sigmoid" } else { word };
        let Some(function) = FUNCTIONS.iter().find(|f| **f == word) else {
            let message = Message::of("`{word}` is not known").with("word", word);
            return Err(wrong(self.line, at, message, self.mend_of(word)));
        };
        let open = self.here();
        if !self.take(Token::Open) {
            let mend = Message::of("write {function}(…)").with("function", function);
            let message = Message::of("{function} needs a bracket").with("function", function);
            return Err(self.wrong_here(message, mend));
        }
        if matches!(*function, "max" | "min") {
            let a = self.deeper(Self::sum)?;
            if !self.take(Token::Comma) {
                let message = Message::of("{function} takes two numbers").with("function", function);
                let mend = Message::of("write {function}(…, …)").with("function", function);
                return Err(self.wrong_here(message, mend));
            }
            let b = self.bracketed(Token::Close, open)?;
            return Ok(if *function == "max" { Real::max(a, b) } else { Real::min(a, b) });
        }
        let of = self.bracketed(Token::Close, open)?;
        let apply = |function| with(|sheet| sheet.apply(function, of));
        Ok(match *function {
            "sin" => apply(Function::Sin),
            "cos" => apply(Function::Cos),
            "tan" => apply(Function::Sin) / apply(Function::Cos),
            "exp" => of.exp(),
            "ln" => of.ln(),
            "sqrt" => of.sqrt(),
            "abs" => of.abs(),
            "tanh" => of.tanh(),
            "sigmoid" => of.sigmoid(),
            "softplus" => of.softplus(),
            _ => Real::max(of, Sheet::ZERO),
        })
    }

    /// What to write instead of a word that is not known.
    fn mend_of(&self, word: &str) -> Message {
        let letters = word.chars().map(|c| c.to_string());
        if word.len() > 1 && letters.clone().all(|c| self.variables.contains(&c.as_str())) {
            let product = letters.collect::<Vec<_>>().join("*");
            return Message::of("write a sign between: {product}").with("product", product);
        }
        let known = self.variables.iter().chain(&CONSTANTS).chain(&FUNCTIONS).copied();
        match word {
            "log" => "write ln for the natural logarithm".into(),
            _ => did_you_mean(word, known),
        }
    }
}
