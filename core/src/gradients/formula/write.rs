//! Formulas as people read them: text with unicode signs, or LaTeX.

use std::f64::consts::PI;

use super::Expression;
use super::sheet::{Function, Name, Node, Sheet};

/// How a formula is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// In LaTeX; else as text.
    pub latex: bool,
    /// With intermediate values by their names; else everything down to weights, inputs and targets.
    pub named: bool,
}

/// How tightly things hold together: what binds less is put in brackets.
const SUM: u8 = 1;
const PRODUCT: u8 = 2;
const POWER: u8 = 3;

impl Sheet {
    /// A formula, whose own name is not used; none if it were longer than `limit` bytes. With `values`, by place, all
    /// that has a name is written as its number.
    pub fn write(&self, e: Expression, style: Style, values: Option<&[f64]>, limit: usize) -> Option<String> {
        let mut writer = Writer { sheet: self, style, values, out: String::new(), limit };
        writer.body(e, 0);
        (writer.out.len() <= limit).then_some(writer.out)
    }
}

/// A name: w₁₂, or w_{12}.
pub(crate) fn write_name(name: Name, latex: bool) -> String {
    match (name.number, latex) {
        (0, _) => name.letter.into(),
        (n @ 1..10, true) => format!("{}_{n}", name.letter),
        (n, true) => format!("{}_{{{n}}}", name.letter),
        (n, false) => format!("{}{}", name.letter, digits(n, "₀₁₂₃₄₅₆₇₈₉")),
    }
}

/// A number in other digits.
fn digits(n: usize, alphabet: &str) -> String {
    let digit = |c: char| alphabet.chars().nth(c as usize - '0' as usize).unwrap_or(c);
    n.to_string().chars().map(digit).collect()
}

/// A number with all its digits, with a true minus sign.
pub(crate) fn write_number(x: f64, latex: bool) -> String {
    if let Some(turns) = of_pi(x) {
        let pi = if latex { "\\pi" } else { "π" };
        let sign = if turns < 0.0 { if latex { "-" } else { "−" } } else { "" };
        let size = if turns.abs() == 1.0 { String::new() } else { turns.abs().to_string() };
        return format!("{sign}{size}{pi}");
    }
    let plain = x == 0.0 || (1e-4..1e6).contains(&x.abs());
    let text = if plain { x.to_string() } else { format!("{x:e}") };
    match (latex, text.split_once('e')) {
        (false, _) => text.replace('-', "−"),
        (true, None) => text,
        (true, Some((digits, power))) => format!("{digits} \\cdot 10^{{{power}}}"),
    }
}

/// How many times π a number is, if it is a whole multiple to its last digit.
fn of_pi(x: f64) -> Option<f64> {
    let times = (x / PI).round();
    (times != 0.0 && times.abs() <= 1000.0 && times * PI == x).then_some(times)
}

/// To four digits that count.
pub(crate) fn rounded(x: f64) -> f64 {
    format!("{x:.3e}").parse().unwrap_or(x)
}

struct Writer<'a> {
    sheet: &'a Sheet,
    style: Style,
    values: Option<&'a [f64]>,
    out: String,
    limit: usize,
}

impl Writer<'_> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// `text` or `latex`, as the style wants.
    fn either(&mut self, text: &str, latex: &str) {
        self.put(if self.style.latex { latex } else { text });
    }

    /// An expression inside another that binds as tightly as `outside`.
    fn inside(&mut self, e: Expression, outside: u8) {
        let name = match self.sheet.node(e) {
            Node::Symbol(i) => Some(self.sheet.symbol_name(*i)),
            _ => self.sheet.name(e).filter(|_| self.style.named),
        };
        match (name, self.values) {
            (None, _) => self.body(e, outside),
            (Some(name), None) => self.put(&write_name(name, self.style.latex)),
            (Some(_), Some(values)) => {
                let value = rounded(values[self.sheet.place(e)]);
                let binds = if value < 0.0 { SUM } else { POWER };
                self.bracketed(binds < outside, |w| w.put(&write_number(value, w.style.latex)));
            }
        }
    }

    fn bracketed(&mut self, brackets: bool, write: impl FnOnce(&mut Self)) {
        if brackets {
            self.either("(", "\\left(");
        }
        write(self);
        if brackets {
            self.either(")", "\\right)");
        }
    }

    /// What an expression is made of.
    fn body(&mut self, e: Expression, outside: u8) {
        // Nobody reads more; and unfolded, a formula can be longer than any memory.
        if self.out.len() > self.limit {
            return;
        }
        let sheet = self.sheet;
        match sheet.node(e) {
            Node::Number(x) => {
                self.bracketed(x.0 < 0.0 && outside > SUM, |w| w.put(&write_number(x.0, w.style.latex)));
            }
            Node::Symbol(i) => self.put(&write_name(sheet.symbol_name(*i), self.style.latex)),
            Node::Sum(terms) => {
                let one_product = terms.len() == 1 && terms[0].0.0 > 0.0;
                let binds = if one_product { PRODUCT } else { SUM };
                let terms: Vec<(f64, Expression)> = terms.iter().map(|(c, e)| (c.0, *e)).collect();
                self.bracketed(binds < outside, |w| w.sum(terms));
            }
            Node::Product(factors) => self.bracketed(PRODUCT < outside, |w| w.product(1.0, factors)),
            Node::Apply(function, of) => self.function(*function, *of),
            Node::LogSumExp(of) => {
                self.either("ln", "\\ln");
                self.bracketed(true, |w| w.exponentials(of));
            }
            Node::Share(of, k) => {
                self.either("", "\\frac{");
                self.function(Function::Exp, of[*k]);
                self.either("/", "}{");
                self.bracketed(!self.style.latex, |w| w.exponentials(of));
                self.either("", "}");
            }
            Node::Choice { condition, then, other } => self.choice(*condition, *then, *other),
        }
    }

    fn sum(&mut self, mut terms: Vec<(f64, Expression)>) {
        if let Some(first) = terms.iter().position(|t| t.0 > 0.0) {
            let first = terms.remove(first);
            terms.insert(0, first);
        }
        for (i, (c, e)) in terms.into_iter().enumerate() {
            let minus = if self.style.latex { "-" } else { "−" };
            match (i, c < 0.0) {
                (0, false) => {}
                (0, true) => self.put(minus),
                (_, false) => self.put(" + "),
                (_, true) => self.put(&format!(" {minus} ")),
            }
            let size = c.abs();
            let factors = match self.sheet.node(e) {
                Node::Product(factors) if !(self.style.named && self.sheet.is_named(e)) => factors.clone(),
                _ => vec![(e, 1)],
            };
            if e == Sheet::ONE {
                self.put(&write_number(size, self.style.latex));
            } else {
                self.product(size, &factors);
            }
        }
    }

    /// c Π eⁿ, with negative powers below the line.
    fn product(&mut self, c: f64, factors: &[(Expression, i32)]) {
        let above: Vec<(Expression, i32)> = factors.iter().filter(|f| f.1 > 0).copied().collect();
        let below: Vec<(Expression, i32)> =
            factors.iter().filter(|f| f.1 < 0).map(|(e, n)| (*e, -n)).collect();
        if !below.is_empty() {
            self.either("", "\\frac{");
        }
        self.beside_line(!below.is_empty(), c, &above);
        if !below.is_empty() {
            self.either(" / ", "}{");
            self.bracketed(!self.style.latex && below.len() > 1, |w| w.beside_line(true, 1.0, &below));
            self.either("", "}");
        }
    }

    /// A product above or below a line, which holds a single factor together as brackets would.
    fn beside_line(&mut self, line: bool, c: f64, factors: &[(Expression, i32)]) {
        match factors {
            [(e, 1)] if line && self.style.latex && c == 1.0 => self.inside(*e, 0),
            _ => self.row(c, factors),
        }
    }

    fn row(&mut self, c: f64, factors: &[(Expression, i32)]) {
        let mut first = true;
        if c != 1.0 || factors.is_empty() {
            self.put(&write_number(c, self.style.latex));
            first = false;
        }
        for (e, n) in factors {
            if !first {
                self.either("·", if self.values.is_some() { " \\cdot " } else { "\\," });
            }
            first = false;
            self.inside(*e, if *n == 1 { PRODUCT + 1 } else { POWER + 1 });
            match (*n, self.style.latex) {
                (1, _) => {}
                (n, true) => self.put(&format!("^{{{n}}}")),
                (n, false) => self.put(&digits(n as usize, "⁰¹²³⁴⁵⁶⁷⁸⁹")),
            }
        }
    }

    fn function(&mut self, function: Function, of: Expression) {
        match (function, self.style.latex) {
            (Function::Exp, true) => {
                self.put("e^{");
                self.inside(of, 0);
                return self.put("}");
            }
            (Function::Softplus, _) => {
                self.either("ln(1 + ", "\\ln\\left(1 + ");
                self.function(Function::Exp, of);
                return self.either(")", "\\right)");
            }
            (Function::Abs, _) => {
                self.either("|", "\\left|");
                self.inside(of, 0);
                return self.either("|", "\\right|");
            }
            (Function::Sqrt, true) => {
                self.put("\\sqrt{");
                self.inside(of, 0);
                return self.put("}");
            }
            (Function::Exp, false) => self.put("exp"),
            (Function::Sqrt, false) => self.put("√"),
            (Function::Ln, _) => self.either("ln", "\\ln"),
            (Function::Tanh, _) => self.either("tanh", "\\tanh"),
            (Function::Sin, _) => self.either("sin", "\\sin"),
            (Function::Cos, _) => self.either("cos", "\\cos"),
            (Function::Sigmoid, _) => self.either("σ", "\\sigma"),
            (Function::Sign, _) => self.either("sign", "\\operatorname{sign}"),
        }
        self.bracketed(true, |w| w.inside(of, 0));
    }

    fn exponentials(&mut self, of: &[Expression]) {
        for (i, z) in of.iter().enumerate() {
            if i > 0 {
                self.put(" + ");
            }
            self.function(Function::Exp, *z);
        }
    }

    fn choice(&mut self, condition: Expression, then: Expression, other: Expression) {
        match (then, other) {
            (then, Sheet::ZERO) if then == condition => {
                self.either("relu", "\\operatorname{relu}");
                self.bracketed(true, |w| w.inside(condition, 0));
            }
            (Sheet::ONE, Sheet::ZERO) => {
                self.put("[");
                self.positive(condition);
                self.put("]");
            }
            _ => {
                self.either("(", "\\begin{cases} ");
                self.inside(then, 0);
                self.either(" if ", " & ");
                self.positive(condition);
                self.either(", else ", " \\\\ ");
                self.inside(other, 0);
                self.either(")", " & \\text{else} \\end{cases}");
            }
        }
    }

    /// c > 0, with a number in c on the right.
    fn positive(&mut self, condition: Expression) {
        let terms = match self.sheet.node(condition) {
            Node::Sum(terms) if !(self.style.named && self.sheet.is_named(condition)) => terms.as_slice(),
            _ => &[],
        };
        let (numbers, rest): (Vec<_>, Vec<_>) =
            terms.iter().map(|(c, e)| (c.0, *e)).partition(|t| t.1 == Sheet::ONE);
        match numbers[..] {
            [(c, _)] if !rest.is_empty() => {
                self.sum(rest);
                self.put(&format!(" > {}", write_number(-c, self.style.latex)));
            }
            _ => {
                self.inside(condition, 0);
                self.put(" > 0");
            }
        }
    }
}
