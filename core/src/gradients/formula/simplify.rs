//! How expressions are put together, simplified on the way.
//!
//! ```text
//! numbers are computed;  0 x = 0,  1 x = x,  x + 0 = x,  x − x = 0,  x/x = 1
//! 2x + 3x = 5x;  x x = x²;  c (x + y) = c x + c y for a number c
//! |x|² = x²,  |x| sign x = x
//! [a if c > 0, else a] = a;  [t + a if c > 0, else t + b] = t + [a if c > 0, else b], factors alike
//! what depends on whether c > 0 is taken together, and c's sign is known inside
//! ```
//!
//! As algebra has it: x/x = 1 also where x is 0.

use std::collections::HashMap;

use super::sheet::{Constant, Function, Node, Sheet};
use super::{Expression, tape};

/// How many formulas are looked through for a condition before it is left as it is.
const SEARCH: usize = 64;

impl Sheet {
    /// Σ c e
    pub fn sum(&mut self, terms: &[(f64, Expression)]) -> Expression {
        let mut flat: Vec<(f64, Expression)> = Vec::with_capacity(terms.len());
        let mut places: HashMap<Expression, usize> = HashMap::new();
        for &(c, e) in terms {
            for (k, part) in self.terms(e) {
                match places.get(&part) {
                    Some(at) => flat[*at].0 += c * k,
                    None => {
                        places.insert(part, flat.len());
                        flat.push((c * k, part));
                    }
                }
            }
        }
        flat.retain(|(c, _)| *c != 0.0);
        match flat[..] {
            [] => Sheet::ZERO,
            [(1.0, e)] => e,
            [(c, Sheet::ONE)] => self.number(c),
            _ => self.keep(Node::Sum(flat.into_iter().map(|(c, e)| (Constant(c), e)).collect())),
        }
    }

    /// An expression as Σ c e. A named value is one term.
    pub fn terms(&self, e: Expression) -> Vec<(f64, Expression)> {
        match self.node(e) {
            Node::Number(Constant(x)) => vec![(*x, Sheet::ONE)],
            Node::Sum(terms) if !self.is_named(e) => terms.iter().map(|(c, e)| (c.0, *e)).collect(),
            _ => vec![(1.0, e)],
        }
    }

    /// An expression as c Π eⁿ. A named value is one factor.
    pub fn factors(&self, e: Expression) -> (f64, Vec<(Expression, i32)>) {
        match self.node(e) {
            Node::Number(Constant(x)) => (*x, Vec::new()),
            _ if self.is_named(e) => (1.0, vec![(e, 1)]),
            Node::Sum(terms) if terms.len() == 1 => {
                let (c, e) = terms[0];
                (c.0, self.factors(e).1)
            }
            Node::Product(factors) => (1.0, factors.clone()),
            _ => (1.0, vec![(e, 1)]),
        }
    }

    /// Π eⁿ
    pub fn product(&mut self, of: &[(Expression, i32)]) -> Expression {
        let (mut c, mut all): (f64, Vec<(Expression, i32)>) = (1.0, Vec::new());
        for &(e, n) in of {
            let (k, factors) = self.factors(e);
            c *= power(k, n);
            for (factor, m) in factors {
                match all.iter_mut().find(|(f, _)| *f == factor) {
                    Some((_, power)) => *power += n * m,
                    None => all.push((factor, n * m)),
                }
            }
        }
        if c == 0.0 {
            return Sheet::ZERO;
        }
        all.retain(|(_, n)| *n != 0);
        if let Some(plain) = self.without_bars(&all) {
            let plain = self.product(&plain);
            return self.sum(&[(c, plain)]);
        }
        if let Some(taken) = self.taken_together(&all) {
            return self.sum(&[(c, taken)]);
        }
        let product = match all[..] {
            [] => return self.number(c),
            [(e, 1)] => e,
            _ => self.keep(Node::Product(all)),
        };
        self.sum(&[(c, product)])
    }

    /// The factors with |x|² = x², |x| sign x = x and [c > 0]² = [c > 0]; none if there is nothing of the kind.
    fn without_bars(&mut self, factors: &[(Expression, i32)]) -> Option<Vec<(Expression, i32)>> {
        for (i, &(e, n)) in factors.iter().enumerate() {
            let mut changed = factors.to_vec();
            match *self.node(e) {
                Node::Choice { then: Sheet::ONE, other: Sheet::ZERO, .. } if n > 1 => changed[i].1 = 1,
                Node::Apply(Function::Abs, x) if !self.is_named(e) && n % 2 == 0 => changed[i].0 = x,
                Node::Apply(Function::Abs, x) if !self.is_named(e) => {
                    let sign = self.keep(Node::Apply(Function::Sign, x));
                    let place = factors.iter().position(|f| *f == (sign, 1));
                    let Some(place) = place else { continue };
                    (changed[place].1, changed[i].0) = (0, x);
                }
                _ => continue,
            }
            return Some(changed);
        }
        None
    }

    /// A product with a choice in it, if other factors depend on the same condition: one choice between products.
    fn taken_together(&mut self, factors: &[(Expression, i32)]) -> Option<Expression> {
        for (i, (e, n)) in factors.iter().enumerate() {
            let Node::Choice { condition, .. } = *self.node(*e) else { continue };
            if self.is_named(*e) || *n < 0 {
                continue;
            }
            let mentioned =
                |(j, f): (usize, &(Expression, i32))| j != i && self.mentions(f.0, condition, &mut 0);
            if !factors.iter().enumerate().any(mentioned) {
                continue;
            }
            let mut side = |positive| {
                let known: Vec<(Expression, i32)> =
                    factors.iter().map(|(f, n)| (self.known_sign(*f, condition, positive), *n)).collect();
                self.product(&known)
            };
            let (then, other) = (side(true), side(false));
            return Some(self.choose(condition, then, other));
        }
        None
    }

    /// `function` of an expression.
    pub fn apply(&mut self, function: Function, e: Expression) -> Expression {
        match self.constant(e) {
            Some(x) => self.number(tape::value(function, x)),
            None => self.keep(Node::Apply(function, e)),
        }
    }

    /// ln Σ eˣ
    pub fn log_sum_exp(&mut self, of: &[Expression]) -> Expression {
        if let [one] = of { *one } else { self.keep(Node::LogSumExp(of.to_vec())) }
    }

    /// e to the k-th over the sum of e to each.
    pub fn share(&mut self, of: &[Expression], k: usize) -> Expression {
        self.keep(Node::Share(of.to_vec(), k))
    }

    /// `then` where `condition` > 0, else `other`.
    pub fn choose(&mut self, condition: Expression, then: Expression, other: Expression) -> Expression {
        if let Some(x) = self.constant(condition) {
            return if x > 0.0 { then } else { other };
        }
        let then = self.known_sign(then, condition, true);
        let other = self.known_sign(other, condition, false);
        if then == other {
            return then;
        }
        // t + [a if c > 0, else b]
        let (of_then, of_other) = (self.terms(then), self.terms(other));
        let shared: Vec<(f64, Expression)> =
            of_then.iter().filter(|t| of_other.contains(t)).copied().collect();
        if !shared.is_empty() {
            let rest = |sheet: &mut Sheet, of: &[(f64, Expression)]| {
                let kept: Vec<(f64, Expression)> =
                    of.iter().filter(|t| !shared.contains(t)).copied().collect();
                sheet.sum(&kept)
            };
            let (then, other) = (rest(self, &of_then), rest(self, &of_other));
            let choice = self.choose(condition, then, other);
            let all: Vec<(f64, Expression)> = shared.iter().copied().chain([(1.0, choice)]).collect();
            return self.sum(&all);
        }
        // f [a if c > 0, else b]; with b = 0 all of a but c itself is such a factor.
        let ((c, of_then), (_, of_other)) = (self.factors(then), self.factors(other));
        let shared: Vec<(Expression, i32)> = if other == Sheet::ZERO {
            of_then.into_iter().filter(|(e, _)| *e != condition).collect()
        } else {
            of_then.into_iter().filter(|f| f.0 != condition && of_other.contains(f)).collect()
        };
        let c = if other == Sheet::ZERO { c } else { 1.0 };
        if shared.is_empty() && c == 1.0 {
            return self.keep(Node::Choice { condition, then, other });
        }
        let without = |sheet: &mut Sheet, e| {
            let inverse: Vec<(Expression, i32)> = shared.iter().map(|(f, n)| (*f, -n)).collect();
            let rest = sheet.product(&[&[(e, 1)], &inverse[..]].concat());
            sheet.sum(&[(1.0 / c, rest)])
        };
        let (then, other) = (without(self, then), without(self, other));
        let choice = self.keep(Node::Choice { condition, then, other });
        let product = self.product(&[&[(choice, 1)], &shared[..]].concat());
        self.sum(&[(c, product)])
    }

    /// Whether a choice by `condition` is in it, as far as is worth looking.
    fn mentions(&self, e: Expression, condition: Expression, looked: &mut usize) -> bool {
        *looked += 1;
        if self.is_named(e) || *looked > SEARCH {
            return false;
        }
        match self.node(e) {
            Node::Choice { condition: c, then, other } => {
                *c == condition
                    || self.mentions(*then, condition, looked)
                    || self.mentions(*other, condition, looked)
            }
            Node::Sum(terms) => terms.iter().any(|(_, e)| self.mentions(*e, condition, looked)),
            Node::Product(factors) => factors.iter().any(|(e, _)| self.mentions(*e, condition, looked)),
            Node::Apply(_, e) => self.mentions(*e, condition, looked),
            _ => false,
        }
    }

    /// The same where `condition` is known to be positive, or known not to be.
    fn known_sign(&mut self, e: Expression, condition: Expression, positive: bool) -> Expression {
        if !self.mentions(e, condition, &mut 0) {
            return e;
        }
        match self.node(e).clone() {
            Node::Choice { condition: c, then, other } if c == condition => {
                if positive {
                    then
                } else {
                    other
                }
            }
            Node::Choice { condition: c, then, other } => {
                let then = self.known_sign(then, condition, positive);
                let other = self.known_sign(other, condition, positive);
                self.choose(c, then, other)
            }
            Node::Sum(terms) => {
                let terms: Vec<(f64, Expression)> =
                    terms.iter().map(|(c, e)| (c.0, self.known_sign(*e, condition, positive))).collect();
                self.sum(&terms)
            }
            Node::Product(factors) => {
                let factors: Vec<(Expression, i32)> =
                    factors.iter().map(|(e, n)| (self.known_sign(*e, condition, positive), *n)).collect();
                self.product(&factors)
            }
            Node::Apply(function, e) => {
                let e = self.known_sign(e, condition, positive);
                self.apply(function, e)
            }
            _ => e,
        }
    }
}

/// xⁿ, the same on every machine.
pub(super) fn power(x: f64, n: i32) -> f64 {
    let size = crate::elementary::power(x, n.unsigned_abs() as u64);
    if n < 0 { 1.0 / size } else { size }
}
