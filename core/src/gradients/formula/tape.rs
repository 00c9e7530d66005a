//! Formulas as a list of small computations, each once, one after another: how they are evaluated.

use std::f64::consts::TAU;

use super::Expression;
use super::sheet::{Constant, Function, Node, Sheet};
use super::simplify::power;
use crate::elementary;
use crate::real::Real;

/// What it takes to compute some formulas of a sheet.
pub(crate) struct Tape {
    /// In the order of the sheet: what an expression is made of stands before it.
    steps: Vec<(usize, Node)>,
}

impl Tape {
    /// For these formulas, and all they are made of.
    pub fn new(sheet: &Sheet, of: impl IntoIterator<Item = Expression>) -> Tape {
        let mut wanted = vec![false; sheet.len()];
        of.into_iter().for_each(|e| wanted[sheet.place(e)] = true);
        let mut steps = Vec::new();
        for place in (0..sheet.len()).rev() {
            if !wanted[place] {
                continue;
            }
            let node = sheet.node(Expression(place as u32)).clone();
            let mut need = |e: &Expression| wanted[sheet.place(*e)] = true;
            match &node {
                Node::Number(_) | Node::Symbol(_) => {}
                Node::Sum(terms) => terms.iter().for_each(|(_, e)| need(e)),
                Node::Product(factors) => factors.iter().for_each(|(e, _)| need(e)),
                Node::Apply(_, e) => need(e),
                Node::LogSumExp(of) | Node::Share(of, _) => of.iter().for_each(need),
                Node::Choice { condition, then, other } => {
                    [condition, then, other].into_iter().for_each(need)
                }
            }
            steps.push((place, node));
        }
        steps.reverse();
        Tape { steps }
    }

    /// Whether this formula is one of them, or part of one.
    pub fn asks(&self, e: Expression) -> bool {
        self.steps.iter().any(|(place, _)| *place == e.0 as usize)
    }

    /// Computes them: `values` is as long as the sheet and holds each value at its expression's place afterwards.
    pub fn run(&self, symbols: &[f64], values: &mut [f64]) {
        for (place, node) in &self.steps {
            let at = |e: &Expression| values[e.0 as usize];
            values[*place] = match node {
                Node::Number(Constant(x)) => *x,
                Node::Symbol(i) => symbols[*i],
                Node::Sum(terms) => terms.iter().map(|(c, e)| c.0 * at(e)).sum(),
                Node::Product(factors) => factors.iter().fold(1.0, |product, (e, n)| match n {
                    1 => product * at(e),
                    -1 => product / at(e),
                    n => product * power(at(e), *n),
                }),
                Node::Apply(function, e) => value(*function, at(e)),
                Node::LogSumExp(of) => {
                    let (greatest, sum) = exponentials(of.iter().map(at));
                    Real::ln(sum) + greatest
                }
                Node::Share(of, k) => {
                    let (greatest, sum) = exponentials(of.iter().map(at));
                    Real::exp(at(&of[*k]) - greatest) / sum
                }
                Node::Choice { condition, then, other } => {
                    if at(condition) > 0.0 {
                        at(then)
                    } else {
                        at(other)
                    }
                }
            };
        }
    }
}

/// The greatest of some numbers, and the sum of e to each less that.
fn exponentials(of: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let greatest = of.clone().fold(f64::NEG_INFINITY, f64::max);
    (greatest, of.map(|z| Real::exp(z - greatest)).sum())
}

/// `function` of a number.
pub(super) fn value(function: Function, x: f64) -> f64 {
    match function {
        Function::Exp => Real::exp(x),
        Function::Ln => Real::ln(x),
        Function::Sqrt => x.sqrt(),
        Function::Tanh => Real::tanh(x),
        Function::Sigmoid => Real::sigmoid(x),
        Function::Softplus => Real::softplus(x),
        Function::Sin => elementary::turns(x / TAU).0,
        Function::Cos => elementary::turns(x / TAU).1,
        Function::Abs => x.abs(),
        Function::Sign if x > 0.0 => 1.0,
        Function::Sign if x < 0.0 => -1.0,
        Function::Sign => 0.0,
    }
}
